#include "cli/clients.h"

#include "base/str.h"

const struct client client_table[] = {
	/* code.claude.com/docs, "LLM gateway": the token alone; with an API key
	 * beside it Claude Code asks which one to use. */
	{ .name = "claude-code", .title = "Claude Code",
	  .files = { { .variable = "CLAUDE_CONFIG_DIR", .directory = ".claude",
		       .name = "settings.json", .format = SETTINGS_JSON,
		       .settings = { { "env.ANTHROPIC_BASE_URL", "{url}" },
				     { "env.ANTHROPIC_AUTH_TOKEN", "{key}" } } } },
	  .after = "Restart Claude Code; /status names the address." },

	/* developers.openai.com/codex, configuration reference: only the
	 * Responses interface is left. */
	{ .name = "codex", .title = "Codex CLI",
	  .files = { { .variable = "CODEX_HOME", .directory = ".codex", .name = "config.toml",
		       .format = SETTINGS_TOML,
		       .settings = {
			       { "model_provider", "llm-gateway" },
			       { "model_providers.llm-gateway.name", "llm-gateway" },
			       { "model_providers.llm-gateway.base_url", "{url}/v1" },
			       { "model_providers.llm-gateway.wire_api", "responses" },
			       { "model_providers.llm-gateway.experimental_bearer_token",
				 "{key}" } } } },
	  .after = "Its `model` must be one that the gateway serves: llm-gateway model list." },

	/* geminicli.com/docs, configuration: .env below .gemini, and the kind of
	 * sign-in in settings.json. */
	{ .name = "gemini-cli", .title = "Gemini CLI",
	  .files = { { .variable = NULL, .directory = ".gemini", .name = ".env",
		       .format = SETTINGS_DOTENV,
		       .settings = { { "GOOGLE_GEMINI_BASE_URL", "{url}" },
				     { "GEMINI_API_KEY", "{key}" } } },
		     { .variable = NULL, .directory = ".gemini", .name = "settings.json",
		       .format = SETTINGS_JSON,
		       .settings = { { "security.auth.selectedType",
				       "gemini-api-key" } } } } },

	/* opencode.ai/docs/providers: baseURL and apiKey of any provider. */
	{ .name = "opencode", .title = "opencode",
	  .files = { { .variable = "XDG_CONFIG_HOME", .directory = ".config",
		       .name = "opencode/opencode.json", .format = SETTINGS_JSON,
		       .settings = {
			       { "provider.anthropic.options.baseURL", "{url}/v1" },
			       { "provider.anthropic.options.apiKey", "{key}" },
			       { "provider.openai.options.baseURL", "{url}/v1" },
			       { "provider.openai.options.apiKey", "{key}" },
			       { "provider.google.options.baseURL", "{url}/v1beta" },
			       { "provider.google.options.apiKey", "{key}" } } } } },

	/* aider.chat/docs/config: dashes, in the file of the user's home. */
	{ .name = "aider", .title = "Aider",
	  .files = { { .variable = NULL, .directory = "", .name = ".aider.conf.yml",
		       .format = SETTINGS_YAML,
		       .settings = { { "openai-api-base", "{url}/v1" },
				     { "openai-api-key", "{key}" } } } },
	  .after = "Name models with openai/ in front: aider --model openai/NAME" },

	{ .name = "cline", .title = "Cline",
	  .by_hand = "In Cline's settings:\n"
		     "  API Provider   OpenAI Compatible\n"
		     "  Base URL       {url}/v1\n"
		     "  API Key        {key}\n"
		     "  Model          a name that the gateway serves\n" },

	{ .name = "cursor", .title = "Cursor",
	  .by_hand = "In Cursor's settings, under Models:\n"
		     "  OpenAI API Key             {key}\n"
		     "  Override OpenAI Base URL   {url}/v1\n"
		     "Cursor asks the address from its own servers: it must be reachable from "
		     "there.\n" },

	/* zed.dev/docs/ai: keys live in its keychain, not in the settings. */
	{ .name = "zed", .title = "Zed",
	  .by_hand = "In Zed's settings.json:\n"
		     "  \"language_models\": {\n"
		     "    \"openai_compatible\": {\n"
		     "      \"llm-gateway\": {\n"
		     "        \"api_url\": \"{url}/v1\",\n"
		     "        \"available_models\": [\n"
		     "          {\"name\": \"MODEL\", \"max_tokens\": 200000}\n"
		     "        ]\n"
		     "      }\n"
		     "    }\n"
		     "  }\n"
		     "and the key in its Agent Settings, or in LLM_GATEWAY_API_KEY:\n"
		     "  {key}\n" },

	{ .name = "continue", .title = "Continue",
	  .by_hand = "In ~/.continue/config.yaml, for each model:\n"
		     "  models:\n"
		     "    - name: NAME\n"
		     "      provider: openai\n"
		     "      model: MODEL\n"
		     "      apiBase: {url}/v1\n"
		     "      apiKey: {key}\n" },

	{ .name = "openai-sdk", .title = "OpenAI's SDKs",
	  .by_hand = "export OPENAI_BASE_URL={url}/v1\n"
		     "export OPENAI_API_KEY={key}\n" },

	{ .name = "anthropic-sdk", .title = "Anthropic's SDKs",
	  .by_hand = "export ANTHROPIC_BASE_URL={url}\n"
		     "export ANTHROPIC_API_KEY={key}\n" },
	{ .name = NULL },
};

const struct client *client_find(const char *name)
{
	for (const struct client *c = client_table; c->name; c++) {
		if (str_eq(c->name, name)) {
			return c;
		}
	}
	return NULL;
}
