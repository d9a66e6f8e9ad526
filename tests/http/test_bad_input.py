"""What does not belong gets the right 4xx, in the client's format, delivered
even when its body was never read; and the gateway goes on."""
import json
import os
import time

import pytest

from lab import wire
from lab.families import ALL, ANTHROPIC, CHAT, GEMINI, RESPONSES, STREAMING


@pytest.fixture
def gateway(upstream, start):
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    return start({"upstream_accounts": [CHAT.account(upstream)], "server": {"max_body": "1MB"}})


def still_serves(gateway):
    assert gateway.call(gateway.post(CHAT.path, CHAT.body())).status == 200


BAD_JSON = [b"", b" ", b"null", b"[]", b'"x"', b"{", b'{"model"', b'{"model":', b'{"model":"m"',
            b'{"model":"m",}', b'{"model":"m"} x', b'{"model" "m"}', b"{'model':'m'}",
            b'{"model":"m', b'{"model":"m","messages":[}', b'{"model":"m","a":[1,2}',
            b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b'{"model":"m\\']
NO_MODEL = [b"{}", b'{"messages":[]}', b'{"model":null,"messages":[]}', b'{"model":7,"input":1}',
            b'{"model":"","messages":[]}', b'{"model":["m"]}', b'{"nested":{"model":"m"}}']


@pytest.mark.parametrize("family", [f for f in ALL if f is not GEMINI], ids=repr)
def test_malformed_bodies(family, gateway, upstream):
    with gateway.connect() as client:
        for body in BAD_JSON + NO_MODEL:
            client.send(gateway.post(family.target(), body))
            family.check_error(client.read_answer(), 400)
    assert upstream.seen == []


def test_malformed_gemini_bodies(gateway, upstream, start):
    gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
    with gateway.connect() as client:
        for body in BAD_JSON:
            client.send(gateway.post(GEMINI.target(), body))
            GEMINI.check_error(client.read_answer(), 400)
    assert upstream.seen == []


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_unknown_model_is_404_with_near_names(family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream, models=["claude-opus-4-6"])]})
    answer = gateway.call(gateway.post(family.target(model="claude-opus-46"),
                                       family.body(model="claude-opus-46")))
    error = family.check_error(answer, 404)
    assert "claude-opus-4-6" in error["message"]


@pytest.mark.parametrize("family", STREAMING, ids=repr)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_oversized_body(family, framing, gateway, upstream):
    """C73: the gateway's own limit."""
    body = family.body(padding="x" * 3_000_000)
    data = gateway.post(family.target(), body)
    if framing == "chunked":
        pieces = [wire.chunk(body[i:i + 60_000]) for i in range(0, len(body), 60_000)]
        data = wire.request("POST", family.target(), [
            ("x-api-key", gateway.key), ("Transfer-Encoding", "chunked")],
            b"".join(pieces) + wire.LAST_CHUNK)
    for _ in range(10):
        family.check_error(gateway.call(data), 413)
    assert upstream.seen == []
    still_serves(gateway)


def test_announced_but_absurd_length(gateway, upstream):
    """No waiting for a body that will be refused anyway."""
    with gateway.connect() as client:
        client.send(wire.request("POST", CHAT.path, [
            ("x-api-key", gateway.key), ("Content-Length", "999999999999")]))
        CHAT.check_error(client.read_answer(), 413)
        assert client.ended()


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_wrong_key_with_a_large_body_sees_its_401(family, gateway, upstream):
    data = gateway.post(family.target(), family.body(padding="x" * 2_000_000), key="lgw_wrong")
    for _ in range(20):
        family.check_error(gateway.call(data), 401)
    assert upstream.seen == []


@pytest.mark.parametrize("target", ["/nope", "/v2/messages", "/v1beta/models", "/v1", "/v1x/a",
                                    "/openai/fly", "/../etc/passwd", "//", "/%00"])
def test_unknown_paths(target, gateway, upstream):
    answer = gateway.call(gateway.post(target, b"{}"))
    assert answer.status in (404, 405)
    assert answer.json()["error"]["message"]
    assert upstream.seen == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"])
def test_wrong_methods(method, gateway, upstream):
    for family in STREAMING:
        answer = gateway.call(gateway.get(family.target(), method=method), method)
        assert answer.status in (404, 405, 501) if method in ("TRACE", "CONNECT", "BREW") \
            else answer.status == 405, (method, answer.status)
        if answer.status == 405:
            family.check_error(answer, 405)
            assert "POST" in answer.header("allow")
    assert upstream.seen == []


def test_get_where_post_belongs(gateway):
    for family in STREAMING:
        family.check_error(gateway.call(gateway.get(family.target()), "GET"), 405)


@pytest.mark.parametrize("headers", [
    [("X-Big", "x" * 100_000)],
    [(f"X-{n}", "x" * 100) for n in range(2000)],
], ids=["one", "many"])
def test_oversized_head(headers, gateway, upstream):
    answer = gateway.call(gateway.post(CHAT.path, CHAT.body(), headers))
    assert answer.status in (413, 431)
    still_serves(gateway)


def test_oversized_target(gateway, upstream):
    answer = gateway.call(gateway.post("/v1/messages?" + "x" * 100_000, b"{}"))
    assert answer.status in (413, 414, 431)
    still_serves(gateway)


def test_slow_senders_are_cut(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "server": {"timeout": 1}})
    whole = gateway.post(CHAT.path, CHAT.body())
    for part in (b"", whole[:10], whole[:-10]):
        with gateway.connect() as client:
            client.send(part)
            rest = client.rest()
            assert rest == b"" or b" 408 " in rest.split(b"\r\n")[0]
    assert upstream.seen == []


def test_a_sender_that_makes_progress_is_served(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "server": {"timeout": 2}})
    whole = gateway.post(CHAT.path, CHAT.body())
    with gateway.connect() as client:
        for at in range(0, len(whole), 40):
            client.send(whole[at:at + 40])
            time.sleep(0.3)
        upstream.take().answer(wire.json_answer(CHAT.answer()))
        assert client.read_answer().status == 200


SMUGGLED = b"POST /v1/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}"
SMUGGLING = {
    "two lengths": [("Content-Length", "2"), ("Content-Length", "3")],
    "two equal lengths": [("Content-Length", "2"), ("Content-Length", "2")],
    "length list": [("Content-Length", "2, 2")],
    "length and chunked": [("Content-Length", "2"), ("Transfer-Encoding", "chunked")],
    "chunked and length": [("Transfer-Encoding", "chunked"), ("Content-Length", "2")],
    "negative length": [("Content-Length", "-1")],
    "signed length": [("Content-Length", "+2")],
    "hex length": [("Content-Length", "0x2")],
    "length with text": [("Content-Length", "2 x")],
    "empty length": [("Content-Length", "")],
    "length overflow": [("Content-Length", "18446744073709551618")],
    "unknown encoding": [("Transfer-Encoding", "xchunked")],
    "encoding not last": [("Transfer-Encoding", "chunked, gzip")],
    "encoding identity": [("Transfer-Encoding", "identity"), ("Content-Length", "2")],
    "two encodings": [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
    "encoding with tab": [("Transfer-Encoding", "\x0bchunked")],
    "space before colon": [("Content-Length ", "2")],
    "space in name": [("Content Length", "2")],
}
# Odd, but the length is clear: what stands behind is the next request.
ODD_LINES = {
    "folded line": [("X-A", "1\r\n Content-Length: 2")],
    "bare cr in value": [("X-A", "a\rContent-Length: 7"), ("Content-Length", "2")],
}


@pytest.mark.parametrize("shape", SMUGGLING)
def test_smuggling_shapes(shape, gateway, upstream):
    """One message of doubtful length: refused, and nothing behind it is read."""
    for behind in (SMUGGLED, b"{}" + SMUGGLED, b"2\r\n{}\r\n0\r\n\r\n" + SMUGGLED):
        with gateway.connect() as client:
            client.send(wire.head(f"POST {CHAT.path} HTTP/1.1", [
                ("Host", "127.0.0.1"), ("x-api-key", gateway.key), *SMUGGLING[shape]]) + behind)
            answers = client.rest()
        # libmicrohttpd writes the head of its own refusals twice, hence a set
        statuses = {line.split(b" ")[1] for line in answers.split(b"\r\n")
                    if line.startswith(b"HTTP/1.1 ")}
        assert len(statuses) <= 1
        assert all(status[:1] == b"4" or status == b"501" for status in statuses)
        assert b"smuggled" not in answers
    assert upstream.seen == []
    still_serves(gateway)


@pytest.mark.parametrize("shape", ODD_LINES)
def test_odd_header_lines(shape, gateway, upstream):
    with gateway.connect() as client:
        client.send(wire.head(f"POST {CHAT.path} HTTP/1.1", [
            ("Host", "127.0.0.1"), ("x-api-key", gateway.key), *ODD_LINES[shape]])
            + b"{}" + SMUGGLED)
        assert client.read_answer().status in (400, 401)
    assert upstream.seen == []
    still_serves(gateway)


def test_a_nul_in_a_header_moves_no_border(gateway, upstream):
    """libmicrohttpd cuts the value there without a word; the framing holds."""
    with gateway.connect() as client:
        client.send(wire.head(f"POST {CHAT.path} HTTP/1.1", [
            ("Host", "127.0.0.1"), ("x-api-key", gateway.key), ("X-A", "a\0b"),
            ("Content-Length", "2")]) + b"{}" + gateway.get("/health"))
        assert client.read_answer().status == 400
        assert client.read_answer("GET").status == 200
    assert upstream.seen == []


BAD_CHUNKS = [b"zz\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx0\r\n\r\n",
              b"fffffffffffffffff\r\n{}", b"2;" + b"x" * 100_000, b"\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n"]


@pytest.mark.parametrize("chunks", BAD_CHUNKS, ids=[b[:12].decode() for b in BAD_CHUNKS])
def test_bad_chunk_framing(chunks, upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "server": {"timeout": 2}})
    with gateway.connect() as client:
        client.send(wire.head(f"POST {CHAT.path} HTTP/1.1", [
            ("Host", "127.0.0.1"), ("x-api-key", gateway.key),
            ("Transfer-Encoding", "chunked")]) + chunks)
        answers = client.rest()
    assert b" 200 " not in answers.split(b"\r\n")[0]
    assert upstream.seen == []


def test_garbage_instead_of_http(start):
    gateway = start({"server": {"timeout": 2}})
    for data in (b"\0" * 1000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200),
                 b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"\r\n" * 500,
                 b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        with gateway.connect() as client:
            client.send(data)
            client.finish_sending()
            assert b" 200 " not in client.rest().split(b"\r\n")[0]
    assert gateway.call(gateway.get("/health"), "GET").status == 200


def test_a_refusal_with_known_framing_keeps_the_connection(gateway):
    with gateway.connect() as client:
        for _ in range(3):
            client.send(gateway.post(CHAT.path, b"{"))
            CHAT.check_error(client.read_answer(), 400)
            client.send(gateway.post(CHAT.path, CHAT.body(), key="lgw_wrong"))
            CHAT.check_error(client.read_answer(), 401)
            client.send(gateway.post(CHAT.path, CHAT.body()))
            assert client.read_answer().status == 200


def test_expect_continue(gateway):
    """A refused request need not send its body; an accepted one is told to."""
    body = CHAT.body()
    head = [("x-api-key", gateway.key), ("Expect", "100-continue"),
            ("Content-Length", str(len(body)))]
    with gateway.connect() as client:
        client.send(wire.request("POST", CHAT.path, head))
        assert client.read_head().status == 100
        client.send(body)
        assert client.read_answer().status == 200


def test_pipelined_requests_are_answered_in_order(gateway, upstream):
    upstream.reply = lambda request: wire.json_answer(
        CHAT.answer(text=json.loads(request.body)["messages"][0]["content"]))
    with gateway.connect() as client:
        client.send(b"".join(gateway.post(CHAT.path, CHAT.body(messages=[
            {"role": "user", "content": str(n)}])) for n in range(5)))
        texts = [client.read_answer().json()["choices"][0]["message"]["content"]
                 for _ in range(5)]
    assert texts == list("01234")


def test_conversion_or_a_clear_refusal(gateway):
    """No account speaks the client's format: an honest answer in its own shape."""
    for family in (ANTHROPIC, RESPONSES, GEMINI):
        answer = gateway.call(gateway.post(family.target(), family.body()))
        if answer.status != 200:
            family.check_error(answer, 400)
