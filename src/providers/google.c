/*
 * Google's Gemini API (gemini.md §1). A base that names a version itself
 * (Vertex: .../v1/projects/P/locations/L/publishers/google) gets none.
 */
#include "providers/auth.h"
#include "providers/url.h"
#include "providers/vendors.h"
#include "providers/wire_path.h"

static bool google_path(const struct provider_request *req, const char *base_url,
			struct arena *a, const char **path, struct err *err)
{
	struct wire_prefixes prefixes = wire_prefixes_of(req, base_url);

	prefixes.openai = url_has_version(base_url) ? "/openai" : "/v1beta/openai";
	return wire_path(req, &prefixes, a, path, err);
}

/* A key in x-goog-api-key, never in the query, which ends up in logs; the
 * OpenAI-style surface wants it as Bearer. */
static void google_authorise(const struct provider_request *req, const struct secret *key,
			     struct arena *a, struct header_list *out)
{
	if (req->account->type == ACCOUNT_OAUTH || req->format != FORMAT_GEMINI) {
		auth_add_bearer(out, a, key);
	} else {
		auth_add_key(out, a, "x-goog-api-key", key);
	}
}

static const char *const usual_models[] = {
	"gemini-*", "models/gemini-*", "tunedModels/*", "gemma-*", "learnlm-*", "imagen-*",
	"veo-*", "aqa", "embedding-001", "text-embedding-004", "gemini-embedding-*", NULL,
};

static const char *const client_headers[] = {
	"x-goog-*", "x-server-timeout", NULL,
};

const struct provider provider_google = {
	.id = PROVIDER_GOOGLE,
	.default_base_url = "https://generativelanguage.googleapis.com",
	.usual_models = usual_models,
	.formats = 1u << FORMAT_GEMINI,
	.default_format = FORMAT_GEMINI,
	.path = google_path,
	.authorise = google_authorise,
	.client_headers = client_headers,
};
