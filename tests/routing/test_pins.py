"""State that lives at one upstream: whoever refers to it goes there."""
import json

import pytest

from lab import wire
from lab.families import ANTHROPIC, RESPONSES
from lab.gateway import account


def answer(number):
    return wire.json_answer({**RESPONSES.answer(), "id": f"resp_{number}"})


def stream(number):
    created = {"type": "response.created", "sequence_number": 0,
               "response": {**RESPONSES.answer(text=""), "id": f"resp_{number}",
                            "instructions": 'say "id": "resp_wrong"'}}
    return wire.stream_head() + b"".join(map(wire.chunk, (
        wire.sse(created, event="response.created"), RESPONSES.content("hi"),
        RESPONSES.closing()))) + wire.LAST_CHUNK


@pytest.fixture
def gateway(start, first, second):
    first.reply, second.reply = answer("first"), answer("second")
    return start({"upstream_accounts": [
        account("first", "openai", first, priority=1),
        account("second", "openai", second, priority=2)], "routing": {"affinity": "none"}})


def ask(gateway, headers=(), **more):
    return gateway.call(gateway.post(RESPONSES.path, RESPONSES.body(**more), headers=headers))


ON_SECOND = [("x-llm-gateway-upstream", "second")]


def test_an_answer_is_gone_on_from_where_it_lives(gateway, first, second):
    assert ask(gateway, ON_SECOND).status == 200
    assert ask(gateway).header("x-llm-gateway-upstream") == "first"
    got = ask(gateway, previous_response_id="resp_second")
    assert got.header("x-llm-gateway-upstream") == "second"
    assert ask(gateway, previous_response_id="resp_first").header(
        "x-llm-gateway-upstream") == "first"


def test_also_one_that_was_streamed(gateway, second):
    second.reply = stream("streamed")
    with gateway.connect() as client:
        client.send(gateway.post(RESPONSES.path, RESPONSES.body(stream=True), headers=ON_SECOND))
        assert client.read_answer().status == 200
    second.reply = answer("next")
    got = ask(gateway, previous_response_id="resp_streamed")
    assert got.header("x-llm-gateway-upstream") == "second"


def test_its_upstream_is_never_replaced(gateway, first, second):
    """Down or switched off: a clear error, not somebody who knows nothing."""
    assert ask(gateway, ON_SECOND).status == 200
    seen = len(first.seen)
    second.reply = wire.json_answer({"error": {"message": "oops", "type": "server_error"}},
                                    status=500)
    RESPONSES.check_error(ask(gateway, previous_response_id="resp_second"), 500)
    gateway.control("POST", "/v1/upstreams/second/disable")
    got = ask(gateway, previous_response_id="resp_second")
    error = RESPONSES.check_error(got, 503)
    assert "second" in error["message"] and len(first.seen) == seen


def test_it_is_known_after_a_restart(gateway, second):
    assert ask(gateway, ON_SECOND).status == 200
    gateway.stop()
    gateway.start()
    got = ask(gateway, previous_response_id="resp_second")
    assert got.header("x-llm-gateway-upstream") == "second"


def test_an_uploaded_file_is_used_where_it_is(gateway, first, second):
    second.reply = wire.json_answer({"id": "file-abc", "object": "file", "bytes": 3})
    boundary = "b0undary"
    body = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; "
            f"filename=\"a.txt\"\r\n\r\nabc\r\n--{boundary}--\r\n").encode()
    upload = wire.request("POST", "/v1/files", [
        ("Content-Type", f"multipart/form-data; boundary={boundary}"),
        ("x-llm-gateway-key", gateway.key), *ON_SECOND], body)
    got = gateway.call(upload)
    assert got.status == 200 and got.json()["id"] == "file-abc", got.body
    second.reply = answer("second")
    content = [{"type": "input_file", "file_id": "file-abc"},
               {"type": "input_text", "text": "what is in it?"}]
    got = ask(gateway, input=[{"role": "user", "content": content}])
    assert got.header("x-llm-gateway-upstream") == "second"
    other = json.loads(json.dumps(content).replace("file-abc", "file-other"))
    got = ask(gateway, input=[{"role": "user", "content": other}])
    assert got.header("x-llm-gateway-upstream") == "first"


def test_a_conversation_goes_on_where_it_was_made(gateway, first, second):
    second.reply = wire.json_answer({"id": "conv_1", "object": "conversation"})
    made = gateway.call(gateway.post("/v1/conversations", b"{}", headers=ON_SECOND))
    assert made.status == 200, made.body
    second.reply = answer("second")
    for conversation in ("conv_1", {"id": "conv_1"}):
        got = ask(gateway, conversation=conversation)
        assert got.header("x-llm-gateway-upstream") == "second"
    got = gateway.call(gateway.post("/v1/conversations/conv_1/items", b'{"items":[]}'))
    assert got.header("x-llm-gateway-upstream") == "second"
    assert ask(gateway, conversation="conv_2").header("x-llm-gateway-upstream") == "first"


def test_a_conversation_that_an_answer_names(gateway, second):
    second.reply = wire.json_answer({**RESPONSES.answer(), "conversation": {"id": "conv_3"}})
    assert ask(gateway, ON_SECOND).status == 200
    assert ask(gateway, conversation="conv_3").header("x-llm-gateway-upstream") == "second"


@pytest.mark.parametrize("is_stream", [False, True], ids=["json", "stream"])
def test_a_container_of_responses_stays_where_it_is(gateway, second, is_stream):
    item = {"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1",
            "status": "completed", "code": "1", "outputs": None}
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    whole = RESPONSES.answer()
    second.reply = wire.json_answer({**whole, "output": [item] + whole["output"]})
    if is_stream:
        added = {"type": "response.output_item.done", "output_index": 0, "item": item}
        second.reply = wire.stream_head() + b"".join(map(wire.chunk, (
            RESPONSES.opening(), RESPONSES.content("hi"),
            wire.sse(added, event="response.output_item.done"),
            RESPONSES.closing()))) + wire.LAST_CHUNK
    assert ask(gateway, ON_SECOND, tools=[tool], stream=is_stream).status == 200
    second.reply = answer("second")
    used = {"type": "code_interpreter", "container": "cntr_1"}
    assert ask(gateway, tools=[used]).header("x-llm-gateway-upstream") == "second"
    assert ask(gateway, tools=[tool]).header("x-llm-gateway-upstream") == "first"


@pytest.mark.parametrize("is_stream", [False, True], ids=["json", "stream"])
def test_a_container_of_anthropic_stays_where_it_is(start, first, second, is_stream):
    container = {"id": "container_1", "expires_at": "2027-01-01T00:00:00Z"}
    tools = [{"type": "code_execution_20250825", "name": "code_execution"}]
    gateway = start({"upstream_accounts": [
        account("first", "anthropic", first, priority=1),
        account("second", "anthropic", second, priority=2)], "routing": {"affinity": "none"}})
    first.reply = wire.json_answer(ANTHROPIC.answer())
    second.reply = wire.json_answer({**ANTHROPIC.answer(), "container": container})
    if is_stream:
        closing = ANTHROPIC.closing().replace(
            b'"stop_sequence": null', b'"container": ' + json.dumps(container).encode())
        second.reply = wire.stream_head() + b"".join(map(wire.chunk, (
            ANTHROPIC.opening(), ANTHROPIC.content("hi"), closing))) + wire.LAST_CHUNK

    def served_by(headers=(), **more):
        got = gateway.call(gateway.post(ANTHROPIC.path, ANTHROPIC.body(**more), headers=headers))
        return got.header("x-llm-gateway-upstream")

    assert served_by(ON_SECOND, tools=tools, stream=is_stream) == "second"
    second.reply = wire.json_answer(ANTHROPIC.answer())
    assert served_by(container="container_1", tools=tools) == "second"
    assert served_by(container={"id": "container_1", "skills": []}, tools=tools) == "second"
    assert served_by(container="container_2", tools=tools) == "first"
