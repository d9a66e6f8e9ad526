#include "gateway/upstream_request.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "formats/format.h"
#include "gateway/authorise.h"
#include "gateway/way.h"

#define MAX_EDITS (SCAN_MAX_MODELS + 3)

/* ---- headers ---- */

struct header_set {
	struct exchange *x;
	const struct upstream_account *account;
	struct header *items;
	size_t count;
	size_t room;
};

static void push(struct header_set *set, const char *name, const char *value)
{
	if (set->count == set->room) {
		size_t room = set->room ? 2 * set->room : 24;
		struct header *items = arena_alloc(&set->x->arena, room * sizeof *items);

		if (set->count) {
			memcpy(items, set->items, set->count * sizeof *items);
		}
		set->items = items;
		set->room = room;
	}
	set->items[set->count++] = (struct header){ name, value };
}

/* Takes the place of a header of that name. */
static void put(struct header_set *set, const char *name, const char *value)
{
	for (size_t i = 0; i < set->count; i++) {
		if (str_ieq(set->items[i].name, name)) {
			set->items[i].value = value;
			return;
		}
	}
	push(set, name, value);
}

/* The body is decoded and answers are read on their way, so both codings are
 * the gateway's own business. */
static void copy_client_header(void *ctx, const char *name, const char *value)
{
	struct header_set *set = ctx;
	char lower[64];
	size_t len = strlen(name);

	if (len >= sizeof lower) {
		return;
	}
	for (size_t i = 0; i <= len; i++) {
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 32 : name[i]);
	}
	if (str_eq(lower, "content-encoding") || str_eq(lower, "accept-encoding") ||
	    str_eq(lower, "content-length") || !provider_passes_header(set->account, lower) ||
	    authorise_is_gateway_key(set->x->config, lower, value)) {
		return;
	}
	push(set, name, value);
}

static bool add_credential(struct header_set *set, const struct provider_request *req,
			   struct err *err)
{
	const struct upstream_account *account = set->account;
	const struct provider *provider = provider_find(account->provider);
	struct header_list own = { .count = 0 };
	const char *problem = NULL;
	const struct secret *key = key_ring_get(set->x->keys, account->id, &problem);
	static const struct secret none = SECRET_INIT;

	if (account->type == ACCOUNT_PASSTHROUGH) {
		return true;
	}
	if (!key && account->type != ACCOUNT_NONE) {
		return err_setf(err, ERR_SIGN_IN, "%s", problem ? problem : "no credential");
	}
	provider->authorise(req, key ? key : &none, &set->x->arena, &own);
	for (size_t i = 0; i < own.count; i++) {
		put(set, own.items[i].name, own.items[i].value);
	}
	return true;
}

static bool build_headers(struct exchange *x, const struct provider_request *req,
			  struct transfer_spec *spec, struct err *err)
{
	struct header_set set = { .x = x, .account = req->account };
	const struct pair_list *extra = &req->account->headers;

	if (!req->is_converted) {
		client_each_header(x->client, copy_client_header, &set);
	}
	if (!add_credential(&set, req, err)) {
		return false;
	}
	if (x->scan.text.ptr || req->is_converted) {
		/* It has been read as JSON, whatever a `curl -d` calls it. */
		put(&set, "Content-Type", "application/json");
	}
	put(&set, "Accept-Encoding", "identity");
	if (x->config->proxy.forward_client_ip) {
		put(&set, "X-Forwarded-For", client_address(x->client));
	}
	for (size_t i = 0; i < extra->count; i++) {
		put(&set, extra->items[i].name, extra->items[i].value);
	}
	spec->headers = set.items;
	spec->header_count = set.count;
	return true;
}

/* ---- body ---- */

struct edit_list {
	struct body_edit items[MAX_EDITS];
	size_t count;
};

static void add_edit(struct edit_list *list, struct slice range, struct slice text)
{
	size_t at = list->count;

	if (list->count == MAX_EDITS) {
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

/* `provider` of the unified body is this gateway's own; with it goes one
 * comma, the one behind or else the one before it. */
static void edit_provider(struct exchange *x, struct edit_list *edits)
{
	struct slice range = x->scan.provider_member;
	const char *start = x->scan.text.ptr;
	const char *end = start + x->scan.text.len;
	const char *p = range.ptr + range.len;

	if (!x->scan.provider) {
		return;
	}
	while (p < end && strchr(" \t\r\n", *p)) {
		p++;
	}
	if (p < end && *p == ',') {
		range.len = (size_t)(p + 1 - range.ptr);
	} else {
		for (p = range.ptr - 1; p > start && *p != ',' && *p != '{'; p--) {
		}
		if (*p == ',') {
			range.len += (size_t)(range.ptr - p);
			range.ptr = p;
		}
	}
	add_edit(edits, range, (struct slice){ "", 0 });
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

/* Decoded once; every candidate of another format is encoded from it. */
static bool decode_hub(struct exchange *x, struct err *err)
{
	struct api_error error;
	struct convert_source source = {
		.format = x->format,
		.body = body_text(&x->body),
		.path_model = *x->endpoint.model ? x->endpoint.model : NULL,
		.path_stream = x->endpoint.is_stream,
		.gemini_array = x->endpoint.is_array_stream,
		.text_completion = x->endpoint.op == OP_COMPLETIONS,
		.signatures = &x->signatures,
	};

	x->signatures.memory = x->worker->shared->signatures;
	x->signatures.owner = x->key ? x->key->id : "";
	if (!x->hub) {
		x->hub = convert_decode(&source, &x->arena, &x->warnings, &error);
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
	};
	struct api_error error;

	body_unpatch(&x->body);
	if (!decode_hub(x, err)) {
		return false;
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

static bool build_body(struct exchange *x, const struct upstream_account *account,
		       const char *model, struct transfer_spec *spec, struct err *err)
{
	struct edit_list edits = { .count = 0 };

	spec->has_body = x->body.len > 0 || str_eq(spec->method, "POST");
	body_unpatch(&x->body);
	if (x->scan.text.ptr) {
		edit_model(x, model, &edits);
		edit_provider(x, &edits);
		edit_usage(x, account, &edits);
	}
	return body_patch(&x->body, edits.items, edits.count, &spec->body) ||
	       err_setf(err, ERR_FAILED, "the gateway's memory budget is used up");
}

/* ---- the whole ---- */

static const char *header_or_empty(const struct exchange *x, const char *name)
{
	const char *value = client_header(x->client, name);

	return value ? value : "";
}

static bool is_convertible(const struct exchange *x, const struct call *call)
{
	return (x->endpoint.op == OP_GENERATE || x->endpoint.op == OP_COMPLETIONS) &&
	       format_find(x->format) && format_find(call->format);
}

static bool build_any_body(struct exchange *x, const struct candidate *c,
			   struct provider_request *req, struct transfer_spec *spec,
			   struct err *err)
{
	struct call *call = &x->call;

	call->is_converted = call->format != x->format;
	x->warnings_text = NULL;
	if (!call->is_converted) {
		return build_body(x, req->account, req->model, spec, err);
	}
	if (!is_convertible(x, call)) {
		return err_setf(err, ERR_INVALID, "it speaks %s, and this request is %s",
				format_name(call->format), format_name(x->format));
	}
	if (!convert_body(x, c, req->model, spec, err)) {
		return false;
	}
	req->is_converted = true;
	req->op = OP_GENERATE;
	req->is_stream = call->converted.stream;
	if (call->converted.anthropic_version) {
		req->anthropic_version = call->converted.anthropic_version;
	}
	return true;
}

bool upstream_request_build(struct exchange *x, const struct candidate *c,
			    struct transfer_spec *spec, struct err *err)
{
	struct provider_request req = {
		.account = c->account,
		.format = provider_format(c->account, x->format, x->endpoint.op),
		.op = x->endpoint.op,
		.model = provider_wire_model(c->account, c->model),
		.is_stream = x->endpoint.is_stream || x->scan.is_stream,
		.path = x->endpoint.path,
		.query = client_query(x->client),
		.gemini_version = x->endpoint.gemini_version,
		.gemini_method = x->endpoint.gemini_method,
		.anthropic_version = header_or_empty(x, "anthropic-version"),
		.anthropic_beta = header_or_empty(x, "anthropic-beta"),
	};

	x->call.format = req.format;
	x->format_out = req.format;
	*spec = (struct transfer_spec){
		.method = client_method(x->client),
		.arena = &x->arena,
	};
	if (!build_any_body(x, c, &req, spec, err) ||
	    !provider_url(&req, &x->arena, &spec->url, err) ||
	    !build_headers(x, &req, spec, err)) {
		return false;
	}
	way_set(spec, x->config, c->account);
	spec->is_stream = req.is_stream;
	return true;
}
