"""Commands against a running gateway: in force at once, and the same output."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from lab.gateway import BINARY, Gateway

DEADLINE = 30


@pytest.fixture(scope="module")
def gateway():
    with Gateway({"upstream_accounts": [
            {"id": "upstream_demo", "name": "demo", "type": "none", "provider": "demo"}]}) as g:
        yield g


def out(done):
    assert done.returncode == 0, done
    return done.stdout.decode()


def read_json(gateway, *args):
    return json.loads(out(gateway.cli(*args, "--json")))


def test_status(gateway):
    status = read_json(gateway, "status")
    assert status["pid"] == gateway.pid
    assert status["listen"].endswith(f":{gateway.port}")
    assert status["config"]["valid"] is True
    text = out(gateway.cli("status"))
    assert f"pid {gateway.pid}" in text and "demo" in text
    assert str(gateway.home) in out(gateway.cli("server", "status"))


def test_health(gateway):
    assert out(gateway.cli("health")) == "healthy\n"
    assert read_json(gateway, "health") == {"health": "healthy", "reasons": []}


def test_a_degraded_gateway_says_why(gateway):
    out(gateway.cli("upstream", "add", "--provider=openai", "--name=keyless",
                    "--key-env=NO_SUCH_VARIABLE"))
    done = gateway.cli("health")
    assert done.returncode == 1
    assert done.stdout.startswith(b"degraded\n  ") and b"keyless" in done.stdout
    answer = json.loads(gateway.cli("health", "--json").stdout)
    assert answer["health"] == "degraded" and len(answer["reasons"]) == 1
    assert b"! keyless" in gateway.cli("status").stdout
    out(gateway.cli("upstream", "remove", "keyless"))
    assert gateway.cli("health").returncode == 0


def test_a_change_is_in_force_at_once(gateway):
    key = out(gateway.cli("apikey", "add", "--name=fresh", "-q")).strip()
    body = {"model": "demo", "messages": [{"role": "user", "content": "hi"}]}
    ask = gateway.post("/v1/chat/completions", body, key=key)
    assert gateway.call(ask).status == 200
    out(gateway.cli("apikey", "disable", "fresh"))
    assert gateway.call(ask).status == 401
    out(gateway.cli("apikey", "remove", "fresh"))


def test_reload_and_config_edit(gateway):
    assert "Reloaded" in out(gateway.cli("server", "reload"))
    script = gateway.root / "editor"
    script.write_text('#!/bin/sh\nsed -i \'s/"store": "file"/"store":  "file"/\' "$1"\n')
    script.chmod(0o755)
    gateway.extra_env["VISUAL"] = str(script)
    assert "in force" in out(gateway.cli("config", "edit"))
    del gateway.extra_env["VISUAL"]


def test_logs(gateway):
    body = {"model": "demo", "messages": [{"role": "user", "content": "hi"}]}
    answer = gateway.call(gateway.post("/v1/chat/completions", body))
    trace = answer.header("x-trace-id")
    lines = read_json(gateway, "logs", f"--trace={trace}")
    assert [line["trace_id"] for line in lines] == [trace]
    text = out(gateway.cli("logs", f"--trace={trace}"))
    assert re.fullmatch(r"\d\d-\d\d \d\d:\d\d:\d\d info  .*\n", text)
    assert "listening on" in out(gateway.cli("logs", "--since=1h"))
    assert len(out(gateway.cli("logs", "-n", "1")).splitlines()) == 1
    assert read_json(gateway, "logs", "--errors") == []


def test_logs_that_follow(gateway):
    process = subprocess.Popen([BINARY, "logs", "-f"], env=gateway.environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + DEADLINE
        seen = b""
        while b"trace_id=" not in seen.split(b"listening on")[-1]:
            assert time.monotonic() < deadline, seen
            gateway.call(gateway.post("/v1/chat/completions", {
                "model": "demo", "messages": [{"role": "user", "content": "hi"}]}))
            if select.select([process.stdout], [], [], 0.2)[0]:
                seen += os.read(process.stdout.fileno(), 65536)
    finally:
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=DEADLINE)
    assert stderr == b""


def test_run_points_at_the_gateway_that_runs(gateway):
    done = gateway.cli("run", "--key=-", "--", "sh", "-c", "echo $OPENAI_BASE_URL",
                       stdin=b"lgw_x\n")
    assert out(done) == f"{gateway.url}/v1\n" and done.stderr == b""
    assert gateway.url.encode() in gateway.cli("connect", "openai-sdk").stdout


def test_doctor(gateway):
    done = gateway.cli("doctor")
    assert done.returncode == 0, done
    text = done.stdout.decode()
    assert re.search(r"^ok       gateway +running on", text, re.M)
    assert re.search(r"^ok       credentials +the file store", text, re.M)


def test_a_second_gateway_on_the_home(gateway):
    done = gateway.cli("server", "start")
    assert done.returncode == 1 and str(gateway.pid) in done.stderr.decode()
    done = gateway.cli("server", "start", "--detach")
    assert done.returncode == 1 and done.stdout == b""


def test_the_dashboard_needs_a_terminal(gateway):
    done = gateway.cli("tui")
    assert done.returncode == 2 and b"status --watch" in done.stderr


def test_start_in_the_background_and_stop():
    with Gateway(start=False) as g:
        assert re.fullmatch(r"Running on 127\.0\.0\.1:\d+\.\n",
                            out(g.cli("server", "start", "--detach")))
        assert read_json(g, "status")["home"] == str(g.home)
        assert out(g.cli("server", "stop")) == "Stopped.\n"
        assert g.cli("server", "status").returncode == 3


def test_options_of_server_start():
    with Gateway({"server": {"port": 1}}, args=["--port=0", "--workers=2"]) as g:
        assert read_json(g, "status")["workers"] == 2


def test_a_configuration_that_is_refused():
    with Gateway(start=False) as g:
        g.config_path.write_text("server: {prot: 1}\n")
        for more in ([], ["--detach"]):
            done = g.cli("server", "start", *more)
            assert done.returncode == 5, done
            assert b"config.yaml:1:" in done.stderr and b"port" in done.stderr


# --- on a terminal ---

class Terminal:
    """The program on a terminal of its own; `text` is everything it wrote."""

    def __init__(self, gateway, *args, size=(24, 80), env=()):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.clear()
            os.environ.update({**gateway.environment(), "TERM": "xterm", "LC_ALL": "C.UTF-8",
                               "COLUMNS": "", **dict(env)})
            import fcntl, struct, termios
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            os.execv(BINARY, [str(BINARY), *args])
        self.text = b""

    def wait_for(self, pattern):
        deadline = time.monotonic() + DEADLINE
        while not re.search(pattern, self.text):
            assert time.monotonic() < deadline, self.text
            if not self.read(0.5):
                break
        assert re.search(pattern, self.text), self.text

    def read(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return False
            self.text += data
            return bool(data)
        return True

    def send(self, data):
        os.write(self.fd, data)

    def finish(self):
        """Reads to the end; the exit code."""
        deadline = time.monotonic() + DEADLINE
        while self.read(0.2) and time.monotonic() < deadline:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_status_that_watches_redraws_in_place(gateway):
    terminal = Terminal(gateway, "status", "--watch")
    terminal.wait_for(rb"(?s)listening on.*\x1b\[H.*\x1b\[H")
    assert terminal.text.count(b"\033[2J") == 1
    terminal.send(b"\003")
    assert terminal.finish() == -signal.SIGINT


def test_tables_fit_the_terminal(gateway):
    for columns in (40, 60, 80, 120):
        terminal = Terminal(gateway, "upstream", "list", size=(24, columns))
        assert terminal.finish() == 0
        plain = re.sub(r"\x1b\[[0-9;]*m", "", terminal.text.decode())
        assert max(len(line) for line in plain.splitlines()) <= columns
        assert "demo" in plain


@pytest.mark.parametrize("args, env", [([], {}), (["--no-color"], {}), ([], {"NO_COLOR": "1"}),
                                       ([], {"TERM": "dumb"})])
def test_colours(gateway, args, env):
    terminal = Terminal(gateway, "upstream", "list", *args, env=env)
    assert terminal.finish() == 0
    assert (b"\033[" in terminal.text) == (not args and not env)


def test_a_key_is_asked_for_without_echo(gateway):
    terminal = Terminal(gateway, "upstream", "add", "--provider=openai", "--name=asked")
    terminal.wait_for(rb"Key for asked: ")
    terminal.send(b"sk-typed-secret-123\n")
    assert terminal.finish() == 0
    assert b"Added upstream asked" in terminal.text and b"sk-typed" not in terminal.text
    terminal = Terminal(gateway, "upstream", "remove", "asked")
    terminal.wait_for(rb"\[y/N\] ")
    terminal.send(b"\n")
    assert terminal.finish() == 1
    assert b"nothing was changed" in terminal.text
    terminal = Terminal(gateway, "upstream", "remove", "asked")
    terminal.wait_for(rb"\[y/N\] ")
    terminal.send(b"y\n")
    assert terminal.finish() == 0


def test_ctrl_c_at_a_question_leaves_nothing_behind(gateway):
    terminal = Terminal(gateway, "upstream", "add", "--provider=openai", "--name=never")
    terminal.wait_for(rb"Key for never: ")
    terminal.send(b"\003")
    assert terminal.finish() == 1
    assert gateway.cli("upstream", "show", "never").returncode == 4


def test_the_terms_of_a_subscription_are_asked_for(gateway):
    terminal = Terminal(gateway, "upstream", "add", "--provider=anthropic", "--name=max",
                        "--type=oauth")
    terminal.wait_for(rb"terms.*(?s:.*)\[y/N\] ")
    terminal.send(b"n\n")
    assert terminal.finish() == 1
    assert gateway.cli("upstream", "show", "max").returncode == 4


def test_an_edit_that_is_not_valid_may_be_made_again():
    with Gateway(start=False) as g:
        script = g.root / "editor"
        script.write_text(f'#!/bin/sh\nif [ -e {g.root}/once ]; then\n'
                          f'  echo "tui: {{mouse: true}}" > "$1"\n'
                          f'else touch {g.root}/once; echo "nonsense: 1" > "$1"; fi\n')
        script.chmod(0o755)
        g.extra_env["EDITOR"] = str(script)
        terminal = Terminal(g, "config", "edit")
        terminal.wait_for(rb"nonsense.*(?s:.*)Edit again\?.*\[y/N\] ")
        terminal.send(b"y\n")
        assert terminal.finish() == 0
        assert g.config_path.read_text() == "tui: {mouse: true}\n"
        (g.root / "once").unlink()
        terminal = Terminal(g, "config", "edit")
        terminal.wait_for(rb"\[y/N\] ")
        terminal.send(b"\003")
        assert terminal.finish() == 5
        assert g.config_path.read_text() == "tui: {mouse: true}\n"
        assert list(g.home.glob("*.edit-*")) == []


def test_alone_on_a_terminal_opens_the_dashboard():
    """With no gateway running it runs one itself, and asks before it goes."""
    with Gateway(start=False) as g:
        terminal = Terminal(g, env=[("TERM", "xterm")])
        terminal.wait_for(rb"(?i)upstreams")
        terminal.send(b"q")
        terminal.wait_for(rb"(?i)background")
        terminal.send(b"s")
        assert terminal.finish() == 0
