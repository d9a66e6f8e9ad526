"""connect: the settings files of other programs, changed in place and put back
to the byte. The expected files are what the clients' own documentation shows."""
import json
import pathlib

import pytest

from lab.gateway import Gateway

URL = "http://127.0.0.1:4321"
KEY = "lgw_the-key-of-this-client"

CLAUDE = ".claude/settings.json"
CODEX = ".codex/config.toml"
GEMINI_ENV = ".gemini/.env"
GEMINI = ".gemini/settings.json"
OPENCODE = ".config/opencode/opencode.json"
AIDER = ".aider.conf.yml"
FILES = {"claude-code": [CLAUDE], "codex": [CODEX], "gemini-cli": [GEMINI_ENV, GEMINI],
         "opencode": [OPENCODE], "aider": [AIDER]}
GOLDEN = pathlib.Path(__file__).parent / "golden"
BY_HAND = ["cline", "cursor", "zed", "continue", "openai-sdk", "anthropic-sdk"]

# Settings as a person may have them: odd spacing, comments, old values.
BEFORE = {
    CLAUDE: '{\n    "model":"opus",   "env" : {"FOO": "1.0"},\n\n    "hooks": {} }\n',
    CODEX: '# mine\nmodel = "gpt-5.2"   # the model\n\n[tui]\ntheme = "x"\n\n'
           '[model_providers.other]\nbase_url = "https://other"\n',
    GEMINI_ENV: "# keys\nexport GEMINI_API_KEY=old\nOTHER=1",
    GEMINI: '{"security":{"auth":{"selectedType":"oauth-personal"}},"ui":{"x":1e3}}',
    OPENCODE: '{\n  "$schema": "https://opencode.ai/config.json",\n  "provider": {\n'
              '    "openai": {\n      "options": {"baseURL": "https://x/v1"}\n    }\n  }\n}\n',
    AIDER: "# aider\nmodel: gpt\nopenai-api-base: https://x/v1  \nlist:\n  - openai-api-key: no\n",
}


@pytest.fixture
def home():
    gateway = Gateway({"server": {"port": 4321}}, start=False)
    gateway.extra_env["LLM_GATEWAY_KEY"] = KEY
    yield gateway
    gateway.close()


def write(home, name, text):
    path = home.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def tree(home):
    return {p.relative_to(home.root).as_posix(): p.read_bytes()
            for p in home.root.rglob("*") if p.is_file()}


def connect(home, *args):
    return home.cli("connect", *args, check=True)


@pytest.mark.parametrize("client", FILES)
def test_into_nothing_and_back(home, client):
    before = tree(home)
    connect(home, client)
    for name in FILES[client]:
        path = home.root / name
        assert path.stat().st_mode & 0o077 == 0
    connect(home, client, "--undo")
    assert tree(home) == before


@pytest.mark.parametrize("client", FILES)
def test_into_an_existing_file_and_back(home, client):
    for name in FILES[client]:
        write(home, name, BEFORE[name])
    before = tree(home)
    connect(home, client)
    connect(home, client)
    assert tree(home) != before
    connect(home, client, "--undo")
    assert tree(home) == before
    assert b"was not connected" in connect(home, client, "--undo").stderr


def test_claude_code(home):
    path = write(home, CLAUDE, BEFORE[CLAUDE])
    connect(home, "claude-code")
    assert json.loads(path.read_text()) == {
        "model": "opus", "hooks": {},
        "env": {"FOO": "1.0", "ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY}}
    assert path.read_text().startswith('{\n    "model":"opus",   "env" : {"FOO": "1.0"')


def test_codex(home):
    path = write(home, CODEX, BEFORE[CODEX])
    connect(home, "codex")
    assert path.read_text() == 'model_provider = "llm-gateway"\n' + BEFORE[CODEX] + f"""
[model_providers.llm-gateway]
name = "llm-gateway"
base_url = "{URL}/v1"
wire_api = "responses"
experimental_bearer_token = "{KEY}"
"""


def test_gemini(home):
    env, settings = (write(home, name, BEFORE[name]) for name in (GEMINI_ENV, GEMINI))
    connect(home, "gemini-cli")
    assert env.read_text() == (f"# keys\nexport GEMINI_API_KEY={KEY}\nOTHER=1\n"
                               f"GOOGLE_GEMINI_BASE_URL={URL}\n")
    assert settings.read_text() == BEFORE[GEMINI].replace("oauth-personal", "gemini-api-key")


def test_opencode(home):
    path = write(home, OPENCODE, BEFORE[OPENCODE])
    connect(home, "opencode")
    settings = json.loads(path.read_text())
    assert settings["provider"]["openai"]["options"] == {"baseURL": URL + "/v1", "apiKey": KEY}
    assert settings["provider"]["google"]["options"] == {"baseURL": URL + "/v1beta",
                                                         "apiKey": KEY}
    assert settings["$schema"] == "https://opencode.ai/config.json"


def test_aider(home):
    path = write(home, AIDER, BEFORE[AIDER])
    connect(home, "aider")
    assert path.read_text() == (
        f'# aider\nmodel: gpt\nopenai-api-base: "{URL}/v1"  \nlist:\n  - openai-api-key: no\n'
        f'openai-api-key: "{KEY}"\n')


def test_undo_after_somebody_changed_the_file(home):
    path = write(home, CLAUDE, '{"env": {"ANTHROPIC_BASE_URL": "https://old"}}\n')
    connect(home, "claude-code")
    settings = json.loads(path.read_text())
    settings["theme"] = "dark"
    path.write_text(json.dumps(settings))
    connect(home, "claude-code", "--undo")
    assert json.loads(path.read_text()) == {"env": {"ANTHROPIC_BASE_URL": "https://old"},
                                            "theme": "dark"}
    path = write(home, CODEX, BEFORE[CODEX])
    connect(home, "codex")
    path.write_text(path.read_text() + "\n[new]\nx = 1\n")
    connect(home, "codex", "--undo")
    assert path.read_text().replace("\n\n", "\n") == (
        BEFORE[CODEX] + "[new]\nx = 1\n").replace("\n\n", "\n")


@pytest.mark.parametrize("client", FILES)
def test_undo_of_what_was_never_connected_changes_nothing(home, client):
    for name in FILES[client]:
        write(home, name, BEFORE[name])
    connect(home, client)
    for path in home.root.rglob("*.before-llm-gateway"):
        path.unlink()
    before = tree(home)
    assert b"was not connected" in connect(home, client, "--undo").stderr
    assert tree(home) == before


@pytest.mark.parametrize("text", ['{\n  // a comment\n  "a": 1\n}\n', "[1]", '{"a": ', "nonsense"])
def test_what_is_not_plain_json_is_left_alone(home, text):
    path = write(home, CLAUDE, text)
    done = home.cli("connect", "claude-code")
    assert done.returncode == 5 and b"--print" in done.stderr and b"settings.json" in done.stderr
    assert path.read_text() == text
    assert [p.name for p in path.parent.iterdir()] == ["settings.json"]


def test_directories_of_the_environment(home):
    home.extra_env["CLAUDE_CONFIG_DIR"] = str(home.root / "elsewhere")
    connect(home, "claude-code")
    assert (home.root / "elsewhere/settings.json").exists()


def test_a_link_stays_a_link(home):
    real = write(home, "dotfiles/settings.json", "{}\n")
    link = home.root / CLAUDE
    link.parent.mkdir()
    link.symlink_to(real)
    connect(home, "claude-code")
    assert link.is_symlink() and KEY in real.read_text()


def test_list(home):
    states = {c["name"]: c["state"] for c in json.loads(connect(home, "list", "--json").stdout)}
    assert list(states) == [*FILES, *BY_HAND]
    assert states["codex"] == "not connected" and states["cursor"] == "by hand"
    connect(home, "codex")
    text = connect(home, "list").stdout.decode()
    assert any(line.startswith("codex") and " connected" in line for line in text.splitlines())


@pytest.mark.parametrize("client", [*FILES, *BY_HAND])
def test_print_changes_nothing_and_needs_no_key(home, client):
    del home.extra_env["LLM_GATEWAY_KEY"]
    before = tree(home)
    done = connect(home, client, "--print")
    assert b"127.0.0.1:4321" in done.stdout and b"YOUR_GATEWAY_KEY" in done.stdout
    assert tree(home) == before


@pytest.mark.parametrize("client", BY_HAND)
def test_by_hand_says_what_to_set(home, client):
    assert connect(home, client).stdout == (GOLDEN / f"connect-{client}.txt").read_bytes()


def test_without_a_key(home):
    del home.extra_env["LLM_GATEWAY_KEY"]
    done = home.cli("connect", "codex")
    assert done.returncode == 2 and b"apikey add" in done.stderr
    done = home.cli("connect", "codex", "--key=-", stdin=b"lgw_from-a-pipe\n", check=True)
    assert "lgw_from-a-pipe" in (home.root / CODEX).read_text()
