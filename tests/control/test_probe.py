"""`upstream test`: a real request that says in words what an account is worth."""
import json

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI, RESPONSES
from lab.upstream import Upstream

SECRET = "sk-planted-probe-0001"


def openai(upstream, **more):
    url = upstream if isinstance(upstream, str) else upstream.url + "/v1"
    return {"name": "one", "provider": "openai", "base_url": url, "api_key": SECRET,
            "models": ["*"], **more}


def probe(gateway, name="one", body=None):
    answer = gateway.control("POST", f"/v1/upstreams/{name}/test", body)
    assert answer.status == 200, answer.body
    assert SECRET.encode() not in answer.body
    return answer.json()


def test_models_list_is_asked_for_free(upstream, start):
    upstream.reply = lambda request: wire.json_answer({"data": []})
    gateway = start({"upstream_accounts": [openai(upstream, headers={"X-Team": "red"})]})
    result = probe(gateway)
    assert result["ok"] is True and result["status"] == 200 and result["ms"] >= 0
    request = upstream.seen[-1]
    assert (request.method, request.target) == ("GET", "/v1/models")
    assert request.head.get("authorization") == f"Bearer {SECRET}"
    assert request.head.get("x-team") == "red"


@pytest.mark.parametrize("status, body, words", [
    (401, {"error": {"message": f"Incorrect API key provided: {SECRET}"}}, "401"),
    (403, {"error": {"message": "not for you"}}, "not for you"),
    (429, {"error": {"message": "slow down"}}, "slow down"),
    (500, {"error": {"message": "boom"}}, "boom"),
])
def test_a_refusal_is_explained(status, body, words, upstream, start):
    upstream.reply = lambda request: wire.json_answer(body, status)
    gateway = start({"upstream_accounts": [openai(upstream)]})
    result = probe(gateway)
    assert result["ok"] is False and result["status"] == status
    assert words in result["message"] and result["class"]


def test_a_server_without_a_models_list_is_there(upstream, start):
    upstream.reply = lambda request: wire.json_answer({}, 404)
    gateway = start({"upstream_accounts": [openai(upstream, provider="openai-compatible")]})
    assert probe(gateway)["ok"] is True


def test_nobody_listens(start):
    gateway = start({"upstream_accounts": [openai("http://127.0.0.1:9/v1")]})
    result = probe(gateway)
    assert result["ok"] is False and result["status"] == 0 and "connect" in result["message"]


def test_silence_ends(upstream, start):
    gateway = start({"upstream_accounts": [openai(upstream)], "health_check": {"timeout": 1}})
    result = probe(gateway)
    assert result["ok"] is False and "in time" in result["message"]


def test_an_answer_that_breaks_off(upstream, start):
    def cut(request):
        request.wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        request.wire.close()
        return b""
    upstream.reply = cut
    gateway = start({"upstream_accounts": [openai(upstream)]})
    assert probe(gateway)["ok"] is False


def test_no_key_asks_nobody(upstream, start):
    entry = openai(upstream)
    del entry["api_key"]
    gateway = start({"upstream_accounts": [entry]})
    result = probe(gateway)
    assert result["ok"] is False and "key" in result["message"] and upstream.seen == []


@pytest.mark.parametrize("family", [ANTHROPIC, CHAT, GEMINI, RESPONSES], ids=str)
def test_a_model_is_asked_in_its_format(family, upstream, start):
    upstream.reply = lambda request: wire.json_answer(family.answer())
    gateway = start({"upstream_accounts": [family.account(upstream, "one")]})
    result = probe(gateway, body={"model": "some-model"})
    assert result["ok"] is True, result
    request = upstream.seen[-1]
    assert request.method == "POST"
    assert b"some-model" in request.body or "some-model" in request.target
    assert json.loads(request.body)


def test_unknown_things(upstream, start):
    gateway = start({"upstream_accounts": [openai(upstream)]})
    assert gateway.control("POST", "/v1/upstreams/two/test").status == 404
    assert gateway.control("POST", "/v1/upstreams/one/test", {"modl": "x"}).status == 422
    assert gateway.control("POST", "/v1/upstreams/one/test", {"model": 5}).status == 422


def test_without_a_gateway(start):
    with Upstream(lambda request: wire.json_answer({"data": []})) as upstream:
        gateway = start({"upstream_accounts": [openai(upstream)]}, start=False)
        done = gateway.cli("upstream", "test", "one", "--json")
        assert done.returncode == 0 and json.loads(done.stdout)["ok"] is True
        assert gateway.cli("upstream", "test", "two").returncode == 4
        upstream.reply = lambda request: wire.json_answer({}, 401)
        assert gateway.cli("upstream", "test", "one").returncode == 1


def test_the_demo_provider_answers(start):
    gateway = start({"upstream_accounts": [{"name": "one", "provider": "demo", "type": "none"}]})
    assert probe(gateway)["ok"] is True
    assert probe(gateway, body={"model": "demo-model"})["ok"] is True
