"""Same format on both sides: bytes stay bytes, apart from the model's name."""
import json
import threading

import pytest

from lab import families, wire
from lab.bodies import Generator
from lab.families import ALL, ANTHROPIC, CHAT, GEMINI, STREAMING
from lab.gateway import account

ROUNDS = 600        # generated bodies a format
OTHER = "upstreams-own-name"

TRANSPORTS = ["direct", "curl"]


def aliased(upstream, family, name=families.MODEL):
    """A configuration that sends `name` as OTHER."""
    return {"upstream_accounts": [family.account(upstream)],
            "models": {name: {"routes": [{"upstream": "up", "model": OTHER}]}}}


@pytest.mark.parametrize("family", ALL, ids=repr)
def test_bodies_reach_the_upstream_as_they_are(family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream)]})
    generator = Generator(f"same {family}")
    with gateway.connect() as client:
        for _ in range(ROUNDS):
            body = generator.request(family.name).text
            back = generator.answer(families.MODEL).text
            client.send(gateway.post(family.target(), body))
            request = upstream.take()
            assert request.body == body
            assert request.target == family.upstream_target()
            request.answer(wire.answer(200, [("Content-Type", "application/json")], back))
            answer = client.read_answer()
            assert (answer.status, answer.body) == (200, back)


@pytest.mark.parametrize("family", [f for f in ALL if f is not GEMINI], ids=repr)
def test_an_alias_changes_the_model_and_nothing_else(family, upstream, start):
    gateway = start(aliased(upstream, family))
    generator = Generator(f"alias {family}")
    with gateway.connect() as client:
        for _ in range(ROUNDS):
            body = generator.request(family.name)
            back = generator.answer(OTHER)
            client.send(gateway.post(family.target(), body.text))
            request = upstream.take()
            assert request.body == body.with_model(OTHER)
            request.answer(wire.answer(200, [("Content-Type", "application/json")], back.text))
            answer = client.read_answer()
            assert (answer.status, answer.body) == (200, back.with_model(families.MODEL))


def test_gemini_alias_changes_the_path_only(upstream, start):
    gateway = start(aliased(upstream, GEMINI))
    body = Generator(3).request("gemini").text
    with gateway.connect() as client:
        client.send(gateway.post(GEMINI.target(), body))
        request = upstream.take()
        assert request.target == GEMINI.upstream_target(model=OTHER)
        assert request.body == body
        request.answer(wire.json_answer(GEMINI.answer(OTHER)))
        assert client.read_answer().json()["modelVersion"] == families.MODEL


def test_upstream_slash_model_names_the_account(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account("http://127.0.0.1:9", "first"),
                                           CHAT.account(upstream, "second")]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(model="second/some/model")))
        request = upstream.take()
        assert json.loads(request.body)["model"] == "some/model"
        request.answer(wire.json_answer(CHAT.answer("some/model")))
        answer = client.read_answer()
        assert answer.json()["model"] == "second/some/model"
        assert answer.header("x-llm-gateway-upstream") == "second"


def test_twenty_megabytes_both_ways(upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    text = "".join(Generator(5).random.choices('ab"\\\n é', k=1000)) * 15000
    body = ANTHROPIC.body(messages=[{"role": "user", "content": text}])
    back = json.dumps(ANTHROPIC.answer(text=text)).encode()
    assert len(body) > 20_000_000
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, body))
        request = upstream.take()
        assert request.body == body
        data = wire.answer(200, [("Content-Type", "application/json")], back)
        threading.Thread(target=request.answer, args=(data,)).start()
        assert client.read_answer().body == back


def test_chunked_request_body(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    generator = Generator(11)
    with gateway.connect() as client:
        for _ in range(50):
            body = generator.request("openai-chat").text
            pieces = b"".join(map(wire.chunk, generator.split(body, 5))) + wire.LAST_CHUNK
            client.send(wire.request("POST", CHAT.path, [
                ("x-api-key", gateway.key), ("Transfer-Encoding", "chunked")], pieces))
            request = upstream.take()
            assert request.body == body
            request.answer(wire.json_answer(CHAT.answer()))
            assert client.read_answer().status == 200


def open_stream(gateway, client, upstream, family):
    client.send(gateway.post(family.target(stream=True), family.body(stream=True)))
    request = upstream.take()
    assert request.target == family.upstream_target(stream=True)
    return request


def odd_stream(family, generator):
    """A stream with what parsers trip over, around the family's own frames."""
    odd = [b": a comment\n\n", b"event: from_the_future\ndata: {\"x\":1.0}\n\n",
           b"data: {\"type\":\"unknown\" ,\"model\":\"nested\"}\r\n\r\n", b"id: 7\nretry: 10\n\n",
           b"data:no-space\n\n", b"event: lonely\n\n", b"data: a\ndata: b\n\n", b"\n",
           "data: \"wörld 🌍\"\n\n".encode()]
    frames = [family.content(text) for text in ("one", "zwei ä", "3" * 5000)]
    frames += generator.random.choices(odd, k=6)
    generator.random.shuffle(frames)
    return family.opening() + family.content("first") + b"".join(frames) + family.closing()


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_streams_arrive_as_they_are_split_anywhere(family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream)]})
    generator = Generator(f"stream {family}")
    with gateway.connect() as client:
        for _ in range(60):
            stream = odd_stream(family, generator)
            request = open_stream(gateway, client, upstream, family)
            request.send(wire.stream_head())
            for piece in generator.split(stream, generator.random.randrange(1, 30)):
                request.send(wire.chunk(piece))
            request.answer(wire.LAST_CHUNK)
            answer = client.read_answer()
            assert answer.header("content-type").startswith("text/event-stream")
            assert answer.body == stream


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_streams_under_an_alias_change_in_the_model_only(family, upstream, start):
    gateway = start(aliased(upstream, family))
    frames = [family.opening(OTHER), family.content("one", OTHER), b": comment\n\n",
              family.content('"model":"%s"' % OTHER, OTHER), family.closing(OTHER)]
    expected = b"".join([family.opening(), family.content("one"), b": comment\n\n",
                         family.content('"model":"%s"' % OTHER), family.closing()])
    generator = Generator(2)
    with gateway.connect() as client:
        for _ in range(20):
            client.send(gateway.post(family.target(stream=True), family.body(stream=True)))
            request = upstream.take()
            request.send(wire.stream_head())
            for piece in generator.split(b"".join(frames), 12):
                request.send(wire.chunk(piece))
            request.answer(wire.LAST_CHUNK)
            assert client.read_answer().body == expected


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_each_chunk_arrives_before_the_next_is_sent(family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream)]})
    with gateway.connect() as client:
        request = open_stream(gateway, client, upstream, family)
        begin = family.opening() + family.content("first")
        request.send(wire.stream_head() + wire.chunk(begin))
        assert client.read_head().status == 200
        have = b""
        while len(have) < len(begin):
            have += client.read_chunk()
        assert have == begin
        frame = family.content("next")
        for piece in [frame, frame[:7], frame[7:20], frame[20:], b": ping\n\n", frame[:-1],
                      frame[-1:], family.closing()]:
            request.send(wire.chunk(piece))
            assert client.read_chunk() == piece
        request.answer(wire.LAST_CHUNK)
        assert client.read_chunk() == b""


def test_stream_that_ends_by_closing(upstream, start):
    """An upstream without chunks or length: the end of the connection is the end."""
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    stream = CHAT.opening() + CHAT.content("x") + CHAT.closing()
    with gateway.connect() as client:
        request = open_stream(gateway, client, upstream, CHAT)
        request.send(wire.head("HTTP/1.1 200 OK", [("Content-Type", "text/event-stream"),
                                                   ("Connection", "close")]) + stream)
        request.close()
        assert client.read_answer().body == stream
        # and the client's connection goes on
        request = open_stream(gateway, client, upstream, CHAT)
        request.answer(wire.json_answer(CHAT.answer()))
        assert client.read_answer().status == 200


def test_http_1_0_client_gets_an_unframed_stream(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    stream = CHAT.opening() + CHAT.content("x") + CHAT.closing()
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(stream=True)).replace(
            b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1))
        request = upstream.take()
        request.answer(wire.stream_head() + wire.chunk(stream) + wire.LAST_CHUNK)
        head = client.read_head()
        assert head.status == 200 and "transfer-encoding" not in head
        assert client.rest() == stream


def test_a_client_that_reads_slowly_holds_the_upstream_back(upstream, start):
    """Back-pressure: what the client does not take, the upstream cannot send."""
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    frame = wire.chunk(CHAT.content("x" * 60_000))
    with gateway.connect() as client:
        request = open_stream(gateway, client, upstream, CHAT)
        request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("a")))
        sent = 0
        request.wire.sock.settimeout(1)
        try:
            while sent < 200_000_000:
                sent += request.wire.sock.send(frame)
        except TimeoutError:
            pass
        assert sent < 50_000_000
        client.read_head()
        got = 0
        while got < sent * 0.9:
            got += len(client.read_chunk())


def test_errors_of_the_upstream_arrive_as_they_are(upstream, start):
    """Clients match on the wording; status, body and retry-after stay."""
    for family in STREAMING:
        gateway = start({"upstream_accounts": [family.account(upstream)]})
        text = b'{ "error":{"type":"invalid_request_error" ,"message":"Unexpected role"}}'
        with gateway.connect() as client:
            client.send(gateway.post(family.target(), family.body()))
            upstream.take().answer(wire.answer(400, [("Content-Type", "application/json")], text,
                                               reason="Bad Request"))
            answer = client.read_answer()
            assert (answer.status, answer.body) == (400, text)


def test_count_tokens_goes_to_the_vendor(upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post("/v1/messages/count_tokens?beta=true", ANTHROPIC.body()))
        request = upstream.take()
        assert request.target == "/v1/messages/count_tokens?beta=true"
        request.answer(wire.json_answer({"input_tokens": 7}))
        assert client.read_answer().json() == {"input_tokens": 7}


def test_other_v1_paths_pass_by_model(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    body = b'{"model":"asked-model" , "query":"q","documents":[1.0]}'
    with gateway.connect() as client:
        client.send(gateway.post("/v1/rerank?x=1&key=" + gateway.key, body, key=False))
        request = upstream.take()
        assert (request.target, request.body) == ("/v1/rerank?x=1", body)
        request.answer(wire.json_answer({"ok": True}))
        assert client.read_answer().json() == {"ok": True}


def test_azure_paths(upstream, start):
    azure = account("up", "azure", upstream, models=["gpt"],
                    azure={"api_version": "2024-10-21", "deployments": {"gpt": "my-dep"}})
    gateway = start({"upstream_accounts": [azure]})
    with gateway.connect() as client:
        client.send(gateway.post("/openai/deployments/gpt/chat/completions?api-version=2024-06-01",
                                 b'{"messages":[{"role":"user","content":"x"}]}'))
        request = upstream.take()
        assert request.target.startswith("/openai/deployments/my-dep/chat/completions?api-version=")
        assert request.head.get("api-key") == "upstream-secret-up"
        request.answer(wire.json_answer(CHAT.answer("gpt")))
        assert client.read_answer().status == 200
        client.send(gateway.post("/openai/v1/chat/completions", CHAT.body(model="gpt")))
        request = upstream.take()
        request.answer(wire.json_answer(CHAT.answer("gpt")))
        assert client.read_answer().status == 200


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_a_stream_nobody_understands_passes(family, upstream, start):
    """What the gateway cannot read is not for it to judge."""
    gateway = start({"upstream_accounts": [family.account(upstream)]})
    stream = b"data: 0123456789\n\ndata: {not json\n\n: end\n\n"
    with gateway.connect() as client:
        request = open_stream(gateway, client, upstream, family)
        request.answer(wire.stream_head() + wire.chunk(stream) + wire.LAST_CHUNK)
        answer = client.read_answer()
        assert (answer.status, answer.body) == (200, stream)


def test_an_answer_that_breaks_while_it_is_collected_fails_over(upstream, start):
    """With the model's name to put back it goes out whole, or not at all."""
    gateway = start({"upstream_accounts": [CHAT.account(upstream, "first"),
                                           CHAT.account(upstream, "second")],
                     "models": {families.MODEL: {"routes": [
                         {"upstream": "first", "model": OTHER},
                         {"upstream": "second", "model": OTHER, "priority": 2}]}}})
    long_answer = json.dumps(CHAT.answer(OTHER, text="x" * 300_000)).encode()
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body()))
        request = upstream.take()
        request.send(wire.answer(200, [("Content-Type", "application/json")],
                                 long_answer)[:200_000])
        request.close()
        upstream.take().answer(wire.json_answer(CHAT.answer(OTHER)))
        answer = client.read_answer()
    assert answer.status == 200
    assert answer.json()["model"] == families.MODEL
    assert answer.header("x-llm-gateway-upstream") == "second"
