"""Clients that trickle, vanish, half-close, do not read and come in crowds:
the gateway gives each a well-formed end where there is somebody to give it to,
and forgets the others."""
import json
import signal
import threading
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT
from lab.storm import FULL, assert_serves, chance, eventually, read_end, some, succeeds
from lab.upstream import Upstream

STREAM = (wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("hello") + CHAT.closing())
          + wire.LAST_CHUNK)


def reply(request):
    if json.loads(request.body).get("stream"):
        return STREAM
    return wire.json_answer(CHAT.answer())


@pytest.fixture
def echo():
    with Upstream(reply=reply) as server:
        yield server


def test_a_request_cut_at_every_byte(echo, storm):
    """The client leaves, by FIN and by RST."""
    gateway = storm({"upstream_accounts": [CHAT.account(echo)]})
    data = gateway.post(CHAT.path, CHAT.body(True))
    for at in some(range(len(data)), 60):
        client = gateway.connect()
        client.send(data[:at])
        client.reset() if at % 2 else client.close()
    assert gateway.call(data).status == 200


def test_half_closed_at_every_byte(echo, storm):
    """Who closes his sending side has left, as with other proxies: an answer
    costs money. He gets an answer or the end of the connection, soon."""
    gateway = storm({"upstream_accounts": [CHAT.account(echo)]})
    data = gateway.post(CHAT.path, CHAT.body(True))
    for at in [*some(range(1, len(data)), 40), len(data)]:
        with gateway.connect() as client:
            client.send(data[:at])
            client.finish_sending()
            try:
                answer = client.read_answer()
            except wire.Closed:
                continue
            assert answer.status == 200 if at == len(data) else answer.status >= 400


def test_a_request_byte_by_byte(echo, storm):
    gateway = storm({"upstream_accounts": [CHAT.account(echo)]})
    for family in (CHAT, ANTHROPIC):
        with gateway.connect() as client:
            for byte in gateway.post(family.path, family.body(True)):
                client.send(bytes([byte]))
            assert read_end(client, family, True) == 200


def test_an_answer_left_at_every_byte(echo, storm):
    """The client reads so far and goes."""
    gateway = storm({"upstream_accounts": [CHAT.account(echo)]})
    whole = len(gateway.call(gateway.post(CHAT.path, CHAT.body(True))).body)
    for at in some(range(1, whole), 40):
        client = gateway.connect()
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        client.exactly(at)
        client.reset() if at % 2 else client.close()


def test_a_converted_stream_that_is_left(upstream, storm):
    """The client resets, and the next piece of the answer finds nobody: the
    gateway hears of both at once, and of the piece first."""
    gateway = storm({"upstream_accounts": [CHAT.account(upstream)]})
    for _ in range(200 if FULL else 40):
        with gateway.connect() as client:
            client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(True)))
            request = upstream.take()
            request.send(wire.stream_head() + wire.chunk(CHAT.opening()))
            for word in ("first", "second", "third"):
                request.send(wire.chunk(CHAT.content(word)))
                client.until(word.encode())
            gateway.process.send_signal(signal.SIGSTOP)
            push(request, wire.chunk(CHAT.content("y")) * 3 + wire.chunk(CHAT.closing()))
            client.reset()
            gateway.process.send_signal(signal.SIGCONT)
            assert request.was_left()
            request.close()


def test_pipelines_that_are_left(echo, storm):
    """Many requests at once on one connection, of which only some are read."""
    gateway = storm({"upstream_accounts": [CHAT.account(echo)]})
    one = gateway.post(CHAT.path, CHAT.body())
    for read in range(6):
        with gateway.connect() as client:
            client.send(one * 10)
            for _ in range(read):
                assert client.read_answer().status == 200
    with gateway.connect() as client:
        client.send(one * 20)
        client.finish_sending()
        for answer in client.rest().split(b"HTTP/1.1 ")[1:-1]:
            assert answer.startswith(b"200 OK") and answer.endswith(b"}")


def test_a_crowd_that_says_nothing(echo, storm):
    """Connections beyond server.max_connections; those that leave make room."""
    gateway = storm({"upstream_accounts": [CHAT.account(echo)],
                     "server": {"max_connections": 50}})
    crowd = []
    for _ in range(120):
        try:
            crowd.append(gateway.connect())
        except OSError:
            break
    for client in crowd:
        client.close()
    assert eventually(lambda: succeeds(gateway))


def test_clients_that_do_not_read(upstream, storm):
    """Held back, not buffered: what waits for them is bounded."""
    gateway = storm({"upstream_accounts": [CHAT.account(upstream)]})
    clients, requests = [], []
    for _ in range(8):
        client = gateway.connect()
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        clients.append(client)
        requests.append(upstream.take())
    before = gateway.resident_kb()
    frame = wire.chunk(CHAT.content("x" * 60_000))
    for request in requests:
        request.send(wire.stream_head() + wire.chunk(CHAT.opening()))
        threading.Thread(target=push, args=(request, frame * 400), daemon=True).start()
    time.sleep(1)
    assert gateway.resident_kb() - before < 64_000
    for client in clients:
        client.close()
    assert all(request.was_left() for request in requests)
    for request in requests:
        request.finish()
    assert_serves(gateway, upstream)


def push(request, data):
    try:
        request.send(data)
    except OSError:
        pass


def act_at_random(gateway, seed, wrong):
    """One client of the crowd: some behave, most do not."""
    dice = chance()
    dice.seed(seed)
    for _ in range(60 if FULL else 15):
        family = dice.choice([CHAT, ANTHROPIC])
        is_stream = dice.random() < 0.6
        data = gateway.post(family.target(is_stream), family.body(is_stream))
        try:
            with gateway.connect() as client:
                mood = dice.randrange(5)
                if mood == 0:
                    client.send(data[:dice.randrange(len(data))])
                    client.reset()
                elif mood == 1:
                    client.send(data)
                    client.exactly(dice.randrange(1, 200))
                    client.reset()
                elif mood == 2:
                    bad = bytearray(data)
                    bad[dice.randrange(len(bad))] = dice.randrange(256)
                    client.send(bytes(bad))
                    client.finish_sending()
                    client.rest()
                else:
                    client.send(data)
                    assert read_end(client, family, is_stream) == 200
        except (OSError, wire.Closed):
            pass
        except AssertionError as error:
            wrong.append(error)


def test_all_of_it_at_once(echo, storm):
    gateway = storm({"upstream_accounts": [CHAT.account(echo)], "server": {"workers": 2}})
    wrong = []
    crowd = [threading.Thread(target=act_at_random, args=(gateway, seed, wrong))
             for seed in range(12)]
    for client in crowd:
        client.start()
    for client in crowd:
        client.join()
    assert not wrong, wrong[0]
    assert succeeds(gateway)
