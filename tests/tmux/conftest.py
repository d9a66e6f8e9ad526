"""A terminal, a home with one demo account, a gateway that runs for it."""
import subprocess
import time

import pytest

from lab.terminal import BIN, DEADLINE_S, Terminal


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def make(**options):
        opened.append(Terminal(tmp_path, **options))
        return opened[-1]

    yield make
    for t in opened:
        t.close()


@pytest.fixture
def home(tmp_path):
    """A home with one demo account, and a gateway that runs for it."""
    gateway = tmp_path / "gateway"
    gateway.mkdir(mode=0o700)
    (gateway / "config.yaml").write_text(
        "server: {port: 0}\ncredentials: {store: file}\n"
        "upstream_accounts:\n  - {name: demo-one, type: none, provider: demo}\n")
    (gateway / "config.yaml").chmod(0o600)
    return gateway


@pytest.fixture
def running(home):
    server = subprocess.Popen([BIN, "--home", home, "server", "start"], stderr=subprocess.PIPE)
    end = time.monotonic() + DEADLINE_S
    while subprocess.run([BIN, "--home", home, "health"], capture_output=True).returncode == 3:
        assert time.monotonic() < end
        time.sleep(0.02)
    yield home
    server.terminate()
    server.communicate(timeout=DEADLINE_S)
