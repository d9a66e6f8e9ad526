#include "control/call.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/uri.h"
#include "config/load.h"
#include "config/value.h"
#include "credentials/key_ring.h"
#include "credentials/prompt.h"
#include "credentials/store.h"
#include "oauth/oauth.h"
#include "stats/stats.h"

bool call_is_running(const struct call *call)
{
	return call->control->runtime;
}

const struct stats_report *call_report(struct call *call)
{
	if (!call->report && call->control->runtime) {
		call->report = stats_report_create(call->control->runtime->stats);
	}
	return call->report;
}

void call_forget_report(struct call *call)
{
	stats_report_destroy(call->report);
	call->report = NULL;
}

const char *call_query(struct call *call, const char *name)
{
	struct slice raw;

	return uri_parameter(call->query, name, &raw) ? uri_decode(raw, &call->arena) : NULL;
}

bool call_query_since(struct call *call, const char *name, int64_t fallback_ms,
		      int64_t *out_ms, struct err *err)
{
	const char *text = call_query(call, name);
	int64_t ago_ms;

	*out_ms = fallback_ms;
	if (!text || clock_parse(text, out_ms)) {
		return true;
	}
	if (!value_duration_ms(text, &ago_ms)) {
		return err_setf(err, ERR_USAGE, "%s: a time, or a duration such as 10m", name);
	}
	*out_ms = clock_wall_ms() - ago_ms;
	return true;
}

bool call_query_int(struct call *call, const char *name, int64_t fallback, int64_t *out,
		    struct err *err)
{
	const char *text = call_query(call, name);

	*out = fallback;
	return !text || (str_to_i64(text, out) && *out >= 0) ||
	       err_setf(err, ERR_USAGE, "%s: not a whole number", name);
}

static void take_config(struct call *call, struct config *config)
{
	if (call->before) {
		config_unref(call->config);
	} else {
		call->before = call->config;
	}
	call->config = config;
}

bool call_load_config(struct call *call, struct err *err)
{
	const struct control *c = call->control;

	take_config(call, c->runtime ? c->runtime->config(c->runtime->ctx) :
				       config_load(c->config_path, err));
	if (call->config) {
		call->config_err = (struct err)ERR_INIT;
	}
	return call->config;
}

bool call_load_keyless(struct call *call)
{
	if (!call->control->runtime) {
		call->config = config_load_keyless(call->control->config_path, NULL);
	}
	return call->config;
}

bool call_read_file(struct call *call, struct buf *out, struct err *err)
{
	struct err inner = ERR_INIT;

	if (file_read(call->control->config_path, out, &inner) ||
	    inner.kind == ERR_NOT_FOUND) {
		return true;
	}
	if (err) {
		*err = inner;
	}
	return false;
}

/* The call goes on with the configuration that it would be. */
static bool try_edits(struct call *call, const struct edits *edits, struct err *err)
{
	struct buf before = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf after = BUF_INIT(MAX_CONFIG_BYTES);
	struct config *parsed = NULL;

	if (call_read_file(call, &before, err) && call_edited_text(call, edits, &after, err) &&
	    config_redact_text(buf_slice(&before), &call->trial_before, err) &&
	    config_redact_text(buf_slice(&after), &call->trial_after, err)) {
		parsed = config_parse(call->control->config_path, buf_slice(&after), err);
	}
	if (parsed) {
		take_config(call, parsed);
	}
	buf_wipe(&before);
	buf_wipe(&after);
	return parsed;
}

bool call_apply(struct call *call, const struct edits *edits, struct err *err)
{
	const struct control_runtime *runtime = call->control->runtime;

	if (!edits->count) {
		return true;
	}
	if (call->is_trial) {
		return try_edits(call, edits, err);
	}
	if (!config_edit_file(call->control->config_path, edits->items, edits->count, err)) {
		return false;
	}
	if (runtime && !runtime->reload(runtime->ctx, err)) {
		return err_wrapf(err, "the file is changed, but not in force");
	}
	return call_load_config(call, err);
}

static bool apply_one(struct call *call, enum edit_kind kind, const char *path,
		      struct slice yaml, struct err *err)
{
	struct edits edits;
	bool ok;

	edits_init(&edits, SLICE_NULL);
	edits_add(&edits, kind, path, yaml);
	ok = call_apply(call, &edits, err);
	edits_release(&edits);
	return ok;
}

bool call_set(struct call *call, const char *path, const char *yaml, struct err *err)
{
	return apply_one(call, EDIT_SET, path, slice_of(yaml), err);
}

bool call_remove(struct call *call, const char *path, struct err *err)
{
	return apply_one(call, EDIT_REMOVE, path, SLICE_NULL, err);
}

bool call_merge(struct call *call, const char *path, const char *const *names,
		struct err *err)
{
	struct buf current = BUF_INIT(MAX_CONFIG_BYTES);
	struct edits edits;
	bool ok = call_read_file(call, &current, err);

	edits_init(&edits, buf_slice(&current));
	ok = ok && edits_merge(&edits, path, call->body, names, err) &&
	     call_apply(call, &edits, err);
	edits_release(&edits);
	buf_wipe(&current);
	return ok;
}

bool call_not_found(const char *what, const char *who, const char *const *names, size_t count,
		    struct err *err)
{
	const char *near = str_nearest(who, names, count);

	err_setf(err, ERR_NOT_FOUND, "no %s \"%s\"", what, who);
	if (near) {
		err_hintf(err, "did you mean \"%s\"?", near);
	}
	return false;
}

const struct upstream_account *call_upstream(const struct call *call, const char *who,
					     struct err *err)
{
	const struct config *c = call->config;
	const struct upstream_account *a = config_account(c, who);
	const char *names[64];
	size_t count = 0;

	if (!a) {
		for (; count < c->account_count && count < ARRAY_LEN(names); count++) {
			names[count] = c->accounts[count].name;
		}
		call_not_found("upstream", who, names, count, err);
	}
	return a;
}

/* The file as config_edit_file() would begin with it. */
static bool read_or_template(struct call *call, struct buf *out, struct err *err)
{
	if (!file_exists(call->control->config_path)) {
		buf_adds(out, config_template());
		return true;
	}
	return call_read_file(call, out, err);
}

bool call_edited_text(struct call *call, const struct edits *edits, struct buf *out,
		      struct err *err)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok = read_or_template(call, &text, err) &&
		  config_edit_text(buf_slice(&text), edits->items, edits->count, out, err);

	buf_wipe(&text);
	return ok;
}

bool call_check(struct call *call, const struct edits *edits, struct err *err)
{
	struct buf edited = BUF_INIT(MAX_CONFIG_BYTES);
	struct config *parsed = NULL;

	if (call_edited_text(call, edits, &edited, err)) {
		parsed = config_parse(call->control->config_path, buf_slice(&edited), err);
	}
	config_unref(parsed);
	buf_wipe(&edited);
	return parsed;
}

/* Only a command gets here: it may ask the person who typed it. */
static struct credential_store *open_store(struct call *call, struct err *err)
{
	struct control *c = call->control;
	const char *kind = call->config ? call->config->credential_store : "auto";
	bool has_terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);

	if (!c->store) {
		c->store = store_open_asking(kind, c->home,
					     has_terminal ? prompt_ask_tty : NULL, NULL, err);
	}
	return c->store;
}

bool call_put_secret(struct call *call, const char *account, const struct secret *value,
		     struct err *err)
{
	const struct control_runtime *runtime = call->control->runtime;
	struct credential_store *store;

	if (call->is_trial) {
		return true;
	}
	if (runtime) {
		return runtime->put_secret(runtime->ctx, account, value, err);
	}
	store = open_store(call, err);
	return store && (value ? store_put(store, account, value, err) :
				 store_delete(store, account, err));
}

struct key_ring *call_keys(struct call *call)
{
	const struct control_runtime *runtime = call->control->runtime;
	struct credential_store *store = NULL;
	struct err err = ERR_INIT;

	if (runtime) {
		return runtime->keys(runtime->ctx);
	}
	if (key_ring_needs_store(call->config)) {
		store = open_store(call, &err);
	}
	return key_ring_build(call->config, store, *err.msg ? err.msg : NULL);
}

struct oauth *call_oauth(struct call *call, struct err *err)
{
	struct control *c = call->control;

	if (c->runtime) {
		return c->runtime->oauth(c->runtime->ctx, err);
	}
	if (!c->oauth && open_store(call, err)) {
		c->oauth = oauth_create(c->home, c->store, NULL, NULL);
	}
	return c->oauth;
}
