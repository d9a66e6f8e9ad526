"""The control socket itself: who may, what is malformed, streams, the end."""
import json
import os
import pathlib
import socket
import stat
import subprocess
import sys
import time

import pytest

from lab import wire
from lab.gateway import BINARY, Gateway


def dial(gateway):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(gateway.home / "control.sock"))
    return wire.Wire(sock)


def raw(gateway, data):
    with dial(gateway) as client:
        client.send(data)
        return client.read_answer("GET")


def error_of(answer):
    return answer.json()["error"]


def eventually(condition, seconds=wire.DEADLINE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


class Events:
    """Reads an event stream: (event, data) pairs."""

    def __init__(self, gateway, target):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(wire.DEADLINE)
        self.sock.connect(str(gateway.home / "control.sock"))
        self.sock.sendall(wire.request("GET", target))
        self.file = self.sock.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def read(self):
        """The next event that has data; None at the end."""
        event = None
        for line in self.file:
            name, _, value = line.rstrip(b"\n").partition(b": ")
            if name == b"event":
                event = value.decode()
            elif name == b"data":
                return event, json.loads(value)
        return None


def test_files_are_private(gateway):
    assert stat.S_IMODE((gateway.home / "control.sock").stat().st_mode) == 0o600
    assert stat.S_IMODE(gateway.home.stat().st_mode) == 0o700


def refuse_another_user(gateway):
    for path in (gateway.root, gateway.home):
        path.chmod(0o755)
    (gateway.home / "control.sock").chmod(0o666)
    script = ("import os, socket, sys; os.setuid(65534); s = socket.socket(socket.AF_UNIX);"
              "s.connect(sys.argv[1]); s.sendall(b'GET /v1/status HTTP/1.1\\r\\n\\r\\n');"
              "print(s.recv(100))")
    done = subprocess.run([sys.executable, "-c", script, gateway.home / "control.sock"],
                          capture_output=True, timeout=wire.DEADLINE)
    assert b"HTTP" not in done.stdout
    assert done.stdout == b"b''\n" or b"Reset" in done.stderr or b"Broken" in done.stderr


if os.geteuid() == 0:  # nobody else can become somebody else
    def test_another_user_is_refused(gateway):
        refuse_another_user(gateway)


MALFORMED = {
    "nonsense": (b"nonsense\r\n\r\n", "usage"),
    "header": (b"GET / HTTP/1.1\r\nbroken\r\n\r\n", "usage"),
    "two lengths": (b"POST /v1/keys HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"
                    b"{}   ", "usage"),
    "chunked": (b"POST /v1/keys HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"2\r\n{}\r\n0\r\n\r\n", "usage"),
    "large body": (b"POST /v1/keys HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "too_large"),
    "large head": (b"GET /v1/keys HTTP/1.1\r\nA: " + b"x" * 20000 + b"\r\n\r\n", "too_large"),
    "path": (b"GET /v2/keys HTTP/1.1\r\n\r\n", "not_found"),
    "method": (b"PUT /v1/keys HTTP/1.1\r\n\r\n", "usage"),
    "body": (b"POST /v1/keys HTTP/1.1\r\nContent-Length: 4\r\n\r\n{\"a\"", "usage"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_requests_are_explained(gateway, case):
    data, code = MALFORMED[case]
    answer = raw(gateway, data)
    assert error_of(answer)["code"] == code
    assert error_of(answer)["message"]
    assert raw(gateway, wire.request("GET", "/v1/status")).status == 200


def test_a_request_in_pieces(gateway):
    data = wire.request("POST", "/v1/keys", body=b'{"name": "pieces"}')
    with dial(gateway) as client:
        for at in range(len(data)):
            client.send(data[at:at + 1])
        answer = client.read_answer("POST")
    assert answer.status == 200 and answer.json()["name"] == "pieces"


def test_expect_continue(gateway):
    with dial(gateway) as client:
        client.send(wire.request("POST", "/v1/keys", [("Expect", "100-continue"),
                                                      ("Content-Length", "14")]))
        assert client.read_head().status == 100
        client.send(b'{"name": "ec"}')
        assert client.read_answer("POST").json()["name"] == "ec"


def test_a_reader_that_leaves_harms_nobody(gateway):
    for _ in range(50):
        with dial(gateway) as client:
            client.send(wire.request("GET", "/v1/snapshot"))
        with dial(gateway) as client:
            client.send(b"GET /v1/sta")
    assert gateway.control("GET", "/v1/status").status == 200


def test_a_silent_peer_holds_up_nobody(gateway):
    with dial(gateway), dial(gateway):
        assert gateway.control("GET", "/v1/status").status == 200


def test_more_connections_than_there_is_room_for(gateway):
    waiting = []
    try:
        for _ in range(80):
            waiting.append(dial(gateway))
        assert gateway.is_running()
    finally:
        for client in waiting:
            client.close()
    assert eventually(lambda: answers(gateway))


def answers(gateway):
    try:
        return gateway.control("GET", "/v1/status").status == 200
    except (OSError, wire.Closed):
        return False


def test_long_home_goes_to_the_runtime_directory(tmp_path):
    gateway = Gateway(start=False, env={"XDG_RUNTIME_DIR": str(tmp_path)})
    try:
        long_home = gateway.root / ("h" * 120)
        gateway.home.rename(long_home)
        gateway.home = long_home
        gateway.cli("server", "start", "--detach", check=True)
        names = [p.name for p in tmp_path.iterdir()]
        assert len(names) == 1 and names[0].startswith("llm-gateway-")
        assert gateway.cli("upstream", "list", check=True).returncode == 0
        gateway.cli("server", "stop", check=True)
        assert list(tmp_path.iterdir()) == []
    finally:
        gateway.close()


# --- streams ---

def test_events_begin_with_a_snapshot_and_follow_changes(gateway):
    with Events(gateway, "/v1/events?interval_ms=60000") as events:
        assert events.status == 200
        event, first = events.read()
        assert event == "snapshot" and first["pid"] == gateway.pid
        assert [k["name"] for k in first["keys"]] == ["test", "boss"]
        gateway.control("POST", "/v1/keys", {"name": "third"})
        while True:
            event, data = events.read()
            if event == "snapshot":
                break
        assert data["generation"] > first["generation"]
        assert [k["name"] for k in data["keys"]] == ["test", "boss", "third"]


def test_events_come_at_the_interval_and_only_with_news(gateway):
    """The reader of a gateway that rests hears now and then that it lives."""
    with Events(gateway, "/v1/events?interval_ms=200&level=error") as events:
        assert events.read()[0] == "snapshot"
        event, alive = events.read()
        assert event == "alive" and alive["next_ms"] >= 1000
        with gateway.connect() as client:
            client.send(gateway.post("/v1/chat/completions", b'{"model":"nobody-has-it"}'))
            client.read_answer()
        event, data = events.read()
        assert event == "snapshot" and data["totals"]["requests"] == 1


def test_events_carry_log_lines(gateway):
    with Events(gateway, "/v1/events?interval_ms=60000&tail=100") as events:
        seen = []
        while not any("listening on" in line for line in seen):
            event, data = events.read()
            if event == "log":
                seen.append(data["msg"])


def test_logs_follow(gateway):
    with Events(gateway, "/v1/logs?follow=1&level=info") as events:
        gateway.control("POST", "/v1/keys", {"name": "noise"})
        event, line = events.read()
        assert event == "log" and line["level"] in ("info", "warn", "error")


@pytest.mark.parametrize("target", ["/v1/logs?follow=1&level=loud", "/v1/events?interval_ms=x",
                                    "/v1/logs?follow=1&since=whenever"])
def test_a_stream_that_cannot_be_is_an_answer(gateway, target):
    answer = raw(gateway, wire.request("GET", target))
    assert answer.status == 400 and error_of(answer)["code"] == "usage"


def test_streams_end_with_the_gateway(gateway):
    with Events(gateway, "/v1/events") as events:
        events.read()
        assert gateway.control("POST", "/v1/stop").json()["stopping"] is True
        while events.read():
            pass
    assert gateway.process.wait(wire.DEADLINE) == 0
    assert not (gateway.home / "control.sock").exists()


def test_a_stale_socket_is_replaced(gateway):
    gateway.stop(9)
    assert (gateway.home / "control.sock").exists()
    gateway.start()
    assert gateway.control("GET", "/v1/status").status == 200


# --- the answers ---

def test_status(gateway):
    status = gateway.control("GET", "/v1/status").json()
    assert status["pid"] == gateway.pid
    assert status["home"] == str(gateway.home)
    assert status["listen"] == "127.0.0.1:%d" % gateway.port
    assert status["config"] == {"path": str(gateway.config_path), "valid": True, "error": None,
                                "needs_restart": False}
    assert status["in_flight"] == 0 and status["uptime_seconds"] >= 0
    assert status["health"] == "degraded" and len(status["reasons"]) == 1


def test_stop_drains_and_now_does_not(upstream, start):
    gateway = start({"upstream_accounts": [openai(upstream, api_key="sk-1")]})
    with gateway.connect() as client:
        client.send(gateway.post("/v1/chat/completions", CHAT))
        upstream.take()
        assert gateway.control("GET", "/v1/status").json()["in_flight"] == 1
        assert gateway.control("POST", "/v1/stop").json()["in_flight"] == 1
        assert eventually(lambda: gateway.control("GET", "/v1/status").json()["state"]
                          == "draining")
        assert gateway.is_running()
        gateway.control("POST", "/v1/stop", {"now": True})
        assert gateway.process.wait(wire.DEADLINE) == 0


def openai(upstream, name="one", **more):
    return {"name": name, "provider": "openai", "base_url": upstream.url + "/v1",
            "models": ["*"], **more}


CHAT = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "hi"}]}
OK = wire.json_answer({"choices": []})


def post(gateway, key=True):
    return gateway.call(gateway.post("/v1/chat/completions", CHAT, key=key)).status


def test_changes_are_in_force_at_once(upstream, gateway):
    upstream.reply = lambda request: OK
    assert post(gateway) == 404
    added = gateway.control("POST", "/v1/upstreams", openai(upstream, api_key="sk-planted-0123"))
    assert added.status == 200, added.body
    assert added.json()["state"] == "ready" and b"planted" not in added.body
    assert post(gateway) == 200
    assert upstream.seen[-1].head.get("authorization") == "Bearer sk-planted-0123"

    gateway.control("POST", "/v1/upstreams/one/disable")
    assert post(gateway) != 200
    gateway.control("POST", "/v1/upstreams/one/enable")
    assert post(gateway) == 200

    gateway.control("PATCH", "/v1/upstreams/one", {"api_key": "sk-planted-4567"})
    assert post(gateway) == 200
    assert upstream.seen[-1].head.get("authorization") == "Bearer sk-planted-4567"

    refused = gateway.control("PATCH", "/v1/upstreams/one", {"api_key": "sk-x", "weight": "no"})
    assert refused.status == 422 and post(gateway) == 200
    assert upstream.seen[-1].head.get("authorization") == "Bearer sk-planted-4567"

    key = gateway.control("POST", "/v1/keys", {"name": "short-lived"}).json()["key"]
    assert post(gateway, key) == 200
    other = gateway.control("POST", "/v1/keys/short-lived/rotate").json()["key"]
    assert post(gateway, key) == 401 and post(gateway, other) == 200
    gateway.control("DELETE", "/v1/keys/short-lived")
    assert post(gateway, other) == 401

    assert gateway.control("DELETE", "/v1/upstreams/one").json()["removed"] is True
    assert post(gateway) == 404
    text = b"".join(p.read_bytes() for p in gateway.home.rglob("*") if p.is_file())
    assert b"planted" not in text and key.encode() not in text


def test_a_key_survives_a_restart(upstream, gateway):
    upstream.reply = lambda request: OK
    gateway.control("POST", "/v1/upstreams", openai(upstream, api_key="sk-planted-0123"))
    gateway.stop()
    gateway.start()
    assert post(gateway) == 200
    assert upstream.seen[-1].head.get("authorization") == "Bearer sk-planted-0123"


def test_an_account_without_its_key_says_so(upstream, gateway):
    gateway.control("POST", "/v1/upstreams", openai(upstream))
    shown = gateway.control("GET", "/v1/upstreams/one").json()
    assert shown["state"] == "attention" and "key" in shown["problem"]
    status = gateway.control("GET", "/v1/status").json()
    assert status["health"] == "degraded" and "one: " in status["reasons"][0]


def test_edits_meet_a_change_by_hand(gateway):
    """Forty edits over the socket beside a person's editor: none is lost."""
    for n in range(20):
        gateway.control("POST", "/v1/keys", {"name": f"k{n}"})
        text = gateway.config_path.read_text()
        gateway.config_path.write_text(text + f"# note {n}\n")
    names = [k["name"] for k in gateway.control("GET", "/v1/keys").json()]
    assert names == ["test", "boss"] + [f"k{n}" for n in range(20)]
    assert gateway.config_path.read_text().count("# note") == 20


def test_an_invalid_file_refuses_edits_and_keeps_running(gateway):
    good = gateway.config_path.read_text()
    gateway.config_path.write_text("server: {prot: 1}\n")
    answer = gateway.control("POST", "/v1/keys", {"name": "x"})
    assert error_of(answer)["code"] == "invalid" and "config.yaml:1:" in error_of(answer)["message"]
    reload = gateway.control("POST", "/v1/reload")
    assert error_of(reload)["code"] == "invalid"
    config = gateway.control("GET", "/v1/status").json()["config"]
    assert config["valid"] is False and "did you mean" in config["error"]
    gateway.config_path.write_text(good)
    assert gateway.control("POST", "/v1/reload").json()["valid"] is True


def test_a_setting_that_needs_a_restart_says_so(gateway):
    gateway.control("PATCH", "/v1/config", {"server": {"workers": 2}})
    assert gateway.control("GET", "/v1/status").json()["config"]["needs_restart"] is True


def test_logs_by_level_and_trace(upstream, start):
    upstream.reply = lambda request: OK
    gateway = start({"upstream_accounts": [openai(upstream, api_key="sk-1")]})
    answer = gateway.call(gateway.post("/v1/chat/completions", CHAT))
    trace = answer.header("x-trace-id")
    assert eventually(lambda: gateway.control("GET", f"/v1/logs?trace={trace}").json())
    lines = gateway.control("GET", f"/v1/logs?trace={trace}").json()
    assert {line["trace_id"] for line in lines} == {trace}
    assert gateway.control("GET", "/v1/logs?level=error").json() == []
    assert len(gateway.control("GET", "/v1/logs?limit=1").json()) == 1
    assert gateway.control("GET", "/v1/logs?since=1h").json()
    assert gateway.control("GET", "/v1/logs?since=2999-01-01").json() == []


def test_demo_leaves_nothing_behind():
    gateway = Gateway(start=False)
    try:
        before = set(pathlib.Path("/tmp").glob("llm-gateway-demo-*"))
        process = subprocess.Popen([BINARY, "server", "start", "--demo"],
                                   env={**gateway.environment(), "TMPDIR": "/tmp"},
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        facts = {}
        for line in process.stderr:
            name, _, value = line.decode().strip().partition(" ")
            facts[name] = value.strip()
            if {"url", "key", "home"} <= set(facts):
                break
        assert facts["key"].startswith("lgw_") and facts["url"].startswith("http://127.0.0.1:")
        assert pathlib.Path(facts["home"]).is_dir()
        process.terminate()
        process.stderr.read()
        assert process.wait(wire.DEADLINE) == 0
        assert set(pathlib.Path("/tmp").glob("llm-gateway-demo-*")) <= before
    finally:
        gateway.close()


# --- the file under a running gateway ---

def test_a_file_that_is_gone_takes_nothing_with_it(upstream, start):
    upstream.reply = lambda request: OK
    gateway = start({"upstream_accounts": [openai(upstream, api_key="sk-1")]})
    text = gateway.config_path.read_bytes()
    gateway.config_path.unlink()
    assert eventually(lambda: config_of(gateway)["valid"] is False)
    assert "gone" in config_of(gateway)["error"] and post(gateway) == 200
    gateway.config_path.write_bytes(text)
    assert eventually(lambda: config_of(gateway)["valid"] is True)
    assert post(gateway) == 200


def test_an_editor_that_empties_the_file_first(upstream, start):
    """Nothing is refused while the file is empty for a moment."""
    upstream.reply = lambda request: OK
    gateway = start({"upstream_accounts": [openai(upstream, api_key="sk-1")]})
    text = gateway.config_path.read_text()
    for n in range(10):
        with open(gateway.config_path, "w") as file:
            assert post(gateway) == 200
            file.write(text + f"# {n}\n")
        assert post(gateway) == 200


def config_of(gateway):
    return gateway.control("GET", "/v1/status").json()["config"]
