/*
 * How long an upstream may be silent, and when a client that waits gets a sign
 * of life meanwhile (proxy.*_timeout, proxy.keepalive). Pure functions of
 * times that the caller measures.
 */
#ifndef GATEWAY_SILENCE_H
#define GATEWAY_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* The longest silence, before the first content and behind it. */
int64_t silence_limit_ms(const struct proxy_config *p, bool has_content);

struct silence {
	int64_t limit_ms;
	int64_t silent_ms;              /* since the upstream's last bytes */
	int64_t every_ms;               /* between signs of life; 0: none */
	int64_t unsigned_ms;            /* since those bytes, or the last sign */
};

/* Milliseconds until it is time to look again; 0: the upstream is past its
 * deadline, and gets no more signs of life in its name. `sign`: one is due. */
int64_t silence_look(const struct silence *s, bool *sign);

#endif
