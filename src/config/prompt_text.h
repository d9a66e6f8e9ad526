/*
 * ${_DATE} and its like in prompts. What stays the same is filled in when the
 * text is read; times become marks that are filled in for each request. Belongs
 * to the room.
 */
#ifndef CONFIG_PROMPT_TEXT_H
#define CONFIG_PROMPT_TEXT_H

#include "base/buf.h"

/* Appends `text`, which is UTF-8. With `takes_variables` the variables of the
 * environment are filled in as well, and $${ is a plain ${; one that is not
 * set and has no default stays as it is written. */
void prompt_text_read(struct slice text, bool takes_variables, struct buf *out);

/* Appends a text of prompt_text_read with its times. */
void prompt_text_write(struct slice text, int64_t wall_ms, struct buf *out);

#endif
