"""Fixtures of the statistics' tests."""
import pytest

from lab.gateway import Gateway


@pytest.fixture
def start():
    """Starts gateways that end with the test."""
    running = []

    def run(config=None, **options):
        running.append(Gateway(config, **options))
        return running[-1]

    yield run
    for gateway in running:
        gateway.close()
