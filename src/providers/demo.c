/*
 * The built-in upstream: answers inside the process, so its URL is only a name
 * in logs, and there is nothing to authorise.
 */
#include "providers/vendors.h"
#include "providers/wire_path.h"

static void demo_authorise(const struct provider_request *req, const struct secret *key,
			   struct arena *a, struct header_list *out)
{
	(void)req;
	(void)key;
	(void)a;
	(void)out;
}

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
	.authorise = demo_authorise,
	.client_headers = client_headers,
};
