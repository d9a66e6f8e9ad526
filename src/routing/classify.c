#include "routing/classify.h"

#include <stdio.h>

#include "base/json_scan.h"
#include "base/limits.h"
#include "base/mask.h"
#include "base/utf8.h"
#include "routing/error_body.h"
#include "routing/quota.h"
#include "routing/reset_time.h"

/* The evidence, read once. */
struct evidence {
	const struct outcome *o;
	int status;             /* for decisions: a code in the body of a 200 counts */
	struct error_body body;
	struct quota_readings limits;
};

static bool says(const struct evidence *e, const char *needle)
{
	return str_ifind(e->body.message.ptr, e->body.message.len, needle);
}

/* At the very beginning: messages may quote what the client sent, and nobody
 * is benched for a client's words. */
static bool begins(const struct evidence *e, const char *lead)
{
	size_t len = strlen(lead);

	return e->body.message.len >= len && str_ifind(e->body.message.ptr, len, lead);
}

static bool says_any(const struct evidence *e, const char *const *needles, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (says(e, needles[i])) {
			return true;
		}
	}
	return false;
}

#define SAYS_ANY(e, ...) \
	says_any((e), (const char *const[]){ __VA_ARGS__ }, \
		 ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static bool has_word(const struct evidence *e, const char *word)
{
	for (size_t i = 0; i < e->body.word_count; i++) {
		if (slice_ieq(e->body.words[i], word)) {
			return true;
		}
	}
	return false;
}

/* Identifiers that mean one thing whatever the status is. The order matters
 * where an error carries two: the more telling one first. */
static const struct {
	const char *word;
	enum failure_class class;
} known_words[] = {
	{ "context_length_exceeded", FAILURE_CONTEXT },
	{ "exceed_context_size_error", FAILURE_CONTEXT },
	{ "model_context_window_exceeded", FAILURE_CONTEXT },
	{ "content_policy_violation", FAILURE_POLICY },
	{ "content_filter", FAILURE_POLICY },
	{ "ResponsibleAIPolicyViolation", FAILURE_POLICY },
	{ "invalid_prompt", FAILURE_POLICY },
	{ "bio_policy", FAILURE_POLICY },
	{ "misalignment_policy_violation", FAILURE_POLICY },
	{ "previous_response_not_found", FAILURE_REQUEST },
	{ "tool_use_failed", FAILURE_REQUEST },
	{ "API_KEY_INVALID", FAILURE_AUTH },
	{ "invalid_api_key", FAILURE_AUTH },
	{ "authentication_error", FAILURE_AUTH },
	{ "UNAUTHENTICATED", FAILURE_AUTH },
	{ "token_expired", FAILURE_AUTH },
	{ "insufficient_quota", FAILURE_CREDIT },
	{ "billing_error", FAILURE_CREDIT },
	{ "billing_hard_limit_reached", FAILURE_CREDIT },
	{ "billing_not_active", FAILURE_CREDIT },
	{ "insufficient_balance", FAILURE_CREDIT },
	{ "contract_spend_limit_reached", FAILURE_CREDIT },
	{ "enforced_spend_limit_reached", FAILURE_CREDIT },
	{ "usage_limit_reached", FAILURE_QUOTA },
	{ "usage_not_included", FAILURE_PERMISSION },
	{ "organization_on_hold", FAILURE_PERMISSION },
	{ "account_deactivated", FAILURE_PERMISSION },
	{ "unsupported_country_region_territory", FAILURE_PERMISSION },
	{ "insufficient_permissions", FAILURE_PERMISSION },
	{ "model_not_found", FAILURE_MODEL },
	{ "DeploymentNotFound", FAILURE_MODEL },
	{ "unknown_model", FAILURE_MODEL },
	{ "overloaded_error", FAILURE_OVERLOADED },
	{ "overloaded", FAILURE_OVERLOADED },
	{ "server_is_overloaded", FAILURE_OVERLOADED },
	{ "engine_overloaded", FAILURE_OVERLOADED },
	{ "slow_down", FAILURE_OVERLOADED },
	{ "rate_limit_error", FAILURE_RATE },
	{ "rate_limit_exceeded", FAILURE_RATE },
	{ "ramp_limit_exceeded", FAILURE_RATE },
	{ "too_many_requests", FAILURE_RATE },
	{ "RESOURCE_EXHAUSTED", FAILURE_RATE },
	{ "permission_error", FAILURE_PERMISSION },
	{ "PERMISSION_DENIED", FAILURE_PERMISSION },
	{ "request_too_large", FAILURE_REQUEST },
	{ "timeout_error", FAILURE_GATEWAY },
	{ "DEADLINE_EXCEEDED", FAILURE_GATEWAY },
	{ "unavailable_error", FAILURE_GATEWAY },
	{ "UNAVAILABLE", FAILURE_GATEWAY },
	{ "insufficient_system_resource", FAILURE_OVERLOADED },
};

static enum failure_class by_words(const struct evidence *e)
{
	for (size_t i = 0; i < ARRAY_LEN(known_words); i++) {
		if (has_word(e, known_words[i].word)) {
			return known_words[i].class;
		}
	}
	return FAILURE_NONE;
}

static bool names_a_missing_model(const struct evidence *e)
{
	return says(e, "model") || says(e, "deployment") || says(e, "engine");
}

/* What a message says although its type does not. Those that cool the
 * upstream are looked for at the beginning only. */
static enum failure_class by_message(const struct evidence *e)
{
	if (SAYS_ANY(e, "prompt is too long", "maximum context length", "context length",
		     "context window", "exceeds the maximum number of tokens",
		     "input token count", "reduce the length of the messages")) {
		return FAILURE_CONTEXT;
	}
	if (begins(e, "request too large for") && says(e, "per min")) {
		return FAILURE_UNFIT;   /* more than this account's tokens a minute */
	}
	if (says(e, "only authorized for use with")) {
		return FAILURE_UNFIT;   /* the credential is for certain clients */
	}
	if (begins(e, "your credit balance is too low") || begins(e, "insufficient balance") ||
	    begins(e, "insufficient credits")) {
		return FAILURE_CREDIT;
	}
	if (begins(e, "api key not valid") || begins(e, "api key expired")) {
		return FAILURE_AUTH;
	}
	if (begins(e, "user location is not supported")) {
		return FAILURE_PERMISSION;
	}
	if (SAYS_ANY(e, "content policy", "content management policy", "usage policies",
		     "was flagged")) {
		return FAILURE_POLICY;
	}
	if (begins(e, "the model") || begins(e, "unknown model") || begins(e, "model not found") ||
	    begins(e, "invalid model")) {
		return SAYS_ANY(e, "not exist", "not found", "unknown model", "invalid model")
			? FAILURE_MODEL : FAILURE_NONE;
	}
	return says(e, "is not a valid model") ? FAILURE_MODEL : FAILURE_NONE;
}

static enum failure_class by_status(const struct evidence *e)
{
	switch (e->status) {
	case 401: return FAILURE_AUTH;
	case 402: return FAILURE_CREDIT;
	case 403: return FAILURE_PERMISSION;
	case 404: return names_a_missing_model(e) ? FAILURE_MODEL : FAILURE_NOT_FOUND;
	case 408: return FAILURE_TIMEOUT;
	case 429: return FAILURE_RATE;
	case 498: return FAILURE_OVERLOADED;    /* Groq: no capacity */
	case 499: return FAILURE_SERVER;        /* cancelled at their side */
	case 501: return FAILURE_UNFIT;
	case 529: return FAILURE_OVERLOADED;
	case 502: case 503: case 504:
		return FAILURE_GATEWAY;
	case 520: case 521: case 522: case 523: case 524: case 525: case 526: case 530:
		return FAILURE_GATEWAY;         /* the edge cannot reach them */
	default:
		break;
	}
	if (e->status < 400 && (has_word(e, "invalid_request_error") ||
				has_word(e, "INVALID_ARGUMENT"))) {
		return FAILURE_REQUEST;
	}
	return e->status >= 400 && e->status < 500 ? FAILURE_REQUEST : FAILURE_SERVER;
}

static const char *header_of(const struct outcome *o, const char *name)
{
	return o->headers ? pair_get(o->headers, name) : NULL;
}

/* HTML stands for an edge in front of the upstream, never for its API. */
static enum failure_class by_html(const struct evidence *e)
{
	struct slice body = e->o->body;
	const char *mitigated = header_of(e->o, "cf-mitigated");

	if (mitigated && str_ieq(mitigated, "challenge")) {
		return FAILURE_CHALLENGE;
	}
	if (!e->body.is_html) {
		return FAILURE_NONE;
	}
	body.len = body.len < 16384 ? body.len : 16384;
	if (str_ifind(body.ptr, body.len, "just a moment") ||
	    str_ifind(body.ptr, body.len, "challenge-platform") ||
	    str_ifind(body.ptr, body.len, "attention required")) {
		return FAILURE_CHALLENGE;
	}
	if (e->status == 404) {
		return FAILURE_NOT_FOUND;
	}
	return e->status < 400 ? FAILURE_GATEWAY : FAILURE_NONE;
}

static enum failure_class by_transport(enum transport_failure transport)
{
	switch (transport) {
	case TRANSPORT_CLIENT_GONE: return FAILURE_CLIENT_GONE;
	case TRANSPORT_STALE:       return FAILURE_STALE;
	case TRANSPORT_TIMEOUT:     return FAILURE_TIMEOUT;
	case TRANSPORT_BROKEN:      return FAILURE_BROKEN;
	case TRANSPORT_OK:          return FAILURE_NONE;
	case TRANSPORT_DNS:
	case TRANSPORT_CONNECT:
	case TRANSPORT_TLS:
	case TRANSPORT_RESET:
		break;
	}
	return FAILURE_NETWORK;
}

static bool matches_code(const char *code, int status)
{
	int64_t exact;

	if (strlen(code) == 3 && str_ieq(code + 1, "xx")) {
		return code[0] - '0' == status / 100;
	}
	return str_to_i64(code, &exact) && exact == status;
}

static bool is_detected(const struct outcome *o)
{
	const struct detection_config *d = o->detection;

	for (size_t i = 0; d && i < d->error_codes.count; i++) {
		if (matches_code(d->error_codes.items[i], o->status)) {
			return true;
		}
	}
	for (size_t i = 0; d && i < d->error_patterns.count; i++) {
		if (str_ifind(o->body.ptr, o->body.len, d->error_patterns.items[i])) {
			return true;
		}
	}
	return false;
}

/* Of the windows that are spent, the one that ends last. */
static const struct quota_reading *last_spent(const struct quota_readings *limits,
					      bool long_only)
{
	const struct quota_reading *last = NULL;

	for (size_t i = 0; i < limits->count; i++) {
		const struct quota_reading *r = &limits->items[i];

		if (r->is_spent && r->reset_ms > 0 && (!long_only || r->length_ms >= 3600000) &&
		    (!last || r->reset_ms > last->reset_ms)) {
			last = r;
		}
	}
	return last;
}

static void note_header(struct verdict *v, const char *name, const char *value)
{
	snprintf(v->header, sizeof v->header, "%.60s: %.60s", name, value ? value : "");
}

/* A paid window is spent: until its reset, for the models that it counts. */
static bool judge_quota(const struct evidence *e, struct verdict *v)
{
	const struct quota_reading *spent = last_spent(&e->limits, true);
	bool is_named = v->class == FAILURE_QUOTA || e->body.is_daily ||
			e->limits.unified == UNIFIED_REJECTED;

	if (!spent && !is_named && !says(e, "usage limit")) {
		return false;
	}
	v->class = FAILURE_QUOTA;
	v->scope = e->body.is_per_model ? SCOPE_MODEL : SCOPE_UPSTREAM;
	if (spent) {
		v->reset_ms = spent->reset_ms;
		note_header(v, spent->header, spent->value);
		if (spent->models[0] || spent->is_per_model) {
			v->scope = SCOPE_MODEL;
			str_copy(v->family, sizeof v->family, spent->models);
		}
	} else if (e->limits.retry_after_ms > 0) {
		v->reset_ms = e->limits.retry_after_ms;
		note_header(v, e->limits.retry_header, e->limits.retry_value);
	} else if (e->body.reset_ms > 0 && !e->body.is_daily) {
		/* Google adds a delay of seconds to a limit of a day: no use. */
		v->reset_ms = e->body.reset_ms;
		note_header(v, e->body.reset_from, "(body)");
	}
	return true;
}

/* Short limits: whatever names an end, the most explicit first. */
static void judge_rate(const struct evidence *e, struct verdict *v)
{
	const struct quota_reading *spent = last_spent(&e->limits, false);

	if (judge_quota(e, v)) {
		return;
	}
	v->scope = SCOPE_MODEL;
	v->class = FAILURE_RATE;
	if (e->limits.retry_after_ms > 0) {
		v->reset_ms = e->limits.retry_after_ms;
		note_header(v, e->limits.retry_header, e->limits.retry_value);
	} else if (e->body.reset_ms > 0) {
		v->reset_ms = e->body.reset_ms;
		note_header(v, e->body.reset_from, "(body)");
	} else if (spent) {
		v->reset_ms = spent->reset_ms;
		note_header(v, spent->header, spent->value);
	} else {
		v->class = FAILURE_RATE_BLIND;
	}
}

/* An overload ends soon whatever it says; a longer pause is kept to a minute. */
static void judge_overload(const struct evidence *e, struct verdict *v)
{
	v->scope = SCOPE_MODEL;
	if (e->limits.retry_after_ms > 10000) {
		v->reset_ms = e->limits.retry_after_ms < 60000 ? e->limits.retry_after_ms : 60000;
		note_header(v, e->limits.retry_header, e->limits.retry_value);
	}
}

static void judge_server(const struct evidence *e, struct verdict *v)
{
	v->scope = SCOPE_MODEL;
	if (e->status == 503 && e->limits.retry_after_ms > 0) {
		v->reset_ms = e->limits.retry_after_ms;
		note_header(v, e->limits.retry_header, e->limits.retry_value);
	}
}

static bool is_clients_fault(enum failure_class class)
{
	return class == FAILURE_REQUEST || class == FAILURE_CONTEXT || class == FAILURE_POLICY;
}

/* Scope and end of what `v->class` says. */
static void judge(const struct evidence *e, struct verdict *v)
{
	switch (v->class) {
	case FAILURE_QUOTA:
	case FAILURE_RATE:
		judge_rate(e, v);
		break;
	case FAILURE_OVERLOADED:
		judge_overload(e, v);
		break;
	case FAILURE_SERVER:
	case FAILURE_GATEWAY:
	case FAILURE_TIMEOUT:
	case FAILURE_BROKEN:
		judge_server(e, v);
		break;
	case FAILURE_PERMISSION:
		v->scope = says(e, "model") ? SCOPE_MODEL : SCOPE_UPSTREAM;
		break;
	case FAILURE_MODEL:
		v->scope = SCOPE_MODEL;
		break;
	case FAILURE_AUTH:
	case FAILURE_CREDIT:
	case FAILURE_NETWORK:
	case FAILURE_CHALLENGE:
		v->scope = SCOPE_UPSTREAM;
		break;
	default:
		v->scope = SCOPE_NONE;
		break;
	}
}

static enum failure_class class_of(const struct evidence *e)
{
	enum failure_class class = by_html(e);

	if (class == FAILURE_NONE && !e->body.is_html) {
		class = by_words(e);
	}
	/* Two words that are said of very different things. */
	if (class == FAILURE_NONE || class == FAILURE_REQUEST || class == FAILURE_RATE) {
		enum failure_class told = by_message(e);

		class = told == FAILURE_NONE ? class : told;
	}
	if (class == FAILURE_GATEWAY && says(e, "overloaded")) {
		class = FAILURE_OVERLOADED;
	}
	return class == FAILURE_NONE ? by_status(e) : class;
}

/* What was said, with escapes resolved and secrets masked. */
static void add_message(const struct evidence *e, struct buf *out)
{
	struct buf plain = BUF_INIT(MAX_ERROR_BODY_BYTES);
	struct slice text = e->body.message.len ? e->body.message : slice_trim(e->o->body);

	if (e->body.is_html) {
		text = slice_of("(an HTML page)");
	} else if (e->body.quoted.len && json_unquote(e->body.quoted, &plain)) {
		text = buf_slice(&plain);
	}
	text.len = text.len < 1024 ? text.len : 1024;
	mask_text(text, out);
	buf_release(&plain);
}

/* Its beginning on one line, whole characters only. */
static void make_excerpt(const struct evidence *e, struct verdict *v)
{
	struct buf text = BUF_INIT(16384);
	size_t len = 0;
	size_t at = 0;

	add_message(e, &text);
	while (at < text.len) {
		size_t width = utf8_valid_length(text.ptr + at, text.len - at);
		bool is_plain = width && (unsigned char)text.ptr[at] >= 0x20;

		if (len + (is_plain ? width : 1) >= sizeof v->excerpt) {
			break;
		}
		if (is_plain) {
			memcpy(v->excerpt + len, text.ptr + at, width);
		} else {
			v->excerpt[len] = ' ';
		}
		len += is_plain ? width : 1;
		at += is_plain ? width : 1;
	}
	v->excerpt[len] = '\0';
	buf_release(&text);
}

/* Configured codes and texts open ways that the table keeps shut; they never
 * shut one. Blame stays away where the client may be at fault. */
static void apply_detection(const struct evidence *e, struct verdict *v)
{
	const struct failure_rule *rule = failure_rule(v->class);
	bool is_success = v->class == FAILURE_SERVER && e->o->status < 400;

	if ((rule->goes_on && !is_success) || v->class == FAILURE_CLIENT_GONE ||
	    !is_detected(e->o)) {
		return;
	}
	v->scope = is_clients_fault(v->class) ? SCOPE_NONE : SCOPE_MODEL;
	v->class = FAILURE_DETECTED;
}

void classify(const struct outcome *o, struct verdict *v)
{
	static const struct pair_list no_headers;
	struct evidence e = { .o = o, .status = o->status };

	*v = (struct verdict){ .status = o->status, .reset_ms = -1, .retry_after_ms = -1,
			       .may_repeat = true };
	error_body_read(o->body, o->now_wall_ms, &e.body);
	quota_read(o->headers ? o->headers : &no_headers, o->now_wall_ms, &e.limits);
	if (o->transport != TRANSPORT_OK) {
		v->class = by_transport(o->transport);
		e.body = (struct error_body){ .reset_ms = -1 };
	} else {
		if (o->status < 400 && e.body.status) {
			e.status = e.body.status;
		}
		v->class = class_of(&e);
	}
	judge(&e, v);
	apply_detection(&e, v);
	v->may_repeat = e.limits.should_retry != 0;
	v->retry_after_ms = v->reset_ms > 0 ? v->reset_ms : e.limits.retry_after_ms;
	if (o->is_background) {
		v->scope = SCOPE_NONE;
	}
	make_excerpt(&e, v);
}
