/*
 * Another gateway of this kind, over sealed transport (llm-gateway-api(7),
 * "Sealed requests"). It speaks every format, so that nothing is converted on
 * the way to it, and its key never travels: it seals the body
 * (gateway/sealed_transfer.h).
 */
#include "providers/auth.h"
#include "providers/vendors.h"
#include "providers/wire_path.h"

/* A request without a body cannot be sealed; its health needs no key. */
static bool gateway_path(const struct provider_request *req, const char *base_url,
			 struct arena *a, const char **path, struct err *err)
{
	if (req->op == OP_LIST_MODELS) {
		*path = "/health/ready";
		return true;
	}
	return wire_usual_path(req, base_url, a, path, err);
}

static const char *const usual_models[] = { "*", NULL };

/* Whatever means something to one of its own upstreams. */
static const char *const client_headers[] = {
	"anthropic-*", "x-app", "x-claude-code-*", "openai-*", "x-openai-*", "x-codex-*",
	"session_id", "session-id", "conversation_id", "originator", "x-client-request-id",
	"idempotency-key", "x-goog-*", "x-server-timeout", "http-referer", "x-title", NULL,
};

const struct provider provider_llm_gateway = {
	.id = PROVIDER_LLM_GATEWAY,
	.default_base_url = "",
	.usual_models = usual_models,
	.formats = 1u << FORMAT_ANTHROPIC | 1u << FORMAT_CHAT | 1u << FORMAT_RESPONSES |
		   1u << FORMAT_GEMINI,
	.default_format = FORMAT_CHAT,
	.path = gateway_path,
	.authorise = auth_none,
	.client_headers = client_headers,
};
