"""logging.capture: what the detail view of a request gets to see, and what it
never does."""
import json
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, STREAMING
from lab.upstream import Upstream

KEY = "sk-ant-api03-0123456789abcdefMIDDLE0123456789"
CAP = 64 * 1024



def config(family, upstream, mode):
    return {"upstream_accounts": [family.account(upstream, models=["*"])],
            "logging": {"capture": mode}}


def record_of(gateway, answer):
    """The record of the answer's request, once it is there."""
    deadline = time.monotonic() + wire.DEADLINE
    path = f"/v1/requests/{answer.header('x-trace-id')}"
    while time.monotonic() < deadline:
        found = gateway.control("GET", path)
        if found.status == 200:
            return found.json()
        time.sleep(0.01)
    raise AssertionError("there is no record")


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_full_shows_both_sides(start, family):
    with Upstream(wire.json_answer(family.answer(text="the answer"))) as upstream:
        gateway = start(config(family, upstream, "full"))
        body = family.body()
        answer = gateway.call(gateway.post(family.target(), body, [("X-Mine", "yes")]))
        record = record_of(gateway, answer)
        assert record["request_body"] == body.decode()
        assert "the answer" in record["response_body"]
        sent = {name.lower(): value for name, value in record["request_headers"].items()}
        assert sent["x-mine"] == "yes" and sent["content-type"] == "application/json"
        assert gateway.key not in json.dumps(record)
        got = {name.lower(): value for name, value in record["response_headers"].items()}
        assert got["x-trace-id"] == record["trace_id"]


def test_streams_and_conversions_are_shown_as_the_client_saw_them(start):
    back = (wire.stream_head() + wire.chunk(ANTHROPIC.opening() + ANTHROPIC.content("some")) +
            wire.chunk(ANTHROPIC.closing()) + wire.LAST_CHUNK)
    with Upstream(back) as upstream:
        gateway = start(config(ANTHROPIC, upstream, "full"))
        answer = gateway.call(gateway.post(CHAT.target(True), CHAT.body(True)))
        assert record_of(gateway, answer)["response_body"] == answer.body.decode()


def test_errors_are_shown_too(start):
    gateway = start({"logging": {"capture": "full"}})
    answer = gateway.call(gateway.post(CHAT.target(), CHAT.body()))
    assert record_of(gateway, answer)["response_body"] == answer.body.decode()


def test_headers_only(start):
    with Upstream(wire.json_answer(CHAT.answer())) as upstream:
        gateway = start(config(CHAT, upstream, "headers"))
        answer = gateway.call(gateway.post(CHAT.target(), CHAT.body()))
        record = record_of(gateway, answer)
        assert record["request_headers"] and record["response_headers"]
        assert "request_body" not in record and "response_body" not in record


def test_off_keeps_nothing(start):
    with Upstream(wire.json_answer(CHAT.answer())) as upstream:
        gateway = start(config(CHAT, upstream, "off"))
        answer = gateway.call(gateway.post(CHAT.target(), CHAT.body()))
        assert not {"request_headers", "request_body"} & set(record_of(gateway, answer))


def test_secrets_are_masked_and_nothing_is_on_the_disk(start):
    with Upstream(wire.json_answer(CHAT.answer(text=f"your key is {KEY}"))) as upstream:
        gateway = start(config(CHAT, upstream, "full"))
        body = CHAT.body(messages=[{"role": "user", "content": f"Secret words, key {KEY}"}])
        answer = gateway.call(gateway.post(CHAT.target(), body, [
            ("Authorization", f"Bearer {gateway.key}"), ("X-Api-Key", "short-but-secret"),
            ("Cookie", "session=0123456789MIDDLE")]))
        text = json.dumps(record_of(gateway, answer))
        assert "Secret words" in text
        for secret in ("MIDDLE", "short-but-secret", gateway.key):
            assert secret not in text
        gateway.stop()
        for path in gateway.home.rglob("*"):
            if path.is_file():
                assert b"Secret words" not in path.read_bytes(), path


def test_bodies_are_capped_and_old_ones_forgotten(start):
    with Upstream(wire.json_answer(CHAT.answer(text="y" * 200_000))) as upstream:
        gateway = start(config(CHAT, upstream, "full"))
        body = CHAT.body(messages=[{"role": "user", "content": "x" * 300_000}])
        answer = gateway.call(gateway.post(CHAT.target(), body, [("X-Trace-ID", "the-first")]))
        record = record_of(gateway, answer)
        assert CAP <= len(record["request_body"]) <= CAP + 100
        assert record["request_body"].endswith(f"({len(body)} bytes in all)")
        assert CAP <= len(record["response_body"]) <= CAP + 100
        for _ in range(250):
            answer = gateway.call(gateway.post(CHAT.target(), body))
            gateway.control("GET", "/v1/requests?limit=1")
        assert "request_body" not in gateway.control("GET", "/v1/requests/the-first").json()
        assert "request_body" in record_of(gateway, answer)


def test_it_can_be_switched_while_running(start):
    with Upstream(wire.json_answer(CHAT.answer())) as upstream:
        gateway = start(config(CHAT, upstream, "off"))
        gateway.cli("config", "set", "logging.capture", "full", check=True)
        answer = gateway.call(gateway.post(CHAT.target(), CHAT.body()))
        assert "request_body" in record_of(gateway, answer)
