"""Answers that break off behind content: the client's own format says so, once
and last, what came is accounted, and nobody else is asked."""
import json

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, RESPONSES, STREAMING
from lab.routes import GOOD, ask, config, cooldowns, record, served_by, wait_for

# how each one's stream ends in an error, and what is in its data
MARKS = {
    "anthropic": lambda events: events[-1][0] == "error" and events[-1][1]["error"]["message"],
    "openai-chat": lambda events: events[-1][1]["error"]["message"],
    "openai-responses": lambda events: (
        events[-1][1].get("message") or
        (events[-1][1].get("error") or events[-1][1]["response"]["error"])["message"]),
    "gemini": lambda events: events[-1][1]["error"]["message"],
}


def half(family):
    """An upstream that breaks off in the middle of an event."""
    def reply(request):
        request.send(wire.stream_head() + wire.chunk(
            family.opening() + family.content("half")) + wire.chunk(family.content("more")[:20]))
        request.close()

    return reply


def stream_of(gateway, family, trace="broken"):
    with gateway.connect() as client:
        client.send(gateway.post(family.target(stream=True), family.body(stream=True),
                                 headers=[("X-Trace-ID", trace)]))
        answer = client.read_answer()
        assert answer.status == 200
        return answer.body


def events(body):
    """(name, data) of each event that can be read."""
    out = []
    for frame in body.replace(b"\r\n", b"\n").split(b"\n\n"):
        fields = dict(line.split(b":", 1) for line in frame.split(b"\n") if b":" in line)
        data = fields.get(b"data", b"").strip()
        try:
            out.append((fields.get(b"event", b"").strip().decode(), json.loads(data)))
        except ValueError:
            continue
    return out


@pytest.mark.parametrize("upstream", [ANTHROPIC, CHAT], ids=lambda f: f"from {f}")
@pytest.mark.parametrize("family", STREAMING, ids=lambda f: f"to {f}")
def test_the_formats_own_error_is_the_last_word(start, first, second, family, upstream):
    first.reply, second.reply = half(upstream), GOOD
    gateway = start(config(first, second, family=upstream))
    body = stream_of(gateway, family)
    # response.failed has all of the output in it
    assert body.count(b"half") == (2 if family is RESPONSES else 1)
    message = MARKS[family.name](events(body))
    assert message and "first" in message, body
    assert b"[DONE]" not in body and b"message_stop" not in body
    assert len(first.seen) == 1 and second.seen == []


@pytest.mark.parametrize("family", [RESPONSES, GEMINI], ids=repr)
def test_also_where_it_only_passes(start, first, second, family):
    first.reply, second.reply = half(family), GOOD
    gateway = start(config(first, second, family=family))
    body = stream_of(gateway, family)
    assert MARKS[family.name](events(body)) and second.seen == []


def test_what_came_is_accounted(start, first):
    first.reply = half(ANTHROPIC)
    settings = config(first)
    settings["upstream_accounts"][0]["limits"] = {"tpm": 100000}
    gateway = start(settings)
    stream_of(gateway, ANTHROPIC)
    kept = record(gateway, "broken")
    assert kept["tokens"]["in"] == 3 and kept["tokens"]["out"] >= 1
    assert kept["error"] and kept["attempts"][0]["reason"] == "broken"
    assert gateway.control("GET", "/v1/upstreams/first").json()["limits_used"]["tpm"]["used"] == (
        kept["tokens"]["in"] + kept["tokens"]["out"])


def test_five_of_them_are_a_cooldown(start, first, second):
    first.reply, second.reply = half(ANTHROPIC), GOOD
    gateway = start(config(first, second, routing={"affinity": "none"}))
    for number in range(5):
        stream_of(gateway, ANTHROPIC, f"trace-{number}")
    entry = wait_for(lambda: cooldowns(gateway))[0]
    assert entry["cause"]["class"] == "broken" and 0 < entry["remaining_seconds"] <= 30
    assert served_by(gateway) == "second"


def test_a_whole_answer_is_cut(start, first):
    """JSON has no place for an error behind its beginning."""
    def reply(request):
        request.send(wire.head("HTTP/1.1 200 OK", [("Content-Type", "application/json"),
                                                   ("Content-Length", "300000")]) +
                     b'{"half": "' + b"x" * 200000)
        request.close()

    first.reply = reply
    gateway = start(config(first))
    with pytest.raises(wire.Closed):
        ask(gateway)
