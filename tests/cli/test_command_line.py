"""What the program makes of a command line, without any gateway: help on every
level, what is refused and how."""
import json
import os
import re
import shlex
import subprocess

import pytest

from lab.gateway import BINARY

TABLE = json.loads(subprocess.run([BINARY, "completion", "--dump"], check=True,
                                  capture_output=True).stdout)
COMMANDS = [c["name"] for c in TABLE["commands"]]


def run(*args, home="/nonexistent/home", **kwargs):
    env = {"PATH": os.environ["PATH"], "LLM_GATEWAY_HOME": str(home), "LC_ALL": "C.UTF-8"}
    return subprocess.run([BINARY, *args], env=env, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=30, **kwargs)


def refused(done, *words):
    """Exit 2 and one line on stderr that has the words."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.startswith("llm-gateway: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_version():
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"llm-gateway \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("way", ["--help", "-h", "help"])
def test_help_on_every_level(name, way):
    words = [] if name == "llm-gateway" else name.split()
    done = run(*(["help", *words] if way == "help" else [*words, way]))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: llm-gateway")
    entry = next(c for c in TABLE["commands"] if c["name"] == name)
    for flag in entry["flags"]:
        assert "--" + flag["name"] in done.stdout
    assert max(map(len, done.stdout.splitlines()[1:])) <= 160


@pytest.mark.parametrize("name", [c["name"] for c in TABLE["commands"] if not c["runs"]])
def test_a_verb_without_its_command_explains_itself(name):
    done = run(*name.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: llm-gateway " + name)


def test_alone_without_a_terminal():
    refused(run(), "status --watch", "server start")


@pytest.mark.parametrize("words, answer", [
    (["upsteam"], 'did you mean "upstream"?'),
    (["upstream", "lst"], 'did you mean "list"?'),
    (["upstream", "list", "--jsn"], "did you mean --json?"),
    (["--hmoe=/x", "status"], "did you mean --home?"),
    (["usage", "--by=modle"], 'did you mean "model"?'),
    (["connect", "claude-cod"], 'did you mean "claude-code"?'),
    (["frobnicate"], "llm-gateway --help"),
    (["apikey", "add"], "--name=N is missing"),
    (["apikey", "show"], "K is missing"),
    (["apikey", "show", "a", "b"], "one word too many"),
    (["apikey", "add", "--name"], "--name needs a value"),
    (["apikey", "add", "--name=x", "--rpm=many"], "a whole number"),
    (["apikey", "add", "--name=x", "--expires=someday"], "2027-01-31"),
    (["cooldown", "set", "u", "--for=soon"], "duration"),
    (["cooldown", "clear"], "an upstream or --all"),
    (["cooldown", "clear", "u", "--all"], "an upstream or --all"),
    (["model", "add", "m", "--route=nowhere"], "UPSTREAM:MODEL"),
    (["server", "start", "--port=70000"], "0 to 65535"),
    (["server", "start", "--demo", "--detach"], "background"),
    (["status", "--demo"], "server start"),
    (["status", "--json=yes"], "takes no value"),
    (["completion", "tcsh"], "bash|zsh|fish"),
    (["completion"], "bash, zsh, fish"),
    (["run", "--key=lgw_x"], "COMMAND is missing"),
    (["env", "set"], "--http-proxy"),
])
def test_what_is_refused(words, answer, tmp_path):
    refused(run(*words, home=tmp_path / "home"), answer)
    assert not (tmp_path / "home").exists()


def test_colours_only_on_a_terminal():
    assert "\033" not in run("--help").stdout


def test_output_that_cannot_be_written_is_a_failure():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, "completion", "bash"], stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "cannot write the output" in done.stderr


def example_lines():
    for entry in TABLE["commands"]:
        for line in (entry["examples"] or "").splitlines():
            if not line.startswith("#"):
                yield line


@pytest.mark.parametrize("line", example_lines())
def test_an_example_of_help_parses(line):
    command = re.search(r"llm-gateway( [^|)]*)", line).group(1)
    done = run("--help", *shlex.split(command.split("||")[0]))
    assert (done.returncode, done.stderr) == (0, "")
