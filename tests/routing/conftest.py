"""Fixtures of the tests of routing through the running program."""
import pytest

from lab.gateway import Gateway
from lab.upstream import Upstream
from lab.vendor import Vendor


@pytest.fixture
def first():
    with Upstream() as server:
        yield server


@pytest.fixture
def second():
    with Upstream() as server:
        yield server


@pytest.fixture
def vendor():
    server = Vendor()
    yield server
    server.close()


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
