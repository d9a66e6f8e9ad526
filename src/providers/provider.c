#include "providers/provider.h"

#include "providers/url.h"
#include "providers/vendors.h"

/* Longer ones are nobody's. */
#define MODEL_NAME_BYTES 256

const char *const provider_request_id_headers[] = {
	"request-id", "x-request-id", "apim-request-id", "x-ms-request-id",
	"x-generation-id", "x-goog-request-id", NULL,
};

static const struct provider *const providers[] = {
	[PROVIDER_ANTHROPIC] = &provider_anthropic,
	[PROVIDER_OPENAI] = &provider_openai,
	[PROVIDER_GOOGLE] = &provider_google,
	[PROVIDER_AZURE] = &provider_azure,
	[PROVIDER_COMPATIBLE] = &provider_compatible,
	[PROVIDER_LLM_GATEWAY] = &provider_llm_gateway,
	[PROVIDER_DEMO] = &provider_demo,
};

const struct provider *provider_find(enum provider_id id)
{
	return providers[id];
}

static bool any_matches(const char *const *globs, const char *text)
{
	for (; *globs; globs++) {
		if ((**globs == *text || **globs == '*') && str_glob(*globs, text)) {
			return true;
		}
	}
	return false;
}

static bool is_listed(const char *const *names, const char *text)
{
	for (; *names; names++) {
		if (**names == *text && str_eq(*names, text)) {
			return true;
		}
	}
	return false;
}

bool provider_url(const struct provider_request *req, struct arena *a,
		  const char **url, struct err *err)
{
	const struct provider *provider = provider_find(req->account->provider);
	const char *base = *req->account->base_url ? req->account->base_url
						   : provider->default_base_url;
	struct buf text = BUF_INIT(MAX_URL_BYTES);
	const char *path;

	if (!provider->path(req, base, a, &path, err)) {
		return false;
	}
	if (!url_join(&text, base, path, err) || text.failed) {
		buf_release(&text);
		return err_wrapf(err, "upstream %s", req->account->name);
	}
	*url = arena_strndup(a, text.ptr, text.len);
	buf_release(&text);
	return true;
}

static bool serves_name(const struct upstream_account *account, const char *model)
{
	if (account->has_models) {
		return list_matches(&account->models, model);
	}
	if (account->provider == PROVIDER_AZURE && account->azure_deployments.count) {
		return pair_get(&account->azure_deployments, model) != NULL;
	}
	return any_matches(provider_find(account->provider)->usual_models, model);
}

bool provider_serves(const struct upstream_account *account, const char *model)
{
	char bare[MODEL_NAME_BYTES];

	if (serves_name(account, model)) {
		return true;
	}
	if (!str_ends(model, MODEL_LONG_CONTEXT) || !str_copy(bare, sizeof bare, model)) {
		return false;
	}
	bare[strlen(bare) - strlen(MODEL_LONG_CONTEXT)] = '\0';
	return serves_name(account, bare);
}

bool provider_is_catch_all(const struct upstream_account *account)
{
	return !account->has_models &&
	       str_eq(provider_find(account->provider)->usual_models[0], "*");
}

const char *provider_wire_model(const struct upstream_account *account, const char *model)
{
	const char *deployment = pair_get(&account->azure_deployments, model);

	return account->provider == PROVIDER_AZURE && deployment ? deployment : model;
}

/* What describes the connection between client and gateway, or carries an
 * identity that is not the account's. x-stainless-* tells of the client's own
 * time limit and repeats (C119), which are not the gateway's. */
static const char *const kept_back[] = {
	"host", "connection", "keep-alive", "proxy-*", "te", "trailer", "transfer-encoding",
	"upgrade", "content-length", "content-encoding", "accept-encoding", "expect",
	"cookie", "cookie2", "forwarded", "via", "x-forwarded-*", "x-real-ip", "origin",
	"sec-*", "x-llm-gateway-*", "x-stainless-*", "traceparent", "tracestate", NULL,
};

static const char *const credentials[] = {
	"authorization", "x-api-key", "api-key", "x-goog-api-key", NULL,
};

/* They choose the account that pays: right only beside its own credential,
 * while many clients take them from their environment. */
static const char *const tenants[] = {
	"openai-organization", "openai-project", "x-goog-user-project", NULL,
};

/* Part of any request. The client's own user-agent: never another's (product:
 * section 8). */
static const char *const common[] = {
	"accept", "content-type", "user-agent", "accept-language", NULL,
};

bool provider_passes_header(const struct upstream_account *account, const char *name)
{
	if (is_listed(credentials, name) || is_listed(tenants, name)) {
		return account->type == ACCOUNT_PASSTHROUGH;
	}
	if (any_matches(kept_back, name)) {
		return false;
	}
	return is_listed(common, name) ||
	       any_matches(provider_find(account->provider)->client_headers, name);
}

enum format_id provider_format(const struct upstream_account *account,
			       enum format_id client_format, enum operation op)
{
	const struct provider *provider = provider_find(account->provider);

	if (client_format == FORMAT_NONE && op == OP_OTHER) {
		return FORMAT_NONE;
	}
	if (account->format != FORMAT_NONE) {
		return account->format;
	}
	if (client_format != FORMAT_NONE && provider->formats & 1u << client_format) {
		return client_format;
	}
	return provider->default_format;
}
