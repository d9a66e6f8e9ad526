"""What a command can do the dashboard can do, and each action names a command
that there is."""
import json
import re
import subprocess

import pytest

from lab.gateway import BINARY
from lab.script import SCREENS as HERE
from lab.script import run

TABLE = json.loads(subprocess.run([BINARY, "completion", "--dump"], check=True,
                                  capture_output=True).stdout)
NAMES = [c["name"].removeprefix("llm-gateway").strip() for c in TABLE["commands"]]
COMMANDS = sorted(n for n in NAMES if n and not any(o.startswith(n + " ") for o in NAMES))
FLAGS = {c["name"].removeprefix("llm-gateway").strip(): {f["name"] for f in c["flags"]}
         for c in TABLE["commands"]}
SOURCE = (HERE.parents[1] / "tui/actions.c").read_text()

# These talk with a person, so they get the terminal.
ON_THE_TERMINAL = {"run", "oauth start", "config edit", "tui", "server start"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_behind_the_colon(command):
    text = run(f"snapshot busy.json\nkey :\ntype {command} x\nkey Enter\njobs\nwishes")
    if command in ON_THE_TERMINAL:
        assert f"run={command} x" in text
    else:
        assert f"RUN {command} x  = llm-gateway {command} x" in text


def twins():
    return sorted(set(re.findall(r'\.twin = "([^"]+)"', SOURCE)))


@pytest.mark.parametrize("twin", twins())
def test_the_twin_of_an_action_exists(twin):
    words = [w for w in twin.split() if not w.startswith("-")]
    options = [w[2:] for w in twin.split() if w.startswith("--")]
    name = max((n for n in NAMES if " ".join(words) == n or " ".join(words).startswith(n + " ")),
               key=len, default=None)
    assert name, twin
    assert set(options) <= FLAGS[name] | {"json"}


def test_every_message_names_a_command_that_there_is():
    """All texts of the dashboard: "… = llm-gateway upstream edit …"."""
    for path in sorted((HERE.parents[1] / "tui").glob("*.c")):
        for words in re.findall(r"= llm-gateway ([a-z]+(?: [a-z]+)?)", path.read_text()):
            assert words in NAMES or words.split()[0] in NAMES, (path.name, words)


def test_every_change_has_an_action():
    """Not only by typing: what commands change has a key, or a line of its own."""
    by_typing = {"apikey edit", "cooldown set", "env set", "env unset", "config set",
                 "config unset", "config import", "connect", "completion", "doctor", "run",
                 "oauth logout", "oauth refresh", "server stop", "server start"}
    changing = {c for c in COMMANDS if c.split()[-1] in
                ("add", "edit", "remove", "enable", "disable", "rotate", "clear", "set", "unset",
                 "cancel", "undo", "reload", "stop", "start", "import", "refresh", "logout")}
    have = {" ".join(w for w in t.split() if not w.startswith("-")) for t in twins()}
    have |= {"upstream enable", "apikey enable"}    # d goes both ways
    assert changing - have <= by_typing
