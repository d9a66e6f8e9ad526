"""Two or three upstreams of one format, asked in their order, and what became
of the requests: for the tests of routing."""
import time

from lab import wire
from lab.families import ANTHROPIC

NAMES = ["first", "second", "third"]
GOOD = wire.json_answer(ANTHROPIC.answer())


def refusal(status, kind="api_error", message="because", headers=()):
    """An error in Anthropic's words."""
    return wire.json_answer({"type": "error", "error": {"type": kind, "message": message}},
                            status=status, headers=headers)


def config(*upstreams, family=ANTHROPIC, **more):
    """Accounts `first`, `second` … with rising priorities."""
    return {"upstream_accounts": [
        family.account(upstream, name, priority=at)
        for at, (name, upstream) in enumerate(zip(NAMES, upstreams), 1)], **more}


def ask(gateway, family=ANTHROPIC, session=None, headers=(), **more):
    """Sends one request; a `session` of its own is bound on its own."""
    pairs = list(headers)
    if session is not None:
        pairs.append(("x-claude-code-session-id", str(session)))
    return gateway.call(gateway.post(family.target(model=more.get("model", "asked-model")),
                                     family.body(**more), headers=pairs))


def served_by(gateway, family=ANTHROPIC, **more):
    got = ask(gateway, family, **more)
    assert got.status == 200, (got.head.raw, got.body)
    return got.header("x-llm-gateway-upstream")


def stream(*frames):
    """A whole streamed answer, one chunk for each that is not empty."""
    return wire.stream_head() + b"".join(map(wire.chunk, filter(None, frames))) + wire.LAST_CHUNK


def cooldowns(gateway):
    return gateway.control("GET", "/v1/cooldowns").json()


def record(gateway, trace_id):
    """The record of a request, once it is there."""
    return wait_for(lambda: answer_of(gateway, f"/v1/requests/{trace_id}"))


def answer_of(gateway, path):
    got = gateway.control("GET", path)
    return got.json() if got.status == 200 else None


def wait_for(condition):
    """What the function returns, as soon as it is true."""
    deadline = time.monotonic() + wire.DEADLINE
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value
