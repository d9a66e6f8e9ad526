"""Sessions: how much of their prompts came from the cache, and what a switch of
the upstream lost."""
import json

from lab import wire
from lab.families import ANTHROPIC
from lab.upstream import Upstream

PRICE = {"in": 4, "out": 20, "cache_read": 0.4, "cache_write": 5}


def answers(*usages):
    """One after the other: (uncached, cache read, cache written)."""
    rest = iter(usages)

    def reply(_):
        uncached, read, written = next(rest)
        answer = ANTHROPIC.answer()
        answer["usage"] = {"input_tokens": uncached, "cache_read_input_tokens": read,
                           "cache_creation_input_tokens": written, "output_tokens": 10}
        return wire.json_answer(answer)
    return reply


def ask(gateway, session):
    answer = gateway.call(gateway.post(ANTHROPIC.target(), ANTHROPIC.body(), [
        ("x-claude-code-session-id", session), ("User-Agent", "claude-cli/2.0 (external)")]))
    assert answer.status == 200
    return answer.header("x-llm-gateway-upstream")


def sessions(gateway, **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return gateway.control("GET", "/v1/usage?by=session" + more).json()


def test_a_switch_has_a_price(start):
    reply = answers((100, 0, 9000), (100, 9000, 900), (200, 0, 9800), (100, 9800, 100), (5, 0, 0))
    with Upstream(reply) as upstream:
        gateway = start({
            "upstream_accounts": [ANTHROPIC.account(upstream, "first", priority=1),
                                  ANTHROPIC.account(upstream, "second", priority=2)],
            "usage": {"prices": {"*": PRICE}}})
        mine, other = "11111111-aaaa", "22222222-bbbb"
        assert [ask(gateway, mine) for _ in range(2)] == ["first", "first"]
        gateway.cli("upstream", "disable", "first", check=True)
        assert [ask(gateway, mine) for _ in range(2)] == ["second", "second"]
        ask(gateway, other)
        usage = sessions(gateway)
        newest, row = usage["rows"]
        assert newest["requests"] == 1 and newest["switches"] == 0 and newest["lost_tokens"] == 0
        assert row["requests"] == 4 and row["switches"] == 1
        assert (row["upstream"], row["client"], row["key"]) == ("second", "claude-cli/2.0", "test")
        # the first upstream had 9,900 tokens in its cache; the second read none
        assert row["lost_tokens"] == 9900
        assert round(row["lost_usd"], 6) == round(9900 * (5 - 0.4) / 1e6, 6)
        assert row["cache_read"] == 18800 and row["tokens_in"] == 9100 + 10000 + 10000 + 10000
        assert row["cache_read_ratio"] == 18800 * 1000 // 39100 / 1000
        assert usage["total"]["requests"] == 5
        assert row["name"] == gateway.control("GET", "/v1/requests?limit=9").json()[1]["session"]

        table = gateway.cli("usage", "--by=session", check=True).stdout.decode()
        assert "9.9k" in table.lower() and "48%" in table
        as_json = json.loads(gateway.cli("usage", "--by=session", "--json", check=True).stdout)
        assert as_json["rows"] == usage["rows"]


def test_old_sessions_are_forgotten(start):
    with Upstream(answers(*[(1, 0, 0)] * 1100)) as upstream:
        gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)]})
        for number in range(1100):
            ask(gateway, f"{number:08}-session")
        rows = sessions(gateway)["rows"]
        assert len(rows) == 1000
        assert rows[0]["lost_usd"] is None
