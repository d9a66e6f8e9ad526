"""Who may ask how much: limits, budgets, expiry and models of a gateway key,
the token buckets, and the statuses that a user calls a failure."""
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT
from lab.gateway import key_entry, new_key
from lab.routes import GOOD, ask, config, cooldowns, refusal, served_by, wait_for


def keyed(upstream, **more):
    """(configuration, a key with these limits)"""
    key = new_key()
    return {**config(upstream), "gateway_keys": [key_entry(key, "limited", **more)]}, key


def use(gateway, key, family=ANTHROPIC, **more):
    return gateway.call(gateway.post(family.target(), family.body(**more), key=key))


LIMITS = [
    ("rpm", {"rpm": 2}, 2, 60), ("rpd", {"rpd": 3}, 3, 24 * 3600), ("tpm", {"tpm": 1200}, 2, 60),
]


@pytest.mark.parametrize("limits, served, longest", [row[1:] for row in LIMITS],
                         ids=[row[0] for row in LIMITS])
def test_limits_of_a_key(start, first, limits, served, longest):
    first.reply = wire.json_answer({**ANTHROPIC.answer(),
                                    "usage": {"input_tokens": 400, "output_tokens": 200}})
    settings, key = keyed(first, limits=limits)
    gateway = start(settings)
    for number in range(served):
        assert use(gateway, key).status == 200
        wait_for(lambda: gateway.control("GET", "/v1/status").json()["in_flight"] == 0)
    got = use(gateway, key)
    error = ANTHROPIC.check_error(got, 429)
    assert "limit" in error["message"] and 1 <= int(got.header("retry-after")) <= longest
    assert len(first.seen) == served


def test_parallel_requests_of_a_key(start, first):
    settings, key = keyed(first, limits={"concurrency": 1})
    gateway = start(settings)
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(), key=key))
        request = first.take()
        got = use(gateway, key)
        ANTHROPIC.check_error(got, 429)
        assert int(got.header("retry-after")) >= 1
        request.answer(GOOD)
        assert client.read_answer().status == 200
    first.reply = GOOD
    assert wait_for(lambda: use(gateway, key).status == 200)


def test_a_prompt_too_large_for_a_key(start, first):
    first.reply = GOOD
    settings, key = keyed(first, limits={"tpr": 600})
    gateway = start(settings)
    assert use(gateway, key).status == 200
    long = [{"role": "user", "content": "word " * 2000}]
    ANTHROPIC.check_error(use(gateway, key, messages=long), 400)


def test_a_budget(start, first):
    """The request that crosses it is served, the next is not."""
    first.reply = wire.json_answer({**ANTHROPIC.answer(), "usage": {
        "input_tokens": 1000, "output_tokens": 1000}})
    settings, key = keyed(first, budget={"usd_per_day": 0.01})
    gateway = start({**settings, "usage": {"prices": {"asked-model": {"in": 1, "out": 10}}}})
    assert use(gateway, key).status == 200
    got = use(gateway, key)
    error = ANTHROPIC.check_error(got, 429)
    assert "budget_exceeded" in error["message"] and int(got.header("retry-after")) >= 1
    # it outlives a restart
    gateway.stop()
    gateway.start()
    ANTHROPIC.check_error(use(gateway, key), 429)


def test_expiry_and_models(start, first):
    first.reply = GOOD
    past = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    settings, key = keyed(first, models=["claude-*"])
    old = new_key()
    settings["gateway_keys"].append(key_entry(old, "old", expires_at=past))
    gateway = start(settings)
    ANTHROPIC.check_error(use(gateway, old), 401)
    ANTHROPIC.check_error(use(gateway, key), 403)
    assert use(gateway, key, model="claude-x").status == 200


BUCKETS = [
    ("global", {"global_rps": 1, "per_ip_rps": 1000}, "all requests"),
    ("address", {"global_rps": 1000, "per_ip_rps": 1}, "this address"),
    ("model", {"global_rps": 1000, "per_ip_rps": 1000,
               "per_model_rps": {"asked-model": 1}}, "this model"),
]


@pytest.mark.parametrize("rates, words", [row[1:] for row in BUCKETS],
                         ids=[row[0] for row in BUCKETS])
def test_buckets(start, first, rates, words):
    first.reply = GOOD
    gateway = start({**config(first), "rate_limit": {"enabled": True, "burst_factor": 2, **rates}})
    answers = [ask(gateway) for _ in range(6)]
    assert answers[0].status == 200
    refused = next(answer for answer in answers if answer.status != 200)
    assert words in ANTHROPIC.check_error(refused, 429)["message"]
    assert int(refused.header("retry-after")) >= 1
    if "per_model_rps" in rates:
        assert ask(gateway, model="another").status == 200
    wait_for(lambda: ask(gateway).status == 200)


@pytest.mark.parametrize("codes, status", [([418], 418), (["4xx"], 422), ([400], 400)])
def test_statuses_that_go_on(start, first, second, codes, status):
    """Configured, they open a way; nobody is blamed for a client's fault."""
    first.reply, second.reply = refusal(status, "invalid_request_error"), GOOD
    gateway = start(config(first, second, detection={"error_codes": codes}))
    for number in range(6):
        assert served_by(gateway, session=number) == "second"
    assert cooldowns(gateway) == []


def test_texts_that_go_on(start, first, second):
    first.reply = wire.answer(400, [("Content-Type", "application/json")],
                              b'{"error": {"message": "Channel is BUSY"}}')
    second.reply = wire.json_answer(CHAT.answer())
    gateway = start(config(first, second, family=CHAT,
                           detection={"error_patterns": ["channel is busy"]}))
    assert served_by(gateway, CHAT) == "second"
