"""doctor: what it finds in a home, and what it repairs."""
import re
import socket

import pytest

from lab import wire
from lab.gateway import Gateway
from lab.upstream import Upstream


@pytest.fixture
def home():
    gateway = Gateway(start=False)
    yield gateway
    gateway.close()


def lines(done):
    """Verdict and text of each line about a subject."""
    found = {}
    for line in done.stdout.decode().splitlines():
        verdict, subject, text = re.fullmatch(r"(\S+) +(\S+(?: \S+)?)  +(.*)", line).groups()
        found.setdefault(subject, []).append((verdict, text))
    return found


def test_a_healthy_home(home):
    done = home.cli("doctor")
    assert done.returncode == 0, done
    assert not any(v == "problem" for entries in lines(done).values() for v, _ in entries)
    found = lines(done)
    assert found["gateway"][0] == ("ok", "not running")
    assert {"home", "configuration", "credentials", "gateway keys", "clock",
            "TLS roots"} <= set(found)


def test_a_home_that_does_not_exist_yet(home):
    home.config_path.unlink()
    home.home.rmdir()
    home.extra_env["LLM_GATEWAY_CREDENTIALS_STORE"] = "file"
    done = home.cli("doctor")
    assert done.returncode == 0, done
    assert "will be made" in lines(done)["home"][0][1]
    assert not home.home.exists()


def test_permissions(home):
    home.home.chmod(0o755)
    home.config_path.chmod(0o644)
    done = home.cli("doctor")
    assert done.returncode == 1
    assert lines(done)["home"][0][0] == "problem" and "700" in lines(done)["home"][0][1]
    assert lines(done)["configuration"][0][0] == "problem"
    done = home.cli("doctor", "--fix")
    assert done.returncode == 0, done
    assert lines(done)["home"][0][0] == "fixed"
    assert home.home.stat().st_mode & 0o777 == 0o700
    assert home.config_path.stat().st_mode & 0o777 == 0o600


def test_a_configuration_that_is_not_valid(home):
    home.config_path.write_text("server: {prot: 1}\n")
    done = home.cli("doctor")
    assert done.returncode == 1
    assert "config.yaml:1:" in lines(done)["configuration"][1][1]


def test_plain_keys_move_into_the_store(home):
    with Upstream(lambda request: wire.json_answer({"data": []})) as upstream:
        move_plain_keys(home, upstream.url + "/v1")


def move_plain_keys(home, url):
    text = ("credentials: {store: file}\n# the accounts\nupstream_accounts:\n"
            f"  - name: a\n    provider: openai\n    base_url: {url}\n"
            "    api_key: sk-plain-1234567890  # mine\n"
            f"  - name: b\n    provider: openai\n    base_url: {url}\n"
            "    api_key: ${B_KEY:-x}\n")
    home.config_path.write_text(text)
    home.config_path.chmod(0o600)
    done = home.cli("doctor")
    assert done.returncode == 1 and lines(done)["secrets"][0][0] == "problem"
    assert b"sk-plain" not in done.stdout + done.stderr
    done = home.cli("doctor", "--fix")
    assert done.returncode == 0, done
    assert [v for v, _ in lines(done)["secrets"]] == ["fixed"]
    after = home.config_path.read_text()
    assert "sk-plain" not in after and "${B_KEY:-x}" in after and "# the accounts" in after
    assert (home.home / "credentials.enc").exists()
    assert b"sk-plain" not in (home.home / "credentials.enc").read_bytes()
    assert "secrets" not in lines(home.cli("doctor"))


def test_plain_keys_stay_when_the_store_is_locked(home):
    home.config_path.write_text("credentials: {store: file}\nupstream_accounts:\n"
                                "  - {name: a, provider: openai, api_key: sk-plain-1234567890}\n")
    home.extra_env["LLM_GATEWAY_PASSPHRASE_FILE"] = "/nonexistent"
    before = home.config_path.read_text()
    done = home.cli("doctor", "--fix")
    assert done.returncode == 1
    assert lines(done)["secrets"][0][0] == "problem"
    assert home.config_path.read_text() == before


def test_a_port_that_is_taken(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        home.write_config({"server": {"port": taken.getsockname()[1]}})
        done = home.cli("doctor")
    assert done.returncode == 1
    assert lines(done)["port"][0][0] == "problem" and "server.port" in lines(done)["port"][0][1]


def test_no_gateway_keys(home):
    home.config_path.write_text("credentials: {store: file}\n")
    assert lines(home.cli("doctor"))["gateway keys"][0][0] == "warning"
