"""proxy.keepalive: signs of life for a client whose stream is silent."""
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, RESPONSES
from lab.gateway import account

SIGNS = {"anthropic": b"event: ping", "openai-chat": b": keep-alive",
         "openai-responses": b": keep-alive", "gemini": b"\r\n"}


def config(upstream, family, keepalive="300ms", **proxy):
    return {"upstream_accounts": [family.account(upstream, "up")],
            "proxy": {"keepalive": keepalive, **proxy}}


def begin(gateway, upstream, family, first):
    """A client in the middle of a stream, and the request upstream."""
    client = gateway.connect()
    client.send(gateway.post(family.target(stream=True), family.body(stream=True)))
    request = upstream.take()
    request.send(wire.stream_head() + wire.chunk(first))
    assert client.read_head().status == 200
    return client, request


def read_until(client, mark):
    seen = b""
    while mark not in seen:
        seen += client.read_chunk()
    return seen


def read_rest(client):
    return b"".join(iter(client.read_chunk, b""))


def without(stream, sign):
    """Its events but the signs of life."""
    frames = [f.strip(b"\n") for f in stream.replace(b"\r\n", b"\n").split(b"\n\n")]
    return [frame for frame in frames if frame and not frame.startswith(sign)]


@pytest.mark.parametrize("family", [ANTHROPIC, CHAT, RESPONSES, GEMINI], ids=repr)
def test_a_silent_stream_gets_signs(start, first, family):
    gateway = start(config(first, family))
    client, request = begin(gateway, first, family, family.opening() + family.content("one"))
    sign = SIGNS[family.name]
    body = read_until(client, b"one") + read_until(client, sign) + read_until(client, sign)
    request.answer(wire.chunk(family.content("two")) + wire.chunk(family.closing()) +
                   wire.LAST_CHUNK)
    body += read_rest(client)
    sent = (family.opening() + family.content("one") + family.content("two") +
            family.closing())
    assert without(body, sign) == without(sent, sign)
    client.close()


def test_never_inside_an_event(start, first):
    gateway = start(config(first, ANTHROPIC, keepalive="200ms"))
    frame = ANTHROPIC.content("one")
    client, request = begin(gateway, first, ANTHROPIC, ANTHROPIC.opening() + frame + frame[:30])
    seen = read_until(client, b"one")
    time.sleep(1)
    request.send(wire.chunk(frame[30:]))
    seen += read_until(client, b"event: ping")
    assert seen.count(frame) == 2
    client.close()


def test_none_before_the_head(start, first):
    """It is held until there is content: nothing is promised before."""
    gateway = start(config(first, ANTHROPIC, keepalive="100ms"))
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(stream=True)))
        request = first.take()
        request.send(wire.stream_head() + wire.chunk(ANTHROPIC.held()))
        client.sock.settimeout(1)
        with pytest.raises(TimeoutError):
            client.read_head()
        request.close()


def test_they_end_with_the_upstreams_deadline(start, first):
    """Who is silent for too long is not kept alive by the gateway."""
    gateway = start(config(first, ANTHROPIC, keepalive="300ms", stream_timeout=2))
    client, _ = begin(gateway, first, ANTHROPIC,
                      ANTHROPIC.opening() + ANTHROPIC.content("one"))
    body = read_rest(client)
    assert 3 <= body.count(b"event: ping") <= 8
    assert body.rstrip().endswith(b"}") and b"event: error" in body
    client.close()


def test_zero_is_none(start, first):
    gateway = start(config(first, ANTHROPIC, keepalive=0))
    client, request = begin(gateway, first, ANTHROPIC,
                            ANTHROPIC.opening() + ANTHROPIC.content("one"))
    read_until(client, b"one")
    client.sock.settimeout(1)
    with pytest.raises(TimeoutError):
        client.read_chunk()
    client.close()


def test_converted_streams_have_them_too(start, first):
    gateway = start({"upstream_accounts": [account("up", "openai-compatible", first)],
                     "proxy": {"keepalive": "300ms"}})
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(stream=True)))
        request = first.take()
        request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("one")))
        assert client.read_head().status == 200
        read_until(client, b"one")
        read_until(client, b"event: ping")
        request.close()
