/*
 * Reads a JSON body without building it: handlers take the few members they
 * know, the rest goes to the configuration as YAML (control/edits.h). Inside
 * control/ only.
 */
#ifndef CONTROL_FIELDS_H
#define CONTROL_FIELDS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/* Is it a well-formed object (or empty), down to the last escape? */
bool fields_check(struct slice body, struct err *err);

/* Refuses members that are not in `names` (NULL-terminated) with the nearest
 * one; `what` is the object's noun. */
bool fields_only(struct slice body, const char *what, const char *const *names,
	       struct err *err);

bool field_has(struct slice body, const char *name);

/* A string member, decoded, appended to `out`. False when it is absent (err
 * untouched) or not a string (ERR_INVALID). */
bool field_text(struct slice body, const char *name, struct buf *out, struct err *err);

/* A required string member that is not empty. */
bool field_need(struct slice body, const char *name, struct buf *out, struct err *err);

/* A secret member. *is_present also for null, which leaves `out` empty. */
bool field_secret(struct slice body, const char *name, struct secret *out,
		 bool *is_present, struct err *err);

/* A true or false member; `fallback` when it is absent. */
bool field_flag(struct slice body, const char *name, bool fallback);

#endif
