/*
 * The programs that `connect` knows: where their settings are and what to set
 * there. A new client is one entry of this table.
 */
#ifndef CLI_CLIENTS_H
#define CLI_CLIENTS_H

#include <stddef.h>

#include "cli/settings.h"

#define MAX_CLIENT_FILES 2
#define MAX_CLIENT_SETTINGS 8

/* `value` may hold {url}, the address without a path, and {key}. */
struct client_setting {
	const char *path;       /* cli/settings.h; NULL ends an array */
	const char *value;
};

struct client_file {
	const char *variable;   /* of the environment, that names the directory; NULL: none */
	const char *directory;  /* below the user's home when the variable is not set */
	const char *name;       /* in that directory; NULL ends an array */
	enum settings_format format;
	struct client_setting settings[MAX_CLIENT_SETTINGS];
};

struct client {
	const char *name;       /* NULL ends the table */
	const char *title;
	struct client_file files[MAX_CLIENT_FILES + 1];
	const char *by_hand;    /* what to set, for clients without a file that can be
	                         * written; {url} and {key} as above */
	const char *after;      /* what to know after it is done; may be NULL */
};

extern const struct client client_table[];

#define CLIENT_NAMES \
	"claude-code|codex|gemini-cli|opencode|aider|cline|cursor|zed|continue|openai-sdk|" \
	"anthropic-sdk"

const struct client *client_find(const char *name);

#endif
