"""Run by test_media_fetch.py in a network namespace where a public address is
this machine's own."""
import base64
import json
import subprocess

import pytest

from lab import wire
from lab.families import CHAT, GEMINI
from lab.upstream import Upstream

PUBLIC = "93.184.216.34"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40


@pytest.fixture(scope="module", autouse=True)
def network():
    for command in (["ip", "link", "set", "lo", "up"],
                    ["ip", "addr", "add", f"{PUBLIC}/32", "dev", "lo"]):
        subprocess.run(command, check=True)


@pytest.fixture
def media(authority):
    with Upstream(tls=authority.server_context(PUBLIC, "IP"), host=PUBLIC) as server:
        yield server


@pytest.fixture
def gateway(upstream, start, authority):
    return start({"proxy": {"ca_file": str(authority.ca)}, "upstream_accounts": [
        GEMINI.account(upstream, options={"url_media": "fetch"})]})


def asks(*urls):
    content = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return CHAT.body(messages=[{"role": "user", "content": content}])


def image(data=PNG, kind="image/png"):
    return wire.answer(200, [("Content-Type", kind)], data)


def redirect(to):
    return wire.answer(302, [("Location", to)], b"")


def refused(gateway, upstream, client):
    answer = client.read_answer()
    assert answer.status == 400, answer.body
    assert upstream.seen == []
    return answer.json()["error"]["message"]


def test_images_are_put_into_the_request(gateway, upstream, media):
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asks(media.url + "/a.png?x=1", media.url + "/b")))
        first = media.take()
        assert first.target == "/a.png?x=1"
        assert first.head.get("user-agent") == "llm-gateway"
        assert gateway.key.encode() not in repr(first.head.__dict__).encode()
        first.answer(image())
        media.take().answer(image(PNG + b"2", "image/png; charset=binary"))
        request = upstream.take()
        parts = json.loads(request.body)["contents"][0]["parts"]
        assert [part["inlineData"]["mimeType"] for part in parts] == ["image/png"] * 2
        assert [base64.b64decode(part["inlineData"]["data"]) for part in parts] == [
            PNG, PNG + b"2"]
        request.answer(wire.json_answer(GEMINI.answer()))
        assert client.read_answer().status == 200


def test_redirects_are_followed(gateway, upstream, media):
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asks(media.url + "/dir/a")))
        media.take().answer(redirect("b?c"))
        request = media.take()
        assert request.target == "/dir/b?c"
        request.answer(image())
        request = upstream.take()
        assert b"inlineData" in request.body
        request.answer(wire.json_answer(GEMINI.answer()))
        assert client.read_answer().status == 200


@pytest.mark.parametrize("to,why", [
    ("https://127.0.0.1:{port}/secret", "its address is not public"),
    ("https://localhost:{port}/secret", "its address is not public"),
    ("http://93.184.216.34:{port}/secret", "only https:// addresses"),
    ("file:///etc/passwd", "only https:// addresses"),
    ("//169.254.169.254/latest", "its address is not public")])
def test_redirects_lead_nowhere_else(to, why, gateway, upstream, media, authority):
    with Upstream(tls=authority.server_context()) as inside, gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asks(media.url + "/a")))
        media.take().answer(redirect(to.format(port=inside.port)))
        assert why in refused(gateway, upstream, client)
        assert inside.connections == 0


def test_a_kept_connection_is_no_way_in(start, upstream, media, authority):
    """The gateway has a connection to an upstream on this machine; a redirect
    to the same address must not travel on it."""
    with Upstream(tls=authority.server_context()) as inside:
        gateway = start({"proxy": {"ca_file": str(authority.ca)}, "upstream_accounts": [
            CHAT.account(inside, "local", models=["local-*"]),
            GEMINI.account(upstream, options={"url_media": "fetch"})]})
        with gateway.connect() as client:
            client.send(gateway.post(CHAT.path, CHAT.body(model="local-m")))
            inside.take().answer(wire.json_answer(CHAT.answer("local-m")))
            assert client.read_answer().status == 200
            client.send(gateway.post(CHAT.path, asks(media.url + "/a")))
            media.take().answer(redirect(inside.url + "/secret"))
            assert "not public" in refused(gateway, upstream, client)
        assert len(inside.seen) == 1


def test_too_many_redirects(gateway, upstream, media):
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asks(media.url + "/0")))
        for number in range(4):
            media.take().answer(redirect(f"/{number + 1}"))
        assert "redirected too often" in refused(gateway, upstream, client)


@pytest.mark.parametrize("answer,why", [
    (wire.answer(404, [], b"no"), "its server answered 404"),
    (image(b"<html>", "text/html"), "it is text/html"),
    (wire.answer(200, [], PNG), "of no known type")], ids=["404", "html", "untyped"])
def test_what_is_no_image(answer, why, gateway, upstream, media):
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asks(media.url + "/a")))
        media.take().answer(answer)
        assert why in refused(gateway, upstream, client)


def test_too_large(gateway, upstream, media):
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asks(media.url + "/a")))
        request = media.take()
        try:
            request.answer(image(bytes(21 << 20)))
        except OSError:
            request.finish()
        assert "it is too large" in refused(gateway, upstream, client)


def test_a_client_that_leaves(gateway, upstream, media):
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asks(media.url + "/a")))
        request = media.take()
    assert request.was_left()
    assert gateway.call(gateway.get("/health")).status == 200
    assert upstream.seen == []
