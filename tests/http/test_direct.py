"""Connections of our own to upstreams: what an upstream may do to them, what
is kept, and what is never sent twice."""
import os
import ssl
import threading

import pytest

from lab import wire
from lab.certificates import Authority
from lab.families import CHAT
from lab.upstream import Upstream

WHOLE = wire.json_answer(CHAT.answer(text="whole"))


def ask(client, gateway, stream=False):
    client.send(gateway.post(CHAT.path, CHAT.body(stream)))
    return client.read_answer()


def start_on(upstream, start, **more):
    return start({"upstream_accounts": [CHAT.account(upstream)], **more})


# ---- what is kept ----

@pytest.mark.parametrize("behind", [b"HTTP/1.1 200 OK\r\n", WHOLE.replace(b"whole", b"other"),
                                    b"\r\n", b"x"])
def test_bytes_behind_an_answer_are_no_answer(behind, upstream, start):
    """The connection that carried them is not used again."""
    gateway = start_on(upstream, start)
    upstream.reply = WHOLE + behind
    with gateway.connect() as client:
        for _ in range(5):
            answer = ask(client, gateway)
            assert answer.json() == CHAT.answer(text="whole")
    assert upstream.connections == 5


def test_unasked_bytes_on_an_idle_connection(upstream, start):
    gateway = start_on(upstream, start)
    with gateway.connect() as client:
        for turn in range(3):
            client.send(gateway.post(CHAT.path, CHAT.body()))
            request = upstream.take()
            assert request.connection_number == turn + 1
            request.send(WHOLE)
            assert client.read_answer().status == 200
            request.send(WHOLE.replace(b"whole", b"other"))
            assert request.was_left()
            request.close()


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_keep_their_connection(status, upstream, start):
    gateway = start_on(upstream, start)
    upstream.reply = wire.head(f"HTTP/1.1 {status} No", [("Content-Length", "7")]
                               if status == 304 else [])
    with gateway.connect() as client:
        for _ in range(4):
            ask(client, gateway)
    upstream.reply = WHOLE
    assert gateway.call(gateway.post(CHAT.path, CHAT.body())).json() == CHAT.answer(text="whole")


def test_heads_of_1xx_are_skipped(upstream, start):
    gateway = start_on(upstream, start)
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 5\r\n\r\n"
    upstream.reply = b"HTTP/1.1 100 Continue\r\n\r\n" + early * 20 + WHOLE
    with gateway.connect() as client:
        for _ in range(3):
            answer = ask(client, gateway)
            assert answer.json() == CHAT.answer(text="whole")
            assert "link" not in answer.head
    assert upstream.connections == 1


def test_a_flood_of_1xx_ends(start):
    def flood(sock):
        try:
            sock.recv(65536)
            while True:
                sock.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500)
        except OSError:
            sock.close()

    with Upstream(raw=flood) as upstream:
        gateway = start_on(upstream, start)
        answer = gateway.call(gateway.post(CHAT.path, CHAT.body()))
        assert answer.status in (502, 503)


# ---- what is sent twice, and what is not ----

def test_a_connection_that_ends_inside_an_answer_was_not_stale(upstream, start):
    """Some of an answer came, so the request was read: a stale connection is
    what none of it came from."""
    gateway = start_on(upstream, start, routing={"max_attempts": 1})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body()))
        upstream.take().answer(WHOLE)
        assert client.read_answer().status == 200
        client.send(gateway.post(CHAT.path, CHAT.body()))
        request = upstream.take()
        assert request.connection_number == 1
        request.send(b"HTTP/1.1 200 O")
        request.close()
        assert client.read_answer().status == 502
    assert upstream.is_quiet()


def test_a_stale_tls_connection_is_replaced_silently(authority, start):
    with Upstream(tls=authority.server_context()) as upstream:
        gateway = start_on(upstream, start, proxy={"ca_file": str(authority.ca)})
        with gateway.connect() as client:
            for turn in range(3):
                client.send(gateway.post(CHAT.path, CHAT.body()))
                if turn:
                    upstream.take().close()
                upstream.take().answer(WHOLE)
                assert client.read_answer().status == 200
        assert upstream.connections == 3


# ---- TLS ----

def test_a_slow_client_of_a_tls_upstream_gets_all(authority, start):
    """What TLS has read already shows in no poll."""
    frames = b"".join(CHAT.content(f"{n:08}" + "z" * 3000) for n in range(2500))
    whole = CHAT.opening() + frames + CHAT.closing()
    pieces = b"".join(wire.chunk(whole[at:at + 50_000]) for at in range(0, len(whole), 50_000))
    with Upstream(wire.stream_head() + pieces + wire.LAST_CHUNK,
                  tls=authority.server_context()) as upstream:
        gateway = start_on(upstream, start, proxy={"ca_file": str(authority.ca)})
        with gateway.connect() as client:
            for _ in range(2):
                client.send(gateway.post(CHAT.path, CHAT.body(True)))
                head = client.read_head()
                threading.Event().wait(0.3)
                assert client.read_body(head)[0] == whole
        assert upstream.connections == 1


class TwoRecords:
    """A TLS server that puts its answer and the bytes behind it on the wire in
    one piece: they are read together, and what is left shows in no poll."""

    def __init__(self, context, answer, behind):
        self.context, self.records = context, (answer, behind)

    def __call__(self, sock):
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(arrived, leaving, server_side=True)

        def run(step, *values):
            while True:
                try:
                    return step(*values)
                except ssl.SSLWantReadError:
                    sock.sendall(leaving.read())
                    data = sock.recv(65536)
                    if not data:
                        raise OSError("the client left") from None
                    arrived.write(data)

        try:
            run(tls.do_handshake)
            while run(tls.read, 65536):
                for record in self.records:
                    tls.write(record)
                sock.sendall(leaving.read())
        except OSError:
            pass
        sock.close()


def test_bytes_behind_an_answer_inside_tls(authority, start):
    server = TwoRecords(authority.server_context(), WHOLE, WHOLE.replace(b"whole", b"other"))
    with Upstream(raw=server) as upstream:
        account = CHAT.account(upstream.url.replace("http:", "https:"))
        gateway = start({"upstream_accounts": [account],
                         "proxy": {"ca_file": str(authority.ca)}})
        with gateway.connect() as client:
            for _ in range(5):
                assert ask(client, gateway).json() == CHAT.answer(text="whole")
        assert upstream.connections == 5


def test_the_authorities_are_read_again_with_a_new_configuration(authority, tmp_path, start):
    """The same file name, another content: neither the new authority is
    refused nor the old one believed any longer."""
    other = Authority(tmp_path)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(authority.ca.read_bytes())
    with Upstream(WHOLE, tls=authority.server_context()) as old, \
            Upstream(WHOLE, tls=other.server_context()) as new:
        config = {"proxy": {"ca_file": str(trusted)}, "routing": {"max_attempts": 1},
                  "upstream_accounts": [CHAT.account(old, "old", models=["old"]),
                                        CHAT.account(new, "new", models=["new"])]}
        gateway = start(config)

        def statuses():
            return [gateway.call(gateway.post(CHAT.path, CHAT.body(model=name))).status
                    for name in ("old", "new")]

        assert statuses() == [200, 502]
        fresh = trusted.with_suffix(".new")
        fresh.write_bytes(other.ca.read_bytes())
        os.rename(fresh, trusted)
        gateway.write_config({**config, "logging": {"level": "debug"}})
        assert gateway.control("POST", "/v1/reload").status == 200
        assert statuses() == [502, 200]
        assert statuses() == [502, 200]
