"""Gateway keys, and who may call from where."""
import pytest

from lab import wire
from lab.families import ALL, ANTHROPIC, CHAT, STREAMING
from lab.gateway import key_entry, new_key


@pytest.fixture
def gateway(upstream, start):
    upstream.reply = lambda request: wire.json_answer(ANTHROPIC.answer())
    return start({"upstream_accounts": [ANTHROPIC.account(upstream)]})


def post(gateway, headers=(), target=ANTHROPIC.path):
    return gateway.call(gateway.post(target, ANTHROPIC.body(), headers, key=False))


@pytest.mark.parametrize("name,prefix", [
    ("Authorization", "Bearer "), ("authorization", "bearer "), ("x-api-key", ""),
    ("api-key", ""), ("x-goog-api-key", ""), ("x-llm-gateway-key", "")])
def test_each_place_for_a_key(name, prefix, gateway):
    assert post(gateway, [(name, prefix + gateway.key)]).status == 200
    ANTHROPIC.check_error(post(gateway, [(name, prefix + new_key())]), 401)
    ANTHROPIC.check_error(post(gateway, [(name, prefix)]), 401)
    ANTHROPIC.check_error(post(gateway, [(name, prefix + gateway.key + "x")]), 401)


def test_key_in_the_query(gateway, upstream):
    assert post(gateway, target=f"{ANTHROPIC.path}?key={gateway.key}&beta=true").status == 200
    assert upstream.seen[-1].target == ANTHROPIC.path + "?beta=true"
    assert post(gateway, target=f"{ANTHROPIC.path}?key={new_key()}").status == 401


@pytest.mark.parametrize("family", ALL, ids=repr)
def test_no_key_is_401_in_the_clients_format(family, gateway):
    answer = gateway.call(gateway.post(family.target(), family.body(), key=False))
    family.check_error(answer, 401)


def test_one_valid_key_is_enough_whatever_the_others_hold(gateway):
    assert post(gateway, [("Authorization", "Bearer sk-other"),
                          ("x-api-key", gateway.key)]).status == 200
    assert post(gateway, [("Authorization", f"Bearer {gateway.key}"),
                          ("x-api-key", "sk-other")]).status == 200


def test_the_gateways_own_header_decides_alone(gateway):
    assert post(gateway, [("x-llm-gateway-key", "lgw_wrong"),
                          ("Authorization", f"Bearer {gateway.key}")]).status == 401
    assert post(gateway, [("x-llm-gateway-key", gateway.key),
                          ("Authorization", "Bearer wrong")]).status == 200


def test_a_hash_is_not_a_key(gateway):
    """What stands in the configuration opens nothing."""
    digest = key_entry(gateway.key)["key_hash"]
    assert post(gateway, [("x-api-key", digest)]).status == 401
    assert post(gateway, [("x-api-key", digest.split(":")[1])]).status == 401


def test_permissions(upstream, start):
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    reader, writer, nobody, late = (new_key() for _ in range(4))
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "gateway_keys": [
        key_entry(reader, "reader", permissions=["read"]),
        key_entry(writer, "writer", permissions=["write"]),
        key_entry(nobody, "nobody", status="disabled"),
        key_entry(late, "late", expires_at="2020-01-01T00:00:00Z")]})

    def generate(key):
        return gateway.call(gateway.post(CHAT.path, CHAT.body(), key=key)).status

    def models(key):
        return gateway.call(gateway.get("/v1/models", key=key), "GET").status

    assert (generate(reader), models(reader)) == (403, 200)
    assert (generate(writer), models(writer)) == (200, 403)
    assert (generate(nobody), models(nobody)) == (401, 401)
    assert (generate(late), models(late)) == (401, 401)


def test_admin_includes_both(gateway):
    assert gateway.call(gateway.post(ANTHROPIC.path, ANTHROPIC.body(),
                                     key=gateway.admin_key)).status == 200
    assert gateway.call(gateway.get("/v1/models", key=gateway.admin_key), "GET").status == 200


def test_models_of_a_key(upstream, start):
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    narrow = new_key()
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "gateway_keys": [
        key_entry(narrow, "narrow", models=["cheap-*"])]})
    allowed = gateway.call(gateway.post(CHAT.path, CHAT.body(model="cheap-1"), key=narrow))
    refused = gateway.call(gateway.post(CHAT.path, CHAT.body(model="dear-1"), key=narrow))
    assert allowed.status == 200
    assert refused.status in (403, 404)
    assert len(upstream.seen) == 1


def test_auth_optional(upstream, start):
    """No key is needed; one that is shown must still be valid."""
    upstream.reply = lambda request: wire.json_answer(ANTHROPIC.answer())
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)],
                     "server": {"auth": "optional"}})
    assert post(gateway).status == 200
    assert post(gateway, [("x-api-key", gateway.key)]).status == 200
    assert post(gateway, [("x-api-key", new_key())]).status == 401


@pytest.mark.parametrize("host", ["evil.test", "evil.test:3847", "127.0.0.1.evil.test",
                                  "localhost.evil.test", "10.0.0.1", "0.0.0.0", "[::2]"])
def test_foreign_host_is_403(host, gateway, upstream):
    for target in (ANTHROPIC.path, "/v1/models", "/health", "/"):
        answer = gateway.call(wire.request("GET" if target != ANTHROPIC.path else "POST", target, [
            ("x-api-key", gateway.key)], host=host))
        assert answer.status == 403, (host, target)
    assert upstream.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:1234", "[::1]",
                                  "[::1]:80", "LOCALHOST", "127.0.0.1:65535"])
def test_loopback_hosts_are_fine(host, gateway):
    answer = gateway.call(wire.request("GET", "/health", host=host), "GET")
    assert answer.status == 200


def test_allowed_hosts(upstream, start):
    gateway = start({"server": {"allowed_hosts": ["gateway.lan"]}})
    assert gateway.call(wire.request("GET", "/health", host="gateway.lan:3847"), "GET").status == 200
    assert gateway.call(wire.request("GET", "/health", host="other.lan"), "GET").status == 403


def test_no_host_or_two_hosts(gateway):
    for head in (b"GET /health HTTP/1.1\r\n\r\n",
                 b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n"):
        assert gateway.call(head, "GET").status in (400, 403)


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "https://localhost.evil.test",
                                    "file://", "http://127.0.0.1.evil.test:1", ""])
def test_foreign_origin_is_403(origin, gateway, upstream):
    for family in STREAMING:
        answer = gateway.call(gateway.post(family.target(), family.body(), [("Origin", origin)]))
        assert answer.status == 403
    assert upstream.seen == []


def test_listed_origin_may_call(upstream, start):
    upstream.reply = lambda request: wire.json_answer(ANTHROPIC.answer())
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)],
                     "server": {"cors_origins": ["https://tool.test"]}})
    answer = post(gateway, [("Origin", "https://tool.test"), ("x-api-key", gateway.key)])
    assert answer.status == 200
    assert answer.header("access-control-allow-origin") == "https://tool.test"
    assert post(gateway, [("Origin", "https://other.test"),
                          ("x-api-key", gateway.key)]).status == 403
    preflight = gateway.call(wire.request("OPTIONS", ANTHROPIC.path, [
        ("Origin", "https://tool.test"), ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "x-api-key,content-type")]), "OPTIONS")
    assert preflight.status in (200, 204)
    assert preflight.header("access-control-allow-origin") == "https://tool.test"
