/*
 * Text for a terminal: foreign bytes without their power to move the cursor,
 * measured in columns, cut without breaking a character.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>

#include "base/buf.h"

/* Appends `text` with control characters and bytes that are not UTF-8 as
 * "?", and line breaks as blanks. */
void text_clean(struct buf *out, const char *text);

/* Columns that clean text takes. */
size_t text_width(const char *text);

/* Appends at most `width` columns of clean text; what is cut off shows as an
 * ellipsis ("~" where the locale has none). Returns the columns appended. */
size_t text_cut(struct buf *out, const char *text, size_t width);

/* Appends `text` folded at blanks to lines of `width` columns, all but the
 * first line indented; line breaks in `text` stay. */
void text_fold(struct buf *out, const char *text, size_t indent, size_t width);

/* Sets the process's character type so that widths are known: the user's
 * locale when it is UTF-8, otherwise C.UTF-8. Call once, before threads. */
void text_set_locale(void);

#endif
