#include "gateway/upstream_request.h"

#include "base/limits.h"
#include "gateway/authorise.h"
#include "gateway/origin.h"
#include "gateway/upstream_body.h"
#include "gateway/trace_parent.h"
#include "gateway/way.h"

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

/* Of a client that traces: the upstream joins the trace below this gateway. */
static void add_trace(struct header_set *set)
{
	struct exchange *x = set->x;
	const char *state = client_header(x->client, "tracestate");

	put(set, "traceparent",
	    trace_parent_next(client_header(x->client, "traceparent"), &x->arena));
	if (state) {
		put(set, "tracestate", state);
	}
}

/* Claude's long context is asked for by a suffix of the model's name, which
 * the vendor knows as a beta. */
static void ask_for_long_context(struct exchange *x, struct provider_request *req)
{
	static const char beta[] = "context-1m-2025-08-07";

	if (req->format != FORMAT_ANTHROPIC || !str_ends(req->model, MODEL_LONG_CONTEXT)) {
		return;
	}
	req->model = arena_strndup(&x->arena, req->model,
				   strlen(req->model) - strlen(MODEL_LONG_CONTEXT));
	req->anthropic_beta = *req->anthropic_beta
		? arena_printf(&x->arena, "%s,%s", req->anthropic_beta, beta) : beta;
	req->adds_beta = true;
}

static bool build_headers(struct exchange *x, const struct provider_request *req,
			  struct transfer_spec *spec, struct err *err)
{
	struct header_set set = { .x = x, .account = req->account };
	const struct pair_list *extra = &req->account->headers;

	if (!req->is_converted) {
		client_each_header(x->client, copy_client_header, &set);
	}
	if (req->adds_beta) {
		put(&set, "anthropic-beta", req->anthropic_beta);
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
		put(&set, "X-Forwarded-For", origin_address(x));
	}
	if (x->is_traced) {
		add_trace(&set);
	}
	for (size_t i = 0; i < extra->count; i++) {
		put(&set, extra->items[i].name, extra->items[i].value);
	}
	spec->headers = set.items;
	spec->header_count = set.count;
	return true;
}

/* ---- the whole ---- */

static const char *header_or_empty(const struct exchange *x, const char *name)
{
	const char *value = client_header(x->client, name);

	return value ? value : "";
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
	ask_for_long_context(x, &req);
	*spec = (struct transfer_spec){
		.method = client_method(x->client),
		.arena = &x->arena,
	};
	if (!upstream_body_build(x, c, &req, spec, err) ||
	    !provider_url(&req, &x->arena, &spec->url, err) ||
	    !build_headers(x, &req, spec, err)) {
		return false;
	}
	way_set(spec, x->config, c->account);
	spec->is_stream = req.is_stream;
	return true;
}
