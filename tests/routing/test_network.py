"""Failures below HTTP: each goes on to the next upstream unseen, none makes a
cooldown by itself, five within a minute do, and any answer disproves it."""
import socket
import threading
import time

import pytest

from lab import wire
from lab.certificates import Authority
from lab.families import ANTHROPIC
from lab.routes import GOOD, config, cooldowns, record, refusal, served_by, stream
from lab.upstream import Upstream

LIMITS = {"connect_timeout": 1, "tls_timeout": 1, "response_timeout": 1,
          "first_token_timeout": 1, "stream_timeout": 1}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


class FullQueue:
    """Listens, but has no place left for one more connection."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.taken = []
        for _ in range(8):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(self.listener.getsockname())
            self.taken.append(sock)
        time.sleep(0.1)

    def close(self):
        for sock in (*self.taken, self.listener):
            sock.close()


def silent(sock):
    sock.recv(65536)
    time.sleep(wire.DEADLINE)


def cut_behind(data):
    """An upstream that breaks off there."""
    def reply(request):
        request.send(data)
        request.close()

    return lambda authority: Upstream(reply)


# what stands at the first address, its class in the record
KINDS = {
    "connection refused": ("unreachable", lambda authority: "http://127.0.0.1:9"),
    "unknown name": ("unreachable", lambda authority: "http://no-such-host.invalid"),
    "connect times out": ("timeout", lambda authority: FullQueue()),
    "certificate of nobody known": (
        "unreachable", lambda authority: Upstream(GOOD, tls=authority.server_context())),
    "certificate of another name": (
        "unreachable", lambda authority: Upstream(GOOD, tls=authority.server_context("other"))),
    "no TLS at all": (
        "unreachable", lambda authority: Upstream(raw=lambda sock: sock.sendall(b"hello\r\n"))),
    "TLS times out": ("timeout", lambda authority: Upstream(raw=silent)),
    "reset": ("unreachable", lambda authority: Upstream(
        lambda request: request.reset())),
    "closed before the head": ("unreachable", lambda authority: Upstream(
        lambda request: request.close())),
    "closed in the head": ("unreachable", cut_behind(b"HTTP/1.1 200 OK\r\nContent-")),
    "silence": ("timeout", lambda authority: Upstream()),
    "silence behind the head": ("timeout", lambda authority: Upstream(
        lambda request: request.send(wire.stream_head()))),
    "silence before content": ("timeout", lambda authority: Upstream(
        lambda request: request.send(wire.stream_head() + wire.chunk(ANTHROPIC.held())))),
    "cut before content": ("broken", cut_behind(
        wire.stream_head() + wire.chunk(ANTHROPIC.held()))),
}


def url_of(kind, dead):
    url = dead if isinstance(dead, str) else dead.url
    return url.replace("http:", "https:") if "TLS" in kind else url


@pytest.fixture(params=KINDS)
def dead(request, authority):
    """(URL, class) of somebody who does not answer in this way."""
    kind, make = KINDS[request.param]
    server = make(authority)
    yield url_of(request.param, server), kind
    if not isinstance(server, str):
        server.close()


def test_the_next_upstream_serves(start, second, dead):
    url, kind = dead
    second.reply = stream(ANTHROPIC.opening(), ANTHROPIC.content("whole"), ANTHROPIC.closing())
    gateway = start(config(url, second, proxy=LIMITS))
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(stream=True),
                                 headers=[("X-Trace-ID", "the-one")]))
        got = client.read_answer()
    assert got.status == 200 and b"whole" in got.body
    assert got.header("x-llm-gateway-upstream") == "second"
    assert got.header("x-llm-gateway-attempts") == "2"
    assert cooldowns(gateway) == [] and len(second.seen) == 1
    assert [a["reason"] for a in record(gateway, "the-one")["attempts"]] == [kind, None]


@pytest.mark.parametrize("dead", [kind for kind in KINDS if "silence" not in kind and
                                  "times out" not in kind] + ["silence"], indirect=True)
def test_five_in_a_minute_are_enough(start, second, dead):
    url, kind = dead
    second.reply = stream(ANTHROPIC.opening(), ANTHROPIC.content("whole"), ANTHROPIC.closing())
    gateway = start(config(url, second, proxy=LIMITS))
    for number in range(5):
        assert served_by(gateway, session=number, stream=True) == "second"
    entry, = cooldowns(gateway)
    assert entry["cause"]["class"] == kind and entry["source"] == "guessed"
    assert 0 < entry["remaining_seconds"] <= 30


def test_a_trusted_certificate_is_fine(start, authority):
    with Upstream(GOOD, tls=authority.server_context()) as good:
        gateway = start(config(good, proxy={"ca_file": str(authority.ca)}))
        assert served_by(gateway) == "first"


def test_a_stale_connection_is_no_failure(start):
    """It was kept, and had died: asked again on a fresh one, as if nothing
    had been."""
    used = set()

    def reply(request):
        if request.connection_number in used:
            request.close()
            return None
        used.add(request.connection_number)
        return GOOD

    with Upstream(reply) as flaky:
        gateway = start(config(flaky))
        for number in range(6):
            with gateway.connect() as client:
                client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(),
                                         headers=[("X-Trace-ID", f"trace-{number}")]))
                got = client.read_answer()
            assert got.status == 200 and got.header("x-llm-gateway-attempts") == "1"
        assert [a["reason"] for a in record(gateway, "trace-5")["attempts"]] == [None]
        assert cooldowns(gateway) == [] and len(flaky.seen) > 6


@pytest.mark.parametrize("status, asked", [(500, 1), (502, 2), (503, 2), (504, 2)])
def test_what_is_repeated_once(start, first, second, status, asked):
    first.reply, second.reply = refusal(status), GOOD
    gateway = start(config(first, second))
    assert served_by(gateway) == "second" and len(first.seen) == asked
    assert cooldowns(gateway) == []


def test_a_503_may_say_how_long(start, first, second):
    first.reply = refusal(503, headers=[("retry-after", "120")])
    second.reply = GOOD
    gateway = start(config(first, second))
    assert served_by(gateway) == "second" and len(first.seen) == 1
    entry, = cooldowns(gateway)
    assert entry["source"] == "measured" and 100 < entry["remaining_seconds"] <= 120


def test_half_of_ten_is_enough(start, first, second):
    """Every second request fails: that is no upstream to rely on."""
    count = iter(range(1000))
    first.reply = lambda request: refusal(500) if next(count) % 2 else GOOD
    second.reply = GOOD
    gateway = start(config(first, second, routing={"affinity": "none"}))
    for _ in range(12):
        served_by(gateway)
    entry, = cooldowns(gateway)
    assert entry["cause"]["class"] == "server-error" and len(first.seen) <= 12


def test_an_overload_goes_to_another_provider_first(start, first, second):
    """529: thrice, then another vendor before another account of the same."""
    first.reply = refusal(529, "overloaded_error")
    second.reply = GOOD
    with Upstream(GOOD) as other:
        settings = config(first, second, other)
        settings["upstream_accounts"][1]["base_url"] = first.url
        settings["upstream_accounts"][2]["provider"] = "openai-compatible"
        settings["upstream_accounts"][2]["format"] = "anthropic"
        settings["upstream_accounts"][2]["base_url"] = other.url + "/v1"
        gateway = start(settings)
        begun = time.monotonic()
        assert served_by(gateway) == "third"
        assert len(first.seen) == 3 and time.monotonic() - begun >= 1.4
    entry, = cooldowns(gateway)
    assert entry["upstream"] == "first" and 0 < entry["remaining_seconds"] <= 10


def test_a_client_that_leaves_blames_nobody(start, first):
    gateway = start(config(first))
    for _ in range(6):
        with gateway.connect() as client:
            client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body()))
            request = first.take()
        assert request.was_left()
    assert cooldowns(gateway) == []


def test_titles_and_probes_blame_nobody(start, first, second):
    """One token, no tools: a probe; whatever it meets concerns nobody else."""
    first.reply, second.reply = refusal(500), GOOD
    gateway = start(config(first, second))
    done = [threading.Thread(target=served_by, args=(gateway,), kwargs={"max_tokens": 1})
            for _ in range(8)]
    for thread in done:
        thread.start()
    for thread in done:
        thread.join()
    assert cooldowns(gateway) == []
