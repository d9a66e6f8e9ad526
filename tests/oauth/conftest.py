"""A home with one OAuth account at the vendor of lab/vendor.py."""
import json
import os
import subprocess
import time

import pytest

from lab.tools import tool
from lab.vendor import Vendor

DEADLINE_SECONDS = 120
ACCOUNT = "upstream_claude"


class Home:
    """The account `claude` in a home of its own, driven by oauth_tool. Whatever
    any command prints must be free of the vendor's secrets."""

    def __init__(self, path, vendor):
        self.path = path
        self.vendor = vendor
        self.printed = []
        path.mkdir(mode=0o700)
        passphrase = path.parent / "passphrase"
        passphrase.write_text("horse\n")
        keep = {k: v for k, v in os.environ.items() if not k.startswith("LLM_GATEWAY")}
        self.env = dict(keep, LLM_GATEWAY_PASSPHRASE_FILE=str(passphrase))
        self.configure()

    def configure(self, store="file", **more):
        """YAML is a superset of JSON."""
        (self.path / "config.yaml").write_text(json.dumps({
            "credentials": {"store": store},
            "upstream_accounts": [{"id": ACCOUNT, "name": "claude", "type": "oauth",
                                   "provider": "anthropic",
                                   "oauth": self.vendor.oauth_map(**more)}]}))

    def command(self, *args):
        verb, *rest = map(str, args)
        return [tool("oauth_tool"), self.path, verb, "claude", *rest]

    def popen(self, *args):
        return subprocess.Popen(self.command(*args), env=self.env, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *args, input="", expect=0):
        """Standard output; or the error's line when one is expected."""
        done = subprocess.run(self.command(*args), env=self.env, input=input,
                              capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        assert done.returncode == expect, done.stderr
        self.printed.append(done.stderr)
        if args[0] not in ("get", "start"):
            self.printed.append(done.stdout)
        return done.stderr if expect else done.stdout

    def collect(self, process, input=None):
        out, log = process.communicate(input, timeout=DEADLINE_SECONDS)
        self.printed += [out, log]
        return out

    def stored(self):
        return json.loads(self.run("get"))

    def status(self):
        return json.loads(self.run("status"))

    def start(self):
        return json.loads(self.run("start"))

    def sign_in(self):
        """By a pasted code."""
        code = self.vendor.shown_code(self.start()["paste_url"])
        self.run("finish", input=code)
        return self.stored()

    def age(self, seconds_left=60, **more):
        """Turns the clock of the stored tokens until so much is left."""
        stored = self.stored()
        now = int(time.time() * 1000)
        stored.update(expires_at_ms=now + int(seconds_left * 1000),
                      obtained_at_ms=now - 8 * 3600 * 1000, **more)
        self.run("put", input=json.dumps(stored))
        return stored

    def refresh(self, why="due", threads=1, expect=0):
        return self.run("refresh", why, threads, expect=expect)

    def check_clean(self):
        for text in self.printed:
            assert "Sanitizer" not in text and "runtime error:" not in text
            for secret in self.vendor.secrets:
                assert secret not in text


@pytest.fixture
def vendor():
    server = Vendor()
    yield server
    server.close()


@pytest.fixture
def home(tmp_path, vendor):
    home = Home(tmp_path / "home", vendor)
    yield home
    home.check_clean()
