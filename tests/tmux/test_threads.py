"""The gateway in the dashboard's process, under load, while every screen is
visited. With a build that watches threads (VARIANT=tsan) nothing may be told."""
import http.client
import json
import subprocess
import threading
import time

from lab.terminal import BIN, DEADLINE_S


class Load:
    """A few clients that ask without a pause, every other one for a stream."""

    def __init__(self, address, key):
        self.over = threading.Event()
        self.answered = 0
        self.threads = [threading.Thread(target=self.run, args=(address, key, i % 2 == 0))
                        for i in range(4)]
        for t in self.threads:
            t.start()

    def run(self, address, key, is_stream):
        link = http.client.HTTPConnection(*address)
        body = json.dumps({"model": "demo", "stream": is_stream,
                           "messages": [{"role": "user", "content": "hi"}]})
        while not self.over.is_set():
            try:
                link.request("POST", "/v1/chat/completions", body,
                             {"authorization": "Bearer " + key,
                              "content-type": "application/json"})
                self.answered += len(link.getresponse().read()) > 0
            except (OSError, http.client.HTTPException):
                link.close()

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join()


def cli(home, *words):
    done = subprocess.run([BIN, "--home", home, *words], capture_output=True, text=True,
                          check=True)
    return done.stdout.strip()


def test_own_process_under_load(terminal, home, tmp_path):
    reports = tmp_path / "tsan"
    key = cli(home, "apikey", "add", "--name=load", "-q")
    t = terminal(width=160, height=45, TSAN_OPTIONS=f"log_path={reports}")
    t.run(BIN)
    t.wait(r"demo-one .*\+ ready")
    host, port = json.loads(cli(home, "status", "--json"))["listen"].rsplit(":", 1)
    load = Load((host, int(port)), key)
    try:
        t.wait(r"[1-9]\d* running")
        for screen, words in [("2", "Upstreams .1"), ("3", "Requests"), ("4", "load"),
                              ("5", "aliases|Models"), ("6", "request"), ("7", "server.host")]:
            t.type(screen)
            t.wait(words)
        t.type("3", "g", "x")
        t.wait(r"Cancel request|ended already")
        t.type("y", "2", "d")
        t.wait("= llm-gateway upstream disable demo-one")
        t.wait(r"demo-one .*- disabled")
        t.type("d")
        t.wait("= llm-gateway upstream enable demo-one")
        t.type(":", "undo", "Enter")
        t.wait("= llm-gateway config undo")
        t.type(":", "undo", "Enter", "+", "-", "3", "Enter")
        t.wait("llm-gateway request show")
        t.tmux("resize-window", "-x", "80", "-y", "24")
        t.type("1")
        t.wait("1 Overview")
        end = time.monotonic() + DEADLINE_S
        while load.answered < 20:
            assert time.monotonic() < end
            t.type("Tab")
            time.sleep(0.05)
    finally:
        load.stop()
    t.type("Q")
    t.wait("s stop")
    t.type("s")
    t.wait("^exit=0")
    told = [r.read_text(errors="replace") for r in tmp_path.glob("tsan*")]
    assert not told, told[0][:4000]
