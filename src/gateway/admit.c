/*
 * May this request come in: framing, Host and Origin, gateway key, limits.
 */
#include "gateway/exchange.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "gateway/authorise.h"
#include "gateway/origin.h"
#include "gateway/sealed_exchange.h"

struct head_check {
	unsigned hosts;
	unsigned lengths;
	unsigned encodings;
	bool is_odd_encoding;
	bool is_malformed;
	size_t bytes;
};

static bool is_token_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       (c && strchr("-_!#$%&'*+.^`|~", c));
}

static bool is_value_byte(unsigned char c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* RFC 9110, sections 5.1 and 5.5: names are tokens, values have no controls.
 * Gives the bytes of both. */
static bool measure(const char *name, const char *value, size_t *name_len, size_t *bytes)
{
	size_t n = 0;
	size_t v = 0;

	while (is_token_byte((unsigned char)name[n])) {
		n++;
	}
	while (is_value_byte((unsigned char)value[v])) {
		v++;
	}
	*name_len = n;
	*bytes = n + v;
	return n && !name[n] && !value[v];
}

static void check_header(void *ctx, const char *name, const char *value)
{
	struct head_check *check = ctx;
	size_t len = 0;
	size_t bytes = 0;

	check->is_malformed = !measure(name, value, &len, &bytes) || check->is_malformed;
	check->bytes += bytes + 4;
	if (len == 14 && str_ieq(name, "content-length")) {
		check->lengths++;
	} else if (len == 17 && str_ieq(name, "transfer-encoding")) {
		check->encodings++;
		check->is_odd_encoding = check->is_odd_encoding || !str_ieq(value, "chunked");
	} else if (len == 4 && str_ieq(name, "host")) {
		check->hosts++;
	}
}

/* Where two readers could disagree about the end of this request, nobody
 * reads on: the answer closes the connection (RFC 9112, section 6.3). */
static bool check_framing(struct exchange *x)
{
	struct head_check check = { .bytes = strlen(client_path(x->client)) };

	client_each_header(x->client, check_header, &check);
	if (!check.lengths && !check.encodings && str_eq(client_method(x->client), "POST")) {
		client_close_after(x->client);  /* a body may follow all the same */
	}
	if (check.lengths + check.encodings > 1 || check.is_odd_encoding || check.hosts > 1 ||
	    check.is_malformed) {
		client_close_after(x->client);
		refuse(x, 400, "the request does not say in one clear way where it ends and "
		       "whom it is for");
		return false;
	}
	if (check.bytes > MAX_CLIENT_HEADER_BYTES) {
		client_close_after(x->client);
		refuse(x, 431, "the request's headers are larger than %lu bytes",
		       MAX_CLIENT_HEADER_BYTES);
		return false;
	}
	return true;
}

static enum permission permission_for(const struct endpoint *e)
{
	if (e->kind == ENDPOINT_ADMIN) {
		return PERMISSION_ADMIN;
	}
	return e->kind == ENDPOINT_CALL ? PERMISSION_WRITE : PERMISSION_READ;
}

static bool is_open_to_all(const struct endpoint *e)
{
	return e->kind == ENDPOINT_HEALTH || e->kind == ENDPOINT_HEALTH_LIVE ||
	       e->kind == ENDPOINT_HEALTH_READY || e->kind == ENDPOINT_SERVICE ||
	       e->kind == ENDPOINT_UNKNOWN || e->kind == ENDPOINT_BAD_METHOD;
}

/* A scraper on the same machine needs no key. Behind a proxy on it that is not
 * trusted, everybody looks like one. */
static bool is_local_scraper(struct exchange *x)
{
	const char *address;

	if (x->endpoint.kind != ENDPOINT_METRICS) {
		return false;
	}
	address = origin_address(x);
	if (address == client_address(x->client) &&
	    (client_header(x->client, "x-forwarded-for") ||
	     client_header(x->client, "forwarded"))) {
		return false;
	}
	return str_starts(address, "127.") || str_eq(address, "::1");
}

static void detect(struct exchange *x)
{
	struct detect_request req = {
		.method = client_method(x->client),
		.path = client_path(x->client),
		.query = client_query(x->client),
		.has_google_key = client_header(x->client, "x-goog-api-key") != NULL,
		.has_anthropic_version = client_header(x->client, "anthropic-version") != NULL,
	};

	detect_endpoint(&req, &x->arena, &x->endpoint);
	x->format = x->endpoint.format;
}

bool admit_head(struct exchange *x)
{
	struct err err = ERR_INIT;
	int status = 403;

	detect(x);
	if (!check_framing(x)) {
		return false;
	}
	if (!authorise_origin(x->config, x->client, &err)) {
		refuse(x, 403, "%s", err.msg);
		return false;
	}
	if (str_eq(client_method(x->client), "OPTIONS") || is_open_to_all(&x->endpoint) ||
	    is_local_scraper(x)) {
		return true;
	}
	if (x->endpoint.kind == ENDPOINT_CALL && sealed_is(x->client)) {
		return sealed_admit(x);
	}
	if (!authorise_request(x->config, &x->worker->key_memo, x->client,
			       permission_for(&x->endpoint), x->at_ms, &x->key, &status, &err)) {
		refuse(x, status, "%s", err.msg);
		return false;
	}
	return true;
}

static bool refuse_limit(struct exchange *x, const struct refusal *refusal)
{
	x->retry_after_ms = refusal->retry_after_ms;
	refuse(x, refusal->status, "%s", refusal->text);
	return false;
}

static void estimate(struct exchange *x)
{
	x->media = embedded_media_find(x->scan.text);
	x->estimated = router_estimate(x->worker->shared->router, x->model ? x->model : "",
				       x->scan.text.len - x->media.bytes,
				       (int64_t)x->scan.max_tokens);
	x->estimated.prompt += (int64_t)x->media.count * EMBEDDED_MEDIA_TOKENS;
	if (x->endpoint.op != OP_GENERATE && x->endpoint.op != OP_COMPLETIONS) {
		x->estimated.answer = 0;
	}
}

bool admit_model(struct exchange *x)
{
	struct router *router = x->worker->shared->router;
	struct moment now = clock_moment();
	struct refusal refusal;

	if (!router_throttle(router, x->config, origin_address(x), x->model, now,
			     &refusal)) {
		return refuse_limit(x, &refusal);
	}
	estimate(x);
	if (x->key && !router_enter_key(router, x->key, x->model,
					x->estimated.prompt + x->estimated.answer, now,
					&x->key_pass, &refusal)) {
		return refuse_limit(x, &refusal);
	}
	return true;
}
