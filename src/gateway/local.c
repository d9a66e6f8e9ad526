/*
 * Answers that need no upstream: the service page, health, models lists.
 */
#include "gateway/local.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "formats/count_tokens.h"
#include "gateway/reply.h"

void local_respond(struct exchange *x, int status, const char *type, struct slice body)
{
	struct reply_head head = reply_head_make(x, NULL, type);

	x->status = status;
	x->bytes_out += (int64_t)body.len;
	if (str_eq(client_method(x->client), "HEAD")) {
		body.len = 0;
	}
	reply_whole(x, &head, body);
	exchange_over(x);
}

static void respond_json(struct exchange *x, int status, struct buf *body)
{
	buf_addc(body, '\n');
	local_respond(x, status, "application/json", buf_slice(body));
}

static void write_service(struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "service", "llm-gateway");
	json_kstr(w, "version", VERSION);
	json_kstr(w, "status", "ok");
	json_end(w);
}

static bool is_usable(const struct exchange *x, const struct upstream_account *a,
		      const char **why)
{
	const char *problem = NULL;
	enum upstream_condition condition;

	*why = "disabled";
	if (!a->is_active) {
		return false;
	}
	if (!key_ring_get(x->keys, a->id, &problem)) {
		*why = problem ? problem : "no credential";
		return false;
	}
	condition = router_condition(x->worker->shared->router, a->id, clock_moment());
	*why = condition_name(condition);
	return condition == UPSTREAM_READY || condition == UPSTREAM_PARTLY;
}

static size_t count_usable(const struct exchange *x)
{
	size_t usable = 0;
	const char *why;

	for (size_t i = 0; i < x->config->account_count; i++) {
		usable += is_usable(x, &x->config->accounts[i], &why);
	}
	return usable;
}

static void write_reasons(const struct exchange *x, struct json_writer *w)
{
	struct buf text = BUF_INIT(2 * MAX_ERR_MSG);

	json_key(w, "reasons");
	json_array(w);
	if (!x->config->account_count) {
		json_str(w, "no upstream account is configured");
	}
	for (size_t i = 0; i < x->config->account_count; i++) {
		const struct upstream_account *a = &x->config->accounts[i];
		const char *why;

		if (!is_usable(x, a, &why)) {
			buf_clear(&text);
			buf_addf(&text, "%.100s: %.300s", a->name, why);
			json_str(w, buf_text(&text));
		}
	}
	json_end(w);
	buf_release(&text);
}

/* Ready means: at least one account could be asked now. */
static void health(struct exchange *x, bool is_readiness)
{
	struct buf body = BUF_INIT(MAX_CONTROL_BYTES);
	struct json_writer w;
	size_t usable = count_usable(x);

	json_open(&w, &body);
	json_object(&w);
	json_kstr(&w, "status", usable ? "ok" : "unavailable");
	json_kint(&w, "usable_upstreams", (int64_t)usable);
	if (is_readiness && !usable) {
		write_reasons(x, &w);
	}
	json_end(&w);
	respond_json(x, is_readiness && !usable ? 503 : 200, &body);
	buf_release(&body);
}

static void service(struct exchange *x)
{
	struct buf body = BUF_INIT(MAX_ERROR_BODY_BYTES);
	struct json_writer w;

	json_open(&w, &body);
	write_service(&w);
	respond_json(x, 200, &body);
	buf_release(&body);
}

static void live(struct exchange *x)
{
	static const char text[] = "{\"status\":\"ok\"}\n";

	local_respond(x, 200, "application/json", slice_of(text));
}

/* A browser page asks before it sends; authorise_origin() has decided. */
static void preflight(struct exchange *x)
{
	const char *headers = client_header(x->client, "access-control-request-headers");
	struct reply_head head = reply_head_make(x, NULL, NULL);
	struct header all[24];
	size_t count = 0;

	while (count < head.count && count < ARRAY_LEN(all) - 3) {
		all[count] = head.headers[count];
		count++;
	}
	all[count++] = (struct header){ "access-control-allow-methods", "GET, POST, DELETE" };
	all[count++] = (struct header){ "access-control-max-age", "600" };
	if (headers) {
		all[count++] = (struct header){ "access-control-allow-headers", headers };
	}
	x->status = 204;
	client_respond(x->client, 204, all, count, (struct slice){ "", 0 });
	exchange_over(x);
}

/* Of the user's own system text, which is not in the body. */
static int64_t prompt_tokens(const struct exchange *x)
{
	return x->prompts ? (int64_t)(x->prompts->before.len + x->prompts->after.len) / 4 : 0;
}

void local_count(struct exchange *x)
{
	struct buf body = BUF_INIT(MAX_ERROR_BODY_BYTES);
	int64_t tokens = x->estimated.prompt + prompt_tokens(x);

	count_tokens_write(x->endpoint.family, tokens > 0 ? tokens : 1, &body);
	x->warnings_text = "emulated:count_tokens";
	respond_json(x, 200, &body);
	buf_release(&body);
}

void local_answer(struct exchange *x)
{
	if (str_eq(client_method(x->client), "OPTIONS")) {
		preflight(x);
		return;
	}
	switch (x->endpoint.kind) {
	case ENDPOINT_SERVICE:
		service(x);
		break;
	case ENDPOINT_HEALTH:
		health(x, false);
		break;
	case ENDPOINT_HEALTH_LIVE:
		live(x);
		break;
	case ENDPOINT_HEALTH_READY:
		health(x, true);
		break;
	case ENDPOINT_METRICS:
		local_metrics(x);
		break;
	case ENDPOINT_MODELS:
		local_models(x);
		break;
	case ENDPOINT_BAD_METHOD:
		refuse(x, 405, "this path does not take %.20s; it takes %s",
		       client_method(x->client), x->endpoint.allow);
		break;
	default:
		refuse(x, 404, "there is nothing at this path");
		break;
	}
}
