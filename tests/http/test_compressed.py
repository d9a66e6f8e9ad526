"""Compressed request bodies, under the size cap."""
import gzip
import subprocess
import zlib

import pytest

from lab import wire
from lab.bodies import Generator
from lab.families import ANTHROPIC, CHAT


def tool(*command):
    return lambda data: subprocess.run(command, input=data, capture_output=True, check=True).stdout


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


ENCODINGS = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without its header": ("deflate", raw_deflate),
    "br": ("br", tool("brotli", "-c")),
    "zstd": ("zstd", tool("zstd", "-q", "-c")),
    "identity": ("identity", lambda data: data),
    "upper case": ("GZIP", gzip.compress),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_lesson_92_encodings(name, upstream, start):
    encoding, pack = ENCODINGS[name]
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    generator = Generator(name)
    bodies = [generator.request("openai-chat").text for _ in range(5)]
    bodies.append(CHAT.body(padding="wörld" * 300_000))
    with gateway.connect() as client:
        for body in bodies:
            client.send(gateway.post(CHAT.path, pack(body), [("Content-Encoding", encoding)]))
            request = upstream.take()
            assert request.body == body
            assert "content-encoding" not in request.head
            assert request.head.get("content-length") == str(len(body))
            request.answer(wire.json_answer(CHAT.answer()))
            assert client.read_answer().status == 200


@pytest.mark.parametrize("encoding,data", [
    ("gzip", b"not gzip at all"), ("gzip", gzip.compress(b'{"model":"m"}' * 99, mtime=0)[:-20]),
    ("deflate", b"\xff\xff\xff"), ("br", b"\xff" * 50), ("zstd", b"(\xb5/\xfd" + b"\xff" * 50),
    ("gzip", b"")])
def test_broken_data_is_400(encoding, data, upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, data, [("Content-Encoding", encoding)]))
        ANTHROPIC.check_error(client.read_answer(), 400)
    assert upstream.seen == []


@pytest.mark.parametrize("encoding", ["rot13", "gzip, br", "compress"])
def test_unknown_encodings_are_415(encoding, upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    answer = gateway.call(gateway.post(ANTHROPIC.path, b"x", [("Content-Encoding", encoding)]))
    ANTHROPIC.check_error(answer, 415)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_413(name, upstream, start):
    """300 MB in a few hundred KB: the cap counts what comes out."""
    encoding, pack = ENCODINGS[name]
    gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                     "server": {"max_body": "1MB"}})
    bomb = pack(b"{" + b" " * 300_000_000)
    CHAT.check_error(gateway.call(gateway.post(CHAT.path, bomb[:900_000], [
        ("Content-Encoding", encoding)])), 413)
    with open(f"/proc/{gateway.pid}/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert upstream.seen == []
    assert peak < 1_000_000
