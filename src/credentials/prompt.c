#include "credentials/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"

#define CTRL_C '\003'
#define TTY_LINE_BYTES 4096   /* what a terminal in line mode holds */

static bool read_to_end(int fd, struct buf *out, struct err *err)
{
	for (;;) {
		char chunk[1024];
		ssize_t got = read(fd, chunk, sizeof chunk);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			return err_errno(err, "cannot read the secret");
		}
		buf_add(out, chunk, (size_t)got);
		mem_wipe(chunk, sizeof chunk);
		if (got == 0) {
			return true;
		}
		if (out->failed) {
			return err_setf(err, ERR_TOO_LARGE,
					"the secret is larger than %lu bytes",
					MAX_SECRET_BYTES);
		}
	}
}

static struct slice without_line_end(struct slice s)
{
	while (s.len && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == '\r')) {
		s.len--;
	}
	return s;
}

static bool take_line(struct slice text, struct secret *out, struct err *err)
{
	struct slice line = without_line_end(text);

	if (!line.len) {
		return err_setf(err, ERR_USAGE, "the secret is empty");
	}
	if (memchr(line.ptr, '\n', line.len) || memchr(line.ptr, '\0', line.len)) {
		return err_setf(err, ERR_USAGE, "the secret is more than one line of text");
	}
	secret_set(out, line);
	return true;
}

bool secret_read_fd(int fd, struct secret *out, struct err *err)
{
	struct buf text;
	bool ok;

	buf_init(&text, MAX_SECRET_BYTES);
	/* Reserved whole: growing would leave copies behind in freed memory. */
	buf_reserve(&text, MAX_SECRET_BYTES);
	ok = read_to_end(fd, &text, err) && take_line(buf_slice(&text), out, err);
	buf_wipe(&text);
	return ok;
}

/* Line mode stays, so that the kernel keeps erasing characters. Signals are
 * off, or Ctrl-C would leave the terminal without echo; as a line end of its
 * own (VEOL) it still ends the question at once. */
static void set_silent(int fd, const struct termios *before)
{
	struct termios silent = *before;

	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG);
	silent.c_lflag |= ICANON;
	silent.c_cc[VEOL] = CTRL_C;
	tcsetattr(fd, TCSAFLUSH, &silent);
}

static bool read_line(int fd, struct secret *out, struct err *err)
{
	char line[TTY_LINE_BYTES];
	ssize_t got;
	bool ok;

	do {
		got = read(fd, line, sizeof line);
	} while (got < 0 && errno == EINTR);
	if (got <= 0 || line[got - 1] == CTRL_C) {
		ok = err_setf(err, ERR_FAILED, "cancelled");
	} else {
		ok = take_line((struct slice){ line, (size_t)got }, out, err);
	}
	mem_wipe(line, sizeof line);
	return ok;
}

bool secret_read_tty(const char *question, struct secret *out, struct err *err)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct termios before;
	bool ok;

	if (fd < 0 || tcgetattr(fd, &before) != 0) {
		err_setf(err, ERR_USAGE, "there is no terminal to ask on");
		if (fd >= 0) {
			close(fd);
		}
		return false;
	}
	set_silent(fd, &before);
	dprintf(fd, "%s: ", question);
	ok = read_line(fd, out, err);
	dprintf(fd, "\n");
	tcsetattr(fd, TCSAFLUSH, &before);
	close(fd);
	return ok;
}

bool secret_read_stdin(const char *question, struct secret *out, struct err *err)
{
	if (isatty(STDIN_FILENO)) {
		return secret_read_tty(question, out, err);
	}
	return secret_read_fd(STDIN_FILENO, out, err);
}

bool prompt_ask_tty(void *ctx, const char *question, struct secret *out, struct err *err)
{
	(void)ctx;
	return secret_read_tty(question, out, err);
}
