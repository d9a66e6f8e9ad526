/*
 * What the gateway needs to know of a request's body, found without parsing
 * it (base/json_scan.h). Worker thread.
 */
#ifndef GATEWAY_SCAN_H
#define GATEWAY_SCAN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json_scan.h"
#include "base/str.h"
#include "formats/detect.h"

struct scan {
	struct slice text;              /* the whole body */
	const char *model;              /* decoded, arena; NULL when absent */
	struct slice model_value;       /* raw; of duplicates the last one counts */
	bool is_stream;
	const char *provider;           /* explicit choice in the body, or NULL */
	struct slice provider_member;   /* from its key to its value's end */
	struct slice stream_options;    /* raw object, empty when absent */
	bool has_previous_response;
	struct body_signs signs;        /* which format it looks like */
};

/* False with ERR_INVALID and the byte offset in the message when the top
 * level is not a JSON object. Any JSON value in unknown members is fine. */
bool scan_body(struct slice text, struct arena *a, struct scan *out, struct err *err);

#endif
