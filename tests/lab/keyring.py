"""A private D-Bus session with a real GNOME Keyring in it.

    with Bus(directory) as bus, Keyring(bus, directory):
        subprocess.run(..., env=bus.env())

Without a Keyring the bus has no secret service and starts none: the user's
own keyring and the machine's are never touched.
"""
import os
import re
import signal
import subprocess
import time

DEADLINE_SECONDS = 30

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={directory}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def end(process):
    """Also one that is stopped or gone."""
    for number in (signal.SIGCONT, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(number)
    process.wait()


class Bus:
    def __init__(self, directory):
        self.directory = directory
        config = directory / "bus.conf"
        config.write_text(CONFIG.format(directory=directory))
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--print-address=1", "--nofork",
             "--nosyslog"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.address

    def env(self, **more):
        """Nothing of the real session shows through."""
        keep = {k: v for k, v in os.environ.items()
                if not re.match(r"DISPLAY|WAYLAND|DBUS|XDG_|LLM_GATEWAY|CREDENTIALS_", k)}
        return {**keep, "DBUS_SESSION_BUS_ADDRESS": self.address, "HOME": str(self.directory),
                "XDG_RUNTIME_DIR": str(self.directory), **more}

    def call(self, method, *args):
        """A call to the secret service; its answer as gdbus prints it."""
        return subprocess.run(
            ["gdbus", "call", "--session", "--dest", "org.freedesktop.secrets",
             "--object-path", "/org/freedesktop/secrets",
             "--method", f"org.freedesktop.Secret.Service.{method}", *args],
            env=self.env(), capture_output=True, text=True, timeout=DEADLINE_SECONDS)

    def close(self):
        end(self.process)
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Keyring:
    def __init__(self, bus, password="keyring password"):
        self.bus = bus
        self.password = password
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets",
             f"--control-directory={self.bus.directory}/control"],
            env=self.bus.env(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, text=True)
        self.process.stdin.write(self.password)
        self.process.stdin.close()
        self.wait_until_ready()

    def wait_until_ready(self):
        limit = time.monotonic() + DEADLINE_SECONDS
        while "collection/login" not in self.bus.call("ReadAlias", "default").stdout:
            assert self.process.poll() is None and time.monotonic() < limit
            time.sleep(0.05)

    def lock(self):
        done = self.bus.call("Lock", "['/org/freedesktop/secrets/collection/login']")
        assert done.returncode == 0, done.stderr

    def freeze(self):
        """It keeps its name on the bus and answers nothing any more."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        end(self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
