/*
 * What is in force: the configuration, the key ring, the credential store, and
 * why a newer file is not. Snapshots are swapped whole; those who change
 * anything (the file watch, the control API, a signal) take turns.
 */
#ifndef SERVER_LIVE_H
#define SERVER_LIVE_H

#include <stdbool.h>

#include "base/err.h"
#include "config/config.h"
#include "credentials/key_ring.h"
#include "server/log_files.h"

struct gateway;
struct live;
struct oauth;
struct router;

/* Loads the file, puts its logging settings in force and reads the secrets.
 * `files` is borrowed. With `has_screen` nothing is logged to stderr: it shows
 * a dashboard. May ask for the store's passphrase on a terminal. NULL +
 * ERR_INVALID when the file does not load; a store that does not open only
 * leaves its accounts without their keys. */
struct live *live_create(const char *home, const char *config_path, struct log_files *files,
			 bool has_screen, struct err *err);
void live_destroy(struct live *l);                     /* NULL is fine */

/* From now on changes go to this gateway and its router too; NULL: to none. */
void live_attach(struct live *l, struct gateway *g, struct router *r);

/* New references; any thread. */
struct config *live_config(struct live *l);
struct key_ring *live_keys(struct live *l);

/* Appends the text that the configuration in force was read from. */
void live_config_text(struct live *l, struct buf *out);

/* Reads the file again. An unchanged one is left alone, an invalid one
 * refused: then the old one stays in force, and the error is remembered,
 * logged once and returned. */
bool live_reload(struct live *l, struct err *err);

/* Reads the system prompts again; any thread. */
void live_reload_prompts(struct live *l);

/* Puts (NULL: deletes) a secret and builds the key ring anew. */
bool live_put_secret(struct live *l, const char *account, const struct secret *value,
		     struct err *err);

/* Sign-ins to accounts, opening the store for them. Borrowed, for as long as
 * `l`. NULL + ERR_STORE. */
struct oauth *live_oauth(struct live *l, struct err *err);

/* Why the file (the store) is not in force; "" when it is. */
void live_problems(struct live *l, char config_error[MAX_ERR_MSG],
		   char store_problem[MAX_ERR_MSG], bool *needs_restart);

#endif
