"""Upstreams that break off, talk nonsense and do not end: every client gets a
well-formed end, and nothing of the exchange stays behind."""
import socket
import ssl
import threading

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, RESPONSES, STREAMING
from lab.storm import FULL, assert_serves, chance, read_end, some
from lab.upstream import Upstream

# client's format, upstream's format
PAIRS = [(f, f) for f in STREAMING] + [(ANTHROPIC, CHAT), (CHAT, ANTHROPIC), (RESPONSES, GEMINI),
                                       (GEMINI, RESPONSES)]


class Script(Upstream):
    """Answers each connection's request with `data` as it stands and then ends
    the connection, by RST when `is_reset`."""

    def __init__(self, data=b"", tls=None):
        self.data, self.is_reset = data, False
        self.context = tls
        super().__init__(raw=self.play)
        if tls:
            self.url = self.url.replace("http:", "https:")

    def play(self, sock):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            peer = wire.Wire(sock)
            head = peer.read_head()
            peer.read_body(head, "content-length" in head)
            for piece in [self.data] if isinstance(self.data, bytes) else self.data():
                peer.send(piece)
            if self.is_reset:
                peer.reset()
        finally:
            sock.close()


def account_of(family, upstream):
    """Asked in the family's own format, whoever the client is."""
    return family.account(upstream, format=family.name)


def ask(gateway, family, is_stream):
    """The end of one exchange, see read_end()."""
    with gateway.connect() as client:
        client.send(gateway.post(family.target(is_stream), family.body(is_stream)))
        return read_end(client, family, is_stream)


def whole_answer(family, is_stream):
    if not is_stream:
        return wire.json_answer(family.answer())
    frames = family.opening() + family.content("hel") + family.content("lo") + family.closing()
    half = len(frames) // 2
    return (wire.stream_head() + wire.chunk(frames[:half]) + wire.chunk(frames[half:]) +
            wire.LAST_CHUNK)


@pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("client, server", PAIRS, ids=[f"{c}-{s}" for c, s in PAIRS])
def test_cut_at_every_byte(client, server, is_stream, storm):
    data = whole_answer(server, is_stream)
    with Script() as upstream:
        gateway = storm({"upstream_accounts": [account_of(server, upstream)]})
        for at in some(range(len(data)), 24):
            for upstream.is_reset in (False, True) if FULL else (bool(at % 2),):
                upstream.data = data[:at]
                gateway.forgive()
                end = ask(gateway, client, is_stream)
                # what was whole may be given as whole, nothing else
                if end == 200 and not is_stream:
                    assert at >= data.index(b"\r\n\r\n"), at
        upstream.data, upstream.is_reset = data, False
        gateway.forgive()
        assert ask(gateway, client, is_stream) == 200


HTML = b"<!DOCTYPE html><html><body><h1>504 Gateway Time-out</h1></body></html>"


def random_bytes(count):
    return bytes(chance().randrange(256) for _ in range(count))


def endless_head():
    yield b"HTTP/1.1 200 OK\r\n"
    for i in range(100_000):
        yield b"X-%d: %s\r\n" % (i, b"y" * 1000)


def endless_interim():
    for _ in range(200_000):
        yield b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 20


def endless_line():
    yield wire.head("HTTP/1.1 200 OK", [("Content-Type", "text/event-stream")])
    for _ in range(1_100):
        yield b"data: " + b"x" * 65536


def endless_comments():
    yield wire.head("HTTP/1.1 200 OK", [("Content-Type", "text/event-stream")])
    for _ in range(2_000):
        yield b": ping\n\n" * 512


GOOD = wire.json_answer(CHAT.answer())
BODY = GOOD.split(b"\r\n\r\n", 1)[1]
JSON_HEAD = [("Content-Type", "application/json")]
STREAM_HEAD = wire.head("HTTP/1.1 200 OK", [("Content-Type", "text/event-stream")])
CASES = {
    "html with 200": wire.answer(200, [("Content-Type", "text/html")], HTML),
    "html with 504": wire.answer(504, [("Content-Type", "text/html")], HTML),
    "html as json": wire.answer(200, JSON_HEAD, HTML),
    "html as a stream": STREAM_HEAD + HTML,
    "random bytes": random_bytes(3000),
    "random head": b"HTTP/1.1 200 OK\r\n" + random_bytes(500) + b"\r\n\r\n" + BODY,
    "random body": wire.answer(200, JSON_HEAD, random_bytes(3000)),
    "random stream": STREAM_HEAD + random_bytes(3000),
    "random frames": STREAM_HEAD + b"".join(b"data: " + random_bytes(90) + b"\n\n"
                                            for _ in range(9)),
    "an empty stream": STREAM_HEAD,
    "an empty body": wire.answer(200, JSON_HEAD, b""),
    "no body": wire.answer(204),
    "oversize head": wire.answer(200, JSON_HEAD + [(f"X-{i}", "y" * 900) for i in range(90)], BODY),
    "many small headers": wire.answer(200, JSON_HEAD + [(f"X-{i}", "y") for i in range(900)], BODY),
    "endless head": endless_head,
    "endless interim answers": endless_interim,
    "endless line": endless_line,
    "endless comments": endless_comments,
    "interim answers": (b"HTTP/1.1 100 Continue\r\n\r\n"
                        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + GOOD),
    "length too small": wire.head("HTTP/1.1 200 OK", JSON_HEAD + [("Content-Length", "9")]) + BODY,
    "length too large": wire.head("HTTP/1.1 200 OK", JSON_HEAD + [
        ("Content-Length", "9999")]) + BODY,
    "two lengths": wire.head("HTTP/1.1 200 OK", JSON_HEAD + [
        ("Content-Length", str(len(BODY))), ("Content-Length", "3")]) + BODY,
    "length and chunks": wire.head("HTTP/1.1 200 OK", JSON_HEAD + [
        ("Content-Length", "3"), ("Transfer-Encoding", "chunked")]) + wire.chunk(BODY)
        + wire.LAST_CHUNK,
    "negative length": wire.head("HTTP/1.1 200 OK", JSON_HEAD + [("Content-Length", "-5")]) + BODY,
    "absurd length": wire.head("HTTP/1.1 200 OK", JSON_HEAD + [
        ("Content-Length", "9" * 30)]) + BODY,
    "bad chunk size": wire.stream_head() + wire.chunk(CHAT.opening()) + b"zz\r\nabc\r\n",
    "absurd chunk size": wire.stream_head() + b"f" * 40 + b"\r\n" + CHAT.opening(),
    "chunk without its end": wire.stream_head() + b"5\r\nabcdefghij\r\n0\r\n\r\n",
    "trailers": wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("x") + CHAT.closing())
        + b"0\r\nX-Trailer: 1\r\nSet-Cookie: a=b\r\n\r\n",
    "another answer behind": GOOD + wire.answer(200, JSON_HEAD, b'{"stolen":true}'),
    "a redirect": wire.answer(302, [("Location", "http://127.0.0.1:1/")]),
    "an upgrade": wire.answer(101, [("Upgrade", "h2c"), ("Connection", "Upgrade")], b""),
    "a status of its own": wire.answer(999, JSON_HEAD, BODY),
    "two first lines": b"HTTP/1.1 200 OK\r\nHTTP/1.1 500 No\r\n\r\n" + BODY,
    "folded headers": b"HTTP/1.1 200 OK\r\nX-A: b\r\n c: d\r\nContent-Length: 2\r\n\r\n{}",
    "h2 settings and goaway": b"\0\0\0\4\0\0\0\0\0" + b"\0\0\x08\7\0\0\0\0\0" + b"\0" * 8,
}


def exchange(gateway, is_stream):
    """What is not meant as an answer is passed on as it is, or refused in the
    client's format: both are whole HTTP."""
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(is_stream)))
        try:
            answer = client.read_answer()
        except wire.Closed:
            return "cut"
        assert b"stolen" not in answer.body
        return answer.status


@pytest.mark.parametrize("kind", CASES)
def test_nonsense(kind, storm):
    with Script(CASES[kind]) as upstream:
        gateway = storm({"upstream_accounts": [CHAT.account(upstream)]})
        for is_stream in (False, True):
            gateway.forgive()
            end = exchange(gateway, is_stream)
            assert end == "cut" or 200 <= end <= 999, end
        upstream.data = GOOD
        gateway.forgive()
        assert exchange(gateway, False) == 200


@pytest.mark.parametrize("kind", some(CASES, 12))
def test_nonsense_that_is_converted(kind, storm):
    """Where the answer must be understood, it is, or an error is told."""
    with Script(CASES[kind]) as upstream:
        gateway = storm({"upstream_accounts": [CHAT.account(upstream)]})
        for is_stream in (False, True):
            gateway.forgive()
            ask(gateway, ANTHROPIC, is_stream)


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_an_error_page_becomes_an_error_of_the_format(family, storm):
    """A proxy's page between gateway and vendor is nothing a client can read."""
    with Script() as upstream:
        gateway = storm({"upstream_accounts": [account_of(family, upstream)]})
        for status, body in ((502, HTML), (403, HTML), (503, b"")):
            upstream.data = wire.answer(status, [("Content-Type", "text/html")], body)
            gateway.forgive()
            assert ask(gateway, family, False) == status


def test_random_mutations_of_a_stream(storm):
    """Bytes changed anywhere inside a good answer."""
    dice = chance()
    with Script() as upstream:
        gateway = storm({"upstream_accounts": [CHAT.account(upstream)]})
        for _ in range(400 if FULL else 60):
            data = bytearray(whole_answer(CHAT, True))
            for _ in range(dice.randrange(1, 8)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            upstream.data = bytes(data)
            gateway.forgive()
            ask(gateway, ANTHROPIC, True)


def test_an_early_answer_to_a_large_body(storm):
    """A refusal while the body still flows, with and without a reset behind."""
    def refuse(sock):
        sock.recv(4096)
        sock.sendall(wire.json_answer({"error": {"message": "too long", "type": "x"}}, 413))
        sock.close()

    with Upstream(raw=refuse) as upstream:
        gateway = storm({"upstream_accounts": [CHAT.account(upstream)]})
        for _ in range(10):
            gateway.forgive()
            answer = gateway.call(gateway.post(CHAT.path, CHAT.body(pad="x" * 4_000_000)))
            CHAT.check_error(answer, answer.status)


def test_hangs_at_each_stage(storm):
    """Silence after accepting, inside the head, behind it, inside the body."""
    data = whole_answer(CHAT, True)
    stages = [0, 10, data.index(b"\r\n\r\n") + 4, len(data) // 2, len(data) - 3]
    quit_all = threading.Event()

    def hang(sock):
        peer = wire.Wire(sock)
        peer.read_body(peer.read_head())
        peer.send(data[:stages[hang.stage]])
        quit_all.wait(30)
        sock.close()

    with Upstream(raw=hang) as upstream:
        gateway = storm({"upstream_accounts": [CHAT.account(upstream)], "proxy": {
            "response_timeout": "300ms", "first_token_timeout": "300ms",
            "stream_timeout": "300ms"}})
        for hang.stage in range(len(stages)):
            gateway.forgive()
            ask(gateway, CHAT, True)
        quit_all.set()


def test_a_server_that_insists_on_http2(authority, storm):
    """Whatever it says after the handshake is no HTTP/1.1."""
    context = authority.server_context()
    context.set_alpn_protocols(["h2"])
    with Script(CASES["h2 settings and goaway"], tls=context) as upstream:
        gateway = storm({"upstream_accounts": [CHAT.account(upstream)],
                         "proxy": {"ca_file": str(authority.ca)}})
        assert ask(gateway, CHAT, True) == 502


def test_an_expired_certificate(authority, storm):
    with Script(GOOD, tls=authority.expired_context()) as upstream:
        gateway = storm({"upstream_accounts": [CHAT.account(upstream)],
                         "proxy": {"ca_file": str(authority.ca)}})
        with gateway.connect() as client:
            client.send(gateway.post(CHAT.path, CHAT.body()))
            error = CHAT.check_error(client.read_answer(), 502)
        assert "expired" in error["message"], error


def test_tls_that_breaks_in_the_handshake(authority, storm):
    """A server hello cut anywhere."""
    hello = record_of_handshake(authority)

    def cut(sock):
        sock.recv(4096)
        sock.sendall(hello[:cut.at])
        sock.close()

    with Upstream(raw=cut) as upstream:
        account = CHAT.account(upstream.url.replace("http:", "https:"))
        gateway = storm({"upstream_accounts": [account]})
        for cut.at in some(range(len(hello)), 10, full=False):
            gateway.forgive()
            assert ask(gateway, CHAT, False) in (502, 503)


def record_of_handshake(authority):
    """What a TLS server says first."""
    client, server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = ssl.create_default_context(cafile=authority.ca).wrap_bio(
        server, client, server_hostname="localhost")
    theirs = authority.server_context().wrap_bio(client, server, server_side=True)
    for side in (ours, theirs):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pass
    return server.read()


def test_many_upstreams_that_die_together(storm):
    """Connections in use and idle ones end at once, and a new server takes over."""
    with Upstream() as upstream:
        gateway = storm({"upstream_accounts": [CHAT.account(upstream)], "server": {"workers": 2}})
        clients = [gateway.connect() for _ in range(40)]
        for client in clients:
            client.send(gateway.post(CHAT.path, CHAT.body(True)))
        requests = [upstream.take() for _ in clients]
        for request in requests[::2]:
            request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("x")))
        for request in requests:
            request.reset()
        for client in clients:
            read_end(client, CHAT, True)
            client.close()
        assert_serves(gateway, upstream)


def test_an_upstream_that_refuses_connections_and_comes_back(storm):
    placeholder = socket.create_server(("127.0.0.1", 0))
    port = placeholder.getsockname()[1]
    placeholder.close()
    gateway = storm({"upstream_accounts": [CHAT.account(f"http://127.0.0.1:{port}")]})
    for _ in range(20):
        gateway.forgive()
        assert ask(gateway, CHAT, False) in (502, 503)
