"""A secret planted wherever one can enter is found nowhere else."""
import pathlib

import pytest

from lab import wire
from lab.families import ANTHROPIC, CHAT

SECRETS = {name: f"sk-planted-{name}-7f3a9c51e2" for name in [
    "stored", "environment", "plain", "header", "proxypass", "client", "query"]}


def everything_under(home):
    return {p: p.read_bytes() for p in pathlib.Path(home).rglob("*") if p.is_file()}


@pytest.fixture
def house(upstream, start):
    """A gateway with a secret in every account, after traffic of every kind."""
    accounts = [
        CHAT.account(upstream, "plain", models=["plain"], api_key=SECRETS["plain"],
                     headers={"X-Extra-Auth": SECRETS["header"]}),
        CHAT.account("http://127.0.0.1:9", "proxied", models=["proxied"],
                     proxy=f"http://user:{SECRETS['proxypass']}@127.0.0.1:9"),
        ANTHROPIC.account(upstream, "through", type="passthrough", models=["through"]),
    ]
    gateway = start({"upstream_accounts": accounts, "logging": {"level": "debug"}},
                    env={"PLANTED_KEY": SECRETS["environment"]})
    url = upstream.url + "/v1"
    gateway.cli("upstream", "add", "--provider=openai-compatible", "--name=stored", "--key=-",
                f"--base-url={url}", "--models=stored", stdin=SECRETS["stored"].encode() + b"\n",
                check=True)
    gateway.cli("upstream", "add", "--provider=openai-compatible", "--name=fromenv",
                "--key-env=PLANTED_KEY", f"--base-url={url}", "--models=fromenv", check=True)
    return gateway


def traffic(gateway, upstream):
    """Requests that succeed and fail in many ways; all answers together."""
    answers = []

    def call(family, model, back=None, headers=(), target=None, key=True):
        with gateway.connect() as client:
            client.send(gateway.post(target or family.path, family.body(model=model), headers, key))
            if back:
                request = upstream.take()
                request.answer(back(request) if callable(back) else back)
            answer = client.read_answer()
            answers.append(answer.head.raw + answer.body)
            return answer

    def echo(request):
        seen = request.head.get("authorization") or request.head.get("x-api-key")
        return wire.json_answer({"error": {"type": "invalid_request_error", "code": None,
                                           "message": f"Incorrect API key provided: {seen}"}}, 401)

    ok = wire.json_answer(CHAT.answer())
    for model in ("plain", "stored", "fromenv"):
        assert call(CHAT, model, ok).status == 200
        call(CHAT, model, wire.answer(500, body=b"boom"))
        assert call(CHAT, model, echo).status == 401
    call(CHAT, "proxied")
    call(ANTHROPIC, "through", wire.json_answer(ANTHROPIC.answer()),
         [("Authorization", "Bearer " + SECRETS["client"])])
    call(CHAT, "plain", target=f"{CHAT.path}?key={SECRETS['query']}", key=False)
    call(CHAT, "plain", headers=[("x-api-key", SECRETS["client"])], key=False)
    gateway.call(gateway.post(CHAT.path, b'{"model":"plain' + SECRETS["client"].encode()))
    return b"".join(answers)


def test_the_upstream_gets_each_secret(house, upstream):
    traffic(house, upstream)
    sent = b"".join(request.head.raw for request in upstream.seen)
    for name in ("stored", "environment", "plain", "header", "client"):
        assert SECRETS[name].encode() in sent, name


def test_answers_show_none(house, upstream):
    text = traffic(house, upstream)
    for name, secret in SECRETS.items():
        assert secret.encode() not in text, name
    assert house.key.encode() not in text


def test_home_logs_and_process_list_show_none(house, upstream):
    traffic(house, upstream)
    house.cli("server", "reload")
    house.stop()
    files = everything_under(house.home)
    config = files.pop(house.config_path)
    files[pathlib.Path("stderr")] = house.stderr()
    for path, data in files.items():
        for name, secret in SECRETS.items():
            assert secret.encode() not in data, (name, path)
        assert house.key.encode() not in data, path
        assert b"correct horse battery" not in data, path
    # only what the user wrote there is in the configuration
    for name in ("stored", "environment", "client", "query"):
        assert SECRETS[name].encode() not in config


def test_command_line_of_the_gateway_shows_none(house, upstream):
    for process in (house.pid,):
        command = pathlib.Path(f"/proc/{process}/cmdline").read_bytes()
        assert not any(secret.encode() in command for secret in SECRETS.values())


SHOWING = [["upstream", "list"], ["upstream", "list", "--json"], ["upstream", "show", "plain"],
           ["upstream", "show", "plain", "--json"], ["upstream", "show", "proxied", "--json"],
           ["upstream", "show", "stored", "--json"], ["upstream", "show", "fromenv"],
           ["config", "show"], ["config", "show", "--effective"], ["config", "check"],
           ["config", "get", "upstream_accounts.0.api_key"], ["apikey", "list", "--json"],
           ["status"], ["status", "--json"], ["health"], ["logs"], ["server", "status"],
           ["upstream", "test", "plain"], ["upstream", "test", "proxied"], ["doctor"],
           ["env", "list"], ["model", "resolve", "plain", "--json"], ["usage"]]


@pytest.mark.parametrize("command", SHOWING, ids=" ".join)
def test_no_command_shows_one(command, house, upstream):
    upstream.reply = lambda request: wire.json_answer(CHAT.answer())
    done = house.cli(*command)
    for name, secret in SECRETS.items():
        assert secret.encode() not in done.stdout + done.stderr, name


@pytest.mark.parametrize("path", ["/v1/status", "/v1/snapshot", "/v1/upstreams", "/v1/config",
                                  "/v1/keys", "/v1/logs", "/v1/requests"])
def test_no_control_answer_shows_one(path, house, upstream):
    traffic(house, upstream)
    body = house.control("GET", path).body
    for name, secret in SECRETS.items():
        assert secret.encode() not in body, name


@pytest.mark.parametrize("line", ["    api_key: [{}\n", "    api_key: {{{}\n", "    api_kye: {}\n",
                                  "    api_key: \"{}\n", "   api_key: {}\n", "\tapi_key: {}\n"])
def test_an_error_in_the_configuration_quotes_none(line, start):
    gateway = start(start=False)
    secret = SECRETS["plain"]
    gateway.config_path.write_text(
        "upstream_accounts:\n  - name: a\n    provider: openai\n" + line.format(secret))
    for command in (["config", "check"], ["server", "start"], ["status"], ["doctor"]):
        done = gateway.cli(*command)
        assert done.returncode != 0
        assert secret.encode() not in done.stdout + done.stderr


def test_a_key_argument_warns_and_a_made_key_is_shown_once(start):
    gateway = start()
    done = gateway.cli("upstream", "add", "--provider=openai", "--name=loud",
                       f"--key={SECRETS['stored']}", check=True)
    assert b"--key=-" in done.stderr
    assert SECRETS["stored"].encode() not in done.stdout + done.stderr
    made = gateway.cli("apikey", "add", "--name=fresh", "-q", check=True).stdout.strip()
    assert made.startswith(b"lgw_") and len(made) == 4 + 43
    for data in everything_under(gateway.home).values():
        assert made not in data
    assert made not in gateway.cli("apikey", "show", "fresh", "--json", check=True).stdout
