/*
 * What the value of a flag means: checks for parsing, and the conversions
 * that commands use. Pure functions.
 */
#ifndef CLI_ARG_H
#define CLI_ARG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/command.h"

/* False with ERR_USAGE that names the flag, the value and what is expected. */
bool arg_check(const struct flag *flag, const char *text, struct err *err);

/* RFC 3339, a date, or a duration before (`sign` -1) or after (+1) `now_ms`. */
bool arg_moment(const char *text, int sign, int64_t now_ms, int64_t *wall_ms);

/* NAME=VALUE and "Name: value"; slices into `text`. */
bool arg_pair(const char *text, struct slice *name, struct slice *value);
bool arg_header(const char *text, struct slice *name, struct slice *value);

struct arg_route {
	struct slice upstream;
	struct slice model;
	int64_t priority;       /* -1: not given */
	int64_t weight;
};

/* UPSTREAM:MODEL[:PRIORITY[:WEIGHT]]. A model name may hold colons
 * ("llama3:8b"): only whole numbers at the end are priority and weight. */
bool arg_route(const char *text, struct arg_route *route);

/* The next word of "a|b|c"; false behind the last. */
bool arg_next_choice(struct slice *rest, struct slice *word);

bool arg_is_choice(const char *choices, const char *text);

/* Adds "did you mean …" when one of the choices is near. Returns false. */
bool arg_hint_choice(const char *choices, const char *text, struct err *err);

#endif
