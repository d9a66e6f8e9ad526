#define _GNU_SOURCE     /* environ */
#include "cli/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

static bool is_web_address(const char *url)
{
	return str_starts(url, "https://") || str_starts(url, "http://127.0.0.1") ||
	       str_starts(url, "http://localhost");
}

/* Whatever could hold a credential is not a browser's business. */
static bool is_private(const char *variable)
{
	static const char *const words[] = {
		"KEY", "TOKEN", "SECRET", "PASS", "CREDENTIAL", "AUTH",
	};
	size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_ifind(variable, len, words[i])) {
			return !str_starts(variable, "XAUTHORITY=");
		}
	}
	return str_starts(variable, "LLM_GATEWAY_");
}

static void forget_private(void)
{
	char **to = environ;

	for (char **from = environ; *from; from++) {
		if (!is_private(*from)) {
			*to++ = *from;
		}
	}
	*to = NULL;
}

/* A browser on the far side of an ssh connection is nobody's. */
static bool has_screen(void)
{
	if (getenv("SSH_CONNECTION") || getenv("SSH_TTY")) {
		return false;
	}
	return getenv("DISPLAY") || getenv("WAYLAND_DISPLAY") || getenv("WSL_DISTRO_NAME");
}

/* In the grandchild: silent, in a session of its own, on no terminal. */
static void become(const char *program, const char *url, int failed)
{
	char *words[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)url, NULL };
	int null = open("/dev/null", O_RDWR);

	forget_private();
	setsid();
	for (int fd = 0; null >= 0 && fd <= 2; fd++) {
		dup2(null, fd);
	}
	execvp(program, words);
	/* The pipe closes by itself when exec succeeds. */
	if (write(failed, "x", 1) != 1) {
		_exit(126);
	}
	_exit(127);
}

/* A grandchild, so that nobody has to wait for the browser. */
static bool start(const char *program, const char *url)
{
	int failed[2];
	char byte;
	pid_t child;
	bool ok;

	if (pipe(failed) != 0) {
		return false;
	}
	fcntl(failed[0], F_SETFD, FD_CLOEXEC);
	fcntl(failed[1], F_SETFD, FD_CLOEXEC);
	child = fork();
	if (child == 0) {
		if (fork() == 0) {
			become(program, url, failed[1]);
		}
		_exit(0);
	}
	close(failed[1]);
	ok = child > 0 && read(failed[0], &byte, 1) == 0;
	close(failed[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
	}
	return ok;
}

bool browser_open(const char *url)
{
	static const char *const programs[] = { "xdg-open", "wslview", "open" };
	const char *chosen = getenv("BROWSER");

	if (!is_web_address(url)) {
		return false;
	}
	if (chosen && *chosen && start(chosen, url)) {
		return true;
	}
	for (size_t i = 0; has_screen() && i < ARRAY_LEN(programs); i++) {
		if (start(programs[i], url)) {
			return true;
		}
	}
	return false;
}
