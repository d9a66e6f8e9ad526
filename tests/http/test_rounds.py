"""One answer that takes several calls of an upstream: several prompts (C113),
several answers of an upstream that gives one (C58)."""
import json

import queue

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, COMPLETIONS, GEMINI, RESPONSES, STREAMING

OTHERS = [f for f in STREAMING if f is not CHAT]
ONES = [ANTHROPIC, RESPONSES]
FAN = {"options": {"fanout_n": True}}


def gateway_of(start, upstream, family, *more, **account):
    return start({"upstream_accounts": [family.account(upstream, format=family.name, **account),
                                        *more]})


def text_of_request(family, body):
    """The user's text that an upstream got."""
    if family is GEMINI:
        return body["contents"][0]["parts"][0]["text"]
    message = body["input" if family is RESPONSES else "messages"][0]
    content = message["content"]
    return content if isinstance(content, str) else content[0]["text"]


def answer_stream(request, family, text):
    request.send(wire.stream_head())
    for frame in (family.opening() + family.content(text), family.closing()):
        request.send(wire.chunk(frame))
    request.answer(wire.LAST_CHUNK)


def chunks(answer):
    return [json.loads(line[6:]) for line in answer.body.split(b"\n")
            if line.startswith(b"data: {")]


@pytest.mark.parametrize("family", OTHERS, ids=repr)
def test_several_prompts(family, upstream, start):
    gateway = gateway_of(start, upstream, family)
    prompts = ["one", 'tw"o', "three"]
    with gateway.connect() as client:
        client.send(gateway.post(COMPLETIONS.path, COMPLETIONS.body(prompt=prompts)))
        for prompt in prompts:
            request = upstream.take()
            assert text_of_request(family, json.loads(request.body)) == prompt
            request.answer(wire.json_answer(family.answer(text="re: " + prompt)))
        answer = client.read_answer()
    assert answer.status == 200, answer.body
    value = answer.json()
    assert [(c["index"], c["text"]) for c in value["choices"]] == [
        (i, "re: " + prompt) for i, prompt in enumerate(prompts)]
    single = 3 * one_usage(gateway, upstream, family)
    assert value["usage"]["total_tokens"] == single


def one_usage(gateway, upstream, family):
    with gateway.connect() as client:
        client.send(gateway.post(COMPLETIONS.path, COMPLETIONS.body()))
        upstream.take().answer(wire.json_answer(family.answer(text="x")))
        return client.read_answer().json()["usage"]["total_tokens"]


@pytest.mark.parametrize("family", OTHERS, ids=repr)
def test_several_prompts_in_a_stream(family, upstream, start):
    gateway = gateway_of(start, upstream, family)
    body = COMPLETIONS.body(prompt=["one", "two"], stream=True,
                            stream_options={"include_usage": True})
    with gateway.connect() as client:
        client.send(gateway.post(COMPLETIONS.path, body))
        for prompt in ("one", "two"):
            answer_stream(upstream.take(), family, "re: " + prompt)
        answer = client.read_answer()
    assert answer.body.count(b"[DONE]") == 1 and answer.body.endswith(b"data: [DONE]\n\n")
    texts, ends, usages = {}, [], []
    for chunk in chunks(answer):
        usages += [chunk["usage"]] if chunk.get("usage") else []
        for choice in chunk["choices"]:
            texts[choice["index"]] = texts.get(choice["index"], "") + choice["text"]
            ends += [choice["index"]] if choice["finish_reason"] else []
    assert texts == {0: "re: one", 1: "re: two"}
    assert ends == [0, 1] and len(usages) == 1
    assert len({chunk["id"] for chunk in chunks(answer)}) == 1


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("family", ONES, ids=repr)
def test_several_answers(family, stream, upstream, start):
    gateway = gateway_of(start, upstream, family, **FAN)
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(stream, n=3)))
        seen = []
        for number in range(3):
            request = upstream.take()
            seen.append(request.body)
            if stream:
                answer_stream(request, family, f"answer {number}")
            else:
                request.answer(wire.json_answer(family.answer(text=f"answer {number}")))
        answer = client.read_answer()
    assert answer.status == 200
    assert seen[0] == seen[1] == seen[2] and b'"n"' not in seen[0]
    assert "emulated:n" in answer.header("x-llm-gateway-warnings")
    if stream:
        texts = {}
        for chunk in chunks(answer):
            for choice in chunk["choices"]:
                piece = choice["delta"].get("content") or ""
                texts[choice["index"]] = texts.get(choice["index"], "") + piece
    else:
        texts = {c["index"]: c["message"]["content"] for c in answer.json()["choices"]}
    assert texts == {0: "answer 0", 1: "answer 1", 2: "answer 2"}


def test_prompts_and_answers_multiply(upstream, start):
    gateway = gateway_of(start, upstream, ANTHROPIC, **FAN)
    with gateway.connect() as client:
        client.send(gateway.post(COMPLETIONS.path, COMPLETIONS.body(prompt=["a", "b"], n=2)))
        for number, prompt in enumerate("aabb"):
            request = upstream.take()
            assert text_of_request(ANTHROPIC, json.loads(request.body)) == prompt
            request.answer(wire.json_answer(ANTHROPIC.answer(text=str(number))))
        value = client.read_answer().json()
    assert [(c["index"], c["text"]) for c in value["choices"]] == [
        (0, "0"), (1, "1"), (2, "2"), (3, "3")]


def test_gemini_gives_several_by_itself(upstream, start):
    gateway = gateway_of(start, upstream, GEMINI, **FAN)
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(n=2)))
        request = upstream.take()
        assert json.loads(request.body)["generationConfig"]["candidateCount"] == 2
        request.answer(wire.json_answer(GEMINI.answer()))
        assert client.read_answer().status == 200


@pytest.mark.parametrize("body", [
    COMPLETIONS.body(prompt=["x"] * 17), COMPLETIONS.body(prompt=["x"] * 9, n=2),
    COMPLETIONS.body(prompt=["x", 7]), COMPLETIONS.body(prompt=[1, 2]),
    COMPLETIONS.body(prompt=[["x"]]), COMPLETIONS.body(prompt=[])], ids=str)
def test_what_is_refused(body, upstream, start):
    gateway = gateway_of(start, upstream, ANTHROPIC, **FAN)
    answer = gateway.call(gateway.post(COMPLETIONS.path, body))
    assert answer.status == 400
    assert upstream.seen == []


def test_without_the_option_several_answers_are_refused(upstream, start):
    gateway = gateway_of(start, upstream, ANTHROPIC)
    answer = gateway.call(gateway.post(CHAT.path, CHAT.body(n=2)))
    assert answer.status == 400
    assert "one answer per request" in answer.json()["error"]["message"]


def test_a_failure_before_anything_is_sent_begins_anew(upstream, start):
    gateway = gateway_of(start, upstream, ANTHROPIC,
                         RESPONSES.account(upstream, "other", priority=2,
                                           format=RESPONSES.name))
    with gateway.connect() as client:
        client.send(gateway.post(COMPLETIONS.path, COMPLETIONS.body(prompt=["a", "b"])))
        upstream.take().answer(wire.json_answer(ANTHROPIC.answer(text="lost")))
        upstream.take().answer(wire.answer(500, [], b"{}"))
        for text in ("first", "second"):
            request = upstream.take()
            assert request.target == RESPONSES.upstream_target()
            request.answer(wire.json_answer(RESPONSES.answer(text=text)))
        answer = client.read_answer()
    assert [c["text"] for c in answer.json()["choices"]] == ["first", "second"]
    assert answer.header("x-llm-gateway-upstream") == "other"


@pytest.mark.parametrize("how", ["status", "reset", "cut"])
def test_a_failure_later_ends_the_stream_with_an_error(how, upstream, start):
    gateway = gateway_of(start, upstream, ANTHROPIC)
    with gateway.connect() as client:
        client.send(gateway.post(COMPLETIONS.path,
                                 COMPLETIONS.body(prompt=["a", "b"], stream=True)))
        answer_stream(upstream.take(), ANTHROPIC, "first")
        request = upstream.take()
        if how == "status":
            request.answer(wire.answer(529, [], b"{}"))
        elif how == "reset":
            request.reset()
            try:
                # On an old connection it is tried once more; it was one if the
                # first answer's last chunk came with its last event.
                upstream.take(2).reset()
            except queue.Empty:
                pass
        else:
            request.send(wire.stream_head() + wire.chunk(ANTHROPIC.opening()))
            request.close()
        answer = client.read_answer()
    assert b"first" in answer.body and b'"error"' in answer.body
    assert b"[DONE]" not in answer.body


def test_a_client_that_leaves_between_calls(upstream, start):
    gateway = gateway_of(start, upstream, ANTHROPIC)
    with gateway.connect() as client:
        client.send(gateway.post(COMPLETIONS.path, COMPLETIONS.body(prompt=["a", "b"])))
        upstream.take().answer(wire.json_answer(ANTHROPIC.answer()))
        request = upstream.take()
    assert request.was_left()
    assert gateway.call(gateway.get("/health")).status == 200
