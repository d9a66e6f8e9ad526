#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const struct {
	enum err_kind kind;
	int exit_code;
	int http_status;
	const char *name;
} kinds[] = {
	{ ERR_NONE,        0, 200, "ok" },
	{ ERR_FAILED,      1, 500, "failed" },
	{ ERR_USAGE,       2, 400, "usage" },
	{ ERR_NOT_RUNNING, 3, 503, "not_running" },
	{ ERR_NOT_FOUND,   4, 404, "not_found" },
	{ ERR_INVALID,     5, 422, "invalid" },
	{ ERR_STORE,       6, 503, "credential_store" },
	{ ERR_SIGN_IN,     7, 401, "sign_in_needed" },
	{ ERR_CONFLICT,    1, 409, "conflict" },
	{ ERR_TOO_LARGE,   1, 413, "too_large" },
};

bool err_setf(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!err) {
		return false;
	}
	err->kind = kind;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	return false;
}

bool err_hintf(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err) {
		return false;
	}
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
	return false;
}

bool err_wrapf(struct err *err, const char *fmt, ...)
{
	char context[MAX_ERR_MSG];
	char joined[2 * MAX_ERR_MSG + 3];
	va_list ap;

	if (!err) {
		return false;
	}
	va_start(ap, fmt);
	vsnprintf(context, sizeof context, fmt, ap);
	va_end(ap);
	snprintf(joined, sizeof joined, "%s: %s", context, err->msg);
	str_copy(err->msg, sizeof err->msg, joined);
	return false;
}

bool err_errno(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	char what[MAX_ERR_MSG];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_setf(err, ERR_FAILED, "%.300s: %.200s", what, strerror(saved));
}

int err_exit_code(enum err_kind kind)
{
	return kinds[kind].exit_code;
}

int err_http_status(enum err_kind kind)
{
	return kinds[kind].http_status;
}

const char *err_code_name(enum err_kind kind)
{
	return kinds[kind].name;
}

enum err_kind err_kind_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (str_eq(kinds[i].name, name)) {
			return kinds[i].kind;
		}
	}
	return ERR_FAILED;
}
