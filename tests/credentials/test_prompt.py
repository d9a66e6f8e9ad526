"""Secrets asked for on a terminal: nothing is echoed, Ctrl-C ends the
question, and the terminal is as it was afterwards."""
import os
import pty
import select
import subprocess
import termios

import pytest

from lab.tools import tool

PLANTED = "sk-planted-" + "p" * 40
DEADLINE_SECONDS = 60


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *command, env):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.screen = b""
        self.process = subprocess.Popen(
            command, env=env, stdin=self.slave, stdout=self.slave, stderr=self.slave,
            start_new_session=True, preexec_fn=self.take_terminal)

    def take_terminal(self):
        os.close(os.open(os.ttyname(0), os.O_RDWR))   # becomes the controlling one

    def read_until(self, text):
        while text.encode() not in self.screen:
            ready, _, _ = select.select([self.master], [], [], DEADLINE_SECONDS)
            assert ready, self.screen
            self.screen += os.read(self.master, 4096)

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def finish(self):
        """The exit code; the terminal must be as before."""
        code = self.process.wait(DEADLINE_SECONDS)
        while select.select([self.master], [], [], 0)[0]:
            self.screen += os.read(self.master, 4096)
        assert termios.tcgetattr(self.slave) == self.before
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal(tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith("LLM_GATEWAY")}
    opened = []

    def run(*args):
        opened.append(Terminal(tool("store_tool"), "file", tmp_path, *args, env=env))
        return opened[-1]

    yield run
    for each in opened:
        each.close()


def put(terminal, passphrase="horse", value=PLANTED):
    t = terminal("put", "upstream_a")
    t.read_until("New passphrase")
    assert not t.echoes()
    t.type(passphrase + "\n")
    t.read_until("The same again")
    t.type(passphrase + "\n")
    t.read_until("Value: ")
    t.type(value + "\n")
    assert t.finish() == 0
    assert passphrase.encode() not in t.screen and value.encode() not in t.screen


def test_put_and_get(terminal):
    put(terminal)
    t = terminal("get", "upstream_a")
    t.read_until("Passphrase of the")
    t.type("wrong\n")
    t.read_until("Passphrase of the credential file: \r\nPassphrase of the")
    t.type("horsex\x7f\n")        # the kernel's line editing still works
    t.read_until(PLANTED)
    assert t.finish() == 0


@pytest.mark.parametrize("keys", ["\x03", "abc\x03", "\x04"])
def test_cancelled(terminal, keys):
    t = terminal("put", "upstream_a")
    t.read_until("New passphrase")
    t.type(keys)
    t.read_until("cancelled")
    assert t.finish() != 0


def test_empty_line(terminal):
    t = terminal("put", "upstream_a")
    t.read_until("New passphrase")
    t.type("\n")
    t.read_until("empty")
    assert t.finish() != 0


@pytest.mark.parametrize("text, problem", [
    ("", "empty"), ("\n", "empty"), ("one\ntwo\n", "more than one line"),
    ("s" * 65537, "larger than"), ("a\0b", "more than one line")])
def test_pipe_refuses(tmp_path, text, problem):
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("horse")
    env = dict(os.environ, LLM_GATEWAY_PASSPHRASE_FILE=str(passphrase))
    done = subprocess.run([tool("store_tool"), "file", tmp_path, "put", "upstream_a"], env=env,
                          input=text, capture_output=True, text=True, timeout=DEADLINE_SECONDS)
    assert done.returncode != 0 and problem in done.stderr


def test_without_a_terminal(tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith("LLM_GATEWAY")}
    done = subprocess.run([tool("store_tool"), "file", tmp_path, "put", "upstream_a"], env=env,
                          input="x", capture_output=True, text=True, start_new_session=True,
                          timeout=DEADLINE_SECONDS)
    assert done.returncode == 6 and "LLM_GATEWAY_PASSPHRASE_FILE" in done.stderr
