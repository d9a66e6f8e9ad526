"""Commands without a running gateway: they work on the files of the home."""
import json
import os
import re
import stat

import pytest

from lab.gateway import Gateway


@pytest.fixture
def home():
    """A home with a configuration file, and nothing that runs."""
    gateway = Gateway(start=False)
    yield gateway
    gateway.close()


@pytest.fixture
def empty(home):
    """A home that does not exist yet, with the sealed file as its store."""
    home.config_path.unlink()
    home.home.rmdir()
    home.extra_env["LLM_GATEWAY_CREDENTIALS_STORE"] = "file"
    return home


def out(done):
    assert done.returncode == 0, done
    return done.stdout.decode()


def failed(done, code, *words):
    """The exit code, one line on stderr, nothing on stdout."""
    assert done.returncode == code, done
    assert done.stdout == b""
    text = done.stderr.decode()
    assert text.startswith("llm-gateway: ") and text.count("\n") == 1, text
    for word in words:
        assert word in text
    return text


def read_json(home, *args):
    return json.loads(out(home.cli(*args, "--json")))


# --- the first use ---

def test_reading_creates_nothing(empty):
    assert out(empty.cli("upstream", "list")) == ""
    assert out(empty.cli("apikey", "list")) == ""
    assert out(empty.cli("config", "get", "server.port")) == "3847\n"
    assert not empty.home.exists()


def test_the_first_change_creates_a_private_home_with_a_commented_file(empty):
    out(empty.cli("apikey", "add", "--name=laptop"))
    assert stat.S_IMODE(empty.home.stat().st_mode) == 0o700
    assert stat.S_IMODE(empty.config_path.stat().st_mode) == 0o600
    assert "# llm-gateway's configuration" in empty.config_path.read_text()


# --- upstream ---

def add_main(home, *more):
    return home.cli("upstream", "add", "--provider=anthropic", "--name=main", "--key=-", *more,
                    stdin=b"sk-ant-secret-of-main\n")


def test_upstream_add_and_show(home):
    done = add_main(home, "--priority=2", "--models=claude-*,opus", "--rpm=50",
                    "--header=X-Team: red")
    assert re.fullmatch(r"Added upstream main \(upstream_[0-9a-f]+\)\.\n", out(done))
    assert b"llm-gateway upstream test main" in done.stderr
    shown = read_json(home, "upstream", "show", "main")
    assert shown["provider"] == "anthropic" and shown["type"] == "api-key"
    assert shown["priority"] == 2 and shown["models"] == ["claude-*", "opus"]
    assert shown["limits"]["rpm"] == 50 and shown["headers"]["X-Team"]
    text = out(home.cli("upstream", "show", "main"))
    assert re.search(r"^priority 2", text, re.M) or "priority 2" in text
    assert read_json(home, "upstream", "show", shown["id"][:14])["name"] == "main"


def test_the_key_of_an_upstream_is_in_no_file(home):
    out(add_main(home))
    for path in home.root.rglob("*"):
        if path.is_file():
            assert b"sk-ant-secret-of-main" not in path.read_bytes(), path


def test_a_key_as_an_argument_works_and_warns(home):
    done = home.cli("upstream", "add", "--provider=openai", "--name=o", "--key=sk-visible-123456")
    assert "Added upstream o" in out(done)
    assert b"--key=-" in done.stderr and b"sk-visible" not in done.stderr


def test_a_key_from_a_variable_is_named_not_kept(home):
    out(home.cli("upstream", "add", "--provider=openai", "--name=o", "--key-env=MY_KEY"))
    assert read_json(home, "upstream", "show", "o")["key_env"] == "MY_KEY"
    assert not (home.home / "credentials.enc").exists()


def test_an_upstream_without_a_key_is_refused(home):
    failed(home.cli("upstream", "add", "--provider=anthropic", "--name=x"), 2, "--key=-",
           "--type=none")


def test_a_subscription_wants_consent(home):
    words = ["upstream", "add", "--provider=anthropic", "--name=max", "--type=oauth"]
    done = home.cli(*words)
    assert done.returncode == 2 and b"terms" in done.stderr and b"--yes" in done.stderr
    done = home.cli(*words, "--yes")
    assert "Added upstream max" in out(done)
    assert b"terms" in done.stderr and b"oauth start max" in done.stderr


def test_upstream_list(home):
    out(add_main(home))
    out(home.cli("upstream", "add", "--provider=openai-compatible", "--name=local",
                 "--type=none", "--base-url=http://127.0.0.1:9/v1"))
    assert [u["name"] for u in read_json(home, "upstream", "list")] == ["main", "local"]
    lines = out(home.cli("upstream", "list")).splitlines()
    assert lines[0].split()[:2] == ["NAME", "PROVIDER"]
    assert lines[1].startswith("main") and lines[2].startswith("local")


def test_upstream_edit_changes_what_is_named(home):
    out(add_main(home, "--rpm=50", "--header=X-Team: red"))
    out(home.cli("upstream", "edit", "main", "--priority=7", "--tpm=1000", "--header=X-Team:"))
    shown = read_json(home, "upstream", "show", "main")
    assert shown["priority"] == 7 and shown["headers"] == {}
    assert shown["limits"]["rpm"] == 50 and shown["limits"]["tpm"] == 1000
    failed(home.cli("upstream", "edit", "main"), 2, "nothing to change")


def test_an_edit_keeps_every_other_byte(home):
    text = ("# mine\ncredentials: {store: file}\n\nupstream_accounts:\n"
            "  - name:   main      # the one\n    provider: demo\n    type: none\n"
            "    priority: 1   # first\n")
    home.config_path.write_text(text)
    out(home.cli("upstream", "edit", "main", "--priority=5"))
    assert home.config_path.read_text() == text.replace("priority: 1 ", "priority: 5 ")


def test_upstream_disable_enable_remove(home):
    out(add_main(home))
    assert out(home.cli("upstream", "disable", "main")) == "Disabled upstream main.\n"
    assert read_json(home, "upstream", "show", "main")["status"] == "disabled"
    out(home.cli("upstream", "enable", "main"))
    assert read_json(home, "upstream", "show", "main")["status"] == "active"
    out(home.cli("upstream", "remove", "main"))
    assert read_json(home, "upstream", "list") == []


def test_an_unknown_upstream(home):
    out(add_main(home))
    failed(home.cli("upstream", "show", "mian"), 4, 'did you mean "main"?')
    done = home.cli("upstream", "show", "mian", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"]["code"] == "not_found"


def test_a_name_that_is_taken(home):
    out(add_main(home))
    failed(add_main(home), 5, "main")


def test_a_store_that_cannot_be_opened(home):
    home.extra_env["LLM_GATEWAY_PASSPHRASE_FILE"] = "/nonexistent"
    failed(add_main(home), 6)


# --- apikey ---

def test_apikey_add_prints_the_key_alone_on_stdout(home):
    done = home.cli("apikey", "add", "--name=laptop", "--permissions=read", "--rpm=60",
                    "--budget-day=5.5", "--expires=2030-01-02")
    key = out(done).strip()
    assert re.fullmatch(r"lgw_[A-Za-z0-9_-]{43}", key)
    assert key.encode() not in done.stderr and b"laptop" in done.stderr
    shown = read_json(home, "apikey", "show", "laptop")
    assert shown["permissions"] == ["read"] and shown["limits"]["rpm"] == 60
    assert shown["budget"]["usd_per_day"] == 5.5
    assert shown["expires_at"].startswith("2030-01-02T00:00:00")
    assert key not in home.config_path.read_text()
    assert key not in out(home.cli("apikey", "show", "laptop"))


def test_apikey_add_quietly(home):
    done = home.cli("apikey", "add", "--name=ci", "-q")
    assert re.fullmatch(r"lgw_[A-Za-z0-9_-]{43}\n", out(done)) and done.stderr == b""


def test_apikey_life(home):
    first = out(home.cli("apikey", "add", "--name=laptop", "-q"))
    out(home.cli("apikey", "disable", "laptop"))
    assert read_json(home, "apikey", "show", "laptop")["state"] == "disabled"
    out(home.cli("apikey", "enable", "laptop"))
    assert read_json(home, "apikey", "show", "laptop")["state"] == "active"
    assert out(home.cli("apikey", "rotate", "laptop", "-q")) != first
    names = [k["name"] for k in read_json(home, "apikey", "list")]
    assert "laptop" in names
    out(home.cli("apikey", "remove", "laptop"))
    failed(home.cli("apikey", "show", "laptop"), 4)
    failed(home.cli("apikey", "add", "--name=boss"), 5)


def test_permissions_that_do_not_exist(home):
    failed(home.cli("apikey", "add", "--name=x", "--permissions=fly"), 5)


# --- model ---

def test_model_life(home):
    out(add_main(home))
    out(home.cli("model", "add", "smart", "--route=main:claude-opus-4-6:1",
                 "--route=main:llama3:8b:2:3"))
    shown = read_json(home, "model", "show", "smart")
    assert [(r["model"], r["priority"], r["weight"]) for r in shown["routes"]] == [
        ("claude-opus-4-6", 1, 1), ("llama3:8b", 2, 3)]
    out(home.cli("model", "add", "cheap", "--route=main:claude-haiku"))
    out(home.cli("model", "edit", "smart", "--fallback=cheap"))
    assert read_json(home, "model", "show", "smart")["fallback"] == ["cheap"]
    assert [m["name"] for m in read_json(home, "model", "list")] == ["smart", "cheap"]
    assert "main:claude-opus-4-6" in out(home.cli("model", "list"))
    failed(home.cli("model", "edit", "smart"), 2, "nothing to change")
    out(home.cli("model", "remove", "smart"))
    failed(home.cli("model", "show", "smart"), 4)


def test_a_route_to_nowhere_is_refused(home):
    failed(home.cli("model", "add", "x", "--route=nobody:model"), 5, "nobody")


def test_model_resolve(home):
    out(add_main(home))
    out(home.cli("model", "add", "smart", "--route=main:claude-opus-4-6"))
    answer = read_json(home, "model", "resolve", "smart")
    assert answer["candidates"][0]["upstream"] == "main"
    assert "claude-opus-4-6" in out(home.cli("model", "resolve", "smart"))
    failed(home.cli("model", "resolve", "no-such-model"), 4)


# --- env ---

def test_env(home):
    out(home.cli("env", "set", "--https-proxy=http://me:secret@proxy:3128", "--no-proxy=a,b"))
    assert "secret" not in out(home.cli("env", "list"))
    assert out(home.cli("env", "show", "--name=no_proxy")) == "a,b\n"
    out(home.cli("env", "unset", "--name=no_proxy"))
    assert read_json(home, "env", "list")["no_proxy"] == "localhost,127.0.0.1,::1"
    failed(home.cli("env", "set", "--http-proxy=nonsense://x"), 5)


# --- config ---

def test_config_path_and_show(home):
    assert out(home.cli("config", "path")) == f"{home.config_path}\n"
    assert '"gateway_keys"' in out(home.cli("config", "show"))
    effective = json.loads(out(home.cli("config", "show", "--effective")))
    assert effective["server"]["max_connections"] == 8192


def test_config_show_masks_secrets(home):
    home.config_path.write_text("credentials: {store: file}\nupstream_accounts:\n"
                                "  - {name: m, provider: openai, api_key: sk-plain-secret-1}\n")
    for args in (["show"], ["show", "--effective"], ["get", "upstream_accounts"],
                 ["get", "upstream_accounts[name=m].api_key"]):
        done = home.cli("config", *args)
        assert b"sk-plain-secret-1" not in done.stdout + done.stderr, args


def test_config_check(home):
    assert out(home.cli("config", "check")) == f"{home.config_path}: valid\n"
    bad = home.root / "bad.yaml"
    bad.write_text("server:\n  prot: 1\n")
    failed(home.cli("config", "check", bad), 5, "bad.yaml:2:", "port")
    failed(home.cli("config", "check", home.root / "none.yaml"), 4)


def test_config_get_set_unset(home):
    assert out(home.cli("config", "set", "server.port", "4000")) == "server.port: 4000\n"
    assert out(home.cli("config", "get", "server.port")) == "4000\n"
    out(home.cli("config", "set", "routing.strategy", "priority"))
    out(home.cli("config", "unset", "routing.strategy"))
    assert out(home.cli("config", "get", "routing.strategy")) == "health-first\n"
    failed(home.cli("config", "get", "no.such"), 4)
    before = home.config_path.read_bytes()
    failed(home.cli("config", "set", "server.port", "99999999"), 5)
    failed(home.cli("config", "set", "server.prot", "1"), 5, "port")
    assert home.config_path.read_bytes() == before


def editor(home, script):
    """A program that edits: a shell script with the file in $1."""
    path = home.root / "editor"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    home.extra_env["EDITOR"] = f"{path} --wait"
    home.extra_env.pop("VISUAL", None)


def test_config_edit(home):
    editor(home, 'test "$1" = --wait && sed -i \'s/"port": 0/"port": 4001/\' "$2"')
    assert "Written" in out(home.cli("config", "edit"))
    assert '"port": 4001' in home.config_path.read_text()
    assert list(home.home.glob("*.edit-*")) == []


def test_config_edit_without_a_change(home):
    editor(home, "exit 0")
    assert b"Nothing was changed" in home.cli("config", "edit").stderr


def test_config_edit_of_something_invalid_leaves_the_file(home):
    before = home.config_path.read_bytes()
    editor(home, 'echo "nonsense: 1" >> "$2"; echo "server: [" > "$2"')
    assert home.cli("config", "edit").returncode == 5
    editor(home, "exit 3")
    failed(home.cli("config", "edit"), 1, "editor")
    home.extra_env["EDITOR"] = "/no/such/editor"
    failed(home.cli("config", "edit"), 1, "/no/such/editor", "VISUAL")
    assert home.config_path.read_bytes() == before
    assert list(home.home.glob("*.edit-*")) == []


def test_config_edit_does_not_overwrite_somebody_elses_change(home):
    editor(home, f'echo "tui: {{mouse: true}}" > "$2"; echo "# other" >> {home.config_path}')
    failed(home.cli("config", "edit"), 1, "somebody else")
    assert home.config_path.read_text().endswith("# other\n")


# --- what needs a gateway ---

@pytest.mark.parametrize("words", [
    ["status"], ["health"], ["server", "status"], ["server", "stop"], ["server", "reload"],
    ["tui"], ["logs", "-f"], ["status", "--watch"],
])
def test_not_running(home, words):
    failed(home.cli(*words), 3, "no gateway is running", "server start")


def test_not_running_as_json(home):
    done = home.cli("status", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "not_running"


# --- run ---

def test_run_sets_the_environment_and_becomes_the_command(home):
    out(home.cli("config", "set", "server.port", "4321"))
    home.extra_env["LLM_GATEWAY_KEY"] = "lgw_for-the-child"
    done = home.cli("run", "--", "env")
    env = dict(line.split("=", 1) for line in out(done).splitlines() if "=" in line)
    assert env["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4321"
    assert env["OPENAI_BASE_URL"] == "http://127.0.0.1:4321/v1"
    assert env["GOOGLE_GEMINI_BASE_URL"] == "http://127.0.0.1:4321"
    for name in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"):
        assert env[name] == "lgw_for-the-child"
    assert home.cli("run", "--", "sh", "-c", "exit 41").returncode == 41


def fake(home, name):
    """A program of that name that tells its arguments and its environment."""
    path = home.root / name
    path.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\nenv\n")
    path.chmod(0o755)
    return str(path)


def run(home, program, *args):
    return out(home.cli("run", "--key=-", "--", program, *args, stdin=b"lgw_k\n"))


def test_claude_code_gets_one_credential(home):
    home.extra_env["ANTHROPIC_API_KEY"] = "sk-of-the-user"
    text = run(home, fake(home, "claude"))
    assert "ANTHROPIC_AUTH_TOKEN=lgw_k" in text and "ANTHROPIC_API_KEY" not in text


def test_codex_gets_the_address_in_arguments_and_the_key_elsewhere(home):
    out(home.cli("config", "set", "server.port", "4321"))
    lines = run(home, fake(home, "codex"), "exec", "say hi").splitlines()
    assert lines[0] == "-c" and lines[1] == 'model_provider="llm-gateway"'
    assert 'base_url="http://127.0.0.1:4321/v1"' in lines[3]
    assert lines[4:6] == ["exec", "say hi"]
    assert not any("lgw_k" in line for line in lines[:6])


def test_gemini_cli_without_its_kind_of_sign_in(home):
    program = fake(home, "gemini")
    done = home.cli("run", "--key=-", "--", program, stdin=b"lgw_k\n")
    assert done.returncode == 0 and b"connect gemini-cli" in done.stderr
    out(home.cli("connect", "gemini-cli", "--key=-", stdin=b"lgw_k\n"))
    done = home.cli("run", "--key=-", "--", program, stdin=b"lgw_k\n")
    assert b"connect gemini-cli" not in done.stderr


def test_a_google_key_of_the_user_stays_out_of_it(home):
    home.extra_env["GOOGLE_API_KEY"] = "AIza-of-the-user"
    text = run(home, "env")
    assert "GEMINI_API_KEY=lgw_k" in text and "GOOGLE_API_KEY" not in text


def test_run_without_a_key_or_a_program(home):
    failed(home.cli("run", "--", "env"), 2, "apikey add")
    done = home.cli("run", "--key=-", "--", "no-such-program", stdin=b"lgw_k\n")
    assert done.returncode == 4 and b"no-such-program" in done.stderr
