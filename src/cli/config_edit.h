/* `config edit`: a person's editor on the configuration. */
#ifndef CLI_CONFIG_EDIT_H
#define CLI_CONFIG_EDIT_H

#include "cli/parse.h"

/* Edits a copy until it is valid or given up, then replaces the file, unless
 * somebody else changed it meanwhile. */
bool config_edit_by_hand(const struct invocation *inv, struct err *err);

#endif
