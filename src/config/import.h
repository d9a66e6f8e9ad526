/*
 * Takes over another gateway's configuration: the four predecessors' files,
 * LiteLLM's config.yaml, claude-code-router's config.json. Pure: text in, a
 * list of edits, secrets for the credential store and a report out; whoever
 * asked applies them (or does not).
 *
 * Nothing is dropped in silence: every value of the file is either read by
 * its importer or stands in `left_out` with its line, its path and a reason,
 * never with its text, which may be a secret.
 */
#ifndef CONFIG_IMPORT_H
#define CONFIG_IMPORT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/vec.h"
#include "config/config.h"
#include "config/edit.h"

struct import_secret {
	const char *account;            /* id, as the credential store wants it */
	struct secret value;
};

/* Everything lives in `arena`. */
struct import {
	struct arena arena;
	const char *kind;               /* whose file it is, in words */
	struct vec edits;               /* struct edit *, in order */
	struct vec secrets;             /* struct import_secret * */
	struct vec imported;            /* const char *: one line each */
	struct vec left_out;
};

/* Reads `text`; `name` is only named in messages. What `current` has already
 * (accounts, aliases, keys of the same name) stays and is reported. False with
 * ERR_INVALID: no YAML or JSON, or nobody's file. To be released either way.
 * Reads the environment: an account whose base_url needs a variable that is
 * not set is left out. */
bool config_import(struct import *im, const char *name, struct slice text,
		   const struct config *current, struct err *err);
void import_release(struct import *im);         /* wipes the secrets */

#endif
