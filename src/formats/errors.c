#include "formats/errors.h"

#include <inttypes.h>

#include "base/json_write.h"
#include "base/mask.h"
#include "base/utf8.h"

/* What each class is called (C150). Codes that are NULL are written as null
 * or, where the error brings one, as that. */
static const struct {
	const char *name;
	int anthropic_status;
	const char *anthropic_type;
	int openai_status;
	const char *openai_type;
	const char *openai_code;
	int gemini_status;
	const char *gemini_name;
	const char *failed_code;        /* of response.failed (C156) */
} classes[] = {
	[ERROR_INVALID] = { "invalid", 400, "invalid_request_error",
			    400, "invalid_request_error", NULL,
			    400, "INVALID_ARGUMENT", "invalid_prompt" },
	[ERROR_CONTEXT] = { "context", 400, "invalid_request_error",
			    400, "invalid_request_error", "context_length_exceeded",
			    400, "INVALID_ARGUMENT", "context_length_exceeded" },
	[ERROR_AUTH] = { "auth", 401, "authentication_error",
			 401, "invalid_request_error", "invalid_api_key",
			 401, "UNAUTHENTICATED", "server_error" },
	[ERROR_BILLING] = { "billing", 402, "billing_error",
			    429, "insufficient_quota", "insufficient_quota",
			    429, "RESOURCE_EXHAUSTED", "insufficient_quota" },
	[ERROR_PERMISSION] = { "permission", 403, "permission_error",
			       403, "permission_error", NULL,
			       403, "PERMISSION_DENIED", "server_error" },
	[ERROR_NOT_FOUND] = { "not_found", 404, "not_found_error",
			      404, "invalid_request_error", NULL,
			      404, "NOT_FOUND", "server_error" },
	[ERROR_CONFLICT] = { "conflict", 409, "conflict_error",
			     409, "invalid_request_error", NULL,
			     409, "ABORTED", "server_error" },
	[ERROR_TOO_LARGE] = { "too_large", 413, "request_too_large",
			      413, "invalid_request_error", "request_too_large",
			      413, "INVALID_ARGUMENT", "server_error" },
	[ERROR_RATE] = { "rate", 429, "rate_limit_error",
			 429, "requests", "rate_limit_exceeded",
			 429, "RESOURCE_EXHAUSTED", "rate_limit_exceeded" },
	[ERROR_FILTER] = { "filter", 400, "invalid_request_error",
			   400, "invalid_request_error", "content_filter",
			   400, "INVALID_ARGUMENT", "invalid_prompt" },
	[ERROR_OVERLOADED] = { "overloaded", 529, "overloaded_error",
			       503, "server_error", "overloaded",
			       503, "UNAVAILABLE", "server_error" },
	[ERROR_TIMEOUT] = { "timeout", 504, "timeout_error",
			    504, "server_error", "timeout",
			    504, "DEADLINE_EXCEEDED", "server_error" },
	[ERROR_UNSUPPORTED] = { "unsupported", 400, "invalid_request_error",
				400, "invalid_request_error", "unsupported_parameter",
				400, "INVALID_ARGUMENT", "invalid_prompt" },
	[ERROR_INTERNAL] = { "internal", 500, "api_error",
			     502, "server_error", "upstream_error",
			     500, "INTERNAL", "server_error" },
	[ERROR_UPSTREAM_BAD] = { "upstream_bad", 500, "api_error",
				 502, "server_error", "upstream_error",
				 500, "INTERNAL", "server_error" },
	[ERROR_UPSTREAM_EOF] = { "upstream_eof", 500, "api_error",
				 502, "server_error", "upstream_error",
				 500, "INTERNAL", "server_error" },
};

const char *error_class_name(enum error_class class)
{
	return classes[class].name;
}

enum error_class error_class_of_status(int status)
{
	switch (status) {
	case 401:
		return ERROR_AUTH;
	case 402:
		return ERROR_BILLING;
	case 403:
		return ERROR_PERMISSION;
	case 404:
		return ERROR_NOT_FOUND;
	case 409:
		return ERROR_CONFLICT;
	case 413:
		return ERROR_TOO_LARGE;
	case 429:
		return ERROR_RATE;
	case 405:
	case 501:
		return ERROR_UNSUPPORTED;
	case 408:
	case 504:
	case 524:
		return ERROR_TIMEOUT;
	case 498:
	case 503:
	case 529:
		return ERROR_OVERLOADED;
	default:
		return status >= 400 && status < 500 ? ERROR_INVALID : ERROR_INTERNAL;
	}
}

struct api_error error_own(int status, const char *message)
{
	struct api_error e = {
		.class = error_class_of_status(status), .status = status,
		.message = message, .code = "", .param = "", .request_id = "",
	};

	switch (status) {
	case 405:
		e.class = ERROR_INVALID;
		e.code = "method_not_allowed";
		break;
	case 408:
		/* Here it is the client that was slow. */
		e.class = ERROR_INVALID;
		e.code = "request_timeout";
		break;
	case 415:
		e.code = "unsupported_media_type";
		break;
	case 431:
		e.code = "request_headers_too_large";
		break;
	case 499:
		e.code = "client_closed_request";
		break;
	case 500:
		e.code = "internal_error";
		break;
	default:
		break;
	}
	return e;
}

int error_status(enum format_id format, const struct api_error *e)
{
	if (e->status) {
		return e->status;
	}
	switch (format) {
	case FORMAT_ANTHROPIC:
		return classes[e->class].anthropic_status;
	case FORMAT_GEMINI:
		return classes[e->class].gemini_status;
	default:
		return classes[e->class].openai_status;
	}
}

/* --- the message (C152) --- */

#define MESSAGE_BYTES 2000

/* Control characters become blanks; cut between characters. */
static void add_clean(struct buf *out, const char *text)
{
	for (size_t len = strlen(text); *text;) {
		size_t width = utf8_valid_length(text, len);

		width = width ? width : 1;
		if (out->len + width > MESSAGE_BYTES) {
			return;
		}
		if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			buf_addc(out, ' ');
		} else {
			buf_add(out, text, width);
		}
		text += width;
		len -= width;
	}
}

static bool mentions_retry(const char *message)
{
	return str_ifind(message, strlen(message), "try again in") != NULL;
}

/* What clients of a format look for at the beginning and at the end. */
static void add_message(enum format_id format, const struct api_error *e,
			struct buf *out)
{
	static const char too_long[] = "prompt is too long";

	if (format == FORMAT_ANTHROPIC && e->class == ERROR_CONTEXT &&
	    !str_starts(e->message, too_long)) {
		buf_addf(out, "%s: ", too_long);
	} else if (format == FORMAT_ANTHROPIC && *e->param &&
		   !str_starts(e->message, e->param)) {
		add_clean(out, e->param);
		buf_adds(out, ": ");
	}
	add_clean(out, e->message);
}

static void write_message(struct json_writer *w, const char *name,
			  enum format_id format, const struct api_error *e,
			  const char *tail)
{
	struct buf clean = BUF_INIT(4 * MESSAGE_BYTES);
	struct buf masked = BUF_INIT(8 * MESSAGE_BYTES);

	add_message(format, e, &clean);
	mask_text(buf_slice(&clean), &masked);
	buf_adds(&masked, tail);
	json_key(w, name);
	json_strn(w, buf_slice(&masked));
	buf_release(&clean);
	buf_release(&masked);
}

/* --- bodies --- */

static void write_null_or(struct json_writer *w, const char *name, const char *text)
{
	json_kstr(w, name, str_empty(text) ? NULL : text);
}

static void write_anthropic(struct json_writer *w, const struct api_error *e)
{
	json_object(w);
	json_kstr(w, "type", "error");
	json_key(w, "error");
	json_object(w);
	json_kstr(w, "type", classes[e->class].anthropic_type);
	write_message(w, "message", FORMAT_ANTHROPIC, e, "");
	if (*e->code) {
		json_key(w, "details");
		json_object(w);
		json_kstr(w, "error_code", e->code);
		json_end(w);
	}
	json_end(w);
	write_null_or(w, "request_id", e->request_id);
	json_end(w);
}

static const char *openai_code(const struct api_error *e)
{
	return *e->code ? e->code : classes[e->class].openai_code;
}

static void write_openai(struct json_writer *w, const struct api_error *e)
{
	json_object(w);
	json_key(w, "error");
	json_object(w);
	write_message(w, "message", FORMAT_CHAT, e, "");
	json_kstr(w, "type", classes[e->class].openai_type);
	write_null_or(w, "param", e->param);
	write_null_or(w, "code", openai_code(e));
	json_end(w);
	json_end(w);
}

/* C153: the delay stands in a detail, since Gemini has no header for it. */
static void write_retry_info(struct json_writer *w, int64_t retry_after_ms)
{
	char delay[32];

	snprintf(delay, sizeof delay, "%" PRId64 "s", (retry_after_ms + 999) / 1000);
	json_key(w, "details");
	json_array(w);
	json_object(w);
	json_kstr(w, "@type", "type.googleapis.com/google.rpc.RetryInfo");
	json_kstr(w, "retryDelay", delay);
	json_end(w);
	json_end(w);
}

static void write_gemini(struct json_writer *w, const struct api_error *e)
{
	int status = error_status(FORMAT_GEMINI, e);

	json_object(w);
	json_key(w, "error");
	json_object(w);
	json_kint(w, "code", status);
	write_message(w, "message", FORMAT_GEMINI, e, "");
	json_kstr(w, "status", status == 499 ? "CANCELLED" : classes[e->class].gemini_name);
	if (e->retry_after_ms > 0) {
		write_retry_info(w, e->retry_after_ms);
	}
	json_end(w);
	json_end(w);
}

void error_write_body(enum format_id format, const struct api_error *e, struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	switch (format) {
	case FORMAT_ANTHROPIC:
		write_anthropic(&w, e);
		break;
	case FORMAT_GEMINI:
		write_gemini(&w, e);
		break;
	default:
		write_openai(&w, e);
		break;
	}
}

/* --- frames --- */

/* Codex reads the delay out of the message (openai-responses.md §7). */
static void write_failed_error(struct json_writer *w, const struct api_error *e)
{
	char tail[64] = "";

	if (e->class == ERROR_RATE && e->retry_after_ms > 0 && !mentions_retry(e->message)) {
		snprintf(tail, sizeof tail, " Please try again in %" PRId64 ".%" PRId64 "s.",
			 e->retry_after_ms / 1000, e->retry_after_ms % 1000 / 100);
	}
	json_key(w, "error");
	json_object(w);
	json_kstr(w, "code", classes[e->class].failed_code);
	write_message(w, "message", FORMAT_RESPONSES, e, tail);
	json_end(w);
}

/* The members that the schema requires (openai-responses.md §5). */
static void write_failed_response(struct json_writer *w, const struct api_error *e,
				  const struct error_stream *stream)
{
	json_object(w);
	json_kstr(w, "id", stream->response_id);
	json_kstr(w, "object", "response");
	json_kint(w, "created_at", stream->created_at);
	json_kstr(w, "status", "failed");
	write_failed_error(w, e);
	json_kstr(w, "incomplete_details", NULL);
	json_kstr(w, "instructions", NULL);
	json_kstr(w, "model", stream->model);
	json_key(w, "output");
	json_raw(w, stream->output.len ? stream->output : slice_of("[]"));
	json_kbool(w, "parallel_tool_calls", true);
	json_kstr(w, "temperature", NULL);
	json_kstr(w, "tool_choice", "auto");
	json_key(w, "tools");
	json_array(w);
	json_end(w);
	json_kstr(w, "top_p", NULL);
	json_kstr(w, "usage", NULL);
	json_key(w, "metadata");
	json_object(w);
	json_end(w);
	json_end(w);
}

static void write_responses_event(const struct api_error *e,
				  const struct error_stream *stream, struct buf *out)
{
	bool has_response = stream && !str_empty(stream->response_id);
	const char *type = has_response ? "response.failed" : "error";
	struct json_writer w;

	buf_addf(out, "event: %s\ndata: ", type);
	json_open(&w, out);
	json_object(&w);
	json_kstr(&w, "type", type);
	json_kint(&w, "sequence_number", stream ? stream->sequence_number : 0);
	if (has_response) {
		json_key(&w, "response");
		write_failed_response(&w, e, stream);
	} else {
		json_kstr(&w, "code", classes[e->class].failed_code);
		write_message(&w, "message", FORMAT_RESPONSES, e, "");
		write_null_or(&w, "param", e->param);
	}
	json_end(&w);
	buf_adds(out, "\n\n");
}

/* Without alt=sse the stream is one array, which must still be closed. */
static void write_gemini_event(const struct api_error *e,
			       const struct error_stream *stream, struct buf *out)
{
	bool is_array = stream && stream->is_array;

	if (is_array) {
		buf_adds(out, stream->has_elements ? ",\r\n" : "[");
	} else {
		buf_adds(out, "data: ");
	}
	error_write_body(FORMAT_GEMINI, e, out);
	buf_adds(out, is_array ? "]" : "\r\n\r\n");
}

void error_write_event(enum format_id format, const struct api_error *e,
		       const struct error_stream *stream, struct buf *out)
{
	switch (format) {
	case FORMAT_RESPONSES:
		write_responses_event(e, stream, out);
		break;
	case FORMAT_GEMINI:
		write_gemini_event(e, stream, out);
		break;
	default:
		/* Chat: a data frame alone, and no [DONE] after it. */
		buf_adds(out, format == FORMAT_ANTHROPIC ? "event: error\ndata: " : "data: ");
		error_write_body(format, e, out);
		buf_adds(out, "\n\n");
		break;
	}
}
