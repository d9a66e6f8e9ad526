/* Questions to the person at the terminal. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"
#include "cli/parse.h"

/* Is somebody there to answer (stdin and stderr are terminals)? */
bool ask_is_possible(void);

/* "question [y/N] " on stderr; only y and yes are yes. */
bool ask_yes(const char *question);

/* Asks before something that cannot be undone, unless --yes was given or
 * nobody is there: a script says what it means. False + err: the answer was
 * no. */
bool ask_before(const struct invocation *inv, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* One line without its end; false at the end of input. */
bool ask_line(const char *question, struct buf *out);

/* The upstream's key as --key says: the value itself (with a warning), or for
 * "-" what secret_read_stdin() reads. `out` stays empty without the flag. */
bool ask_key(const struct invocation *inv, const char *question, struct secret *out,
	     struct err *err);

#endif
