"""Completion: what the program offers, and bash, zsh and fish with the scripts
that it prints."""
import os
import pty
import re
import select
import shlex
import subprocess
import time

import pytest

from lab.gateway import BINARY, Gateway


@pytest.fixture(scope="module")
def home():
    gateway = Gateway({"upstream_accounts": [
        {"id": "upstream_1", "name": "main", "type": "none", "provider": "demo"},
        {"id": "upstream_2", "name": "mirror", "type": "none", "provider": "demo"}],
        "models": {"smart": {"routes": [{"upstream": "main", "model": "demo"}]}}}, start=False)
    yield gateway
    gateway.close()


def offered(home, *words):
    done = home.cli("completion", "--next", "--", *words, check=True)
    return [line.split("\t")[0] for line in done.stdout.decode().splitlines()]


@pytest.mark.parametrize("words, expected", [
    (["up"], ["upstream"]),
    (["upstream", "e"], ["edit", "enable"]),
    (["upstream", "show", "m"], ["main", "mirror"]),
    (["upstream", "show", "main", ""], []),
    (["apikey", "show", "b"], ["boss"]),
    (["model", "show", ""], ["smart"]),
    (["upstream", "add", "--provider=op"], ["--provider=openai", "--provider=openai-compatible"]),
    (["upstream", "add", "--provider", "op"], ["openai", "openai-compatible"]),
    (["--no-color", "usage", "--by", "d"], ["day"]),
    (["usage", "--b"], ["--by="]),
    (["completion", ""], ["bash", "zsh", "fish"]),
    (["connect", "cl"], ["claude-code", "cline"]),
    (["config", "check", ""], [":files"]),
    (["config", "get", "server.po"], ["server.port"]),
    (["run", "--", ""], [":commands"]),
    (["run", "--", "cat", ""], [":files"]),
    (["nonsense", ""], ["server", "upstream", "apikey", "oauth", "cooldown", "model", "tui",
                        "status", "health", "usage", "request", "logs", "env", "config", "connect", "run",
                        "doctor", "selftest", "bench", "completion"]),
])
def test_what_is_offered(home, words, expected):
    assert offered(home, *words) == expected


def test_a_flag_that_is_there_is_not_offered_again(home):
    assert "--name=" not in offered(home, "apikey", "add", "--name=x", "--")
    assert "--header=" in offered(home, "upstream", "add", "--header=A: b", "--")


def test_the_home_of_the_line_counts(home):
    path = str(home.home)
    home_env = home.extra_env
    home_env["LLM_GATEWAY_HOME"] = "/nonexistent"
    try:
        assert offered(home, "--home", path, "upstream", "show", "mi") == ["mirror"]
        assert offered(home, "upstream", "show", "mi") == []
    finally:
        del home_env["LLM_GATEWAY_HOME"]


def bash_completes(home, line):
    """COMPREPLY of an interactive-like bash for the line, cursor at its end."""
    script = f"""
        eval "$({BINARY} completion bash)"
        complete -p llm-gateway >/dev/null || exit 9
        COMP_LINE={line!r} COMP_POINT=${{#COMP_LINE}}
        # what readline does: words end at blanks and at COMP_WORDBREAKS
        read -ra COMP_WORDS <<< "$(sed 's/=/ = /g' <<< "$COMP_LINE")"
        [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        COMP_WORDS[0]={BINARY}
        _llm_gateway
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], env=home.environment(), text=True,
                          capture_output=True, cwd=home.root, timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("line, expected", [
    ("llm-gateway up", ["upstream"]),
    ("llm-gateway upstream show m", ["main", "mirror"]),
    ("llm-gateway upstream add --provider=op", ["openai", "openai-compatible"]),
    ("llm-gateway upstream add --provider=", ["anthropic", "openai", "google", "azure",
                                              "openai-compatible", "llm-gateway", "demo"]),
    ("llm-gateway usage --b", ["--by="]),
    ("llm-gateway model show ", ["smart"]),
])
def test_bash(home, line, expected):
    assert bash_completes(home, line) == expected


def test_bash_completes_files(home):
    (home.root / "some file.yaml").write_text("")
    assert "some file.yaml" in bash_completes(home, "llm-gateway config check so")


def shell_environment(home):
    path = home.root / "bin"
    path.mkdir(exist_ok=True)
    if not (path / "llm-gateway").exists():
        (path / "llm-gateway").symlink_to(BINARY)
    return {**home.environment(), "PATH": f"{path}:{os.environ['PATH']}", "TERM": "dumb"}


@pytest.mark.parametrize("line, expected", [
    ("llm-gateway up", ["upstream"]),
    ("llm-gateway upstream show m", ["main", "mirror"]),
    ("llm-gateway upstream add --provider=op", ["--provider=openai",
                                                "--provider=openai-compatible"]),
    ("llm-gateway usage --b", ["--by="]),
    ("llm-gateway model show ", ["smart"]),
])
def test_fish(home, line, expected):
    done = subprocess.run(["fish", "-c", "llm-gateway completion fish | source; "
                           f"complete -C {shlex.quote(line)}"], env=shell_environment(home),
                          capture_output=True, text=True, check=True, timeout=60)
    found = [offer.split("\t")[0] for offer in done.stdout.splitlines()]
    assert sorted(found) == sorted(expected)


def zsh_completes(home, line):
    """What the line has become after a press of Tab, in a real terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**shell_environment(home), "PS1": "$ "})
    seen = b""
    try:
        os.write(terminal, b"unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; "
                 b'eval "$(llm-gateway completion zsh)"; echo re""ady\n')
        seen = read_until(terminal, b"ready")
        os.write(terminal, line.encode() + b"\t\x05 ; echo \"[$?]\"\x01echo \n")
        seen = read_until(terminal, b"[0]\r\n")
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return seen.decode()


def read_until(terminal, mark):
    seen = b""
    end = time.monotonic() + 60
    while mark not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 4096)
    assert mark in seen, seen
    return seen


@pytest.mark.parametrize("line, expected", [
    ("llm-gateway upst", "llm-gateway upstream"),
    ("llm-gateway upstream show mi", "llm-gateway upstream show mirror"),
    ("llm-gateway model show ", "llm-gateway model show smart"),
    ("llm-gateway usage --b", "llm-gateway usage --by="),
])
def test_zsh(home, line, expected):
    """The completed line is run with echo in front of it, so that it is printed."""
    assert re.search(rf"^{re.escape(expected)} *\r\n\[0\]", zsh_completes(home, line),
                     re.M), line


def test_scripts_are_valid_for_their_shells():
    for shell, check in (("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])):
        script = subprocess.run([BINARY, "completion", shell], check=True,
                                capture_output=True).stdout
        assert b"--next" in script
        subprocess.run([shell, *check], input=script, check=True,
                       env={"PATH": os.environ["PATH"]})
