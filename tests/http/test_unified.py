"""The unified body at the Chat path: provider, parameters, metadata."""
import json

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, STREAMING

UNIFIED = {"parameters": {"temperature": 0.25, "max_tokens": 99, "stop": ["x"]},
           "metadata": {"user_id": "u", "session_id": "s"}}


def test_it_becomes_a_plain_body(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account("http://127.0.0.1:9", "first"),
                                           CHAT.account(upstream, "second")]})
    body = json.loads(CHAT.body(max_tokens=5, **UNIFIED))
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, {"provider": "second", **body}))
        request = upstream.take()
        assert json.loads(request.body) == {
            "messages": body["messages"], "model": body["model"], "max_tokens": 5,
            "temperature": 0.25, "stop": ["x"]}
        request.answer(wire.json_answer(CHAT.answer()))
        answer = client.read_answer()
    assert answer.status == 200
    assert answer.header("x-llm-gateway-upstream") == "second"


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_a_stream_asked_for_in_parameters(family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(parameters={"stream": True})))
        request = upstream.take()
        assert request.target == family.upstream_target(stream=True)
        request.send(wire.stream_head())
        for frame in (family.opening() + family.content("hello"), family.closing()):
            request.send(wire.chunk(frame))
        request.answer(wire.LAST_CHUNK)
        answer = client.read_answer()
    assert answer.header("content-type").startswith("text/event-stream")
    assert b'"hello"' in answer.body and b"[DONE]" in answer.body


def test_parameters_reach_other_formats(upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(**UNIFIED)))
        request = upstream.take()
        body = json.loads(request.body)
        assert (body["max_tokens"], body["temperature"]) == (99, 0.25)
        assert body["stop_sequences"] == ["x"]
        request.answer(wire.json_answer(ANTHROPIC.answer()))
        assert client.read_answer().status == 200


def test_a_model_in_parameters_passes_no_check(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, {"messages": [], "parameters": {"model": "m"}}))
        answer = client.read_answer()
        assert answer.status == 400
        assert "model" in answer.json()["error"]["message"]


def test_an_unknown_provider_is_named(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(provider="nobody")))
        answer = client.read_answer()
        assert answer.status == 404
        assert "upstream asked for" in answer.json()["error"]["message"]


def test_openrouters_provider_object(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream, "router"),
                                           ANTHROPIC.account(upstream, "claude")]})
    with gateway.connect() as client:
        body = CHAT.body(model="router/m", provider={"order": ["a"]})
        client.send(gateway.post(CHAT.path, body))
        request = upstream.take()
        assert json.loads(request.body)["provider"] == {"order": ["a"]}
        request.answer(wire.json_answer(CHAT.answer()))
        assert client.read_answer().status == 200
        client.send(gateway.post(CHAT.path, CHAT.body(model="claude/m", provider={"a": 1})))
        request = upstream.take()
        assert "provider" not in json.loads(request.body)
        request.answer(wire.json_answer(ANTHROPIC.answer()))
        answer = client.read_answer()
        assert "dropped:provider" in answer.header("x-llm-gateway-warnings")


def test_plain_chat_metadata_passes(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    body = CHAT.body(metadata={"a": "b"})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, body))
        request = upstream.take()
        assert request.body == body
        request.answer(wire.json_answer(CHAT.answer()))
        assert client.read_answer().status == 200
