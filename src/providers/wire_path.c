#include "providers/wire_path.h"

#include "providers/url.h"

static const char *anthropic_operation(enum operation op)
{
	switch (op) {
	case OP_GENERATE:     return "/messages";
	case OP_COUNT_TOKENS: return "/messages/count_tokens";
	case OP_LIST_MODELS:  return "/models";
	default:              return NULL;
	}
}

static const char *openai_operation(enum format_id format, enum operation op)
{
	bool responses = format == FORMAT_RESPONSES;

	switch (op) {
	case OP_GENERATE:     return responses ? "/responses" : "/chat/completions";
	case OP_COUNT_TOKENS: return responses ? "/responses/input_tokens" : NULL;
	case OP_COMPLETIONS:  return "/completions";
	case OP_EMBEDDINGS:   return "/embeddings";
	case OP_LIST_MODELS:  return "/models";
	default:              return NULL;
	}
}

const char *wire_operation(enum format_id format, enum operation op)
{
	if (format == FORMAT_ANTHROPIC) {
		return anthropic_operation(op);
	}
	return format == FORMAT_GEMINI ? NULL : openai_operation(format, op);
}

bool wire_no_operation(const struct provider_request *req, struct err *err)
{
	static const char *const names[] = {
		[OP_GENERATE] = "generation",   [OP_COUNT_TOKENS] = "token counting",
		[OP_COMPLETIONS] = "text completions", [OP_EMBEDDINGS] = "embeddings",
		[OP_OTHER] = "this path",       [OP_LIST_MODELS] = "a models list",
	};

	return err_setf(err, ERR_NOT_FOUND, "upstream %s has no %s in the format %s",
			req->account->name, names[req->op], format_name(req->format));
}

bool wire_add_other(struct buf *out, const char *prefix, const char *path,
		    struct err *err)
{
	if (path[0] != '/' || url_has_dot_segment(path)) {
		return err_setf(err, ERR_INVALID, "the path is not one that can be passed on");
	}
	buf_adds(out, prefix);
	url_add_raw(out, slice_of(path));
	return true;
}

static char separator(const struct buf *out)
{
	return memchr(buf_text(out), '?', out->len) ? '&' : '?';
}

void wire_add_parameter(struct buf *out, const char *name, const char *value)
{
	buf_addc(out, separator(out));
	buf_adds(out, name);
	buf_addc(out, '=');
	url_add_segment(out, value);
}

void wire_add_query(struct buf *out, const struct provider_request *req)
{
	bool is_own_key = req->account->type == ACCOUNT_PASSTHROUGH &&
			  req->account->provider == PROVIDER_GOOGLE;
	struct buf query = BUF_INIT(MAX_URL_BYTES);

	if (!req->is_converted) {
		url_add_query(&query, req->query, is_own_key);
	}
	if (query.len) {
		buf_addc(out, separator(out));
		buf_add(out, query.ptr, query.len);
	}
	buf_release(&query);
}

bool wire_finish(struct buf *text, struct arena *a, const char **out, struct err *err)
{
	bool ok = !text->failed;

	if (ok) {
		*out = arena_strndup(a, buf_text(text), text->len);
	} else {
		err_setf(err, ERR_INVALID, "the URL would be longer than %lu bytes",
			 MAX_URL_BYTES);
	}
	buf_release(text);
	return ok;
}

static const char *gemini_method(const struct provider_request *req)
{
	if (!req->is_converted && *req->gemini_method) {
		return req->gemini_method;
	}
	switch (req->op) {
	case OP_GENERATE:
		return req->is_stream ? "streamGenerateContent" : "generateContent";
	case OP_COUNT_TOKENS:
		return "countTokens";
	case OP_EMBEDDINGS:
		return "batchEmbedContents";
	default:
		return NULL;
	}
}

/* "models/x" and "tunedModels/x" name their collection themselves. */
static void add_gemini_model(struct buf *out, const char *model)
{
	if (str_starts(model, "tunedModels/")) {
		buf_adds(out, "/tunedModels/");
		model += strlen("tunedModels/");
	} else {
		buf_adds(out, "/models/");
		model += str_starts(model, "models/") ? strlen("models/") : 0;
	}
	url_add_segment(out, model);
}

static bool add_gemini(struct buf *out, const struct provider_request *req,
		       const char *prefix, struct err *err)
{
	const char *method = gemini_method(req);

	if (req->op == OP_LIST_MODELS) {
		buf_adds(out, prefix);
		buf_adds(out, "/models");
		return true;
	}
	if (!method) {
		return wire_no_operation(req, err);
	}
	buf_adds(out, prefix);
	add_gemini_model(out, req->model);
	buf_addc(out, ':');
	url_add_segment(out, method);
	/* Without it the stream is one JSON array; a client that wants that has
	 * said so by its own query. */
	if (req->is_converted && req->is_stream && req->op == OP_GENERATE) {
		wire_add_parameter(out, "alt", "sse");
	}
	return true;
}

static bool add_path(struct buf *out, const struct provider_request *req,
		     const struct wire_prefixes *prefixes, struct err *err)
{
	const char *prefix = req->format == FORMAT_ANTHROPIC ? prefixes->anthropic
							     : prefixes->openai;
	const char *operation = wire_operation(req->format, req->op);

	if (req->format == FORMAT_GEMINI) {
		return add_gemini(out, req, prefixes->gemini, err);
	}
	if (req->op == OP_OTHER) {
		return wire_add_other(out, prefix, req->path, err);
	}
	if (!operation) {
		return wire_no_operation(req, err);
	}
	buf_adds(out, prefix);
	buf_adds(out, operation);
	return true;
}

bool wire_path(const struct provider_request *req, const struct wire_prefixes *prefixes,
	       struct arena *a, const char **path, struct err *err)
{
	struct buf text = BUF_INIT(MAX_URL_BYTES);

	if (!add_path(&text, req, prefixes, err)) {
		buf_release(&text);
		return false;
	}
	wire_add_query(&text, req);
	return wire_finish(&text, a, path, err);
}

static const char *gemini_version(const struct provider_request *req, const char *base_url)
{
	if (url_has_version(base_url)) {
		return "";
	}
	return !req->is_converted && str_eq(req->gemini_version, "v1alpha") ? "/v1alpha"
	     : !req->is_converted && str_eq(req->gemini_version, "v1")      ? "/v1"
									     : "/v1beta";
}

struct wire_prefixes wire_prefixes_of(const struct provider_request *req,
				      const char *base_url)
{
	return (struct wire_prefixes){
		.anthropic = "/v1",
		.openai = url_has_path(base_url) ? "" : "/v1",
		.gemini = gemini_version(req, base_url),
	};
}

bool wire_usual_path(const struct provider_request *req, const char *base_url,
		     struct arena *a, const char **path, struct err *err)
{
	struct wire_prefixes prefixes = wire_prefixes_of(req, base_url);

	return wire_path(req, &prefixes, a, path, err);
}
