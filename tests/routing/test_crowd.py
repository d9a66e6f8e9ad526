"""A crowd of clients while one of three upstreams fails, in each way in turn:
none of them sees an error. CROWD_CLIENTS and CROWD_SECONDS make it larger."""
import os
import threading
import time

import pytest

from lab.families import ANTHROPIC
from lab.routes import config
from lab.ways import REFUSED, WAYS, WayServer

CLIENTS = int(os.environ.get("CROWD_CLIENTS", 200))
SECONDS = float(os.environ.get("CROWD_SECONDS", 0))     # 0: each asks twice

@pytest.fixture
def servers():
    made = [WayServer() for _ in range(3)]
    yield made
    for server in made:
        server.close()


def client_of(gateway, number, until, wrong):
    """One client with its own session and connection; every second one streams."""
    is_stream = number % 2 == 1
    data = gateway.post(ANTHROPIC.path, ANTHROPIC.body(stream=is_stream),
                        headers=[("x-claude-code-session-id", f"session-{number}")])
    mark = b"whole" if is_stream else b"hello"
    asked = 0
    with gateway.connect() as client:
        while asked < 2 or time.monotonic() < until:
            client.send(data)
            got = client.read_answer()
            asked += 1
            if got.status != 200 or mark not in got.body or b"event: error" in got.body:
                wrong.append((got.status, got.body))
                return


def crowd(gateway):
    """What went wrong for how many clients at once."""
    wrong = []
    until = time.monotonic() + SECONDS

    def run(number):
        try:
            client_of(gateway, number, until, wrong)
        except Exception as problem:    # an error like any other
            wrong.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.parametrize("at", range(3) if SECONDS else range(1))
@pytest.mark.parametrize("way", WAYS)
def test_no_client_sees_an_error(start, servers, way, at):
    settings = config(*servers, proxy={"response_timeout": 2, "first_token_timeout": 2})
    for entry in settings["upstream_accounts"]:
        entry["priority"] = 1
    servers[at].way = WAYS[way]
    if servers[at].way is REFUSED:
        settings["upstream_accounts"][at]["base_url"] = "http://127.0.0.1:9"
    gateway = start({**settings, "server": {"workers": 2}})
    assert crowd(gateway) == []
    assert servers[at].way is REFUSED or servers[at].asked > 0
