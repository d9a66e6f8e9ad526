"""`concurrency:` so many requests run at once, so many wait, the rest is told
to come back."""
import time

from lab import wire
from lab.families import CHAT
from lab.gateway import account

GOOD = wire.json_answer(CHAT.answer())


def config(upstream, **concurrency):
    return {"server": {"workers": 2},
            "upstream_accounts": [account("one", "openai-compatible", upstream)],
            "concurrency": {"enabled": True, "max_requests": 2, "max_queue_size": 2,
                            "queue_timeout": 60, **concurrency}}


def send(gateway):
    client = gateway.connect()
    client.send(gateway.post(CHAT.path, CHAT.body()))
    return client


def fill(gateway, upstream, count=2):
    """So many requests run; their clients and what the upstream has of them,
    in the same order."""
    running = [(send(gateway), upstream.take()) for _ in range(count)]
    return [client for client, _ in running], [request for _, request in running]


def wait_in_flight(gateway, count):
    deadline = time.monotonic() + wire.DEADLINE
    while gateway.control("GET", "/v1/status").json()["in_flight"] != count:
        assert time.monotonic() < deadline


def test_one_that_ends_lets_the_next_in(start, first):
    gateway = start(config(first))
    clients, requests = fill(gateway, first)
    for waiting in (3, 4):
        clients.append(send(gateway))
        wait_in_flight(gateway, waiting)
    assert first.is_quiet()
    refused = send(gateway).read_answer()
    CHAT.check_error(refused, 503)
    assert int(refused.header("retry-after")) >= 1 and b"queue is full" in refused.body
    for _ in range(2):
        requests.pop(0).answer(GOOD)
        requests.append(first.take())
        assert first.is_quiet(0.1)
    for request in requests:
        request.answer(GOOD)
    assert [client.read_answer().status for client in clients] == [200] * 4
    assert gateway.call(gateway.get("/health/live")).status == 200


def test_a_wait_has_an_end(start, first):
    gateway = start(config(first, queue_timeout=1))
    clients, requests = fill(gateway, first)
    late = send(gateway).read_answer()
    CHAT.check_error(late, 503)
    assert int(late.header("retry-after")) >= 1
    for request in requests:
        request.answer(GOOD)
    assert [client.read_answer().status for client in clients] == [200] * 2


def test_who_leaves_frees_his_place(start, first):
    gateway = start(config(first))
    clients, requests = fill(gateway, first)
    gone, waits = send(gateway), send(gateway)
    wait_in_flight(gateway, 4)
    gone.close()
    clients[0].close()
    third = first.take()
    third.answer(GOOD)
    assert waits.read_answer().status == 200
    requests[1].answer(GOOD)
    assert clients[1].read_answer().status == 200
    wait_in_flight(gateway, 0)


def test_those_who_wait_are_told_at_the_end(start, first):
    gateway = start(config(first))
    running = fill(gateway, first)
    waits = send(gateway)
    wait_in_flight(gateway, 3)
    gateway.control("POST", "/v1/stop", {"now": True})
    assert waits.read_answer().status == 503
    assert [client.read_answer().status for client in running[0]] == [503] * 2
