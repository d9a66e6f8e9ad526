"""The READMEs do what they say: every command in them is executed, in order,
in one shell on a home of its own."""
import os
import pathlib
import re
import socket
import subprocess

import pytest

from lab.gateway import BINARY, SANITIZER, TOP

PAGES = ["README.md", "README.zh-CN.md"]
CLIENTS = TOP / "tests/clients"


def blocks(name, kind):
    text = (TOP / name).read_text()
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Shell:
    """Runs scripts one after the other; variables stay."""

    def __init__(self, root, port):
        self.root, self.port = root, str(port)
        (root / "bin").mkdir()
        (root / "bin/llm-gateway").symlink_to(BINARY)
        (root / "passphrase").write_text("correct horse\n")
        (root / "passphrase").chmod(0o600)
        (root / "litellm.yaml").write_text(
            (TOP / "tests/samples/import/litellm.yaml").read_text())
        keep = {k: v for k, v in os.environ.items()
                if not k.startswith(("LLM_GATEWAY_", "ANTHROPIC_", "OPENAI_"))
                and not k.lower().endswith("_proxy")}
        self.env = {**keep, "HOME": str(root), "PATH": f"{root}/bin:{os.environ['PATH']}",
                    "LLM_GATEWAY_SERVER_PORT": self.port, "OPENAI_API_KEY": "sk-example-0000000",
                    "LLM_GATEWAY_CREDENTIALS_STORE": "file",
                    "LLM_GATEWAY_PASSPHRASE_FILE": str(root / "passphrase")}

    def run(self, script, stdin="sk-ant-example-0000000000000\n"):
        """(what it printed, on both); fails where a command of it fails."""
        script = script.replace("3847", self.port)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c",
             f"set -a; [ ! -e vars ] || . ./vars; set +a\n{script}\n"
             "declare -p LLM_GATEWAY_KEY > vars 2>/dev/null || true"],
            cwd=self.root, env=self.env, input=stdin, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        assert not SANITIZER.search(done.stderr.encode()), done.stderr
        return done.stdout, done.stderr

    def key(self):
        return re.search(r'"(.*)"', (self.root / "vars").read_text())[1]


@pytest.fixture
def shell(tmp_path):
    made = Shell(tmp_path, free_port())
    yield made
    subprocess.run([BINARY, "server", "stop"], env=made.env, capture_output=True, timeout=60)


def run_js(shell, script):
    """With the SDKs that the client tests install."""
    module = CLIENTS / f".readme-{os.getpid()}.mjs"
    module.write_text(script.replace("3847", shell.port))
    try:
        done = subprocess.run([CLIENTS / "node_modules/.bin/node", module], capture_output=True,
                              env={**shell.env, "LLM_GATEWAY_KEY": shell.key()}, text=True,
                              timeout=120)
    finally:
        module.unlink()
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_every_command_works(shell, name):
    scripts = blocks(name, "sh")
    assert len(scripts) >= 5
    seen = {}
    for script in scripts:
        if "server stop" in script:
            for example in blocks(name, "js"):
                assert len(run_js(shell, example)) > 20
        seen[script] = shell.run(script)
        if "curl" in script:
            out = seen[script][0]
            assert out.count("data: ") > 3 and out.rstrip().endswith("data: [DONE]")
    said = "".join(out for out, _ in seen.values())
    assert "Running on 127.0.0.1:" + shell.port in said
    assert "upstream groq" in "".join(err for _, err in seen.values())
    assert "ANTHROPIC_BASE_URL" in said and "smart" in said and "Stopped." in said
    # the commands ran, and left nothing running
    assert subprocess.run([BINARY, "health"], env=shell.env, capture_output=True).returncode == 3


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_exists(name):
    lines = [line.split("#")[0].split() for block in blocks(name, "sh make")
             for line in block.splitlines()]
    assert len(lines) >= 10
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    for words in lines:
        assert words[0] == "make"
        done = subprocess.run([*words, "--dry-run"], cwd=TOP, env={**env, "CI": "true"},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, (words, done.stderr)


def test_both_languages_show_the_same_commands():
    def commands(name):
        found = re.findall(r"^```(.*?)^```$", (TOP / name).read_text(), re.M | re.S)
        return [re.sub(r" *# .*", "", block) for block in found]
    assert commands("README.md") == commands("README.zh-CN.md")


@pytest.mark.parametrize("name", PAGES)
def test_links_and_pictures_are_there(name):
    for target in re.findall(r"\]\(([^)]+)\)", (TOP / name).read_text()):
        if not target.startswith("https://"):
            assert (TOP / target).exists(), target
    picture = (TOP / "packaging/dashboard.svg").read_text()
    assert picture.startswith("<svg ") and "DEMO" in picture


@pytest.mark.parametrize("name", PAGES)
def test_the_tour_names_every_room(name):
    text = (TOP / name).read_text()
    rooms = {p.relative_to(TOP).as_posix() for p in (TOP / "src").iterdir() if p.is_dir()}
    assert {f"`{room}/`" for room in rooms} <= set(re.findall(r"^\| (`src/\w+/`)", text, re.M))


@pytest.mark.parametrize("name", PAGES)
def test_manual_pages_that_are_named_exist(name):
    pages = set(re.findall(r"`?(llm-gateway[\w.-]*)\((\d)\)", (TOP / name).read_text()))
    assert pages
    for page, section in pages:
        assert pathlib.Path(TOP / f"man/{page}.{section}").exists()
