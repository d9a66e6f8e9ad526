#include "cli/edit_file.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define MAX_WORDS 16

static const char *editor_name(void)
{
	const char *name = getenv("VISUAL");

	if (str_empty(name)) {
		name = getenv("EDITOR");
	}
	return str_empty(name) ? "vi" : name;
}

/* Splits `line` in place; `path` comes last. */
static void split_words(char *line, const char *path, char *words[MAX_WORDS + 2])
{
	size_t count = 0;

	while (count < MAX_WORDS) {
		line += strspn(line, " \t");
		if (!*line) {
			break;
		}
		words[count++] = line;
		line += strcspn(line, " \t");
		if (*line) {
			*line++ = '\0';
		}
	}
	words[count++] = (char *)(uintptr_t)path;
	words[count] = NULL;
}

static bool wait_for(pid_t child, const char *name, struct err *err)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		return true;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		err_setf(err, ERR_FAILED, "cannot run the editor %s", name);
		return err_hintf(err, "set VISUAL or EDITOR to one that is installed");
	}
	return err_setf(err, ERR_FAILED, "the editor %s ended with a failure", name);
}

/* Ctrl-C belongs to the editor while it runs. */
bool editor_run(const char *path, struct err *err)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;
	char *line = xstrdup(editor_name());
	char *words[MAX_WORDS + 2];
	pid_t child;
	bool ok;

	split_words(line, path, words);
	sigaction(SIGINT, &ignore, &before);
	child = fork();
	if (child == 0) {
		sigaction(SIGINT, &before, NULL);
		execvp(words[0], words);
		_exit(127);
	}
	ok = child > 0 ? wait_for(child, words[0], err)
		       : err_errno(err, "cannot start the editor");
	sigaction(SIGINT, &before, NULL);
	free(line);
	return ok;
}
