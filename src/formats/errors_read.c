/*
 * The reading side: vendors and servers wrap an error in many ways
 * (azure-and-compatible.md §4.7). The HTTP status decides the class, except
 * where the body says more than it can: context length, content filter,
 * credit, a key that is refused with 400.
 */
#define _GNU_SOURCE   /* memmem */
#include "formats/errors.h"

#include "base/json_text.h"

/* What was found, raw texts decoded into the arena; "" = nothing. */
struct found {
	const char *message;
	const char *type;
	const char *code;
	const char *param;
	int number;             /* a numeric code, which is mostly an HTTP status */
	int64_t retry_ms;
};

/* "429" and 429 alike. */
static int number_of(const struct json_member *m)
{
	struct slice text = m->value;
	uint64_t value;

	if (m->kind == JSON_STRING && text.len > 2) {
		text = (struct slice){ text.ptr + 1, text.len - 2 };
	}
	return str_to_u64(text, &value) && value < 1000 ? (int)value : 0;
}

static void read_code(struct slice object, const char *name, struct arena *a,
		      struct found *f)
{
	struct json_member m;

	if (!json_find(object, name, &m)) {
		return;
	}
	f->number = number_of(&m);
	if (!f->number) {
		f->code = json_text(&m, a);
	}
}

/* --- delays (C153) --- */

/* "23s", "1.5s", "350ms", "6m0s", "12 seconds"; 0 when it is none. */
static int64_t duration_ms(struct slice text)
{
	double total = 0;
	size_t i = 0;

	while (i < text.len) {
		double value = 0;
		double scale = 1;
		size_t digits = i;

		for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
			value = value * 10 + (text.ptr[i] - '0');
		}
		if (i == digits) {
			break;
		}
		for (i += i < text.len && text.ptr[i] == '.';
		     i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
			value += (text.ptr[i] - '0') * (scale /= 10);
		}
		i += i < text.len && text.ptr[i] == ' ';
		if (text.len - i >= 2 && text.ptr[i] == 'm' && text.ptr[i + 1] == 's') {
			return (int64_t)(total + value + 0.5);
		}
		if (i == text.len || !strchr("hms", text.ptr[i])) {
			break;
		}
		total += value * (text.ptr[i] == 'h' ? 3600e3 : text.ptr[i] == 'm' ? 60e3 : 1e3);
		i++;
	}
	return total < 1e12 ? (int64_t)(total + 0.5) : 0;
}

static int64_t delay_in_text(const char *message)
{
	static const char *const words[] = { "try again in ", "retry after ", "retry in " };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *hit = str_ifind(message, strlen(message), words[i]);

		if (hit) {
			return duration_ms(slice_of(hit + strlen(words[i])));
		}
	}
	return 0;
}

/* google.rpc.RetryInfo among the details */
static int64_t delay_in_details(struct slice details)
{
	struct json_scan scan;
	struct json_member element;
	struct json_member delay;

	json_scan_init(&scan, details);
	while (json_scan_next(&scan, &element)) {
		if (json_find_kind(element.value, "retryDelay", JSON_STRING, &delay)) {
			return duration_ms((struct slice){ delay.value.ptr + 1,
							   delay.value.len - 2 });
		}
	}
	return 0;
}

/* --- shapes --- */

/* FastAPI: [{"loc":["body","model"],"msg":"Field required","type":"missing"}] */
static void read_validation(struct slice array, struct arena *a, struct found *f)
{
	struct json_member first;
	struct json_member loc;
	struct json_member part;
	struct json_scan scan;

	if (!json_first(array, &first)) {
		return;
	}
	if (first.kind == JSON_STRING) {
		f->message = json_text(&first, a);
		return;
	}
	f->message = json_find_text(first.value, "msg", a);
	if (!*f->message) {
		f->message = json_find_text(first.value, "message", a);
	}
	if (!json_find_kind(first.value, "loc", JSON_ARRAY, &loc)) {
		return;
	}
	json_scan_init(&scan, loc.value);
	while (json_scan_next(&scan, &part)) {
		const char *name = part.kind == JSON_STRING ? json_text(&part, a)
				   : arena_strndup(a, part.value.ptr, part.value.len);

		if (!str_eq(name, "body")) {
			f->param = *f->param ? arena_printf(a, "%s.%s", f->param, name) : name;
		}
	}
}

/* A text, a list of complaints, or an object with one of them in it. */
static void read_message(struct slice object, const char *name, struct arena *a,
			 struct found *f)
{
	struct json_member m;

	if (!json_find(object, name, &m)) {
		return;
	}
	if (m.kind == JSON_STRING) {
		f->message = json_text(&m, a);
	} else if (m.kind == JSON_ARRAY) {
		read_validation(m.value, a, f);
	} else if (m.kind == JSON_OBJECT && !str_eq(name, "detail")) {
		read_message(m.value, "detail", a, f);
	} else if (m.kind == JSON_OBJECT) {
		f->message = json_find_text(m.value, "message", a);
	}
}

/* The object that holds message, type and code: {"message","type","code"},
 * Gemini's {"code","message","status","details"}, Azure's with innererror. */
static void read_object(struct slice object, struct arena *a, struct found *f)
{
	struct json_member m;

	read_message(object, "message", a, f);
	if (!*f->message) {
		read_message(object, "detail", a, f);
	}
	f->type = json_find_text(object, "type", a);
	if (json_find(object, "status", &m) && m.kind == JSON_STRING) {
		f->type = json_text(&m, a);
	}
	read_code(object, "code", a, f);
	if (!f->number && !*f->code) {
		read_code(object, "statusCode", a, f);
	}
	if (!*f->param) {
		f->param = json_find_text(object, "param", a);
	}
	if (json_find(object, "details", &m)) {
		f->retry_ms = m.kind == JSON_ARRAY ? delay_in_details(m.value) : 0;
		f->code = *f->code || m.kind != JSON_OBJECT
				  ? f->code : json_find_text(m.value, "error_code", a);
	}
}

static void read_body(struct slice body, struct arena *a, struct found *f)
{
	struct json_member m;

	if (body.len && body.ptr[0] == '[' && json_first(body, &m)) {
		body = m.value;         /* Gemini's stream without alt=sse */
	}
	if (json_find_kind(body, "response", JSON_OBJECT, &m)) {
		body = m.value;         /* response.failed */
	}
	if (json_find_kind(body, "error", JSON_OBJECT, &m)) {
		read_object(m.value, a, f);
	} else if (json_find_kind(body, "error", JSON_STRING, &m)) {
		read_object(body, a, f);
		f->message = *f->message ? f->message : json_text(&m, a);
	} else if (json_find_kind(body, "errors", JSON_ARRAY, &m)) {
		read_validation(m.value, a, f);
	} else {
		read_object(body, a, f);
	}
}

bool error_is_frame(struct slice object)
{
	static const char word[] = "error";
	struct json_member m;

	/* Most are none, and need not be read to tell: an escape inside the word
	 * would show as a backslash. */
	if (!object.len || (!memmem(object.ptr, object.len, word, sizeof word - 1) &&
			    !memchr(object.ptr, '\\', object.len))) {
		return false;
	}
	if (json_find(object, "error", &m) && m.kind != JSON_NULL) {
		return true;
	}
	if (json_find_kind(object, "response", JSON_OBJECT, &m)) {
		return json_find(m.value, "error", &m) && m.kind == JSON_OBJECT;
	}
	return json_find(object, "type", &m) && slice_eq(m.value, "\"error\"");
}

/* --- class --- */

static const struct {
	const char *name;
	enum error_class class;
	bool beats_status;
} names[] = {
	{ "context_length_exceeded", ERROR_CONTEXT, true },
	{ "exceed_context_size_error", ERROR_CONTEXT, true },
	{ "content_filter", ERROR_FILTER, true },
	{ "content_policy_violation", ERROR_FILTER, true },
	{ "insufficient_quota", ERROR_BILLING, true },
	{ "billing_error", ERROR_BILLING, true },
	{ "API_KEY_INVALID", ERROR_AUTH, true },
	{ "invalid_request_error", ERROR_INVALID, false },
	{ "invalid_prompt", ERROR_INVALID, false },
	{ "INVALID_ARGUMENT", ERROR_INVALID, false },
	{ "FAILED_PRECONDITION", ERROR_INVALID, false },
	{ "authentication_error", ERROR_AUTH, false },
	{ "invalid_api_key", ERROR_AUTH, false },
	{ "UNAUTHENTICATED", ERROR_AUTH, false },
	{ "permission_error", ERROR_PERMISSION, false },
	{ "PERMISSION_DENIED", ERROR_PERMISSION, false },
	{ "not_found_error", ERROR_NOT_FOUND, false },
	{ "model_not_found", ERROR_NOT_FOUND, false },
	{ "DeploymentNotFound", ERROR_NOT_FOUND, false },
	{ "NOT_FOUND", ERROR_NOT_FOUND, false },
	{ "conflict_error", ERROR_CONFLICT, false },
	{ "ABORTED", ERROR_CONFLICT, false },
	{ "request_too_large", ERROR_TOO_LARGE, false },
	{ "rate_limit_error", ERROR_RATE, false },
	{ "rate_limit_exceeded", ERROR_RATE, false },
	{ "requests", ERROR_RATE, false },
	{ "tokens", ERROR_RATE, false },
	{ "RESOURCE_EXHAUSTED", ERROR_RATE, false },
	{ "overloaded_error", ERROR_OVERLOADED, false },
	{ "overloaded", ERROR_OVERLOADED, false },
	{ "slow_down", ERROR_OVERLOADED, false },
	{ "service_unavailable_error", ERROR_OVERLOADED, false },
	{ "unavailable_error", ERROR_OVERLOADED, false },
	{ "UNAVAILABLE", ERROR_OVERLOADED, false },
	{ "timeout_error", ERROR_TIMEOUT, false },
	{ "DEADLINE_EXCEEDED", ERROR_TIMEOUT, false },
	{ "UNIMPLEMENTED", ERROR_UNSUPPORTED, false },
};

static bool class_by_name(const char *name, bool has_status, enum error_class *class)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if ((!has_status || names[i].beats_status) && str_eq(name, names[i].name)) {
			*class = names[i].class;
			return true;
		}
	}
	return false;
}

static bool says_context(const char *message)
{
	static const char *const texts[] = {
		"prompt is too long", "exceeds the maximum number of tokens",
		"context length", "context window", "maximum context",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (str_ifind(message, strlen(message), texts[i])) {
			return true;
		}
	}
	return false;
}

static enum error_class classify(int status, const struct found *f, struct slice body)
{
	bool has_status = status >= 400;
	int number = has_status ? status : f->number;
	enum error_class class = number >= 400 ? error_class_of_status(number)
					       : ERROR_INTERNAL;

	if (!class_by_name(f->code, has_status, &class)) {
		class_by_name(f->type, has_status || f->number >= 400, &class);
	}
	if (class == ERROR_INVALID && str_ifind(body.ptr, body.len, "API_KEY_INVALID")) {
		class = ERROR_AUTH;
	}
	if ((class == ERROR_INVALID || class == ERROR_TOO_LARGE) && says_context(f->message)) {
		class = ERROR_CONTEXT;
	}
	return class;
}

/* Codes that the client's format has a word of its own for are replaced by
 * it when the error is written; others are kept (C150). */
static bool keeps_code(enum error_class class)
{
	return class == ERROR_INVALID || class == ERROR_PERMISSION ||
	       class == ERROR_NOT_FOUND || class == ERROR_CONFLICT;
}

/* Anthropic names the place in front: "messages.0.content: Field required". */
static const char *leading_path(const char *message, struct arena *a)
{
	size_t len = strspn(message, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_.[]");
	bool is_path = len && message[len] == ':' && message[len + 1] == ' ' &&
		       message[0] >= 'a' && message[0] <= 'z';

	return is_path ? arena_strndup(a, message, len) : "";
}

void error_read(int status, struct slice body, struct arena *a, struct api_error *out)
{
	struct found f = { .message = "", .type = "", .code = "", .param = "" };

	body = slice_trim(body);
	if (body.len) {
		read_body(body, a, &f);
	}
	*out = (struct api_error){
		.class = classify(status, &f, body.ptr ? body : slice_of("")),
		.message = f.message, .code = "", .param = f.param, .request_id = "",
		.retry_after_ms = f.retry_ms ? f.retry_ms : delay_in_text(f.message),
	};
	if (!*f.message) {
		out->message = status >= 400
			? arena_printf(a, "upstream returned HTTP %d", status)
			: "the upstream reported an error without a message";
	}
	if (keeps_code(out->class)) {
		out->code = f.code;
	}
	if (out->class == ERROR_INVALID && !*out->param) {
		out->param = leading_path(out->message, a);
	}
}
