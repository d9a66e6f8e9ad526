"""Conversations that go on at another upstream than the one that signed their
thinking: what it cannot take is taken out, the rest stays byte for byte."""
import json

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, RESPONSES

ENVELOPE = "gw1.g.eyJkIjoiUyJ9"


def anthropic_body(signature):
    return ANTHROPIC.body(messages=[
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "t", "signature": signature},
            {"type": "text", "text": "said before"}]},
        {"role": "user", "content": "go on"}])


def responses_body(blob):
    return RESPONSES.body(input=[
        {"role": "user", "content": "q"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": blob},
        {"role": "assistant", "content": "said before"},
        {"role": "user", "content": "go on"}])


def gemini_body(signature):
    return GEMINI.body(contents=[
        {"role": "user", "parts": [{"text": "q"}]},
        {"role": "model", "parts": [{"text": "said before", "thoughtSignature": signature}]},
        {"role": "user", "parts": [{"text": "go on"}]}])


REFUSALS = {
    "anthropic": {"type": "error", "error": {
        "type": "invalid_request_error",
        "message": "messages.1.content.0: Invalid `signature` in `thinking` block"}},
    "openai-responses": {"error": {
        "message": "The encrypted content gAAA could not be verified.",
        "type": "invalid_request_error", "param": None, "code": "invalid_encrypted_content"}},
    "gemini": {"error": {"code": 400, "status": "INVALID_ARGUMENT",
                         "message": "Corrupted thought signature."}},
}
CASES = [(ANTHROPIC, anthropic_body), (RESPONSES, responses_body), (GEMINI, gemini_body)]


@pytest.mark.parametrize("family,body", CASES, ids=lambda f: getattr(f, "name", ""))
def test_a_refused_signature_is_taken_out(family, body, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(family.target(), body("foreign")))
        first = upstream.take()
        assert first.body == body("foreign")
        first.answer(wire.json_answer(REFUSALS[family.name], status=400))
        second = upstream.take()
        assert b"foreign" not in second.body and b"said before" in second.body
        json.loads(second.body)
        second.answer(wire.json_answer(family.answer()))
        answer = connection.read_answer()
    assert answer.status == 200
    assert answer.header("x-llm-gateway-warnings").startswith("dropped:")


@pytest.mark.parametrize("family,body", CASES, ids=lambda f: getattr(f, "name", ""))
def test_it_is_tried_once(family, body, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(family.target(), body("foreign")))
        for _ in range(2):
            upstream.take().answer(wire.json_answer(REFUSALS[family.name], status=400))
        answer = connection.read_answer()
    family.check_error(answer, 400)
    assert answer.json() == REFUSALS[family.name]       # its own words
    assert upstream.is_quiet()


def test_a_converted_one_as_well(upstream, start):
    gateway = start({"upstream_accounts": [RESPONSES.account(upstream, format=RESPONSES.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(ANTHROPIC.target(), anthropic_body(
            "gw1.o.eyJkIjoiRU5DIiwiaSI6InJzXzEifQ")))
        first = upstream.take()
        assert b'"encrypted_content":"ENC"' in first.body
        first.answer(wire.json_answer(REFUSALS["openai-responses"], status=400))
        second = upstream.take()
        assert b"ENC" not in second.body and b"said before" in second.body
        second.answer(wire.json_answer(RESPONSES.answer()))
        assert connection.read_answer().status == 200


@pytest.mark.parametrize("family,body", CASES, ids=lambda f: getattr(f, "name", ""))
def test_envelopes_do_not_reach_their_own_kind(family, body, upstream, start):
    """Made while another format answered, sent where none is understood."""
    seal = "Z3cxLmEuZXlKa0lqb2lVeUo5" if family is GEMINI else ENVELOPE
    gateway = start({"upstream_accounts": [
        family.account(upstream, "same", format=family.name, priority=1),
        CHAT.account(upstream, "other", priority=2)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(family.target(), body(seal)))
        request = upstream.take()
        assert seal.encode() not in request.body and b"said before" in request.body
        request.answer(wire.json_answer(family.answer()))
        assert connection.read_answer().header("x-llm-gateway-warnings").startswith("dropped:")
        connection.send(gateway.post(family.target(), body("own")))
        request = upstream.take()
        assert request.body == body("own")
        request.answer(wire.json_answer(family.answer()))
        assert connection.read_answer().header("x-llm-gateway-warnings") is None


def test_chat_gets_its_thinking_back(upstream, start):
    """C66: remembered by the call, for this key."""
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream, format=ANTHROPIC.name)]})
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    user = {"role": "user", "content": "hi"}
    with gateway.connect() as connection:
        connection.send(gateway.post(CHAT.target(), CHAT.body(tools=tools)))
        said = dict(ANTHROPIC.answer(), stop_reason="tool_use", content=[
            {"type": "thinking", "thinking": "hm", "signature": "SIG"},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {}}])
        upstream.take().answer(wire.json_answer(said))
        message = connection.read_answer().json()["choices"][0]["message"]
        connection.send(gateway.post(CHAT.target(), CHAT.body(tools=tools, messages=[
            user, message, {"role": "tool", "tool_call_id": "t1", "content": "ok"}])))
        request = upstream.take()
        request.answer(wire.json_answer(ANTHROPIC.answer()))
        assert connection.read_answer().status == 200
    assert json.loads(request.body)["messages"][1]["content"][0] == said["content"][0]
