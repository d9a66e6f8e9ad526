"""Fixtures of the wire tests."""
import pytest

from lab.certificates import Authority
from lab.gateway import Gateway
from lab.upstream import Upstream


@pytest.fixture
def upstream():
    with Upstream() as server:
        yield server


@pytest.fixture
def start():
    """Starts gateways that end with the test: start(config, args=(), env=None)."""
    running = []

    def run(config=None, **options):
        running.append(Gateway(config, **options))
        return running[-1]

    yield run
    for gateway in running:
        gateway.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))
