"""The dashboard on a real terminal: tmux draws, keys go in, the terminal is
afterwards as it was. Waits poll; nothing depends on how fast anything is."""
import os
import re
import signal
import subprocess

import pytest

from lab.terminal import BIN


def quit_to_shell(t, *keys):
    t.type(*keys)
    t.wait(r"^exit=0")
    assert t.flags() == "00"


def test_every_screen_and_back(terminal, running):
    t = terminal()
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    for key, words in [("2", "models|Models"), ("3", "no requests"), ("4", "gateway keys"),
                       ("5", "aliases"), ("6", "listening on"), ("7", "server.host"),
                       ("1", "Requests/s")]:
        t.type(key)
        t.wait(words)
    assert t.flags() == "10"
    quit_to_shell(t, "q")
    t.run("echo still here")
    t.wait("^still here")


def test_own_gateway_stops_with_the_dashboard(terminal, home):
    t = terminal()
    t.run(BIN)
    t.wait(r"demo-one .*\+ ready")
    t.type("q")
    t.wait("s stop")
    t.type("Escape")
    t.wait("Enter open")
    t.type("q")
    t.wait("s stop")
    quit_to_shell(t, "s")
    assert subprocess.run([BIN, "--home", home, "health"], capture_output=True).returncode == 3


def test_own_gateway_goes_on_in_the_background(terminal, home):
    t = terminal()
    t.run(BIN)
    t.wait(r"demo-one .*\+ ready")
    t.type("q")
    t.wait("k keep")
    quit_to_shell(t, "k")
    t.wait("goes on in the background")
    health = subprocess.run([BIN, "--home", home, "health"], capture_output=True)
    subprocess.run([BIN, "--home", home, "server", "stop"], capture_output=True, check=True)
    assert health.returncode == 0


def test_demo_says_so(terminal):
    t = terminal()
    t.run(f"{BIN} --demo")
    t.wait("DEMO")
    quit_to_shell(t, "q")


def test_disabling_is_in_force_at_once(terminal, running):
    t = terminal()
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    t.type("2", "d")
    t.wait("= llm-gateway upstream disable demo-one")
    t.wait(r"demo-one .*- disabled")
    assert "disabled" in (running / "config.yaml").read_text()
    quit_to_shell(t, "Q")


def test_resizing_at_any_moment(terminal, running):
    t = terminal()
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    for width, height in [(160, 45), (40, 10), (20, 5), (200, 60), (7, 3), (100, 30)]:
        t.tmux("resize-window", "-x", str(width), "-y", str(height))
    t.tmux("resize-window", "-x", "160", "-y", "45")
    t.wait("just finished")
    t.tmux("resize-window", "-x", "30", "-y", "8")
    t.wait("needs 40x10")
    t.tmux("resize-window", "-x", "80", "-y", "24")
    t.wait("1 Overview. 2 Upstreams")
    quit_to_shell(t, "q")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_end_it_politely(terminal, running, number):
    t = terminal()
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    os.kill(t.pid(), number)
    t.wait("^exit=")
    assert t.flags() == "00"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crash_gives_the_terminal_back(terminal, running, number):
    t = terminal()
    t.run(f"stty -a | tee {t.home}/before")
    t.wait("^exit=0")
    t.run(f"clear; {BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    t.type("m")
    t.wait("mouse on")
    assert t.flags() == "11"
    os.kill(t.pid(), number)
    t.wait(f"died of signal {number:02d}")
    t.wait(f"^exit={128 + number}")
    assert t.flags() == "00"
    t.run(f"clear; stty -a | diff - {t.home}/before && echo same modes")
    t.wait("^same modes")


def test_a_gateway_that_goes_and_comes_back(terminal, home):
    t = terminal()

    def start():
        subprocess.run([BIN, "--home", home, "server", "start", "--detach"], check=True,
                       capture_output=True)

    def stop():
        subprocess.run([BIN, "--home", home, "server", "stop"], check=True, capture_output=True)

    start()
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    stop()
    t.wait("OFFLINE")
    t.wait("demo-one")
    t.type("2", "d")
    t.wait("offline: nothing was done")
    start()
    t.wait("LIVE")
    stop()
    quit_to_shell(t, "Q")


def test_editing_the_file_and_back(terminal, running):
    t = terminal(EDITOR="sed -i s/demo-one/demo-two/")
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    t.type("7")
    t.wait("server.host")
    t.type("e")
    t.wait("= llm-gateway config edit")
    t.type("1")
    t.wait(r"demo-two .*\+ ready")
    quit_to_shell(t, "q")


def test_suspending(terminal, running):
    t = terminal()
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    t.type("C-z")
    t.wait("Stopped")
    assert t.flags() == "00"
    t.run("fg")
    t.wait(r"demo-one .*\+ ready")
    t.type("2")
    t.wait("a add")
    t.type("Q")
    t.wait("^exit=0")


@pytest.mark.parametrize("term", ["screen", "xterm", "linux", "vt100", "no-such-terminal"])
def test_kinds_of_terminals(terminal, running, term):
    t = terminal(TERM=term)
    t.run(f"TERM={term} {BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    quit_to_shell(t, "q")


def test_a_dumb_terminal_is_told_what_works(terminal, running):
    t = terminal()
    t.run(f"TERM=dumb {BIN} tui")
    t.wait("the dashboard needs a terminal")
    t.wait("^exit=2")


def test_no_unicode_without_utf8(terminal, running):
    t = terminal(width=160, height=45, LC_ALL="C")
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    assert t.wait(r"^\+- Upstreams").isascii()
    quit_to_shell(t, "q")


def test_colour_and_none(terminal, running):
    t = terminal()
    t.run(f"{BIN} tui")
    assert "\033[32m" in t.wait(r"\+ ready", "-e")
    quit_to_shell(t, "q")
    t.run(f"clear; NO_COLOR=1 {BIN} tui")
    assert not re.search(r"\033\[[0-9;]*3[0-7]m", t.wait(r"\+ ready", "-e"))
    quit_to_shell(t, "q")


def test_pasted_text_runs_no_commands(terminal, running):
    t = terminal()
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    t.tmux("set-buffer", "-b", "text", "qQ2:quit\n" * 200)
    t.tmux("paste-buffer", "-p", "-b", "text")
    t.type("5")
    t.wait(r"\[5 Models\]")
    quit_to_shell(t, "Q")


@pytest.mark.parametrize("theme", ["light", "blue-orange", "high-contrast", "mono"])
def test_themes(terminal, running, theme):
    t = terminal()
    t.run(f"{BIN} tui --theme={theme}")
    assert ("\033[32m" in t.wait(r"\+ ready", "-e")) == (theme == "high-contrast")
    quit_to_shell(t, "q")


def test_demo_by_name_and_in_plain_lines(terminal):
    t = terminal()
    t.run(f"{BIN} --demo tui --plain")
    text = t.wait("Requests/s: ")
    assert "DEMO" in text and "+--" not in text
    t.type(":")
    t.type("upstream list", "Enter")
    t.wait("NAME +")
    t.type("q")
    quit_to_shell(t, "q")


def test_commands_behind_the_colon(terminal, running):
    t = terminal()
    t.run(f"{BIN} tui")
    t.wait(r"demo-one .*\+ ready")
    t.type(":", "cooldown cl", "Tab", "dem", "Tab", "Enter")
    t.wait("Cleared 0 of demo-one")
    t.type(":", "nonsense", "Enter")
    t.wait("nonsense")
    t.type(":", "!upstream list", "Enter")
    t.wait("Enter goes back")
    assert t.flags() == "00"
    t.type("Enter")
    t.wait(r"done = llm-gateway upstream list")
    quit_to_shell(t, "q")


def test_a_crash_names_the_cause(terminal, home):
    """The gateway is in the same process: was it the drawing?"""
    t = terminal()
    t.run(BIN)
    t.wait(r"demo-one .*\+ ready")
    os.kill(t.pid(), signal.SIGSEGV)
    t.wait(r"died of signal 11 in the dashboard, \w+")   # waiting, when it is calm
    t.wait("^exit=139")
    assert t.flags() == "00"
    assert '"msg":"crashed"' in (home / "logs/general.log").read_text()
