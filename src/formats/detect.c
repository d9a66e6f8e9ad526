#include "formats/detect.h"

#include <string.h>

#include "base/uri.h"

/* --- small tools on raw paths --- */

/* The rest behind a prefix of whole segments; NULL when it is another one. */
static const char *below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(path, prefix, len) != 0 || (path[len] && path[len] != '/')) {
		return NULL;
	}
	return path + len;
}

/* One leading slash, none at the end. */
static const char *tidy(struct arena *a, const char *path)
{
	size_t len;

	while (path[0] == '/' && path[1] == '/') {
		path++;
	}
	len = strlen(path);
	while (len > 1 && path[len - 1] == '/') {
		len--;
	}
	return arena_strndup(a, path, len);
}

/* --- what the gateway answers itself --- */

static bool is_read(const char *method)
{
	return str_eq(method, "GET") || str_eq(method, "HEAD");
}

static void need(struct endpoint *out, bool is_right, const char *allow)
{
	if (!is_right) {
		out->kind = ENDPOINT_BAD_METHOD;
		out->allow = allow;
	}
}

static bool own_endpoint(const struct detect_request *req, const char *path,
			 struct endpoint *out)
{
	static const struct {
		const char *path;
		enum endpoint_kind kind;
	} table[] = {
		{ "/", ENDPOINT_SERVICE },
		{ "/health", ENDPOINT_HEALTH },
		{ "/healthz", ENDPOINT_HEALTH },
		{ "/health/live", ENDPOINT_HEALTH_LIVE },
		{ "/health/ready", ENDPOINT_HEALTH_READY },
		{ "/metrics", ENDPOINT_METRICS },
	};
	const char *rest = below(path, "/admin");

	if (rest) {
		out->kind = ENDPOINT_ADMIN;
		out->path = rest;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (str_eq(path, table[i].path)) {
			out->kind = table[i].kind;
			need(out, is_read(req->method), "GET, HEAD");
			return true;
		}
	}
	return false;
}

/* C118: three vendors have a list at the same path. */
static enum format_id list_family(const struct detect_request *req)
{
	struct slice value;

	if (req->has_google_key || uri_parameter(req->query, "key", &value)) {
		return FORMAT_GEMINI;
	}
	return req->has_anthropic_version ? FORMAT_ANTHROPIC : FORMAT_CHAT;
}

/* `rest` is "/models" or "/models/{id}", ids with slashes included. */
static bool models_endpoint(const struct detect_request *req, const char *rest,
			    enum format_id family, struct arena *a, struct endpoint *out)
{
	const char *id = below(rest, "/models");
	const char *model = "";

	if (!id) {
		return false;
	}
	if (*id) {
		model = uri_decode(slice_of(id + 1), a);
	}
	out->family = family;
	if (!model) {
		return true;
	}
	out->kind = ENDPOINT_MODELS;
	out->format = family;
	out->op = OP_LIST_MODELS;
	out->model = family == FORMAT_GEMINI && str_starts(model, "models/")
			     ? model + strlen("models/") : model;
	need(out, is_read(req->method), "GET, HEAD");
	return true;
}

/* --- calls --- */

struct call {
	const char *path;
	enum format_id format;
	enum operation op;
};

/* Paths of the OpenAI family below any of its prefixes. */
static const struct call openai_calls[] = {
	{ "/chat/completions", FORMAT_CHAT, OP_GENERATE },
	{ "/completions", FORMAT_CHAT, OP_COMPLETIONS },
	{ "/embeddings", FORMAT_CHAT, OP_EMBEDDINGS },
	{ "/responses", FORMAT_RESPONSES, OP_GENERATE },
	{ "/responses/input_tokens", FORMAT_RESPONSES, OP_COUNT_TOKENS },
};

static const struct call anthropic_calls[] = {
	{ "/messages", FORMAT_ANTHROPIC, OP_GENERATE },
	{ "/messages/count_tokens", FORMAT_ANTHROPIC, OP_COUNT_TOKENS },
};

static bool known_call(const struct detect_request *req, const char *rest,
		       const struct call *calls, size_t count, struct endpoint *out)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(rest, calls[i].path)) {
			out->kind = ENDPOINT_CALL;
			out->format = out->family = calls[i].format;
			out->op = calls[i].op;
			need(out, str_eq(req->method, "POST"), "POST");
			return true;
		}
	}
	return false;
}

static bool openai_call(const struct detect_request *req, const char *rest,
			struct endpoint *out)
{
	return known_call(req, rest, openai_calls, ARRAY_LEN(openai_calls), out);
}

static bool anthropic_call(const struct detect_request *req, const char *rest,
			   struct endpoint *out)
{
	return known_call(req, rest, anthropic_calls, ARRAY_LEN(anthropic_calls), out);
}

static enum format_id family_below_v1(const char *rest)
{
	return below(rest, "/messages")    ? FORMAT_ANTHROPIC
	       : below(rest, "/responses") ? FORMAT_RESPONSES
					   : FORMAT_CHAT;
}

/* Any other path below /v1 passes through. Stored answers do not exist here,
 * so reading one finds nothing (openai-chat.md §1). */
static void other_call(const struct detect_request *req, const char *rest,
		       struct endpoint *out)
{
	out->family = family_below_v1(rest);
	if (!rest[0] || !rest[1]) {
		return;
	}
	if (!str_eq(req->method, "POST") &&
	    (below(rest, "/chat/completions") || below(rest, "/responses"))) {
		return;
	}
	out->kind = ENDPOINT_CALL;
	out->op = OP_OTHER;
	out->path = rest;
	need(out, str_eq(req->method, "POST"), "POST");
}

/* --- Gemini --- */

static void set_gemini_method(struct endpoint *out, const char *method,
			      const struct detect_request *req)
{
	static const struct {
		const char *name;
		enum operation op;
	} methods[] = {
		{ "generateContent", OP_GENERATE },
		{ "streamGenerateContent", OP_GENERATE },
		{ "countTokens", OP_COUNT_TOKENS },
		{ "embedContent", OP_EMBEDDINGS },
		{ "batchEmbedContents", OP_EMBEDDINGS },
	};
	struct slice alt;

	out->op = OP_OTHER;
	out->gemini_method = method;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (str_eq(method, methods[i].name)) {
			out->op = methods[i].op;
		}
	}
	out->is_stream = str_eq(method, "streamGenerateContent");
	out->is_array_stream = out->is_stream && !(uri_parameter(req->query, "alt", &alt) &&
						   slice_ieq(alt, "sse"));
}

/* /models/{m}:{method}, /tunedModels/{m}:{method}; the model may hold encoded
 * slashes and colons (gemini.md §1). */
static bool gemini_call(const struct detect_request *req, const char *rest,
			struct arena *a, struct endpoint *out)
{
	bool is_tuned = str_starts(rest, "/tunedModels/");
	const char *name = is_tuned ? rest + 1 : rest + strlen("/models/");
	const char *colon = strrchr(rest, ':');
	const char *model;
	const char *method;

	if ((!is_tuned && !str_starts(rest, "/models/")) || !colon || colon < name) {
		return false;
	}
	out->family = FORMAT_GEMINI;
	model = uri_decode((struct slice){ name, (size_t)(colon - name) }, a);
	method = uri_decode(slice_of(colon + 1), a);
	if (!model || !*model || !method || !*method || strchr(method, '/')) {
		return true;
	}
	out->kind = ENDPOINT_CALL;
	out->format = FORMAT_GEMINI;
	out->model = str_starts(model, "models/") ? model + strlen("models/") : model;
	set_gemini_method(out, method, req);
	need(out, str_eq(req->method, "POST"), "POST");
	return true;
}

static void below_v1beta(const struct detect_request *req, const char *rest,
			 struct arena *a, struct endpoint *out)
{
	const char *openai = below(rest, "/openai");

	if (openai) {
		if (!openai_call(req, openai, out)) {
			models_endpoint(req, openai, FORMAT_CHAT, a, out);
		}
		return;
	}
	out->family = FORMAT_GEMINI;
	if (!gemini_call(req, rest, a, out)) {
		models_endpoint(req, rest, FORMAT_GEMINI, a, out);
	}
}

/* --- prefixes --- */

static void below_v1(const struct detect_request *req, const char *rest, struct arena *a,
		     struct endpoint *out)
{
	const char *again;

	while ((again = below(rest, "/v1"))) {
		rest = again;
	}
	/* OpenAI's ids may hold a colon as well ("ft:…"); nobody POSTs to them. */
	if (str_eq(req->method, "POST") && gemini_call(req, rest, a, out)) {
		return;
	}
	if (anthropic_call(req, rest, out) || openai_call(req, rest, out) ||
	    models_endpoint(req, rest, list_family(req), a, out)) {
		return;
	}
	other_call(req, rest, out);
}

static void below_deployment(const struct detect_request *req, const char *rest,
			     struct arena *a, struct endpoint *out)
{
	const char *slash = strchr(rest + 1, '/');
	const char *model;

	if (!slash || slash == rest + 1) {
		return;
	}
	model = uri_decode((struct slice){ rest + 1, (size_t)(slash - rest - 1) }, a);
	if (!model) {
		return;
	}
	out->model = model;
	if (!openai_call(req, slash, out)) {
		other_call(req, slash, out);
	}
}

/* Azure's two surfaces; its lists are OpenAI's (C118). */
static void below_openai(const struct detect_request *req, const char *rest,
			 struct arena *a, struct endpoint *out)
{
	const char *v1 = below(rest, "/v1");
	const char *deployment = below(rest, "/deployments");

	if (deployment && *deployment) {
		below_deployment(req, deployment, a, out);
		return;
	}
	rest = v1 ? v1 : rest;
	if (openai_call(req, rest, out) || models_endpoint(req, rest, FORMAT_CHAT, a, out)) {
		return;
	}
	if (v1) {
		other_call(req, rest, out);
	}
}

static const char *version_of(const char *path, const char **rest)
{
	static const char *const versions[] = { "/v1beta", "/v1alpha", "/v1" };

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		*rest = below(path, versions[i]);
		if (*rest) {
			return versions[i] + 1;
		}
	}
	return "";
}

/* "." or ".." as a whole segment, escaped or not: no vendor has such a path,
 * and servers disagree about what it means. */
static bool has_dot_segment(const char *path)
{
	struct slice rest = slice_of(path);
	struct slice part;

	while (slice_next(&rest, '/', &part)) {
		if (slice_eq(part, ".") || slice_eq(part, "..") || slice_ieq(part, "%2e") ||
		    slice_ieq(part, "%2e%2e") || slice_ieq(part, ".%2e") ||
		    slice_ieq(part, "%2e.")) {
			return true;
		}
	}
	return false;
}

void detect_endpoint(const struct detect_request *req, struct arena *a,
		     struct endpoint *out)
{
	const char *path = tidy(a, req->path);
	const char *rest;
	const char *version = version_of(path, &rest);

	*out = (struct endpoint){
		.kind = ENDPOINT_UNKNOWN, .family = FORMAT_CHAT, .op = OP_OTHER, .model = "",
		.gemini_version = version, .gemini_method = "", .path = "", .allow = "",
	};
	if (has_dot_segment(req->path) || own_endpoint(req, path, out)) {
		return;
	}
	if (str_eq(version, "v1")) {
		below_v1(req, rest, a, out);
	} else if (*version) {
		below_v1beta(req, rest, a, out);
	} else if ((rest = below(path, "/openai"))) {
		below_openai(req, rest, a, out);
	} else if (!anthropic_call(req, path, out) && !openai_call(req, path, out)) {
		models_endpoint(req, path, list_family(req), a, out);
	}
}
