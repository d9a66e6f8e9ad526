/*
 * A line of this program's own command, run as a child: what the dashboard
 * does for ":".
 */
#ifndef CLI_RUN_LINE_H
#define CLI_RUN_LINE_H

#include "cli/parse.h"

/* Splits `line` at blanks ('…' and "…" keep them) and runs it on this home.
 * `out` takes what it prints, both streams, and it gets no input; NULL: it has
 * the terminal. False + err: it cannot run, or ended with a failure. */
bool run_line(const struct invocation *inv, const char *line, struct buf *out, struct err *err);

/* What may follow the line, for completion (cli/complete.h). */
void run_line_complete(const char *line, struct buf *out);

#endif
