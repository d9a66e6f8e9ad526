/* The effective configuration as rows "path = value". */
#ifndef TUI_CONFIG_ROWS_H
#define TUI_CONFIG_ROWS_H

#include "base/arena.h"
#include "base/str.h"

#define MAX_CONFIG_ROWS 1000 /* more settings than a person scrolls through */

struct config_row {
	const char *path;
	const char *value;
};

/* Flattens the JSON of "effective"; rows and texts live in the arena. Lists of
 * objects count as "N entries". Returns the number of rows. */
size_t config_rows(struct slice effective, struct arena *a, struct config_row *rows);

#endif
