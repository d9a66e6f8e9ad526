#include "server/process.h"

#include <malloc.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"

/* A body of some megabytes is freed and asked for again with the next
 * request: given back to the system each time, it costs page faults. */
#define KEEP_FREE_BYTES (32 * MIB)

static void raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void process_prepare(void)
{
	raise_open_files();
	prctl(PR_SET_DUMPABLE, 0);
	mallopt(M_TRIM_THRESHOLD, (int)KEEP_FREE_BYTES);
	mallopt(M_MMAP_THRESHOLD, (int)KEEP_FREE_BYTES);
}

int process_signal_fd(void)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);       /* a file at its limit is a full disk */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int process_next_signal(int signal_fd)
{
	struct signalfd_siginfo info;

	return read(signal_fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

bool process_has_console(void)
{
	struct stat console;
	struct stat null;

	return fstat(STDERR_FILENO, &console) == 0 && stat("/dev/null", &null) == 0 &&
	       console.st_rdev != null.st_rdev;
}

void process_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size;
	int fd;

	if (!path || !*path || !str_copy(address.sun_path, sizeof address.sun_path, path)) {
		return;
	}
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (address.sun_path[0] == '@') {
		address.sun_path[0] = '\0';   /* a name outside the file system */
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL,
			     (struct sockaddr *)&address, size) < 0) {
		log_warn("server", "the service manager does not take \"%s\"", state);
	}
	if (fd >= 0) {
		close(fd);
	}
}
