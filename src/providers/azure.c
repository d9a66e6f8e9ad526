/*
 * Azure OpenAI (azure-and-compatible.md §1, §2). Two surfaces: deployments
 * with a dated api-version, and the v1 one, which looks like OpenAI's. A dated
 * azure.api_version chooses the first, its absence (or "v1", "preview",
 * "latest") the second; so does a base_url that names the second.
 */
#include <ctype.h>

#include "providers/auth.h"
#include "providers/url.h"
#include "providers/vendors.h"
#include "providers/wire_path.h"

static bool is_classic(const struct provider_request *req, const char *base_url)
{
	return isdigit((unsigned char)req->account->azure_api_version[0]) &&
	       !url_ends_with(base_url, "/openai/v1") && req->format != FORMAT_ANTHROPIC;
}

/* The v1 surface; models of Anthropic stand beside it. */
static bool v1_path(const struct provider_request *req, struct buf *out, struct err *err)
{
	bool anthropic = req->format == FORMAT_ANTHROPIC;
	const char *prefix = anthropic ? "/anthropic/v1" : "/openai/v1";
	const char *version = req->account->azure_api_version;
	const char *operation = wire_operation(req->format, req->op);

	if (req->op == OP_OTHER) {
		if (!wire_add_other(out, prefix, req->path, err)) {
			return false;
		}
	} else if (operation) {
		buf_adds(out, prefix);
		buf_adds(out, operation);
	} else {
		return wire_no_operation(req, err);
	}
	if (!anthropic && (str_eq(version, "preview") || str_eq(version, "latest"))) {
		wire_add_parameter(out, "api-version", version);
	}
	return true;
}

/* Responses, the models list and all that is not about one model have no
 * deployment in their path. */
static bool has_deployment(const struct provider_request *req)
{
	switch (req->op) {
	case OP_GENERATE:
		return req->format == FORMAT_CHAT;
	case OP_COMPLETIONS:
	case OP_EMBEDDINGS:
		return true;
	case OP_OTHER:
		return str_starts(req->path, "/audio/") || str_starts(req->path, "/images/");
	default:
		return false;
	}
}

static bool add_deployment(const struct provider_request *req, struct buf *out,
			   struct err *err)
{
	if (str_empty(req->model) || url_has_dot_segment(req->model)) {
		return err_setf(err, ERR_INVALID, "no deployment of upstream %s is called \"%s\"",
				req->account->name, req->model);
	}
	buf_adds(out, "/deployments/");
	url_add_segment(out, req->model);
	return true;
}

static bool classic_path(const struct provider_request *req, struct buf *out,
			 struct err *err)
{
	const char *operation = wire_operation(req->format, req->op);

	buf_adds(out, "/openai");
	if (has_deployment(req) && !add_deployment(req, out, err)) {
		return false;
	}
	if (req->op == OP_OTHER) {
		if (!wire_add_other(out, "", req->path, err)) {
			return false;
		}
	} else if (operation) {
		buf_adds(out, operation);
	} else {
		return wire_no_operation(req, err);
	}
	wire_add_parameter(out, "api-version", req->account->azure_api_version);
	return true;
}

static bool azure_path(const struct provider_request *req, const char *base_url,
		       struct arena *a, const char **path, struct err *err)
{
	struct buf text = BUF_INIT(MAX_URL_BYTES);
	bool ok = is_classic(req, base_url) ? classic_path(req, &text, err)
					    : v1_path(req, &text, err);

	if (!ok) {
		buf_release(&text);
		return false;
	}
	wire_add_query(&text, req);
	return wire_finish(&text, a, path, err);
}

/* A key in `api-key`, an Entra token as Bearer, never both (§1). */
static void azure_authorise(const struct provider_request *req, const struct secret *key,
			    struct arena *a, struct header_list *out)
{
	if (req->account->type == ACCOUNT_OAUTH) {
		auth_add_bearer(out, a, key);
	} else if (req->format == FORMAT_ANTHROPIC) {
		auth_add_key(out, a, "x-api-key", key);
	} else {
		auth_add_key(out, a, "api-key", key);
	}
	if (req->format == FORMAT_ANTHROPIC) {
		auth_add_anthropic_version(out, a, req);
	}
}

static const char *const client_headers[] = {
	"x-ms-*", "x-client-request-id", "anthropic-version", "anthropic-beta",
	"idempotency-key", NULL,
};

const struct provider provider_azure = {
	.id = PROVIDER_AZURE,
	.default_base_url = "",
	.usual_models = openai_models,
	.formats = 1u << FORMAT_CHAT | 1u << FORMAT_RESPONSES,
	.default_format = FORMAT_CHAT,
	.path = azure_path,
	.authorise = azure_authorise,
	.client_headers = client_headers,
};
