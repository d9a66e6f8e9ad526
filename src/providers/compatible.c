/*
 * Whatever speaks OpenAI's way, or another vendor's when the account's format
 * says so (azure-and-compatible.md §4, §5).
 */
#include "providers/auth.h"
#include "providers/vendors.h"
#include "providers/wire_path.h"

/* Servers that speak another vendor's format differ in which of the two
 * headers they read; the same key in both suits all (Claude Code sends both as
 * well, claude-code.md §1). */
static void compatible_authorise(const struct provider_request *req,
				 const struct secret *key, struct arena *a,
				 struct header_list *out)
{
	auth_add_bearer(out, a, key);
	if (req->format == FORMAT_ANTHROPIC) {
		auth_add_key(out, a, "x-api-key", key);
		auth_add_anthropic_version(out, a, req);
	} else if (req->format == FORMAT_GEMINI) {
		auth_add_key(out, a, "x-goog-api-key", key);
	}
}

/* No names are usual here; any is served (provider_is_catch_all). */
static const char *const usual_models[] = { "*", NULL };

/* The application's name for OpenRouter's pages, and what the formats define. */
static const char *const client_headers[] = {
	"http-referer", "x-title", "anthropic-version", "anthropic-beta", "openai-beta",
	"idempotency-key", "x-client-request-id", NULL,
};

const struct provider provider_compatible = {
	.id = PROVIDER_COMPATIBLE,
	.default_base_url = "",
	.usual_models = usual_models,
	.formats = 1u << FORMAT_CHAT,
	.default_format = FORMAT_CHAT,
	.path = wire_usual_path,
	.authorise = compatible_authorise,
	.client_headers = client_headers,
};
