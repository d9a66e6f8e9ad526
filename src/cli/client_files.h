/*
 * The settings files of one client: written with a backup beside them, read,
 * and put back.
 */
#ifndef CLI_CLIENT_FILES_H
#define CLI_CLIENT_FILES_H

#include "base/secret.h"
#include "cli/clients.h"

/* What stands for {url} and {key}. */
struct client_values {
	const char *url;
	const char *key;
};

/* Appends `text` with {url} and {key} filled in. */
void client_fill(struct buf *out, const char *text, const struct client_values *values);

/* Appends the path of the file; false without a home directory. */
bool client_file_path(const struct client_file *file, struct buf *path);

/* Appends what connect would write into an empty file. */
bool client_file_preview(const struct client_file *file, const struct client_values *values,
			 struct buf *out, struct err *err);

/* Sets the values. What was there before is kept beside the file, in
 * NAME.before-llm-gateway, once. */
bool client_file_connect(const struct client_file *file, const struct client_values *values,
			 struct err *err);

/* Puts back what was there before: byte for byte when nobody changed the file
 * meanwhile, else only the values of connect. *was_connected says whether
 * there was anything to undo. */
bool client_file_undo(const struct client_file *file, bool *was_connected, struct err *err);

/* Does the file hold this address? */
bool client_file_is_connected(const struct client_file *file, const char *url);

#endif
