/*
 * One call of the control API on its way through a handler: the parameter,
 * the query, the body, and the configuration in force. Inside control/ only.
 */
#ifndef CONTROL_CALL_H
#define CONTROL_CALL_H

#include "base/arena.h"
#include "control/control.h"
#include "control/edits.h"

struct control {
	char *home;
	char *config_path;
	const struct control_runtime *runtime;  /* NULL: no gateway runs */

	/* Without a gateway, made when first needed: call_oauth() and others. */
	struct credential_store *store;
	struct oauth *oauth;
};

struct stats_report;

struct call {
	struct control *control;
	struct config *config;          /* owned reference; NULL: the file does not load */
	struct config *before;          /* the one the call began with: what a handler found
	                                 * in it stays valid across call_apply() */
	struct err config_err;          /* why it does not */
	const char *param;              /* decoded; the U of /v1/upstreams/U; may be NULL */
	const char *query;              /* raw, without the question mark */
	struct slice body;              /* a JSON object; empty: none */
	struct stats_report *report;    /* owned; see call_report() */
	bool is_trial;                  /* dry_run=1: nothing is written … */
	struct buf trial_before;        /* … the file as it is and as it would be, */
	struct buf trial_after;         /* both without secrets */
	struct arena arena;             /* dies with the call */
};

/* A query value, decoded; NULL when it is absent. Lives as long as the call. */
const char *call_query(struct call *call, const char *name);

/* The same as a whole number; `fallback` when absent, ERR_USAGE otherwise. */
bool call_query_int(struct call *call, const char *name, int64_t fallback,
		    int64_t *out, struct err *err);

/* The same as a moment: RFC 3339, or a duration ago such as 10m. */
bool call_query_since(struct call *call, const char *name, int64_t fallback_ms,
		      int64_t *out_ms, struct err *err);

/* Writes the edits to the file and puts them in force; call->config is the new
 * snapshot then. No edits: nothing happens. */
bool call_apply(struct call *call, const struct edits *edits, struct err *err);

/* The same for one edit: a value (YAML) at `path`, or what is there removed. */
bool call_set(struct call *call, const char *path, const char *yaml, struct err *err);
bool call_remove(struct call *call, const char *path, struct err *err);

/* The same for the body as a merge patch of the mapping at `path`; `names` as
 * in edits_merge(). */
bool call_merge(struct call *call, const char *path, const char *const *names,
		struct err *err);

/* Would the file still load with them? Changes nothing. */
bool call_check(struct call *call, const struct edits *edits, struct err *err);

/* The file's text with them, not checked. It may hold secrets. */
bool call_edited_text(struct call *call, const struct edits *edits, struct buf *out,
		      struct err *err);

/* ERR_NOT_FOUND about `who`: `what` is its noun ("upstream"); of `names` the
 * nearest is suggested. Returns false. */
bool call_not_found(const char *what, const char *who, const char *const *names, size_t count,
		    struct err *err);

/* The account of this name, id or unique beginning of an id; NULL + err. */
const struct upstream_account *call_upstream(const struct call *call, const char *who,
					     struct err *err);

/* Reads the configuration in force into the call, replacing what it had. */
bool call_load_config(struct call *call, struct err *err);

/* The same from a file that only lacks the first gateway key. */
bool call_load_keyless(struct call *call);

/* The file's text; an absent file is empty. */
bool call_read_file(struct call *call, struct buf *out, struct err *err);

/* Keeps (NULL: forgets) a secret in the credential store. */
bool call_put_secret(struct call *call, const char *account, const struct secret *value,
		     struct err *err);

/* The accounts' secrets; the caller gives the reference back. What cannot be
 * had is a problem of its account (credentials/key_ring.h). */
struct key_ring *call_keys(struct call *call);

/* Sign-ins to accounts. Borrowed. NULL + ERR_STORE. */
struct oauth *call_oauth(struct call *call, struct err *err);

/* What has been counted, merged at the first use since call_forget_report();
 * NULL: no gateway runs. */
const struct stats_report *call_report(struct call *call);
void call_forget_report(struct call *call);

/* Does a gateway run? */
bool call_is_running(const struct call *call);

#endif
