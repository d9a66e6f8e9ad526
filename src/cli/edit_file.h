/* A person's editor on a copy of a file. */
#ifndef CLI_EDIT_FILE_H
#define CLI_EDIT_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Opens $VISUAL, $EDITOR or vi on `path` and waits. The variable may hold
 * arguments ("code --wait"): it is split at blanks, no shell is involved.
 * False when the editor cannot be run or ends with a failure. */
bool editor_run(const char *path, struct err *err);

#endif
