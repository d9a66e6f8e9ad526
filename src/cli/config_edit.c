#include "cli/config_edit.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/ask.h"
#include "cli/call.h"
#include "cli/edit_file.h"
#include "cli/out.h"
#include "config/load.h"
#include "control/client.h"
#include "server/home.h"

/* A private copy beside the file, with an ending that editors know. */
static char *make_copy(const char *path, const struct buf *text, struct err *err)
{
	char *copy = xasprintf("%s.edit-XXXXXX.yaml", path);
	int fd = mkstemps(copy, 5);

	if (fd < 0) {
		err_errno(err, "cannot make a copy beside %s", path);
	} else if (write(fd, buf_text(text), text->len) != (ssize_t)text->len) {
		err_errno(err, "cannot write %s", copy);
		unlink(copy);
	} else {
		close(fd);
		return copy;
	}
	if (fd >= 0) {
		close(fd);
	}
	free(copy);
	return NULL;
}

/* Runs the editor until the text is valid. False: given up. */
static bool edit_until_valid(const char *copy, const char *path, struct buf *text,
			     struct err *err)
{
	for (;;) {
		struct config *config;

		buf_clear(text);
		if (!editor_run(copy, err) || !file_read(copy, text, err)) {
			return false;
		}
		config = config_parse(path, buf_slice(text), err);
		if (config) {
			config_unref(config);
			return true;
		}
		if (!ask_is_possible()) {
			return false;
		}
		out_error(err);
		if (!ask_yes("Edit again? (No leaves the file as it was.)")) {
			return err_setf(err, ERR_INVALID, "the edit was given up: %s is as it was",
					path);
		}
	}
}

static bool same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0;
}

/* The lock is the one that every edit of the file takes (config/edit.h). */
static bool replace(const char *path, const struct buf *original, const struct buf *text,
		    struct err *err)
{
	char *lock_path = xasprintf("%s.lock", path);
	int lock = file_lock(lock_path, true, err);
	struct buf now = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok = lock >= 0 && file_read(path, &now, err);

	if (ok && !same_text(&now, original)) {
		ok = err_setf(err, ERR_CONFLICT, "%s was changed by somebody else meanwhile", path);
		err_hintf(err, "your text was not written; edit again");
	}
	ok = ok && file_write(path, buf_slice(text), 0600, err);
	if (lock >= 0) {
		close(lock);
	}
	buf_wipe(&now);
	free(lock_path);
	return ok;
}

static bool put_in_force(const struct invocation *inv, struct err *err)
{
	struct answer *a;

	if (!control_client_is_running(inv->client)) {
		out_line("Written: %s", inv->config_path);
		return true;
	}
	a = call_api(inv, "POST", "/v1/reload", NULL, err);
	if (a) {
		out_line("Written and in force: %s", inv->config_path);
	}
	answer_destroy(a);
	return a != NULL;
}

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	/* Also when it comes just before the answer is read: nothing is there then. */
	close(STDIN_FILENO);
}

/* Ctrl-C at a question answers it with no, so that the copy is cleared away. */
static void interrupt_questions(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &action, NULL);
}

bool config_edit_by_hand(const struct invocation *inv, struct err *err)
{
	struct buf original = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	char *copy = NULL;
	bool ok = home_prepare(inv->home, inv->config_path, err) &&
		  file_read(inv->config_path, &original, err) &&
		  (copy = make_copy(inv->config_path, &original, err)) != NULL;

	interrupt_questions();
	ok = ok && edit_until_valid(copy, inv->config_path, &text, err);
	if (ok && same_text(&original, &text)) {
		out_note("Nothing was changed.");
	} else if (ok) {
		ok = replace(inv->config_path, &original, &text, err) && put_in_force(inv, err);
	}
	if (copy) {
		unlink(copy);
	}
	free(copy);
	buf_wipe(&original);
	buf_wipe(&text);
	return ok;
}
