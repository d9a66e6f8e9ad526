"""Media by URL for an upstream that wants them inside the request (C76,
url_media: fetch): what is never fetched. What is, needs public addresses and so
a network of its own: media_fetch_cases.py."""
import pathlib
import subprocess
import sys

import pytest

from lab.families import ANTHROPIC, CHAT, GEMINI
from lab.upstream import Upstream

HERE = pathlib.Path(__file__).resolve().parent


def config(upstream, **options):
    return {"upstream_accounts": [GEMINI.account(upstream,
                                                 options={"url_media": "fetch", **options})]}


def asks(url):
    content = [{"type": "image_url", "image_url": {"url": url}}]
    return CHAT.body(messages=[{"role": "user", "content": content}])


@pytest.mark.parametrize("address", [
    "127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "2130706433",
    "0x7f.1", "169.254.169.254", "10.1.2.3", "192.168.0.1", "172.16.0.1", "100.100.100.200",
    "[fd00:ec2::254]", "[fe80::1]", "[64:ff9b::7f00:1]", "168.63.129.16"])
def test_addresses_that_are_not_public(address, upstream, start):
    gateway = start(config(upstream))
    with Upstream() as inside:
        answer = gateway.call(gateway.post(CHAT.path, asks(f"https://{address}:{inside.port}/x")))
        assert inside.connections == 0
    assert answer.status == 400
    message = answer.json()["error"]["message"]
    assert "could not be fetched: its address is not public" in message
    assert upstream.seen == []


@pytest.mark.parametrize("url", [
    "http://example.com/x.png", "https://user:word@127.0.0.1/x.png"])
def test_urls_that_are_not_followed(url, upstream, start):
    gateway = start(config(upstream))
    answer = gateway.call(gateway.post(CHAT.path, asks(url)))
    assert answer.status == 400
    assert "only https:// addresses are" in answer.json()["error"]["message"]
    assert upstream.seen == []


def test_no_proxy_is_asked(upstream, start):
    """A proxy would look the name up where nobody sees to what."""
    with Upstream() as proxy:
        gateway = start({**config(upstream), "environment": {"https_proxy": proxy.url,
                                                             "no_proxy": ""}})
        answer = gateway.call(gateway.post(CHAT.path, asks("https://127.0.0.1/x.png")))
        assert answer.status == 400
        assert proxy.connections == 0


def test_too_many(upstream, start):
    gateway = start(config(upstream))
    content = [{"type": "image_url", "image_url": {"url": "https://127.0.0.1/x.png"}}] * 17
    body = CHAT.body(messages=[{"role": "user", "content": content}])
    answer = gateway.call(gateway.post(CHAT.path, body))
    assert answer.status == 400
    assert "more than 16" in answer.json()["error"]["message"]


def test_another_upstream_that_takes_urls_is_asked(upstream, start):
    gateway = start({"upstream_accounts": [
        GEMINI.account("http://127.0.0.1:9", "first", options={"url_media": "fetch"}),
        ANTHROPIC.account(upstream, "second", priority=2)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, asks("https://127.0.0.1:9/x.png")))
        request = upstream.take()
        assert b"https://127.0.0.1:9/x.png" in request.body
        client.close()


def test_in_a_network_of_its_own():
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody make a network")
    done = subprocess.run(["unshare", "-rn", sys.executable, "-m", "pytest", "-q", "--tb=short",
                           "-p", "no:cacheprovider", HERE / "media_fetch_cases.py"],
                          capture_output=True, text=True, cwd=HERE)
    assert done.returncode == 0, done.stdout + done.stderr
