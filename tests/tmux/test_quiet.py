"""What the dashboard writes to its terminal, counted on a pty."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from lab.terminal import BIN, DEADLINE_S

QUIET_S = 6


class Pty:
    def __init__(self, home, *words):
        self.fd, other = pty.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        env = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8")
        self.child = subprocess.Popen([BIN, "--home", home, *words], stdin=other, stdout=other,
                                      stderr=other, env=env, start_new_session=True)
        os.close(other)

    def read(self, seconds):
        """All bytes of that long."""
        out, end = b"", time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                try:
                    out += os.read(self.fd, 65536)
                except OSError:         # the other side is closed
                    break
        return out

    def read_until(self, words):
        out, end = b"", time.monotonic() + DEADLINE_S
        while words not in out:
            assert time.monotonic() < end, out
            out += self.read(0.05)
        return out

    def settle(self):
        """Until nothing has come for a while."""
        end = time.monotonic() + DEADLINE_S
        while self.read(2.5):
            assert time.monotonic() < end


def test_an_idle_screen_writes_nothing(running):
    t = Pty(running, "tui")
    t.read_until(b"demo-one")
    t.settle()
    assert t.read(QUIET_S) == b""
    os.write(t.fd, b"j")
    assert len(t.read(1)) < 400
    os.write(t.fd, b"Q")
    assert t.child.wait(DEADLINE_S) == 0


def test_a_terminal_that_goes_away_ends_it(running):
    t = Pty(running, "tui")
    t.read_until(b"demo-one")
    os.close(t.fd)
    t.child.wait(DEADLINE_S)


def test_the_terminal_gets_everything_back(running):
    t = Pty(running, "tui")
    t.read_until(b"demo-one")
    before = t.read(0.1)
    t.child.send_signal(signal.SIGTERM)
    t.child.wait(DEADLINE_S)
    after = before + t.read(0.5)
    assert b"\033[?1049l" in after and b"\033[?2004l" in after
