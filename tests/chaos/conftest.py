"""Fixtures of the chaos suite: what can go wrong outside the program, each
kind at many places. `make check` runs a bounded part of it; with CHAOS=full,
as in `make chaos`, it runs every case."""
import pytest

from lab import disk
from lab.certificates import Authority
from lab.storm import Storm
from lab.upstream import Upstream

# Where the kernel does not let this user mount, these cannot be had.
collect_ignore = [] if disk.is_possible() else ["test_disk.py", "test_names.py"]


@pytest.fixture
def storm():
    """Starts gateways that must be calm at the end: storm(config, **options)."""
    running = []

    def run(config=None, **options):
        running.append(Storm(config, **options))
        return running[-1]

    yield run
    try:
        for gateway in running:
            gateway.assert_calm()
    finally:
        for gateway in running:
            gateway.close()


@pytest.fixture
def upstream():
    with Upstream() as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))
