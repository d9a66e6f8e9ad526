#include "routing/error_body.h"

#include "base/json_scan.h"
#include "routing/reset_time.h"

/* Free text is searched for hints only so far. */
#define MESSAGE_MAX 4096

static struct slice unquoted(struct slice raw)
{
	return raw.len >= 2 ? (struct slice){ raw.ptr + 1, raw.len - 2 } : SLICE_NULL;
}

static bool find_of_kind(struct slice object, const char *name, enum json_kind kind,
			 struct slice *value)
{
	struct json_member member;

	if (!json_find(object, name, &member) || member.kind != kind) {
		return false;
	}
	*value = member.value;
	return true;
}

static bool find_string(struct slice object, const char *name, struct slice *text)
{
	if (!find_of_kind(object, name, JSON_STRING, text)) {
		return false;
	}
	*text = unquoted(*text);
	return true;
}

static bool find_object(struct slice object, const char *name, struct slice *value)
{
	return find_of_kind(object, name, JSON_OBJECT, value);
}

static void add_word(struct error_body *out, struct slice word)
{
	if (word.len && out->word_count < ERROR_WORDS) {
		out->words[out->word_count++] = word;
	}
}

/* Codes come as words, as numbers and as numbers in quotes. */
static void add_code(struct error_body *out, struct slice object, const char *name)
{
	struct json_member member;
	struct slice text;
	uint64_t number;

	if (!json_find(object, name, &member)) {
		return;
	}
	text = member.kind == JSON_STRING ? unquoted(member.value) : member.value;
	if (member.kind != JSON_STRING && member.kind != JSON_NUMBER) {
		return;
	}
	if (str_to_u64(text, &number)) {
		if (number >= 400 && number < 600) {
			out->status = (int)number;
		}
		return;
	}
	add_word(out, text);
}

static void set_reset(struct error_body *out, int64_t ms, const char *from)
{
	out->reset_ms = ms;
	out->reset_from = from;
}

/* google.rpc details: RetryInfo, QuotaFailure, ErrorInfo. */
static void read_google_detail(struct error_body *out, struct slice detail)
{
	struct slice text;
	struct json_scan scan;
	struct json_member violation;
	int64_t ms;

	if (find_string(detail, "reason", &text)) {
		add_word(out, text);
	}
	if (find_string(detail, "retryDelay", &text) && reset_parse_duration(text, &ms)) {
		set_reset(out, ms, "RetryInfo.retryDelay");
	}
	if (!find_of_kind(detail, "violations", JSON_ARRAY, &text)) {
		return;
	}
	json_scan_init(&scan, text);
	while (json_scan_next(&scan, &violation)) {
		if (find_string(violation.value, "quotaId", &text)) {
			out->is_daily = out->is_daily || str_ifind(text.ptr, text.len, "PerDay");
			out->is_per_model = out->is_per_model ||
					    str_ifind(text.ptr, text.len, "PerModel");
		}
	}
}

static void read_details(struct error_body *out, struct slice error)
{
	struct json_scan scan;
	struct json_member detail;
	struct slice details;

	if (find_object(error, "details", &details)) {
		add_code(out, details, "error_code");
	}
	if (find_object(error, "innererror", &details)) {
		add_code(out, details, "code");
	}
	if (!find_of_kind(error, "details", JSON_ARRAY, &details)) {
		return;
	}
	json_scan_init(&scan, details);
	while (json_scan_next(&scan, &detail)) {
		if (detail.kind == JSON_OBJECT) {
			read_google_detail(out, detail.value);
		}
	}
}

/* {"resets_in_seconds": 13872, "resets_at": 1777936568} of usage limits. */
static void read_resets(struct error_body *out, struct slice error, int64_t now_wall_ms)
{
	static const char *const names[] = { "resets_in_seconds", "resets_at" };

	for (size_t i = 0; i < ARRAY_LEN(names) && out->reset_ms < 0; i++) {
		struct json_member member;
		char text[40];
		struct slice value;
		int64_t ms;

		if (!json_find(error, names[i], &member)) {
			continue;
		}
		value = member.kind == JSON_STRING ? unquoted(member.value) : member.value;
		if (value.len && value.len < sizeof text) {
			memcpy(text, value.ptr, value.len);
			text[value.len] = '\0';
			if (reset_parse(text, now_wall_ms, &ms)) {
				set_reset(out, ms, names[i]);
			}
		}
	}
}

static void set_message(struct error_body *out, const struct json_member *member)
{
	if (member->kind == JSON_STRING) {
		out->quoted = member->value;
		out->message = unquoted(member->value);
	} else {
		out->message = member->value;
	}
}

static void read_message(struct error_body *out, struct slice error)
{
	static const char *const names[] = { "message", "detail", "msg" };
	struct json_member member;

	for (size_t i = 0; i < ARRAY_LEN(names) && !out->message.len; i++) {
		if (json_find(error, names[i], &member) && member.kind != JSON_NULL) {
			set_message(out, &member);
		}
	}
}

static void read_error(struct error_body *out, struct slice error, int64_t now_wall_ms)
{
	static const char *const codes[] = { "type", "code", "status", "statusCode", "reason" };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		add_code(out, error, codes[i]);
	}
	read_message(out, error);
	read_details(out, error);
	read_resets(out, error, now_wall_ms);
}

/* White space and a byte order mark before the text are common. */
static struct slice body_start(struct slice body)
{
	body = slice_trim(body);
	if (body.len >= 3 && memcmp(body.ptr, "\xef\xbb\xbf", 3) == 0) {
		body.ptr += 3;
		body.len -= 3;
	}
	return body;
}

/* Google wraps errors of streams in an array. */
static struct slice first_element(struct slice body)
{
	struct json_scan scan;
	struct json_member first;

	json_scan_init(&scan, body);
	return json_scan_next(&scan, &first) ? first.value : body;
}

/* The object that holds the error: itself, or inside of `response`, as in a
 * failed Responses answer, or of `x_groq`. */
static struct slice error_holder(struct slice body)
{
	static const char *const holders[] = { "response", "x_groq" };
	struct json_member error;
	struct slice inner;

	for (size_t i = 0; i < ARRAY_LEN(holders); i++) {
		if (find_object(body, holders[i], &inner) && json_find(inner, "error", &error) &&
		    error.kind != JSON_NULL) {
			return inner;
		}
	}
	return body;
}

void error_body_read(struct slice body, int64_t now_wall_ms, struct error_body *out)
{
	struct slice text = body_start(body);
	struct json_member error;
	int64_t ms;

	*out = (struct error_body){ .reset_ms = -1 };
	if (!text.len) {
		return;
	}
	out->is_html = text.ptr[0] == '<';
	if (text.ptr[0] == '[') {
		text = first_element(text);
	}
	text = error_holder(text);
	if (!json_find(text, "error", &error)) {
		read_error(out, text, now_wall_ms);
	} else if (error.kind == JSON_OBJECT) {
		read_error(out, error.value, now_wall_ms);
	} else if (error.kind == JSON_STRING) {
		set_message(out, &error);
		read_error(out, text, now_wall_ms);
	}
	if (!out->message.len && text.ptr[0] != '{') {
		out->message = text;
	}
	if (out->message.len > MESSAGE_MAX) {
		out->message.len = MESSAGE_MAX;
	}
	if (out->reset_ms < 0 && reset_find_in_text(out->message, &ms)) {
		set_reset(out, ms, "message");
	}
}

bool error_body_is_error(struct slice body)
{
	struct slice text = body_start(body);
	struct json_member member;

	if (text.len && text.ptr[0] == '[') {
		text = first_element(text);
	}
	text = error_holder(text);
	if (json_find(text, "error", &member)) {
		return member.kind == JSON_OBJECT || member.kind == JSON_STRING;
	}
	return json_find(text, "type", &member) && slice_eq(member.value, "\"error\"");
}
