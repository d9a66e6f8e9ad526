"""Renewal: asked once, never lost, whoever asks and whatever the vendor does."""
import json
import time

import pytest

from lab.keyring import Bus, Keyring

FAILED, SIGN_IN = 1, 7


@pytest.fixture
def signed_in(home):
    home.sign_in()
    return home


def test_not_before_it_is_due(signed_in, vendor):
    signed_in.age(seconds_left=7 * 60)
    signed_in.refresh("due")
    assert vendor.refreshes == 0
    signed_in.age(seconds_left=4 * 60)
    signed_in.refresh("due")
    assert vendor.refreshes == 1
    signed_in.refresh("due")
    assert vendor.refreshes == 1


def test_rotates_and_keeps_who_it_is(signed_in, vendor):
    old = signed_in.age()
    assert "changed upstream_claude" in signed_in.refresh()
    new = signed_in.stored()
    assert new["refresh_token"] != old["refresh_token"]
    assert new["access_token"] != old["access_token"]
    assert new["email"] == "person@example.com"
    assert vendor.calls[-1][1] == {
        "grant_type": "refresh_token", "refresh_token": old["refresh_token"],
        "client_id": "test-client", "scope": "user:profile user:inference"}


def test_missing_refresh_token_keeps_the_old_one(signed_in, vendor):
    vendor.rotates = False
    old = signed_in.age()
    signed_in.refresh()
    assert signed_in.stored()["refresh_token"] == old["refresh_token"]


def test_refused_scope_is_tried_without(signed_in, vendor):
    vendor.refused_scopes = {"user:profile"}
    signed_in.age()
    signed_in.refresh()
    assert [("scope" in body) for path, body in vendor.calls[-2:]] == [True, False]
    assert vendor.refreshes == 1


def test_fifty_callers_make_one_refresh(signed_in, vendor):
    vendor.delay = 0.3
    signed_in.age()
    out = signed_in.refresh("due", threads=50)
    assert out.count("exit 0") == 50
    assert vendor.refreshes == 1 and vendor.replays == 0


def test_two_processes_make_one_refresh(signed_in, vendor):
    vendor.delay = 0.3
    signed_in.age()
    both = [signed_in.popen("refresh", "due", 25) for _ in range(2)]
    for process in both:
        assert signed_in.collect(process).count("exit 0") == 25
    assert vendor.refreshes == 1 and vendor.replays == 0


def test_fifty_callers_share_one_failure(signed_in, vendor):
    vendor.answers = [(503, "{}")] * 60
    vendor.delay = 0.2
    signed_in.age()
    calls = len(vendor.calls)
    signed_in.run("refresh", "due", 50, expect=FAILED)
    assert len(vendor.calls) == calls + 1


# --- a 401 of the upstream ---

def test_refused_token_is_renewed_once(signed_in, vendor):
    old = signed_in.age(seconds_left=3600)
    out = signed_in.refresh(old["access_token"], threads=50)
    assert out.count("exit 0") == 50 and vendor.refreshes == 1
    # a late request that still had the old one
    signed_in.refresh(old["access_token"])
    assert vendor.refreshes == 1


def test_token_that_is_refused_at_once(signed_in, vendor):
    signed_in.refresh(signed_in.stored()["access_token"], expect=FAILED)
    assert vendor.refreshes == 0


# --- broken vendors ---

BROKEN = {
    "nothing at all": (0, None), "empty": (200, ""), "html": (200, "<html>sign in</html>"),
    "array": (200, "[]"), "cut": (200, '{"access_token":"oat-cut'),
    "no token": (200, '{"expires_in":10}'), "number": (200, '{"access_token":7}'),
    "blank": (200, '{"access_token":"a b"}'), "header": (200, '{"access_token":"a\\r\\nx: y"}'),
    "other type": (200, '{"access_token":"oat","token_type":"mac"}'),
    "large token": (200, json.dumps({"access_token": "a" * 20000})),
    "large": (200, json.dumps({"access_token": "oat", "x": "y" * 300000})),
    "redirect": (307, ""), "error": (500, "oops"), "wait": (429, "{}"), "201": (201, "{}"),
    "bad client": (401, '{"error":"invalid_client"}'),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_broken_answer_changes_nothing(signed_in, vendor, answer):
    old = signed_in.age()
    vendor.answers = [answer]
    signed_in.refresh(expect=FAILED)
    assert signed_in.stored() == old
    signed_in.refresh()
    assert vendor.refreshes == 1 and vendor.replays == 0


@pytest.mark.parametrize("body", [
    '{"error":"%s"}', '{"error":"invalid_request","error_description":"bad token %s"}',
    '{"error":{"type":"%s","message":"%s"}}', "%s"])
def test_vendor_that_repeats_what_it_was_sent(signed_in, vendor, body):
    token = signed_in.age()["refresh_token"]
    vendor.answers = [(400, body.replace("%s", token))]
    signed_in.refresh(expect=FAILED)
    assert "problem" not in signed_in.status()       # another process
    # check_clean looks for the token


def test_vendor_out_of_reach(signed_in, vendor):
    old = signed_in.age()
    signed_in.configure(token_url="http://127.0.0.1:1/token")
    text = signed_in.refresh(expect=FAILED)
    assert "127.0.0.1" in text
    assert signed_in.stored() == old


def test_tokens_with_odd_lifetimes(signed_in, vendor):
    for lifetime in (0, 1, 10 ** 30, -5, "soon", None, 1.5):
        signed_in.age()
        vendor.lifetime = lifetime
        signed_in.refresh("asked")
        signed_in.refresh("due") if lifetime not in (0, 1) else None
    assert vendor.replays == 0


def test_large_tokens(signed_in, vendor):
    vendor.token_bytes = 6000
    signed_in.age()
    signed_in.refresh()
    assert len(signed_in.stored()["access_token"]) > 7000


# --- the end of a sign-in ---

def test_invalid_grant_throws_nothing_away(signed_in, vendor):
    old = signed_in.age(seconds_left=3600)
    vendor.live.clear()
    text = signed_in.refresh("asked", expect=SIGN_IN)
    assert "oauth start claude" in text
    new = signed_in.stored()
    assert new["needs_sign_in"] is True
    assert new["refresh_token"] == old["refresh_token"]
    assert new["access_token"] == old["access_token"]
    status = signed_in.status()
    assert status["state"] == "needs_sign_in" and status["can_refresh"] is False
    # nobody but a person asks again
    calls = len(vendor.calls)
    signed_in.refresh(old["access_token"], expect=SIGN_IN)
    assert len(vendor.calls) == calls
    signed_in.sign_in()
    assert signed_in.status()["state"] == "signed_in"


def test_invalid_grant_after_somebody_else_was_quicker(signed_in, vendor):
    """Another program that knows no lock renewed meanwhile: its tokens are
    found, and nothing is declared lost."""
    old = signed_in.age()
    vendor.answers = [(400, '{"error":"invalid_grant"}')]
    vendor.delay = 1.5
    process = signed_in.popen("refresh", "due", 1)
    while vendor.answers:
        time.sleep(0.02)
    newer = dict(old, access_token="oat-newer", refresh_token="ort-newer")
    signed_in.run("put", input=json.dumps(newer))
    assert "exit 0" in signed_in.collect(process)
    assert signed_in.stored() == newer


def test_tokens_replaced_while_the_vendor_was_asked(signed_in, vendor):
    """Compare and set: a sign-in that no lock kept out is not overwritten."""
    old = signed_in.age()
    vendor.delay = 1.5
    process = signed_in.popen("refresh", "due", 1)
    while not vendor.refreshes:
        time.sleep(0.02)
    newer = dict(old, access_token="oat-newer", refresh_token="ort-newer")
    signed_in.run("put", input=json.dumps(newer))
    assert "exit 0" in signed_in.collect(process)
    assert signed_in.stored() == newer


def test_not_signed_in(home):
    assert "oauth start claude" in home.refresh("due", expect=SIGN_IN)


def test_without_refresh_token(signed_in):
    signed_in.age(refresh_token="")
    signed_in.refresh(expect=SIGN_IN)
    assert signed_in.status()["can_refresh"] is False


def test_unreadable_tokens(home):
    home.run("put", input="rubbish")
    home.refresh(expect=SIGN_IN)
    assert home.status()["state"] == "signed_out"
    home.sign_in()
    assert home.status()["state"] == "signed_in"


# --- killed at any moment ---

@pytest.mark.parametrize("delay", [0, 0.02])
def test_killed_at_any_moment(signed_in, vendor, delay):
    """Whatever moment it is: the newest refresh token that arrived is stored.
    Only the answer on the wire can be lost, which a forgiving vendor repeats."""
    vendor.forgiving = True
    vendor.delay = delay
    for i in range(15):
        process = signed_in.popen("refresh", "asked", 1)
        time.sleep(i * 0.005)
        process.kill()
        signed_in.collect(process)
        signed_in.refresh("asked")
        assert signed_in.status()["state"] == "signed_in"
        assert signed_in.stored()["refresh_token"] in vendor.live
    assert vendor.replays == 0


def test_killed_after_the_store_was_written(signed_in, vendor):
    """A strict vendor: once `changed` is out, the new token is safe."""
    for _ in range(10):
        process = signed_in.popen("refresh", "asked", 1)
        assert process.stdout.readline() == "changed upstream_claude\n"
        process.kill()
        signed_in.collect(process)
        assert signed_in.stored()["refresh_token"] in vendor.live
    assert vendor.replays == 0 and vendor.refreshes == 10


def test_store_that_will_not_take_the_answer(signed_in, vendor):
    """The new tokens are kept in memory and stored at the next occasion."""
    old = signed_in.age()
    sealed = signed_in.path / "credentials.enc"
    good = sealed.read_bytes()
    vendor.delay = 0.7
    process = signed_in.popen("renewer")
    while not vendor.refreshes:
        time.sleep(0.02)
    sealed.write_bytes(b"damaged")
    log = process.stderr.readline()
    while "could not be stored" not in log:
        assert log
        log = process.stderr.readline()
    sealed.write_bytes(good)
    assert signed_in.stored() == old
    assert process.stdout.readline() == "changed upstream_claude\n"
    signed_in.collect(process)
    assert signed_in.stored()["refresh_token"] in vendor.live
    assert vendor.refreshes == 1 and vendor.replays == 0


def test_store_that_takes_the_answer_only_at_the_end(signed_in, vendor):
    signed_in.age()
    sealed = signed_in.path / "credentials.enc"
    good = sealed.read_bytes()
    vendor.delay = 0.7
    process = signed_in.popen("renewer")
    while not vendor.refreshes:
        time.sleep(0.02)
    sealed.write_bytes(b"damaged")
    while "could not be stored" not in process.stderr.readline():
        assert process.poll() is None
    sealed.write_bytes(good)
    signed_in.collect(process)
    assert signed_in.stored()["refresh_token"] in vendor.live
    assert vendor.refreshes == 1


def test_unreadable_tokens_while_the_vendor_was_asked(signed_in, vendor):
    signed_in.age()
    vendor.delay = 1
    process = signed_in.popen("refresh", "due", 1)
    while not vendor.refreshes:
        time.sleep(0.02)
    signed_in.run("put", input="rubbish")
    assert "exit 0" in signed_in.collect(process)
    assert signed_in.stored()["refresh_token"] in vendor.live


def test_killed_at_any_moment_with_a_keyring(signed_in, vendor, tmp_path):
    """Tokens too large for a keyring item: two places have to agree."""
    directory = tmp_path / "session"
    directory.mkdir(mode=0o700)
    vendor.forgiving = True
    vendor.token_bytes = 2000
    with Bus(directory) as bus, Keyring(bus):
        signed_in.env = bus.env()
        signed_in.configure(store="keyring")
        signed_in.sign_in()
        for i in range(12):
            process = signed_in.popen("refresh", "asked", 1)
            time.sleep(0.02 + i * 0.008)
            process.kill()
            signed_in.collect(process)
            signed_in.refresh("asked")
            assert signed_in.stored()["refresh_token"] in vendor.live
        assert len(signed_in.stored()["access_token"]) > 2500
    assert vendor.replays == 0


# --- the thread that does it in a gateway ---

def test_renewer_renews_in_time(signed_in, vendor):
    signed_in.age()
    process = signed_in.popen("renewer")
    assert process.stdout.readline() == "changed upstream_claude\n"
    signed_in.collect(process)
    assert vendor.refreshes == 1
    assert signed_in.status()["expires_in_seconds"] > 3600


def test_renewer_answers_refused_tokens(signed_in, vendor):
    old = signed_in.age(seconds_left=3600)
    vendor.delay = 0.3
    process = signed_in.popen("renewer")
    out = signed_in.collect(process, input=(old["access_token"] + "\n") * 30)
    # the end of its input stops it: none is left without an answer
    assert out.count("renewed upstream_claude") == 30
    assert vendor.refreshes <= 1 and vendor.replays == 0


def test_renewer_leaves_healthy_tokens_alone(signed_in, vendor):
    process = signed_in.popen("renewer")
    time.sleep(0.5)
    assert signed_in.collect(process) == ""
    assert vendor.refreshes == 0


def test_renewer_without_sign_in(home, vendor):
    process = home.popen("renewer")
    time.sleep(0.3)
    assert home.collect(process) == ""
    assert vendor.calls == []
