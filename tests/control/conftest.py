"""Fixtures of the control API's tests."""
import pytest

from lab.gateway import Gateway
from lab.upstream import Upstream


@pytest.fixture
def upstream():
    with Upstream() as server:
        yield server


@pytest.fixture
def start():
    """Starts gateways that end with the test: start(config, **options)."""
    running = []

    def run(config=None, **options):
        running.append(Gateway(config, **options))
        return running[-1]

    yield run
    for gateway in running:
        gateway.close()


@pytest.fixture
def gateway(start):
    return start()
