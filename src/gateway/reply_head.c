#include "gateway/exchange.h"

#include <strings.h>

#include "gateway/limit_headers.h"

#define OWN_HEADERS (17 + LIMIT_HEADERS)

/* Of one hop, set by libmicrohttpd, or nobody's business but the upstream's. */
static const char *const dropped[] = {
	"connection", "keep-alive", "proxy-authenticate", "proxy-connection", "te", "trailer",
	"transfer-encoding", "upgrade", "content-length", "date", "server", "set-cookie",
	"set-cookie2", "alt-svc", "strict-transport-security", "nel", "report-to", "via",
	"x-request-id", "request-id", "x-trace-id",
	"access-control-allow-origin", "access-control-expose-headers",
	"access-control-allow-credentials",
};

/* They describe the body byte by byte: wrong once the model's name is put back. */
static const char *const of_the_bytes[] = {
	"etag", "content-md5", "digest", "content-digest", "repr-digest",
};

const char *head_get(const struct transfer_head *head, const char *name)
{
	for (size_t i = 0; i < head->header_count; i++) {
		if (str_ieq(head->headers[i].name, name)) {
			return head->headers[i].value;
		}
	}
	return NULL;
}

struct pair_list head_pairs(const struct transfer_head *head, struct arena *a)
{
	struct pair_list list = {
		.items = arena_alloc(a, head->header_count * sizeof(struct string_pair)),
		.count = head->header_count,
	};

	for (size_t i = 0; i < head->header_count; i++) {
		list.items[i] = (struct string_pair){ head->headers[i].name,
						      head->headers[i].value };
	}
	return list;
}

/* Named by the Connection header: of this hop only (RFC 9110, 7.6.1). */
static bool is_named_by_connection(const char *connection, const char *name)
{
	struct slice rest = slice_of(connection);
	struct slice token;

	while (slice_next(&rest, ',', &token)) {
		if (slice_ieq(slice_trim(token), name)) {
			return true;
		}
	}
	return false;
}

static bool is_one_of(const char *const *names, size_t count, const char *name)
{
	char first = (char)(*name | 0x20);

	for (size_t i = 0; i < count; i++) {
		if (names[i][0] == first && str_ieq(name, names[i])) {
			return true;
		}
	}
	return false;
}

static bool is_dropped(const struct exchange *x, const char *name)
{
	return is_one_of(dropped, ARRAY_LEN(dropped), name) ||
	       (x->is_filtering && is_one_of(of_the_bytes, ARRAY_LEN(of_the_bytes), name)) ||
	       strncasecmp(name, "x-llm-gateway-", 14) == 0;
}

static void add(struct reply_head *out, const char *name, const char *value)
{
	out->headers[out->count++] = (struct header){ name, value };
}

static void add_upstream_id(struct reply_head *out, const struct transfer_head *head)
{
	for (const char *const *name = provider_request_id_headers; *name; name++) {
		const char *value = head_get(head, *name);

		if (value) {
			add(out, "x-llm-gateway-upstream-request-id", value);
			return;
		}
	}
}

/* Of an answer in another format: what still holds for the client. */
static void add_translated(struct exchange *x, const struct transfer_head *head,
			   struct reply_head *out)
{
	struct pair_list headers = head_pairs(head, &x->arena);
	const char *model = x->call.stream ? convert_stream_upstream_model(x->call.stream) : "";

	out->count += limit_headers_write(x->call.format, x->endpoint.family, &headers,
					  x->retry_after_ms, &x->arena,
					  out->headers + out->count);
	if (*model) {
		add(out, "x-llm-gateway-upstream-model", arena_strdup(&x->arena, model));
	}
}

static void add_cors(struct exchange *x, struct reply_head *out)
{
	const char *origin = client_header(x->client, "origin");

	/* authorise_origin() has let it in. */
	if (origin && x->config->server.cors_origins.count) {
		add(out, "access-control-allow-origin", origin);
		add(out, "vary", "origin");
		add(out, "access-control-expose-headers",
		    "x-request-id, request-id, x-trace-id, x-llm-gateway-upstream, "
		    "x-llm-gateway-model, x-llm-gateway-attempts, x-llm-gateway-warnings");
	}
}

static void add_own(struct exchange *x, struct reply_head *out)
{
	const struct candidate *c = x->call.candidate;

	/* Anthropic's SDK reads the first, the others the second. */
	add(out, "request-id", x->request_id);
	add(out, "x-request-id", x->request_id);
	add(out, "x-trace-id", x->trace_id);
	if (c) {
		add(out, "x-llm-gateway-upstream", c->account->name);
		add(out, "x-llm-gateway-model", c->model);
		add(out, "x-llm-gateway-attempts",
		    x->walk.attempt_count == 1 ? "1" :
		    arena_printf(&x->arena, "%zu", x->walk.attempt_count));
	}
	if (x->warnings_text) {
		add(out, "x-llm-gateway-warnings", x->warnings_text);
	}
	add_cors(x, out);
}

struct reply_head reply_head_make(struct exchange *x, const struct transfer_head *head,
				    const char *content_type)
{
	size_t room = OWN_HEADERS + (head ? head->header_count : 0);
	struct reply_head out = {
		.headers = arena_alloc(&x->arena, room * sizeof(struct header)),
	};
	const char *connection = head ? head_get(head, "connection") : NULL;

	if (content_type) {
		add(&out, "content-type", content_type);
	}
	/* The headers of a body that was rebuilt describe another body. */
	for (size_t i = 0; head && !x->call.is_converted && i < head->header_count; i++) {
		const struct header *h = &head->headers[i];

		if (!is_dropped(x, h->name) && !is_named_by_connection(connection, h->name) &&
		    !(content_type && str_ieq(h->name, "content-type"))) {
			add(&out, h->name, h->value);
		}
	}
	if (head) {
		add_upstream_id(&out, head);
	}
	if (head && x->call.is_converted) {
		add_translated(x, head, &out);
	}
	if (x->is_spent && !(head && head_get(head, "x-should-retry"))) {
		add(&out, "x-should-retry", "false");
	}
	add_own(x, &out);
	return out;
}
