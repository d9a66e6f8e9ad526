/*
 * Reading a secret from a person or a pipe, so that it stands in no argument
 * list (product: §3, --key=-).
 */
#ifndef CREDENTIALS_PROMPT_H
#define CREDENTIALS_PROMPT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

/* Asks on the controlling terminal, without echo; the terminal is as before
 * on return. ERR_USAGE when there is no terminal, ERR_FAILED after Ctrl-C or
 * Ctrl-D, and for an empty line. Main thread of a command. */
bool secret_read_tty(const char *question, struct secret *out, struct err *err);

/* Reads `fd` to its end and drops the line end behind the value. ERR_USAGE
 * when it is empty, has several lines or a NUL; ERR_TOO_LARGE beyond
 * MAX_SECRET_BYTES. */
bool secret_read_fd(int fd, struct secret *out, struct err *err);

/* What `--key=-` means: a terminal as standard input is asked, anything else
 * is read. */
bool secret_read_stdin(const char *question, struct secret *out, struct err *err);

/* secret_read_tty as a passphrase_ask; ctx is not used. */
bool prompt_ask_tty(void *ctx, const char *question, struct secret *out, struct err *err);

#endif
