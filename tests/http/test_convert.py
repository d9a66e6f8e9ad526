"""Different formats on the two sides: the way of a converted exchange. What
the conversions write is in tests/formats/golden."""
import base64
import json
import struct
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, MODEL, RESPONSES, STREAMING

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


LIMITS = {
    "anthropic": [("anthropic-ratelimit-requests-limit", "50"),
                  ("anthropic-ratelimit-requests-remaining", "49"),
                  ("anthropic-ratelimit-requests-reset", "2031-01-02T03:04:05Z"),
                  ("anthropic-ratelimit-unified-status", "allowed")],
    "openai": [("x-ratelimit-limit-requests", "50"), ("x-ratelimit-remaining-requests", "49"),
               ("x-ratelimit-reset-requests", "6m0s"), ("x-ratelimit-limit-tokens-day", "7")],
}


def limits_of(family):
    return LIMITS["anthropic" if family.name == "anthropic" else "openai"]


@pytest.mark.parametrize("client,family", PAIRS, ids=lambda f: f.name)
def test_limits_in_the_clients_words(client, family, upstream, start):
    """C154, and the upstream's own name of the model (C7)."""
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(stream=True), client.body(stream=True)))
        request = upstream.take()
        request.send(wire.stream_head(limits_of(family)))
        request.send(wire.chunk(family.opening("other-name") + family.content("a", "other-name")
                                + family.closing("other-name")))
        request.answer(wire.LAST_CHUNK)
        head = connection.read_answer().head
    assert head.get("x-llm-gateway-upstream-model") == "other-name"
    sent = {name.lower(): value for name, value in head.pairs if "ratelimit" in name.lower()}
    if client.name == "gemini":
        assert not sent
    elif client.name == "anthropic":
        assert sent.pop("anthropic-ratelimit-requests-reset").startswith("20")
        assert sent == {"anthropic-ratelimit-requests-limit": "50",
                        "anthropic-ratelimit-requests-remaining": "49"}
    elif family.name == "anthropic":
        assert sent.pop("x-ratelimit-reset-requests").endswith("s")
        assert sent == {"x-ratelimit-limit-requests": "50",
                        "x-ratelimit-remaining-requests": "49"}
    elif family.name != "gemini":       # between OpenAI's two: as they are
        assert sent == dict(LIMITS["openai"])


REFUSAL = {
    "anthropic": {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}},
    "gemini": {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down"}},
    "openai": {"error": {"message": "slow down", "type": "requests",
                         "code": "rate_limit_exceeded", "param": None}},
}


@pytest.mark.parametrize("client,family", PAIRS, ids=lambda f: f.name)
def test_when_to_come_back(client, family, upstream, start):
    """C153: the header counts, in the client's words; C155: both ids."""
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(), client.body()))
        upstream.take().answer(wire.json_answer(
            REFUSAL.get(family.name, REFUSAL["openai"]), status=429,
            headers=[("retry-after", "7200"), ("x-request-id", "theirs"),
                     ("request-id", "theirs")]))
        answer = connection.read_answer()
    error = client.check_error(answer, 429)
    assert "slow down" in error["message"]
    assert answer.header("retry-after") == "7200"
    assert answer.header("x-llm-gateway-upstream-request-id") == "theirs"
    own = answer.header("request-id")
    assert own.startswith("req_") and answer.header("x-request-id") == own
    if client.name == "gemini":
        assert error["details"][-1]["retryDelay"].startswith("7200")


@pytest.mark.parametrize("client,family", PAIRS, ids=lambda f: f.name)
def test_each_piece_leaves_before_the_next_comes(client, family, upstream, start):
    """The upstream holds its next frame back until the client has read the
    one before."""
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(stream=True), client.body(stream=True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(family.opening() + family.content("first")))
        connection.until(b"first")
        request.send(wire.chunk(family.content("second")))
        connection.until(b"second")
        request.send(wire.chunk(family.closing()))
        request.answer(wire.LAST_CHUNK)
        connection.until(LAST[client.name])


def last_record(gateway):
    deadline = time.monotonic() + wire.DEADLINE
    while not (records := gateway.control("GET", "/v1/requests?limit=1").json()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return records[0]


# What is recorded of a stream that breaks off once content has come: tokens
# in and out as far as the upstream had told them.
TOLD = {"anthropic": (3, 1), "gemini": (3, 1)}


@pytest.mark.parametrize("end", ["client", "upstream"])
@pytest.mark.parametrize("client,family", [p for p in PAIRS if p[1].name in TOLD],
                         ids=lambda f: f.name)
def test_usage_of_a_stream_that_breaks_off(client, family, end, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(stream=True), client.body(stream=True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(family.opening() + family.content("first")))
        connection.until(b"first")
        if end == "upstream":
            request.reset()
            connection.until(wire.LAST_CHUNK)
    tokens = last_record(gateway)["tokens"]
    assert (tokens["in"], tokens["out"]) == TOLD[family.name]


COUNTS = {
    "gemini": ("/v1beta/models/asked-model:countTokens", {"totalTokens": 31}),
    "openai-responses": ("/v1/responses/input_tokens",
                         {"object": "response.input_tokens", "input_tokens": 31}),
    "anthropic": ("/v1/messages/count_tokens", {"input_tokens": 31}),
}
COUNTING = [(client, family) for client in STREAMING for family in STREAMING
            if client.name in COUNTS and family.name in COUNTS and client is not family]


def count_body(client):
    body = json.loads(client.body(tools=[{"name": "f", "input_schema": {"type": "object"}}])
                      if client.name == "anthropic" else client.body())
    body.pop("max_tokens", None)
    return json.dumps(body).encode()


@pytest.mark.parametrize("client,family", COUNTING, ids=lambda f: f.name)
def test_a_count_at_another_format(client, family, upstream, start):
    """C115: the upstream counts what it would be sent."""
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    path, answer = COUNTS[family.name]
    with gateway.connect() as connection:
        connection.send(gateway.post(COUNTS[client.name][0], count_body(client)))
        request = upstream.take()
        assert request.target == path
        asked = json.loads(request.body)
        assert "max_tokens" not in asked and "stream" not in asked and "include" not in asked
        if family.name == "gemini":
            assert asked["generateContentRequest"]["model"] == "models/asked-model"
            assert asked["generateContentRequest"]["contents"]
        request.answer(wire.json_answer(answer))
        counted = connection.read_answer()
    assert counted.status == 200, counted.body
    assert counted.json() == COUNTS[client.name][1]


@pytest.mark.parametrize("client,family", COUNTING, ids=lambda f: f.name)
@pytest.mark.parametrize("answer", [wire.json_answer({"error": {"message": "no such path"}}, 404),
                                    wire.json_answer({"odd": 1})], ids=["refused", "odd"])
def test_a_count_that_is_not_to_be_had(answer, client, family, upstream, start):
    """C115: then it is the gateway's estimate."""
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(COUNTS[client.name][0], count_body(client)))
        upstream.take().answer(answer)
        counted = connection.read_answer()
    assert counted.status == 200, counted.body
    name = "totalTokens" if client.name == "gemini" else "input_tokens"
    assert counted.json()[name] > 0
    assert "emulated:count_tokens" in counted.header("x-llm-gateway-warnings")


@pytest.mark.parametrize("family", [ANTHROPIC, RESPONSES], ids=repr)
def test_gemini_clients_may_wrap_what_they_count(family, upstream, start):
    """C115: generateContentRequest has the system text and the tools as well."""
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    wrapped = {"generateContentRequest": {
        "model": "models/asked-model", "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}]}}
    with gateway.connect() as connection:
        connection.send(gateway.post(COUNTS["gemini"][0], json.dumps(wrapped).encode()))
        request = upstream.take()
        assert b"be brief" in request.body and b'"hi"' in request.body
        request.answer(wire.json_answer(COUNTS[family.name][1]))
        assert connection.read_answer().json() == {"totalTokens": 31}


def test_an_image_does_not_inflate_the_estimate(start, upstream):
    """C115: 1500 each, whatever its length."""
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png",
                                         "data": "iVBORw0KGgo" * 200_000}}
    body = ANTHROPIC.body(messages=[{"role": "user", "content": [image]}])
    counted = gateway.call(gateway.post(COUNTS["anthropic"][0], body))
    assert 1500 < counted.json()["input_tokens"] < 1600


EMBEDDED = b'{"embeddings":[{"values":[0.1234567890123456789,-1e-05,1]},{"values":[2.50]}]}'


def embed(gateway, upstream, answer=EMBEDDED, **more):
    body = json.dumps({"model": MODEL, "input": ["one", "two"], **more}).encode()
    with gateway.connect() as connection:
        connection.send(gateway.post("/v1/embeddings", body))
        request = upstream.take()
        request.answer(wire.answer(200, [("Content-Type", "application/json")], answer))
        return request, connection.read_answer()


def test_embeddings_at_gemini(upstream, start):
    """C114: the numbers stay as they are written, to the digit."""
    gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
    request, got = embed(gateway, upstream, dimensions=3)
    assert request.target == "/v1beta/models/asked-model:batchEmbedContents"
    assert json.loads(request.body) == {"requests": [
        {"model": "models/asked-model", "content": {"parts": [{"text": text}]},
         "outputDimensionality": 3} for text in ("one", "two")]}
    assert got.status == 200 and got.header("content-type") == "application/json"
    assert b"[0.1234567890123456789,-1e-05,1]" in got.body and b"[2.50]" in got.body
    value = got.json()
    assert value["object"] == "list" and value["model"] == MODEL
    assert [row["index"] for row in value["data"]] == [0, 1]
    assert value["usage"] == {"prompt_tokens": 0, "total_tokens": 0}


def test_embeddings_as_base64_and_with_usage(upstream, start):
    """C114: float32, little endian."""
    gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
    answer = EMBEDDED[:-1] + b',"usageMetadata":{"promptTokenCount":7}}'
    _, got = embed(gateway, upstream, answer, encoding_format="base64", input="one")
    vector = base64.b64decode(got.json()["data"][0]["embedding"])
    assert vector == struct.pack("<3f", 0.1234567890123456789, -1e-05, 1)
    assert got.json()["usage"]["prompt_tokens"] == 7
    record = gateway.control("GET", "/v1/requests").json()
    assert record[0]["tokens"]["in"] == 7


def test_embeddings_of_tokens_are_refused(upstream, start):
    """C114: Gemini takes text alone."""
    gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
    for tokens in ([1, 2], [[1, 2]]):
        body = json.dumps({"model": MODEL, "input": tokens}).encode()
        got = gateway.call(gateway.post("/v1/embeddings", body))
        assert "text" in CHAT.check_error(got, 400)["message"]
    assert upstream.seen == []


def test_an_answer_without_embeddings_is_none(upstream, start):
    gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
    upstream.reply = wire.json_answer({"odd": 1})
    body = json.dumps({"model": MODEL, "input": "one"}).encode()
    CHAT.check_error(gateway.call(gateway.post("/v1/embeddings", body)), 502)


def test_large_images_are_left_to_the_upstream(upstream, start):
    """C73: what a vendor takes is for the vendor to say."""
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    data = "iVBORw0KGgoA" * 1_000_000
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + data}}
    body = CHAT.body(messages=[{"role": "user", "content": [image]}])
    too_large = {"type": "error", "error": {"type": "invalid_request_error",
                                            "message": "image exceeds 5 MB maximum"}}
    with gateway.connect() as connection:
        connection.send(gateway.post(CHAT.path, body))
        request = upstream.take()
        assert json.loads(request.body)["messages"][0]["content"][0]["source"]["data"] == data
        request.answer(wire.json_answer(too_large, status=400))
        error = CHAT.check_error(connection.read_answer(), 400)
    assert "image exceeds 5 MB maximum" in error["message"]


@pytest.mark.parametrize("client,family", PAIRS, ids=lambda f: f.name)
def test_a_client_that_leaves_takes_the_upstream_along(client, family, upstream, start):
    """C144: every frame up to then is whole."""
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)]})
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(stream=True), client.body(stream=True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(family.opening() + family.content("hel")))
        connection.read_head()
        first = connection.read_chunk()
        assert first.endswith((b"\n\n", b"\r\n\r\n")) and b"hel" in first
    assert request.was_left()
