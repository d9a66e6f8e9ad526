/*
 * Objects as the control API shows them (product: §11, JSON of --json).
 * Nothing here shows a secret. Inside control/ only.
 */
#ifndef CONTROL_VIEWS_H
#define CONTROL_VIEWS_H

#include "base/json_write.h"
#include "config/config.h"

struct call;
struct control_runtime;

/* Each writes one value. */
void view_upstream(struct call *call, const struct upstream_account *a,
		   struct json_writer *w);
void view_upstreams(struct call *call, struct json_writer *w);
void view_keys(struct call *call, struct json_writer *w);
void view_models(struct call *call, struct json_writer *w);

/* The requests in progress, an array. */
void view_running(struct call *call, struct json_writer *w);
/* One of them; false: it does not run, nothing written. */
bool view_running_one(struct call *call, const char *id, struct json_writer *w);

/* Open an object with the members of it; the caller may add more and ends it. */
void view_key(struct call *call, const struct gateway_key *k, struct json_writer *w);
void view_model(const struct model_alias *a, struct json_writer *w);

/* Each writes one member. */
void view_list(struct json_writer *w, const char *name, const struct string_list *list);
void view_limits(struct json_writer *w, const struct limits *limits);

/* Members "path", "valid", "error", "needs_restart": is the file in force, or
 * why not. */
void view_config_state(const struct call *call, struct json_writer *w);

/* Text that may hold a credential in a URL or a token's shape, without it. */
void view_masked(struct json_writer *w, const char *name, const char *text);

/* routing's names (router.h, condition_name), or "unknown" where no gateway
 * runs; what is the matter, if it is not a cooldown, is appended to `problem`. */
const char *upstream_state(const struct control_runtime *runtime,
			   const struct upstream_account *a, struct buf *problem);

#endif
