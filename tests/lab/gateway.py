"""Runs the built program on a temporary home.

    with Gateway(config) as gateway:
        with gateway.connect() as client:
            client.send(gateway.post("/v1/messages", body))
"""
import base64
import copy
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from lab import wire

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARY = TOP / os.environ.get("GATEWAY_BIN", "build/release/llm-gateway")
SANITIZER = re.compile(rb"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")


def new_key():
    return "lgw_" + base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def key_entry(key, name="test", **more):
    """A gateway_keys entry for config.yaml."""
    return {"id": "gw_" + hashlib.sha256(key.encode()).hexdigest()[:8], "name": name,
            "key_hash": "sha256:" + hashlib.sha256(key.encode()).hexdigest(),
            "permissions": ["read", "write"], "status": "active", "models": ["*"], **more}


def account(name, provider, upstream, **more):
    """An upstream_accounts entry; `upstream` is an Upstream or a base URL."""
    url = upstream if isinstance(upstream, str) else upstream.url
    if provider in ("openai", "openai-compatible"):
        url += "/v1"
    entry = {"id": "upstream_" + name.replace("-", ""), "name": name, "type": "api-key",
             "provider": provider, "base_url": url, "api_key": "upstream-secret-" + name,
             "models": ["*"]}
    entry.update(more)
    if entry["type"] in ("none", "passthrough"):
        entry.pop("api_key")
    return entry


def merge(base, extra):
    """A copy of `base` with the sections of `extra` laid over it."""
    out = copy.deepcopy(base)
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merge(out[key], value)
        else:
            out[key] = copy.deepcopy(value)
    return out


class Gateway:
    """One gateway process. `key` has read and write, `admin_key` everything."""

    def __init__(self, config=None, args=(), env=None, start=True, wrapper=(), home=None):
        """`wrapper` is a command that runs the program, `prlimit` for one;
        `home` a directory that is there already, as the tests see it."""
        self.key, self.admin_key = new_key(), new_key()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lgw-test-"))
        self.home = home or self.root / "home"
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.passphrase = self.root / "passphrase"
        self.passphrase.write_text("correct horse battery staple\n")
        self.passphrase.chmod(0o600)
        self.extra_env = dict(env or {})
        self.args, self.wrapper = list(args), list(wrapper)
        self.process = None
        self.address = None
        self.tls = None
        self.write_config(config or {})
        if start:
            try:
                self.start()
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close(check=kind is None)

    # --- home ---

    @property
    def config_path(self):
        return self.home / "config.yaml"

    def write_config(self, config):
        """Replaces the whole file. JSON is YAML, so that is what is written."""
        base = {"server": {"host": "127.0.0.1", "port": 0, "workers": 1},
                "credentials": {"store": "file"},
                "gateway_keys": [key_entry(self.key),
                                 key_entry(self.admin_key, "boss", permissions=["admin"])]}
        text = json.dumps(merge(base, config), indent=1)
        fresh = self.config_path.with_suffix(".new")
        fresh.write_text(text)
        fresh.chmod(0o600)
        fresh.rename(self.config_path)

    def environment(self):
        keep = {k: v for k, v in os.environ.items()
                if not k.startswith("LLM_GATEWAY_") and not k.lower().endswith("_proxy")}
        return {**keep, "HOME": str(self.root), "LLM_GATEWAY_HOME": str(self.home),
                "LLM_GATEWAY_PASSPHRASE_FILE": str(self.passphrase),
                "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
                "TSAN_OPTIONS": "halt_on_error=0", **self.extra_env}

    # --- process ---

    def start(self):
        self.stderr_path = self.root / "stderr"
        begun = time.monotonic()
        with open(self.stderr_path, "ab") as stderr:
            self.process = subprocess.Popen(
                [*self.wrapper, BINARY, "server", "start", *self.args], env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, cwd=self.root)
        if "--demo" in self.args:
            self._move_to_demo()
        self.address = self._wait_until_ready()
        self.start_seconds = time.monotonic() - begun

    def _move_to_demo(self):
        """A demo says on stderr where its temporary home is, and its key."""
        deadline = time.monotonic() + wire.DEADLINE
        while time.monotonic() < deadline and self.process.poll() is None:
            facts = dict(re.findall(r"^  (home|key) +(\S+)$", self.stderr().decode(), re.M))
            if len(facts) == 2:
                self.home, self.key = pathlib.Path(facts["home"]), facts["key"]
                return
            time.sleep(0.01)
        raise RuntimeError(f"the demo did not start:\n{self.stderr().decode()}")

    def _wait_until_ready(self):
        deadline = time.monotonic() + wire.DEADLINE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                listen = self.control("GET", "/v1/status").json()["listen"]
                host, port = listen.rsplit(":", 1)
                return host.strip("[]"), int(port)
            except (OSError, wire.Closed, KeyError, ValueError):
                time.sleep(0.001)
        raise RuntimeError(f"the gateway did not start:\n{self.stderr().decode()}")

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return self.address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stderr(self):
        return self.stderr_path.read_bytes()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, sig=signal.SIGTERM):
        """Ends the process; its exit code."""
        if self.is_running():
            self.process.send_signal(sig)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def close(self, check=True):
        code = self.stop() if self.process is not None else 0
        noise = self.stderr() if self.process is not None else b""
        shutil.rmtree(self.root, ignore_errors=True)
        if check:
            assert not SANITIZER.search(noise), noise.decode(errors="replace")
            assert code in (0, -signal.SIGKILL), f"exit {code}:\n{noise.decode(errors='replace')}"

    # --- talking to it ---

    def connect(self):
        sock = socket.create_connection(self.address, timeout=wire.DEADLINE)
        if self.tls:
            sock = self.tls.wrap_socket(sock, server_hostname="127.0.0.1")
        return wire.Wire(sock)

    def post(self, target, body, headers=(), key=True):
        """Bytes of a POST with the gateway key (or `key`, or none)."""
        pairs = [("Content-Type", "application/json"), *headers]
        if key:
            pairs.append(("x-llm-gateway-key", self.key if key is True else key))
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return wire.request("POST", target, pairs, body, host=f"127.0.0.1:{self.port}")

    def get(self, target, headers=(), key=True, method="GET"):
        pairs = list(headers)
        if key:
            pairs.append(("x-llm-gateway-key", self.key if key is True else key))
        return wire.request(method, target, pairs, host=f"127.0.0.1:{self.port}")

    def call(self, data, method="POST"):
        """Sends the bytes on a connection of their own; the whole answer."""
        with self.connect() as client:
            client.send(data)
            return client.read_answer(method)

    def control(self, method, path, body=None):
        """A call of the control API."""
        sock = socket.socket(socket.AF_UNIX)
        with wire.Wire(sock) as client:
            sock.connect(str(self.home / "control.sock"))
            text = None if body is None else json.dumps(body).encode()
            client.send(wire.request(method, path, [("Connection", "close")], text,
                                     host="localhost"))
            return client.read_answer(method)

    def cli(self, *args, stdin=b"", timeout=60, check=False):
        """Runs the program as a command on this home."""
        done = subprocess.run([*self.wrapper, BINARY, *map(str, args)], env=self.environment(), input=stdin,
                              capture_output=True, timeout=timeout, cwd=self.root)
        if check:
            assert done.returncode == 0, (args, done.returncode, done.stdout, done.stderr)
        assert not SANITIZER.search(done.stderr), done.stderr.decode(errors="replace")
        return done
