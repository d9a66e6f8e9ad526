/*
 * What a body that passes to an upstream of its own format may hold of other
 * upstreams: thinking and reasoning are signed or encrypted by who made them,
 * and nobody else takes them. Envelopes (C64) are found before they are sent;
 * what another account of the same vendor made is known only when the upstream
 * refuses it. All pure; the body stays as it is, what has to change is a list
 * of edits.
 */
#ifndef FORMATS_HISTORY_H
#define FORMATS_HISTORY_H

#include "formats/errors.h"
#include "formats/hub.h"

enum history_scope {
	HISTORY_ENVELOPES,              /* only what this gateway wrapped */
	HISTORY_ALL,                    /* whatever is signed, encrypted or kept upstream */
};

/* `range` of the body becomes `text`; an empty one goes. In no order. */
struct history_edit {
	struct history_edit *next;
	struct slice range;
	struct slice text;
	const char *warning;            /* what the client should hear; NULL: nothing
					 * beyond that blobs are gone */
};

/* Is it worth reading? A search for the mark, no parsing. */
bool history_has_envelopes(enum format_id format, struct slice body);

/* Edits in the arena that take out what is foreign, blobs as a whole (C6); an
 * envelope around the upstream's own is opened. NULL: nothing to change. */
const struct history_edit *history_clean(enum format_id format, struct slice body,
					 enum history_scope scope, struct arena *a);

/* The same for a conversation on its way into another format. */
void history_forget(struct hub_request *req);

/* Has an upstream refused a signature or blob that it did not make? */
bool history_is_refused(const struct api_error *error);

#endif
