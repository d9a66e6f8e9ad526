/*
 * The built-in upstream: answers inside the process, so its URL is only a name
 * in logs, and there is nothing to authorise.
 */
#include "providers/auth.h"
#include "providers/vendors.h"
#include "providers/wire_path.h"

static const char *const usual_models[] = { "demo", "demo-*", NULL };
static const char *const client_headers[] = { NULL };

const struct provider provider_demo = {
	.id = PROVIDER_DEMO,
	.default_base_url = "http://demo.invalid",
	.usual_models = usual_models,
	.formats = 1u << FORMAT_ANTHROPIC | 1u << FORMAT_CHAT | 1u << FORMAT_RESPONSES |
		   1u << FORMAT_GEMINI,
	.default_format = FORMAT_CHAT,
	.path = wire_usual_path,
	.authorise = auth_none,
	.client_headers = client_headers,
};
