"""Five thousand random requests, in all four formats, as they are and
converted, whole and streamed; some are refused, fail, break off or are left by
their clients. What upstreams and clients have counted is what the gateway says,
to the unit, wherever it says it."""
import collections
import json
import os
import random
import re
import subprocess
import threading

import pytest

from lab import wire
from lab.families import STREAMING
from lab.gateway import account
from lab.upstream import Upstream

REQUESTS = int(os.environ.get("SUMS_REQUESTS", 5000))
CLIENTS = 4
SEED = 20261121
PROVIDERS = {"anthropic": "anthropic", "openai-chat": "openai", "openai-responses": "openai",
             "gemini": "google"}
# USD per million tokens, hence micro-dollars a token; exact in hundredths
PRICE = {"in": 3, "out": 15, "cache_read": 0.3, "cache_write": 3.75}
FATES = ["whole"] * 9 + ["stream"] * 9 + ["refused", "failing", "broken", "left"]
BY_NAME = {family.name: family for family in STREAMING}


class Plan:
    """What happens to one request: follows from its number alone, so that the
    threads' order does not matter."""

    def __init__(self, number):
        rng = random.Random(SEED + number)
        self.number = number
        self.client = BY_NAME[rng.choice(sorted(PROVIDERS))]
        self.upstream = self.client if rng.random() < 0.5 else BY_NAME[rng.choice(sorted(PROVIDERS))]
        self.fate = rng.choice(FATES)
        self.is_stream = self.fate in ("stream", "broken", "left") or \
            (self.fate == "failing" and rng.random() < 0.5)
        self.uncached, self.out, self.cached, self.written = \
            (rng.randrange(1, 5000) for _ in range(4))
        self.reasoning = rng.randrange(0, self.out)
        if self.upstream.name != "anthropic":
            self.written = 0
        else:
            self.reasoning = 0

    def usage(self, partial=False):
        """As the upstream's format tells it; partial: at the answer's beginning."""
        out, prompt = self.out, self.uncached + self.cached
        if self.upstream.name == "anthropic":
            return {"input_tokens": self.uncached, "cache_read_input_tokens": self.cached,
                    "cache_creation_input_tokens": self.written,
                    "output_tokens": 1 if partial else out}
        if self.upstream.name == "gemini":
            if partial:
                return {"promptTokenCount": prompt, "totalTokenCount": prompt}
            return {"promptTokenCount": prompt, "cachedContentTokenCount": self.cached,
                    "candidatesTokenCount": out - self.reasoning,
                    "thoughtsTokenCount": self.reasoning, "totalTokenCount": prompt + out}
        if partial:
            return None
        if self.upstream.name == "openai-chat":
            return {"prompt_tokens": prompt, "completion_tokens": out,
                    "total_tokens": prompt + out,
                    "prompt_tokens_details": {"cached_tokens": self.cached},
                    "completion_tokens_details": {"reasoning_tokens": self.reasoning}}
        return {"input_tokens": prompt, "output_tokens": out, "total_tokens": prompt + out,
                "input_tokens_details": {"cached_tokens": self.cached},
                "output_tokens_details": {"reasoning_tokens": self.reasoning}}

    def told(self, partial=False):
        """(uncached, out, cached, written, reasoning) that usage() says."""
        if not partial:
            return self.uncached, self.out, self.cached, self.written, self.reasoning
        if self.upstream.name == "anthropic":
            return self.uncached, 1, self.cached, self.written, 0
        if self.upstream.name == "gemini":
            return self.uncached + self.cached, 0, 0, 0, 0
        return 0, 0, 0, 0, 0


def with_usage(frames, plan, partial):
    """Frames of a family with the plan's usage where the family has its own."""
    out = []
    for frame in frames.decode().split("\n\n"):
        match = re.search(r"^data: (\{.*\})$", frame, re.M)
        if match:
            value = json.loads(match.group(1))
            for holder in (value, value.get("message"), value.get("response")):
                for name in ("usage", "usageMetadata"):
                    if isinstance(holder, dict) and name in holder:
                        holder[name] = plan.usage(partial)
            frame = frame.replace(match.group(0), "data: " + json.dumps(value))
        out.append(frame)
    return "\n\n".join(out).encode()


class Books:
    def __init__(self):
        self.lock = threading.Lock()
        self.tokens = collections.defaultdict(lambda: [0] * 5)     # by account
        self.failed_once = set()
        self.statuses = collections.Counter()
        self.errors = 0

    def note(self, account_name, told):
        with self.lock:
            sums = self.tokens[account_name]
            for i, count in enumerate(told):
                sums[i] += count

    def reply(self, request):
        plan = Plan(int(re.search(rb"plan (\d+)\.", request.body).group(1)))
        name = re.search(rb"upstream-secret-([a-z0-9-]+)", request.head.raw).group(1).decode()
        family = plan.upstream
        if plan.fate == "refused":
            return wire.json_answer({"error": {"message": "no", "type": "x", "code": 400}}, 400)
        if plan.fate == "failing" and name.startswith("first"):
            return wire.json_answer({"error": {"message": "down", "type": "x"}}, 500)
        if not plan.is_stream:
            answer = family.answer(text="all of it")
            answer["usageMetadata" if family.name == "gemini" else "usage"] = plan.usage()
            self.note(name, plan.told())
            return wire.json_answer(answer)
        begin = with_usage(family.opening() + family.content("some"), plan, partial=True)
        end = with_usage(family.closing(), plan, partial=False)
        if family.name == "openai-chat":
            end = end.replace(b"data: [DONE]", b"data: " + json.dumps(
                {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
                 "choices": [], "usage": plan.usage()}).encode() + b"\n\ndata: [DONE]")
        if plan.fate in ("broken", "left"):
            self.note(name, plan.told(partial=True))
            request.send(wire.stream_head() + wire.chunk(begin))
            if plan.fate == "left":
                request.was_left()
            request.close()
            return None
        self.note(name, plan.told())
        return wire.stream_head() + wire.chunk(begin) + wire.chunk(end) + wire.LAST_CHUNK


def ask(plan, family):
    text = f"plan {plan.number}."
    model = "m-" + plan.upstream.name
    if family.name == "gemini":
        more = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    elif family.name == "openai-responses":
        more = {"input": text}
    else:
        more = {"messages": [{"role": "user", "content": text}]}
    if family.name == "anthropic":
        more["max_tokens"] = 100
    return family.target(plan.is_stream, model), family.body(plan.is_stream, model, **more)


def run_client(gateway, books, numbers, problems):
    client = gateway.connect()
    for number in numbers:
        plan = Plan(number)
        client.send(gateway.post(*ask(plan, plan.client)))
        if plan.fate == "left":
            client.until(b"some")
            client.reset()
            client = gateway.connect()
            status = 499
        else:
            answer = client.read_answer()
            status = answer.status
        with books.lock:
            books.statuses[status] += 1
            books.errors += status >= 400 and status != 499 or plan.fate == "broken"
        wanted = {"refused": 400, "left": 499}.get(plan.fate, 200)
        if status != wanted:
            problems.append((number, plan.fate, plan.client, plan.upstream, answer.head.raw,
                             answer.body))
        if number % 20 == 0:
            # what failed is asked again at once, so that failures go on
            gateway.control("DELETE", "/v1/cooldowns")
    client.close()


def accounts(upstream):
    for name, provider in PROVIDERS.items():
        for place, first in enumerate(("first", "second")):
            yield account(f"{first}-{name}", provider, upstream, format=name, priority=place + 1,
                          models=["m-" + name], options={"ask_usage": "true"}
                          if name == "openai-chat" else {})


@pytest.fixture(scope="module")
def world():
    from lab.gateway import Gateway
    books, problems = Books(), []
    with Upstream(books.reply) as upstream:
        gateway = Gateway({"server": {"workers": 2},
                           "upstream_accounts": list(accounts(upstream)),
                           "usage": {"prices": {"m-*": PRICE}}})
        try:
            threads = [threading.Thread(target=run_client, args=(
                gateway, books, range(n, REQUESTS, CLIENTS), problems)) for n in range(CLIENTS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert problems[:5] == []
            yield gateway, books
        finally:
            gateway.close()


NAMES = ("uncached", "out", "cached", "written", "reasoning")


def sums_of(books, account_name=None):
    rows = [books.tokens[account_name]] if account_name else books.tokens.values()
    return dict(zip(NAMES, map(sum, zip(*rows))))


def told_as_usage(sums):
    return {"tokens_in": sums["uncached"] + sums["cached"] + sums["written"],
            "tokens_out": sums["out"], "cache_read": sums["cached"],
            "cache_write": sums["written"], "reasoning": sums["reasoning"]}


def cost_of(sums):
    """In hundredths of a micro-dollar."""
    return (sums["uncached"] * 300 + sums["out"] * 1500 + sums["cached"] * 30 +
            sums["written"] * 375)


def test_the_run_had_everything(world):
    _, books = world
    assert sum(books.statuses.values()) == REQUESTS
    assert set(books.statuses) == {200, 400, 499}
    assert len(books.tokens) == 2 * len(PROVIDERS)


def test_usage_agrees(world):
    gateway, books = world
    total = json.loads(gateway.cli("usage", "--json", check=True).stdout)["total"]
    sums = sums_of(books)
    assert {name: total[name] for name in told_as_usage(sums)} == told_as_usage(sums)
    assert total["requests"] == REQUESTS
    assert total["errors"] == books.errors
    assert round(total["cost_usd"] * 1e8) == cost_of(sums)


def test_the_control_api_agrees(world):
    gateway, books = world
    for by in ("upstream", "model", "key", "day", "hour"):
        usage = gateway.control("GET", f"/v1/usage?by={by}&since=1d").json()
        assert sum(row["requests"] for row in usage["rows"]) == REQUESTS
        assert round(sum(row["cost_usd"] or 0 for row in usage["rows"]) * 1e8) == \
            cost_of(sums_of(books))
        if by == "upstream":
            for row in usage["rows"]:
                sums = sums_of(books, row["name"])
                assert {n: row[n] for n in told_as_usage(sums)} == told_as_usage(sums)
                assert round((row["cost_usd"] or 0) * 1e8) == cost_of(sums)
    status = gateway.control("GET", "/v1/status").json()
    wanted = told_as_usage(sums_of(books))
    assert status["totals"]["requests"] == REQUESTS
    assert status["totals"]["errors"] == books.errors
    assert status["totals"]["tokens"]["in"] == wanted["tokens_in"]
    assert status["totals"]["tokens"]["out"] == wanted["tokens_out"]
    assert all(u["in_flight"] == 0 for u in status["upstreams"])
    assert sum(u["tokens"]["out"] for u in status["upstreams"]) == wanted["tokens_out"]
    records = gateway.control("GET", f"/v1/requests?limit={REQUESTS + 1}").json()
    assert len(records) == REQUESTS
    assert collections.Counter(r["status"] for r in records) == books.statuses
    assert sum(r["tokens"]["in"] for r in records if r["tokens"]) == wanted["tokens_in"]


def test_the_metrics_agree(world):
    gateway, books = world
    answer = gateway.call(gateway.get("/metrics", key=False), "GET")
    subprocess.run(["promtool", "check", "metrics"], input=answer.body, check=True)
    found = collections.Counter()
    for line in answer.body.decode().splitlines():
        match = re.fullmatch(r"(llm_\w+?)(?:_total)?(\{.*\})? (\S+)", line)
        if match:
            kind = re.search(r'(?:type|status)="(\w+)"', match.group(2) or "")
            found[match.group(1), kind and kind.group(1)] += float(match.group(3))
    sums = sums_of(books)
    for status, count in books.statuses.items():
        assert found["llm_requests", str(status)] == count
    for kind, name in (("input", "uncached"), ("output", "out"), ("cache_read", "cached"),
                       ("cache_write", "written"), ("reasoning", "reasoning")):
        assert found["llm_tokens_processed", kind] == sums[name]
    assert round(found["llm_cost_usd", None] * 1e8) == cost_of(sums)
    assert found["llm_request_duration_seconds_count", None] == REQUESTS


def test_the_books_survive_a_restart(world):
    gateway, books = world
    assert gateway.stop() == 0
    gateway.start()
    total = gateway.control("GET", "/v1/usage?since=1d").json()["total"]
    assert total["requests"] == REQUESTS
    assert total["errors"] == books.errors
    assert {n: total[n] for n in told_as_usage(sums_of(books))} == told_as_usage(sums_of(books))
    assert round(total["cost_usd"] * 1e8) == cost_of(sums_of(books))
