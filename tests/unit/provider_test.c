/*
 * Where requests go, how they are authorised, what is passed on: one table a
 * vendor, each row naming the rule it stands for. A = anthropic-messages.md,
 * C = openai-chat.md, R = openai-responses.md, G = gemini.md, Z =
 * azure-and-compatible.md, P = product page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "providers/provider.c"
#include "tests/unit/rows.h"

static struct arena arena;

static int open_arena(void **state)
{
	(void)state;
	arena_init(&arena, 4096);
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct upstream_account account_of(enum provider_id provider)
{
	return (struct upstream_account){
		.name = "test", .provider = provider, .base_url = "", .weight = 1,
		.azure_api_version = "", .proxy = "", .key_env = "", .api_key = "",
	};
}

static struct provider_request request_of(const struct upstream_account *account)
{
	return (struct provider_request){
		.account = account, .model = "", .path = "", .query = "",
		.gemini_version = "", .gemini_method = "", .anthropic_version = "",
		.anthropic_beta = "",
	};
}

struct url_case {
	const char *rule;
	const char *base_url;
	enum format_id format;
	enum operation op;
	const char *model;
	bool is_stream;
	bool is_converted;
	const char *path;
	const char *query;
	const char *gemini_version;
	const char *gemini_method;
	const char *api_version;
	const char *url;                /* NULL: refused */
};

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void check_url(struct upstream_account *account, const struct url_case *c)
{
	struct provider_request req = request_of(account);
	struct err err = ERR_INIT;
	const char *url = NULL;
	bool ok;

	account->base_url = text_or_empty(c->base_url);
	account->azure_api_version = text_or_empty(c->api_version);
	req.format = c->format;
	req.op = c->op;
	req.model = provider_wire_model(account, text_or_empty(c->model));
	req.is_stream = c->is_stream;
	req.is_converted = c->is_converted;
	req.path = text_or_empty(c->path);
	req.query = text_or_empty(c->query);
	req.gemini_version = text_or_empty(c->gemini_version);
	req.gemini_method = text_or_empty(c->gemini_method);
	ok = provider_url(&req, &arena, &url, &err);
	if (ok != (c->url != NULL) || (ok && !str_eq(url, c->url))) {
		fail_msg("%s: got %s, expected %s", c->rule, ok ? url : err.msg,
			 c->url ? c->url : "a refusal");
	}
	assert_true(ok || err.kind != ERR_NONE);
}

static void check_urls(enum provider_id id, const struct url_case *cases, size_t count)
{
	struct upstream_account account = account_of(id);

	for (size_t i = 0; i < count; i++) {
		check_url(&account, &cases[i]);
	}
}

static void test_anthropic_urls(void **state)
{
	static const struct url_case cases[] = {
		{ "A1: POST /v1/messages", NULL, FORMAT_ANTHROPIC, OP_GENERATE,
		  .url = "https://api.anthropic.com/v1/messages" },
		{ "A1: ?beta=true goes on", NULL, FORMAT_ANTHROPIC, OP_GENERATE,
		  .query = "beta=true", .url = "https://api.anthropic.com/v1/messages?beta=true" },
		{ "A1: count_tokens", NULL, FORMAT_ANTHROPIC, OP_COUNT_TOKENS,
		  .query = "beta=true",
		  .url = "https://api.anthropic.com/v1/messages/count_tokens?beta=true" },
		{ "A1: models", NULL, FORMAT_ANTHROPIC, OP_LIST_MODELS,
		  .url = "https://api.anthropic.com/v1/models" },
		{ "P11: trailing slash", "https://h.example/", FORMAT_ANTHROPIC, OP_GENERATE,
		  .url = "https://h.example/v1/messages" },
		{ "P11: base ends in v1", "https://h.example/v1", FORMAT_ANTHROPIC, OP_GENERATE,
		  .url = "https://h.example/v1/messages" },
		{ "P11: both", "https://h.example/anthropic/v1//", FORMAT_ANTHROPIC,
		  OP_COUNT_TOKENS,
		  .url = "https://h.example/anthropic/v1/messages/count_tokens" },
		{ "P11: the whole endpoint", "https://h.example/v1/messages",
		  FORMAT_ANTHROPIC, OP_COUNT_TOKENS,
		  .url = "https://h.example/v1/messages/count_tokens" },
		{ "the whole endpoint with a query", "https://h.example/v1/messages",
		  FORMAT_ANTHROPIC, OP_GENERATE, .query = "beta=true",
		  .url = "https://h.example/v1/messages?beta=true" },
		{ "base below a path", "http://127.0.0.1:8080/anthropic", FORMAT_ANTHROPIC,
		  OP_GENERATE, .url = "http://127.0.0.1:8080/anthropic/v1/messages" },
		{ "segments only: v11 is not v1", "https://h.example/v11", FORMAT_ANTHROPIC,
		  OP_GENERATE, .url = "https://h.example/v11/v1/messages" },
		{ "C119: a key never goes on", NULL, FORMAT_ANTHROPIC, OP_GENERATE,
		  .query = "key=abc&beta=true&api_key=x",
		  .url = "https://api.anthropic.com/v1/messages?beta=true" },
		{ "P5: a gateway key never goes on", NULL, FORMAT_ANTHROPIC, OP_GENERATE,
		  .query = "a=lgw_0123&b=%6cgw_0123&k%65y=1&c=2",
		  .url = "https://api.anthropic.com/v1/messages?c=2" },
		{ "a converted request has no client's query", NULL, FORMAT_ANTHROPIC,
		  OP_GENERATE, .is_converted = true, .query = "alt=sse",
		  .url = "https://api.anthropic.com/v1/messages" },
		{ "OpenAI-style surface", NULL, FORMAT_CHAT, OP_GENERATE,
		  .url = "https://api.anthropic.com/v1/chat/completions" },
		{ "other paths", NULL, FORMAT_NONE, OP_OTHER, .path = "/messages/batches",
		  .url = "https://api.anthropic.com/v1/messages/batches" },
		{ "no text completions", NULL, FORMAT_ANTHROPIC, OP_COMPLETIONS, .url = NULL },
		{ "no embeddings", NULL, FORMAT_ANTHROPIC, OP_EMBEDDINGS, .url = NULL },
		{ "a query cannot add lines", NULL, FORMAT_ANTHROPIC, OP_GENERATE,
		  .query = "a=b\r\nx: y#f",
		  .url = "https://api.anthropic.com/v1/messages?a=b%0D%0Ax:%20y%23f" },
		{ "base_url without a scheme", "api.anthropic.com", FORMAT_ANTHROPIC, .url = NULL },
		{ "base_url of another scheme", "file:///etc/passwd", FORMAT_ANTHROPIC, .url = NULL },
		{ "base_url without a host", "https:///v1", FORMAT_ANTHROPIC, .url = NULL },
		{ "base_url with a query", "https://h.example/v1?x=1", FORMAT_ANTHROPIC, .url = NULL },
		{ "base_url with a blank", "https://h.example/ v1", FORMAT_ANTHROPIC, .url = NULL },
		{ "base_url with a line end", "https://h.example/v1\r\nx: y", FORMAT_ANTHROPIC, .url = NULL },
	};

	(void)state;
	check_urls(PROVIDER_ANTHROPIC, cases, ARRAY_LEN(cases));
}

static void test_openai_urls(void **state)
{
	static const struct url_case cases[] = {
		{ "C1: chat", NULL, FORMAT_CHAT, OP_GENERATE,
		  .url = "https://api.openai.com/v1/chat/completions" },
		{ "R1: responses", NULL, FORMAT_RESPONSES, OP_GENERATE,
		  .url = "https://api.openai.com/v1/responses" },
		{ "R1: input_tokens counts", NULL, FORMAT_RESPONSES, OP_COUNT_TOKENS,
		  .url = "https://api.openai.com/v1/responses/input_tokens" },
		{ "Chat has no counting", NULL, FORMAT_CHAT, OP_COUNT_TOKENS, .url = NULL },
		{ "C1: completions", NULL, FORMAT_CHAT, OP_COMPLETIONS,
		  .url = "https://api.openai.com/v1/completions" },
		{ "C1: embeddings", NULL, FORMAT_CHAT, OP_EMBEDDINGS,
		  .url = "https://api.openai.com/v1/embeddings" },
		{ "C1: models", NULL, FORMAT_CHAT, OP_LIST_MODELS,
		  .url = "https://api.openai.com/v1/models" },
		{ "P11: trailing slash", "https://h.example/v1/", FORMAT_CHAT, OP_GENERATE,
		  .url = "https://h.example/v1/chat/completions" },
		{ "P11: base ends in the path's first part", "https://h.example/v1/chat",
		  FORMAT_CHAT, OP_GENERATE, .url = "https://h.example/v1/chat/completions" },
		{ "the whole endpoint", "https://h.example/v1/chat/completions/", FORMAT_CHAT,
		  OP_GENERATE, .url = "https://h.example/v1/chat/completions" },
		{ "a bare host gets v1", "http://127.0.0.1:1234", FORMAT_CHAT, OP_GENERATE,
		  .url = "http://127.0.0.1:1234/v1/chat/completions" },
		{ "P5: other paths", NULL, FORMAT_NONE, OP_OTHER, .path = "/audio/speech",
		  .query = "a=1", .url = "https://api.openai.com/v1/audio/speech?a=1" },
		{ "encoded parts stay", NULL, FORMAT_NONE, OP_OTHER,
		  .path = "/files/a%2Fb%20c", .url = "https://api.openai.com/v1/files/a%2Fb%20c" },
		{ "odd bytes are encoded", NULL, FORMAT_NONE, OP_OTHER, .path = "/a b\"%z?#\n",
		  .url = "https://api.openai.com/v1/a%20b%22%25z%3F%23%0A" },
		{ "no way up", NULL, FORMAT_NONE, OP_OTHER, .path = "/../organization/x", .url = NULL },
		{ "no encoded way up", NULL, FORMAT_NONE, OP_OTHER, .path = "/a/%2e%2E/x", .url = NULL },
		{ "no dot", NULL, FORMAT_NONE, OP_OTHER, .path = "/./x", .url = NULL },
		{ "three dots are a name", NULL, FORMAT_NONE, OP_OTHER, .path = "/.../x",
		  .url = "https://api.openai.com/v1/.../x" },
		{ "a path begins with a slash", NULL, FORMAT_NONE, OP_OTHER, .path = "@evil/x", .url = NULL },
	};

	(void)state;
	check_urls(PROVIDER_OPENAI, cases, ARRAY_LEN(cases));
}

#define GOOGLE "https://generativelanguage.googleapis.com"

static void test_google_urls(void **state)
{
	static const struct url_case cases[] = {
		{ "G1: generateContent", NULL, FORMAT_GEMINI, OP_GENERATE, "gemini-3-pro",
		  .url = GOOGLE "/v1beta/models/gemini-3-pro:generateContent" },
		{ "G1: stream as the client asked", NULL, FORMAT_GEMINI, OP_GENERATE,
		  "gemini-3-pro", .is_stream = true, .query = "alt=sse",
		  .url = GOOGLE "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse" },
		{ "G1: array stream as the client asked", NULL, FORMAT_GEMINI, OP_GENERATE,
		  "gemini-3-pro", .is_stream = true,
		  .url = GOOGLE "/v1beta/models/gemini-3-pro:streamGenerateContent" },
		{ "a converted stream is SSE", NULL, FORMAT_GEMINI, OP_GENERATE, "gemini-3-pro",
		  .is_stream = true, .is_converted = true, .query = "beta=true",
		  .url = GOOGLE "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse" },
		{ "G1: the client's key stays here", NULL, FORMAT_GEMINI, OP_GENERATE, "m",
		  .is_stream = true, .query = "key=AIza&alt=sse",
		  .url = GOOGLE "/v1beta/models/m:streamGenerateContent?alt=sse" },
		{ "G8: countTokens", NULL, FORMAT_GEMINI, OP_COUNT_TOKENS, "m",
		  .url = GOOGLE "/v1beta/models/m:countTokens" },
		{ "C114: embeddings", NULL, FORMAT_GEMINI, OP_EMBEDDINGS, "m",
		  .is_converted = true, .url = GOOGLE "/v1beta/models/m:batchEmbedContents" },
		{ "G1: the client's own method", NULL, FORMAT_GEMINI, OP_EMBEDDINGS, "m",
		  .gemini_method = "embedContent", .url = GOOGLE "/v1beta/models/m:embedContent" },
		{ "G1: the client's version", NULL, FORMAT_GEMINI, OP_GENERATE, "m",
		  .gemini_version = "v1", .url = GOOGLE "/v1/models/m:generateContent" },
		{ "only a known version", NULL, FORMAT_GEMINI, OP_GENERATE, "m",
		  .gemini_version = "../x", .url = GOOGLE "/v1beta/models/m:generateContent" },
		{ "G8: models", NULL, FORMAT_GEMINI, OP_LIST_MODELS,
		  .url = GOOGLE "/v1beta/models" },
		{ "G1: models/x", NULL, FORMAT_GEMINI, OP_GENERATE, "models/gemini-3-pro",
		  .url = GOOGLE "/v1beta/models/gemini-3-pro:generateContent" },
		{ "G1: tunedModels/x", NULL, FORMAT_GEMINI, OP_GENERATE, "tunedModels/mine",
		  .url = GOOGLE "/v1beta/tunedModels/mine:generateContent" },
		{ "a model cannot leave its segment", NULL, FORMAT_GEMINI, OP_GENERATE,
		  "../../x?key=1#a%\r\nh: v",
		  .url = GOOGLE "/v1beta/models/..%2F..%2Fx%3Fkey%3D1%23a%25%0D%0Ah%3A%20v"
				":generateContent" },
		{ "P11: trailing slash", "https://h.example/", FORMAT_GEMINI, OP_GENERATE, "m",
		  .url = "https://h.example/v1beta/models/m:generateContent" },
		{ "P11: base with its version", "https://h.example/v1beta/", FORMAT_GEMINI,
		  OP_GENERATE, "m", .url = "https://h.example/v1beta/models/m:generateContent" },
		{ "G1: Vertex", "https://h.example/v1/projects/p/locations/l/publishers/google",
		  FORMAT_GEMINI, OP_GENERATE, "m",
		  .url = "https://h.example/v1/projects/p/locations/l/publishers/google/models/m"
			 ":generateContent" },
		{ "OpenAI-style surface", NULL, FORMAT_CHAT, OP_GENERATE,
		  .url = GOOGLE "/v1beta/openai/chat/completions" },
		{ "OpenAI-style base", GOOGLE "/v1beta/openai/", FORMAT_CHAT, OP_GENERATE,
		  .url = GOOGLE "/v1beta/openai/chat/completions" },
		{ "no text completions", NULL, FORMAT_GEMINI, OP_COMPLETIONS, "m", .url = NULL },
	};

	(void)state;
	check_urls(PROVIDER_GOOGLE, cases, ARRAY_LEN(cases));
}

#define AZURE "https://r.openai.azure.com"

static void test_azure_urls(void **state)
{
	static const struct url_case cases[] = {
		{ "Z1: deployment", AZURE, FORMAT_CHAT, OP_GENERATE, "gpt-5.2",
		  .api_version = "2024-10-21",
		  .url = AZURE "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21" },
		{ "Z1: the model's name where none is given", AZURE, FORMAT_CHAT, OP_GENERATE,
		  "gpt-4o", .api_version = "2024-10-21",
		  .url = AZURE "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21" },
		{ "Z1: the account's version, not the client's", AZURE, FORMAT_CHAT,
		  OP_EMBEDDINGS, "e", .api_version = "2024-10-21",
		  .query = "api-version=2023-05-15&x=1",
		  .url = AZURE "/openai/deployments/e/embeddings?api-version=2024-10-21&x=1" },
		{ "Z1: completions", AZURE, FORMAT_CHAT, OP_COMPLETIONS, "c",
		  .api_version = "2024-10-21",
		  .url = AZURE "/openai/deployments/c/completions?api-version=2024-10-21" },
		{ "Z1: responses without deployment", AZURE, FORMAT_RESPONSES, OP_GENERATE, "c",
		  .api_version = "2025-04-01-preview",
		  .url = AZURE "/openai/responses?api-version=2025-04-01-preview" },
		{ "Z1: models", AZURE, FORMAT_CHAT, OP_LIST_MODELS, .api_version = "2024-10-21",
		  .url = AZURE "/openai/models?api-version=2024-10-21" },
		{ "Z1: images of a deployment", AZURE, FORMAT_NONE, OP_OTHER, "dall-e-3",
		  .path = "/images/generations", .api_version = "2024-10-21",
		  .url = AZURE "/openai/deployments/dall-e-3/images/generations"
			       "?api-version=2024-10-21" },
		{ "Z1: files of the resource", AZURE, FORMAT_NONE, OP_OTHER, .path = "/files",
		  .api_version = "2024-10-21",
		  .url = AZURE "/openai/files?api-version=2024-10-21" },
		{ "P11: base ends in openai", AZURE "/openai/", FORMAT_CHAT, OP_GENERATE, "m",
		  .api_version = "2024-10-21",
		  .url = AZURE "/openai/deployments/m/chat/completions?api-version=2024-10-21" },
		{ "base with the deployment", AZURE "/openai/deployments/m", FORMAT_CHAT,
		  OP_GENERATE, "m", .api_version = "2024-10-21",
		  .url = AZURE "/openai/deployments/m/chat/completions?api-version=2024-10-21" },
		{ "a deployment is one segment", AZURE, FORMAT_CHAT, OP_GENERATE, "a/../b?c",
		  .api_version = "2024-10-21", .url = NULL },
		{ "names are encoded", AZURE, FORMAT_CHAT, OP_GENERATE, "a/b?c#d",
		  .api_version = "2024-10-21",
		  .url = AZURE "/openai/deployments/a%2Fb%3Fc%23d/chat/completions"
			       "?api-version=2024-10-21" },
		{ "no way up", AZURE, FORMAT_CHAT, OP_GENERATE, "..", .api_version = "2024-10-21", .url = NULL },
		{ "a deployment needs a name", AZURE, FORMAT_CHAT, OP_GENERATE, "",
		  .api_version = "2024-10-21", .url = NULL },
		{ "Z2: v1 without api-version", AZURE, FORMAT_CHAT, OP_GENERATE, "m",
		  .url = AZURE "/openai/v1/chat/completions" },
		{ "Z2: v1 responses", AZURE, FORMAT_RESPONSES, OP_GENERATE, "m",
		  .url = AZURE "/openai/v1/responses" },
		{ "Z2: preview", AZURE, FORMAT_CHAT, OP_GENERATE, "m", .api_version = "preview",
		  .url = AZURE "/openai/v1/chat/completions?api-version=preview" },
		{ "Z2: base of the v1 surface", AZURE "/openai/v1/", FORMAT_CHAT, OP_GENERATE,
		  "m", .api_version = "2024-10-21", .url = AZURE "/openai/v1/chat/completions" },
		{ "Z2: other paths", AZURE, FORMAT_NONE, OP_OTHER, .path = "/files",
		  .url = AZURE "/openai/v1/files" },
		{ "Z2: Anthropic's models", "https://r.services.ai.azure.com",
		  FORMAT_ANTHROPIC, OP_GENERATE, .api_version = "2024-10-21",
		  .url = "https://r.services.ai.azure.com/anthropic/v1/messages" },
		{ "the resource root must be configured", NULL, FORMAT_CHAT, OP_GENERATE, "m", .url = NULL },
	};
	/* names are mapped once: a deployment may be called like another model */
	static struct string_pair pairs[] = { { "gpt-5.2", "my-gpt" }, { "my-gpt", "x" } };
	struct upstream_account account = account_of(PROVIDER_AZURE);

	(void)state;
	account.azure_deployments = (struct pair_list){ pairs, 2 };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check_url(&account, &cases[i]);
	}
	assert_string_equal(provider_wire_model(&account, "gpt-5.2"), "my-gpt");
	assert_string_equal(provider_wire_model(&account, "gpt-4o"), "gpt-4o");
}

static void test_compatible_urls(void **state)
{
	static const struct url_case cases[] = {
		{ "Z5: OpenRouter", "https://openrouter.ai/api/v1", FORMAT_CHAT, OP_GENERATE,
		  .url = "https://openrouter.ai/api/v1/chat/completions" },
		{ "Z5: Ollama", "http://localhost:11434/v1/", FORMAT_CHAT, OP_LIST_MODELS,
		  .url = "http://localhost:11434/v1/models" },
		{ "Z5: Groq", "https://api.groq.com/openai/v1", FORMAT_CHAT, OP_COMPLETIONS,
		  .url = "https://api.groq.com/openai/v1/completions" },
		{ "a version other than v1", "https://h.example/api/paas/v4", FORMAT_CHAT,
		  OP_GENERATE, .url = "https://h.example/api/paas/v4/chat/completions" },
		{ "Z5: DeepSeek's Anthropic side", "https://api.deepseek.com/anthropic",
		  FORMAT_ANTHROPIC, OP_GENERATE,
		  .url = "https://api.deepseek.com/anthropic/v1/messages" },
		{ "Z5: Ollama's Anthropic side", "http://localhost:11434/v1", FORMAT_ANTHROPIC,
		  OP_GENERATE, .url = "http://localhost:11434/v1/messages" },
		{ "Z5: vLLM's Responses side", "http://localhost:8000/v1", FORMAT_RESPONSES,
		  OP_GENERATE, .url = "http://localhost:8000/v1/responses" },
		{ "a server that speaks Gemini", "http://localhost:8000", FORMAT_GEMINI,
		  OP_GENERATE, "m", .url = "http://localhost:8000/v1beta/models/m:generateContent" },
		{ "IPv6", "http://[::1]:8000/v1", FORMAT_CHAT, OP_GENERATE,
		  .url = "http://[::1]:8000/v1/chat/completions" },
	};

	(void)state;
	check_urls(PROVIDER_COMPATIBLE, cases, ARRAY_LEN(cases));
}

static void test_demo_urls(void **state)
{
	static const struct url_case cases[] = {
		{ "in process", NULL, FORMAT_CHAT, OP_GENERATE,
		  .url = "http://demo.invalid/v1/chat/completions" },
		{ "all formats", NULL, FORMAT_GEMINI, OP_GENERATE, "demo",
		  .url = "http://demo.invalid/v1beta/models/demo:generateContent" },
	};

	(void)state;
	check_urls(PROVIDER_DEMO, cases, ARRAY_LEN(cases));
}

/* "name: value; name: value" of what authorise adds. */
static const char *authorise(const struct provider_request *req, const char *key)
{
	struct header_list headers = { .count = 0 };
	struct secret secret = SECRET_INIT;
	const char *text = "";

	secret_set(&secret, slice_of(key));
	provider_find(req->account->provider)->authorise(req, &secret, &arena, &headers);
	for (size_t i = 0; i < headers.count; i++) {
		text = arena_printf(&arena, "%s%s%s: %s", text, i ? "; " : "",
				    headers.items[i].name, headers.items[i].value);
	}
	secret_release(&secret);
	return text;
}

static void check_auth(enum provider_id id, enum account_type type, enum format_id format,
		       const char *key, const char *expected)
{
	struct upstream_account account = account_of(id);
	struct provider_request req = request_of(&account);

	account.type = type;
	req.format = format;
	assert_string_equal(authorise(&req, key), expected);
}

static void test_authorisation(void **state)
{
	static const char version[] = "anthropic-version: 2023-06-01";

	(void)state;
	/* A2: API keys may go either way */
	check_auth(PROVIDER_ANTHROPIC, ACCOUNT_API_KEY, FORMAT_ANTHROPIC, "sk-ant-api03-x",
		   arena_printf(&arena, "x-api-key: sk-ant-api03-x; %s", version));
	/* A2: OAuth tokens only as Bearer, with their beta; also stored as a key */
	check_auth(PROVIDER_ANTHROPIC, ACCOUNT_OAUTH, FORMAT_ANTHROPIC, "sk-ant-oat01-x",
		   arena_printf(&arena, "authorization: Bearer sk-ant-oat01-x; "
				"anthropic-beta: oauth-2025-04-20; %s", version));
	check_auth(PROVIDER_ANTHROPIC, ACCOUNT_API_KEY, FORMAT_ANTHROPIC, "sk-ant-oat01-x",
		   arena_printf(&arena, "authorization: Bearer sk-ant-oat01-x; "
				"anthropic-beta: oauth-2025-04-20; %s", version));
	/* C1 */
	check_auth(PROVIDER_OPENAI, ACCOUNT_API_KEY, FORMAT_CHAT, "sk-x",
		   "authorization: Bearer sk-x");
	/* G1; the OpenAI-style surface takes the key as Bearer */
	check_auth(PROVIDER_GOOGLE, ACCOUNT_API_KEY, FORMAT_GEMINI, "AIza",
		   "x-goog-api-key: AIza");
	check_auth(PROVIDER_GOOGLE, ACCOUNT_OAUTH, FORMAT_GEMINI, "ya29",
		   "authorization: Bearer ya29");
	check_auth(PROVIDER_GOOGLE, ACCOUNT_API_KEY, FORMAT_CHAT, "AIza",
		   "authorization: Bearer AIza");
	/* Z1 */
	check_auth(PROVIDER_AZURE, ACCOUNT_API_KEY, FORMAT_CHAT, "k", "api-key: k");
	check_auth(PROVIDER_AZURE, ACCOUNT_OAUTH, FORMAT_RESPONSES, "t",
		   "authorization: Bearer t");
	/* Z2: Anthropic's models on Azure */
	check_auth(PROVIDER_AZURE, ACCOUNT_API_KEY, FORMAT_ANTHROPIC, "k",
		   arena_printf(&arena, "x-api-key: k; %s", version));
	/* Z5 */
	check_auth(PROVIDER_COMPATIBLE, ACCOUNT_API_KEY, FORMAT_CHAT, "k",
		   "authorization: Bearer k");
	check_auth(PROVIDER_COMPATIBLE, ACCOUNT_API_KEY, FORMAT_ANTHROPIC, "k",
		   arena_printf(&arena, "authorization: Bearer k; x-api-key: k; %s", version));
	check_auth(PROVIDER_COMPATIBLE, ACCOUNT_NONE, FORMAT_CHAT, "", "");
	check_auth(PROVIDER_DEMO, ACCOUNT_NONE, FORMAT_CHAT, "", "");
}

static void test_key_is_one_line(void **state)
{
	(void)state;
	check_auth(PROVIDER_OPENAI, ACCOUNT_API_KEY, FORMAT_CHAT, " sk-x\r\n",
		   "authorization: Bearer sk-x");
	check_auth(PROVIDER_OPENAI, ACCOUNT_API_KEY, FORMAT_CHAT, "sk-x\r\nevil: 1",
		   "authorization: Bearer sk-x");
}

/* A2, claude-code.md §7: the client's betas stay, ours joins once. */
static void test_oauth_beta_is_merged(void **state)
{
	struct upstream_account account = account_of(PROVIDER_ANTHROPIC);
	struct provider_request req = request_of(&account);

	(void)state;
	account.type = ACCOUNT_OAUTH;
	req.format = FORMAT_ANTHROPIC;
	req.anthropic_version = "2026-10-21";
	req.anthropic_beta = "a-1, b-2";
	assert_string_equal(authorise(&req, "t"), "authorization: Bearer t; "
			    "anthropic-beta: a-1, b-2,oauth-2025-04-20; "
			    "anthropic-version: 2026-10-21");
	req.anthropic_beta = "a-1, oauth-2025-04-20 ,b-2";
	assert_string_equal(authorise(&req, "t"), "authorization: Bearer t; "
			    "anthropic-version: 2026-10-21");
	req.anthropic_beta = "not-oauth-2025-04-20";
	assert_string_equal(authorise(&req, "t"), "authorization: Bearer t; "
			    "anthropic-beta: not-oauth-2025-04-20,oauth-2025-04-20; "
			    "anthropic-version: 2026-10-21");
}

static void test_headers_that_pass(void **state)
{
	static const struct {
		enum provider_id provider;
		const char *name;
		bool passes;
	} cases[] = {
		{ PROVIDER_ANTHROPIC, "content-type", true },
		{ PROVIDER_ANTHROPIC, "accept", true },
		{ PROVIDER_ANTHROPIC, "user-agent", true },
		{ PROVIDER_ANTHROPIC, "anthropic-beta", true },
		{ PROVIDER_ANTHROPIC, "anthropic-version", true },
		{ PROVIDER_ANTHROPIC, "anthropic-some-new-thing", true },
		{ PROVIDER_ANTHROPIC, "x-claude-code-session-id", true },
		{ PROVIDER_ANTHROPIC, "openai-beta", false },
		{ PROVIDER_OPENAI, "openai-beta", true },
		{ PROVIDER_OPENAI, "session_id", true },
		{ PROVIDER_OPENAI, "anthropic-beta", false },
		{ PROVIDER_OPENAI, "openai-organization", false },
		{ PROVIDER_GOOGLE, "x-goog-api-client", true },
		{ PROVIDER_GOOGLE, "x-goog-user-project", false },
		{ PROVIDER_COMPATIBLE, "http-referer", true },
		{ PROVIDER_AZURE, "x-ms-client-request-id", true },
		{ PROVIDER_ANTHROPIC, "x-unknown", false },
		{ PROVIDER_DEMO, "anthropic-beta", false },
	};
	static const char *const never[] = {
		"host", "connection", "keep-alive", "transfer-encoding", "te", "upgrade",
		"content-length", "accept-encoding", "expect", "cookie", "forwarded", "via",
		"x-forwarded-for", "x-forwarded-host", "x-real-ip", "origin", "sec-fetch-mode",
		"proxy-authorization", "x-llm-gateway-key", "x-llm-gateway-upstream",
		"x-stainless-retry-count",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream_account account = account_of(cases[i].provider);

		if (provider_passes_header(&account, cases[i].name) != cases[i].passes) {
			fail_msg("%s to %s", cases[i].name, provider_name(account.provider));
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(never) * ARRAY_LEN(providers); i++) {
		struct upstream_account account = account_of(i % ARRAY_LEN(providers));

		account.type = ACCOUNT_PASSTHROUGH;
		assert_false(provider_passes_header(&account, never[i / ARRAY_LEN(providers)]));
	}
}

/* C119, P5: only a passthrough account takes the client's credential. */
static void test_credentials_pass_only_through(void **state)
{
	static const char *const names[] = {
		"authorization", "x-api-key", "api-key", "x-goog-api-key",
		"openai-organization", "openai-project", "x-goog-user-project",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		for (size_t id = 0; id < ARRAY_LEN(providers); id++) {
			struct upstream_account account = account_of(id);

			assert_false(provider_passes_header(&account, names[i]));
			account.type = ACCOUNT_PASSTHROUGH;
			assert_true(provider_passes_header(&account, names[i]));
		}
	}
}

static void test_passthrough_keeps_its_query_key(void **state)
{
	static const struct url_case cases[] = {
		{ "the client's own credential", NULL, FORMAT_GEMINI, OP_GENERATE, "m",
		  .query = "key=AIza", .url = GOOGLE "/v1beta/models/m:generateContent?key=AIza" },
		{ "a gateway key all the same not", NULL, FORMAT_GEMINI, OP_GENERATE, "m",
		  .query = "key=lgw_abc", .url = GOOGLE "/v1beta/models/m:generateContent" },
	};
	struct upstream_account account = account_of(PROVIDER_GOOGLE);

	(void)state;
	account.type = ACCOUNT_PASSTHROUGH;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check_url(&account, &cases[i]);
	}
}

static void test_usual_models(void **state)
{
	static const struct {
		enum provider_id provider;
		const char *model;
		bool serves;
	} cases[] = {
		{ PROVIDER_ANTHROPIC, "claude-opus-5-5", true },
		{ PROVIDER_ANTHROPIC, "gpt-5.2", false },
		{ PROVIDER_OPENAI, "gpt-5.2", true },
		{ PROVIDER_OPENAI, "o3", true },
		{ PROVIDER_OPENAI, "o4-mini", true },
		{ PROVIDER_OPENAI, "text-embedding-3-small", true },
		{ PROVIDER_OPENAI, "ft:gpt-4o:org::id", true },
		{ PROVIDER_OPENAI, "orca-2", false },
		{ PROVIDER_OPENAI, "claude-opus-5-5", false },
		{ PROVIDER_GOOGLE, "gemini-3.8-flash", true },
		{ PROVIDER_GOOGLE, "models/gemini-3.8-flash", true },
		{ PROVIDER_GOOGLE, "gpt-5.2", false },
		{ PROVIDER_AZURE, "gpt-5.2", true },
		{ PROVIDER_COMPATIBLE, "anything:latest", true },
		{ PROVIDER_DEMO, "demo-slow", true },
		{ PROVIDER_DEMO, "gpt-5.2", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream_account account = account_of(cases[i].provider);

		if (provider_serves(&account, cases[i].model) != cases[i].serves) {
			fail_msg("%s on %s", cases[i].model, provider_name(account.provider));
		}
	}
}

static void test_configured_models_decide(void **state)
{
	const char *globs[] = { "llama*" };
	struct string_pair pairs[] = { { "gpt-5.2", "my-gpt" } };
	struct upstream_account compatible = account_of(PROVIDER_COMPATIBLE);
	struct upstream_account azure = account_of(PROVIDER_AZURE);

	(void)state;
	assert_true(provider_is_catch_all(&compatible));
	compatible.has_models = true;
	compatible.models = (struct string_list){ globs, 1 };
	assert_false(provider_is_catch_all(&compatible));
	assert_true(provider_serves(&compatible, "llama3"));
	assert_false(provider_serves(&compatible, "gpt-5.2"));
	azure.azure_deployments = (struct pair_list){ pairs, 1 };
	assert_true(provider_serves(&azure, "gpt-5.2"));
	assert_false(provider_serves(&azure, "gpt-4o"));
}

static void test_format_choice(void **state)
{
	static const struct {
		enum provider_id provider;
		enum format_id configured;
		enum format_id client;
		enum operation op;
		enum format_id spoken;
	} cases[] = {
		{ PROVIDER_ANTHROPIC, FORMAT_NONE, FORMAT_ANTHROPIC, OP_GENERATE, FORMAT_ANTHROPIC },
		{ PROVIDER_ANTHROPIC, FORMAT_NONE, FORMAT_CHAT, OP_GENERATE, FORMAT_ANTHROPIC },
		{ PROVIDER_OPENAI, FORMAT_NONE, FORMAT_CHAT, OP_GENERATE, FORMAT_CHAT },
		{ PROVIDER_OPENAI, FORMAT_NONE, FORMAT_RESPONSES, OP_GENERATE, FORMAT_RESPONSES },
		{ PROVIDER_OPENAI, FORMAT_NONE, FORMAT_ANTHROPIC, OP_GENERATE, FORMAT_CHAT },
		{ PROVIDER_OPENAI, FORMAT_RESPONSES, FORMAT_ANTHROPIC, OP_GENERATE,
		  FORMAT_RESPONSES },
		{ PROVIDER_OPENAI, FORMAT_RESPONSES, FORMAT_CHAT, OP_GENERATE, FORMAT_RESPONSES },
		{ PROVIDER_COMPATIBLE, FORMAT_NONE, FORMAT_RESPONSES, OP_GENERATE, FORMAT_CHAT },
		{ PROVIDER_COMPATIBLE, FORMAT_ANTHROPIC, FORMAT_CHAT, OP_GENERATE,
		  FORMAT_ANTHROPIC },
		{ PROVIDER_GOOGLE, FORMAT_NONE, FORMAT_CHAT, OP_EMBEDDINGS, FORMAT_GEMINI },
		{ PROVIDER_DEMO, FORMAT_NONE, FORMAT_GEMINI, OP_GENERATE, FORMAT_GEMINI },
		{ PROVIDER_GOOGLE, FORMAT_NONE, FORMAT_NONE, OP_OTHER, FORMAT_NONE },
		{ PROVIDER_GOOGLE, FORMAT_NONE, FORMAT_NONE, OP_LIST_MODELS, FORMAT_GEMINI },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct upstream_account account = account_of(cases[i].provider);

		account.format = cases[i].configured;
		assert_int_equal(provider_format(&account, cases[i].client, cases[i].op),
				 cases[i].spoken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_anthropic_urls),
		cmocka_unit_test(test_openai_urls),
		cmocka_unit_test(test_google_urls),
		cmocka_unit_test(test_azure_urls),
		cmocka_unit_test(test_compatible_urls),
		cmocka_unit_test(test_demo_urls),
		cmocka_unit_test(test_authorisation),
		cmocka_unit_test(test_key_is_one_line),
		cmocka_unit_test(test_oauth_beta_is_merged),
		ROW_TEST("rule 27", test_headers_that_pass),
		cmocka_unit_test(test_credentials_pass_only_through),
		cmocka_unit_test(test_passthrough_keeps_its_query_key),
		cmocka_unit_test(test_usual_models),
		cmocka_unit_test(test_configured_models_decide),
		cmocka_unit_test(test_format_choice),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
