/*
 * Every route of the control API in one table: what the router dispatches,
 * what the manual page lists.
 *
 * Objects carry the configuration's key names. A list is an array. POST to a
 * collection creates, PATCH takes a JSON merge patch (RFC 7396: members
 * replace, null removes, objects merge), both answer the object as it is then.
 */
#ifndef CONTROL_ROUTES_H
#define CONTROL_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json_write.h"

struct call;
struct control_sink;

/* Writes one JSON value. False + err: nothing was changed, or the message
 * says what was. */
typedef bool (*control_handler)(struct call *call, struct json_writer *w, struct err *err);

/* Sends events until the sink says no. False + err only before the first. */
typedef bool (*control_streamer)(struct call *call, const struct control_sink *sink,
				 struct err *err);

enum route_flag {
	ROUTE_RUNNING = 1,      /* without a running gateway: ERR_NOT_RUNNING */
	ROUTE_BROKEN_CONFIG = 2,/* answers although the file does not load */
	ROUTE_TRIAL = 4,        /* with dry_run=1 it only tells what the file would be */
	ROUTE_KEYLESS = 4,      /* answers although an open host lacks its first key */
};

struct control_route {
	const char *method;
	const char *path;       /* a segment "*" is the call's parameter */
	control_handler handle; /* NULL: only `follow` */
	control_streamer follow;/* NULL: does not stream */
	const char *permission; /* that a gateway key needs over HTTP: "read" or "admin" */
	unsigned flags;         /* enum route_flag bits */
	const char *summary;
};

extern const struct control_route control_routes[];
extern const size_t control_route_count;

#endif
