"""The keyring store against a real GNOME Keyring in a private session, and
against services that are locked, absent, silent or dying."""
import socket
import subprocess

import pytest

from lab.keyring import Bus, Keyring
from lab.tools import tool

STORE_ERROR = 6      # product: exit codes
NOT_FOUND = 4
PLANTED = "sk-planted-" + "p" * 40


@pytest.fixture
def bus(tmp_path):
    directory = tmp_path / "session"
    directory.mkdir(mode=0o700)
    with Bus(directory) as session:
        yield session


@pytest.fixture
def keyring(bus):
    with Keyring(bus) as service:
        yield service


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    return path


class Store:
    """store_tool on one home, in one session."""

    def __init__(self, bus, home, kind="keyring", **env):
        self.command = [tool("store_tool"), kind, home]
        self.env = bus.env(**env)

    def run(self, *args, value=None, expect=0):
        done = subprocess.run([*self.command, *args], env=self.env, input=value,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == expect, done.stderr
        assert PLANTED not in done.stderr
        return done.stderr if expect else done.stdout

    def put(self, account, value, **more):
        return self.run("put", account, value=value, **more)

    def get(self, account, **more):
        return self.run("get", account, **more)

    def names(self):
        return sorted(self.run("list").split())


def test_keeps_what_is_put(bus, keyring, home):
    store = Store(bus, home, kind="auto")
    store.put("upstream_a", PLANTED)
    store.put("upstream_a/oauth", '{"access_token":"x"}')
    assert store.get("upstream_a") == PLANTED
    store.put("upstream_a", "sk-second")
    assert store.get("upstream_a") == "sk-second"
    assert store.names() == ["upstream_a", "upstream_a/oauth"]
    store.run("delete", "upstream_a")
    store.get("upstream_a", expect=NOT_FOUND)
    store.run("delete", "upstream_a", expect=NOT_FOUND)
    assert store.names() == ["upstream_a/oauth"]


def test_homes_do_not_see_each_other(bus, keyring, home, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    Store(bus, home).put("upstream_a", PLANTED)
    Store(bus, other).get("upstream_a", expect=NOT_FOUND)
    assert Store(bus, other).names() == []
    link = tmp_path / "link"
    link.symlink_to(home)
    assert Store(bus, link).get("upstream_a") == PLANTED


@pytest.mark.parametrize("size", [2047, 2048, 2049, 6000, 65536])
def test_any_size(bus, keyring, home, size):
    store = Store(bus, home)
    value = "s" * size
    store.put("upstream_a/oauth", value)
    assert store.get("upstream_a/oauth") == value
    assert all(value[:64].encode() not in path.read_bytes()
               for path in home.rglob("*") if path.is_file())
    store.run("delete", "upstream_a/oauth")
    assert not [path for path in (home / "credentials.d").glob("*")]


def test_survives_a_restart_of_the_service(bus, keyring, home):
    store = Store(bus, home)
    store.put("upstream_a", PLANTED)
    keyring.close()
    keyring.start()
    assert store.get("upstream_a") == PLANTED


def names_the_ways_out(text):
    return "credentials.store to file" in text and "--key-env" in text


def test_locked(bus, keyring, home):
    store = Store(bus, home)
    store.put("upstream_a", PLANTED)
    keyring.lock()
    for text in (store.get("upstream_a", expect=STORE_ERROR),
                 store.put("upstream_a", "sk-second", expect=STORE_ERROR),
                 store.run("delete", "upstream_a", expect=STORE_ERROR),
                 store.get("upstream_never_put", expect=STORE_ERROR)):
        assert "locked" in text and names_the_ways_out(text)
    keyring.close()
    keyring.start()
    assert store.get("upstream_a") == PLANTED


@pytest.mark.parametrize("kind", ["auto", "keyring"])
def test_absent_service(bus, home, kind):
    text = Store(bus, home, kind).put("upstream_a", PLANTED, expect=STORE_ERROR)
    assert "no keyring service" in text and names_the_ways_out(text)
    assert list(home.iterdir()) == []


def test_no_bus(bus, home):
    store = Store(bus, home, DBUS_SESSION_BUS_ADDRESS=f"unix:path={home}/nothing")
    text = store.put("upstream_a", PLANTED, expect=STORE_ERROR)
    assert "no keyring service" in text and names_the_ways_out(text)


def test_silent_service(bus, keyring, home):
    store = Store(bus, home)
    store.put("upstream_a", PLANTED)
    keyring.freeze()
    text = store.get("upstream_a", expect=STORE_ERROR)
    assert "did not answer" in text and names_the_ways_out(text)
    keyring.thaw()
    assert store.get("upstream_a") == PLANTED


def test_silent_bus(bus, home, tmp_path):
    path = tmp_path / "silent"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        store = Store(bus, home, DBUS_SESSION_BUS_ADDRESS=f"unix:path={path}")
        assert "did not answer" in store.get("upstream_a", expect=STORE_ERROR)


def session(store):
    """One process that answers `get` again and again."""
    return subprocess.Popen([*store.command, "session", "upstream_a"], env=store.env, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def ask(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_service_freezes_and_dies_under_an_open_store(bus, keyring, home):
    store = Store(bus, home)
    store.put("upstream_a", "sk-open")
    with session(store) as process:
        assert ask(process) == "sk-open"
        keyring.freeze()
        assert ask(process) == f"exit {STORE_ERROR}"
        keyring.thaw()
        assert ask(process) == "sk-open"
        keyring.close()
        assert ask(process) == f"exit {STORE_ERROR}"
        keyring.start()
        assert ask(process) == "sk-open"
        process.stdin.close()


def test_a_dying_bus_does_not_end_the_process(bus, keyring, home):
    store = Store(bus, home)
    store.put("upstream_a", "sk-open")
    with session(store) as process:
        assert ask(process) == "sk-open"
        bus.process.kill()
        bus.process.wait()
        assert ask(process) == f"exit {STORE_ERROR}"
        assert process.poll() is None
        process.stdin.close()


def test_migrates_between_stores(bus, keyring, home, tmp_path):
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    env = {"LLM_GATEWAY_PASSPHRASE_FILE": str(passphrase)}
    ring, file = Store(bus, home, "keyring", **env), Store(bus, home, "file", **env)
    large = "l" * 6000
    ring.put("upstream_a", PLANTED)
    ring.put("upstream_b/oauth", large)
    assert ring.run("migrate", "file").strip() == "2"
    assert ring.names() == []
    assert file.names() == ["upstream_a", "upstream_b/oauth"]
    assert file.run("migrate", "keyring").strip() == "2"
    assert file.names() == []
    assert ring.get("upstream_a") == PLANTED
    assert ring.get("upstream_b/oauth") == large
