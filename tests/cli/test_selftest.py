"""selftest and bench: what they say, and that they touch nothing of the user's.
That a wrong answer makes the self-test fail is in unit/selftest_check_test.c."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

from lab.gateway import BINARY

FORMATS = {"anthropic", "openai-chat", "openai-responses", "gemini"}
CASES = {"text", "call", "calls", "result", "image", "thinking", "usage", "error", "cut"}
DEADLINE = 120


@pytest.fixture
def world(tmp_path):
    """A home and a temporary directory, both empty, and settings that would
    lead a gateway astray."""
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    env = {k: v for k, v in os.environ.items() if not k.startswith("LLM_GATEWAY")}
    env |= {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"),
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
            "LLM_GATEWAY_SERVER_PORT": "1", "LLM_GATEWAY_SERVER_HOST": "192.0.2.1",
            "http_proxy": "http://192.0.2.1:9", "ALL_PROXY": "http://192.0.2.1:9"}
    return tmp_path, env


def run(world, *words):
    path, env = world
    done = subprocess.run([BINARY, *words], env=env, capture_output=True, text=True,
                          timeout=DEADLINE)
    assert list((path / "home").iterdir()) == []
    assert list((path / "tmp").iterdir()) == []
    return done


def test_selftest_passes(world):
    done = run(world, "selftest")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert sum(row[2:] == ["ok"] * len(CASES) for row in rows) == 16
    assert re.search(r"^\d+ passed, 0 failed, ", done.stdout, re.M)


def test_selftest_as_json(world):
    done = run(world, "selftest", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr, report["failed"]) == (0, "", 0)
    checks = report["checks"]
    assert len(checks) == report["passed"] and all(c["passed"] for c in checks)
    seen = {(c["client"], c["upstream"], c["case"]) for c in checks if "case" in c}
    assert seen == {(a, b, c) for a in FORMATS for b in FORMATS for c in CASES}
    assert {"overloaded", "rate-limited", "slow", "mistake"} <= {
        c["drill"] for c in checks if "drill" in c}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_selftest_leaves_nothing(world, number):
    path, env = world
    process = subprocess.Popen([BINARY, "selftest"], env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + DEADLINE
    while not list((path / "tmp").glob("*/control.sock")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (1, ""), err
    assert "interrupted" in err
    assert list((path / "tmp").iterdir()) == []


def test_without_a_place_for_its_home(world):
    path, env = world
    env["TMPDIR"] = str(path / "missing")
    done = run(world, "selftest")
    assert done.returncode == 1 and str(path / "missing") in done.stderr
