"""What commands ask of the control API and make of its answers, with a scripted
API on the socket: answers that a real gateway gives rarely, and foreign text."""
import http.server
import json
import socketserver
import threading

import pytest

from lab.gateway import Gateway


class Control:
    """Answers on the home's control socket. `answers` maps "METHOD path" (without
    the query) to JSON, or to (status, JSON or bytes); `asked` has what came."""

    def __init__(self, path):
        self.answers, self.asked = {}, []
        control = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else None
                control.asked.append((self.command, self.path, body))
                answer = control.answers.get(f"{self.command} {self.path.split('?')[0]}")
                status, value = answer if isinstance(answer, tuple) else (200, answer)
                if answer is None:
                    status, value = 404, error("not_found", f"the control API has no {self.path}")
                data = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def address_string(self):
                return "unix"

            def log_message(self, *_):
                pass

        self.server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def calls(self, method):
        return [(path, body) for verb, path, body in self.asked if verb == method]


def error(code, message, hint=""):
    return {"error": {"code": code, "message": message, "hint": hint}}


@pytest.fixture
def home():
    gateway = Gateway(start=False)
    yield gateway
    gateway.close()


@pytest.fixture
def control(home):
    server = Control(home.home / "control.sock")
    yield server
    server.close()


def out(done):
    assert done.returncode == 0, done
    return done.stdout.decode()


COOLDOWN = {"id": "c1", "upstream": "main", "model": "claude-opus", "source": "measured",
            "cause": {"class": "quota", "status": 429, "header": "retry-after: 60", "body": ""},
            "since": "2026-11-21T07:00:00Z", "until": "2026-11-21T08:00:00Z",
            "remaining_seconds": 3605, "next_probe": None}


def test_cooldown_list(home, control):
    control.answers["GET /v1/cooldowns"] = [COOLDOWN, {**COOLDOWN, "model": None}]
    lines = out(home.cli("cooldown", "list")).splitlines()
    assert lines[0].split()[:3] == ["UPSTREAM", "MODEL", "CAUSE"]
    assert "claude-opus" in lines[1] and "1h 00m" in lines[1] and "retry-after: 60" in lines[1]
    assert lines[2].split()[:2] == ["main", "all"]
    assert json.loads(out(home.cli("cooldown", "list", "--json")))[0] == COOLDOWN
    control.answers["GET /v1/cooldowns"] = []
    done = home.cli("cooldown", "list")
    assert (done.stdout, done.stderr) == (b"", b"No cooldowns.\n")


def test_cooldown_clear_and_set(home, control):
    control.answers["DELETE /v1/cooldowns"] = {"cleared": 2}
    control.answers["POST /v1/cooldowns"] = COOLDOWN
    assert out(home.cli("cooldown", "clear", "my main", "--model=a/b")).startswith("Cleared 2")
    out(home.cli("cooldown", "clear", "--all"))
    assert "08:00:00" in out(home.cli("cooldown", "set", "main", "--for=1500ms"))
    assert [path for path, _ in control.calls("DELETE")] == [
        "/v1/cooldowns?upstream=my%20main&model=a%2Fb", "/v1/cooldowns"]
    assert control.calls("POST") == [("/v1/cooldowns", {"upstream": "main", "seconds": 2})]


def test_usage(home, control):
    row = {"name": "main", "requests": 1200, "errors": 3, "tokens_in": 2500000,
           "tokens_out": 31000, "cache_read": 0, "cache_write": 0, "reasoning": 12,
           "cost_usd": 4.567}
    control.answers["GET /v1/usage"] = {"since": "2026-11-01T00:00:00Z", "by": "model",
                                        "rows": [row], "total": row}
    lines = out(home.cli("usage", "--by=model", "--since=2026-11-01")).splitlines()
    assert lines[1].split() == ["main", "1.2k", "3", "2.5M", "31k", "0", "0", "12", "4.57"]
    assert lines[2].startswith("total")
    path = control.calls("GET")[-1][0]
    assert path == "/v1/usage?by=model&since=2026-11-01T00%3A00%3A00.000Z"


def test_upstream_test(home, control):
    path = "POST /v1/upstreams/main/test"
    control.answers[path] = {"ok": True, "message": "12 models", "ms": 340}
    assert out(home.cli("upstream", "test", "main")) == "main: ok, 12 models in 340ms\n"
    control.answers[path] = {"ok": False, "message": "401 invalid key", "ms": 90}
    done = home.cli("upstream", "test", "main", "--model=m")
    assert done.returncode == 1 and b"401 invalid key" in done.stdout
    assert control.calls("POST")[-1][1] == {"model": "m"}


def test_oauth_start_without_a_terminal(home, control):
    control.answers["POST /v1/oauth/max/start"] = {"url": "https://vendor.example/authorize?x=1"}
    done = home.cli("oauth", "start", "max", "--no-browser")
    assert out(done) == "https://vendor.example/authorize?x=1\n"
    assert b"--code=CODE" in done.stderr
    control.answers["POST /v1/oauth/max/code"] = {"state": "signed_in"}
    assert "signed in" in out(home.cli("oauth", "start", "max", "--code=abc#xyz"))
    assert control.calls("POST") == [("/v1/oauth/max/start", {"browser": False}),
                                     ("/v1/oauth/max/code", {"code": "abc#xyz"})]


def test_the_browser_is_started_without_a_shell(home, control):
    url = "https://vendor.example/authorize?a=$(touch+pwned)&b=;x"
    control.answers["POST /v1/oauth/max/start"] = {"url": url}
    browser = home.root / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {home.root}/opened.new\n'
                       f'mv {home.root}/opened.new {home.root}/opened\n')
    browser.chmod(0o755)
    home.extra_env["BROWSER"] = str(browser)
    out(home.cli("oauth", "start", "max"))
    for _ in range(3000):
        if (home.root / "opened").exists():
            break
        threading.Event().wait(0.01)
    assert (home.root / "opened").read_text() == url + "\n"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "--help", "http://x"])
def test_the_browser_gets_web_pages_only(home, control, url):
    control.answers["POST /v1/oauth/max/start"] = {"url": url}
    home.extra_env["BROWSER"] = "/bin/true"
    assert b"No browser" in home.cli("oauth", "start", "max").stderr


def test_oauth_state(home, control):
    control.answers["GET /v1/oauth/max"] = {"upstream": "max", "state": "signed_in",
                                            "expires_in_seconds": 3700, "scopes": ["a", "b"]}
    text = out(home.cli("oauth", "status", "max"))
    assert "signed_in" in text and "1h 01m" in text and "a, b" in text
    control.answers["POST /v1/oauth/max/refresh"] = {}
    control.answers["POST /v1/oauth/max/logout"] = {}
    assert out(home.cli("oauth", "refresh", "max")) == "Refreshed max.\n"
    assert out(home.cli("oauth", "logout", "max")) == "Signed out max.\n"


@pytest.mark.parametrize("code, status, expected", [
    ("failed", 500, 1), ("usage", 400, 2), ("not_running", 503, 3), ("not_found", 404, 4),
    ("invalid", 422, 5), ("credential_store", 503, 6), ("sign_in_needed", 401, 7),
    ("conflict", 409, 1), ("something_new", 500, 1),
])
def test_every_error_has_its_exit_code(home, control, code, status, expected):
    control.answers["GET /v1/upstreams"] = (status, error(code, "what went wrong", "do this"))
    done = home.cli("upstream", "list")
    assert done.returncode == expected
    assert done.stderr == b"llm-gateway: what went wrong; do this\n" and done.stdout == b""
    done = home.cli("upstream", "list", "--json")
    assert done.returncode == expected
    answer = json.loads(done.stdout)["error"]
    assert (answer["message"], answer["hint"]) == ("what went wrong", "do this")


@pytest.mark.parametrize("data", [b"", b"nonsense", b'{"a":', b"\xff\xfe"])
def test_an_answer_that_is_no_json(home, control, data):
    control.answers["GET /v1/keys"] = (200, data)
    done = home.cli("apikey", "show", "x")
    assert done.returncode in (1, 4) and done.stderr.startswith(b"llm-gateway: ")
    control.answers["GET /v1/keys"] = (500, data)
    assert home.cli("apikey", "list").returncode == 1


@pytest.mark.parametrize("answer", [{}, [], [None], [{}], [{"name": None}], "text", 1, None,
                                    [{"name": {"deep": []}, "models": 7, "limits": "x"}]])
def test_answers_of_another_shape_do_no_harm(home, control, answer):
    data = json.dumps(answer).encode()
    for path in ("upstreams", "keys", "models", "cooldowns", "usage", "status", "env", "logs",
                 "resolve", "config"):
        control.answers[f"GET /v1/{path}"] = (200, data)
    for words in (["upstream", "list"], ["apikey", "list"], ["model", "list"], ["cooldown", "list"],
                  ["usage"], ["status"], ["health"], ["env", "list"], ["logs"],
                  ["model", "resolve", "x"], ["config", "show"], ["config", "show", "--effective"],
                  ["server", "status"]):
        done = home.cli(*words)
        assert done.returncode in (0, 1), (words, done)


def test_foreign_text_cannot_steer_the_terminal(home, control):
    evil = "a\x1b]0;title\x07\x1b[2J\r\nb\u202e\x9b31m"
    upstream = {"id": evil, "name": evil, "provider": evil, "state": evil, "models": [evil],
                "problem": evil, "base_url": evil, "headers": {evil: evil}}
    control.answers["GET /v1/upstreams"] = [upstream]
    control.answers["GET /v1/upstreams/x"] = upstream
    control.answers["GET /v1/status"] = {"listen": evil, "upstreams": [upstream],
                                         "reasons": [evil], "config": {"error": evil}}
    control.answers["GET /v1/logs"] = [{"ts": evil, "level": evil, "msg": evil, evil: evil}]
    control.answers["GET /v1/config"] = {"text": evil, "value": evil}
    control.answers["GET /v1/keys"] = (404, error("not_found", evil, evil))
    for words in (["upstream", "list"], ["upstream", "show", "x"], ["status"], ["logs"],
                  ["config", "show"], ["config", "get", "x"], ["apikey", "list"], ["health"]):
        done = home.cli(*words)
        for stream in (done.stdout, done.stderr):
            for bad in (b"\x1b", b"\x07", b"\r", b"\xc2\x9b", b"\xe2\x80\xae"):
                assert bad not in stream, (words, stream)


def test_doctor_names_upstreams_that_do_not_answer(home, control):
    home.write_config({"upstream_accounts": [
        {"id": "upstream_1", "name": "good", "type": "none", "provider": "demo"},
        {"id": "upstream_2", "name": "bad", "type": "none", "provider": "demo"}]})
    control.answers["GET /v1/status"] = {"listen": "127.0.0.1:1", "version": "0.0.0"}
    control.answers["POST /v1/upstreams/upstream_1/test"] = {"ok": True, "message": "fine"}
    control.answers["POST /v1/upstreams/upstream_2/test"] = {"ok": False, "message": "no route"}
    done = home.cli("doctor")
    assert done.returncode == 1
    text = done.stdout.decode()
    assert "good answers: fine" in text and "bad: no route" in text
    assert "another version" in text


def test_config_import(home, control):
    control.answers["POST /v1/config/import"] = {"imported": ["3 upstreams"],
                                                 "left_out": ["cache.ttl"]}
    old = home.root / "old.yaml"
    old.write_text("providers: []\n")
    text = out(home.cli("config", "import", old))
    assert "  3 upstreams\n" in text and "  cache.ttl\n" in text
    assert control.calls("POST")[0][1]["text"] == "providers: []\n"
    assert home.cli("config", "import", "/no/such/file").returncode == 4
