"""Signing in: by a pasted code, by the browser's way back, and by neither."""
import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

INVALID, NOT_FOUND, SIGN_IN = 5, 4, 7


def parameters(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


def test_pasted_code(home, vendor):
    assert home.status()["state"] == "signed_out"
    answer = home.start()
    assert answer["listening"] is False
    asked = parameters(answer["paste_url"])
    assert asked["redirect_uri"] == f"{vendor.url}/shown"
    assert asked["scope"] == "user:profile user:inference"
    status = home.status()
    assert status["state"] == "pending" and status["sign_in"]["listening"] is False
    assert status["sign_in"]["expires_at"] == answer["expires_at"]
    # another command, as after a restart
    home.run("finish", input=vendor.shown_code(answer["paste_url"]) + "\n")
    status = home.status()
    assert status["state"] == "signed_in" and status["can_refresh"] is True
    assert status["account"] == "person@example.com" and status["plan"] == "claude_max"
    assert status["scopes"] == ["user:profile", "user:inference"]
    assert 8 * 3600 - 60 < status["expires_in_seconds"] <= 8 * 3600
    assert "problem" not in status
    assert vendor.calls[0][1]["grant_type"] == "authorization_code"


def test_profile_is_not_needed(home, vendor):
    vendor.has_profile = False
    home.sign_in()
    status = home.status()
    assert status["state"] == "signed_in" and status["account"] is None


@pytest.mark.parametrize("text", ["", "justacode", "code#", "#state", "http://localhost:1/callback",
                                  "http://localhost:1/callback?code=a", "x" * 100000])
def test_not_a_code(home, vendor, text):
    home.start()
    home.run("finish", input=text, expect=INVALID)
    assert vendor.calls == []
    assert home.status()["state"] == "pending"


def test_state_of_another_sign_in(home, vendor):
    first = vendor.shown_code(home.start()["paste_url"])
    second = vendor.shown_code(home.start()["paste_url"])
    home.run("finish", input=first, expect=INVALID)
    assert vendor.calls == []
    home.run("finish", input=second)
    assert home.status()["state"] == "signed_in"


def test_code_works_once(home, vendor):
    code = vendor.shown_code(home.start()["paste_url"])
    home.run("finish", input=code)
    home.run("finish", input=code, expect=NOT_FOUND)
    assert home.status()["state"] == "signed_in"


def test_refused_code_can_be_repeated(home, vendor):
    answer = home.start()
    state = parameters(answer["paste_url"])["state"]
    text = home.run("finish", input=f"wrong#{state}", expect=SIGN_IN)
    assert "oauth start claude" in text
    home.run("finish", input=vendor.shown_code(answer["paste_url"]))
    assert home.status()["state"] == "signed_in"


def test_nothing_under_way(home):
    assert "oauth start claude" in home.run("finish", input="a#b", expect=NOT_FOUND)


def test_cancel(home, vendor):
    code = vendor.shown_code(home.start()["paste_url"])
    home.run("cancel")
    home.run("cancel")
    assert home.status()["state"] == "signed_out"
    home.run("finish", input=code, expect=NOT_FOUND)
    assert vendor.calls == []


def test_signing_in_again_keeps_the_old_tokens_meanwhile(home, vendor):
    before = home.sign_in()
    answer = home.start()
    assert home.status()["state"] == "pending"
    assert home.stored() == before
    home.run("finish", input=vendor.shown_code(answer["paste_url"]))
    assert home.stored()["access_token"] != before["access_token"]


def test_own_vendor_is_asked_nowhere_else(home, vendor):
    """An account with its own token_url never sees the default endpoints."""
    settings = vendor.oauth_map()
    del settings["profile_url"], settings["revoke_url"]
    config = json.loads((home.path / "config.yaml").read_text())
    config["upstream_accounts"][0]["oauth"] = settings
    (home.path / "config.yaml").write_text(json.dumps(config))
    home.sign_in()
    assert home.status()["account"] is None
    home.run("logout")
    assert vendor.revoked == []


def test_plain_http_to_elsewhere_is_refused(home, vendor):
    for host in ("192.0.2.1", "127.evil.example", "localhost.evil.example"):
        home.configure(token_url=f"http://{host}/token")
        code = vendor.shown_code(home.start()["paste_url"])
        assert "https only" in home.run("finish", input=code, expect=SIGN_IN)


# --- the browser's way back ---

class Browser:
    """`start listen`, and a browser that goes where the vendor sends it."""

    def __init__(self, home):
        self.home = home
        self.process = home.popen("start", "listen")
        self.answer = json.loads(self.process.stdout.readline())

    def visit(self, url):
        # by address: a bare system may not know the name localhost
        request = urllib.request.Request(url.replace("//localhost:", "//127.0.0.1:"), headers={
            "Host": urllib.parse.urlsplit(url).netloc})
        try:
            with urllib.request.urlopen(request, timeout=60) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def consent(self):
        return self.home.vendor.consent(self.answer["url"])

    def end(self):
        return self.home.collect(self.process)


def test_browser_comes_back(home, vendor):
    browser = Browser(home)
    assert browser.answer["listening"] is True
    redirect = parameters(browser.answer["url"])["redirect_uri"]
    assert urllib.parse.urlsplit(redirect).hostname == "localhost"
    status, page = browser.visit(browser.consent())
    assert status == 200 and "Signed in" in page
    assert "changed upstream_claude" in browser.end()
    assert home.status()["state"] == "signed_in"


def test_listener_is_on_loopback_and_closes(home, vendor):
    browser = Browser(home)
    url = browser.consent()
    port = urllib.parse.urlsplit(url).port
    assert browser.visit(url)[0] == 200
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
        except ConnectionRefusedError:
            break
    else:
        pytest.fail("still listening")
    browser.end()


def test_strangers_at_the_listener(home, vendor):
    browser = Browser(home)
    url = browser.consent()
    base = url.split("?")[0]
    assert browser.visit(base.replace("/callback", "/favicon.ico"))[0] == 404
    status, page = browser.visit(base + "?code=<script>&state=wrong")
    assert status == 400 and "<script>" not in page
    assert "problem" not in home.status()
    assert browser.visit(base + "?error=access_denied")[0] == 200
    assert vendor.calls == []
    assert browser.visit(url)[0] == 200
    browser.end()


def test_silent_and_broken_connections(home, vendor):
    """Browsers open connections ahead of need; others send rubbish."""
    browser = Browser(home)
    url = browser.consent()
    port = urllib.parse.urlsplit(url).port
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    rubbish = socket.create_connection(("127.0.0.1", port))
    try:
        rubbish.sendall(b"\0" * 100000)
    except OSError:
        pass
    slow = socket.create_connection(("127.0.0.1", port))
    target = url.split(str(port), 1)[1]
    request = f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    for i in range(0, len(request), 40):
        slow.sendall(request[i:i + 40])
        time.sleep(0.01)
    assert slow.recv(100).startswith(b"HTTP/1.1 200")
    for each in [*silent, rubbish, slow]:
        each.close()
    browser.end()
    assert home.status()["state"] == "signed_in"


def test_pasted_address(home, vendor):
    """The browser was on another machine: its address bar has the code."""
    browser = Browser(home)
    url = browser.consent()
    home.run("finish", input=url)
    browser.end()
    assert home.status()["state"] == "signed_in"
    assert vendor.calls[0][1]["redirect_uri"] == url.split("?")[0]


def test_pasted_address_of_elsewhere(home, vendor):
    browser = Browser(home)
    url = browser.consent().replace("localhost", "localhost.evil.example")
    home.run("finish", input=url, expect=INVALID)
    browser.end()
    assert vendor.calls == []


def test_listener_ends_with_the_command_but_the_code_still_works(home, vendor):
    browser = Browser(home)
    code = vendor.shown_code(browser.answer["paste_url"])
    browser.end()
    home.run("finish", input=code)
    assert home.status()["state"] == "signed_in"


def test_configured_port(home, vendor):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        home.configure(redirect_port=port)
        assert str(port) in home.run("start", "listen", expect=1)
    browser = Browser(home)
    assert f":{port}/callback" in parameters(browser.answer["url"])["redirect_uri"]
    assert browser.visit(browser.consent())[0] == 200
    browser.end()


def test_slow_exchange_in_the_listener(home, vendor):
    vendor.delay = 1
    browser = Browser(home)
    assert browser.visit(browser.consent())[0] == 200
    browser.end()
    assert home.status()["state"] == "signed_in"


# --- signing out ---

def test_logout_revokes(home, vendor):
    tokens = home.sign_in()
    assert home.run("logout").split() == ["changed", "upstream_claude", "revoked"]
    assert vendor.revoked == [{"token": tokens["refresh_token"],
                               "token_type_hint": "refresh_token", "client_id": "test-client"}]
    assert home.status()["state"] == "signed_out"
    home.run("logout", expect=NOT_FOUND)


def test_logout_without_the_vendor(home, vendor):
    home.sign_in()
    home.configure(revoke_url="http://127.0.0.1:1/revoke")
    assert "not revoked" in home.run("logout")
    assert home.status()["state"] == "signed_out"


def test_secrets_are_nowhere_in_the_home(home, vendor):
    home.sign_in()
    home.start()
    for path in home.path.rglob("*"):
        data = path.read_bytes()
        assert all(secret.encode() not in data for secret in vendor.secrets)
