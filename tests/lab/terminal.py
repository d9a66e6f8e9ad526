"""A terminal for the dashboard: tmux draws, keys go in."""
import os
import pathlib
import re
import shlex
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("GATEWAY_BIN", str(TOP / "build/release/llm-gateway"))
DEADLINE_S = 60


class Terminal:
    """A tmux server of its own with one window, and a shell to come back to."""

    def __init__(self, home, width=80, height=24, **env):
        self.home = home
        self.socket = str(home / "tmux")
        self.width, self.height = width, height
        words = {"LC_ALL": "C.UTF-8", "PS1": "$ ", "LLM_GATEWAY_HOME": str(home / "gateway"),
                 "LLM_GATEWAY_SERVER_PORT": "0", "TZ": "UTC", **env}
        shell = ["env", *(f"{k}={v}" for k, v in words.items()), "sh", "-i"]
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), shlex.join(shell))
        self.tmux("set", "-g", "escape-time", "0")

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *words],
                              capture_output=True, text=True, timeout=DEADLINE_S)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def text(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def run(self, command):
        self.type(f"{command}; echo exit=$?", "Enter")

    def wait(self, pattern, *options):
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            text = self.text(*options)
            if re.search(pattern, text, re.M):
                return text
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} never came:\n{self.text()}")

    def flags(self):
        return self.tmux("display", "-p", "#{alternate_on}#{mouse_any_flag}").strip()

    def pid(self):
        """Of the dashboard: the shell's child."""
        shell = self.tmux("display", "-p", "#{pane_pid}").strip()
        children = pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)
