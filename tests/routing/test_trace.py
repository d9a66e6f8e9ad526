"""The decision trace in the record of a request: who was asked, who was not,
and why."""
import time

from lab import wire
from lab.families import ANTHROPIC
from lab.gateway import account

GOOD = wire.json_answer(ANTHROPIC.answer())


def refusal(status, kind, headers=()):
    return wire.json_answer({"type": "error", "error": {"type": kind, "message": "because"}},
                            status=status, headers=headers)


def config(*upstreams, **more):
    names = ["first", "second", "third"]
    return {"upstream_accounts": [account(names[at], "anthropic", upstream, priority=at + 1)
                                  for at, upstream in enumerate(upstreams)], **more}


def send(gateway, **more):
    return gateway.call(gateway.post(ANTHROPIC.path, ANTHROPIC.body(**more)))


def record(gateway, answer):
    """The record of the request that got this answer."""
    trace_id = answer.header("x-trace-id")
    deadline = time.monotonic() + wire.DEADLINE
    while True:
        got = gateway.control("GET", f"/v1/requests/{trace_id}")
        if got.status == 200:
            return got.json()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def routes(gateway, answer):
    return [(c["upstream"], c["outcome"], c["reason"])
            for c in record(gateway, answer)["candidates"]]


def test_who_failed_and_who_was_passed_over(start, first, second):
    first.reply, second.reply = refusal(403, "permission_error"), GOOD
    gateway = start(config(first, second))
    assert routes(gateway, send(gateway)) == [
        ("first", "failed", "the account may not do this"), ("second", "answered", None)]
    # another session, which is bound nowhere
    others = routes(gateway, send(gateway, system="another"))
    assert [name for name, _, _ in others] == ["first", "second"]
    assert others[0][1] == "passed over"
    assert others[0][2].startswith("cooling down for 1")
    assert others[0][2].endswith("the account may not do this")


def test_nothing_to_tell(start, first, second):
    first.reply = GOOD
    gateway = start(config(first, second))
    assert routes(gateway, send(gateway)) == [("first", "answered", None)]


def test_what_is_switched_off_is_left_out(start, first, second):
    first.reply = second.reply = GOOD
    gateway = start(config(first, second))
    assert gateway.control("POST", "/v1/upstreams/first/disable").status == 200
    assert routes(gateway, send(gateway)) == [
        ("second", "answered", None), ("first", "left out", "the upstream is switched off")]
    assert gateway.control("POST", "/v1/upstreams/second/disable").status == 200
    got = send(gateway)
    assert got.status == 503
    assert [outcome for _, outcome, _ in routes(gateway, got)] == ["left out", "left out"]


def test_a_limit_that_passed_somebody_over(start, first, second):
    first.reply = second.reply = GOOD
    settings = config(first, second)
    settings["upstream_accounts"][0]["limits"] = {"rpm": 1}
    gateway = start(settings)
    assert routes(gateway, send(gateway)) == [("first", "answered", None)]
    told = routes(gateway, send(gateway, system="another"))
    assert ("second", "answered", None) in told
    reason, = [reason for name, outcome, reason in told if outcome == "passed over"]
    assert reason.startswith("its limit rpm is reached")


def test_every_attempt_is_kept(start, first, second):
    """Three requests to an overloaded one, then the next, and how each went."""
    first.reply, second.reply = refusal(529, "overloaded_error"), GOOD
    gateway = start(config(first, second))
    attempts = record(gateway, send(gateway))["attempts"]
    assert [(a["upstream"], a["status"], a["reason"]) for a in attempts] == [
        ("first", 529, "overloaded")] * 3 + [("second", 200, None)]


def test_a_client_that_leaves_is_no_answer(start, first):
    gateway = start(config(first))
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(),
                                 headers=[("X-Trace-ID", "left-early")]))
        first.take()
    deadline = time.monotonic() + wire.DEADLINE
    while gateway.control("GET", "/v1/requests/left-early").status != 200:
        assert time.monotonic() < deadline
    kept = gateway.control("GET", "/v1/requests/left-early").json()
    assert kept["status"] == 499
    assert [c["outcome"] for c in kept["candidates"]] == ["unfinished"]


def test_the_command_line_shows_it(start, first, second):
    first.reply, second.reply = refusal(403, "permission_error"), GOOD
    gateway = start(config(first, second))
    got = send(gateway)
    record(gateway, got)
    shown = gateway.cli("logs", f"--trace={got.header('x-trace-id')}", check=True).stdout.decode()
    assert "first" in shown and "permission" in shown
