/* Prints one upstream account as "name  value" lines. */
#ifndef CLI_UPSTREAM_SHOW_H
#define CLI_UPSTREAM_SHOW_H

#include "cli/answer.h"
#include "cli/parse.h"

void upstream_print(const struct invocation *inv, const struct answer *a);

#endif
