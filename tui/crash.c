#include "tui/crash.h"

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };

/* A signal handler reaches nothing but static memory; written while no such
 * handler is set. */
static struct {
	int fd;
	char restore[512];
	size_t len;
	struct termios modes;
	struct sigaction before[ARRAY_LEN(signals)];
	volatile sig_atomic_t is_armed;
} armed;

static char stack[64 * 1024];

static void write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n <= 0) {
			return;
		}
		text += n;
		len -= (size_t)n;
	}
}

static void on_crash(int number)
{
	char what[] = "llm-gateway: the dashboard's process died of signal 00\r\n";

	if (armed.is_armed) {
		armed.is_armed = 0;
		write_all(armed.fd, armed.restore, armed.len);
		tcsetattr(armed.fd, TCSANOW, &armed.modes);
		what[sizeof what - 5] = (char)('0' + number / 10 % 10);
		what[sizeof what - 4] = (char)('0' + number % 10);
		write_all(armed.fd, what, sizeof what - 1);
	}
	signal(number, SIG_DFL);
	raise(number);
}

void crash_arm(int fd, struct slice restore, const struct termios *modes)
{
	const stack_t own = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_NODEFER };

	armed.fd = fd;
	armed.len = restore.len < sizeof armed.restore ? restore.len : sizeof armed.restore;
	memcpy(armed.restore, restore.ptr, armed.len);
	armed.modes = *modes;
	armed.is_armed = 1;
	sigaltstack(&own, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		sigaction(signals[i], &action, &armed.before[i]);
	}
}

void crash_disarm(void)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	if (!armed.is_armed) {
		return;
	}
	armed.is_armed = 0;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		sigaction(signals[i], &armed.before[i], NULL);
	}
	sigaltstack(&none, NULL);
}
