"""Taking a change of the file back, and seeing it before it is made."""
import json

import pytest

from lab.gateway import Gateway


@pytest.fixture
def gateway():
    with Gateway() as g:
        yield g


def names(gateway):
    return [u["name"] for u in gateway.control("GET", "/v1/upstreams").json()]


DEMO = {"name": "one", "type": "none", "provider": "demo"}


def test_undo_and_redo(gateway):
    gateway.control("POST", "/v1/upstreams", DEMO)
    assert names(gateway) == ["one"]
    assert gateway.control("POST", "/v1/config/undo").status == 200
    assert names(gateway) == []
    gateway.cli("config", "undo", check=True)
    assert names(gateway) == ["one"]
    assert gateway.config_path.with_suffix(".yaml.bak").stat().st_mode & 0o777 == 0o600


def test_nothing_to_undo(gateway):
    answer = gateway.control("POST", "/v1/config/undo")
    assert answer.status == 404 and "no change" in answer.json()["error"]["message"]


def test_a_plain_key_leaves_no_backup(gateway):
    gateway.control("POST", "/v1/upstreams", DEMO)
    backup = gateway.config_path.with_suffix(".yaml.bak")
    assert backup.exists()
    secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    config = json.loads("{}")
    config["upstream_accounts"] = [{"name": "two", "type": "api-key", "provider": "openai",
                                    "api_key": secret}]
    gateway.write_config(config)
    gateway.control("POST", "/v1/reload")
    gateway.control("POST", "/v1/upstreams", DEMO)
    assert not backup.exists()
    assert gateway.control("POST", "/v1/config/undo").status == 404


@pytest.mark.parametrize("method,path,body,words", [
    ("POST", "/v1/upstreams", {"name": "two", "type": "none", "provider": "demo"}, "two"),
    ("POST", "/v1/keys", {"name": "guest"}, "guest"),
    ("POST", "/v1/models", {"name": "smart", "routes": [{"upstream": "one", "model": "m"}]},
     "smart"),
    ("PATCH", "/v1/upstreams/one", {"priority": 7}, "priority: 7"),
    ("PATCH", "/v1/config", {"key": "server.timeout", "value": "31"}, "31"),
])
def test_a_dry_run_tells_and_changes_nothing(gateway, method, path, body, words):
    gateway.control("POST", "/v1/upstreams", DEMO)
    before = gateway.config_path.read_bytes()
    answer = gateway.control(method, path + "?dry_run=1", body)
    assert answer.status == 200
    texts = answer.json()
    assert words not in texts["before"] and words in texts["after"]
    assert gateway.config_path.read_bytes() == before
    assert names(gateway) == ["one"]


def test_a_dry_run_that_would_fail(gateway):
    answer = gateway.control("POST", "/v1/upstreams?dry_run=1", {**DEMO, "provider": "nobody"})
    assert answer.status == 422 or answer.status == 400
    assert gateway.control("POST", "/v1/stop?dry_run=1").status == 400
    assert names(gateway) == []


def test_the_text_in_force(gateway):
    gateway.config_path.write_text("server: {prot: 1}\n")
    gateway.control("POST", "/v1/reload")
    texts = gateway.control("GET", "/v1/config?text=1").json()
    assert "prot" in texts["text"] and "prot" not in texts["in_force"]
    assert "gateway_keys" in texts["in_force"]
