#include "gateway/upstream_body.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "formats/count_tokens.h"
#include "formats/embeddings.h"
#include "formats/format.h"
#include "formats/history.h"
#include "formats/prompt_splice.h"

/* Without what has to go from the history. */
#define USUAL_EDITS (SCAN_MAX_MODELS + 1 + PROMPT_MAX_EDITS)

/* ---- as it came, with edits ---- */

struct edit_list {
	struct body_edit usual[USUAL_EDITS];
	struct body_edit *items;
	size_t count;
	size_t room;
};

static void add_edit(struct edit_list *list, struct slice range, struct slice text)
{
	size_t at = list->count;

	if (list->count == list->room) {
		return;
	}
	while (at > 0 && list->items[at - 1].range.ptr > range.ptr) {
		list->items[at] = list->items[at - 1];
		at--;
	}
	list->items[at] = (struct body_edit){ range, text };
	list->count++;
}

static void edit_model(struct exchange *x, const char *model, struct edit_list *edits)
{
	struct buf quoted = BUF_INIT(MAX_ERROR_BODY_BYTES);
	struct slice text;

	if (!x->scan.model_count || str_eq(model, x->scan.model)) {
		return;
	}
	json_quote(&quoted, slice_of(model));
	text = arena_slice(&x->arena, buf_slice(&quoted));
	buf_release(&quoted);
	/* All of them: nobody may read another name than the one that was
	 * permitted, whichever duplicate counts for him. */
	for (size_t i = 0; i < x->scan.model_count; i++) {
		add_edit(edits, x->scan.models[i], text);
	}
}

static bool wants_usage(const struct exchange *x, const struct upstream_account *account)
{
	const char *option = pair_get(&account->options, "ask_usage");

	if (x->call.format != FORMAT_CHAT || x->endpoint.op != OP_GENERATE ||
	    !x->scan.is_stream) {
		return false;
	}
	return option ? str_eq(option, "true") : account->provider == PROVIDER_OPENAI ||
						 account->provider == PROVIDER_AZURE;
}

/* Behind the brace that opens `object`. */
static struct slice after_brace(struct slice object)
{
	const char *brace = memchr(object.ptr, '{', object.len);

	return (struct slice){ brace + 1, 0 };
}

/* Without it a Chat stream tells no token counts (product: §11). The chunk
 * that comes of it is kept from the client. */
static void edit_usage(struct exchange *x, const struct upstream_account *account,
		       struct edit_list *edits)
{
	struct slice options = x->scan.stream_options;
	struct json_member m;
	bool is_object = options.len && options.ptr[0] == '{';

	x->call.asked_usage = false;
	if (!wants_usage(x, account) ||
	    (is_object && json_find(options, "include_usage", &m))) {
		return;
	}
	if (!options.len) {
		add_edit(edits, after_brace(x->scan.text),
			 slice_of("\"stream_options\":{\"include_usage\":true},"));
	} else if (is_object) {
		struct slice inside = { options.ptr + 1, options.len - 2 };
		bool is_empty = !slice_trim(inside).len;

		add_edit(edits, after_brace(options),
			 slice_of(is_empty ? "\"include_usage\":true"
					  : "\"include_usage\":true,"));
	} else if (slice_eq(options, "null")) {
		add_edit(edits, options, slice_of("{\"include_usage\":true}"));
	} else {
		return;                 /* the upstream will refuse it */
	}
	x->call.asked_usage = true;
}

/* The user's own system text. Text completions have no place for one. */
static void edit_prompts(struct exchange *x, const struct upstream_account *account,
			 const char *model, struct edit_list *edits)
{
	struct prompt_splice s = {
		.arena = &x->arena,
		.texts = x->prompts,
		.format = x->format,
		.is_count = x->endpoint.op == OP_COUNT_TOKENS,
		.model = model,
	};
	struct route_options options;

	if (!x->prompts || (x->endpoint.op != OP_GENERATE && !s.is_count)) {
		return;
	}
	route_options_read(account, &options);
	s.role = options.developer_role == DEVELOPER_NATIVE ? "developer" : "system";
	prompt_splice(&s, x->scan.text);
	for (size_t i = 0; i < s.count; i++) {
		add_edit(edits, s.edits[i].range, s.edits[i].text);
	}
}

/* Which member a client finds missing, for the warning. */
static const char *cleaned_path(enum format_id format)
{
	switch (format) {
	case FORMAT_ANTHROPIC:
		return "dropped:messages.thinking";
	case FORMAT_RESPONSES:
		return "dropped:input.reasoning";
	default:
		return "dropped:contents.thoughtSignature";
	}
}

/* An envelope can only come from an answer that was converted. */
static bool may_hold_envelopes(const struct exchange *x)
{
	for (size_t i = 0; i < x->config->account_count; i++) {
		if (provider_format(&x->config->accounts[i], x->format, x->endpoint.op) !=
		    x->format) {
			return history_has_envelopes(x->format, x->scan.text);
		}
	}
	return false;
}

static void make_room(struct edit_list *edits, size_t more, struct arena *a)
{
	struct body_edit *items = arena_alloc(a, (edits->count + more) * sizeof *items);

	memcpy(items, edits->items, edits->count * sizeof *items);
	edits->items = items;
	edits->room = edits->count + more;
}

/* Signatures and blobs that this upstream cannot take (C6, C64). */
static void edit_history(struct exchange *x, struct edit_list *edits)
{
	const struct history_edit *list = NULL;
	size_t count = 0;

	if (x->endpoint.op != OP_GENERATE && x->endpoint.op != OP_COUNT_TOKENS) {
		return;
	}
	if (x->history == HISTORY_ALL || may_hold_envelopes(x)) {
		list = history_clean(x->format, x->scan.text, x->history, &x->arena);
	}
	for (const struct history_edit *e = list; e; e = e->next) {
		count++;
	}
	if (!count) {
		return;
	}
	make_room(edits, count, &x->arena);
	x->warnings_text = cleaned_path(x->format);
	for (const struct history_edit *e = list; e; e = e->next) {
		add_edit(edits, e->range, e->text);
		if (e->warning) {
			x->warnings_text = arena_printf(&x->arena, "%s, %s", x->warnings_text,
							e->warning);
		}
	}
}

static bool build_body(struct exchange *x, const struct upstream_account *account,
		       const char *model, struct transfer_spec *spec, struct err *err)
{
	struct edit_list edits = { .room = USUAL_EDITS };

	edits.items = edits.usual;
	spec->has_body = x->body.len > 0 || str_eq(spec->method, "POST");
	body_unpatch(&x->body);
	if (x->scan.text.ptr) {
		edit_model(x, model, &edits);
		edit_usage(x, account, &edits);
		edit_prompts(x, account, model, &edits);
		edit_history(x, &edits);
	}
	return body_patch(&x->body, edits.items, edits.count, &spec->body) ||
	       err_setf(err, ERR_FAILED, "the gateway's memory budget is used up");
}

/* ---- converted ---- */

/* Decoded once; every candidate of another format is encoded from it. */
bool upstream_body_decode(struct exchange *x, struct err *err)
{
	struct api_error error;
	struct convert_source source = {
		.format = x->format,
		.body = body_text(&x->body),
		.path_model = *x->endpoint.model ? x->endpoint.model : NULL,
		.path_stream = x->endpoint.is_stream,
		.gemini_array = x->endpoint.is_array_stream,
		.text_completion = x->endpoint.op == OP_COMPLETIONS,
		.is_count = x->endpoint.op == OP_COUNT_TOKENS,
		.signatures = &x->signatures,
	};

	if (source.is_count) {
		source.body = count_tokens_request(x->format, source.body);
	}
	x->signatures.memory = x->worker->shared->signatures;
	x->signatures.owner = x->key ? x->key->id : "";
	if (!x->hub) {
		x->hub = convert_decode(&source, &x->hub_arena, &x->warnings, &error);
		if (x->hub && x->prompts) {
			prompt_into_hub(x->hub, x->prompts);
		}
	}
	return x->hub || err_setf(err, ERR_INVALID, "%.400s", error.message);
}

static bool convert_body(struct exchange *x, const struct candidate *c, const char *model,
			 struct transfer_spec *spec, struct err *err)
{
	struct converted *converted = &x->call.converted;
	struct convert_target target = {
		.format = x->call.format,
		.account = c->account,
		.model = model,
		.asked_model = x->model,
		.round = x->call.round,
	};
	struct api_error error;

	if (!upstream_body_decode(x, err)) {
		return false;
	}
	if (x->history == HISTORY_ALL) {
		history_forget(x->hub);
	}
	if (!convert_encode(x->hub, &target, &x->warnings, converted, &error)) {
		return err_setf(err, ERR_INVALID, "%.400s", error.message);
	}
	x->warnings_text = converted->warnings.len ?
		arena_strdup(&x->arena, buf_text(&converted->warnings)) : NULL;
	spec->has_body = true;
	spec->body = buf_slice(&converted->body);
	return true;
}

/* C115: what was converted is counted instead of answered. */
static void ask_for_count(struct exchange *x, const char *model, struct transfer_spec *spec)
{
	struct converted *converted = &x->call.converted;
	struct buf body = BUF_INIT(MAX_ARENA_BYTES);

	count_tokens_body(x->call.format, model, buf_slice(&converted->body), &body);
	buf_release(&converted->body);
	converted->body = body;
	converted->stream = false;
	spec->body = buf_slice(&converted->body);
}

static bool is_convertible(const struct exchange *x, const struct call *call)
{
	if (x->endpoint.op == OP_COUNT_TOKENS) {
		return count_tokens_converts(x->format, call->format);
	}
	return (x->endpoint.op == OP_GENERATE || x->endpoint.op == OP_COMPLETIONS) &&
	       format_find(x->format) && format_find(call->format);
}

/* C114 */
static bool embeds_elsewhere(const struct exchange *x)
{
	return x->endpoint.op == OP_EMBEDDINGS && x->format == FORMAT_CHAT &&
	       x->call.format == FORMAT_GEMINI;
}

static bool convert_embeddings(struct exchange *x, struct provider_request *req,
			       struct transfer_spec *spec, struct err *err)
{
	struct buf *body = &x->call.converted.body;

	buf_init(body, MAX_ARENA_BYTES);
	if (!embeddings_request(body_text(&x->body), req->model, body, err)) {
		return false;
	}
	x->wants_base64 = embeddings_want_base64(body_text(&x->body));
	req->is_converted = true;
	spec->has_body = true;
	spec->body = buf_slice(body);
	return true;
}

bool upstream_body_build(struct exchange *x, const struct candidate *c,
			   struct provider_request *req, struct transfer_spec *spec,
			   struct err *err)
{
	struct call *call = &x->call;

	call->is_converted = call->format != x->format;
	x->warnings_text = NULL;
	if (!call->is_converted) {
		return build_body(x, req->account, req->model, spec, err);
	}
	if (embeds_elsewhere(x)) {
		return convert_embeddings(x, req, spec, err);
	}
	if (!is_convertible(x, call)) {
		return err_setf(err, ERR_INVALID, "it speaks %s, and this request is %s",
				format_name(call->format), format_name(x->format));
	}
	if (!convert_body(x, c, req->model, spec, err)) {
		return false;
	}
	req->is_converted = true;
	if (x->endpoint.op == OP_COUNT_TOKENS) {
		ask_for_count(x, req->model, spec);
	} else {
		req->op = OP_GENERATE;
	}
	req->is_stream = call->converted.stream;
	if (call->converted.anthropic_version) {
		req->anthropic_version = call->converted.anthropic_version;
	}
	return true;
}
