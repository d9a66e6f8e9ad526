"""Several hundred mixed requests against an upstream that keeps its own books:
what it counted is what the gateway says, to the unit, wherever it says it."""
import json
import random
import re
import sqlite3
import subprocess
import threading
import time

import pytest

from lab import wire
from lab.gateway import account
from lab.upstream import Upstream

REQUESTS = 300
PRICES = {"good-*": {"in": 3, "out": 15, "cache_read": 0.3, "cache_write": 3.75}}
JSON = [("Content-Type", "application/json")]


class Books:
    """Answers at random, and keeps what it told."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.asked_usage = 0
        self.told = dict.fromkeys(("requests", "errors", "tokens_in", "tokens_out",
                                   "cache_read", "cache_write", "reasoning"), 0)
        self.micro_usd = 0

    def note(self, error=False, uncached=0, out=0, cached=0, written=0, reasoning=0):
        self.told["requests"] += 1
        self.told["errors"] += error
        self.told["tokens_in"] += uncached + cached + written
        self.told["tokens_out"] += out
        self.told["cache_read"] += cached
        self.told["cache_write"] += written
        self.told["reasoning"] += reasoning
        self.micro_usd += uncached * 3 + cached * 0.3 + written * 3.75 + out * 15

    def reply(self, request):
        with self.lock:
            body = json.loads(request.body)
            if self.random.random() < 0.1:
                self.note(error=True)
                return wire.json_answer({"error": {"message": "no", "type": "x"}}, 400)
            if request.target.endswith("/messages"):
                return self.anthropic(body)
            if request.target.endswith("/chat/completions"):
                return self.chat(body)
            return self.gemini("stream" in request.target)

    def counts(self):
        return [self.random.randrange(1, 5000) for _ in range(4)]

    def anthropic(self, body):
        uncached, out, cached, written = self.counts()
        self.note(uncached=uncached, out=out, cached=cached, written=written)
        usage = {"input_tokens": uncached, "cache_read_input_tokens": cached,
                 "cache_creation_input_tokens": written, "output_tokens": 1}
        if not body.get("stream"):
            return wire.json_answer({
                "type": "message", "role": "assistant", "model": body["model"],
                "content": [{"type": "text", "text": "\"usage\": {\"output_tokens\": 7}"}],
                "usage": {**usage, "output_tokens": out}})
        return stream([
            {"type": "message_start", "message": {"model": body["model"], "usage": usage}},
            {"type": "content_block_delta", "index": 0,
             "delta": {"type": "text_delta", "text": "usage"}},
            {"type": "message_delta", "delta": {}, "usage": {"output_tokens": out}},
            {"type": "message_stop"}], named=True)

    def chat(self, body):
        uncached, out, cached, reasoning = self.counts()
        usage = {"prompt_tokens": uncached + cached, "completion_tokens": out,
                 "prompt_tokens_details": {"cached_tokens": cached},
                 "completion_tokens_details": {"reasoning_tokens": min(out, reasoning)}}
        self.note(uncached=uncached, out=out, cached=cached, reasoning=min(out, reasoning))
        if not body.get("stream"):
            return wire.json_answer({
                "model": body["model"], "usage": usage,
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"},
                             "finish_reason": "stop"}]})
        assert body["stream_options"]["include_usage"] is True
        self.asked_usage += 1
        return stream([
            {"choices": [{"index": 0, "delta": {"content": "hi"}}], "usage": None},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": usage}], done=b"data: [DONE]\n\n")

    def gemini(self, is_stream):
        uncached, out, cached, thoughts = self.counts()
        self.note(uncached=uncached, out=out + thoughts, cached=cached, reasoning=thoughts)
        chunk = {"candidates": [{"content": {"parts": [{"text": "hi"}], "role": "model"}}]}
        usage = {"promptTokenCount": uncached + cached, "cachedContentTokenCount": cached,
                 "candidatesTokenCount": out, "thoughtsTokenCount": thoughts}
        last = {"candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}],
                "usageMetadata": usage}
        if not is_stream:
            return wire.json_answer({**chunk, "usageMetadata": usage})
        return stream([{**chunk, "usageMetadata": {"promptTokenCount": 1}}, last])


def stream(events, named=False, done=b""):
    body = b"".join(
        (b"event: " + e["type"].encode() + b"\n" if named else b"") +
        b"data: " + json.dumps(e).encode() + b"\n\n" for e in events) + done
    return wire.stream_head() + wire.chunk(body) + wire.chunk(b"")


def request(gateway, rng):
    is_stream = rng.random() < 0.5
    kind = rng.choice(("anthropic", "chat", "gemini"))
    if kind == "gemini":
        verb = "streamGenerateContent?alt=sse" if is_stream else "generateContent"
        return gateway.post(f"/v1beta/models/good-gemini:{verb}",
                            {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
    body = {"model": f"good-{kind}", "stream": is_stream, "max_tokens": 5,
            "messages": [{"role": "user", "content": "hi"}]}
    return gateway.post("/v1/messages" if kind == "anthropic" else "/v1/chat/completions", body)


@pytest.fixture
def world(start):
    books = Books(7)
    with Upstream(books.reply) as upstream:
        gateway = start({
            "server": {"workers": 2},
            "upstream_accounts": [
                account("a", "anthropic", upstream, models=["good-anthropic"]),
                account("o", "openai", upstream, models=["good-chat"]),
                account("g", "google", upstream, models=["good-gemini"])],
            "usage": {"prices": PRICES}})
        yield gateway, books


def run_all(gateway, count=REQUESTS):
    rng = random.Random(11)
    for _ in range(count):
        answer = gateway.call(request(gateway, rng))
        assert answer.status in (200, 400)
        if b'"finish_reason": "stop"' in answer.body and b"data:" in answer.body:
            # the chunk that only the gateway asked for stays with it
            assert b'"choices": []' not in answer.body


def usage_of(gateway, by="upstream"):
    return gateway.control("GET", f"/v1/usage?by={by}&since=1h").json()


def test_the_books_agree(world):
    gateway, books = world
    run_all(gateway)
    usage = usage_of(gateway)
    total = usage["total"]
    assert {name: total[name] for name in books.told} == books.told
    assert round(total["cost_usd"] * 1e6, 3) == round(books.micro_usd, 3)
    assert {row["name"] for row in usage["rows"]} == {"a", "o", "g"}
    assert books.asked_usage > 0

    status = gateway.control("GET", "/v1/status").json()
    assert status["totals"]["requests"] == books.told["requests"]
    assert status["totals"]["errors"] == books.told["errors"]
    assert status["totals"]["tokens"]["in"] == books.told["tokens_in"]
    assert status["totals"]["cost_usd"] == total["cost_usd"]
    assert sum(u["requests"] for u in status["upstreams"]) == books.told["requests"]
    assert all(u["in_flight"] == 0 for u in status["upstreams"])

    records = gateway.control("GET", "/v1/requests?limit=1000").json()
    assert len(records) == books.told["requests"]
    assert sum(r["tokens"]["out"] for r in records if r["tokens"]) == books.told["tokens_out"]
    one = gateway.control("GET", f"/v1/requests/{records[5]['id']}").json()
    assert one == records[5]
    assert {r["format_out"] for r in records} == {"anthropic", "openai-chat", "gemini"}

    printed = json.loads(gateway.cli("usage", "--by=key", "--json").stdout)
    assert printed["total"] == total
    assert [row["name"] for row in printed["rows"]] == ["test"]


def test_a_killed_gateway_loses_a_second_at_most(world):
    gateway, books = world
    run_all(gateway, 40)
    before = usage_of(gateway)["total"]
    assert before["requests"] == 40
    wait_until_written(gateway)
    gateway.stop(9)
    gateway.start()
    assert usage_of(gateway)["total"] == before
    newest = gateway.control("GET", "/v1/requests?limit=50").json()
    assert [int(r["id"]) for r in newest] == list(range(40, 0, -1))
    run_all(gateway, 5)
    assert usage_of(gateway)["total"]["requests"] == 45
    assert gateway.control("GET", "/v1/requests").json()[0]["id"] == "45"


def ask_until(gateway, over, answered):
    """Asks one request after the other; (when, trace id) of each answer."""
    rng = random.Random(5)
    while not over.is_set():
        try:
            answer = gateway.call(request(gateway, rng))
        except (OSError, wire.Closed):
            return
        answered.append((time.monotonic(), answer.header("x-trace-id")))


def test_kill_9_under_load_loses_the_last_second_at_most(world):
    gateway, _ = world
    answered, over = [], threading.Event()
    for _ in range(3):
        threads = [threading.Thread(target=ask_until, args=(gateway, over, answered))
                   for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(2.3)
        gateway.stop(9)
        killed_at = time.monotonic()
        for thread in threads:
            thread.join()
        with sqlite3.connect(gateway.home / "state.db") as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            kept = {row[0] for row in db.execute("SELECT trace_id FROM requests")}
        gateway.start()
        due = {trace for at, trace in answered if at < killed_at - 1}
        assert due and due <= kept
        assert usage_of(gateway)["total"]["requests"] == len(kept)
        assert not list(gateway.home.glob("state.db.broken-*"))
        answered = [(0, trace) for trace in kept]


def metrics(gateway):
    """{(name, frozenset of labels): value}, after promtool has had its say."""
    answer = gateway.call(gateway.get("/metrics", key=False), "GET")
    assert answer.status == 200
    subprocess.run(["promtool", "check", "metrics"], input=answer.body, check=True)
    found = {}
    for line in answer.body.decode().splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if match:
            labels = frozenset(re.findall(r'(\w+)="([^"]*)"', match.group(2) or ""))
            found[match.group(1), labels] = float(match.group(3))
    return found


def total_of(found, name, **labels):
    return sum(value for (key, have), value in found.items()
               if key == name and set(labels.items()) <= have)


def test_metrics_agree(world):
    gateway, books = world
    run_all(gateway, 60)
    found = metrics(gateway)
    told = books.told
    assert total_of(found, "llm_requests_total") == told["requests"]
    assert total_of(found, "llm_requests_total", status="400") == told["errors"]
    assert total_of(found, "llm_request_duration_seconds_count") == told["requests"]
    for kind, wanted in (("output", "tokens_out"), ("cache_read", "cache_read"),
                         ("cache_write", "cache_write"), ("reasoning", "reasoning")):
        assert total_of(found, "llm_tokens_processed_total", type=kind) == told[wanted]
    assert total_of(found, "llm_tokens_processed_total", type="input") == \
        told["tokens_in"] - told["cache_read"] - told["cache_write"]
    assert round(total_of(found, "llm_cost_usd_total") * 1e6, 3) == round(books.micro_usd, 3)
    assert total_of(found, "llm_requests_in_flight") == 0
    assert total_of(found, "llm_upstream_state", state="ready") == 3


def wait_until_written(gateway):
    deadline = time.monotonic() + wire.DEADLINE
    while time.monotonic() < deadline:
        with sqlite3.connect(gateway.home / "state.db") as db:
            if db.execute("SELECT count(*) FROM requests").fetchone()[0] == 40:
                return
        time.sleep(0.05)
    raise AssertionError("the records are not written")


def test_cooldowns_survive_a_restart(world):
    gateway, _ = world
    gateway.cli("cooldown", "set", "o", "--for=1h", check=True)
    before = json.loads(gateway.cli("cooldown", "list", "--json", check=True).stdout)
    assert len(before) == 1
    assert gateway.stop() == 0
    gateway.start()
    after = json.loads(gateway.cli("cooldown", "list", "--json", check=True).stdout)
    same = ("id", "upstream", "model", "cause", "source", "since", "until")
    assert [{k: c[k] for k in same} for c in after] == [{k: c[k] for k in same} for c in before]


def test_the_days_count_survives_a_restart(start):
    books = Books(3)
    with Upstream(books.reply) as upstream:
        gateway = start({"upstream_accounts": [
            account("o", "openai", upstream, models=["good-chat"], limits={"rpd": 3})]})
        ask = {"model": "good-chat", "messages": [{"role": "user", "content": "hi"}]}
        for _ in range(3):
            gateway.call(gateway.post("/v1/chat/completions", ask))
        assert gateway.stop() == 0
        gateway.start()
        answer = gateway.call(gateway.post("/v1/chat/completions", ask))
        assert answer.status == 429
        assert books.told["requests"] == 3


def test_a_database_that_cannot_be_opened_is_said(start):
    gateway = start({}, start=False)
    (gateway.home / "state.db").mkdir()
    gateway.start()
    status = gateway.control("GET", "/v1/status").json()
    assert any("state.db" in reason for reason in status["reasons"])


def test_a_damaged_database_is_put_aside(start):
    gateway = start({}, start=False)
    (gateway.home / "state.db").write_bytes(b"this is no database" * 100)
    gateway.start()
    assert usage_of(gateway)["total"]["requests"] == 0
    assert list(gateway.home.glob("state.db.broken-*"))
