"""Runs one gateway on a disk that fails, and checks what becomes of its
requests. Started by test_disk.py, where possible in a mount namespace of its
own, so that the disk is a real one:

    disk_world.py full|read-only
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab import wire                                        # noqa: E402
from lab.families import CHAT                               # noqa: E402
from lab.gateway import Gateway                             # noqa: E402
from lab.upstream import Upstream                           # noqa: E402

MAY_MOUNT = os.environ.get("LAB_MAY_MOUNT") == "1"


def mount(*args):
    subprocess.run(["mount", *map(str, args)], check=True)


class FullDisk:
    """The home's disk is full while `fill` is in force. Without a mount: no
    file may grow."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.filler = gateway.home / "filler"
        if MAY_MOUNT:
            mount("-t", "tmpfs", "-o", "size=2m,mode=0700", "none", gateway.home)
            gateway.write_config(CONFIG)

    def fill(self):
        if not MAY_MOUNT:
            self._limit(0)
            return
        try:
            with open(self.filler, "wb", buffering=0) as filler:
                while True:
                    filler.write(b"x" * 4096)
        except OSError:
            pass

    def relieve(self):
        if MAY_MOUNT:
            self.filler.unlink()
        else:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size):
        resource.prlimit(self.gateway.pid, resource.RLIMIT_FSIZE,
                         (size, resource.RLIM_INFINITY))

    def close(self):
        if MAY_MOUNT:
            subprocess.run(["umount", "-l", self.gateway.home], check=True)


class ReadOnlyFile:
    """state.db may be read but not written. Without a mount: something else is
    in its place."""

    def __init__(self, path):
        self.path = path
        if MAY_MOUNT:
            mount("--bind", path, path)
            mount("-o", "remount,bind,ro", path)
        else:
            path.rename(path.with_suffix(".aside"))
            path.mkdir()

    def relieve(self):
        if MAY_MOUNT:
            subprocess.run(["umount", "-l", self.path], check=True)
        else:
            self.path.rmdir()
            self.path.with_suffix(".aside").rename(self.path)


CONFIG = {}


def problems(gateway):
    return gateway.control("GET", "/v1/status").json()["reasons"]


def wait_for(what):
    deadline = time.monotonic() + 3 * wire.DEADLINE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ask(gateway, count):
    for _ in range(count):
        answer = gateway.call(gateway.post(CHAT.target(), CHAT.body()))
        assert answer.status == 200, answer.body


def counted(gateway):
    """By all who say it, and they say the same."""
    total = json.loads(gateway.cli("usage", "--json", check=True).stdout)["total"]["requests"]
    assert gateway.control("GET", "/v1/usage?since=1d").json()["total"]["requests"] == total
    return total


def ids(gateway):
    return [int(r["id"]) for r in gateway.control("GET", "/v1/requests?limit=1000").json()]


def full(gateway):
    disk = FullDisk(gateway)
    try:
        gateway.start()
        ask(gateway, 5)
        wait_for(lambda: not problems(gateway))
        disk.fill()
        ask(gateway, 200)
        wait_for(lambda: any("memory" in reason for reason in problems(gateway)))
        assert b"memory" in gateway.cli("status").stdout
        ask(gateway, 20)
        assert counted(gateway) == 225
        assert ids(gateway) == list(range(225, 0, -1))
        disk.relieve()
        wait_for(lambda: not problems(gateway))
        ask(gateway, 5)
        assert gateway.stop() == 0
        gateway.start()
        assert counted(gateway) == 230
        assert ids(gateway) == list(range(230, 0, -1))
        gateway.stop()
    finally:
        disk.close()


def read_only(gateway):
    gateway.start()
    ask(gateway, 3)
    assert gateway.stop() == 0
    file = ReadOnlyFile(gateway.home / "state.db")
    gateway.start()
    assert any("memory" in reason for reason in problems(gateway))
    ask(gateway, 4)
    assert counted(gateway) == 4
    file.relieve()
    wait_for(lambda: not problems(gateway))
    assert counted(gateway) == 7
    assert ids(gateway) == list(range(7, 0, -1))
    assert gateway.stop() == 0
    gateway.start()
    assert counted(gateway) == 7


def main():
    with Upstream(wire.json_answer(CHAT.answer())) as upstream:
        CONFIG.update({"upstream_accounts": [CHAT.account(upstream)]})
        with Gateway(CONFIG, start=False) as gateway:
            {"full": full, "read-only": read_only}[sys.argv[1]](gateway)


if __name__ == "__main__":
    main()
