"""Requests in progress: seen with their phase, and ended by hand."""
import socket
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, STREAMING
from lab.gateway import Gateway, account
from lab.upstream import Upstream


@pytest.fixture
def upstream():
    with Upstream() as u:
        yield u


def start_one(gateway, family, stream=True):
    client = gateway.connect()
    client.send(gateway.post(family.target(stream=stream), family.body(stream=stream)))
    return client


def running(gateway):
    return gateway.control("GET", "/v1/requests?running=1").json()


def until(gateway, phase):
    deadline = time.monotonic() + wire.DEADLINE
    while True:
        rows = running(gateway)
        if [row["phase"] for row in rows] == [phase]:
            return rows[0]
        assert time.monotonic() < deadline, rows
        time.sleep(0.02)


def quiet(gateway):
    deadline = time.monotonic() + wire.DEADLINE
    while running(gateway):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def newest_record(gateway):
    """It is written when the client has its answer, a moment later."""
    deadline = time.monotonic() + wire.DEADLINE
    while not (records := gateway.control("GET", "/v1/requests?limit=1").json()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return records[0]


def test_phases_of_a_stream(upstream):
    with Gateway({"upstream_accounts": [ANTHROPIC.account(upstream)]}) as gateway:
        assert running(gateway) == []
        client = gateway.connect()
        whole = gateway.post(ANTHROPIC.path, ANTHROPIC.body(stream=True))
        client.send(whole[:-3])
        assert until(gateway, "reading")["upstream"] is None
        client.send(whole[-3:])
        request = upstream.take()
        row = until(gateway, "waiting")
        assert row["id"].startswith("req_") and row["status"] == 0 and row["ttft_ms"] is None
        assert row["upstream"] == ANTHROPIC.account(upstream)["name"] and row["key"] == "test"
        assert len(row["attempts"]) == 1 and row["stream"]
        request.send(wire.stream_head() + wire.chunk(ANTHROPIC.opening() + ANTHROPIC.content("x")))
        client.read_head()
        row = until(gateway, "streaming")
        assert row["ttft_ms"] >= 0 and row["bytes_out"] > 0
        assert gateway.control("GET", "/v1/snapshot").json()["running"][0]["id"] == row["id"]
        assert gateway.control("GET", "/v1/requests/" + row["id"]).json()["phase"] == "streaming"
        listed = gateway.cli("request", "list", "--running", check=True).stdout.decode()
        assert row["id"] in listed and "streaming" in listed
        client.close()
        quiet(gateway)


def test_a_connection_that_is_being_made(upstream):
    """A listener whose backlog is full: nobody answers the SYN."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
            fillers.append(filler)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        entry = account("deaf", "openai", url)
        with Gateway({"upstream_accounts": [entry]}) as gateway:
            client = start_one(gateway, CHAT)
            until(gateway, "connecting")
            client.close()
        for filler in fillers:
            filler.close()


def test_waiting_for_a_place(upstream):
    with Gateway({"upstream_accounts": [CHAT.account(upstream)],
                  "concurrency": {"enabled": True, "max_requests": 1}}) as gateway:
        first = start_one(gateway, CHAT)
        request = upstream.take()
        second = start_one(gateway, CHAT)
        deadline = time.monotonic() + wire.DEADLINE
        while sorted(r["phase"] for r in running(gateway)) != ["queued", "waiting"]:
            assert time.monotonic() < deadline
        queued, = [r for r in running(gateway) if r["phase"] == "queued"]
        done = gateway.cli("request", "cancel", queued["id"], check=True)
        assert done.stdout.decode() == f"Cancelled {queued['id']}.\n"
        assert second.read_answer().status == 499
        request.answer(wire.json_answer(CHAT.answer()))
        assert first.read_answer().status == 200


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_cancel_before_content(family, upstream):
    with Gateway({"upstream_accounts": [family.account(upstream)]}) as gateway:
        client = start_one(gateway, family)
        request = upstream.take()
        row = until(gateway, "waiting")
        assert gateway.control("POST", f"/v1/requests/{row['id']}/cancel").status == 200
        answer = client.read_answer()
        assert answer.status == 499 and b"cancelled" in answer.body
        assert request.was_left()
        assert gateway.control("GET", "/v1/cooldowns").json() == []
        assert newest_record(gateway)["status"] == 499


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_cancel_inside_a_stream(family, upstream):
    with Gateway({"upstream_accounts": [family.account(upstream)]}) as gateway:
        client = start_one(gateway, family)
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(family.opening() + family.content("x")))
        client.read_head()
        row = until(gateway, "streaming")
        gateway.cli("request", "cancel", row["trace_id"], check=True)
        assert request.was_left()
        rest = b""
        while chunk := client.read_chunk():
            rest += chunk
        assert b"cancelled at the gateway" in rest
        record = newest_record(gateway)
        assert record["status"] == 499 and "cancelled" in record["error"]
        upstream_view = gateway.control("GET", "/v1/upstreams").json()[0]
        assert upstream_view["errors"] == 0 and upstream_view["state"] == "ready"


def test_cancel_of_what_does_not_run(upstream):
    with Gateway({"upstream_accounts": [CHAT.account(upstream)]}) as gateway:
        assert gateway.control("POST", "/v1/requests/req_nothing/cancel").status == 404
        assert gateway.cli("request", "cancel", "req_nothing").returncode == 4


def test_tokens_are_reckoned_from_earlier_streams(upstream):
    """The same stream twice: the second one, cut in half, has half the tokens."""
    with Gateway({"upstream_accounts": [CHAT.account(upstream)]}) as gateway:
        usage = (b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
                 b'"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":40,'
                 b'"total_tokens":45}}\n\n')
        words = b"".join(CHAT.content("word ") for _ in range(40))
        client = start_one(gateway, CHAT)
        upstream.take().answer(wire.stream_head() + wire.chunk(CHAT.opening() + words + usage +
                                                               b"data: [DONE]\n\n") + wire.chunk(b""))
        client.read_answer()
        client = start_one(gateway, CHAT)
        request = upstream.take()
        half = b"".join(CHAT.content("word ") for _ in range(20))
        request.send(wire.stream_head() + wire.chunk(CHAT.opening() + half))
        client.read_head()
        row = until(gateway, "streaming")
        assert row["tokens"] is None and row["tokens_estimated"]
        assert 15 <= row["tokens_out"] <= 25
        client.close()
