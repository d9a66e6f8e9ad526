"""Every example of the manual pages is executed: page by page, in order, on a
home in which the objects that the page names exist."""
import json
import os
import pathlib
import re
import shlex
import socket
import subprocess
import time

import pytest

from lab.gateway import BINARY, SANITIZER, TOP, Gateway, key_entry
from lab.vendor import Vendor

MAN = TOP / "man"
PAGES = sorted(p.name for p in MAN.iterdir())
DEADLINE_SECONDS = 60
KEY = "lgw_" + "k" * 43

# These run until they are ended: what they say first, and how they are ended.
ENDLESS = {
    "llm-gateway logs -f": None,
    "llm-gateway status --watch": "traffic",
    "llm-gateway tui": "Overview",
    "llm-gateway tui --plain": "Overview",
    "llm-gateway server start --demo": "listening on",
    "llm-gateway --home=/srv/gateway server start --port=4000": "listening on",
}
# These end with another code than 0 here, and why.
CODES = {
    "llm-gateway request cancel req_4fK2mB7sQ0aZx81LcR5tYw9e": 4,   # a request of the page's
    "llm-gateway doctor": (0, 1),           # what it finds depends on the machine
    "llm-gateway doctor --fix": (0, 1),
    "llm-gateway health": (0, 1),
}
# Pages whose examples begin without a running gateway.
STOPPED = {"llm-gateway.1", "llm-gateway-server.1"}


def displays(name):
    source = (MAN / name).read_text()
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", source, re.M | re.S):
        yield block.replace("\\e\n", "\\\n").replace("\\e", "\\")


def commands(name):
    """Command lines of a page, continued ones joined."""
    for block in displays(name):
        if re.match(r"(llm-gateway |curl |eval )", block) and "did you mean" not in block:
            yield from block.replace("\\\n", " ").strip().splitlines()


class World:
    """A home, a sign-in vendor, and clients' programs that do nothing."""

    def __init__(self, root, name):
        self.vendor = Vendor()
        self.name = name
        self.gateway = Gateway(self.config(name), start=False)
        self.root = self.gateway.root
        (self.root / "bin").mkdir()
        (self.root / "bin/llm-gateway").symlink_to(BINARY)
        self.program("claude", 'test "$ANTHROPIC_BASE_URL"; echo "claude ran"')
        self.program("browser", "curl -sL \"$(echo \"$1\" | sed s,//localhost:,//127.0.0.1:,)\"")
        (self.root / "script.py").write_text("import os; print(os.environ['OPENAI_BASE_URL'])")
        (self.root / "litellm.yaml").write_text(
            (TOP / "tests/samples/import/litellm.yaml").read_text())
        (self.root / "new.yaml").write_text("server: {port: 4000}\n")
        if name not in STOPPED:
            self.gateway.start()
            self.send()

    def program(self, name, script):
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def config(self, name):
        demo = {"type": "none", "provider": "demo"}
        accounts = [{"id": "upstream_m", "name": "main", **demo, "models": ["claude-*"]},
                    {"id": "upstream_b", "name": "backup", **demo, "models": ["demo*"]},
                    {"id": "upstream_o", "name": "openai-main", **demo, "models": []},
                    {"id": "upstream_l", "name": "ollama", **demo, "models": []},
                    {"id": "upstream_c", "name": "claude-max", "type": "oauth",
                     "provider": "anthropic", "base_url": "http://127.0.0.1:9",
                     "oauth": self.vendor.oauth_map()}]
        routes = [{"upstream": "backup", "model": "demo"}]
        aliases = {"cheap": {"routes": routes}, "smart": {"routes": routes}}
        keys = [key_entry(KEY, "laptop")]
        if name in ("llm-gateway.1", "llm-gateway-upstream.1"):
            accounts, aliases = [], {}
        if name in ("llm-gateway.1", "llm-gateway-apikey.1"):
            keys = []
        if name == "llm-gateway-model.1":
            aliases.pop("smart")
        return {"upstream_accounts": accounts, "models": aliases, "gateway_keys": keys}

    def send(self):
        """A request, so that there is something to look at."""
        if KEY not in str(self.gateway.key):
            self.gateway.key = KEY
        body = {"model": "demo", "messages": [{"role": "user", "content": "Hi"}]}
        self.gateway.call(self.gateway.post("/v1/chat/completions", body))

    def environment(self):
        env = self.gateway.environment()
        env.pop("LLM_GATEWAY_HOME")
        home = self.root / ".llm-gateway"
        if not home.exists():
            home.symlink_to(self.gateway.home)
        return {**env, "PATH": f"{self.root}/bin:{env['PATH']}", "TERM": "xterm",
                "BROWSER": str(self.root / "bin/browser"), "LLM_GATEWAY_KEY": KEY,
                "OPENAI_API_KEY": "sk-example-00000000", "LC_ALL": "C.UTF-8"}

    def here(self, line):
        """The line with the page's places replaced by this world's."""
        port = str(self.gateway.port) if self.gateway.address else "0"
        line = line.replace("/srv/gateway", str(self.root / "srv")).replace("--port=4000",
                                                                            "--port=0")
        line = line.replace("/tmp/new.yaml", str(self.root / "new.yaml"))
        return line.replace("127.0.0.1:3847", f"127.0.0.1:{port}")

    def close(self):
        subprocess.run([BINARY, "server", "stop"], env=self.environment(), capture_output=True,
                       timeout=DEADLINE_SECONDS)
        self.gateway.close(check=False)
        self.vendor.close()


@pytest.fixture
def world(request, tmp_path):
    made = World(tmp_path, request.param)
    yield made
    made.close()


def run(world, line, stdin):
    done = subprocess.run(["bash", "-c", world.here(line)], env=world.environment(), input=stdin,
                          cwd=world.root, capture_output=True, text=True,
                          timeout=DEADLINE_SECONDS)
    assert not SANITIZER.search(done.stderr.encode()), done.stderr
    wanted = CODES.get(line, 0)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    assert done.returncode in wanted, (line, done.stdout, done.stderr)
    return done.stdout


def run_endless(world, line, words):
    """In a terminal, until it has said its words; then Ctrl-C."""
    log = world.root / "typescript"
    shown = b""
    command = ["script", "-qfec", world.here(line), str(log)]
    process = subprocess.Popen(command, env=world.environment(), cwd=world.root,
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        shown = log.read_bytes() if log.exists() else b""
        if words and words.encode() in shown:
            break
        if not words and process.poll() is None and shown:
            break
        assert process.poll() is None, shown
        time.sleep(0.05)
    process.stdin.write(b"q" if " tui" in line else b"\x03")
    process.stdin.flush()
    process.wait(timeout=DEADLINE_SECONDS)
    assert not words or words.encode() in shown


def finish_sign_in(world, line):
    """The code is the one that the vendor's page shows."""
    url = run(world, "llm-gateway oauth start claude-max --no-browser", "")
    url = re.search(r"https?://\S+", url)[0]
    run(world, line.replace("CODE#STATE", world.vendor.shown_code(url)), "")


def run_example(world, line):
    if line in ENDLESS:
        run_endless(world, line, ENDLESS[line])
    elif "CODE#STATE" in line:
        finish_sign_in(world, line)
    elif line == "llm-gateway request show 1207":
        newest = json.loads(run(world, "llm-gateway request list --json", ""))[0]["id"]
        run(world, line.replace("1207", str(newest)), "")
    elif "completion zsh" in line:
        run(world, f"zsh -fc {shlex.quote('autoload -U compinit; compinit -u; ' + line)}", "")
    elif "completion fish" in line:
        run(world, f"fish -c {shlex.quote(line)}", "")
    elif line.startswith("curl "):
        assert json.loads(run(world, line.replace("curl", "curl -sSf", 1), ""))
    else:
        run(world, line, KEY + "\n" if "connect" in line or " run " in line
            else "sk-ant-example-000000000\n")


@pytest.mark.parametrize("world", [p for p in PAGES if list(commands(p))], indirect=True)
def test_examples_of_a_page(world):
    lines = list(commands(world.name))
    # what runs until it is ended comes last, so that the rest has its gateway
    for line in lines:
        run_example(world, line)


def test_no_example_is_left_out():
    """A display is a command line that ran, YAML that loads, an answer, or a test
    vector, which tests/clients/sealed.test.mjs opens."""
    for name in PAGES:
        for block in displays(name):
            assert re.match(r"llm-gateway[ :]|curl |eval |\{\"error\"|upstream_accounts:|"
                            r"lgw_sealed_|\{\"v\":1|data: |\{\"model\":\"m\"", block), (
                name, block)
