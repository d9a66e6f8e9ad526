"""The lab itself: what it shows must be what went over the wire."""
import socket

from lab import wire
from lab.certificates import Authority
from lab.upstream import Upstream


def dial(upstream):
    return wire.Wire(socket.create_connection(("127.0.0.1", upstream.port), timeout=wire.DEADLINE))


def test_upstream_records_exact_bytes():
    body = b'{ "model":"m" ,"n":1.0}'
    with Upstream() as upstream, dial(upstream) as client:
        client.send(wire.request("POST", "/x?y=1", [("X-Odd", "a  b")], body))
        request = upstream.take()
        assert (request.method, request.target, request.body) == ("POST", "/x?y=1", body)
        assert request.head.get("x-odd") == "a  b"
        request.answer(wire.answer(201, [("X-Back", "1")], b"done"))
        answer = client.read_answer()
        assert (answer.status, answer.body, answer.header("x-back")) == (201, b"done", "1")


def test_chunks_keep_their_borders_and_connection_is_reused():
    with Upstream() as upstream, dial(upstream) as client:
        for _ in range(2):
            client.send(wire.request("POST", "/", [("Transfer-Encoding", "chunked")],
                                     wire.chunk(b"ab") + wire.chunk(b"c") + wire.LAST_CHUNK))
            request = upstream.take()
            assert request.body == b"abc"
            request.send(wire.stream_head())
            assert client.read_head().status == 200
            for part in (b"one", b"two\r\n"):
                request.send(wire.chunk(part))
                assert client.read_chunk() == part
            request.answer(wire.LAST_CHUNK)
            assert client.read_chunk() == b""
        assert [r.connection_number for r in upstream.seen] == [1, 1]


def test_upstream_sees_a_client_that_leaves():
    with Upstream() as upstream:
        client = dial(upstream)
        client.send(wire.request("GET", "/"))
        request = upstream.take()
        assert not request.was_left(0.05)
        client.close()
        assert request.was_left()


def test_tls_upstream(tmp_path):
    authority = Authority(tmp_path)
    with Upstream(wire.answer(body=b"safe"), tls=authority.server_context()) as upstream:
        sock = socket.create_connection(("127.0.0.1", upstream.port))
        with wire.Wire(authority.client_context().wrap_socket(
                sock, server_hostname="127.0.0.1")) as client:
            client.send(wire.request("GET", "/"))
            assert client.read_answer().body == b"safe"
