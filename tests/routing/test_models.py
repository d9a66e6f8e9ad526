"""From a model's name to upstreams, as a user sees it: requests, `model
resolve`, and the models commands."""
import collections
import json
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT
from lab.gateway import account
from lab.routes import GOOD, ask, config, refusal, served_by
from lab.upstream import Upstream

BAD = refusal(500)


@pytest.fixture
def third():
    with Upstream(GOOD) as server:
        yield server


def route(upstream, model="asked-model", **more):
    return {"upstream": upstream, "model": model, **more}


def three(first, second, third, **more):
    first.reply = second.reply = third.reply = GOOD
    settings = config(first, second, third, routing={"affinity": "none"})
    for entry in settings["upstream_accounts"]:
        entry["models"] = [entry["name"] + "-*"]
    return {**settings, **more}


def went(gateway, model, **more):
    """(upstream, model it was asked for there)"""
    got = ask(gateway, model=model, **more)
    assert got.status == 200, got.body
    return got.header("x-llm-gateway-upstream"), got.header("x-llm-gateway-model")


def resolved(gateway, name):
    got = json.loads(gateway.cli("model", "resolve", name, "--json", check=True).stdout)
    return [(c["upstream"], c["model"]) for c in got["candidates"]], {
        s["upstream"]: s["reason"] for s in got["skipped"]}


# --- names ---

def test_an_alias_goes_to_its_routes(start, first, second, third):
    gateway = start(three(first, second, third, models={"smart": {"routes": [
        route("second", "big", priority=1), route("first", "small", priority=2)]}}))
    assert went(gateway, "smart") == ("second", "big")
    assert json.loads(second.seen[0].body)["model"] == "big"
    assert resolved(gateway, "smart") == ([("second", "big"), ("first", "small")], {})
    second.reply = BAD
    assert went(gateway, "smart") == ("first", "small")


def test_the_answer_names_what_was_asked(start, first, second, third):
    gateway = start(three(first, second, third, models={"smart": {"routes": [
        route("first", "big")]}}))
    first.reply = wire.json_answer(ANTHROPIC.answer(model="big"))
    assert ask(gateway, model="smart").json()["model"] == "smart"


def test_an_upstream_before_a_slash(start, first, second, third):
    gateway = start(three(first, second, third))
    assert went(gateway, "third/anything") == ("third", "anything")
    assert resolved(gateway, "third/anything")[0] == [("third", "anything")]


def test_whoever_has_the_name(start, first, second, third):
    gateway = start(three(first, second, third))
    assert went(gateway, "second-model") == ("second", "second-model")


def test_nobody_has_it(start, first, second, third):
    gateway = start(three(first, second, third, models={"smart": {"routes": [route("first")]}}))
    error = ANTHROPIC.check_error(ask(gateway, model="smrt"), 404)
    assert "smart" in error["message"]
    done = gateway.cli("model", "resolve", "smrt")
    assert done.returncode == 4 and b"smart" in done.stderr


def test_auto_falls_through_the_aliases(start, first, second, third):
    gateway = start(three(first, second, third, models={
        "one": {"routes": [route("third", "x")]}, "two": {"routes": [route("first", "y")]}}))
    assert went(gateway, "auto") == ("third", "x")
    third.reply = BAD
    assert went(gateway, "auto") == ("first", "y")
    assert resolved(gateway, "auto")[0] == [("third", "x"), ("first", "y")]


def test_a_configured_auto_wins(start, first, second, third):
    gateway = start(three(first, second, third, models={
        "one": {"routes": [route("third", "x")]}, "auto": {"routes": [route("second", "z")]}}))
    assert went(gateway, "auto") == ("second", "z")


def test_who_lists_nothing_comes_last(start, first, second):
    """A compatible server takes any name; who has the model goes first."""
    first.reply = wire.json_answer(CHAT.answer())
    second.reply = GOOD
    anything = account("any", "openai-compatible", first, priority=1)
    anything.pop("models")
    gateway = start({"upstream_accounts": [
        anything, account("knows", "anthropic", second, priority=2, models=["claude-*"])]})
    assert served_by(gateway, model="claude-x") == "knows"
    assert served_by(gateway, CHAT, model="llama") == "any"


# --- switches ---

def test_switches_on_route_alias_and_account(start, first, second, third):
    gateway = start(three(first, second, third, models={
        "smart": {"routes": [route("first", enabled=False), route("second", priority=2),
                             route("third", priority=3)]}}))
    assert went(gateway, "smart")[0] == "second"
    order, skipped = resolved(gateway, "smart")
    assert [name for name, _ in order] == ["second", "third"]
    assert skipped == {"first": "the route is switched off"}
    gateway.cli("upstream", "disable", "second", check=True)
    assert went(gateway, "smart")[0] == "third"
    assert resolved(gateway, "smart")[1]["second"] == "the upstream is switched off"
    gateway.cli("upstream", "enable", "second", check=True)
    gateway.cli("cooldown", "set", "second", "--for=5m", check=True)
    order, skipped = resolved(gateway, "smart")
    assert [name for name, _ in order] == ["third"]
    assert skipped["second"].startswith("cooling down for") and "by hand" in skipped["second"]


# --- second level ---

def chained(first, second, third, **more):
    return three(first, second, third, models={
        "a": {"routes": [route("first", "a1")], "fallback": ["b"]},
        "b": {"routes": [route("second", "b1")], "fallback": ["c"]},
        "c": {"routes": [route("third", "c1")], "fallback": ["a"]}}, **more)


def test_fallbacks_chain_and_cycles_end(start, first, second, third):
    gateway = start(chained(first, second, third))
    assert went(gateway, "a") == ("first", "a1")
    first.reply = BAD
    assert went(gateway, "a") == ("second", "b1")
    second.reply = BAD
    assert went(gateway, "a") == ("third", "c1")
    assert resolved(gateway, "a")[0] == [("first", "a1"), ("second", "b1"), ("third", "c1")]
    third.reply = BAD
    error = ANTHROPIC.check_error(ask(gateway, model="a"), 500)
    assert all(name in error["message"] for name in ("first", "second", "third"))


def test_each_level_has_its_own_budget(start, first, second, third):
    settings = three(first, second, third, models={
        "a": {"routes": [route("first", "x"), route("second", "x", priority=2)],
              "fallback": ["b"]},
        "b": {"routes": [route("third", "y")]}})
    settings["routing"]["max_attempts"] = 1
    gateway = start(settings)
    first.reply = BAD
    assert went(gateway, "a") == ("third", "y") and second.seen == []


def test_the_predecessors_spelling_of_fallbacks(start, first, second, third):
    gateway = start(three(first, second, third, models={
        "a": {"routes": [route("first", "x")]}, "b": {"routes": [route("second", "y")]}},
        fallback={"alias_fallback": {"a": "b"}}))
    first.reply = BAD
    assert went(gateway, "a") == ("second", "y")


# --- rules ---

TOOLS = [{"name": "t", "description": "d", "input_schema": {"type": "object"}}]
SEARCH = [{"type": "web_search_20250305", "name": "web_search"}]
IMAGE = [{"role": "user", "content": [{"type": "image", "source": {
    "type": "base64", "media_type": "image/png", "data": "AAAA"}}]}]
RULES = [
    ("tokens_over", {"tokens_over": 500},
     {"messages": [{"role": "user", "content": "word " * 1000}]}, {}),
    ("thinking", {"thinking": True}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}, {}),
    ("tools", {"tools": True}, {"tools": TOOLS}, {}),
    ("images", {"images": True}, {"messages": IMAGE}, {}),
    ("web_search", {"web_search": True}, {"tools": SEARCH}, {}),
    ("background", {"background": True}, {"max_tokens": 1}, {}),
    ("header", {"header": {"x-kind": "deep*"}}, {}, {"headers": [("X-Kind", "deep-work")]}),
]


@pytest.mark.parametrize("when, body, more", [row[1:] for row in RULES],
                         ids=[row[0] for row in RULES])
def test_rules_by_content(start, first, second, third, when, body, more):
    gateway = start(three(first, second, third, models={
        "smart": {"routes": [route("first", "x")], "rules": [{"when": when, "use": "special"}]},
        "special": {"routes": [route("second", "y")]}}))
    assert went(gateway, "smart") == ("first", "x")
    assert went(gateway, "smart", **body, **more) == ("second", "y")
    # what the rule leads away from is better than nothing
    second.reply = BAD
    assert went(gateway, "smart", **body, **more) == ("first", "x")


def test_the_first_rule_that_fits(start, first, second, third):
    gateway = start(three(first, second, third, models={
        "smart": {"routes": [route("first", "x")], "rules": [
            {"when": {"tools": True, "thinking": True}, "use": "both"},
            {"when": {"tools": True}, "use": "some"}]},
        "both": {"routes": [route("second", "y")]}, "some": {"routes": [route("third", "z")]}}))
    thinking = {"type": "enabled", "budget_tokens": 1024}
    assert went(gateway, "smart", tools=TOOLS) == ("third", "z")
    assert went(gateway, "smart", tools=TOOLS, thinking=thinking) == ("second", "y")


# --- an explicit choice ---

CHOICES = [
    ("the header", {"headers": [("x-llm-gateway-upstream", "third")]}, "third"),
    ("an id in the header", {"headers": [("x-llm-gateway-upstream", "upstream_second")]}, "second"),
    ("the body", {"provider": "second"}, "second"),
]


@pytest.mark.parametrize("choice, name", [row[1:] for row in CHOICES],
                         ids=[row[0] for row in CHOICES])
def test_a_choice_restricts(start, first, second, third, choice, name):
    gateway = start(three(first, second, third, models={"smart": {"routes": [
        route("first", "x"), route("second", "x"), route("third", "x")]}}))
    assert went(gateway, "smart", **choice) == (name, "x")
    server = {"second": second, "third": third}[name]
    assert b'"provider"' not in server.seen[0].body
    server.reply = BAD
    ANTHROPIC.check_error(ask(gateway, model="smart", **choice), 500)
    assert first.seen == []


def test_a_choice_that_does_not_exist(start, first, second, third):
    gateway = start(three(first, second, third))
    got = ask(gateway, model="first-x", headers=[("x-llm-gateway-upstream", "nobody")])
    ANTHROPIC.check_error(got, 404)


def test_a_provider_as_the_choice(start, first, second, third):
    settings = three(first, second, third)
    settings["upstream_accounts"][1].update(provider="openai-compatible", format="anthropic",
                                            base_url=second.url + "/v1")
    for entry in settings["upstream_accounts"]:
        entry["models"] = ["*"]
    gateway = start(settings)
    assert went(gateway, "x", provider="openai-compatible")[0] == "second"
    assert went(gateway, "x", provider="anthropic")[0] == "first"


# --- strategies ---

def shares(gateway, count):
    return collections.Counter(went(gateway, "even")[0] for _ in range(count))


def even(first, second, third, strategy, **more):
    settings = three(first, second, third, models={"even": {"routes": [
        route("first", weight=6), route("second", weight=3), route("third", weight=1)]}})
    settings["routing"].update(strategy=strategy)
    return settings


def test_priority_takes_the_files_order(start, first, second, third):
    gateway = start(even(first, second, third, "priority"))
    assert shares(gateway, 6) == {"first": 6}


def test_round_robin_takes_turns(start, first, second, third):
    gateway = start(even(first, second, third, "round-robin"))
    assert shares(gateway, 9) == {"first": 3, "second": 3, "third": 3}


def test_weighted_follows_the_weights(start, first, second, third):
    gateway = start(even(first, second, third, "weighted"))
    got = shares(gateway, 200)
    assert got["first"] > got["second"] > got["third"] > 0


def test_random_takes_anybody(start, first, second, third):
    gateway = start(even(first, second, third, "random"))
    got = shares(gateway, 90)
    assert set(got) == {"first", "second", "third"} and max(got.values()) < 60


@pytest.mark.parametrize("strategy", ["least-connections", "health-first"])
def test_the_busy_one_is_spared(start, first, second, third, strategy):
    settings = even(first, second, third, strategy)
    for entry in settings["models"]["even"]["routes"]:
        entry.pop("weight")
    gateway = start(settings)
    shares(gateway, 6)
    first.reply = None
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body(model="even"),
                                 headers=[("x-llm-gateway-upstream", "first")]))
        request = first.take()
        assert "first" not in shares(gateway, 6)
        request.answer(GOOD)
        assert client.read_answer().status == 200


@pytest.mark.parametrize("strategy", ["least-latency", "health-first"])
def test_the_fast_one_is_preferred(start, first, second, third, strategy):
    def slow(request):
        time.sleep(0.15)
        return GOOD

    settings = even(first, second, third, strategy)
    for entry in settings["models"]["even"]["routes"]:
        entry.pop("weight")
    first.reply = third.reply = slow
    gateway = start(settings)
    got = shares(gateway, 12)
    assert got["second"] >= 8


def test_health_first_leaves_who_fails(start, first, second, third):
    settings = even(first, second, third, "health-first")
    first.reply = BAD
    gateway = start(settings)
    shares(gateway, 20)
    assert len(first.seen) <= 5


# --- the models commands ---

def test_an_alias_is_made_shown_changed_and_removed(start, first, second, third):
    gateway = start(three(first, second, third))
    gateway.cli("model", "add", "smart", "--route=first:big:1", "--route=second:small:2:3",
                check=True)
    assert went(gateway, "smart") == ("first", "big")
    shown = json.loads(gateway.cli("model", "show", "smart", "--json", check=True).stdout)
    assert [(r["upstream"], r["model"], r["priority"]) for r in shown["routes"]] == [
        ("first", "big", 1), ("second", "small", 2)]
    assert b"smart" in gateway.cli("model", "list", check=True).stdout
    gateway.cli("model", "edit", "smart", "--route=third:other", check=True)
    assert went(gateway, "smart") == ("third", "other")
    table = gateway.cli("model", "resolve", "smart", check=True).stdout.decode()
    assert "third" in table and "other" in table
    gateway.cli("model", "remove", "smart", "--yes", check=True)
    assert ask(gateway, model="smart").status == 404
    assert gateway.cli("model", "show", "smart").returncode == 4


def test_an_alias_of_nobody_is_refused(start, first, second, third):
    gateway = start(three(first, second, third))
    done = gateway.cli("model", "add", "smart", "--route=nobody:big")
    assert done.returncode in (4, 5) and b"nobody" in done.stderr


def test_upstream_test_tells_what_is_wrong(start, first, second, third):
    gateway = start(three(first, second, third))
    assert gateway.cli("upstream", "test", "first", "--model=first-x").returncode == 0
    second.reply = refusal(401, "authentication_error", "invalid x-api-key")
    done = gateway.cli("upstream", "test", "second", "--model=second-x")
    said = done.stdout + done.stderr
    assert done.returncode == 1 and b"401" in said and b"invalid x-api-key" in said
