"""What the security section of llm-gateway-api(7) claims and no other suite
shows: proxies in front, forged log lines, paths, the control socket, the
process and the program file."""
import json
import os
import re
import socket
import subprocess

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT, GEMINI
from lab.gateway import BINARY, TOP


# --- proxies in front ---

def test_metrics_are_not_open_through_a_proxy(start):
    gateway = start()
    assert gateway.call(gateway.get("/metrics", key=False), "GET").status == 200
    for header in (("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1")):
        data = gateway.get("/metrics", [header], key=False)
        assert gateway.call(data, "GET").status == 401
    assert gateway.call(gateway.get("/metrics", [("X-Forwarded-For", "1.2.3.4")]), "GET").status \
        == 200


# --- what strangers write into logs ---

HOSTILE = "a\x1b[2Jb\x9bc\u202ed"


def test_no_line_of_the_log_is_forged(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "logging": {"level": "debug"}})
    line = "\n10:00:00.000 error server: forged"
    upstream.reply = wire.json_answer({"error": {"message": HOSTILE + line, "type": "x"}}, 400)
    gateway.call(gateway.post(CHAT.path, CHAT.body(model="m" + HOSTILE + line)))
    gateway.call(gateway.post(CHAT.path, CHAT.body(), [("User-Agent", "x\x1b[31m")]))
    gateway.call(gateway.post("/v1/chat%0aforged%1b%5b2J/completions", CHAT.body()))
    gateway.call(gateway.post(CHAT.path, CHAT.body(), [("x-trace-id", "t%0aforged\x1b")]))
    gateway.control("GET", "/v1/upstreams/a%0aforged")
    gateway.stop()
    files = [p.read_bytes() for p in gateway.home.glob("logs/**/*.log")]
    assert "\u202e".encode() not in gateway.stderr()
    for text in [gateway.stderr(), *files]:
        assert text and not re.search(b"\x1b|\xc2\x9b", text), text
        for number, row in enumerate(text.decode(errors="replace").splitlines()):
            assert not row.startswith("10:00:00.000 error server: forged"), number


# --- paths ---

@pytest.mark.parametrize("model", ["../../etc/passwd", "..%2f..%2fetc", "a/../../b", ".", "..",
                                   "a?key=1", "a#b", "a%00b", "a\\..\\b", "a b"])
def test_a_model_is_one_segment_of_the_path(model, upstream, start):
    """Whatever it is called, the upstream sees one segment, or nothing at all."""
    upstream.reply = wire.json_answer(GEMINI.answer())
    gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
    gateway.call(gateway.post(ANTHROPIC.path, ANTHROPIC.body(model=model)))
    gateway.call(gateway.post("/v1beta/models/%s:generateContent" % model.replace(" ", "%20"),
                              GEMINI.body()))
    for request in upstream.seen:
        path = request.target.split("?")[0]
        assert re.fullmatch(r"/v1beta/models/[^/?#\\]+:generateContent", path), request.target
        assert "key=" not in request.target
        assert not re.search(r"/\.\.?(/|$)", path), request.target


def test_no_answer_sends_the_gateway_elsewhere(upstream, start):
    """Not by a redirect to any place or scheme, not by an image's address."""
    gateway = start({"upstream_accounts": [GEMINI.account(upstream)]})
    for location in ("file:///etc/passwd", "http://169.254.169.254/", upstream.url + "/inner"):
        upstream.reply = wire.answer(302, [("Location", location)])
        gateway.call(gateway.post(GEMINI.target(), GEMINI.body()))
    image = {"type": "image_url", "image_url": {"url": upstream.url + "/metadata"}}
    upstream.reply = wire.json_answer(GEMINI.answer())
    gateway.call(gateway.post(CHAT.path, json.dumps({"model": "m", "messages": [
        {"role": "user", "content": [image]}]})))
    assert all(request.target.startswith("/v1beta/models/") for request in upstream.seen)


# --- the control socket ---

@pytest.mark.parametrize("headers", [
    [("Host", "evil.test")], [("Host", "localhost.evil.test")], [("Host", "127.0.0.1.evil.test")],
    [("Host", "localhost"), ("Origin", "http://evil.test")],
    [("Host", "localhost"), ("Origin", "null")], [("Host", "localhost:80@evil.test")],
], ids=str)
def test_no_web_page_reaches_the_control_socket(headers, start):
    """Somebody may have forwarded it to a port."""
    gateway = start()
    for method, path in (("GET", "/v1/status"), ("POST", "/v1/stop")):
        answer = raw_control(gateway, wire.request(method, path, headers, b"{}"))
        assert answer.status == 400, answer.body
        assert "web page" in answer.json()["error"]["message"]
    assert gateway.is_running()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8080"])
def test_local_names_reach_the_control_socket(host, start):
    assert raw_control(start(), wire.request("GET", "/v1/status", host=host)).status == 200


def raw_control(gateway, data):
    with wire.Wire(socket.socket(socket.AF_UNIX)) as client:
        client.sock.connect(str(gateway.home / "control.sock"))
        client.send(data)
        return client.read_answer()


def test_the_control_interface_is_on_no_port(start):
    gateway = start()
    for path in ("/v1/status", "/v1/snapshot", "/v1/keys", "/v1/config", "/v1/stop"):
        assert gateway.call(gateway.get(path, key=gateway.key), "GET").status in (404, 405)


# --- the process and its file ---

def test_memory_is_kept_from_dumps_and_debuggers(start):
    """The kernel gives the files of such a process to root."""
    if os.getuid() == 0:
        gateway = start(start=False)
        subprocess.run(["chown", "-R", "65534:65534", gateway.root], check=True)
        gateway.wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        gateway.start()
    else:
        gateway = start()
    assert os.stat(f"/proc/{gateway.pid}/environ").st_uid == 0


def symbols_of(binary):
    return subprocess.run(["readelf", "--wide", "--syms", "--dyn-syms", binary], check=True,
                          capture_output=True, text=True).stdout


def test_the_program_is_hardened():
    facts = subprocess.run(["readelf", "--wide", "--headers", "--dynamic", BINARY], check=True,
                           capture_output=True, text=True).stdout
    assert re.search(r"Type:\s+DYN", facts), "position-independent"
    assert "GNU_RELRO" in facts and re.search(r"FLAGS.*BIND_NOW|FLAGS_1.*NOW", facts)
    assert re.search(r"GNU_STACK.* RW ", facts), "no executable stack"
    assert "__stack_chk_fail" in symbols_of(BINARY)


def test_what_is_installed_is_built_with_checks():
    """Of the release build; the sanitizers' builds check in their own way."""
    flags = subprocess.run(["make", "-s", "-C", TOP, "VARIANT=release", "show-flags"], check=True,
                           capture_output=True, text=True).stdout
    for flag in ("-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-fstack-clash-protection",
                 "-fPIE"):
        assert flag in flags, flag
    if os.uname().machine == "x86_64":
        assert "-fcf-protection" in flags
