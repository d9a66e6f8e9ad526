"""Names that cannot be resolved, in each way a server can fail: the request
that needs one gets its error, and no other request waits for it."""
import os
import socket
import struct
import threading

import pytest

from lab import wire
from lab.families import CHAT
from lab.storm import read_end, succeeds

MODES = ["no such name", "server failure", "garbage", "a loop", "empty", "silent"]


class Names:
    """A name server on an address of its own that answers as `mode` says."""

    def __init__(self):
        self.mode, self.asked = "silent", 0
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.sock.bind(("127.0.0.77", 53))
            threading.Thread(target=self._serve, daemon=True).start()
        except PermissionError:
            self.mode = "nobody there"      # who is not root has no such port

    def close(self):
        self.sock.close()

    def _serve(self):
        try:
            while True:
                query, peer = self.sock.recvfrom(2048)
                self.asked += 1
                answer = self.answer(query)
                if answer:
                    self.sock.sendto(answer, peer)
        except OSError:
            pass

    def answer(self, query):
        end = query.index(b"\0", 12) + 5
        question, kind = query[12:end], query[end - 4:end - 2]
        flags = {"no such name": 0x8183, "server failure": 0x8182}.get(self.mode, 0x8180)
        record = b""
        if self.mode == "good" and kind == b"\0\1":
            record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1"
        if self.mode == "silent":
            return None
        if self.mode == "garbage":
            return query[:2] + os.urandom(40)
        if self.mode == "a loop":
            record = b"\xc0" + bytes([end]) + b"\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1"
        count = 1 if record else 0
        return query[:2] + struct.pack(">HHHHH", flags, 1, count, 0, 0) + question + record


@pytest.fixture
def names():
    server = Names()
    yield server
    server.close()


def with_names(directory):
    """Runs the gateway where names are asked of that server."""
    resolv = directory / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.77\noptions timeout:1 attempts:1\n")
    return ["unshare", "--map-root-user", "--mount", "sh", "-c",
            f'mount --bind {resolv} /etc/resolv.conf && exec "$@"', "sh"]


def test_names(names, upstream, storm, tmp_path):
    upstream.reply = wire.json_answer(CHAT.answer())
    gateway = storm({"upstream_accounts": [
        CHAT.account(f"http://box.example:{upstream.port}", "named"),
        CHAT.account(upstream, "plain")]}, wrapper=with_names(tmp_path))
    modes = [names.mode] if names.mode == "nobody there" else MODES
    for names.mode in modes:
        gateway.forgive()
        with gateway.connect() as client:
            client.send(gateway.post(CHAT.path, CHAT.body(model="named/m")))
            assert succeeds(gateway, "plain/m"), "others wait for the name"
            assert read_end(client, CHAT, False) in (502, 503, 504)
    if modes == MODES:
        assert names.asked
        names.mode = "good"
        gateway.forgive()
        assert succeeds(gateway, "named/m")
