"""Sign-ins over the control API, with and without a running gateway."""
import json
import time
import urllib.parse
import urllib.request

import pytest

from lab import wire
from lab.families import ANTHROPIC
from lab.vendor import Vendor


@pytest.fixture
def vendor():
    server = Vendor()
    yield server
    server.close()


def account(vendor, upstream=None, **more):
    url = upstream.url if upstream else "http://127.0.0.1:9"
    return {"id": "upstream_claude", "name": "claude", "type": "oauth", "provider": "anthropic",
            "base_url": url, "models": ["*"], "oauth": vendor.oauth_map(), **more}


def sign_in(gateway, vendor):
    begun = gateway.control("POST", "/v1/oauth/claude/start", {"browser": False}).json()
    assert begun["listening"] is False
    return gateway.control("POST", "/v1/oauth/claude/code",
                           {"code": vendor.shown_code(begun["paste_url"])})


def state(gateway):
    return gateway.control("GET", "/v1/oauth/claude").json()["state"]


def send(gateway):
    return gateway.call(gateway.post(ANTHROPIC.path, ANTHROPIC.body())).status


def eventually(condition, seconds=wire.DEADLINE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_from_sign_in_to_sign_out(vendor, upstream, start):
    upstream.reply = lambda request: wire.json_answer(ANTHROPIC.answer())
    gateway = start({"upstream_accounts": [account(vendor, upstream)]})
    assert state(gateway) == "signed_out"
    shown = gateway.control("GET", "/v1/upstreams/claude").json()
    assert shown["state"] == "attention" and shown["problem"]
    assert send(gateway) != 200

    answer = sign_in(gateway, vendor)
    assert answer.status == 200 and answer.json()["state"] == "signed_in"
    assert answer.json()["account"] == "person@example.com"
    assert gateway.control("GET", "/v1/upstreams/claude").json()["state"] == "ready"
    assert send(gateway) == 200
    first = upstream.seen[-1].head.get("authorization")
    assert first.removeprefix("Bearer ") in vendor.access

    assert gateway.control("POST", "/v1/oauth/claude/refresh").json()["state"] == "signed_in"
    assert send(gateway) == 200
    second = upstream.seen[-1].head.get("authorization")
    assert second != first and second.removeprefix("Bearer ") in vendor.access

    gone = gateway.control("POST", "/v1/oauth/claude/logout").json()
    assert gone == {"upstream": "claude", "signed_out": True, "revoked": True}
    assert state(gateway) == "signed_out" and send(gateway) != 200
    gateway.stop()
    texts = b"".join(p.read_bytes() for p in gateway.home.rglob("*") if p.is_file())
    assert not any(secret.encode() in texts + gateway.stderr() for secret in vendor.secrets)


def test_the_browser_comes_back(vendor, start):
    gateway = start({"upstream_accounts": [account(vendor)]})
    begun = gateway.control("POST", "/v1/oauth/claude/start").json()
    assert begun["listening"] is True and state(gateway) == "pending"
    back = vendor.consent(begun["url"])
    # by address: a bare system may not know the name localhost
    request = urllib.request.Request(back.replace("//localhost:", "//127.0.0.1:"), headers={
        "Host": urllib.parse.urlsplit(back).netloc})
    urllib.request.urlopen(request, timeout=wire.DEADLINE).read()
    assert eventually(lambda: state(gateway) == "signed_in")


def test_cancel(vendor, start):
    gateway = start({"upstream_accounts": [account(vendor)]})
    begun = gateway.control("POST", "/v1/oauth/claude/start", {"browser": False}).json()
    assert gateway.control("POST", "/v1/oauth/claude/cancel").json()["state"] == "signed_out"
    refused = gateway.control("POST", "/v1/oauth/claude/code",
                              {"code": vendor.shown_code(begun["paste_url"])})
    assert refused.json()["error"]["code"] == "not_found"


def test_begun_without_a_gateway_finished_with_one(vendor, start):
    gateway = start({"upstream_accounts": [account(vendor)]}, start=False)
    status = json.loads(gateway.cli("oauth", "status", "claude", "--json", check=True).stdout)
    assert status["state"] == "signed_out"
    page = gateway.cli("oauth", "start", "claude", "--no-browser", check=True).stdout.decode()
    code = vendor.shown_code(page.strip())
    gateway.start()
    assert gateway.control("POST", "/v1/oauth/claude/code", {"code": code}).status == 200
    assert state(gateway) == "signed_in"
    gateway.stop()
    status = json.loads(gateway.cli("oauth", "status", "claude", "--json", check=True).stdout)
    assert status["state"] == "signed_in"
    gateway.cli("oauth", "logout", "claude", check=True)


def test_tokens_are_renewed_in_time(vendor, upstream, start):
    """A gateway that starts with tokens about to end asks for new ones."""
    upstream.reply = lambda request: wire.json_answer(ANTHROPIC.answer())
    vendor.lifetime = 30
    gateway = start({"upstream_accounts": [account(vendor, upstream)]})
    sign_in(gateway, vendor)
    old = send(gateway) == 200 and upstream.seen[-1].head.get("authorization")
    vendor.lifetime = 8 * 3600
    assert eventually(lambda: vendor.refreshes >= 1, 60)
    assert eventually(lambda: send(gateway) == 200 and
                      upstream.seen[-1].head.get("authorization") != old)


def test_others_do_not_sign_in(vendor, gateway):
    gateway.control("POST", "/v1/upstreams", {"name": "k", "provider": "openai"})
    answer = gateway.control("POST", "/v1/oauth/k/start")
    assert answer.status == 422 and "api-key" in answer.json()["error"]["hint"] + \
        answer.json()["error"]["message"]
    assert gateway.control("GET", "/v1/oauth/nobody").status == 404
    listed = gateway.control("GET", "/v1/oauth").json()
    assert listed["accounts"] == [] and "terms" in listed["notice"]


def test_an_account_added_while_running_can_sign_in(vendor, gateway):
    settings = account(vendor)
    del settings["id"]
    assert gateway.control("POST", "/v1/upstreams", settings).status == 200
    assert sign_in(gateway, vendor).json()["state"] == "signed_in"
    assert gateway.control("DELETE", "/v1/upstreams/claude").json()["removed"] is True
    again = gateway.control("POST", "/v1/upstreams", account(vendor))
    assert again.status == 422 or state(gateway) == "signed_out"
