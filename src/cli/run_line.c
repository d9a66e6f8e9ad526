#include "cli/run_line.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/complete.h"

#define MAX_WORDS 64
#define OWN_WORDS 6             /* the program and its global flags */

/* A command that prints nothing for so long is stuck. */
#define PATIENCE_MS 60000

extern char **environ;

struct words {
	char *items[MAX_WORDS + 1];     /* owned, NULL-terminated */
	size_t count;
};

static void words_add(struct words *w, const char *text, size_t len)
{
	if (w->count < MAX_WORDS) {
		w->items[w->count++] = xstrndup(text, len);
		w->items[w->count] = NULL;
	}
}

static void words_release(struct words *w)
{
	for (size_t i = 0; i < w->count; i++) {
		mem_wipe(w->items[i], strlen(w->items[i]));
		free(w->items[i]);
	}
}

/* One word from `at` on, without its quotes; returns where it ends. */
static const char *take_word(const char *at, struct buf *word)
{
	char quote = '\0';

	for (; *at && (quote || *at != ' '); at++) {
		if (quote ? *at == quote : *at == '\'' || *at == '"') {
			quote = quote ? '\0' : *at;
		} else {
			buf_addc(word, *at);
		}
	}
	return at;
}

static void split(const char *line, struct words *w)
{
	struct buf word = BUF_INIT(MAX_CONFIG_BYTES);

	while (*(line += strspn(line, " "))) {
		buf_clear(&word);
		line = take_word(line, &word);
		words_add(w, buf_text(&word), word.len);
	}
	buf_wipe(&word);
}

static void begin_words(const struct invocation *inv, struct words *w)
{
	const char *own[OWN_WORDS] = { "llm-gateway", "--home", inv->home, "--config",
				       inv->config_path, "--no-color" };

	for (size_t i = 0; i < OWN_WORDS; i++) {
		words_add(w, own[i], strlen(own[i]));
	}
}

static bool spawn(struct words *w, int out_fd, pid_t *child, struct err *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int failed;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	if (out_fd >= 0) {
		posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
		posix_spawn_file_actions_adddup2(&files, out_fd, STDERR_FILENO);
	}
	failed = posix_spawn(child, "/proc/self/exe", &files, &attr, w->items, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	errno = failed;
	return !failed || err_errno(err, "llm-gateway");
}

/* Until its end, or nothing for too long. */
static bool read_all(int fd, struct buf *out)
{
	struct pollfd input = { .fd = fd, .events = POLLIN };
	char piece[4096];
	ssize_t got;

	while (poll(&input, 1, PATIENCE_MS) > 0) {
		got = read(fd, piece, sizeof piece);
		if (got <= 0) {
			return true;
		}
		buf_add(out, piece, (size_t)got);
	}
	return false;
}

static bool wait_for(pid_t child, struct err *err)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	       err_setf(err, ERR_FAILED, WIFEXITED(status) ? "it failed (exit %d)" :
			"it was ended (signal %d)", WIFEXITED(status) ? WEXITSTATUS(status) :
			WTERMSIG(status));
}

static bool run_captured(struct words *w, struct buf *out, struct err *err)
{
	int ends[2];
	pid_t child;
	bool ok;

	if (pipe(ends) < 0) {
		return err_errno(err, "pipe");
	}
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	ok = spawn(w, ends[1], &child, err);
	close(ends[1]);
	if (ok) {
		if (!read_all(ends[0], out)) {
			kill(child, SIGTERM);
		}
		ok = wait_for(child, err);
	}
	close(ends[0]);
	return ok;
}

static bool run_on_terminal(struct words *w, struct err *err)
{
	pid_t child;

	return spawn(w, -1, &child, err) && wait_for(child, err);
}

bool run_line(const struct invocation *inv, const char *line, struct buf *out, struct err *err)
{
	struct words words = { .count = 0 };
	bool ok;

	begin_words(inv, &words);
	split(line, &words);
	ok = out ? run_captured(&words, out, err) : run_on_terminal(&words, err);
	words_release(&words);
	return ok;
}

void run_line_complete(const char *line, struct buf *out)
{
	struct words words = { .count = 0 };
	size_t len = strlen(line);

	split(line, &words);
	if (!len || line[len - 1] == ' ') {
		words_add(&words, "", 0);
	}
	complete_words(words.items, out);
	words_release(&words);
}
