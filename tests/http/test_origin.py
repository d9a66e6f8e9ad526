"""Who a request comes from, behind proxies that are trusted or not."""
import pytest

from lab import wire
from lab.families import CHAT


def begin(start, upstream, *trusted, **more):
    upstream.reply = wire.json_answer(CHAT.answer())
    return start({"server": {"trusted_proxies": list(trusted)},
                  "upstream_accounts": [CHAT.account(upstream)], **more})


def told(gateway, upstream, *values):
    """The client's address that the upstream is told."""
    headers = [("X-Forwarded-For", value) for value in values]
    assert gateway.call(gateway.post(CHAT.path, CHAT.body(), headers)).status == 200
    return upstream.seen[-1].head.get("x-forwarded-for")


@pytest.mark.parametrize("trusted,values,expected", [
    ([], ["1.1.1.1"], "127.0.0.1"),
    (["10.0.0.0/8"], ["1.1.1.1"], "127.0.0.1"),
    (["127.0.0.1"], [], "127.0.0.1"),
    (["127.0.0.1"], ["1.1.1.1"], "1.1.1.1"),
    (["127.0.0.0/9"], ["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
    (["127.0.0.1", "10.0.0.0/8"], ["6.6.6.6, 1.1.1.1 , 10.9.9.9"], "1.1.1.1"),
    (["127.0.0.1"], ["6.6.6.6", "1.1.1.1"], "1.1.1.1"),
    (["127.0.0.1"], ["6.6.6.6, who"], "127.0.0.1"),
    (["127.0.0.1", "1.1.1.1"], ["evil, 1.1.1.1"], "1.1.1.1"),
    (["127.0.0.1"], [","], "127.0.0.1"),
    (["0.0.0.0/0"], ["2001:db8::7"], "2001:db8::7"),
    (["127.0.0.1", "2001:db8::/33"], ["8.8.8.8, 2001:db8:7fff::1"], "8.8.8.8"),
    (["127.0.0.1", "2001:db8::/33"], ["8.8.8.8, 2001:db8:8000::1"], "2001:db8:8000::1"),
])
def test_what_upstreams_are_told(trusted, values, expected, upstream, start):
    gateway = begin(start, upstream, *trusted, proxy={"forward_client_ip": True})
    assert told(gateway, upstream, *values) == expected


def test_limits_by_address(upstream, start):
    gateway = begin(start, upstream, "127.0.0.1", rate_limit={
        "enabled": True, "per_ip_rps": 0.001, "burst_factor": 1000})

    def status(address):
        return gateway.call(gateway.post(CHAT.path, CHAT.body(),
                                         [("X-Forwarded-For", address)])).status

    assert [status("1.1.1.1"), status("1.1.1.1"), status("1.1.1.2")] == [200, 429, 200]


def test_metrics_are_for_this_machine(upstream, start):
    gateway = begin(start, upstream, "127.0.0.1")

    def status(*headers):
        return gateway.call(gateway.get("/metrics", headers, key=False)).status

    assert status() == 200
    assert status(("X-Forwarded-For", "1.1.1.1")) == 401
