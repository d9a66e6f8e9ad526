"""Tokens that the vendor takes back in the middle of the day: requests wait
for another one and notice nothing."""
import json
import subprocess
import threading
import time

import pytest

from lab import wire
from lab.families import ANTHROPIC
from lab.tools import tool

HOUR = 3600 * 1000
REFUSED = wire.json_answer({"type": "error", "error": {
    "type": "authentication_error", "message": "OAuth token has expired"}}, status=401)
GOOD = wire.json_answer(ANTHROPIC.answer())


def sign_in(gateway, vendor):
    """By a pasted code, in two commands."""
    page = gateway.cli("oauth", "start", "claude", "--no-browser", check=True).stdout.decode()
    code = vendor.shown_code(page.strip())
    gateway.cli("oauth", "start", "claude", f"--code={code}", check=True)


def store_old_tokens(gateway, vendor):
    """From a sign-in hours ago, good for hours: only an upstream can say
    otherwise."""
    now = int(time.time() * 1000)
    given = vendor.tokens("user:inference")
    tokens = {"access_token": given["access_token"], "refresh_token": given["refresh_token"],
              "scope": given["scope"], "obtained_at_ms": now - 4 * HOUR,
              "expires_at_ms": now + 4 * HOUR}
    subprocess.run([tool("oauth_tool"), gateway.home, "put", "claude"],
                   input=json.dumps(tokens).encode(), env=gateway.environment(),
                   check=True, capture_output=True, timeout=60)


@pytest.fixture
def gateway(start, first, vendor):
    """Signed in to the account `claude`, whose upstream takes no token but
    those that the vendor knows."""
    account = {"id": "upstream_claude", "name": "claude", "type": "oauth",
               "provider": "anthropic", "base_url": first.url, "models": ["*"],
               "oauth": vendor.oauth_map()}
    gateway = start({"upstream_accounts": [account], "server": {"workers": 2}}, start=False)
    store_old_tokens(gateway, vendor)
    gateway.start()

    def reply(request):
        token = request.head.get("authorization").removeprefix("Bearer ")
        return GOOD if token in vendor.access else REFUSED

    first.reply = reply
    return gateway


def send(gateway):
    return gateway.call(gateway.post(ANTHROPIC.path, ANTHROPIC.body()))


def end_tokens(vendor):
    """As when the person signs out of other devices."""
    vendor.access.clear()


def wait_for_renewal(vendor):
    """Until one is under way."""
    deadline = time.monotonic() + wire.DEADLINE
    while not any(body.get("grant_type") == "refresh_token" for _, body in vendor.calls):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def listed(gateway, *words):
    return json.loads(gateway.cli(*words, "list", "--json", check=True).stdout)


def test_a_refused_token_is_renewed_within_the_request(gateway, vendor, first):
    assert send(gateway).status == 200
    end_tokens(vendor)
    assert send(gateway).status == 200
    assert vendor.refreshes == 1 and vendor.replays == 0
    assert len(first.seen) == 3 and listed(gateway, "cooldown") == []


def test_many_at_once_make_one_renewal(gateway, vendor, first):
    end_tokens(vendor)
    vendor.delay = 0.5
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(send(gateway).status))
               for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 50
    assert vendor.refreshes == 1 and vendor.replays == 0


def test_a_client_that_leaves_meanwhile_is_forgotten(gateway, vendor, first):
    end_tokens(vendor)
    vendor.delay = 1
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body()))
        wait_for_renewal(vendor)
    assert send(gateway).status == 200
    assert vendor.refreshes == 1 and listed(gateway, "cooldown") == []


def test_the_gateway_may_end_meanwhile(gateway, vendor, first):
    end_tokens(vendor)
    vendor.delay = 1
    with gateway.connect() as client:
        client.send(gateway.post(ANTHROPIC.path, ANTHROPIC.body()))
        wait_for_renewal(vendor)
        assert gateway.control("POST", "/v1/stop", {"now": True}).status == 200
        assert client.read_answer().status == 503
    assert gateway.process.wait(wire.DEADLINE) == 0


def test_a_lost_sign_in_needs_attention(gateway, vendor, first):
    end_tokens(vendor)
    vendor.live.clear()
    assert send(gateway).status == 401
    entry, = listed(gateway, "cooldown")
    assert entry["upstream"] == "claude" and entry["cause"]["class"] == "auth"
    assert entry["until"] is None
    upstream, = listed(gateway, "upstream")
    assert upstream["state"] == "attention"
    status = gateway.cli("oauth", "status", "claude", "--json", check=True).stdout
    assert json.loads(status)["state"] == "needs_sign_in"
    seen = len(first.seen)
    assert send(gateway).status in (401, 503) and len(first.seen) == seen
    sign_in(gateway, vendor)
    assert send(gateway).status == 200 and listed(gateway, "cooldown") == []


def test_a_second_refusal_goes_on_to_the_client(gateway, vendor, first):
    """New tokens that are refused as well are not renewed for ever."""
    first.reply = REFUSED
    assert send(gateway).status == 401
    assert vendor.refreshes == 1 and len(first.seen) == 2


def test_a_vendor_that_is_down_is_waited_for(gateway, vendor, first):
    """A renewal that fails in passing calls nobody to sign in."""
    end_tokens(vendor)
    vendor.answers = [(500, "{}")] * 20
    got = send(gateway)
    ANTHROPIC.check_error(got, 503)
    assert 1 <= int(got.header("retry-after")) <= 30
    entry, = listed(gateway, "cooldown")
    assert entry["cause"]["class"] == "renewal" and entry["source"] == "guessed"
    assert 0 < entry["remaining_seconds"] <= 30
    upstream, = listed(gateway, "upstream")
    assert upstream["state"] == "cooldown"
    vendor.answers.clear()
    gateway.cli("oauth", "refresh", "claude", check=True)
    assert listed(gateway, "cooldown") == []
    assert send(gateway).status == 200


def test_removing_the_account_revokes_its_tokens(gateway, vendor):
    gateway.cli("upstream", "remove", "claude", "--yes", check=True)
    assert vendor.revoked
