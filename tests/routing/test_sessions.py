"""Sessions stay where their prompt cache is, limits are waited for where that
is worth it, and a crowd that moves is let in slowly."""
import threading
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, RESPONSES
from lab.routes import GOOD, ask, config, cooldowns, refusal, served_by, wait_for


def limited(seconds, **more):
    return refusal(429, "rate_limit_error", headers=[("retry-after", str(seconds))], **more)


def even(*upstreams, **more):
    """All of one priority: nothing but the session decides."""
    settings = config(*upstreams, **more)
    for entry in settings["upstream_accounts"]:
        entry["priority"] = 1
    return settings


def timed(act):
    begun = time.monotonic()
    return act(), time.monotonic() - begun


def test_a_session_stays(start, first, second):
    first.reply = second.reply = GOOD
    gateway = start(even(first, second))
    homes = {number: served_by(gateway, session=number) for number in range(6)}
    assert set(homes.values()) == {"first", "second"}
    for number, home in homes.items():
        for _ in range(3):
            assert served_by(gateway, session=number) == home


NAMED = [
    ("Claude Code's header", lambda n: {"headers": [("x-claude-code-session-id", f"s{n}")]}),
    ("user_id", lambda n: {"metadata": {"user_id": f"user_x_account_y_session_{n}"}}),
    ("user_id as JSON", lambda n: {"metadata": {"user_id": '{"session_id": "s%d"}' % n}}),
    ("first texts", lambda n: {"messages": [{"role": "user", "content": f"question {n}"}]}),
    ("system text", lambda n: {"system": f"you are number {n}"}),
]


@pytest.mark.parametrize("fact", [row[1] for row in NAMED], ids=[row[0] for row in NAMED])
def test_what_names_a_session(start, first, second, fact):
    first.reply = second.reply = GOOD
    gateway = start(even(first, second, routing={"strategy": "round-robin"}))
    homes = {n: served_by(gateway, **fact(n)) for n in range(6)}
    assert set(homes.values()) == {"first", "second"}
    assert {n: served_by(gateway, **fact(n)) for n in range(6)} == homes


def test_a_cache_key_names_one_too(start, first, second):
    first.reply = second.reply = wire.json_answer(RESPONSES.answer())
    gateway = start(even(first, second, family=RESPONSES, routing={"strategy": "round-robin"}))
    homes = {n: served_by(gateway, RESPONSES, prompt_cache_key=f"k{n}") for n in range(6)}
    assert set(homes.values()) == {"first", "second"}
    assert {n: served_by(gateway, RESPONSES, prompt_cache_key=f"k{n}")
            for n in range(6)} == homes


def test_none_is_none(start, first, second):
    first.reply = second.reply = GOOD
    gateway = start(even(first, second, routing={"strategy": "round-robin", "affinity": "none"}))
    assert [served_by(gateway, session=1) for _ in range(4)] in (
        ["first", "second"] * 2, ["second", "first"] * 2)


def test_a_short_limit_at_home_is_waited_for(start, first, second):
    """Elsewhere the cache would be cold."""
    first.reply = second.reply = GOOD
    gateway = start(config(first, second))
    assert served_by(gateway, session=1) == "first"
    answers = [limited(1), GOOD]
    first.reply = lambda request: answers.pop(0)
    home, seconds = timed(lambda: served_by(gateway, session=1))
    assert home == "first" and seconds >= 0.9 and second.seen == []


def test_who_is_not_bound_there_goes_past(start, first, second):
    first.reply, second.reply = limited(10), GOOD
    gateway = start(config(first, second))
    home, seconds = timed(lambda: served_by(gateway, session=1))
    assert home == "second" and len(first.seen) == 1


def test_a_long_limit_moves_the_session_for_good(start, first, second):
    first.reply = second.reply = GOOD
    gateway = start(config(first, second))
    assert served_by(gateway, session=1) == "first"
    first.reply = limited(600)
    assert served_by(gateway, session=1) == "second"
    first.reply = GOOD
    gateway.cli("cooldown", "clear", "--all", check=True)
    # its cache is there now; new ones go where the priority says
    assert served_by(gateway, session=1) == "second"
    assert served_by(gateway, session=2) == "first"


def test_a_short_break_does_not_move_house(start, first, second):
    """Longer than it is worth waiting, shorter than it is worth moving."""
    first.reply = second.reply = GOOD
    gateway = start(config(first, second, routing={"max_wait": 1}))
    assert served_by(gateway, session=1) == "first"
    first.reply = limited(40)
    assert served_by(gateway, session=1) == "second"
    first.reply = GOOD
    gateway.cli("cooldown", "clear", "--all", check=True)
    assert served_by(gateway, session=1) == "first"


def test_max_wait_is_the_longest(start, first):
    first.reply = limited(3)
    gateway = start(config(first, routing={"max_wait": 1}))
    got, seconds = timed(lambda: ask(gateway))
    ANTHROPIC.check_error(got, 429)
    assert seconds < 2.5 and 1 <= int(got.header("retry-after")) <= 3


def test_a_wait_serves_all_who_wait(start, first):
    """Twenty at once, one of them was told: all are served in the end."""
    begun = time.monotonic()
    first.reply = lambda request: GOOD if time.monotonic() - begun > 3 else limited(
        round(3.5 - (time.monotonic() - begun)))
    gateway = start(config(first))
    begun = time.monotonic()
    homes = at_once(20, lambda number: served_by(gateway, session=number))
    assert homes == ["first"] * 20 and len(first.seen) <= 45


def at_once(count, act):
    results = []
    threads = [threading.Thread(target=lambda number=number: results.append(act(number)))
               for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_client_that_leaves_while_it_waits(start, first):
    first.reply = limited(15)
    gateway = start(config(first))
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body()))
        wait_for(lambda: cooldowns(gateway))
        assert gateway.control("GET", "/v1/status").json()["in_flight"] == 1
    wait_for(lambda: gateway.control("GET", "/v1/status").json()["in_flight"] == 0)
    assert len(first.seen) == 1


# --- limits of an account ---

def test_an_rpm_limit_steers(start, first, second):
    first.reply = second.reply = GOOD
    settings = config(first, second)
    settings["upstream_accounts"][0]["limits"] = {"rpm": 2}
    gateway = start(settings)
    assert [served_by(gateway, session=n) for n in range(4)] == ["first"] * 2 + ["second"] * 2
    assert cooldowns(gateway) == []


def test_a_tokens_limit_counts_real_usage(start, first, second):
    """Settled with what the answer says, which is much more than it looked."""
    usage = {**ANTHROPIC.answer(), "usage": {"input_tokens": 900, "output_tokens": 600}}
    first.reply, second.reply = wire.json_answer(usage), GOOD
    settings = config(first, second)
    settings["upstream_accounts"][0]["limits"] = {"tpm": 1600}
    gateway = start(settings)
    assert served_by(gateway, session=1) == "first"
    wait_for(lambda: gateway.control("GET", "/v1/upstreams/first").json()
             ["limits_used"]["tpm"]["used"] == 1500)
    assert served_by(gateway, session=2, max_tokens=200) == "second"


def test_one_request_may_be_too_large(start, first, second):
    first.reply = second.reply = GOOD
    settings = config(first, second)
    settings["upstream_accounts"][0]["limits"] = {"tpr": 500}
    gateway = start(settings)
    long = [{"role": "user", "content": "word " * 1000}]
    assert served_by(gateway, session=1) == "first"
    assert served_by(gateway, session=2, messages=long) == "second"


def test_concurrency_steers_and_is_waited_for(start, first):
    gateway = start({**config(first), "server": {"workers": 2}})
    gateway.cli("upstream", "edit", "first", "--concurrency=2", check=True)
    results = []
    threads = [threading.Thread(target=lambda: results.append(served_by(gateway)))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    running = [first.take(), first.take()]
    assert first.is_quiet(0.5)
    for request in running:
        request.answer(GOOD)
    for request in (first.take(), first.take()):
        request.answer(GOOD)
    for thread in threads:
        thread.join()
    assert results == ["first"] * 4


def test_estimates_learn(start, first, second):
    """Texts that turn out to have four times as many tokens as they look to
    have are reckoned so from then on."""
    long = [{"role": "user", "content": "x" * 4000}]
    usage = {**ANTHROPIC.answer(), "usage": {"input_tokens": 4000, "output_tokens": 1}}
    first.reply, second.reply = wire.json_answer(usage), GOOD
    settings = config(first, second)
    settings["upstream_accounts"][0]["limits"] = {"tpr": 2500}
    gateway = start(settings)
    assert served_by(gateway, session=1, messages=long) == "first"
    assert served_by(gateway, session=2, messages=long) == "second"


# --- the ramp ---

def test_a_crowd_that_moves_is_let_in_step_by_step(start, first, second):
    """Forty sessions lose their home at once: the next one is not flooded."""
    first.reply, second.reply = GOOD, GOOD
    gateway = start(config(first, second))
    for number in range(40):
        assert served_by(gateway, session=number) == "first"
    first.reply = limited(900)
    running, most = [], []
    lock = threading.Lock()

    def slow(request):
        with lock:
            running.append(request)
            most.append((time.monotonic(), len(running)))
        time.sleep(0.4)
        with lock:
            running.remove(request)
        return GOOD

    second.reply = slow
    assert at_once(40, lambda number: served_by(gateway, session=number)) == ["second"] * 40
    begun = most[0][0]
    early = max(count for at, count in most if at - begun < 0.35)
    assert early <= 16 < 40, most


def test_chat_sessions_wait_too(start, first):
    answers = [wire.answer(429, [("retry-after", "1")], b"{}"), wire.json_answer(CHAT.answer())]
    first.reply = lambda request: answers.pop(0)
    gateway = start(config(first, family=CHAT))
    home, seconds = timed(lambda: served_by(gateway, CHAT))
    assert home == "first" and seconds >= 0.9
