"""early_head: the head, and signs of life, before there is content (C145)."""
import pytest

from lab import wire
from lab.families import STREAMING

PAIRS = [(client, family) for client in STREAMING for family in STREAMING if client is not family]
SIGN = {"anthropic": b"event: ping\n", "openai-chat": b": keep-alive", "gemini": b"\r\n",
        "openai-responses": b": keep-alive"}


def begin(start, upstream, family, **proxy):
    return start({"proxy": proxy, "upstream_accounts": [
        family.account(upstream, format=family.name, options={"early_head": True})]})


@pytest.mark.parametrize("client,family", PAIRS, ids=repr)
def test_the_head_comes_first(client, family, upstream, start):
    gateway = begin(start, upstream, family, keepalive="50ms")
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(stream=True), client.body(stream=True)))
        request = upstream.take()
        request.send(wire.stream_head())
        assert connection.read_head().status == 200
        seen = b""
        while SIGN[client.name] not in seen:
            seen += connection.read_chunk()
        request.send(wire.chunk(family.opening() + family.content("hello")))
        while b"hello" not in seen:
            seen += connection.read_chunk()
        request.send(wire.chunk(family.closing()))
        request.answer(wire.LAST_CHUNK)


@pytest.mark.parametrize("how", ["broken", "silent"])
@pytest.mark.parametrize("client,family", PAIRS, ids=repr)
def test_errors_are_told_inside(client, family, how, upstream, start):
    gateway = begin(start, upstream, family,
                    **({"first_token_timeout": "300ms"} if how == "silent" else {}))
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(stream=True), client.body(stream=True)))
        request = upstream.take()
        request.send(wire.stream_head())
        if how == "broken":
            request.close()
        answer = connection.read_answer()
    assert answer.status == 200
    assert b'"error"' in answer.body or b"response.failed" in answer.body, answer.body
    assert gateway.call(gateway.get("/health")).status == 200


def test_whole_answers_wait(upstream, start):
    client, family = PAIRS[0]
    gateway = begin(start, upstream, family)
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(), client.body()))
        request = upstream.take()
        request.answer(wire.json_answer(family.answer()))
        assert connection.read_answer().status == 200
