"""Bodies that have arrived are read past libmicrohttpd, which reads them again:
every request and answer must come out as if nothing of that had happened."""
import gzip
import json
import random
import threading

import pytest

from lab import wire
from lab.families import CHAT
from lab.upstream import Upstream

# About the borders: what is read ahead at all, libmicrohttpd's own pool, the
# low mark of a socket, the buffers of one.
SIZES = [4_000, 8_100, 8_300, 12_200, 16_500, 24_500, 33_000, 70_000, 200_000, 1_500_000]


def padded(size, text="x", stream=False, model="asked-model"):
    body = CHAT.body(stream, model=model, messages=[{"role": "user", "content": text}])
    return body[:-1] + b', "padding": "' + b"p" * (size - len(body) - 16) + b'"}'


def echo(request):
    """The prompt comes back, and how much came."""
    text = json.loads(request.body)["messages"][0]["content"]
    return wire.json_answer(CHAT.answer(text=f"{text} {len(request.body)}"))


def echo_stream(request):
    text = json.loads(request.body)["messages"][0]["content"]
    return (wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content(text) + CHAT.closing())
            + wire.LAST_CHUNK)


def said(answer):
    assert answer.status == 200, (answer.head.raw, answer.body)
    return answer.json()["choices"][0]["message"]["content"]


@pytest.fixture
def gateway(upstream, start):
    upstream.reply = echo
    return start({"upstream_accounts": [CHAT.account(upstream, models=["asked-model"])]})


def test_every_size_arrives_whole(gateway, upstream):
    with gateway.connect() as client:
        for turn, size in enumerate(SIZES + SIZES[::-1]):
            body = padded(size, str(turn))
            client.send(gateway.post(CHAT.path, body))
            assert said(client.read_answer()) == f"{turn} {len(body)}"
            assert upstream.seen[-1].body == body


def test_what_stands_behind_a_body_is_the_next_request(gateway, upstream):
    """Pipelined: long ones, short ones, one for the gateway itself."""
    sizes = [40_000, 300, 9_000, 60_000, 12_000]
    sent = [gateway.post(CHAT.path, padded(size, str(n))) for n, size in enumerate(sizes)]
    with gateway.connect() as client:
        client.send(sent[0] + gateway.get("/health") + b"".join(sent[1:]))
        assert said(client.read_answer()).split()[0] == "0"
        assert client.read_answer("GET").status == 200
        for n in range(1, len(sizes)):
            assert said(client.read_answer()).split()[0] == str(n)
    assert len(upstream.seen) == len(sizes)


REFUSED = {
    "unknown model": (lambda: padded(60_000, model="none-such"), 404),
    "no JSON": (lambda: b"[" * 60_000, 400),
    "cut JSON": (lambda: padded(60_000)[:-1], 400),
    "no model": (lambda: b'{"padding": "' + b"p" * 60_000 + b'"}', 400),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refusal_leaves_the_connection_usable(kind, gateway, upstream):
    make, status = REFUSED[kind]
    good = gateway.post(CHAT.path, padded(50_000, "good"))
    with gateway.connect() as client:
        for _ in range(5):
            client.send(gateway.post(CHAT.path, make()) + good)
            CHAT.check_error(client.read_answer(), status)
            assert said(client.read_answer()).split()[0] == "good"
    assert len(upstream.seen) == 5


def test_a_refused_head_is_drained(gateway, upstream):
    with gateway.connect() as client:
        for _ in range(5):
            client.send(gateway.post(CHAT.path, padded(60_000), key="lgw_wrong"))
            client.send(gateway.post(CHAT.path, padded(60_000, "good")))
            CHAT.check_error(client.read_answer(), 401)
            assert said(client.read_answer()).split()[0] == "good"
    assert len(upstream.seen) == 5


@pytest.mark.parametrize("size", [9_000, 30_000, 100_000])
def test_streams_behind_a_body_that_was_there(size, gateway, upstream):
    upstream.reply = echo_stream
    with gateway.connect() as client:
        for turn in range(10):
            client.send(gateway.post(CHAT.path, padded(size, f"turn {turn}", stream=True)))
            body = client.read_answer().body
            assert f"turn {turn}".encode() in body and body.endswith(b"[DONE]\n\n")
    assert upstream.connections == 1


def test_an_early_answer_of_megabytes_to_a_body_of_megabytes(gateway, upstream):
    """More is on its way out than is held, while the body is read again."""
    frames = b"".join(CHAT.content("z" * 4000) for _ in range(2000))
    upstream.reply = lambda request: (wire.stream_head() + wire.chunk(
        CHAT.opening() + frames + CHAT.closing()) + wire.LAST_CHUNK)
    with gateway.connect() as client:
        for _ in range(3):
            client.send(gateway.post(CHAT.path, padded(100_000, stream=True)))
            assert client.read_answer().body.count(b"z" * 4000) == 2000


@pytest.mark.parametrize("is_stream", [False, True])
def test_http_1_0_clients(is_stream, gateway, upstream):
    upstream.reply = echo_stream if is_stream else echo
    data = gateway.post(CHAT.path, padded(60_000, "old", stream=is_stream))
    with gateway.connect() as client:
        client.send(data.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1))
        answer = client.rest()
    assert answer.startswith(b"HTTP/1.0 200") or answer.startswith(b"HTTP/1.1 200")
    assert b"old" in answer and b"chunked" not in answer.lower()


def test_chunked_uploads(gateway, upstream):
    """Their length is not told: nothing is read ahead."""
    body = padded(100_000, "chunks")
    pieces = b"".join(wire.chunk(body[at:at + 7_001]) for at in range(0, len(body), 7_001))
    with gateway.connect() as client:
        for _ in range(3):
            client.send(wire.request("POST", CHAT.path, [
                ("x-llm-gateway-key", gateway.key), ("Transfer-Encoding", "chunked")],
                pieces + wire.LAST_CHUNK) + gateway.get("/health"))
            assert said(client.read_answer()) == f"chunks {len(body)}"
            assert client.read_answer("GET").status == 200


def test_a_chunked_upload_that_also_tells_a_length(gateway, upstream):
    """The length would be that of raw bytes of the connection."""
    body = wire.chunk(padded(60_000)) + wire.LAST_CHUNK
    with gateway.connect() as client:
        client.send(wire.request("POST", CHAT.path, [
            ("x-llm-gateway-key", gateway.key), ("Transfer-Encoding", "chunked"),
            ("Content-Length", str(len(body) + 40_000))], body) + b"p" * 40_000)
        CHAT.check_error(client.read_answer(), 400)
    assert upstream.seen == []


def test_compressed_bodies(gateway, upstream):
    noise = random.Random(1).randbytes(60_000).hex()
    body = padded(1_000, noise)[:-1] + b"}"
    packed = gzip.compress(body)
    assert len(packed) > 60_000
    with gateway.connect() as client:
        for _ in range(3):
            client.send(gateway.post(CHAT.path, packed, [("Content-Encoding", "gzip")]))
            assert said(client.read_answer()).endswith(f" {len(body)}")
            client.send(gateway.post(CHAT.path, packed[:-9], [("Content-Encoding", "gzip")]))
            CHAT.check_error(client.read_answer(), 400)


def test_a_body_that_follows_a_continue(gateway, upstream):
    body = padded(80_000, "waited")
    with gateway.connect() as client:
        for _ in range(3):
            client.send(gateway.post(CHAT.path, body, [("Expect", "100-continue")])[:-len(body)])
            assert client.read_head().status == 100
            client.send(body + gateway.get("/health"))
            assert said(client.read_answer()) == f"waited {len(body)}"
            assert client.read_answer("GET").status == 200


@pytest.mark.parametrize("size", [30_000, 400_000, 3_000_000])
def test_a_body_one_byte_short_is_no_request(size, gateway, upstream):
    data = gateway.post(CHAT.path, padded(size))
    with gateway.connect() as client:
        client.send(data[:-1])
        client.finish_sending()
        assert b" 200 " not in client.rest()
    assert upstream.seen == []


def test_the_last_byte_alone(gateway, upstream):
    data = gateway.post(CHAT.path, padded(100_000, "late"))
    with gateway.connect() as client:
        for _ in range(5):
            client.send(data[:-1])
            threading.Event().wait(0.05)
            client.send(data[-1:])
            assert said(client.read_answer()).split()[0] == "late"


def test_a_slow_sender_is_no_slow_request(upstream, start):
    """Megabytes in pieces below the low mark, each well within the timeout."""
    upstream.reply = echo
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "server": {"timeout": 1}})
    body = padded(2_000_000, "slow")
    data = gateway.post(CHAT.path, body)
    with gateway.connect() as client:
        for at in range(0, len(data), 250_000):
            client.send(data[at:at + 250_000])
            threading.Event().wait(0.4)
        assert said(client.read_answer()) == f"slow {len(body)}"
        client.send(gateway.post(CHAT.path, body))
        assert said(client.read_answer()) == f"slow {len(body)}"


def test_a_tls_listener_reads_nothing_ahead(authority, upstream, start):
    upstream.reply = echo
    gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                     "server": {"tls": {"cert": str(authority.cert),
                                        "key": str(authority.key)}}})
    gateway.tls = authority.client_context()
    with gateway.connect() as client:
        for turn, size in enumerate(SIZES):
            body = padded(size, str(turn))
            client.send(gateway.post(CHAT.path, body))
            assert said(client.read_answer()) == f"{turn} {len(body)}"


@pytest.mark.parametrize("is_stream", [False, True])
def test_clients_that_leave_as_soon_as_all_is_sent(is_stream, gateway, upstream):
    upstream.reply = echo_stream if is_stream else echo
    data = gateway.post(CHAT.path, padded(60_000, stream=is_stream))
    for turn in range(60):
        client = gateway.connect()
        client.send(data)
        if turn % 3 == 0:
            client.reset()
        elif turn % 3 == 1:
            client.close()
        else:
            client.send(data[:30_000])
            client.reset()
    upstream.reply = echo
    assert said(gateway.call(gateway.post(CHAT.path, padded(60_000, "still")))).startswith("still")


def test_long_bodies_wait_for_their_place(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                     "concurrency": {"enabled": True, "max_requests": 1, "max_queue_size": 8}})
    with gateway.connect() as first, gateway.connect() as second:
        first.send(gateway.post(CHAT.path, padded(60_000, "first")))
        running = upstream.take()
        second.send(gateway.post(CHAT.path, padded(60_000, "second")) + gateway.get("/health"))
        assert upstream.is_quiet()
        running.answer(echo(running))
        assert said(first.read_answer()).startswith("first")
        running = upstream.take()
        running.answer(echo(running))
        assert said(second.read_answer()).startswith("second")
        assert second.read_answer("GET").status == 200


def test_an_upstream_that_answers_the_head_alone(start):
    """The answer is whole before the request has been sent or read again."""
    def answer_at_once(sock):
        sock.settimeout(wire.DEADLINE)
        try:
            while sock.recv(4096):
                sock.sendall(wire.json_answer(CHAT.answer(text="early"),
                                              headers=[("Connection", "close")]))
                while sock.recv(65536):
                    pass
        except OSError:
            pass
        sock.close()

    with Upstream(raw=answer_at_once) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
        with gateway.connect() as client:
            for size in (30_000, 200_000, 2_000_000):
                client.send(gateway.post(CHAT.path, padded(size)) + gateway.get("/health"))
                assert said(client.read_answer()) == "early"
                assert client.read_answer("GET").status == 200
