"""Fixtures of the wire tests."""
import pytest

from lab.certificates import Authority
from lab.gateway import Gateway
from lab.upstream import Upstream


@pytest.fixture
def upstream():
    with Upstream() as server:
        yield server


def pytest_generate_tests(metafunc):
    """A module that says `TRANSPORTS = …` runs over each of them."""
    if hasattr(metafunc.module, "TRANSPORTS") and "start" in metafunc.fixturenames:
        metafunc.parametrize("transport", metafunc.module.TRANSPORTS, indirect=True)


@pytest.fixture
def transport(request):
    return getattr(request, "param", "direct")


@pytest.fixture
def start(transport):
    """Starts gateways that end with the test: start(config, args=(), env=None)."""
    running = []

    def run(config=None, env=None, **options):
        env = {"LLM_GATEWAY_TRANSPORT": transport, **(env or {})}
        running.append(Gateway(config, env=env, **options))
        return running[-1]

    yield run
    for gateway in running:
        gateway.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))
