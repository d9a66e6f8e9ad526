/*
 * Loading as the editor needs it. Belongs to the room.
 */
#ifndef CONFIG_LOAD_OPTIONS_H
#define CONFIG_LOAD_OPTIONS_H

#include "config/load.h"

/* config_parse that can leave the environment aside: no overrides, and a
 * ${VAR} that is not set leaves its key at the default. */
struct config *config_parse_with(const char *path, struct slice text, bool ignores_environment,
				 struct err *err);

#endif
