"""The gateway's own endpoints: service page, health, model lists."""
import os
import pathlib
import re
import subprocess

import pytest

from lab import wire
from lab.families import CHAT, STREAMING
from lab.gateway import BINARY

ACCOUNT = {"id": "upstream_d", "name": "demo", "type": "none", "provider": "demo"}


def get(gateway, target, headers=(), key=True, method="GET"):
    return gateway.call(gateway.get(target, headers, key, method), method)


def test_service_page(start):
    gateway = start()
    answer = get(gateway, "/", key=False)
    assert answer.status == 200 and "llm-gateway" in answer.body.decode()
    answer.json()
    head = get(gateway, "/", key=False, method="HEAD")
    assert head.status == 200 and head.body == b""
    assert get(gateway, "/api/hello", key=False, method="HEAD").status in (200, 401, 404)


@pytest.mark.parametrize("target", ["/health", "/healthz", "/health/live", "/health/ready"])
def test_health_needs_no_key_and_tells_no_secret(target, upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    answer = get(gateway, target, key=False)
    assert answer.status == 200
    answer.json()
    assert b"secret" not in answer.body and upstream.url.encode() not in answer.body


def test_not_ready_without_upstreams(start):
    gateway = start()
    assert get(gateway, "/health/live", key=False).status == 200
    answer = get(gateway, "/health/ready", key=False)
    assert answer.status == 503
    assert b"upstream" in answer.body


def test_not_ready_while_every_upstream_rests(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    gateway.cli("cooldown", "set", "up", "--for=10m", check=True)
    answer = get(gateway, "/health/ready", key=False)
    assert answer.status == 503 and answer.json()["reasons"] == ["up: cooldown"]
    gateway.cli("cooldown", "clear", "--all", check=True)
    assert get(gateway, "/health/ready", key=False).status == 200


def test_model_lists_speak_each_family(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream, models=["gpt-5.2", "o-*"])],
                     "models": {"smart": {"routes": [{"upstream": "up", "model": "gpt-5.2"}]}}})
    openai = get(gateway, "/v1/models").json()
    assert openai["object"] == "list"
    assert {"smart", "gpt-5.2"} <= {model["id"] for model in openai["data"]}
    assert all(model["object"] == "model" for model in openai["data"])
    anthropic = get(gateway, "/v1/models?limit=1000", [("anthropic-version", "2023-06-01")]).json()
    assert {"smart", "gpt-5.2"} <= {model["id"] for model in anthropic["data"]}
    assert "has_more" in anthropic and all(m["type"] == "model" for m in anthropic["data"])
    gemini = get(gateway, "/v1beta/models").json()
    assert {"models/smart", "models/gpt-5.2"} <= {model["name"] for model in gemini["models"]}
    by_key = get(gateway, f"/v1/models?key={gateway.key}", key=False).json()
    assert "models" in by_key
    assert get(gateway, "/models").json()["object"] == "list"


def test_one_model(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream, models=["a/b", "gpt-5.2"])]})
    assert get(gateway, "/v1/models/gpt-5.2").json()["id"] == "gpt-5.2"
    assert get(gateway, "/v1/models/a%2Fb").json()["id"] == "a/b"
    CHAT.check_error(get(gateway, "/v1/models/none"), 404)


def test_model_lists_need_a_key(start):
    gateway = start()
    for target in ("/v1/models", "/models", "/v1beta/models"):
        assert get(gateway, target, key=False).status == 401


def test_head_has_no_body(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        for target in ("/health", "/v1/models", "/"):
            client.send(gateway.get(target, method="HEAD"))
            assert client.read_answer("HEAD").status == 200
        client.send(gateway.get("/health"))
        assert client.read_answer("GET").json()


def test_demo_provider_speaks_every_format(start):
    gateway = start({"upstream_accounts": [ACCOUNT]})
    for family in STREAMING:
        body = family.body(model="demo-model")
        answer = gateway.call(gateway.post(family.target(model="demo-model"), body))
        assert answer.status == 200, answer.body
        assert b"demo" in answer.body.lower()
        stream = gateway.call(gateway.post(family.target(True, model="demo-model"),
                                           family.body(True, model="demo-model")))
        assert stream.status == 200
        assert stream.header("content-type").startswith("text/event-stream")
        assert stream.body.count(b"data:") >= 2


def test_demo_home_serves_without_any_account(start):
    """What it prints is all that a first try needs."""
    demo = start(start=False)
    process = subprocess.Popen([BINARY, "server", "start", "--demo", "--port=0"],
                               env=demo.environment(), stderr=subprocess.PIPE)
    try:
        text = b""
        while b"listening on" not in text:
            text += os.read(process.stderr.fileno(), 4096)
        key = re.search(rb"lgw_[\w-]{43}", text).group().decode()
        demo.address = ("127.0.0.1", int(re.search(rb"listening on 127.0.0.1:(\d+)", text)[1]))
        models = [m["id"] for m in demo.call(demo.get("/v1/models", key=key), "GET").json()["data"]]
        answer = demo.call(demo.post(CHAT.path, CHAT.body(model=models[0]), key=key))
        assert answer.status == 200 and b"demo" in answer.body.lower()
        home = re.search(rb"home\s+(\S+)", text)[1].decode()
        assert pathlib.Path(home).is_dir()
    finally:
        process.terminate()
        assert process.wait(wire.DEADLINE) == 0
    assert not pathlib.Path(home).exists()
