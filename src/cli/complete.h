/*
 * What may come next on a command line, for the shells, and the command table
 * as JSON, for tests of the manual.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "base/buf.h"

/* `words` (NULL-terminated) stand behind the program's name; the last one is
 * being typed and may be "". Appends one candidate a line: the whole word, a
 * tab, what it is for. A line ":files" asks the shell for file names,
 * ":commands" for programs. */
void complete_words(char **words, struct buf *out);

/* Every command with its flags and operands. */
void complete_dump(struct buf *out);

#endif
