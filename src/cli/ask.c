#include "cli/ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/out.h"
#include "credentials/prompt.h"

bool ask_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool ask_line(const char *question, struct buf *out)
{
	int c;

	fflush(stdout);
	if (ask_is_possible()) {
		fprintf(stderr, "%s ", question);
		fflush(stderr);
	}
	while ((c = getchar()) != EOF && c != '\n') {
		buf_addc(out, (char)c);
	}
	return c != EOF || out->len > 0;
}

bool ask_yes(const char *question)
{
	struct buf line = BUF_INIT(KIB);
	char *prompt = xasprintf("%s [y/N]", question);
	struct slice answer;
	bool yes;

	ask_line(prompt, &line);
	answer = slice_trim(buf_slice(&line));
	yes = slice_ieq(answer, "y") || slice_ieq(answer, "yes");
	free(prompt);
	buf_release(&line);
	return yes;
}

bool ask_before(const struct invocation *inv, struct err *err, const char *fmt, ...)
{
	struct buf question = BUF_INIT(KIB);
	bool yes = inv_has(inv, "yes") || !ask_is_possible();
	va_list ap;

	if (!yes) {
		va_start(ap, fmt);
		buf_vaddf(&question, fmt, ap);
		va_end(ap);
		yes = ask_yes(buf_text(&question));
		buf_release(&question);
	}
	return yes || err_setf(err, ERR_FAILED, "nothing was changed");
}

bool ask_key(const struct invocation *inv, const char *question, struct secret *out,
	     struct err *err)
{
	const char *key = inv_text(inv, "key");

	if (!key) {
		return true;
	}
	if (str_eq(key, "-")) {
		return secret_read_stdin(question, out, err);
	}
	if (str_empty(key)) {
		err_setf(err, ERR_USAGE, "--key is empty");
		return err_hintf(err, "use --key=- to be asked for it");
	}
	out_warn("the key stands in the process list and in the shell's history; "
		 "--key=- keeps it out");
	secret_set(out, slice_of(key));
	return true;
}
