"""The manual pages and the program name the same things: every command, option
and configuration key on either side is on the other."""
import json
import pathlib
import re
import shlex
import subprocess

import pytest

from lab.gateway import BINARY

MAN = pathlib.Path(__file__).resolve().parents[2] / "man"
TABLE = json.loads(subprocess.run([BINARY, "completion", "--dump"], check=True,
                                  capture_output=True).stdout)
COMMANDS = {c["name"]: c for c in TABLE["commands"]}
GLOBAL_FLAGS = {f["name"] for f in TABLE["global_flags"]}
VERBS = [name for name in COMMANDS if name != "llm-gateway" and " " not in name]
PAGES = sorted(p.name for p in MAN.iterdir())


def page(name):
    return (MAN / name).read_text()


def flags_in(source):
    """Long options that the page names: `.Fl Fl name` in any macro line."""
    return set(re.findall(r"\bFl Fl ([a-z][a-z-]*)", source))


def flags_of(verb):
    """Options that the verb and its commands accept, apart from the global ones."""
    return {flag["name"] for name, command in COMMANDS.items()
            if name == verb or name.startswith(verb + " ") for flag in command["flags"]}


def examples_in(source):
    """Command lines of the literal displays, continuation lines joined."""
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", source, re.M | re.S):
        text = block.replace("\\e\n", " ").replace("\\e", "\\")
        for line in text.splitlines():
            if line.strip().startswith("llm-gateway ") and ": " not in line.split("'")[0]:
                yield line.strip()


def test_one_page_for_each_verb_and_no_other():
    expected = {"llm-gateway.1", "llm-gateway.yaml.5", "llm-gateway-api.7"}
    expected |= {f"llm-gateway-{verb}.1" for verb in VERBS}
    assert set(PAGES) == expected


def test_mandoc_finds_nothing():
    done = subprocess.run(["mandoc", "-Tlint", *PAGES], cwd=MAN, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("verb", VERBS)
def test_options_of_a_verb(verb):
    assert flags_in(page(f"llm-gateway-{verb}.1")) - GLOBAL_FLAGS == flags_of(verb)


@pytest.mark.parametrize("verb", VERBS)
def test_letters_of_a_verb(verb):
    letters = {flag["letter"] for name, command in COMMANDS.items()
               if name.split()[0] == verb for flag in command["flags"] if flag["letter"]}
    assert set(re.findall(r"\bFl ([a-z])\b", page(f"llm-gateway-{verb}.1"))) == letters


@pytest.mark.parametrize("verb", VERBS)
def test_commands_of_a_verb(verb):
    subs = {name.split()[1] for name in COMMANDS if name.startswith(verb + " ")}
    source = page(f"llm-gateway-{verb}.1")
    synopsis = set(re.findall(rf"^\.Nm llm-gateway {verb} (\S+)", source, re.M))
    assert synopsis == subs
    if subs:
        described = set(re.findall(r"^\.Ss (\S+)$", source, re.M))
        assert described == subs


def test_options_of_every_command():
    source = page("llm-gateway.1")
    section = source[source.index(".Sh OPTIONS"):source.index(".Sh ENVIRONMENT")]
    items = {name for line in re.findall(r"^\.It (.*)", section, re.M) for name in
             re.findall(r"Fl Fl ([a-z-]+)", line)}
    assert items == GLOBAL_FLAGS


def test_verbs_in_the_main_page():
    source = page("llm-gateway.1")
    section = source[source.index(".Ss Commands"):source.index(".Sh OPTIONS")]
    assert re.findall(r"^\.It Cm (\S+)", section, re.M) == VERBS


@pytest.mark.parametrize("name", [p for p in PAGES if p.endswith(".1")])
def test_sections_of_a_page(name):
    sections = re.findall(r"^\.Sh (.*)", page(name), re.M)
    for wanted in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
        assert wanted in sections


@pytest.mark.parametrize("name", PAGES)
def test_examples_are_command_lines_that_parse(name):
    for line in examples_in(page(name)):
        words = shlex.split(line)[1:]
        words = words[:words.index("|")] if "|" in words else words
        done = subprocess.run([BINARY, "--help", *words], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), line


def test_every_verb_has_an_example():
    for verb in VERBS:
        assert ".Bd -literal" in page(f"llm-gateway-{verb}.1"), verb


# --- configuration ---

def test_configuration_keys():
    named = re.findall(r"^\.It Cm (\S+)", page("llm-gateway.yaml.5").split(".Sh KEYS")[1], re.M)
    known = [key["path"] for key in TABLE["config_keys"] if "section" not in key["type"]]
    assert sorted(named) == sorted(known)


def test_words_and_defaults_of_configuration_keys():
    source = page("llm-gateway.yaml.5").split(".Sh KEYS")[1]
    entries = dict(re.findall(r"^\.It Cm (\S+)\n(.*?)(?=^\.It Cm|^\.El)", source, re.M | re.S))
    for key in TABLE["config_keys"]:
        text = entries.get(key["path"], "")
        for word in key["words"] or []:
            assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text), (key["path"], word)
        if key["default"] and key["type"] not in ("list", "map"):
            assert f".Pq {key['default']}\n" in text, (key["path"], key["default"])


def test_examples_of_the_configuration_are_valid(tmp_path):
    source = page("llm-gateway.yaml.5").split(".Sh EXAMPLES")[1]
    blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", source, re.M | re.S)
    assert blocks
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block)
        done = subprocess.run([BINARY, "config", "check", path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


# --- control interface ---

def test_routes_of_the_control_interface():
    source = page("llm-gateway-api.7").split(".Sh CONTROL INTERFACE")[1]
    text = re.sub(r" N[os] (Ar \S+|Pa )", lambda m: "*" if "Ar" in m[1] else "", source)
    for route in TABLE["routes"]:
        method, path = route.split()
        parts = path.strip("/").split("/")
        noun, action = "/" + "/".join(parts[:2]), parts[3] if len(parts) > 3 else None
        lines = [line for line in text.splitlines() if line.startswith(".It") and noun in line]
        assert any(method in line for line in lines), route
        if action:
            assert any(f"/{action}" in line for line in lines), route
