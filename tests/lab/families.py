"""The wire formats as the tests use them: a provider that speaks each one, its
paths on both sides, a request, an answer, a stream, and its error envelope."""
import json

from lab import wire
from lab.gateway import account

MODEL = "asked-model"


class Family:
    def __init__(self, name, provider, path, upstream_path, required):
        self.name, self.provider = name, provider
        self.path, self.upstream_path = path, upstream_path
        self.required = required

    def __repr__(self):
        return self.name

    def account(self, upstream, name="up", **more):
        return account(name, self.provider, upstream, **more)

    def body(self, stream=False, model=MODEL, **more):
        value = dict(self.required, **more)
        if self.name != "gemini":
            value["model"] = model
            if stream:
                value["stream"] = True
        return json.dumps(value).encode()

    def target(self, stream=False, model=MODEL):
        path = self.path.format(model=model)
        if self.name == "gemini" and stream:
            return path.replace("generateContent", "streamGenerateContent") + "?alt=sse"
        return path

    def upstream_target(self, stream=False, model=MODEL):
        path = self.upstream_path.format(model=model)
        if self.name == "gemini" and stream:
            return path.replace("generateContent", "streamGenerateContent") + "?alt=sse"
        return path

    def answer(self, model=MODEL, text="hello"):
        """A whole JSON answer."""
        return ANSWERS[self.name](model, text)

    def held(self, model=MODEL):
        """SSE frames that are not content yet (may be none)."""
        return HELD[self.name](model)

    def opening(self, model=MODEL):
        """All SSE frames before the first text."""
        return self.held(model) + (BLOCK_START if self.name == "anthropic" else b"")

    def content(self, text, model=MODEL):
        """One SSE frame with content."""
        return CONTENTS[self.name](text, model)

    def closing(self, model=MODEL):
        return CLOSINGS[self.name](model)

    def check_error(self, answer, status):
        """Is the answer an error of this status in the family's own shape?"""
        assert answer.status == status, (answer.head.raw, answer.body)
        kind = answer.header("content-type", "")
        assert kind.startswith("application/json"), (answer.head.raw, answer.body)
        value = answer.json()
        error = value["error"]
        assert isinstance(error["message"], str) and error["message"]
        if self.name == "anthropic":
            assert value["type"] == "error" and isinstance(error["type"], str)
        elif self.name == "gemini":
            assert error["code"] == status and error["status"].isupper()
        else:
            assert isinstance(error["type"], str)
        return error


def _chat_chunk(delta, model, finish=None):
    return wire.sse({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model,
                     "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _gemini(text, model, finish=None):
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": model, "responseId": "r1",
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1,
                              "totalTokenCount": 4}}


def _response(model, text, status="completed"):
    message = {"type": "message", "id": "m1", "role": "assistant", "status": "completed",
               "content": [{"type": "output_text", "text": text, "annotations": []}]}
    return {"id": "r1", "object": "response", "created_at": 1, "status": status, "model": model,
            "output": [message] if text else [],
            "usage": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}}


def _message(model, text):
    return {"id": "msg_1", "type": "message", "role": "assistant", "model": model,
            "content": [{"type": "text", "text": text}] if text else [],
            "stop_reason": "end_turn" if text else None, "stop_sequence": None,
            "usage": {"input_tokens": 3, "output_tokens": 1}}


def _event(kind, **more):
    return wire.sse({"type": kind, **more}, event=kind)


ANSWERS = {
    "anthropic": _message,
    "openai-chat": lambda model, text: {
        "id": "c1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text},
                     "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}},
    "openai-responses": _response,
    "gemini": lambda model, text: _gemini(text, model, "STOP"),
    "embeddings": lambda model, text: {
        "object": "list", "model": model, "usage": {"prompt_tokens": 1, "total_tokens": 1},
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]},
    "completions": lambda model, text: {
        "id": "c1", "object": "text_completion", "created": 1, "model": model,
        "choices": [{"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}]},
}
BLOCK_START = _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
HELD = {
    "anthropic": lambda model: _event("message_start", message=_message(model, "")) + _event("ping"),
    "openai-chat": lambda model: _chat_chunk({"role": "assistant", "content": ""}, model),
    "openai-responses": lambda model: _event(
        "response.created", sequence_number=0, response=_response(model, "", "in_progress")),
    "gemini": lambda model: b"",
}
CONTENTS = {
    "anthropic": lambda text, model: _event("content_block_delta", index=0,
                                            delta={"type": "text_delta", "text": text}),
    "openai-chat": lambda text, model: _chat_chunk({"content": text}, model),
    "openai-responses": lambda text, model: _event(
        "response.output_text.delta", sequence_number=1, item_id="m1", output_index=0,
        content_index=0, delta=text),
    "gemini": lambda text, model: wire.sse(_gemini(text, model)),
}
CLOSINGS = {
    "anthropic": lambda model: _event("content_block_stop", index=0) + _event(
        "message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None},
        usage={"output_tokens": 5}) + _event("message_stop"),
    "openai-chat": lambda model: _chat_chunk({}, model, "stop") + wire.sse("[DONE]"),
    "openai-responses": lambda model: _event(
        "response.completed", sequence_number=9, response=_response(model, "hello")),
    "gemini": lambda model: wire.sse(_gemini("", model, "STOP")),
}

_USER = [{"role": "user", "content": "hi"}]
ANTHROPIC = Family("anthropic", "anthropic", "/v1/messages", "/v1/messages",
                   {"messages": _USER, "max_tokens": 16})
CHAT = Family("openai-chat", "openai-compatible", "/v1/chat/completions", "/v1/chat/completions",
              {"messages": _USER})
RESPONSES = Family("openai-responses", "openai", "/v1/responses", "/v1/responses",
                   {"input": "hi"})
GEMINI = Family("gemini", "google", "/v1beta/models/{model}:generateContent",
                "/v1beta/models/{model}:generateContent",
                {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
EMBEDDINGS = Family("embeddings", "openai", "/v1/embeddings", "/v1/embeddings", {"input": "hi"})
COMPLETIONS = Family("completions", "openai-compatible", "/v1/completions", "/v1/completions",
                     {"prompt": "hi"})
STREAMING = [ANTHROPIC, CHAT, RESPONSES, GEMINI]
ALL = STREAMING + [EMBEDDINGS, COMPLETIONS]
