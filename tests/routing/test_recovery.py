"""How an upstream comes back, and what outlives a restart. Guessed pauses are
set to a second here, so that nobody has to wait for their ends."""
import json
import signal
import threading
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC
from lab.routes import (GOOD, answer_of, ask, config, cooldowns, refusal, served_by, wait_for)

BAD = refusal(500)
SHORT = {"fallback": {"cooldown_seconds": 1}, "routing": {"affinity": "none"}}


def bench(gateway, count=5):
    """Five failures: the breaker opens."""
    for number in range(count):
        assert served_by(gateway, session=number) == "second"
    entry, = cooldowns(gateway)
    return entry


def at_once(count, act):
    """What each of so many threads got."""
    results = []
    threads = [threading.Thread(target=lambda number=number: results.append(act(number)))
               for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_half_open_lets_one_probe_through(start, first, second):
    first.reply, second.reply = BAD, GOOD
    gateway = start(config(first, second, **SHORT))
    bench(gateway)
    asked = len(first.seen)
    first.reply = None
    wait_for(lambda: cooldowns(gateway)[0]["remaining_seconds"] == 0)
    probe = []
    prober = threading.Thread(target=lambda: probe.append(served_by(gateway, session="probe")))
    prober.start()
    request = first.take()
    # while it is out, everybody else goes past
    assert at_once(20, lambda number: served_by(gateway, session=f"s{number}")) == ["second"] * 20
    assert len(first.seen) == asked + 1
    first.reply = GOOD
    request.answer(GOOD)
    prober.join()
    assert probe == ["first"] and cooldowns(gateway) == []
    assert served_by(gateway, session="after") == "first"


def test_a_probe_that_fails_keeps_it_out(start, first, second):
    first.reply, second.reply = BAD, GOOD
    gateway = start(config(first, second, **SHORT))
    bench(gateway)
    asked = len(first.seen)
    wait_for(lambda: cooldowns(gateway)[0]["remaining_seconds"] == 0)
    assert served_by(gateway, session="probe") == "second" and len(first.seen) == asked + 1
    again, = cooldowns(gateway)
    assert again["remaining_seconds"] >= 1
    assert served_by(gateway, session="after") == "second" and len(first.seen) == asked + 1


def test_nobody_is_left_but_who_pauses(start, first):
    """A guess alone keeps nobody from an answer: it is tried early."""
    first.reply = BAD
    gateway = start(config(first))
    for number in range(5):
        assert ask(gateway, session=number).status == 500
    assert cooldowns(gateway)[0]["remaining_seconds"] > 20
    first.reply = GOOD
    assert served_by(gateway, session="now") == "first" and cooldowns(gateway) == []


def stopped(gateway):
    gateway.stop()


def killed(gateway):
    """Behind the next save, of which there is one every few seconds."""
    time.sleep(3)
    gateway.stop(signal.SIGKILL)


@pytest.mark.parametrize("end", [stopped, killed])
def test_a_restart_keeps_what_is_known(start, first, second, end):
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 900))
    first.reply = refusal(403, "permission_error")
    second.reply = wire.json_answer(ANTHROPIC.answer(), headers=[
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "7"),
        ("anthropic-ratelimit-requests-reset", reset)])
    settings = config(first, second)
    settings["upstream_accounts"][1]["limits"] = {"rpd": 3}
    gateway = start(settings)
    for number in range(2):
        assert served_by(gateway, session=number) == "second"
    before = cooldowns(gateway)
    asked = len(first.seen)
    end(gateway)
    gateway.start()
    after = cooldowns(gateway)
    for entry in (*before, *after):
        for field in ("remaining_seconds", "explanation"):
            entry.pop(field)
    assert after == before and len(before) == 1
    second_now = gateway.control("GET", "/v1/upstreams/second").json()
    assert second_now["limits_used"]["rpd"]["used"] == 2, second_now["limits_used"]
    assert second_now["quota"], second_now
    assert served_by(gateway, session="third") == "second" and len(first.seen) == asked
    # three a day, those before the restart included: the fourth is refused
    got = ask(gateway, session="fourth")
    ANTHROPIC.check_error(got, 429)
    assert int(got.header("retry-after")) >= 1
    assert len(second.seen) == 3 and len(first.seen) >= asked


def test_the_list_explains_itself(start, first, second):
    """Each entry in words, with what ends it."""
    first.reply = refusal(401, "authentication_error", "invalid x-api-key")
    second.reply = refusal(429, "rate_limit_error", headers=[("retry-after", "120")])
    gateway = start(config(first, second))
    ANTHROPIC.check_error(ask(gateway), 429)
    gateway.cli("cooldown", "set", "second", "--for=2h", check=True)
    said = {entry["upstream"]: entry["explanation"] for entry in
            json.loads(gateway.cli("cooldown", "list", "--json", check=True).stdout)
            if entry["model"] is None}
    assert said["first"] == ("the credential was refused; sign in or renew it (HTTP 401); lasts "
                             "until the credential is renewed or a test succeeds")
    assert said["second"].startswith("set by hand; ends in 1 h 59 min") or \
        said["second"].startswith("set by hand; ends in 2 h 0 min")


ENDS = [
    (refusal(403, "permission_error"), "the account may not do this (HTTP 403); the upstream "
     "named no end, so the next try is in 30 min"),
    (refusal(402, "billing_error"), "the account has no credit left (HTTP 402); the upstream "
     "named no end"),
    (refusal(404, "not_found_error", "model: asked-model"), "the upstream does not know the model "
     "(HTTP 404), for model asked-model only; the upstream named no end"),
    (refusal(529, "overloaded_error"), "the upstream is overloaded (HTTP 529), for model "
     "asked-model only"),
    (refusal(429, "rate_limit_error"), "rate limit without a stated end (HTTP 429), for model "
     "asked-model only"),
    (refusal(429, "rate_limit_error", headers=[("retry-after", "120")]), "rate limit (HTTP 429), "
     "for model asked-model only; the upstream named the end itself (retry-after: 120), in"),
]


@pytest.mark.parametrize("answer, words", ENDS, ids=["403", "402", "404", "529", "429", "429 told"])
def test_every_cause_has_its_words(start, first, second, answer, words):
    first.reply, second.reply = answer, GOOD
    gateway = start(config(first, second))
    served_by(gateway)
    entry, = cooldowns(gateway)
    text = entry["explanation"].replace("29 min 60 s", "30 min").replace("29 min 59 s", "30 min")
    assert text.startswith(words), text
    # the same on the screen, folded
    listed = " ".join(gateway.cli("cooldown", "list", check=True).stdout.decode().split())
    assert f"first: {words[:words.index(' (HTTP')]}" in listed, listed


def test_clear_and_set(start, first, second):
    first.reply, second.reply = refusal(403, "permission_error"), GOOD
    gateway = start(config(first, second))
    assert served_by(gateway) == "second"
    first.reply = GOOD
    gateway.cli("cooldown", "clear", "first", check=True)
    assert cooldowns(gateway) == [] and served_by(gateway, session=1) == "first"
    gateway.cli("cooldown", "set", "first", "--for=10m", check=True)
    assert served_by(gateway, session=2) == "second"
    gateway.cli("cooldown", "clear", "--all", check=True)
    assert served_by(gateway, session=3) == "first"
    assert gateway.cli("cooldown", "clear", "nobody").returncode == 4


def test_a_free_probe_opens_it_early(start, first, second):
    """A models list that answers: the next request tries, and nothing paid is
    ever sent by itself."""
    dead = iter(range(1000))

    def reply(request):
        if request.method == "GET":
            return wire.json_answer({"data": []})
        return wire.answer(503, body=b"") if next(dead) < 10 else GOOD

    first.reply, second.reply = reply, GOOD
    gateway = start(config(first, second, health_check={"interval": 1, "timeout": 5}))
    bench(gateway)
    wait_for(lambda: any(request.method == "GET" for request in first.seen))
    assert {request.target for request in first.seen if request.method == "GET"} == {"/v1/models"}
    wait_for(lambda: served_by(gateway, session=time.monotonic()) == "first")
    assert cooldowns(gateway) == []


def test_a_test_by_hand_brings_back_a_refused_key(start, first, second):
    """Open ended: nothing but a person or a good test ends it."""
    first.reply, second.reply = refusal(401, "authentication_error"), GOOD
    gateway = start(config(first, second, health_check={"interval": "1h"}))
    assert served_by(gateway) == "second"
    assert answer_of(gateway, "/v1/upstreams/first")["state"] == "attention"
    assert gateway.cli("upstream", "test", "first").returncode != 0
    first.reply = GOOD
    gateway.cli("upstream", "test", "first", "--model=asked-model", check=True)
    assert cooldowns(gateway) == [] and served_by(gateway, session=1) == "first"
