"""The public interface of the command line, as promised: each verb, each flag,
each exit code, each --json."""
import json
import re
import subprocess

import pytest

from lab.gateway import BINARY, Gateway

TABLE = json.loads(subprocess.run([BINARY, "completion", "--dump"], check=True,
                                  capture_output=True).stdout)
COMMANDS = {c["name"]: {f["name"] for f in c["flags"]} for c in TABLE["commands"]}

PROMISED = """
server start --detach --host --port --workers
server stop
server status --json
server reload
upstream add --provider --name --yes --type --key --key-env --base-url --priority --weight
upstream add --models --rpm --tpm --rpd --tpr --concurrency --header --api-version --deployment
upstream list --json
upstream show --json
upstream edit --key --key-env --base-url --priority --weight --models --rpm --tpm --rpd --tpr
upstream edit --concurrency --header --api-version --deployment --name --type
upstream remove
upstream enable
upstream disable
upstream test --model
apikey add --name --permissions --models --rpm --tpm --rpd --concurrency --budget-day --expires
apikey add --quiet
apikey list --json
apikey show --json
apikey remove
apikey disable
apikey enable
apikey rotate
oauth start --no-browser --code
oauth status --json
oauth refresh
oauth logout
cooldown list --json
cooldown clear --model --all
cooldown set --for
model list --json
model add --route --fallback
model show --json
model edit
model remove
model resolve --json
tui --plain --theme
status --watch --json
health --json
usage --by --since --json
logs --follow --errors --since --trace --level
env list
env set --http-proxy --https-proxy --no-proxy
env show --name
env unset --name
config path
config show --effective
config check
config edit
config get
config set
config import
connect --key --print --undo
run --key
doctor --fix
completion
"""


def promised():
    flags = {}
    for line in PROMISED.split("\n"):
        names = [w for w in line.split() if not w.startswith("--")]
        if names:
            flags.setdefault(" ".join(names), set()).update(
                w[2:] for w in line.split() if w.startswith("--"))
    return flags


@pytest.mark.parametrize("command", promised())
def test_a_command_and_its_flags(command):
    assert promised()[command] - {"follow"} <= COMMANDS[command] | {"follow"}
    done = subprocess.run([BINARY, *command.split(), "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for flag in promised()[command]:
        assert f"--{flag}" in done.stdout


def test_global_flags():
    flags = {f["name"] for f in TABLE["global_flags"]}
    assert {"home", "config", "no-color", "version", "demo", "help"} <= flags


@pytest.fixture(scope="module")
def home():
    """A demo account that answers, one that signs in, and one that is refused."""
    config = {"upstream_accounts": [
        {"id": "upstream_1a", "name": "main", "type": "none", "provider": "demo"},
        {"id": "upstream_2b", "name": "claude-max", "type": "oauth", "provider": "anthropic",
         "status": "disabled"}],
        "models": {"smart": {"routes": [{"upstream": "main", "model": "demo"}]}}}
    with Gateway(config) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def stopped():
    gateway = Gateway({"upstream_accounts": [
        {"id": "upstream_1a", "name": "main", "type": "none", "provider": "demo"}]}, start=False)
    yield gateway
    gateway.close()


JSON = [("upstream list", list), ("upstream show main", dict), ("apikey list", list),
        ("apikey show test", dict), ("oauth status claude-max", dict), ("status", dict),
        ("server status", dict), ("usage", dict), ("usage --by=hour", dict), ("health", dict),
        ("cooldown list", list), ("model list", list), ("model show smart", dict),
        ("model resolve smart", dict), ("request list", list)]


@pytest.mark.parametrize("line,kind", JSON)
def test_json(home, line, kind):
    done = home.cli(*line.split(), "--json")
    assert done.returncode == 0, done
    assert isinstance(json.loads(done.stdout), kind)
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize("line", ["upstream show nobody", "model show nobody", "apikey show x"])
def test_json_of_a_failure(home, line):
    done = home.cli(*line.split(), "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"]["code"] == "not_found"


@pytest.mark.parametrize("line,code", [
    ("--version", 0), ("upstream list", 0), ("health", 0), ("server reload", 0),
    ("connect nobody", 2), ("upstream show nobody", 4), ("cooldown clear nobody", 4),
    ("model resolve nobody", 4), ("config get server.prot", 4), ("config get models.none", 4),
    ("nonsense", 2), ("upstream", 2), ("upstream add --nonsense", 2), ("upstream add", 2),
    ("upstream edit main --priority=x", 2), ("cooldown set main", 2), ("run", 2), ("tui", 2),
    ("", 2), ("config set server.port 99999", 5), ("config set routing.strategy x", 5),
    ("upstream add --provider=demo --name=main", 5), ("model add a --route=nobody:x", 5),
    ("oauth refresh claude-max", 7), ("server start", 1),
])
def test_exit_codes(home, line, code):
    done = home.cli(*line.split())
    assert done.returncode == code, done
    if code not in (0, 2):
        text = done.stderr.decode()
        assert re.fullmatch(r"llm-gateway: [^\n]+\n", text), text


@pytest.mark.parametrize("line", ["status", "health", "server status", "server stop",
                                  "server reload", "cooldown list", "cooldown clear --all"])
def test_without_a_gateway(stopped, line):
    assert stopped.cli(*line.split()).returncode == 3


def test_without_a_credential_store(stopped):
    stopped.extra_env.update(LLM_GATEWAY_CREDENTIALS_STORE="keyring",
                             DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")
    done = stopped.cli("upstream", "add", "--provider=openai", "--name=x", "--key=-",
                       stdin=b"sk-of-nobody-00000000\n")
    assert done.returncode == 6 and b"credentials.store" in done.stderr
    assert b"sk-of-nobody" not in done.stdout + done.stderr


@pytest.mark.parametrize("line,word", [
    ("upsteam list", "upstream"), ("upstream lst", "list"), ("upstream add --prvider=x",
                                                             "--provider"),
    ("apikey add --nmae=x", "--name"), ("--hoem=x status", "--home"), ("confg get x", "config"),
    ("config get server.prot", "port"), ("connect claud-code", "claude-code"),
    ("upstream show mian", "main"), ("model show smrat", "smart"),
])
def test_typos_suggest_the_nearest(home, line, word):
    done = home.cli(*line.split())
    assert done.returncode in (2, 4, 5)
    assert re.search(rf'(did you mean|expected) "?{word}"?', done.stderr.decode()), done.stderr
