/*
 * Failures of the world (a bad file, a refused connection), as a kind and a
 * sentence. Programming mistakes are asserts; memory exhaustion ends the
 * process (base/mem.h).
 *
 * A function that can fail takes `struct err *err` last and returns bool or a
 * pointer. `err` may be NULL, and stays untouched on success. A message never
 * contains a secret.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#include "base/limits.h"

enum err_kind {
	ERR_NONE = 0,
	ERR_FAILED,         /* anything without a better name */
	ERR_USAGE,          /* the command line does not parse */
	ERR_NOT_RUNNING,    /* no gateway for this home */
	ERR_NOT_FOUND,      /* no such object */
	ERR_INVALID,        /* refused by validation */
	ERR_STORE,          /* credential store missing or locked */
	ERR_SIGN_IN,        /* the account needs a sign-in */
	ERR_CONFLICT,       /* exists already, or is held by somebody else */
	ERR_TOO_LARGE,      /* beyond a limit of base/limits.h */
};

struct err {
	enum err_kind kind;
	char msg[MAX_ERR_MSG];
	char hint[MAX_ERR_MSG / 2];  /* what to do about it; may be empty */
};

#define ERR_INIT { .kind = ERR_NONE }

/* Sets kind and message (replacing what was there); returns false, so that
 * `return err_setf(...)` is one line. */
bool err_setf(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds what the user can do. Returns false. */
bool err_hintf(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts "context: " before the message. Returns false. */
bool err_wrapf(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Like err_setf with ": <strerror(errno)>" at the end. */
bool err_errno(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The one table that maps a kind to the outside (product: exit codes). */
int err_exit_code(enum err_kind kind);
int err_http_status(enum err_kind kind);
const char *err_code_name(enum err_kind kind);

/* The kind whose err_code_name() is `name`; ERR_FAILED when there is none. */
enum err_kind err_kind_by_name(const char *name);

#endif
