"""Headers: whose go through, whose stay, what the answer carries."""
import json
import re

import pytest

from lab import wire
from lab.families import ALL, ANTHROPIC, CHAT, GEMINI, RESPONSES

SECRET = "upstream-secret-up"
BEARER = f"Bearer {SECRET}"


def one_request(gateway, upstream, family, headers=(), back=None, **post):
    """The request that the upstream gets, and the client's answer."""
    with gateway.connect() as client:
        client.send(gateway.post(family.target(), family.body(), headers, **post))
        request = upstream.take()
        request.answer(back or wire.json_answer(family.answer()))
        return request, client.read_answer()


@pytest.mark.parametrize("family", ALL, ids=repr)
def test_the_upstream_gets_its_own_key_and_nothing_of_ours(family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream)]})
    request, _ = one_request(gateway, upstream, family, [
        ("Authorization", "Bearer clients-own"), ("x-api-key", "clients-own"),
        ("x-goog-api-key", "clients-own"), ("api-key", "clients-own"),
        ("Cookie", "clients-own=1"), ("Proxy-Authorization", "Basic clients-own"),
        ("x-llm-gateway-upstream", "up")])
    assert b"clients-own" not in request.head.raw
    assert gateway.key.encode() not in request.head.raw
    assert b"x-llm-gateway" not in request.head.raw.lower()
    expected = {"anthropic": ("x-api-key", SECRET), "google": ("x-goog-api-key", SECRET)}
    name, value = expected.get(family.provider, ("authorization", BEARER))
    assert request.head.all(name) == [value]
    assert request.head.raw.count(SECRET.encode()) == 1
    assert request.head.get("host") == f"127.0.0.1:{upstream.port}"
    assert request.head.get("content-length") == str(len(request.body))


def test_anthropic_headers_go_through_byte_for_byte(upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    beta = "claude-code-20250219,interleaved-thinking-2025-05-14 , from-the-future-2027-01-01"
    request, _ = one_request(gateway, upstream, ANTHROPIC, [
        ("anthropic-version", "2026-10-21"), ("anthropic-beta", beta),
        ("anthropic-something-new", "1 2  3")])
    assert request.head.all("anthropic-version") == ["2026-10-21"]
    assert request.head.all("anthropic-beta") == [beta]
    assert request.head.get("anthropic-something-new") == "1 2  3"


def test_anthropic_version_is_added_when_the_client_has_none(upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    request, _ = one_request(gateway, upstream, ANTHROPIC)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", request.head.get("anthropic-version"))


def test_configured_headers_are_added(upstream, start):
    gateway = start({"upstream_accounts": [
        CHAT.account(upstream, headers={"X-Title": "my tool", "HTTP-Referer": "https://x.test"})]})
    request, _ = one_request(gateway, upstream, CHAT)
    assert request.head.get("x-title") == "my tool"
    assert request.head.get("http-referer") == "https://x.test"


def test_passthrough_account_sends_the_clients_own_credential(upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream, type="passthrough")]})
    request, answer = one_request(gateway, upstream, ANTHROPIC, [
        ("Authorization", "Bearer sk-ant-oat01-mine"), ("anthropic-beta", "oauth-2025-04-20")])
    assert answer.status == 200
    assert request.head.all("authorization") == ["Bearer sk-ant-oat01-mine"]
    assert "x-api-key" not in request.head
    assert gateway.key.encode() not in request.head.raw


def test_passthrough_never_forwards_a_gateway_key(upstream, start):
    """The key that opened the gateway is not a credential for the upstream."""
    upstream.reply = wire.json_answer(ANTHROPIC.answer())
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream, type="passthrough")]})
    bearer = ("Authorization", f"Bearer {gateway.key}")
    for headers in ([bearer], [("x-api-key", gateway.key)], [bearer, ("x-api-key", "sk-mine")],
                    [bearer, ("x-llm-gateway-key", gateway.key)]):
        gateway.call(gateway.post(ANTHROPIC.path, ANTHROPIC.body(), headers, key=False))
    assert all(gateway.key.encode() not in request.head.raw for request in upstream.seen)


def test_account_of_type_none_sends_no_credential(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream, type="none")]})
    request, _ = one_request(gateway, upstream, CHAT, [("Authorization", "Bearer clients-own")])
    assert "authorization" not in request.head


def test_answers_carry_their_origin(upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream, "claude-max")]})
    back = wire.json_answer(ANTHROPIC.answer(), headers=[("request-id", "req_upstream_1")])
    _, answer = one_request(gateway, upstream, ANTHROPIC, back=back)
    assert answer.header("x-llm-gateway-upstream") == "claude-max"
    assert answer.header("x-llm-gateway-model") == "asked-model"
    assert answer.header("x-llm-gateway-attempts") == "1"
    assert answer.header("x-llm-gateway-upstream-request-id") == "req_upstream_1"
    assert answer.header("x-llm-gateway-warnings") is None
    assert answer.header("request-id") and answer.header("x-trace-id")


def test_trace_id_of_the_client_is_kept_when_valid(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    _, answer = one_request(gateway, upstream, CHAT, [("X-Trace-ID", "abc-123")])
    assert answer.header("x-trace-id") == "abc-123"
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    _, answer = one_request(gateway, upstream, CHAT, [("traceparent", parent)])
    assert answer.header("x-trace-id") == "4bf92f3577b34da6a3ce929d0e0e4736"
    for bad in ("a b\tc", "x" * 500, "\x80\xff", '"><script>'):
        _, answer = one_request(gateway, upstream, CHAT, [("X-Trace-ID", bad)])
        assert answer.header("x-trace-id") not in (bad, "", None)


def test_an_upstream_joins_the_clients_trace(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    headers = [("traceparent", f"00-{trace}-{span}-01"), ("tracestate", "rojo=1,congo=t61")]
    spans = set()
    for _ in range(2):
        request, _ = one_request(gateway, upstream, CHAT, headers)
        version, same, own, flags = request.head.get("traceparent").split("-")
        assert (version, same, flags) == ("00", trace, "01")
        assert re.fullmatch("[0-9a-f]{16}", own) and own != span
        assert request.head.get("tracestate") == "rojo=1,congo=t61"
        spans.add(own)
    assert len(spans) == 2
    records = gateway.control("GET", "/v1/requests").json()
    assert {record["trace_id"] for record in records} == {trace}
    for bad in (f"00-{trace}-{span}", f"00-{'0' * 32}-{span}-01", f"ff-{trace}-{span}-01",
                f"00-{trace}-{'0' * 16}-01", f"00-{trace.upper()}-{span}-01",
                f"00-{trace}-{span}-01-more"):
        request, answer = one_request(gateway, upstream, CHAT, [("traceparent", bad)])
        assert "traceparent" not in request.head and "tracestate" not in request.head
        assert answer.header("x-trace-id") != trace


def test_vendor_headers_come_back(upstream, start):
    """Clients read rate limits and retry hints; hop-by-hop headers stay."""
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
    back = wire.json_answer(ANTHROPIC.answer(), headers=[
        ("anthropic-ratelimit-requests-remaining", "9"), ("x-ratelimit-remaining-tokens", "5"),
        ("Connection", "keep-alive, x-hop"), ("x-hop", "1"), ("Keep-Alive", "timeout=5"),
        ("Set-Cookie", "a=b")])
    _, answer = one_request(gateway, upstream, ANTHROPIC, back=back)
    assert answer.header("anthropic-ratelimit-requests-remaining") == "9"
    assert answer.header("x-ratelimit-remaining-tokens") == "5"
    assert answer.header("x-hop") is None and answer.header("keep-alive") is None
    assert answer.header("set-cookie") is None


@pytest.mark.parametrize("family", [ANTHROPIC, CHAT, RESPONSES, GEMINI], ids=repr)
def test_errors_of_ours_carry_ids_too(family, start):
    gateway = start()
    answer = gateway.call(gateway.post(family.target(), family.body()))
    family.check_error(answer, 404)
    own = "request-id" if family is ANTHROPIC else "x-request-id"
    assert answer.header(own) and answer.header("x-trace-id")


def test_forged_lines_never_leave_a_header(upstream, start):
    """What a client or an upstream puts in a value never becomes a header."""
    gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post("/v1beta/models/a%0d%0aX-Forged:1:generateContent",
                                 GEMINI.body()))
        try:
            request = upstream.take(1)
        except Exception:
            request = None
        if request:
            assert "x-forged" not in request.head
            request.answer(wire.json_answer(GEMINI.answer()))
        assert "x-forged" not in client.read_answer().head


@pytest.mark.parametrize("sent", [None, "one-beta"])
def test_lesson_62_the_long_context_is_a_beta(sent, upstream, start):
    gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream, models=["claude-a"])]})
    headers = [("anthropic-beta", sent)] if sent else []
    with gateway.connect() as connection:
        connection.send(gateway.post(ANTHROPIC.target(), ANTHROPIC.body(model="claude-a[1m]"),
                                     headers=headers))
        request = upstream.take()
        request.answer(wire.json_answer(ANTHROPIC.answer("claude-a")))
        answer = connection.read_answer()
    assert json.loads(request.body)["model"] == "claude-a"
    betas = request.head.get("anthropic-beta").split(",")
    assert betas == ([sent] if sent else []) + ["context-1m-2025-08-07"]
    assert answer.json()["model"] == "claude-a[1m]"


@pytest.mark.parametrize("client,family", [(CHAT, ANTHROPIC), (ANTHROPIC, CHAT),
                                           (CHAT, CHAT)], ids=lambda f: f.name)
def test_lesson_91_headers_of_a_body_that_changed(client, family, upstream, start):
    gateway = start({"upstream_accounts": [family.account(upstream, format=family.name)],
                     "models": {"al": {"routes": [{"upstream": "up", "model": "real"}]}}})
    with gateway.connect() as connection:
        connection.send(gateway.post(client.target(model="al"), client.body(model="al"),
                                     headers=[("Accept-Encoding", "gzip, br")]))
        request = upstream.take()
        assert request.head.get("accept-encoding") == "identity"
        assert request.head.get("content-encoding") is None
        request.answer(wire.json_answer(family.answer("real"), headers=[("ETag", '"x"')]))
        answer = connection.read_answer()
    assert answer.json()["model"] == "al"
    assert answer.header("etag") is None and answer.header("content-encoding") is None
