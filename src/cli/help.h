/* Help on every level, from the command table. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "base/buf.h"
#include "cli/parse.h"
#include "cli/table.h"

/* Appends the help of the last command in inv->path. */
void help_render(const struct invocation *inv, const struct screen *screen, struct buf *out);

#endif
