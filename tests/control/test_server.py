"""The gateway as a process: first use, flags, the service manager, log files."""
import datetime
import json
import os
import pathlib
import signal
import socket
import stat
import time

from lab import wire
from lab.gateway import Gateway


def eventually(condition, seconds=wire.DEADLINE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def status(gateway):
    return gateway.control("GET", "/v1/status").json()


def test_first_use_makes_a_commented_file(start):
    gateway = start(start=False, env={"LLM_GATEWAY_SERVER_PORT": "0",
                                      "LLM_GATEWAY_CREDENTIALS_STORE": "file"})
    gateway.config_path.unlink()
    gateway.home.rmdir()
    gateway.start()
    text = gateway.config_path.read_text()
    assert stat.S_IMODE(gateway.config_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(gateway.home.stat().st_mode) == 0o700
    assert "upstream_accounts" in text and text.count("#") > 20
    gateway.cli("config", "check", check=True)


def test_flags_win_over_the_file_also_after_a_reload(start):
    gateway = start({"server": {"workers": 1}}, args=["--workers=2", "--host=127.0.0.1"])
    assert status(gateway)["workers"] == 2
    gateway.control("PATCH", "/v1/config", {"logging": {"level": "debug"}})
    gateway.control("POST", "/v1/reload")
    assert status(gateway)["workers"] == 2
    assert status(gateway)["config"]["needs_restart"] is False


def test_sighup_reloads(start):
    gateway = start()
    generation = gateway.control("GET", "/v1/snapshot").json()["generation"]
    gateway.write_config({"logging": {"level": "warn"}})
    gateway.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: gateway.control("GET", "/v1/snapshot").json()["generation"]
                      > generation)


def test_the_service_manager_is_told(start):
    for abstract in (False, True):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.settimeout(wire.DEADLINE)
        name = f"llm-gateway-notify-{os.getpid()}"
        path = "\0" + name if abstract else f"/tmp/{name}"
        listener.bind(path)
        try:
            gateway = start(env={"NOTIFY_SOCKET": path.replace("\0", "@")})
            assert listener.recv(100) == b"READY=1"
            gateway.process.terminate()
            assert listener.recv(100) == b"STOPPING=1"
        finally:
            listener.close()
            if not abstract:
                os.unlink(path)


def test_detach_works_from_a_relative_home():
    gateway = Gateway(start=False)
    try:
        done = gateway.cli("--home=home", "server", "start", "--detach", check=True)
        assert b"127.0.0.1:" in done.stdout
        assert status(gateway)["home"] == str(gateway.home)
        gateway.cli("server", "stop", check=True)
        assert gateway.cli("server", "stop").returncode == 3
    finally:
        gateway.close()


def test_detach_says_why_not(start):
    gateway = start(start=False)
    gateway.config_path.write_text("server: {prot: 1}\n")
    done = gateway.cli("server", "start", "--detach")
    assert done.returncode == 5 and b"config.yaml:1:" in done.stderr and b"port" in done.stderr
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    gateway.write_config({"server": {"port": port}})
    done = gateway.cli("server", "start", "--detach")
    taken.close()
    assert done.returncode == 1 and str(port).encode() in done.stderr
    assert not (gateway.home / "control.sock").exists()


def test_open_files_are_raised_to_the_hard_limit(start):
    gateway = start()
    line = next(l for l in pathlib.Path(f"/proc/{gateway.pid}/limits").read_text().splitlines()
                if l.startswith("Max open files"))
    soft, hard = line.split()[3:5]
    assert soft == hard


def test_log_files_by_kind(upstream, start):
    upstream.reply = lambda request: wire.json_answer({"choices": []})
    account = {"name": "one", "provider": "openai", "base_url": upstream.url + "/v1",
               "api_key": "sk-1", "models": ["*"]}
    gateway = start({"upstream_accounts": [account]})
    body = {"model": "gpt-5.2", "messages": []}
    assert gateway.call(gateway.post("/v1/chat/completions", body)).status == 200
    gateway.stop()
    logs = gateway.home / "logs"
    general = [json.loads(l) for l in (logs / "general.log").read_text().splitlines()]
    assert any("listening on" in l["msg"] for l in general)
    assert not any(l["area"] == "request" for l in general)
    today = {datetime.date.today().isoformat(),
             (datetime.date.today() - datetime.timedelta(days=1)).isoformat()}
    names = {p.stem for p in (logs / "requests").iterdir()}
    assert names <= today and len(names) == 1
    line = json.loads(next((logs / "requests").iterdir()).read_text().splitlines()[-1])
    assert line["model"] == "gpt-5.2" and line["status"] == 200 and line["trace_id"]
    for path in logs.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_logs_are_read_without_a_gateway(upstream, start):
    gateway = start({"logging": {"format": "text"}})
    gateway.stop()
    done = gateway.cli("logs", "--level=info", check=True)
    assert b"listening on" in done.stdout


def test_health_probes_bring_an_upstream_back(upstream, start):
    """An upstream that was down is asked for its models list, and used again."""
    up = []

    def reply(request):
        if not up:
            return wire.answer(503, body=b"down")
        return wire.json_answer({"choices": []})

    upstream.reply = reply
    account = {"name": "one", "provider": "openai", "base_url": upstream.url + "/v1",
               "api_key": "sk-1", "models": ["*"]}
    gateway = start({"upstream_accounts": [account], "health_check": {"interval": 1}})
    body = {"model": "gpt-5.2", "messages": []}

    def send():
        return gateway.call(gateway.post("/v1/chat/completions", body)).status

    def cooldowns():
        return gateway.control("GET", "/v1/cooldowns").json()

    assert eventually(lambda: send() != 200 and cooldowns())
    up.append(True)
    assert eventually(lambda: any(r.target == "/v1/models" for r in upstream.seen))
    assert eventually(lambda: send() == 200 and not cooldowns())


def test_cooldowns_by_hand(upstream, start):
    upstream.reply = lambda request: wire.json_answer({"choices": []})
    account = {"name": "one", "provider": "openai", "base_url": upstream.url + "/v1",
               "api_key": "sk-1", "models": ["*"]}
    gateway = start({"upstream_accounts": [account]})
    assert gateway.control("GET", "/v1/cooldowns").json() == []
    made = gateway.control("POST", "/v1/cooldowns", {"upstream": "one", "seconds": 600}).json()
    assert made["upstream"] == "one" and made["remaining_seconds"] == 600
    listed = gateway.control("GET", "/v1/cooldowns").json()
    assert len(listed) == 1 and listed[0]["upstream"] == "one"
    shown = gateway.control("GET", "/v1/upstreams/one").json()
    assert shown["state"] == "cooldown" and len(shown["cooldowns"]) == 1
    assert status(gateway)["health"] == "degraded"
    body = {"model": "gpt-5.2", "messages": []}
    assert gateway.call(gateway.post("/v1/chat/completions", body)).status != 200
    ended = gateway.control("DELETE", f"/v1/cooldowns/{listed[0]['id']}").json()
    assert ended == {"cleared": 1}
    assert gateway.call(gateway.post("/v1/chat/completions", body)).status == 200
    gateway.control("POST", "/v1/cooldowns", {"upstream": "one", "model": "x", "seconds": 9})
    assert gateway.control("DELETE", "/v1/cooldowns?upstream=one").json() == {"cleared": 1}
    assert gateway.control("DELETE", "/v1/cooldowns").json() == {"cleared": 0}
    for body in ({"upstream": "two", "seconds": 5}, {"upstream": "one", "seconds": 0},
                 {"upstream": "one", "seconds": 10 ** 9}, {"seconds": 5}):
        assert gateway.control("POST", "/v1/cooldowns", body).status in (404, 422)
    assert gateway.control("DELETE", "/v1/cooldowns/nothing").status == 404
