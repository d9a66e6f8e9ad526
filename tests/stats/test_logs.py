"""Log files: what a request's line says, in JSON and in text, what never gets
into one, and what a crash leaves."""
import datetime
import json
import signal
import time

from lab import wire
from lab.families import ANTHROPIC, CHAT
from lab.upstream import Upstream

FIELDS = {"ts", "level", "msg", "trace_id", "key", "format", "model", "backend", "status",
          "duration_ms", "ttft_ms", "attempts", "tokens_in", "tokens_out"}
VENDOR_KEYS = ["sk-ant-api03-MIDDLE0123456789abcdef0123456789",
               "AIzaMIDDLE0123456789abcdef0123456789",
               "sk-proj-MIDDLE0123456789abcdef0123456789", "gsk_MIDDLE0123456789abcdef0123",
               "ya29.MIDDLE0123456789abcdef", "Bearer MIDDLE0123456789abcdef"]


def ask(gateway, headers=(), status=200, family=CHAT):
    answer = gateway.call(gateway.post(family.target(), family.body(), headers))
    assert answer.status == status
    return answer


def text_of(gateway, pattern):
    return "".join(path.read_text() for path in sorted((gateway.home / "logs").glob(pattern)))


def wait_for(gateway, pattern, what):
    deadline = time.monotonic() + wire.DEADLINE
    while what not in text_of(gateway, pattern):
        assert time.monotonic() < deadline, (what, text_of(gateway, "**/*.log"))
        time.sleep(0.02)
    return next(line for line in text_of(gateway, pattern).splitlines() if what in line)


def test_a_requests_line_has_its_fields(start):
    with Upstream(wire.json_answer(CHAT.answer())) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream, "mine")]})
        ask(gateway, [("X-Trace-ID", "trace-1")])
        line = json.loads(wait_for(gateway, "requests/*.log", "trace-1"))
        assert FIELDS <= set(line) and "error" not in line
        assert line["tokens_in"] == 3 and line["tokens_out"] == 1
        assert (line["level"], line["key"], line["backend"]) == ("info", "test", "mine")
        assert (line["format"], line["status"], line["attempts"]) == ("openai-chat", 200, 1)
        today = datetime.date.today().isoformat()
        assert [p.name for p in (gateway.home / "logs/requests").iterdir()] == [f"{today}.log"]
        assert "trace-1" not in text_of(gateway, "general.log")


def test_failures_have_a_line_for_each_attempt(start):
    down = wire.json_answer({"error": {"message": "down"}}, 500)
    with Upstream(down) as bad, Upstream(wire.json_answer(CHAT.answer())) as good:
        gateway = start({"upstream_accounts": [CHAT.account(bad, "bad", priority=1),
                                               CHAT.account(good, "good", priority=2)]})
        ask(gateway, [("X-Trace-ID", "trace-2")])
        line = json.loads(wait_for(gateway, "requests/*.log", "trace-2"))
        assert line["attempts"] == 2 and line["backend"] == "good"
        attempt = json.loads(wait_for(gateway, "general.log", "trace-2"))
        assert (attempt["backend"], attempt["status"]) == ("bad", 500)


def test_errors_have_a_file_of_their_own(start):
    with Upstream(wire.json_answer({"error": {"message": "broken"}}, 500)) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)]})
        ask(gateway, [("X-Trace-ID", "trace-3")], status=500)
        line = json.loads(wait_for(gateway, "errors/*.log", "trace-3"))
        assert line["level"] == "error" and "broken" in line["error"]
        # nobody counted, so there is nothing to say, which is not zero
        assert "tokens_in" not in line


def test_text_and_one_file(start):
    with Upstream(wire.json_answer(CHAT.answer())) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                         "logging": {"format": "text", "separate_files": False}})
        ask(gateway, [("X-Trace-ID", "trace-4")])
        line = wait_for(gateway, "general.log", "trace-4")
        assert " info request: request trace_id=trace-4 key=test " in line
        assert not (gateway.home / "logs/requests").exists()


def test_secrets_in_free_text_are_masked(start):
    quoted = " and ".join(VENDOR_KEYS)
    with Upstream(wire.json_answer({"type": "error", "error": {
            "type": "api_error", "message": f"bad keys: {quoted}"}}, 500)) as upstream:
        gateway = start({"upstream_accounts": [ANTHROPIC.account(upstream)],
                         "logging": {"level": "debug"}})
        ask(gateway, [("X-Trace-ID", "trace-5")], status=500, family=ANTHROPIC)
        wait_for(gateway, "errors/*.log", "trace-5")
        gateway.stop()
        everything = text_of(gateway, "**/*.log") + gateway.stderr().decode()
        assert "bad keys: " in everything
        assert "MIDDLE" not in everything
        with open(gateway.home / "state.db", "rb") as db:
            assert b"MIDDLE" not in db.read()


def test_a_crash_loses_no_line(start):
    with Upstream(wire.json_answer(CHAT.answer())) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)], "server": {"workers": 2}})
        for number in range(50):
            ask(gateway, [("X-Trace-ID", f"last-words-{number}.")])
        # the client had its answer; the worker ends the exchange a moment later
        time.sleep(0.05)
        assert gateway.stop(signal.SIGSEGV) != 0
        left = text_of(gateway, "**/*.log")
        assert '"msg":"crashed","signal":11' in left
        for number in range(50):
            assert left.count(f"last-words-{number}.") == 1
        gateway.process = None


def test_files_are_rotated_by_size(start):
    with Upstream(wire.json_answer(CHAT.answer())) as upstream:
        gateway = start({"upstream_accounts": [CHAT.account(upstream)],
                         "logging": {"max_file_size_mb": 1}})
        with gateway.connect() as client:
            data = gateway.post(CHAT.target(), CHAT.body(), [("X-Trace-ID", "x" * 64)])
            for _ in range(4000):
                client.send(data)
                assert client.read_answer().status == 200
        gateway.stop()
        files = list((gateway.home / "logs/requests").iterdir())
        assert len(files) >= 2
        assert all(path.stat().st_size < 2 * 1024 * 1024 for path in files)
        assert text_of(gateway, "requests/*.log").count("x" * 64) == 4000
