#include "tui/crash.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
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
	pthread_t dashboard; /* the thread that armed it */
	const char *doing;
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

static void say(const char *text)
{
	write_all(armed.fd, text, strlen(text));
}

/* The cause: this drawing code, or another thread of the process. */
static void report(int number)
{
	char digits[] = "00";

	digits[0] = (char)('0' + number / 10 % 10);
	digits[1] = (char)('0' + number % 10);
	say("llm-gateway: the dashboard's process died of signal ");
	say(digits);
	if (pthread_equal(pthread_self(), armed.dashboard)) {
		say(" in the dashboard, ");
		say(armed.doing ? armed.doing : "waiting");
	} else {
		say(" outside the dashboard, in a thread of the gateway");
	}
	say("\r\n");
}

/* Back in the code that crashed, the same fault meets who was here before; a
 * signal that somebody sent has to be sent again. */
static void on_crash(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (armed.is_armed) {
		armed.is_armed = 0;
		write_all(armed.fd, armed.restore, armed.len);
		tcsetattr(armed.fd, TCSANOW, &armed.modes);
		report(number);
	}
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		if (signals[i] == number) {
			sigaction(number, &armed.before[i], NULL);
		}
	}
	if (info->si_code <= 0) {
		raise(number);
	}
}

void crash_doing(const char *what)
{
	armed.doing = what;
}

void crash_arm(int fd, struct slice restore, const struct termios *modes)
{
	const stack_t own = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = { .sa_sigaction = on_crash,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	armed.fd = fd;
	armed.len = restore.len < sizeof armed.restore ? restore.len : sizeof armed.restore;
	memcpy(armed.restore, restore.ptr, armed.len);
	armed.modes = *modes;
	armed.dashboard = pthread_self();
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
