"""Answers that say 200 and are none: before any content reached the client
they count as what they are, and the next upstream serves."""
import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, RESPONSES, STREAMING

PATTERN = {"detection": {"error_patterns": ["Quota Exhausted"]}}


def config(first, second, family, **more):
    return {"upstream_accounts": [family.account(first, "first", priority=1),
                                  family.account(second, "second", priority=2)], **more}


def good(family):
    return wire.json_answer(family.answer(text="whole"))


def chunks(*parts):
    """A whole stream; an empty part would be its end."""
    return wire.stream_head() + b"".join(map(wire.chunk, filter(None, parts))) + wire.LAST_CHUNK


def good_stream(family):
    return chunks(family.opening(), family.content("whole"), family.closing())


def ask(gateway, family, stream=False):
    with gateway.connect() as client:
        client.send(gateway.post(family.target(stream=stream), family.body(stream=stream)))
        return client.read_answer()


def served_by(gateway, family, stream=False):
    got = ask(gateway, family, stream)
    assert got.status == 200 and b"whole" in got.body, (got.head.raw, got.body)
    return got.header("x-llm-gateway-upstream")


NONE = [
    ("empty", b"", "text/plain"),
    ("blank", b" \n", "application/json"),
    ("page", b"<!DOCTYPE html><html><body>Welcome to nginx</body></html>", "text/html"),
    ("bot check", b"<html><title>Just a moment...</title></html>", "text/html"),
    ("error object", b'{"error": {"message": "oops", "type": "server_error"}}',
     "application/json"),
]


@pytest.mark.parametrize("family", STREAMING, ids=repr)
@pytest.mark.parametrize("body, kind", [row[1:] for row in NONE], ids=[row[0] for row in NONE])
def test_a_200_that_is_no_answer(start, first, second, family, body, kind):
    first.reply = wire.answer(200, [("Content-Type", kind)], body)
    second.reply = good(family)
    gateway = start(config(first, second, family))
    assert served_by(gateway, family) == "second"


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_a_stream_that_ends_without_content(start, first, second, family):
    """Cleanly, with its last chunk: still no answer."""
    held = family.held() or b": nothing yet\n\n"
    first.reply = chunks(held)
    second.reply = good_stream(family)
    gateway = start(config(first, second, family))
    assert served_by(gateway, family, stream=True) == "second"


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_a_configured_text_in_a_whole_body(start, first, second, family):
    """No error's shape, but what the user said is one."""
    first.reply = wire.json_answer({"code": 0, "note": "your QUOTA exhausted, sorry"})
    second.reply = good(family)
    gateway = start(config(first, second, family, **PATTERN))
    assert served_by(gateway, family) == "second"
    assert gateway.control("GET", "/v1/cooldowns").json() == []


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_what_a_model_says_is_no_error(start, first, second, family):
    first.reply = wire.json_answer(family.answer(text="whole: quota exhausted means ..."))
    second.reply = good(family)
    gateway = start(config(first, second, family, **PATTERN))
    assert served_by(gateway, family) == "first"


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_nor_is_what_it_says_in_a_stream(start, first, second, family):
    first.reply = chunks(family.opening() + family.content("whole: quota exhausted"),
                         family.closing())
    second.reply = good_stream(family)
    gateway = start(config(first, second, family, **PATTERN))
    assert served_by(gateway, family, stream=True) == "first"


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_a_configured_text_before_the_content_of_a_stream(start, first, second, family):
    first.reply = chunks(b": quota exhausted\n\n" + family.opening() + family.content("half"),
                         family.closing())
    second.reply = good_stream(family)
    gateway = start(config(first, second, family, **PATTERN))
    assert served_by(gateway, family, stream=True) == "second"


def test_without_a_second_the_client_hears_of_it(start, first):
    first.reply = wire.answer(200, [("Content-Type", "application/json")], b"")
    gateway = start({"upstream_accounts": [CHAT.account(first, "first")]})
    error = CHAT.check_error(ask(gateway, CHAT), 502)
    assert "first" in error["message"] and "empty answer" in error["message"]


@pytest.mark.parametrize("family, mark", [
    (ANTHROPIC, b"event: error"), (RESPONSES, b"error"), (CHAT, b'"error"'),
    (GEMINI, b'"error"'),
], ids=repr)
def test_a_stream_that_ends_before_its_last_event(start, first, second, family, mark):
    """A clean end of the connection is none of the answer."""
    first.reply = chunks(family.opening(), family.content("half"))
    gateway = start(config(first, second, family))
    got = ask(gateway, family, stream=True)
    assert got.status == 200 and got.body.count(b"half") == 1
    assert mark in got.body[got.body.index(b"half"):]
    assert second.seen == []


@pytest.mark.parametrize("tail", [
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason": "stop"}],"timings":{"n":1}}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n',
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n',
    b"data: [DONE]\n\n",
], ids=["reason", "reason and counts", "counts", "mark"])
@pytest.mark.parametrize("at_once", [True, False])
def test_each_sign_of_an_end_is_one(start, first, second, tail, at_once):
    """Not every server that speaks Chat sends all of them."""
    begin = CHAT.opening() + CHAT.content("whole")
    first.reply = chunks(begin + tail) if at_once else chunks(begin, tail)
    gateway = start(config(first, second, CHAT))
    assert ask(gateway, CHAT, stream=True).body == begin + tail


@pytest.mark.parametrize("family", [ANTHROPIC, CHAT, RESPONSES, GEMINI], ids=repr)
def test_a_whole_stream_gets_no_byte_more(start, first, second, family):
    parts = (family.opening(), family.content("whole"), family.closing())
    first.reply = chunks(*parts)
    gateway = start(config(first, second, family))
    assert ask(gateway, family, stream=True).body == b"".join(parts)


def test_an_error_of_its_own_is_the_last_word(start, first, second):
    said = wire.sse({"type": "error", "error": {"type": "api_error", "message": "oops"}},
                    event="error")
    first.reply = chunks(ANTHROPIC.opening(), ANTHROPIC.content("half") + said)
    gateway = start(config(first, second, ANTHROPIC))
    assert ask(gateway, ANTHROPIC, stream=True).body.count(b"event: error") == 1
