"""The process: one a home, reload without loss, a quiet end, kill -9."""
import json
import os
import pathlib
import random
import signal
import subprocess
import threading
import time

import pytest

from lab import wire
from lab.families import CHAT
from lab.gateway import BINARY
from lab.upstream import Upstream


def eventually(condition, seconds=wire.DEADLINE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_second_gateway_says_who_holds_the_home(start):
    gateway = start()
    second = gateway.cli("server", "start")
    assert second.returncode == 1
    assert str(gateway.pid).encode() in second.stderr
    assert second.stderr.count(b"\n") == 1 and second.stderr.startswith(b"llm-gateway: ")
    assert gateway.control("GET", "/v1/status").status == 200


def test_a_port_that_is_taken_is_named(start):
    gateway = start()
    other = start(start=False)
    other.write_config({"server": {"port": gateway.port}})
    done = other.cli("server", "start")
    assert done.returncode == 1
    assert str(gateway.port).encode() in done.stderr


def test_a_dead_gateway_leaves_no_lock(start):
    gateway = start()
    gateway.stop(signal.SIGKILL)
    gateway.start()
    assert gateway.control("GET", "/v1/status").status == 200


def test_home_is_private(start):
    gateway = start()
    assert gateway.home.stat().st_mode & 0o777 == 0o700
    assert (gateway.home / "config.yaml").stat().st_mode & 0o777 == 0o600
    assert (gateway.home / "control.sock").stat().st_mode & 0o777 == 0o600


def test_an_edit_by_hand_is_in_force_within_a_moment(upstream, start):
    upstream.reply = lambda request: wire.json_answer(CHAT.answer(text="old"))
    with Upstream(lambda request: wire.json_answer(CHAT.answer(text="new"))) as other:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)]})

        def text():
            answer = gateway.call(gateway.post(CHAT.path, CHAT.body()))
            assert answer.status == 200
            return answer.json()["choices"][0]["message"]["content"]

        assert text() == "old"
        gateway.write_config({"upstream_accounts": [CHAT.account(other)]})
        assert eventually(lambda: text() == "new")


def test_reload_drops_no_request(upstream, start):
    """Requests in flight finish on the old configuration; none fails meanwhile."""
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    gateway = start({"upstream_accounts": [CHAT.account(upstream)], "server": {"workers": 2}})
    statuses, stop = [], threading.Event()

    def load():
        with gateway.connect() as client:
            while not stop.is_set():
                client.send(gateway.post(CHAT.path, CHAT.body()))
                statuses.append(client.read_answer().status)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(20):
        gateway.write_config({"upstream_accounts": [CHAT.account(upstream, priority=n + 1)]})
        gateway.process.send_signal(signal.SIGHUP)
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(statuses) > 20 and set(statuses) == {200}


def test_a_stream_survives_the_removal_of_its_account(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("a")))
        client.read_head()
        client.read_chunk()
        upstream.reply = lambda request: wire.json_answer(CHAT.answer())
        gateway.write_config({})
        assert eventually(lambda: not gateway.control("GET", "/v1/status").json()["upstreams"])
        assert gateway.call(gateway.post(CHAT.path, CHAT.body())).status == 404
        request.answer(wire.chunk(CHAT.closing()) + wire.LAST_CHUNK)
        assert client.read_chunk() == CHAT.closing()


@pytest.mark.parametrize("broken", ["server: {port: [\n", "sevrer: {}\n", "server: {port: many}\n",
                                    "\0\0\0", "models: {a: {routes: [{upstream: none, model: x}]}}\n"])
def test_an_invalid_edit_is_refused_and_shown(broken, upstream, start):
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    gateway.config_path.write_text(broken)

    def refused():
        config = gateway.control("GET", "/v1/status").json()["config"]
        return config["valid"] is False and "config.yaml:" in config["error"]

    assert eventually(refused)
    assert gateway.call(gateway.post(CHAT.path, CHAT.body())).status == 200
    gateway.write_config({"upstream_accounts": [CHAT.account(upstream)]})
    assert eventually(lambda: gateway.control("GET", "/v1/status").json()["config"]["valid"])


def test_sigterm_drains(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(CHAT.opening() + CHAT.content("a")))
        client.read_head()
        client.read_chunk()
        gateway.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: refuses_connections(gateway))
        assert gateway.is_running()
        request.answer(wire.chunk(CHAT.closing()) + wire.LAST_CHUNK)
        assert client.read_chunk() == CHAT.closing()
        assert client.read_chunk() == b""
        assert gateway.process.wait(wire.DEADLINE) == 0


def refuses_connections(gateway):
    try:
        gateway.connect().close()
    except OSError:
        return True
    return False


def test_a_second_sigterm_ends_at_once(upstream, start):
    gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        upstream.take()
        gateway.process.send_signal(signal.SIGTERM)
        assert eventually(lambda: refuses_connections(gateway))
        assert gateway.is_running()
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(10) == 0


def test_detach_returns_when_ready(start):
    gateway = start(start=False)
    done = gateway.cli("server", "start", "--detach", check=True)
    assert done.returncode == 0
    try:
        status = gateway.control("GET", "/v1/status").json()
        assert gateway.cli("health").returncode in (0, 1)
        assert gateway.cli("server", "start", "--detach").returncode == 1
    finally:
        gateway.cli("server", "stop")
    assert eventually(lambda: not pathlib.Path(f"/proc/{status['pid']}").exists())


# --- kill -9 in the middle of an edit ---

def test_kill_during_an_edit_leaves_the_old_or_the_new_file(start):
    gateway = start({"server": {"timeout": 31}}, start=False)
    texts = {}
    for value in ("32", "31"):
        gateway.cli("config", "set", "server.timeout", value, check=True)
        texts[value] = gateway.config_path.read_bytes()
    assert texts["31"] != texts["32"]
    chance = random.Random(9)
    for _ in range(60):
        now = "31" if gateway.config_path.read_bytes() == texts["31"] else "32"
        other = "32" if now == "31" else "31"
        edit = subprocess.Popen([BINARY, "config", "set", "server.timeout", other],
                                env=gateway.environment(), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.03))
        edit.kill()
        edit.wait()
        assert gateway.config_path.read_bytes() in texts.values()
    gateway.cli("config", "check", check=True)
    leftovers = [p for p in os.listdir(gateway.home) if "config" in p and p != "config.yaml"]
    gateway.cli("config", "set", "server.timeout", "31", check=True)
    assert len(leftovers) < 60


def test_kill_of_a_gateway_that_edits(start):
    gateway = start({"server": {"timeout": 31}})
    chance = random.Random(4)
    for round_number in range(8):
        before = json.loads(gateway.cli("config", "get", "server.timeout", check=True).stdout)
        wanted = str(before + 1)
        edit = subprocess.Popen([BINARY, "config", "set", "server.timeout", wanted],
                                env=gateway.environment(), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.03))
        gateway.stop(signal.SIGKILL)
        edit.wait()
        after = json.loads(gateway.cli("config", "get", "server.timeout", check=True).stdout)
        assert after in (before, before + 1), round_number
        gateway.start()
