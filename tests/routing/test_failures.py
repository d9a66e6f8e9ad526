"""What each failure of an upstream means: for the client, for the next route,
for the ledger. Two upstreams of one format; the first is asked first."""
import threading
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, RESPONSES
from lab.upstream import Upstream

GOOD = wire.json_answer(ANTHROPIC.answer())


def refusal(status, kind, message="because", headers=()):
    return wire.json_answer({"type": "error", "error": {"type": kind, "message": message}},
                            status=status, headers=headers)


def config(first, second=None, family=ANTHROPIC, **more):
    accounts = [family.account(first, "first", priority=1)]
    if second:
        accounts.append(family.account(second, "second", priority=2))
    return {"upstream_accounts": accounts, **more}


def send(gateway, family=ANTHROPIC, **more):
    return gateway.call(gateway.post(family.target(), family.body(**more)))


def cooldowns(gateway):
    return gateway.control("GET", "/v1/cooldowns").json()


# answer of the first upstream; requests it sees; class, scope and seconds of
# the cooldown
ROWS = [
    ("401", refusal(401, "authentication_error"), 1, ("auth", None, None)),
    ("402", refusal(402, "billing_error"), 1, ("credit", None, 1800)),
    ("no credit", refusal(400, "invalid_request_error", "Your credit balance is too low to "
                          "access the Anthropic API."), 1, ("credit", None, 1800)),
    ("403", refusal(403, "permission_error"), 1, ("permission", None, 1800)),
    ("404", refusal(404, "not_found_error", "model: asked-model"), 1,
     ("model-not-found", "asked-model", 3600)),
    ("429 blind", refusal(429, "rate_limit_error"), 2, ("rate-limit-unknown", "asked-model", 30)),
    ("529", refusal(529, "overloaded_error"), 3, ("overloaded", "asked-model", 10)),
    ("500", refusal(500, "api_error"), 1, None),
    ("502", wire.answer(502, body=b"<html>bad gateway</html>"), 2, None),
    ("503", wire.answer(503, body=b"no healthy upstream"), 2, None),
    ("error in a 200", wire.json_answer({"type": "error", "error": {
        "type": "overloaded_error", "message": "Overloaded"}}), 3,
     ("overloaded", "asked-model", 10)),
]


@pytest.mark.parametrize("answer, asked, entry", [row[1:] for row in ROWS],
                         ids=[row[0] for row in ROWS])
def test_the_next_upstream_serves(start, first, second, answer, asked, entry):
    first.reply, second.reply = answer, GOOD
    gateway = start(config(first, second))
    assert send(gateway).status == 200
    assert len(first.seen) == asked and len(second.seen) == 1
    entries = cooldowns(gateway)
    if not entry:
        assert entries == []
        return
    kind, model, seconds = entry
    only, = entries
    assert only["upstream"] == "first" and only["source"] == "guessed"
    assert only["cause"]["class"] == kind and only["model"] == model
    if seconds:
        assert 0 < only["remaining_seconds"] <= seconds
        assert only["remaining_seconds"] > seconds / 2
    else:
        assert only["until"] is None
    assert send(gateway).status == 200
    assert len(first.seen) == asked and len(second.seen) == 2


@pytest.mark.parametrize("answer", [
    refusal(400, "invalid_request_error"), refusal(413, "request_too_large"),
    refusal(422, "invalid_request_error"),
    refusal(400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"),
], ids=["400", "413", "422", "context"])
def test_the_clients_own_fault_benches_nobody(start, first, second, answer):
    first.reply, second.reply = answer, GOOD
    gateway = start(config(first, second))
    got = send(gateway)
    assert got.status == int(answer.split()[1]) and got.json()["error"]["message"]
    assert len(first.seen) == 1 and second.seen == [] and cooldowns(gateway) == []


@pytest.mark.parametrize("raw", [
    lambda sock: sock.close(),
    lambda sock: (sock.recv(65536), sock.close()),
    lambda sock: (sock.recv(65536), sock.sendall(b"nonsense\r\n\r\n"), sock.close()),
], ids=["closed", "closed after the request", "no http"])
def test_a_dead_server_is_passed_over(start, second, raw):
    second.reply = GOOD
    with Upstream(raw=raw) as dead:
        gateway = start(config(dead, second))
        assert send(gateway).status == 200
        assert cooldowns(gateway) == []


def test_nobody_listens(start, second):
    second.reply = GOOD
    gateway = start(config("http://127.0.0.1:9", second))
    for number in range(5):
        # each its own session: one that has moved stays where it is
        assert send(gateway, messages=[{"role": "user", "content": f"{number}"}]).status == 200
    only, = cooldowns(gateway)
    assert only["cause"]["class"] == "unreachable" and 0 < only["remaining_seconds"] <= 30


def test_silence_is_a_timeout(start, first, second):
    second.reply = GOOD
    gateway = start(config(first, second, proxy={"response_timeout": 1}))
    assert send(gateway).status == 200
    assert first.take().was_left() and cooldowns(gateway) == []


def test_twenty_failures_at_once_escalate_once(start, first, second):
    """However many requests fail together: one step of the ladder."""
    gate = threading.Event()

    def reply(request):
        gate.wait(wire.DEADLINE)
        return refusal(500, "api_error")

    first.reply, second.reply = reply, GOOD
    gateway = start(config(first, second))
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(send(gateway).status))
               for _ in range(20)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + wire.DEADLINE
    while len(first.seen) < 20 and time.monotonic() < deadline:
        time.sleep(0.01)
    gate.set()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20 and len(first.seen) == 20
    only, = cooldowns(gateway)
    assert only["cause"]["class"] == "server-error" and only["source"] == "guessed"
    assert 0 < only["remaining_seconds"] <= 30


def test_a_short_limit_is_waited_for(start, first):
    """Nobody else can serve: the client waits instead of hearing of it."""
    answers = [refusal(429, "rate_limit_error", headers=[("retry-after", "1")]), GOOD]
    first.reply = lambda request: answers.pop(0)
    gateway = start(config(first))
    begun = time.monotonic()
    assert send(gateway).status == 200
    assert time.monotonic() - begun >= 0.9 and len(first.seen) == 2


def test_a_long_limit_moves_to_the_next(start, first, second):
    first.reply = refusal(429, "rate_limit_error", headers=[("retry-after", "120")])
    second.reply = GOOD
    gateway = start(config(first, second))
    assert send(gateway).status == 200 and len(first.seen) == 1
    only, = cooldowns(gateway)
    assert only["source"] == "measured" and 110 < only["remaining_seconds"] <= 120
    assert "retry-after" in only["cause"]["header"].lower()


def test_a_long_limit_of_the_only_one_is_told(start, first):
    first.reply = refusal(429, "rate_limit_error", headers=[("retry-after", "120")])
    gateway = start(config(first))
    for _ in range(2):
        got = send(gateway)
        ANTHROPIC.check_error(got, 429)
        assert 100 < int(got.header("retry-after")) <= 120
    assert len(first.seen) == 1


def test_a_spent_window_ends_when_it_says(start, first, second):
    reset = int(time.time()) + 7200
    first.reply = refusal(429, "rate_limit_error", headers=[
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", str(reset))])
    second.reply = GOOD
    gateway = start(config(first, second))
    assert send(gateway).status == 200 and len(first.seen) == 1
    only, = cooldowns(gateway)
    assert only["cause"]["class"] == "quota" and only["source"] == "measured"
    assert abs(only["remaining_seconds"] - 7200) < 60


def test_counting_tokens_blames_nobody(start, first, second):
    first.reply, second.reply = refusal(404, "not_found_error"), GOOD
    gateway = start(config(first, second))
    gateway.call(gateway.post("/v1/messages/count_tokens", ANTHROPIC.body()))
    assert cooldowns(gateway) == []


def test_all_failed_shows_the_most_useful(start, first, second):
    first.reply = refusal(429, "rate_limit_error", "slow down, please",
                          headers=[("retry-after", "300")])
    second.reply = refusal(500, "api_error", "oops")
    gateway = start(config(first, second))
    got = send(gateway)
    error = ANTHROPIC.check_error(got, 429)
    assert error["message"].startswith("slow down, please")
    assert "first" in error["message"] and "second" in error["message"]


# --- streams ---

def stream(gateway, family):
    """(head, everything that follows it until the connection's end or the last chunk)"""
    with gateway.connect() as client:
        client.send(gateway.post(family.target(stream=True), family.body(stream=True)))
        answer = client.read_answer()
        return answer.status, answer.body


@pytest.mark.parametrize("family", [ANTHROPIC, CHAT, RESPONSES], ids=repr)
def test_broken_before_content_goes_on_unseen(start, first, second, family):
    def broken(request):
        request.send(wire.stream_head() + wire.chunk(family.held()))
        request.close()

    first.reply = broken
    second.reply = wire.stream_head() + b"".join(map(wire.chunk, (
        family.opening(), family.content("whole"), family.closing()))) + wire.LAST_CHUNK
    gateway = start(config(first, second, family))
    status, body = stream(gateway, family)
    assert status == 200 and b"whole" in body and b"error" not in body.lower().replace(
        b'"error":null', b"")
    assert len(first.seen) == 1 and len(second.seen) == 1 and cooldowns(gateway) == []


def test_an_error_inside_a_good_stream_counts_as_its_class(start, first, second):
    first.reply = wire.stream_head() + wire.chunk(ANTHROPIC.held() + wire.sse(
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        event="error")) + wire.LAST_CHUNK
    second.reply = wire.stream_head() + b"".join(map(wire.chunk, (
        ANTHROPIC.opening(), ANTHROPIC.content("whole"), ANTHROPIC.closing()))) + wire.LAST_CHUNK
    gateway = start(config(first, second))
    status, body = stream(gateway, ANTHROPIC)
    assert status == 200 and b"whole" in body and b"Overloaded" not in body
    assert len(first.seen) == 3 and len(second.seen) == 1
    only, = cooldowns(gateway)
    assert only["cause"]["class"] == "overloaded" and only["model"] == "asked-model"


def test_a_good_answer_tells_what_is_left(start, first, second):
    """Who says in a good answer that his window is spent is not asked again."""
    reset = int(time.time()) + 3600
    first.reply = wire.json_answer(ANTHROPIC.answer(), headers=[
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", str(reset))])
    second.reply = GOOD
    gateway = start(config(first, second))
    for _ in range(2):
        assert send(gateway).status == 200
    assert len(first.seen) == 1 and len(second.seen) == 1
    assert gateway.control("GET", "/v1/upstreams/first").json()["state"] == "cooldown"


@pytest.mark.parametrize("family, mark", [
    (ANTHROPIC, b"event: error"), (CHAT, b'"error"'), (RESPONSES, b"response.failed"),
], ids=["anthropic", "chat", "responses"])
def test_broken_after_content_ends_with_an_error(start, first, second, family, mark):
    def broken(request):
        request.send(wire.stream_head() + wire.chunk(family.opening()) +
                     wire.chunk(family.content("half")))
        request.close()

    first.reply = broken
    gateway = start(config(first, second, family))
    status, body = stream(gateway, family)
    assert status == 200 and body.count(b"half") == 1
    assert mark in body[body.index(b"half"):] or (
        family is RESPONSES and b"event: error" in body)
    assert second.seen == []


def test_a_whole_answer_that_breaks_off_is_cut_at_once(start):
    """It had begun to flow: the connection ends, in whatever turn that comes."""
    def half(sock):
        sock.settimeout(wire.DEADLINE)
        sock.recv(65536)
        sock.sendall(wire.head("HTTP/1.1 200 OK", [("Content-Length", "200000")]) +
                     b'{"half":"' + b"x" * 100000)
        sock.close()

    with Upstream(raw=half) as dead:
        gateway = start(config(dead))
        for _ in range(10):
            with gateway.connect() as client:
                client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body()))
                with pytest.raises(wire.Closed):
                    client.read_answer()
