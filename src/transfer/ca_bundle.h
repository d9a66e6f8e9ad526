/*
 * The trusted roots of upstream connections: the system's, and those of
 * proxy.ca_file beside them, as one file in memory. libcurl caches parsed
 * roots only when they come from a single named file.
 */
#ifndef TRANSFER_CA_BUNDLE_H
#define TRANSFER_CA_BUNDLE_H

#include "base/err.h"

#define CA_BUNDLE_PATH_BYTES 32

struct ca_bundle {
	int fd;                         /* -1: none */
	char path[CA_BUNDLE_PATH_BYTES];   /* names it, for this process only */
};

/* Both PEM files together; `system_file` may be missing. */
bool ca_bundle_create(struct ca_bundle *b, const char *system_file, const char *extra_file,
		      struct err *err);
void ca_bundle_release(struct ca_bundle *b);

#endif
