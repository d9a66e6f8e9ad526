/*
 * Secrets out of what is shown of a configuration. Belongs to the room;
 * config_redact_text is declared in config/load.h.
 */
#ifndef CONFIG_REDACT_H
#define CONFIG_REDACT_H

#include "base/buf.h"

#define REDACTED "***"

/* A URL without the user and password that may stand before its host. */
void redact_url(const char *url, struct buf *out);

#endif
