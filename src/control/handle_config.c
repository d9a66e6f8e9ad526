/*
 * The configuration as a whole: is it in force, what does it come to, single
 * values by their path.
 */
#include "control/handlers.h"

#include "base/limits.h"
#include "config/edit.h"
#include "config/keys.h"
#include "config/load.h"
#include "control/call.h"
#include "control/fields.h"
#include "control/views.h"

/* Member "in_force": the text that a running gateway has read last. */
static bool write_text_in_force(struct call *call, struct json_writer *w, struct err *err)
{
	const struct control_runtime *runtime = call->control->runtime;
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf shown = BUF_INIT(2 * MAX_CONFIG_BYTES);
	bool ok = true;

	if (runtime) {
		runtime->config_text(runtime->ctx, &text);
		ok = config_redact_text(buf_slice(&text), &shown, err);
		json_kstr(w, "in_force", buf_text(&shown));
	}
	buf_wipe(&text);
	buf_release(&shown);
	return ok;
}

static bool write_text(struct call *call, struct json_writer *w, struct err *err)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf shown = BUF_INIT(2 * MAX_CONFIG_BYTES);
	bool ok = call_read_file(call, &text, err) &&
		  config_redact_text(buf_slice(&text), &shown, err);

	if (ok) {
		json_object(w);
		json_kstr(w, "path", call->control->config_path);
		json_kstr(w, "text", buf_text(&shown));
		ok = write_text_in_force(call, w, err);
		json_end(w);
	}
	buf_wipe(&text);
	buf_release(&shown);
	return ok;
}

/* A path that is no key at all has a nearest one; any other is just not set. */
static bool explain_missing(const char *key, struct err *err)
{
	struct buf unused = BUF_INIT(KIB);
	struct err why = ERR_INIT;

	if (err && err->kind == ERR_NOT_FOUND &&
	    !config_format_value(key, "0", &unused, &why) && why.kind == ERR_INVALID) {
		*err = why;
		err->kind = ERR_NOT_FOUND;
	}
	buf_release(&unused);
	return false;
}

/* What a key comes to, its default included. */
static bool write_value(struct call *call, const char *key, struct json_writer *w,
			struct err *err)
{
	struct buf value = BUF_INIT(2 * MAX_CONFIG_BYTES);
	bool ok;

	if (!call->config) {
		*err = call->config_err;
		return false;
	}
	ok = config_get(call->config, key, &value, err) || explain_missing(key, err);
	if (ok) {
		json_object(w);
		json_kstr(w, "key", key);
		json_kstr(w, "value", buf_text(&value));
		json_end(w);
	}
	buf_release(&value);
	return ok;
}

static void write_overview(struct call *call, struct json_writer *w)
{
	struct buf effective = BUF_INIT(MAX_CONTROL_BYTES);
	static const struct string_list none;

	json_object(w);
	view_config_state(call, w);
	view_list(w, "warnings", call->config ? &call->config->warnings : &none);
	json_key(w, "effective");
	if (call->config) {
		config_dump_json(call->config, &effective);
		json_raw(w, buf_slice(&effective));
	} else {
		json_null(w);
	}
	json_end(w);
	buf_release(&effective);
}

bool handle_config_show(struct call *call, struct json_writer *w, struct err *err)
{
	const char *key = call_query(call, "key");

	if (key) {
		return write_value(call, key, w, err);
	}
	if (call_query(call, "text")) {
		return write_text(call, w, err);
	}
	write_overview(call, w);
	return true;
}

/* However it is wrapped. */
static bool refuse_api_key(const char *text, struct err *err)
{
	if (!strstr(text, "api_key")) {
		return true;
	}
	err_setf(err, ERR_INVALID, "a key does not go into the file");
	return err_hintf(err, "llm-gateway upstream edit U --key=- puts it into the store");
}

static bool set_one(struct call *call, const char *key, struct err *err)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf yaml = BUF_INIT(MAX_CONFIG_BYTES);
	struct err inner = ERR_INIT;
	bool ok = field_text(call->body, "value", &text, &inner) ||
		  err_setf(err, ERR_INVALID, "\"value\" is not a text");

	ok = ok && refuse_api_key(key, err) && refuse_api_key(buf_text(&text), err) &&
	     config_format_value(key, buf_text(&text), &yaml, err) &&
	     call_set(call, key, buf_text(&yaml), err);
	buf_release(&text);
	buf_release(&yaml);
	return ok;
}

/* Accounts and keys have routes of their own, which know about secrets. */
static bool merge_file(struct call *call, struct json_writer *w, struct err *err)
{
	if (field_has(call->body, "upstream_accounts") || field_has(call->body, "gateway_keys")) {
		return err_setf(err, ERR_INVALID,
				"accounts and keys are changed at /v1/upstreams and /v1/keys");
	}
	if (!call_merge(call, "", NULL, err)) {
		return false;
	}
	write_overview(call, w);
	return true;
}

/* Either one value by its path, {"key", "value"}, or a merge patch of the
 * whole file. */
bool handle_config_set(struct call *call, struct json_writer *w, struct err *err)
{
	static const char *const one[] = { "key", "value", NULL };
	struct buf key = BUF_INIT(4 * KIB);
	bool ok;

	if (!field_has(call->body, "key")) {
		return merge_file(call, w, err);
	}
	ok = fields_only(call->body, "the call", one, err) &&
	     field_need(call->body, "key", &key, err) && set_one(call, buf_text(&key), err) &&
	     write_value(call, buf_text(&key), w, err);
	buf_release(&key);
	return ok;
}

bool handle_config_unset(struct call *call, struct json_writer *w, struct err *err)
{
	const char *key = call_query(call, "key");

	if (str_empty(key)) {
		return err_setf(err, ERR_USAGE, "the query has no key");
	}
	if (!call_remove(call, key, err)) {
		return false;
	}
	json_object(w);
	json_kstr(w, "key", key);
	json_kbool(w, "removed", true);
	json_end(w);
	return true;
}

bool handle_config_undo(struct call *call, struct json_writer *w, struct err *err)
{
	const struct control_runtime *runtime = call->control->runtime;

	if (!config_undo_file(call->control->config_path, err) ||
	    (runtime && !runtime->reload(runtime->ctx, err)) || !call_load_config(call, err)) {
		return false;
	}
	write_overview(call, w);
	return true;
}
