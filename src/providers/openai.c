/* OpenAI (openai-chat.md §1, openai-responses.md §1, §7). */
#include "providers/auth.h"
#include "providers/vendors.h"
#include "providers/wire_path.h"

static void openai_authorise(const struct provider_request *req, const struct secret *key,
			     struct arena *a, struct header_list *out)
{
	(void)req;
	auth_add_bearer(out, a, key);
}

const char *const openai_models[] = {
	"gpt-*", "chatgpt-*", "o1", "o1-*", "o3", "o3-*", "o4-*", "codex-*",
	"computer-use-*", "text-embedding-3-*", "text-embedding-ada-*", "dall-e-*",
	"tts-*", "whisper-*", "sora-*", "omni-moderation-*", "text-moderation-*",
	"babbage-*", "davinci-*", "ft:*", NULL,
};

/* openai-beta and what Codex tells about its session; organisation and project
 * choose an account, so they go only with the client's own credential. */
static const char *const client_headers[] = {
	"openai-*", "x-openai-*", "x-codex-*", "session_id", "session-id",
	"conversation_id", "originator", "x-client-request-id", "idempotency-key", NULL,
};

const struct provider provider_openai = {
	.id = PROVIDER_OPENAI,
	.default_base_url = "https://api.openai.com/v1",
	.usual_models = openai_models,
	.formats = 1u << FORMAT_CHAT | 1u << FORMAT_RESPONSES,
	.default_format = FORMAT_CHAT,
	.path = wire_usual_path,
	.authorise = openai_authorise,
	.client_headers = client_headers,
};
