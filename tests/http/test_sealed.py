"""Sealed transport: a client that seals, two gateways, and a stranger between."""
import json
import time

import pytest

from lab import wire
from lab.families import ALL, ANTHROPIC, CHAT, GEMINI, RESPONSES, STREAMING
from lab.gateway import Gateway, account
from lab.sealed import TYPE, Sealer, encode
from lab.upstream import Upstream

FAMILIES = [ANTHROPIC, CHAT, RESPONSES, GEMINI]
HEADERS = [("Content-Type", "application/json")]
FORMATS = {"anthropic": "anthropic", "openai-chat": "openai-chat",
           "openai-responses": "openai-responses", "gemini": "gemini"}


def sealing(start, upstream, family, **more):
    """A gateway with a sealed key; it and what seals for it."""
    gateway = start({"upstream_accounts": [family.account(upstream)], **more})
    text = gateway.cli("apikey", "add", "--name=other", "--sealed", "-q", check=True).stdout
    return gateway, Sealer(text.decode().strip())


def path_of(target):
    return target.split("?")[0]


def send(gateway, target, envelope, headers=()):
    """Posts an envelope (or any bytes) without any other key."""
    return gateway.call(gateway.post(target, envelope, [("Content-Type", TYPE), *headers],
                                     key=None).replace(b"Content-Type: application/json\r\n", b"", 1))


def chunked(body):
    return wire.stream_head() + wire.chunk(body) + wire.chunk(b"")


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_a_sealed_request_is_answered_sealed(family, upstream, start):
    gateway, sealer = sealing(start, upstream, family)
    upstream.reply = lambda request: wire.json_answer(family.answer())
    body = family.body()
    asked = sealer.request(path_of(family.target()), body)
    answer = send(gateway, family.target(), asked)
    assert answer.status == 200
    assert json.loads(sealer.answer(answer, asked)) == family.answer()
    assert upstream.seen[0].body == body
    assert b"hello" not in answer.body


@pytest.mark.parametrize("family", STREAMING, ids=repr)
def test_a_sealed_stream_is_sealed_event_by_event(family, upstream, start):
    gateway, sealer = sealing(start, upstream, family)
    plain = family.opening() + family.content("one") + family.content("two") + family.closing()
    upstream.reply = lambda request: chunked(plain)
    asked = sealer.request(path_of(family.target(True)), family.body(True))
    answer = send(gateway, family.target(True), asked)
    events = sealer.events(answer, asked)
    assert b"".join(events) == plain
    assert events == [part + b"\n\n" for part in plain.split(b"\n\n")[:-1]] + [b""]


def test_events_that_come_in_pieces_are_sealed_whole(upstream, start):
    gateway, sealer = sealing(start, upstream, CHAT)
    plain = CHAT.opening() + CHAT.content("one") + CHAT.content("two") + CHAT.closing()
    asked = sealer.request(CHAT.path, CHAT.body(True))
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asked, [("Content-Type", TYPE)], key=None).replace(
            b"Content-Type: application/json\r\n", b"", 1))
        request = upstream.take()
        request.send(wire.stream_head())
        for at in range(0, len(plain), 7):
            request.send(wire.chunk(plain[at:at + 7]))
        request.answer(wire.chunk(b""))
        events = sealer.events(client.read_answer(), asked)
    assert b"".join(events) == plain
    assert all(event.endswith(b"\n\n") for event in events[:-1])


# --- what is refused ---

def test_each_request_is_taken_once(upstream, start):
    gateway, sealer = sealing(start, upstream, CHAT, server={"workers": 2})
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    asked = sealer.request(CHAT.path, CHAT.body())
    assert send(gateway, CHAT.path, asked).status == 200
    for _ in range(6):      # whichever worker
        again = send(gateway, CHAT.path, asked)
        CHAT.check_error(again, 409)
    assert len(upstream.seen) == 1


def changed(value):
    """Another text of the same length and alphabet."""
    return ("B" if value[0] == "A" else "A") + value[1:]


BAD = {
    "no JSON": (400, lambda e: b"not json"),
    "an array": (400, lambda e: b"[]"),
    "empty": (400, lambda e: b""),
    "half": (400, lambda e: json.dumps(e).encode()[:60]),
    "version 2": (400, lambda e: {**e, "v": 2}),
    "version text": (400, lambda e: {**e, "v": "1"}),
    **{f"no {name}": (400, lambda e, name=name: {k: v for k, v in e.items() if k != name})
       for name in ("v", "kid", "ts", "nonce", "iv", "ct")},
    "kid number": (400, lambda e: {**e, "kid": 1}),
    "kid of lines": (400, lambda e: {**e, "kid": "a\nb"}),
    "kid too long": (400, lambda e: {**e, "kid": "k" * 70}),
    "ts text": (400, lambda e: {**e, "ts": str(e["ts"])}),
    "ts fraction": (400, lambda e: {**e, "ts": e["ts"] + 0.5}),
    "ts negative": (400, lambda e: {**e, "ts": -1}),
    "nonce short": (400, lambda e: {**e, "nonce": e["nonce"][:-2]}),
    "nonce padded": (400, lambda e: {**e, "nonce": e["nonce"] + "=="}),
    "nonce not canonical": (400, lambda e: {**e, "nonce": e["nonce"][:-1] + "x"}),
    "iv long": (400, lambda e: {**e, "iv": e["iv"] + "AAAA"}),
    "iv null": (400, lambda e: {**e, "iv": None}),
    "ct number": (400, lambda e: {**e, "ct": 7}),
    "ct not base64": (401, lambda e: {**e, "ct": "****"}),
    "ct empty": (401, lambda e: {**e, "ct": ""}),
    "ct short": (401, lambda e: {**e, "ct": e["ct"][:8]}),
    "ct cut": (401, lambda e: {**e, "ct": e["ct"][:-4]}),
    "ct changed": (401, lambda e: {**e, "ct": changed(e["ct"])}),
    "iv changed": (401, lambda e: {**e, "iv": changed(e["iv"])}),
    "nonce changed": (401, lambda e: {**e, "nonce": changed(e["nonce"])}),
    "ts changed": (401, lambda e: {**e, "ts": e["ts"] + 1}),
    "kid unknown": (401, lambda e: {**e, "kid": "gw_nobody"}),
}


def test_bad_envelopes_get_clear_errors_in_the_clients_form(upstream, start):
    gateway, sealer = sealing(start, upstream, CHAT)
    for family in FAMILIES:
        for name, (status, make) in BAD.items():
            envelope = make(sealer.request(path_of(family.target()), family.body()))
            answer = send(gateway, family.target(), envelope)
            message = family.check_error(answer, status)["message"]
            assert "seal" in message, (name, message)
    assert upstream.seen == []


def test_method_and_path_are_bound(upstream, start):
    gateway, sealer = sealing(start, upstream, CHAT)
    for path, method in (("/v1/messages", "POST"), (CHAT.path, "PUT"), (CHAT.path + "/", "POST")):
        asked = sealer.request(path, CHAT.body(), method=method)
        CHAT.check_error(send(gateway, CHAT.path, asked), 401)
    assert upstream.seen == []


def test_the_clock_may_differ_by_five_minutes(upstream, start):
    gateway, sealer = sealing(start, upstream, CHAT)
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    now = int(time.time() * 1000)
    for ts, status in ((now + 240_000, 200), (now + 330_000, 401), (now - 330_000, 401),
                       (0, 401), (2 ** 63, 401), (2 ** 64 - 1, 401), (now - 200_000, 503)):
        answer = send(gateway, CHAT.path, sealer.request(CHAT.path, CHAT.body(), ts=ts))
        assert answer.status == status, (ts - now, answer.body)
    assert int(answer.header("retry-after")) >= 1       # older than the gateway's start
    assert len(upstream.seen) == 1


def test_a_restart_forgets_no_request(upstream, start):
    gateway, sealer = sealing(start, upstream, CHAT)
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    asked = sealer.request(CHAT.path, CHAT.body())
    assert send(gateway, CHAT.path, asked).status == 200
    gateway.stop()
    gateway.start()
    CHAT.check_error(send(gateway, CHAT.path, asked), 503)
    again = sealer.request(CHAT.path, CHAT.body())
    assert send(gateway, CHAT.path, again).status == 200


def test_errors_behind_the_opening_are_sealed(upstream, start):
    gateway, sealer = sealing(start, upstream, ANTHROPIC)
    asked = sealer.request("/v1/messages", b'{"messages": []}')
    answer = send(gateway, "/v1/messages", asked)
    assert answer.status == 400
    assert json.loads(sealer.answer(answer, asked))["type"] == "error"
    upstream.reply = lambda request: wire.json_answer({"error": {"message": "too dear"}}, 402)
    asked = sealer.request("/v1/messages", ANTHROPIC.body())
    answer = send(gateway, "/v1/messages", asked)
    assert answer.status == 402
    assert b"too dear" in sealer.answer(answer, asked) and b"too dear" not in answer.body


def test_errors_that_call_themselves_streams(upstream, start):
    near, _ = two(start, upstream, CHAT)
    body = b'{"error": {"message": "too dear", "type": "billing"}}'
    upstream.reply = lambda request: wire.answer(402, [("Content-Type", "text/event-stream")],
                                                 body)
    answer = near.call(near.post(CHAT.path, CHAT.body(True)))
    assert answer.status == 402 and b"too dear" in answer.body


def test_keys_are_shut_out_as_any_other(upstream, start):
    gateway, sealer = sealing(start, upstream, CHAT)
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())

    def ask():
        asked = sealer.request(CHAT.path, CHAT.body())
        return asked, send(gateway, CHAT.path, asked)

    gateway.cli("apikey", "disable", "other", check=True)
    CHAT.check_error(ask()[1], 401)
    gateway.cli("apikey", "add", "--name=more", "--sealed", "-q", check=True)
    asked, answer = ask()
    assert answer.status == 401 and b"disabled" in sealer.answer(answer, asked)
    gateway.cli("apikey", "enable", "other", check=True)
    assert ask()[1].status == 200
    renewed = gateway.cli("apikey", "rotate", "other", "-q", check=True).stdout.decode().strip()
    assert ask()[1].status == 401
    sealer = Sealer(renewed)
    assert ask()[1].status == 200
    assert gateway.cli("apikey", "remove", "other", "--yes", check=True).stderr.count(b"warning") == 0
    CHAT.check_error(ask()[1], 401)


def test_a_reader_may_not_generate(upstream, start):
    gateway, _ = sealing(start, upstream, CHAT)
    text = gateway.cli("apikey", "add", "--name=reader", "--sealed", "--permissions=read", "-q",
                       check=True).stdout
    sealer = Sealer(text.decode().strip())
    asked = sealer.request(CHAT.path, CHAT.body())
    answer = send(gateway, CHAT.path, asked)
    assert answer.status == 403 and b"write" in sealer.answer(answer, asked)


def test_a_sealed_key_is_never_taken_plain(upstream, start):
    gateway, _ = sealing(start, upstream, CHAT)
    text = gateway.cli("apikey", "rotate", "other", "-q", check=True).stdout.decode().strip()
    for header in (("Authorization", "Bearer " + text), ("x-api-key", text),
                   ("x-llm-gateway-key", text)):
        answer = gateway.call(gateway.post(CHAT.path, CHAT.body(), [header], key=None))
        assert "rotate" in CHAT.check_error(answer, 401)["message"]
    assert upstream.seen == []


def test_off_until_configured(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    sealer = Sealer("lgw_sealed_gw_nobody_" + encode(bytes(32)))
    answer = send(gateway, CHAT.path, sealer.request(CHAT.path, CHAT.body()))
    assert "apikey add --sealed" in CHAT.check_error(answer, 401)["message"]
    # nobody's megabytes are taken in before that is said
    head = wire.head(f"POST {CHAT.path} HTTP/1.1", [
        ("Host", f"127.0.0.1:{gateway.port}"), ("Content-Type", TYPE), ("Expect", "100-continue"),
        ("Content-Length", "50000000")])
    assert gateway.call(head).status == 401


def test_the_key_is_kept_in_the_store_alone(upstream, start):
    gateway, _ = sealing(start, upstream, CHAT)
    text = gateway.cli("apikey", "rotate", "other", "-q", check=True).stdout.decode().strip()
    shown = gateway.cli("apikey", "show", "other", "--json", check=True).stdout
    assert json.loads(shown)["sealed"] is True
    for path in gateway.home.rglob("*"):
        if path.is_file():
            assert text[-43:].encode() not in path.read_bytes(), path
    assert text[-43:].encode() not in shown + gateway.stderr()


# --- two gateways ---

class Between:
    """Carries requests to a gateway and its answers back; `change` may alter
    an answer's body, `seen` has what went by."""

    def __init__(self, gateway):
        self.gateway, self.change, self.headers, self.seen = gateway, None, None, []
        self.server = Upstream(reply=self._carry)
        self.url = self.server.url

    def _carry(self, request):
        pairs = [(name, value) for name, value in request.head.pairs
                 if name.lower() not in ("host", "content-length", "connection")]
        with self.gateway.connect() as client:
            client.send(wire.request(request.method, request.target, pairs, request.body,
                                     host=f"127.0.0.1:{self.gateway.port}"))
            answer = client.read_answer()
        self.seen.append((request, answer))
        body = self.change(answer.body) if self.change else answer.body
        pairs = self.headers or [("Content-Type", answer.header("content-type"))]
        return wire.answer(answer.status, pairs, body)


def two(start, upstream, family, between=False, **more):
    """The near gateway, whose only upstream is the far one."""
    far, _ = sealing(start, upstream, family)
    text = far.cli("apikey", "rotate", "other", "-q", check=True).stdout.decode().strip()
    middle = Between(far) if between else None
    near = start({"upstream_accounts": [account("far", "llm-gateway",
                                                middle.url if between else far.url,
                                                api_key=text)], **more})
    return near, middle or far


@pytest.mark.parametrize("transport", ["direct", "curl"], indirect=True)
@pytest.mark.parametrize("family", FAMILIES, ids=repr)
def test_two_gateways_pass_bytes_through(family, upstream, start):
    near, middle = two(start, upstream, family, between=True)
    body, back = family.body(), json.dumps(family.answer()).encode()
    upstream.reply = lambda request: wire.answer(200, HEADERS, back)
    answer = near.call(near.post(family.target(), body))
    assert (answer.status, answer.body) == (200, back)
    assert answer.header("content-type") == "application/json"
    assert upstream.seen[0].body == body
    plain = family.opening() + family.content("one") + family.closing()
    upstream.reply = lambda request: chunked(plain)
    streamed = family.body(True)
    answer = near.call(near.post(family.target(True), streamed))
    assert (answer.status, answer.body) == (200, plain)
    assert answer.header("content-type").startswith("text/event-stream")
    assert upstream.seen[1].body == streamed
    for request, carried in middle.seen:
        assert request.head.get("content-type") == TYPE
        assert near.key.encode() not in request.head.raw
        assert b"lgw_sealed_" not in request.head.raw + request.body
        assert b"hello" not in carried.body and b"one" not in carried.body


def test_two_gateways_stream_without_waiting(upstream, start):
    near, _ = two(start, upstream, CHAT)
    with near.connect() as client:
        client.send(near.post(CHAT.path, CHAT.body(True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("first")))
        assert b"first" in client.until(b"first")
        request.send(wire.chunk(CHAT.content("second")))
        assert b"second" in client.until(b"second")
        request.answer(wire.chunk(CHAT.closing()) + wire.chunk(b""))
        client.until(b"[DONE]")


def test_an_answer_of_megabytes(upstream, start):
    near, _ = two(start, upstream, CHAT)
    back = json.dumps(CHAT.answer(text="x" * 3_000_000)).encode()
    upstream.reply = lambda request: wire.answer(200, HEADERS, back)
    body = CHAT.body(note="y" * 3_000_000)
    answer = near.call(near.post(CHAT.path, body))
    assert (answer.status, answer.body == back) == (200, True)
    assert upstream.seen[0].body == body


def test_other_formats_are_converted_behind_the_seal(upstream, start):
    near, _ = two(start, upstream, ANTHROPIC)
    upstream.reply = lambda request: wire.json_answer(ANTHROPIC.answer())
    answer = near.call(near.post(CHAT.path, CHAT.body()))
    assert answer.json()["choices"][0]["message"]["content"] == "hello"


def split(body):
    return [part + b"\n\n" for part in body.split(b"\n\n")[:-1]]


STREAM_CHANGES = {
    "cut": lambda parts: parts[:-1],
    "cut in the middle": lambda parts: parts[:3],
    "one left out": lambda parts: parts[:2] + parts[3:],
    "two swapped": lambda parts: parts[:2] + [parts[3], parts[2]] + parts[4:],
    "one repeated": lambda parts: parts[:3] + parts[2:],
    "one behind the end": lambda parts: parts + parts[-1:],
    "end marked early": lambda parts: parts[:2] + [parts[2].replace(b'"last":false',
                                                                    b'"last":true')],
    "renumbered": lambda parts: parts[:2] + [parts[3].replace(b'"seq":3', b'"seq":2')] + parts[4:],
    "a plain one": lambda parts: parts[:2] + [b'data: {"choices":[]}\n\n'] + parts[2:],
    "a bit": lambda parts: parts[:2] + [parts[2].replace(b'"ct":"', b'"ct":"A')] + parts[3:],
}


@pytest.mark.parametrize("name", STREAM_CHANGES)
def test_changed_streams_are_found(name, upstream, start):
    near, middle = two(start, upstream, CHAT, between=True)
    plain = CHAT.opening() + CHAT.content("one") + CHAT.content("two") + CHAT.closing()
    upstream.reply = lambda request: chunked(plain)
    middle.change = lambda body: b"".join(STREAM_CHANGES[name](split(body)))
    answer = near.call(near.post(CHAT.path, CHAT.body(True)))
    if answer.status == 200:
        assert b'"error"' in answer.body and b"seal" in answer.body
    else:
        CHAT.check_error(answer, 502)


def test_first_event_of_another_stream_is_found(upstream, start):
    near, middle = two(start, upstream, CHAT, between=True)
    plain = CHAT.opening() + CHAT.content("one") + CHAT.closing()
    upstream.reply = lambda request: chunked(plain)
    assert near.call(near.post(CHAT.path, CHAT.body(True))).body == plain
    old = middle.seen[0][1].body
    middle.change = lambda body: old
    CHAT.check_error(near.call(near.post(CHAT.path, CHAT.body(True))), 502)


WHOLE_CHANGES = {
    "a bit": lambda body: body.replace(b'"ct":"', b'"ct":"A'),
    "cut": lambda body: body[:-20],
    "type": lambda body: body.replace(b"application/json", b"application/j5on"),
    "nothing": lambda body: b"",
    "plain": lambda body: json.dumps(CHAT.answer()).encode(),
}


@pytest.mark.parametrize("name", WHOLE_CHANGES)
def test_changed_answers_are_found(name, upstream, start):
    near, middle = two(start, upstream, CHAT, between=True)
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    middle.change = WHOLE_CHANGES[name]
    CHAT.check_error(near.call(near.post(CHAT.path, CHAT.body())), 502)


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", "text/plain"])
def test_an_answer_that_is_not_sealed_is_none(kind, upstream, start):
    near, middle = two(start, upstream, CHAT, between=True)
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    middle.change = lambda body: json.dumps(CHAT.answer()).encode()
    middle.headers = [("Content-Type", kind)]
    CHAT.check_error(near.call(near.post(CHAT.path, CHAT.body())), 502)


def test_an_error_of_the_way_fails_over(upstream, start):
    far, _ = sealing(start, upstream, CHAT)
    text = far.cli("apikey", "rotate", "other", "-q", check=True).stdout.decode().strip()
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    with Upstream(reply=wire.answer(502, [], b"<html>bad gateway</html>")) as way:
        near = start({"upstream_accounts": [
            account("first", "llm-gateway", way, api_key=text, priority=1),
            account("second", "llm-gateway", far.url, api_key=text, priority=2)]})
        answer = near.call(near.post(CHAT.path, CHAT.body()))
        assert (answer.status, answer.header("x-llm-gateway-upstream")) == (200, "second")


@pytest.mark.parametrize("key", ["lgw_plain", "sk-ant-1234567890", "lgw_sealed_short",
                                 "lgw_sealed_gw_x_" + "!" * 43])
def test_another_kind_of_key_is_named(key, start):
    near = start({"upstream_accounts": [account("far", "llm-gateway", "http://127.0.0.1:9",
                                                api_key=key)]})
    answer = near.call(near.post(CHAT.path, CHAT.body()))
    assert "apikey add --sealed" in CHAT.check_error(answer, 503)["message"]


def test_only_json_is_sealed(start):
    key = "lgw_sealed_gw_x_" + encode(bytes(32))
    near = start({"upstream_accounts": [account("far", "llm-gateway", "http://127.0.0.1:9",
                                                api_key=key)]})
    form = wire.request("POST", "/v1/audio/transcriptions",
                        [("Content-Type", "multipart/form-data; boundary=x"),
                         ("x-llm-gateway-key", near.key)], b"--x--\r\n",
                        host=f"127.0.0.1:{near.port}")
    assert "JSON" in CHAT.check_error(near.call(form), 400)["message"]


def test_the_other_gateway_is_probed_and_tested(upstream, start):
    near, _ = two(start, upstream, CHAT)
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    done = near.cli("upstream", "test", "far", check=True)
    assert b"ready" in done.stdout + done.stderr
    near.cli("upstream", "test", "far", "--model=m", check=True)
    assert upstream.seen[-1].method == "POST"


def test_kinds_of_account_that_cannot_seal(start):
    gateway = start({})
    for flags in (["--type=none"], ["--type=passthrough"], []):
        done = gateway.cli("upstream", "add", "--provider=llm-gateway", "--name=far",
                           *(["--base-url=http://127.0.0.1:9"] if flags else []), *flags,
                           "--key-env=X" if not flags else "--priority=1")
        assert done.returncode == 5, (flags, done.stderr)
