"""A client that leaves takes its upstream call with it, at once."""
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, STREAMING

TRANSPORTS = ["direct", "curl"]


@pytest.mark.parametrize("family", STREAMING, ids=repr)
@pytest.mark.parametrize("how", ["close", "reset"])
def test_before_the_first_byte(family, how, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream)]})
    client = gateway.connect()
    client.send(gateway.post(family.target(stream=True), family.body(stream=True)))
    request = upstream.take()
    getattr(client, how)()
    assert request.was_left()


@pytest.mark.parametrize("how", ["close", "reset"])
def test_inside_a_stream(how, upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    client = gateway.connect()
    client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(stream=True)))
    request = upstream.take()
    request.send(wire.stream_head() + wire.chunk(ANTHROPIC.opening() + ANTHROPIC.content("x")))
    client.read_head()
    client.read_chunk()
    getattr(client, how)()
    assert request.was_left()


def test_while_the_head_is_held(upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    client = gateway.connect()
    client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(stream=True)))
    request = upstream.take()
    request.send(wire.stream_head() + wire.chunk(ANTHROPIC.held()))
    time.sleep(0.1)
    client.close()
    assert request.was_left()


def test_while_a_large_answer_waits_for_the_client(upstream, start):
    """Stalled, then gone: the paused upstream is given up, too."""
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    client = gateway.connect()
    client.send(gateway.post(CHAT.path, CHAT.body(stream=True)))
    request = upstream.take()
    request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("a")))
    frame = wire.chunk(CHAT.content("x" * 60_000))
    request.wire.sock.settimeout(1)
    with pytest.raises(TimeoutError):
        while True:
            request.wire.sock.sendall(frame)
    client.close()
    request.wire.sock.settimeout(wire.DEADLINE)
    with pytest.raises(ConnectionError):
        while True:
            request.wire.sock.sendall(frame)


def test_before_the_body_is_complete(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    client = gateway.connect()
    client.send(gateway.post(CHAT.path, CHAT.body())[:-5])
    client.close()
    assert upstream.is_quiet()
    with gateway.connect() as other:
        other.send(gateway.post(CHAT.path, CHAT.body()))
        upstream.take().answer(wire.json_answer(CHAT.answer()))
        assert other.read_answer().status == 200


def test_nothing_stays_in_flight(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    for _ in range(20):
        client = gateway.connect()
        client.send(gateway.post(CHAT.path, CHAT.body(stream=True)))
        request = upstream.take()
        client.reset()
        assert request.was_left()
        request.close()
    deadline = time.monotonic() + wire.DEADLINE
    while gateway.control("GET", "/v1/status").json()["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert gateway.control("GET", "/v1/status").json()["in_flight"] == 0


def test_many_clients_leave_together(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "server": {"workers": 2}})
    clients, requests = [], []
    for _ in range(50):
        client = gateway.connect()
        client.send(gateway.post(CHAT.path, CHAT.body(stream=True)))
        clients.append(client)
        requests.append(upstream.take())
    for client in clients:
        client.close()
    assert all(request.was_left() for request in requests)
