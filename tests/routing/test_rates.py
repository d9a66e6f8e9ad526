"""429: how long it lasts is read from whatever the vendors say, for as narrow
a scope as they say it of, and never guessed where it was told."""
import email.utils
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, RESPONSES
from lab.routes import ask, config, cooldowns, refusal, served_by

MODEL, ALL = "asked-model", None
DAY = 24 * 3600


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def epoch(seconds):
    return str(int(time.time() + seconds))


def openai(code, message="Rate limit reached", headers=(), **more):
    return wire.json_answer({"error": {"message": message, "type": "requests", "code": code,
                                       "param": None, **more}}, status=429, headers=headers)


def gemini(*details, message="Resource has been exhausted"):
    return wire.json_answer({"error": {"code": 429, "message": message,
                                       "status": "RESOURCE_EXHAUSTED",
                                       "details": list(details)}}, status=429)


def anthropic(*headers):
    return refusal(429, "rate_limit_error", headers=headers)


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "90s"}
PER_DAY = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [
    {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
OPENAI = {"code": "rate_limit_exceeded"}

# name; family; the answer, made when the test runs; class, scope, seconds
TOLD = [
    ("retry-after in seconds", ANTHROPIC, lambda: anthropic(("retry-after", "120")),
     "rate-limit", MODEL, 120),
    ("retry-after as a date", ANTHROPIC,
     lambda: anthropic(("retry-after", email.utils.formatdate(time.time() + 120, usegmt=True))),
     "rate-limit", MODEL, 120),
    ("retry-after-ms", CHAT, lambda: openai(**OPENAI, headers=[("retry-after-ms", "90000")]),
     "rate-limit", MODEL, 90),
    ("anthropic requests", ANTHROPIC, lambda: anthropic(
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", stamp(90))), "rate-limit", MODEL, 90),
    ("anthropic tokens", ANTHROPIC, lambda: anthropic(
        ("anthropic-ratelimit-input-tokens-remaining", "0"),
        ("anthropic-ratelimit-input-tokens-reset", stamp(80))), "rate-limit", MODEL, 80),
    ("anthropic unified", ANTHROPIC, lambda: anthropic(
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", epoch(7200))), "quota", ALL, 7200),
    ("anthropic five hours", ANTHROPIC, lambda: anthropic(
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-reset", epoch(9000)),
        ("anthropic-ratelimit-unified-7d-status", "allowed"),
        ("anthropic-ratelimit-unified-7d-reset", epoch(4 * DAY))), "quota", ALL, 9000),
    ("the last of two rejected windows", ANTHROPIC, lambda: anthropic(
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-status", "rejected"),
        ("anthropic-ratelimit-unified-5h-reset", epoch(9000)),
        ("anthropic-ratelimit-unified-7d-status", "rejected"),
        ("anthropic-ratelimit-unified-7d-reset", epoch(2 * DAY))), "quota", ALL, 2 * DAY),
    ("openai requests", CHAT, lambda: openai(**OPENAI, headers=[
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "1m30s")]), "rate-limit", MODEL, 90),
    ("openai tokens", CHAT, lambda: openai(**OPENAI, headers=[
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-tokens", "6m0s")]), "rate-limit", MODEL, 360),
    ("openai wording", CHAT, lambda: openai(
        **OPENAI, message="Rate limit reached for gpt. Please try again in 1m20s."),
     "rate-limit", MODEL, 80),
    ("openrouter", CHAT, lambda: openai(**OPENAI, headers=[
        ("X-RateLimit-Limit", "20"), ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", epoch(100) + "000")]), "rate-limit", MODEL, 100),
    ("codex headers", RESPONSES, lambda: openai("usage_limit_reached", headers=[
        ("x-codex-primary-used-percent", "100"), ("x-codex-primary-window-minutes", "300"),
        ("x-codex-primary-reset-after-seconds", "5000")]), "quota", ALL, 5000),
    ("codex body", RESPONSES, lambda: openai("usage_limit_reached", resets_in_seconds=4000),
     "quota", ALL, 4000),
    ("gemini delay", GEMINI, lambda: gemini(RETRY), "rate-limit", MODEL, 90),
    ("beyond a week", ANTHROPIC, lambda: anthropic(
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", epoch(60 * DAY))), "quota", ALL, 7 * DAY + 3600),
]


@pytest.mark.parametrize("family, answer, kind, model, seconds", [row[1:] for row in TOLD],
                         ids=[row[0] for row in TOLD])
def test_what_was_told(start, first, second, family, answer, kind, model, seconds):
    first.reply, second.reply = answer(), wire.json_answer(family.answer())
    gateway = start(config(first, second, family=family))
    assert served_by(gateway, family) == "second" and len(first.seen) == 1
    entry, = cooldowns(gateway)
    assert (entry["upstream"], entry["cause"]["class"], entry["model"], entry["source"]) == (
        "first", kind, model, "measured")
    assert seconds - 20 < entry["remaining_seconds"] <= seconds + 1
    assert entry["cause"]["status"] == 429 and entry["cause"]["header"]


GUESSED = [
    ("nothing", ANTHROPIC, lambda: anthropic(), 2, "rate-limit-unknown", MODEL, 30),
    ("not to be repeated", ANTHROPIC, lambda: anthropic(("x-should-retry", "false")),
     1, "rate-limit-unknown", MODEL, 30),
    ("a reset in the past", ANTHROPIC, lambda: anthropic(
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-ratelimit-unified-reset", epoch(-600))), 1, "quota", ALL, 1800),
    ("a day's limit with a delay of seconds", GEMINI, lambda: gemini(PER_DAY, RETRY),
     1, "quota", MODEL, 1800),
    ("no credit", CHAT, lambda: openai("insufficient_quota"), 1, "credit", ALL, 1800),
    ("nonsense", ANTHROPIC, lambda: anthropic(("retry-after", "soon")),
     2, "rate-limit-unknown", MODEL, 30),
]


@pytest.mark.parametrize("family, answer, asked, kind, model, seconds",
                         [row[1:] for row in GUESSED], ids=[row[0] for row in GUESSED])
def test_what_was_not(start, first, second, family, answer, asked, kind, model, seconds):
    first.reply, second.reply = answer(), wire.json_answer(family.answer())
    gateway = start(config(first, second, family=family))
    assert served_by(gateway, family) == "second" and len(first.seen) == asked
    entry, = cooldowns(gateway)
    assert (entry["cause"]["class"], entry["model"], entry["source"]) == (kind, model, "guessed")
    assert seconds / 2 < entry["remaining_seconds"] <= seconds


def test_a_familys_window_leaves_the_others(start, first, second):
    """The week of one model family is spent: the rest of the account is not."""
    def reply(request):
        if b"opus" not in request.body:
            return wire.json_answer(ANTHROPIC.answer())
        return anthropic(("anthropic-ratelimit-unified-status", "rejected"),
                         ("anthropic-ratelimit-unified-7d_opus-status", "rejected"),
                         ("anthropic-ratelimit-unified-7d_opus-reset", epoch(DAY)))

    first.reply, second.reply = reply, wire.json_answer(ANTHROPIC.answer())
    gateway = start(config(first, second))
    assert served_by(gateway, model="claude-opus-4-6") == "second"
    assert served_by(gateway, model="claude-opus-4-1") == "second" and len(first.seen) == 1
    assert served_by(gateway, model="claude-sonnet-4-5") == "first"


def test_a_guess_never_changes_what_was_measured(start, first, second):
    answers = [anthropic(("retry-after", "600")), refusal(500), refusal(529, "overloaded_error")]
    first.reply = lambda request: answers.pop(0)
    gateway = start(config(first, second))
    second.reply = wire.json_answer(ANTHROPIC.answer())
    assert served_by(gateway) == "second"
    until = cooldowns(gateway)[0]["until"]
    for _ in range(2):
        gateway.control("POST", "/v1/upstreams/first/test", {"model": MODEL})
    assert [entry["until"] for entry in cooldowns(gateway)
            if entry["source"] == "measured"] == [until]


@pytest.mark.parametrize("family", [ANTHROPIC, CHAT, RESPONSES, GEMINI], ids=repr)
def test_the_client_hears_the_soonest_end(start, first, second, family):
    """Every route is exhausted: 429 in the client's words, with the truth."""
    first.reply = wire.answer(429, [("retry-after", "300")], b"{}")
    second.reply = wire.answer(429, [("retry-after", "100")], b"{}")
    gateway = start(config(first, second, family=family))
    for _ in range(2):
        got = ask(gateway, family)
        assert got.status == 429
        assert 80 < int(got.header("retry-after")) <= 100, got.head.raw
    assert len(first.seen) == len(second.seen) == 1
