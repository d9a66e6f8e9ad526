"""A disk that is full or cannot be written costs no request and no count: both
are kept in memory, status says so, and they are written once it is possible."""
import os
import pathlib
import subprocess
import sys

import pytest

WORLD = pathlib.Path(__file__).parent / "disk_world.py"
NAMESPACE = ["unshare", "--mount", "--map-root-user"]


def may_mount():
    probe = NAMESPACE + ["mount", "-t", "tmpfs", "none", "/tmp"]
    return subprocess.run(probe, capture_output=True).returncode == 0


@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_a_failing_disk_loses_nothing(kind):
    prefix = NAMESPACE if may_mount() else []
    env = dict(os.environ, LAB_MAY_MOUNT="1" if prefix else "0")
    done = subprocess.run([*prefix, sys.executable, WORLD, kind], env=env, timeout=300,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
