"""Upstreams that answer before they have read the whole request."""
import json
import threading

import pytest

from lab import wire
from lab.families import CHAT
from lab.upstream import Upstream

TRANSPORTS = ["direct", "curl"]

# More than the buffers of both sockets take.
BODY = CHAT.body(True)[:-1] + b', "padding": "' + b"p" * (24 << 20) + b'"}'


class Early:
    """Reads a request's head and a little of its body, answers `first`, and
    reads the rest when `go_on` is set; `last` follows when all has come."""

    def __init__(self, first, last=b""):
        self.first, self.last = first, last
        self.go_on = threading.Event()
        self.is_over = threading.Event()
        self.body = b""
        self.length = None

    def __call__(self, sock):
        sock.settimeout(wire.DEADLINE)
        try:
            head, _, self.body = self._until(sock, b"\r\n\r\n").partition(b"\r\n\r\n")
            self.length = int(wire.Head(head).get("content-length"))
            sock.sendall(self.first)
            self.go_on.wait(wire.DEADLINE)
            self._read_rest(sock)
            sock.sendall(self.last)
        except OSError:
            pass
        self.is_over.set()
        sock.close()

    @staticmethod
    def _until(sock, mark):
        data = b""
        while mark not in data:
            data += sock.recv(65536)
        return data

    def _read_rest(self, sock):
        parts, count = [self.body], len(self.body)
        while count < self.length:
            part = sock.recv(1 << 20)
            if not part:
                break
            parts.append(part)
            count += len(part)
        self.body = b"".join(parts)


@pytest.mark.parametrize("reads", ["at once", "late"])
def test_the_rest_of_a_body_is_sent_while_the_answer_streams(reads, start):
    begin = CHAT.opening() + CHAT.content("early")
    server = Early(wire.stream_head() + wire.chunk(begin),
                   wire.chunk(CHAT.closing()) + wire.LAST_CHUNK)
    with Upstream(raw=server) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
        with gateway.connect() as client:
            client.send(gateway.post(CHAT.path, BODY))
            if reads == "at once":
                server.go_on.set()
            head = client.read_head()
            first = client.read_chunk()
            server.go_on.set()
            assert server.is_over.wait(wire.DEADLINE)
            assert server.length == len(server.body)
            assert json.loads(server.body)["padding"] == "p" * (24 << 20)
            assert first + client.read_body(head)[0] == begin + CHAT.closing()


def test_a_whole_answer_may_end_the_upload(start):
    server = Early(wire.json_answer(CHAT.answer(text="enough")))
    with Upstream(raw=server) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
        answer = gateway.call(gateway.post(CHAT.path, BODY))
        assert answer.json() == CHAT.answer(text="enough")
        server.go_on.set()
        assert server.is_over.wait(wire.DEADLINE)


def test_an_early_refusal_reaches_the_client(start):
    error = {"error": {"message": "too large for me", "type": "invalid_request_error"}}
    server = Early(wire.json_answer(error, status=413))
    with Upstream(raw=server) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
        answer = gateway.call(gateway.post(CHAT.path, BODY))
        assert answer.status == 413 and "too large for me" in answer.json()["error"]["message"]
        server.go_on.set()
        assert server.is_over.wait(wire.DEADLINE)
