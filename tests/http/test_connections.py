"""Connections to clients and upstreams: reuse, proxies, TLS on both sides."""
import base64
import socket
import threading

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT
from lab.upstream import Upstream

TRANSPORTS = ["direct", "curl"]


def answer_chat(request):
    return wire.json_answer(CHAT.answer())


def test_connections_are_kept_on_both_sides(upstream, start):
    upstream.reply = answer_chat
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        for _ in range(50):
            client.send(gateway.post(CHAT.path, CHAT.body()))
            assert client.read_answer().status == 200
    assert upstream.connections == 1


def test_streams_keep_the_connections_too(upstream, start):
    upstream.reply = lambda request: (wire.stream_head() + wire.chunk(
        CHAT.opening() + CHAT.content("x") + CHAT.closing()) + wire.LAST_CHUNK)
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        for _ in range(30):
            client.send(gateway.post(CHAT.path, CHAT.body(True)))
            assert client.read_answer().body.endswith(b"[DONE]\n\n")
    assert upstream.connections == 1


def test_a_stale_connection_is_replaced_silently(upstream, start):
    """The upstream closes a kept connection just when it is used again."""
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body()))
        upstream.take().answer(answer_chat(None))
        assert client.read_answer().status == 200
        client.send(gateway.post(CHAT.path, CHAT.body()))
        upstream.take().close()
        upstream.take().answer(answer_chat(None))
        answer = client.read_answer()
        assert answer.status == 200
    assert upstream.connections == 2


def test_an_idle_connection_closed_by_the_upstream(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        for _ in range(5):
            client.send(gateway.post(CHAT.path, CHAT.body()))
            request = upstream.take()
            request.answer(answer_chat(None))
            assert client.read_answer().status == 200
            request.wire.sock.shutdown(socket.SHUT_RDWR)


def test_idle_connections_are_given_up(upstream, start):
    upstream.reply = answer_chat
    gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                     "proxy": {"idle_conn_timeout": 1}})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body()))
        assert client.read_answer().status == 200
        threading.Event().wait(3)
        client.send(gateway.post(CHAT.path, CHAT.body()))
        assert client.read_answer().status == 200
    assert upstream.connections == 2


def test_parallel_requests_do_not_wait_for_each_other(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    clients = [gateway.connect() for _ in range(20)]
    for client in clients:
        client.send(gateway.post(CHAT.path, CHAT.body()))
    requests = [upstream.take() for _ in clients]
    for request in reversed(requests):
        request.answer(answer_chat(None))
    for client in clients:
        assert client.read_answer().status == 200
        client.close()


def test_a_failed_answer_is_read_and_its_connection_kept(upstream, start):
    """Field rule 24, up to 64 KiB."""
    error = {"error": {"message": "m" * 30_000, "type": "invalid_request_error"}}
    upstream.reply = lambda request: wire.json_answer(error, status=400)
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    for _ in range(5):
        assert gateway.call(gateway.post(CHAT.path, CHAT.body())).status == 400
    assert upstream.connections == 1


def test_a_failed_answer_without_an_end_is_closed(upstream, start):
    """Field rule 24: what is larger is not waited for."""
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body()))
        request = upstream.take()
        request.send(wire.head("HTTP/1.1 400 Bad Request", [
            ("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]))
        request.send(wire.chunk(b'{"error":{"message":"' + b"m" * 100_000))
        assert client.read_answer().status == 400
        assert request.was_left()


def test_connection_close_is_honoured(upstream, start):
    upstream.reply = answer_chat
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(), [("Connection", "close")]))
        assert client.read_answer().status == 200
        assert client.ended()


# --- TLS ---

def test_tls_upstream_with_ca_file(authority, start):
    with Upstream(answer_chat, tls=authority.server_context()) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                         "proxy": {"ca_file": str(authority.ca)}})
        with gateway.connect() as client:
            for _ in range(10):
                client.send(gateway.post(CHAT.path, CHAT.body()))
                assert client.read_answer().status == 200
        assert upstream.connections == 1


def test_tls_stream_is_not_buffered(authority, start):
    with Upstream(tls=authority.server_context()) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                         "proxy": {"ca_file": str(authority.ca)}})
        with gateway.connect() as client:
            client.send(gateway.post(CHAT.path, CHAT.body(True)))
            request = upstream.take()
            request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("a")))
            client.read_head()
            client.read_chunk()
            for _ in range(10):
                request.send(wire.chunk(CHAT.content("b")))
                assert client.read_chunk() == CHAT.content("b")
            request.answer(wire.chunk(CHAT.closing()) + wire.LAST_CHUNK)
            assert client.read_chunk() == CHAT.closing()
            assert client.read_chunk() == b""


def test_untrusted_upstream_is_refused(authority, start):
    """Without ca_file the test's authority is a stranger."""
    with Upstream(answer_chat, tls=authority.server_context()) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
        error = CHAT.check_error(gateway.call(gateway.post(CHAT.path, CHAT.body())), 502)
        assert "certificate" in error["message"].lower() or "tls" in error["message"].lower()
        assert upstream.seen == []


def test_certificate_for_another_name_is_refused(authority, start):
    with Upstream(answer_chat, tls=authority.server_context("other.test")) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                         "proxy": {"ca_file": str(authority.ca)}})
        CHAT.check_error(gateway.call(gateway.post(CHAT.path, CHAT.body())), 502)
        assert upstream.seen == []


def test_tls_listener(authority, upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                     "server": {"tls": {"cert": str(authority.cert), "key": str(authority.key)}}})
    gateway.tls = authority.client_context()
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body()))
        upstream.take().answer(answer_chat(None))
        assert client.read_answer().status == 200
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("a")))
        assert client.read_head().status == 200
        client.read_chunk()
        request.send(wire.chunk(CHAT.content("b")))
        assert client.read_chunk() == CHAT.content("b")
        request.answer(wire.chunk(CHAT.closing()) + wire.LAST_CHUNK)
        assert client.read_chunk() == CHAT.closing()
        assert client.read_chunk() == b""


# --- HTTP proxies between the gateway and the upstream ---

def join(a, b):
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    thread = threading.Thread(target=pump, args=(b, a), daemon=True)
    thread.start()
    pump(a, b)
    thread.join()


class ConnectProxy:
    """An HTTP proxy that tunnels CONNECT; `heads` are the requests it saw."""

    def __init__(self):
        self.heads = []

    def __call__(self, sock):
        head = wire.Wire(sock).read_head()
        self.heads.append(head)
        assert head.method == "CONNECT"
        host, port = head.target.rsplit(":", 1)
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        sock.settimeout(None)
        join(sock, socket.create_connection((host, int(port))))


def test_account_proxy_for_a_plain_upstream(upstream, start):
    """A forward proxy gets the absolute target and the proxy's credential."""
    upstream.reply = answer_chat
    gateway = start({"upstream_accounts": [CHAT.account(
        "http://upstream.invalid", proxy=f"http://user:pass@127.0.0.1:{upstream.port}")]})
    assert gateway.call(gateway.post(CHAT.path, CHAT.body())).status == 200
    request = upstream.seen[0]
    assert request.target == "http://upstream.invalid/v1/chat/completions"
    assert request.head.get("host") == "upstream.invalid"
    expected = base64.b64encode(b"user:pass").decode()
    assert request.head.get("proxy-authorization") == f"Basic {expected}"


def test_tunnel_for_a_tls_upstream(authority, start):
    proxy = ConnectProxy()
    with Upstream(answer_chat, tls=authority.server_context()) as upstream, \
            Upstream(raw=proxy) as middle:
        gateway = start({"upstream_accounts": [CHAT.account(
            upstream, proxy=f"http://user:pass@127.0.0.1:{middle.port}")],
            "proxy": {"ca_file": str(authority.ca)}})
        assert gateway.call(gateway.post(CHAT.path, CHAT.body())).status == 200
        assert proxy.heads[0].target == f"127.0.0.1:{upstream.port}"
        assert "proxy-authorization" in proxy.heads[0]
        assert "proxy-authorization" not in upstream.seen[0].head


@pytest.mark.parametrize("no_proxy,through", [("", True), ("127.0.0.1", False), ("*", False)])
def test_environment_proxy_and_its_exceptions(no_proxy, through, upstream, start):
    upstream.reply = answer_chat
    with Upstream(lambda request: wire.json_answer(CHAT.answer(text="proxy"))) as proxy:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                         "environment": {"http_proxy": proxy.url, "no_proxy": no_proxy}})
        assert gateway.call(gateway.post(CHAT.path, CHAT.body())).status == 200
        assert (len(proxy.seen), len(upstream.seen)) == ((1, 0) if through else (0, 1))


def test_the_shells_proxy_variables_are_not_used_unasked(upstream, start):
    """Only what is configured counts: a daemon must not follow a stray variable."""
    upstream.reply = answer_chat
    gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                     "environment": {"no_proxy": ""}},
                    env={"http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"})
    assert gateway.call(gateway.post(CHAT.path, CHAT.body())).status == 200


def test_redirects_are_not_followed(upstream, start):
    """A credential never travels to where an answer points."""
    with Upstream(answer_chat) as thief:
        upstream.reply = wire.answer(307, [("Location", thief.url + "/v1/messages")], b"")
        gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
        answer = gateway.call(gateway.post(ANTHROPIC.path, ANTHROPIC.body()))
        assert answer.status >= 300
        assert thief.seen == []
