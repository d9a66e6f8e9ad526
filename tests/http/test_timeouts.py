"""The deadlines of `proxy:`, each with its own silence."""
import socket
import threading

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, RESPONSES, STREAMING
from lab.upstream import Upstream

TRANSPORTS = ["direct", "curl"]


def with_proxy(account, **settings):
    return {"upstream_accounts": [account], "proxy": settings}


@pytest.mark.parametrize("family", STREAMING, ids=repr)
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_no_answer_is_504(family, stream, upstream, start):
    gateway = start(with_proxy(family.account(upstream), response_timeout=1))
    with gateway.connect() as client:
        client.send(gateway.post(family.target(stream), family.body(stream)))
        request = upstream.take()
        family.check_error(client.read_answer(), 504)
        assert request.was_left()


@pytest.mark.parametrize("family", [ANTHROPIC, CHAT, RESPONSES], ids=repr)
def test_head_without_content_is_504(family, upstream, start):
    gateway = start(with_proxy(family.account(upstream), first_token_timeout=1))
    with gateway.connect() as client:
        client.send(gateway.post(family.path, family.body(stream=True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(family.held()))
        family.check_error(client.read_answer(), 504)
        assert request.was_left()


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_silence_inside_a_stream_ends_with_the_formats_error(family, upstream, start):
    gateway = start(with_proxy(family.account(upstream), stream_timeout=1))
    with gateway.connect() as client:
        client.send(gateway.post(family.target(True), family.body(True)))
        request = upstream.take()
        begin = family.opening() + family.content("half an ans")
        request.send(wire.stream_head() + wire.chunk(begin))
        answer = client.read_answer()
        assert answer.status == 200
        check_broken_stream(family, answer.body, begin)
        assert request.was_left()


@pytest.mark.parametrize("family", STREAMING, ids=repr)
@pytest.mark.parametrize("how", ["close", "reset"])
def test_upstream_that_dies_inside_a_stream(family, how, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(family.target(True), family.body(True)))
        request = upstream.take()
        begin = family.opening() + family.content("half an ans")
        request.send(wire.stream_head() + wire.chunk(begin))
        head = client.read_head()
        first = client.read_chunk()
        getattr(request, how)()
        assert head.status == 200
        check_broken_stream(family, first + client.read_body(head)[0], begin)


def check_broken_stream(family, body, begin):
    """The bytes so far, one error event of the family, and the end."""
    assert body.startswith(begin)
    tail = body[len(begin):].strip()
    assert tail.count(b"data:") == 1 and b'"error"' in tail
    if family.name == "anthropic":
        assert tail.startswith(b"event: error\n")


def test_a_stream_that_keeps_moving_is_not_cut(upstream, start):
    gateway = start(with_proxy(CHAT.account(upstream), stream_timeout=2, response_timeout=1))
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("a")))
        pause = threading.Event()
        for _ in range(8):
            pause.wait(0.5)
            request.send(wire.chunk(CHAT.content("b")))
        request.answer(wire.chunk(CHAT.closing()) + wire.LAST_CHUNK)
        assert client.read_answer().body.endswith(b"[DONE]\n\n")


def test_request_timeout_ends_a_trickling_answer(upstream, start):
    gateway = start(with_proxy(CHAT.account(upstream), request_timeout=2))
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(CHAT.opening()))
        pause, frames = threading.Event(), 0
        try:
            while frames < 100:
                request.send(wire.chunk(CHAT.content("x")))
                frames += 1
                pause.wait(0.1)
        except OSError:
            pass
        assert frames < 100
        assert b'"error"' in client.read_answer().body


def test_refused_connection_is_502(start):
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    for family in STREAMING:
        gateway = start({"upstream_accounts": [family.account(f"http://127.0.0.1:{port}")]})
        error = family.check_error(gateway.call(gateway.post(family.target(), family.body())), 502)
        assert "up" in error["message"]


def test_unknown_host_name_is_502(start):
    gateway = start({"upstream_accounts": [CHAT.account("http://no-such-host.invalid")]})
    CHAT.check_error(gateway.call(gateway.post(CHAT.path, CHAT.body())), 502)


def test_silent_tls_handshake_is_504(start):
    release = threading.Event()
    with Upstream(raw=lambda sock: release.wait(30)) as upstream:
        gateway = start(with_proxy(CHAT.account(f"https://127.0.0.1:{upstream.port}"),
                                   tls_timeout=1, connect_timeout=1))
        answer = gateway.call(gateway.post(CHAT.path, CHAT.body()))
        assert answer.status in (502, 504)
        CHAT.check_error(answer, answer.status)
        release.set()


NONSENSE = {
    "another protocol": b"SSH-2.0-OpenSSH\r\n",
    "no status": b"HTTP/1.1 banana\r\n\r\n",
    "zeros": b"\0" * 500,
    "huge header": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "nothing": b"",
}


def upstream_that_says(data):
    def answer(sock):
        sock.recv(65536)
        sock.sendall(data)
        sock.close()
    return Upstream(raw=answer)


@pytest.mark.parametrize("kind", NONSENSE)
def test_upstream_that_speaks_nonsense_is_502(kind, start):
    with upstream_that_says(NONSENSE[kind]) as upstream:
        gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
        answer = gateway.call(gateway.post(GEMINI.target(), GEMINI.body()))
        GEMINI.check_error(answer, 502)


def test_an_answer_cut_short_never_looks_whole(start):
    with upstream_that_says(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"half\":") as upstream:
        gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
        with gateway.connect() as client:
            client.send(gateway.post(GEMINI.target(), GEMINI.body()))
            try:
                assert client.read_answer().status == 502
            except wire.Closed:
                pass
