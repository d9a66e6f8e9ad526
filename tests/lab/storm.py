"""A gateway that is mistreated, and what must be true of it afterwards: it
runs, nothing is in flight, no descriptor is left open, and it serves."""
import os
import pathlib
import random
import re
import time

from lab import wire
from lab.families import CHAT
from lab.gateway import Gateway, merge

FULL = os.environ.get("CHAOS") == "full"
PATIENCE = {"proxy": {"connect_timeout": "5s", "response_timeout": "5s", "stream_timeout": "5s",
                      "first_token_timeout": "5s"},
            "routing": {"max_attempts": 1, "max_wait": "1s"}}


def chance():
    """The same in each run; CHAOS_SEED makes another one."""
    return random.Random(int(os.environ.get("CHAOS_SEED", "1")))


def some(cases, count, full=FULL):
    """All of them in a full run, else `count` spread over them."""
    cases = list(cases)
    if full or len(cases) <= count:
        return cases
    picked = {round(i * (len(cases) - 1) / (count - 1)) for i in range(count)}
    return [cases[i] for i in sorted(picked)]


def eventually(condition, seconds=wire.DEADLINE):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Storm(Gateway):
    """CHAOS_TRANSPORT=curl has it reach upstreams by libcurl alone."""

    def __init__(self, config=None, env=None, **options):
        transport = os.environ.get("CHAOS_TRANSPORT")
        env = dict(env or {}, **({"LLM_GATEWAY_TRANSPORT": transport} if transport else {}))
        super().__init__(merge(PATIENCE, config or {}), env=env, **options)

    def start(self):
        super().start()
        self.descriptors = self.count_descriptors()

    def count_descriptors(self):
        """None when this user may not look: the program keeps its memory, and
        with it its list of files, to itself."""
        try:
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        except PermissionError:
            return None

    def resident_kb(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def status(self):
        return self.control("GET", "/v1/status").json()

    def forgive(self):
        """Ends every rest, so that the next request is tried again."""
        self.control("DELETE", "/v1/cooldowns")

    def assert_calm(self, slack=24):
        """`slack` descriptors may stay: idle connections to upstreams."""
        assert self.is_running(), self.stderr().decode(errors="replace")
        assert eventually(lambda: self.status()["in_flight"] == 0), self.status()
        if self.descriptors is not None:
            assert eventually(lambda: self.count_descriptors() <= self.descriptors + slack), \
                os.popen(f"ls -l /proc/{self.pid}/fd").read()


def read_end(client, family, is_stream):
    """Reads what the gateway answers, and judges it: the status, or "cut" when
    a whole answer broke off, which is the only way left to say so. Anything
    that is malformed fails the test."""
    try:
        answer = client.read_answer()
    except wire.Closed:
        assert not is_stream, "a stream without an end"
        return "cut"
    if answer.status >= 400:
        family.check_error(answer, answer.status)
    elif is_stream:
        assert is_ended(family, answer.body), answer.body
    else:
        answer.json()
    return answer.status


ENDS = {
    "anthropic": (b'"message_stop"', b"event: error"),
    "openai-chat": (b"[DONE]", b'"error"'),
    "openai-responses": (b'"response.completed"', b'"response.failed"', b'"type":"error"',
                         b"event: error", b"response.incomplete"),
    "gemini": (b'"finishReason"', b'"error"'),
}


def is_ended(family, body):
    """Does the stream end in the words of its format?"""
    return any(end in body for end in ENDS[family.name])


def assert_serves(gateway, upstream, family=CHAT):
    """`upstream` answers by hand here: its `reply` is not set."""
    gateway.forgive()
    with gateway.connect() as client:
        client.send(gateway.post(family.target(), family.body()))
        upstream.take().answer(wire.json_answer(family.answer()))
        assert client.read_answer().status == 200


def succeeds(gateway, model="asked-model"):
    """Is a Chat request served? The upstream answers by itself."""
    try:
        return gateway.call(gateway.post(CHAT.path, CHAT.body(model=model))).status == 200
    except (OSError, wire.Closed):
        return False
