"""A machine in trouble: no descriptors, no memory left in the budget, a clock
that jumps, a keyring that dies."""
import os
import pathlib
import struct
import subprocess
import threading
import time

from lab import wire
from lab.families import ANTHROPIC, CHAT
from lab.keyring import Bus, Keyring
from lab.storm import assert_serves, eventually, read_end, succeeds


def cpu_seconds(gateway):
    fields = pathlib.Path(f"/proc/{gateway.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- descriptors ---

def test_no_descriptors_left(upstream, storm):
    """Who is connected is served, the others wait; nobody spins, no upstream
    is blamed, and when the crowd goes all is as before."""
    upstream.reply = wire.json_answer(CHAT.answer())
    gateway = storm({"upstream_accounts": [CHAT.account(upstream)]},
                    wrapper=["prlimit", "--nofile=48:48"])
    crowd = [gateway.connect() for _ in range(100)]
    for client in crowd[:5]:
        client.send(gateway.post(CHAT.path, CHAT.body()))
        assert client.read_answer().status == 200
    used = cpu_seconds(gateway)
    time.sleep(1)
    assert cpu_seconds(gateway) - used < 0.7, "it spins"
    for client in crowd:
        client.close()
    assert eventually(lambda: succeeds(gateway))
    assert gateway.control("GET", "/v1/cooldowns").json() == []


# --- memory ---

def test_the_memory_budget_is_spent(upstream, storm):
    """Some get 503 in their own format, none takes the process along, and what
    was taken is given back."""
    gateway = storm({"upstream_accounts": [ANTHROPIC.account(upstream)],
                     "server": {"memory_budget": "8MB", "max_body": "4MB"}})
    clients = []
    for _ in range(12):
        client = gateway.connect()
        data = gateway.post(ANTHROPIC.path, ANTHROPIC.body(pad="x" * 3_000_000))
        threading.Thread(target=push, args=(client, data), daemon=True).start()
        clients.append(client)
    held = [upstream.take(), upstream.take()]
    assert upstream.is_quiet()
    for request in held:
        request.answer(wire.json_answer(ANTHROPIC.answer()))
    ends = [read_end(client, ANTHROPIC, False) for client in clients]
    assert ends.count(200) == 2 and set(ends) == {200, 503}
    assert_serves(gateway, upstream, ANTHROPIC)


def push(client, data):
    try:
        client.send(data)
    except OSError:
        pass


# --- the clock ---

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long *offset;

__attribute__((constructor)) static void begin(void)
{
	int fd = open(getenv("CLOCK_OFFSET_FILE"), O_RDONLY);
	offset = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int status = (int)syscall(SYS_clock_gettime, id, t);

	if (offset && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
		t->tv_sec += *offset;
	}
	return status;
}

time_t time(time_t *out)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (out) {
		*out = t.tv_sec;
	}
	return t.tv_sec;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	tv->tv_sec = t.tv_sec;
	tv->tv_usec = t.tv_nsec / 1000;
	return 0;
}
"""


class Clock:
    """The wall clock of a program, which jumps when told to; the monotonic one
    goes on as it does."""

    def __init__(self, directory):
        self.file, shim = directory / "offset", directory / "shim.so"
        self.jump(0)
        (directory / "shim.c").write_text(SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, directory / "shim.c"],
                       check=True)
        self.environment = {"LD_PRELOAD": str(shim), "CLOCK_OFFSET_FILE": str(self.file),
                            "ASAN_OPTIONS": "detect_leaks=1:verify_asan_link_order=0"}

    def jump(self, seconds):
        with open(self.file, "r+b" if self.file.exists() else "wb") as f:
            f.write(struct.pack("l", seconds))


def test_the_clock_jumps(upstream, storm, tmp_path):
    """Streams go on, nothing fires early or never, rests end, books are kept."""
    clock = Clock(tmp_path)
    gateway = storm({"upstream_accounts": [CHAT.account(upstream)]}, env=clock.environment)
    with gateway.connect() as client:
        client.send(gateway.post(CHAT.path, CHAT.body(True)))
        request = upstream.take()
        request.send(wire.stream_head() + wire.chunk(CHAT.opening()))
        for jump in (86_400, -86_400 * 400, 86_400 * 4000, 0):
            clock.jump(jump)
            request.send(wire.chunk(CHAT.content("x")))
            assert_serves(gateway, upstream)
            time.sleep(0.3)
        request.answer(wire.chunk(CHAT.closing()) + wire.LAST_CHUNK)
        assert read_end(client, CHAT, True) == 200
    assert gateway.control("GET", "/v1/usage").status == 200
    assert gateway.control("GET", "/v1/requests").status == 200
    # a rest that began before the clock went back ends all the same
    gateway.control("POST", "/v1/cooldowns", {"upstream": "up", "seconds": 1})
    clock.jump(-86_400)
    assert eventually(lambda: not gateway.control("GET", "/v1/cooldowns").json())


# --- the keyring ---

def test_the_keyring_dies(upstream, storm, tmp_path):
    """It takes no request with it, and what it kept is found again."""
    with Bus(tmp_path) as bus:
        keyring = Keyring(bus)
        account = CHAT.account(upstream)
        account.pop("api_key")
        env = {k: v for k, v in bus.env().items() if k in ("DBUS_SESSION_BUS_ADDRESS",
                                                           "XDG_RUNTIME_DIR")}
        # GLib is not built for ThreadSanitizer: what it does looks like races.
        env["TSAN_OPTIONS"] = "halt_on_error=0:ignore_noninstrumented_modules=1"
        gateway = storm({"upstream_accounts": [account], "credentials": {"store": "keyring"}},
                        env=env)
        answer = gateway.control("PATCH", "/v1/upstreams/up", {"api_key": "kept-in-the-ring"})
        assert answer.status == 200, answer.body
        assert_serves(gateway, upstream)
        keyring.freeze()
        assert_serves(gateway, upstream)
        keyring.close()
        gateway.control("POST", "/v1/reload")
        assert_serves(gateway, upstream)
        assert upstream.seen[-1].head.get("authorization") == "Bearer kept-in-the-ring"
        keyring.start()
        gateway.control("POST", "/v1/reload")
        assert_serves(gateway, upstream)
        gateway.stop()
        gateway.start()
        assert_serves(gateway, upstream)
        assert upstream.seen[-1].head.get("authorization") == "Bearer kept-in-the-ring"
        gateway.stop()
        keyring.close()
        gateway.start()         # says what is missing, and runs
        answer = gateway.call(gateway.post(CHAT.path, CHAT.body()))
        CHAT.check_error(answer, answer.status)
