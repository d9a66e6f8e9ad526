/*
 * Anthropic (anthropic-messages.md §1, §2; claude-code.md §7). An account
 * with base_url is a server that speaks the same: the base has no version.
 */
#include "providers/auth.h"
#include "providers/vendors.h"
#include "providers/wire_path.h"

#define OAUTH_BETA "oauth-2025-04-20"

static bool anthropic_path(const struct provider_request *req, const char *base_url,
			   struct arena *a, const char **path, struct err *err)
{
	struct wire_prefixes prefixes = wire_prefixes_of(req, base_url);

	prefixes.openai = "/v1";
	return wire_path(req, &prefixes, a, path, err);
}

static bool has_beta(const char *list, const char *name)
{
	struct slice rest = slice_of(list);
	struct slice part;

	while (slice_next(&rest, ',', &part)) {
		if (slice_eq(slice_trim(part), name)) {
			return true;
		}
	}
	return false;
}

/* An OAuth token is refused without its beta; the client's own ones stay, in
 * their order and byte for byte. */
static void add_oauth_beta(const struct provider_request *req, struct arena *a,
			   struct header_list *out)
{
	if (!*req->anthropic_beta) {
		auth_add(out, "anthropic-beta", OAUTH_BETA);
	} else if (!has_beta(req->anthropic_beta, OAUTH_BETA)) {
		auth_add(out, "anthropic-beta",
			 arena_printf(a, "%s," OAUTH_BETA, req->anthropic_beta));
	}
}

/* OAuth tokens go only as Bearer, also one that was stored as if it were a
 * key; a key may go either way, and x-api-key is what every server that speaks
 * this format knows (§2). */
static void anthropic_authorise(const struct provider_request *req, const struct secret *key,
				struct arena *a, struct header_list *out)
{
	bool is_token = req->account->type == ACCOUNT_OAUTH ||
			str_starts(secret_peek(key).ptr, "sk-ant-oat");

	if (is_token) {
		auth_add_bearer(out, a, key);
		add_oauth_beta(req, a, out);
	} else {
		auth_add_key(out, a, "x-api-key", key);
	}
	auth_add_anthropic_version(out, a, req);
}

static const char *const usual_models[] = { "claude-*", NULL };

/* anthropic-* and what Claude Code tells about its session. */
static const char *const client_headers[] = {
	"anthropic-*", "x-app", "x-claude-code-*", "idempotency-key", NULL,
};

const struct provider provider_anthropic = {
	.id = PROVIDER_ANTHROPIC,
	.default_base_url = "https://api.anthropic.com",
	.usual_models = usual_models,
	.formats = 1u << FORMAT_ANTHROPIC,
	.default_format = FORMAT_ANTHROPIC,
	.path = anthropic_path,
	.authorise = anthropic_authorise,
	.client_headers = client_headers,
};
