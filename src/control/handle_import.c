/*
 * Takes over another gateway's configuration: keys into the credential store,
 * the rest into the file; what has no counterpart is listed.
 */
#include "control/handlers.h"

#include "base/limits.h"
#include "config/import.h"
#include "config/load.h"
#include "control/call.h"
#include "control/fields.h"

static bool collect(const struct import *im, struct edits *edits, struct err *err)
{
	for (size_t i = 0; i < im->edits.len; i++) {
		const struct edit *e = im->edits.items[i];

		edits_add(edits, e->kind, e->path, slice_of(e->value));
	}
	return !edits->is_full ||
	       err_setf(err, ERR_TOO_LARGE, "the file comes to more than %d changes; import it "
			"in parts", MAX_EDITS);
}

static void forget(struct call *call, const struct import *im, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct import_secret *s = im->secrets.items[i];

		call_put_secret(call, s->account, NULL, NULL);
	}
}

/* Keys first, so that no account is ever without; none stays behind when the
 * file could not be written. */
static bool apply(struct call *call, const struct import *im, const struct edits *edits,
		  struct err *err)
{
	size_t kept = 0;

	if (!call_check(call, edits, err)) {
		return false;
	}
	for (; kept < im->secrets.len; kept++) {
		const struct import_secret *s = im->secrets.items[kept];

		if (!call_put_secret(call, s->account, &s->value, err)) {
			forget(call, im, kept);
			return false;
		}
	}
	if (!call_apply(call, edits, err)) {
		forget(call, im, kept);
		return false;
	}
	return true;
}

static void write_lines(struct json_writer *w, const char *name, const struct vec *lines)
{
	json_key(w, name);
	json_array(w);
	for (size_t i = 0; i < lines->len; i++) {
		json_str(w, lines->items[i]);
	}
	json_end(w);
}

/* The file as it would be, or is. */
static bool write_answer(struct call *call, const struct import *im, const struct edits *edits,
			 bool is_trial, struct json_writer *w, struct err *err)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf shown = BUF_INIT(2 * MAX_CONFIG_BYTES);
	bool ok = !is_trial || (call_check(call, edits, err) &&
				call_edited_text(call, edits, &text, err) &&
				config_redact_text(buf_slice(&text), &shown, err));

	if (ok) {
		json_object(w);
		json_kstr(w, "kind", im->kind);
		json_kbool(w, "applied", !is_trial);
		write_lines(w, "imported", &im->imported);
		write_lines(w, "left_out", &im->left_out);
		if (is_trial) {
			json_kstr(w, "text", buf_text(&shown));
		}
		json_end(w);
	}
	buf_wipe(&text);
	buf_release(&shown);
	return ok;
}

static bool import_text(struct call *call, const char *name, const struct buf *text,
			struct json_writer *w, struct err *err)
{
	bool is_trial = field_flag(call->body, "print", false);
	struct edits edits;
	struct import im;
	bool ok = config_import(&im, name, buf_slice(text), call->config, err);

	edits_init(&edits, SLICE_NULL);
	ok = ok && collect(&im, &edits, err) && (is_trial || apply(call, &im, &edits, err)) &&
	     write_answer(call, &im, &edits, is_trial, w, err);
	edits_release(&edits);
	import_release(&im);
	return ok;
}

bool handle_config_import(struct call *call, struct json_writer *w, struct err *err)
{
	static const char *const known[] = { "name", "text", "print", NULL };
	struct buf name = BUF_INIT(4 * KIB);
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok = fields_only(call->body, "the call", known, err) &&
		  field_need(call->body, "text", &text, err);

	if (ok) {
		field_text(call->body, "name", &name, NULL);
		ok = import_text(call, name.len ? buf_text(&name) : "the file", &text, w, err);
	}
	buf_release(&name);
	buf_wipe(&text);
	return ok;
}
