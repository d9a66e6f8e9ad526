"""A disk that is full or read-only: requests are served, changes are refused
in words and leave what was there, and when there is room again all is well."""
import time

import pytest

from lab import wire
from lab.disk import Disk
from lab.families import CHAT


@pytest.fixture
def disk():
    with Disk(kilobytes=1000) as found:
        yield found


@pytest.fixture
def world(disk, upstream, storm):
    upstream.reply = wire.json_answer(CHAT.answer())
    config = {"upstream_accounts": [CHAT.account(upstream)], "server": {"timeout": 31}}
    return disk, storm(config, **disk.options_for_home()), upstream


def served(gateway, count=10):
    for _ in range(count):
        answer = gateway.call(gateway.post(CHAT.path, CHAT.body()))
        assert answer.status == 200, answer.body
    return True


def add_key(gateway, name):
    return gateway.control("POST", "/v1/keys", {"name": name})


def change(gateway, seconds):
    return gateway.control("PATCH", "/v1/config", {"server": {"timeout": seconds}})


def add_account(gateway, upstream, name):
    return gateway.control("POST", "/v1/upstreams", {
        "name": name, "provider": "openai-compatible", "base_url": upstream.url + "/v1",
        "api_key": "secret-of-" + name, "models": ["only-" + name]})


def refuses_changes(gateway, upstream):
    text = gateway.config_path.read_bytes()
    secrets = (gateway.home / "credentials.enc").read_bytes()
    for answer in (change(gateway, 77), add_key(gateway, "late"),
                   add_account(gateway, upstream, "late")):
        assert answer.status >= 400, answer.body
        assert answer.json()["error"]["message"]
    assert gateway.config_path.read_bytes() == text
    assert (gateway.home / "credentials.enc").read_bytes() == secrets
    return True


def takes_changes(gateway, upstream, name):
    assert change(gateway, 32).status == 200
    answer = add_account(gateway, upstream, name)
    assert answer.status == 200, answer.body
    body = CHAT.body(model=f"{name}/only-{name}")
    assert gateway.call(gateway.post(CHAT.path, body)).status == 200
    return upstream.seen[-1].head.get("authorization") == "Bearer secret-of-" + name


def test_full(world):
    disk, gateway, upstream = world
    assert takes_changes(gateway, upstream, "early")
    disk.fill()
    assert served(gateway)
    time.sleep(1.5)         # what is written once a second was tried
    assert refuses_changes(gateway, upstream)
    assert served(gateway)
    assert gateway.is_running()
    disk.free()
    assert takes_changes(gateway, upstream, "after")
    gateway.stop()
    gateway.start()
    assert takes_changes(gateway, upstream, "again")


def test_read_only(world):
    disk, gateway, upstream = world
    assert takes_changes(gateway, upstream, "early")
    gateway.stop()
    disk.remount("ro")
    done = gateway.cli("config", "set", "server.timeout", "40")
    assert done.returncode and b"ead-only" in done.stderr, done.stderr
    done = gateway.cli("config", "get", "server.timeout")
    assert done.stdout.strip() == b"32"
    done = gateway.cli("server", "start")
    assert done.returncode and done.stderr, done
    disk.remount("rw")
    gateway.start()
    assert takes_changes(gateway, upstream, "after")


def test_full_at_the_start(world):
    """A gateway that finds no room says so, or serves without its books."""
    disk, gateway, upstream = world
    assert takes_changes(gateway, upstream, "early")
    gateway.stop()
    disk.fill()
    try:
        gateway.start()
    except RuntimeError as error:
        assert "space" in str(error), error
    else:
        assert served(gateway)
        gateway.stop()
    disk.free()
    gateway.start()
    assert served(gateway)
