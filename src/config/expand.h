/*
 * ${VAR} and ${VAR:-default} in values; $${ stands for a plain ${. Belongs to
 * the room.
 */
#ifndef CONFIG_EXPAND_H
#define CONFIG_EXPAND_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

enum expand_result {
	EXPAND_OK,
	EXPAND_MISSING,         /* a variable is not set and has no default */
	EXPAND_INVALID,
};

/* Appends `text` with its variables replaced. `keeps_prompt_names`: ${_NAME}
 * stays as it is, for the time the prompt is sent. A message names the
 * variable, never a value. */
enum expand_result expand_text(const char *text, bool keeps_prompt_names, struct buf *out,
			       struct err *err);

#endif
