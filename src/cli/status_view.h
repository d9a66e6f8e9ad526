/* One screen of a gateway's state; what `status` and `server status` print. */
#ifndef CLI_STATUS_VIEW_H
#define CLI_STATUS_VIEW_H

#include "base/buf.h"
#include "cli/answer.h"
#include "cli/table.h"

/* Address, uptime, configuration, traffic. `a` is the answer of /v1/status. */
void status_head(const struct answer *a, const struct screen *screen, struct buf *out);

/* The upstreams with their states. */
void status_upstreams(const struct answer *a, const struct screen *screen, struct buf *out);

/* "! reason" lines of what keeps the gateway from being healthy. */
void status_reasons(const struct answer *a, struct buf *out);

#endif
