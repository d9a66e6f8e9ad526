"""selftest and bench: what they say, and that they touch nothing of the user's.
That a wrong answer makes the self-test fail is in unit/selftest_check_test.c."""
import json
import os
import pathlib
import tempfile
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
def world():
    """A home and a temporary directory, both empty, and settings that would
    lead a gateway astray. Their path is short: a socket's has its limit."""
    with tempfile.TemporaryDirectory(prefix="lgw-", dir="/tmp") as path:
        yield make_world(pathlib.Path(path))


def make_world(tmp_path):
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


# --- bench ---

TIMES = {"answer", "first_token", "chunk", "busy"}


def test_bench_measures_every_way(world):
    done = run(world, "bench", "--seconds=0.2", "--connections=4", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(report["ways"]) == {"direct", "passed", "converted"}
    for way in report["ways"].values():
        assert way["errors"] == 0 and way["requests_per_s"] > 0
        for name in TIMES:
            times = way[name]
            assert 0 < times["p50_us"] <= times["p90_us"] <= times["p99_us"], name
            assert times["count"] > 0
    added = report["added"]["converted"]["busy"]["p50_us"]
    ways = report["ways"]
    assert added == pytest.approx(ways["converted"]["busy"]["p50_us"]
                                  - ways["direct"]["busy"]["p50_us"])
    assert report["machine"]["cpus"] >= 1 and (report["seconds"], report["connections"]) == (0.2, 4)


def test_bench_in_words(world):
    done = run(world, "bench", "--seconds=0.1", "--connections=2")
    assert (done.returncode, done.stderr) == (0, "")
    head, share = done.stdout.splitlines()[:2]
    assert re.match(r"\d+ CPUs?, .*load [\d.]+ before$", head)
    assert share == "Clients, gateway and upstream share them; 2 connections, 0.1 s each."
    assert re.search(r"^converted +\d+ +[\d.]+ +0$", done.stdout, re.M)


@pytest.mark.parametrize("words", [["--seconds=0"], ["--seconds=601"], ["--connections=0"],
                                   ["--connections=1001"], ["--seconds=x"], ["more"]])
def test_bench_refuses(world, words):
    done = run(world, "bench", *words)
    assert done.returncode == 2 and done.stdout == ""


def test_interrupted_bench_leaves_nothing(world):
    path, env = world
    process = subprocess.Popen([BINARY, "bench", "--seconds=600"], env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + DEADLINE
    while not list((path / "tmp").glob("*/control.sock")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (1, ""), err
    assert list((path / "tmp").iterdir()) == []
