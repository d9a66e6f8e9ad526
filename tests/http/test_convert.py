"""Different formats on the two sides: the way of a converted exchange. What
the conversions write is in tests/formats/golden."""
import pytest

from lab import wire
from lab.families import STREAMING

PAIRS = [(client, family) for client in STREAMING for family in STREAMING if client is not family]
LAST = {
    "anthropic": b"event: message_stop\n",
    "openai-chat": b"data: [DONE]\n",
    "openai-responses": b"event: response.completed\n",
    "gemini": b'"finishReason":"STOP"',
}


@pytest.mark.parametrize("client,family", PAIRS, ids=lambda f: f.name)
def test_a_stream(client, family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(stream=True), client.body(stream=True)))
        request = upstream.take()
        assert request.target == family.upstream_target(stream=True)
        request.send(wire.stream_head())
        for frame in (family.opening() + family.content("hel"), family.content("lo"),
                      family.closing()):
            request.send(wire.chunk(frame))
        request.answer(wire.LAST_CHUNK)
        answer = connection.read_answer()
    assert answer.status == 200, answer.body
    assert answer.header("content-type").startswith("text/event-stream")
    assert b'"hel"' in answer.body and b'"lo"' in answer.body
    assert LAST[client.name] in answer.body


@pytest.mark.parametrize("client,family", PAIRS, ids=lambda f: f.name)
def test_a_whole_answer(client, family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(), client.body()))
        request = upstream.take()
        assert request.target == family.upstream_target()
        request.answer(wire.json_answer(family.answer()))
        answer = connection.read_answer()
    assert answer.status == 200, answer.body
    assert answer.header("content-type") == "application/json"
    assert b'"hello"' in answer.body
