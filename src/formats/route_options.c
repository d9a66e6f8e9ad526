#include "formats/route_options.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum option_kind { OPTION_BOOL, OPTION_ENUM, OPTION_COUNT, OPTION_REAL, OPTION_ELSEWHERE };

struct option {
	const char *name;
	enum option_kind kind;
	size_t offset;
	const char *const *values;      /* OPTION_ENUM: names in enum order, NULL at the end */
};

/* Booleans may also be written the way azure-and-compatible.md does. */
static const char *const yes_words[] = { "true", "yes", "on", "send", NULL };
static const char *const no_words[] = { "false", "no", "off", "omit", NULL };

static const char *const developer_values[] = { "developer", "system", NULL };
static const char *const max_tokens_values[] = { "max_completion_tokens", "max_tokens", NULL };
static const char *const tool_id_values[] = { "keep", "mistral9", "max40", NULL };
static const char *const replay_values[] = { "never", "tool_turns", "always", NULL };
static const char *const url_values[] = { "pass", "refuse", "fetch", NULL };
static const char *const response_values[] = { "json_schema", "json_object", "none", NULL };
static const char *const reasoning_values[] = {
	"none", "reasoning_content", "reasoning", "reasoning_details", "thinking_chunks", NULL,
};
static const char *const toggle_values[] = {
	"none", "thinking", "chat_template_kwargs.enable_thinking", "reasoning.enabled", NULL,
};

#define FIELD(member) offsetof(struct route_options, member)

static const struct option options[] = {
	{ "strict", OPTION_BOOL, FIELD(strict), NULL },
	{ "repair_tools", OPTION_BOOL, FIELD(repair_tools), NULL },
	{ "map_web_search", OPTION_BOOL, FIELD(map_web_search), NULL },
	{ "fanout_n", OPTION_BOOL, FIELD(fanout_n), NULL },
	{ "openai_breakpoints", OPTION_BOOL, FIELD(openai_breakpoints), NULL },
	{ "make_strict", OPTION_BOOL, FIELD(make_strict), NULL },
	{ "json_schema_params", OPTION_BOOL, FIELD(json_schema_params), NULL },
	{ "show_reasoning", OPTION_BOOL, FIELD(show_reasoning), NULL },
	{ "early_head", OPTION_BOOL, FIELD(early_head), NULL },
	{ "custom_tools", OPTION_BOOL, FIELD(custom_tools), NULL },
	{ "inline_think_parse", OPTION_BOOL, FIELD(inline_think_parse), NULL },
	{ "stream_options", OPTION_BOOL, FIELD(send_stream_options), NULL },
	{ "parallel_tool_calls", OPTION_BOOL, FIELD(send_parallel_tool_calls), NULL },
	{ "penalties", OPTION_BOOL, FIELD(send_penalties), NULL },
	{ "seed", OPTION_BOOL, FIELD(send_seed), NULL },
	{ "logprobs", OPTION_BOOL, FIELD(send_logprobs), NULL },
	{ "n", OPTION_BOOL, FIELD(send_n), NULL },
	{ "top_k", OPTION_BOOL, FIELD(send_top_k), NULL },
	{ "images", OPTION_BOOL, FIELD(images), NULL },
	{ "safety_identifier", OPTION_BOOL, FIELD(safety_identifier), NULL },
	{ "word_json", OPTION_BOOL, FIELD(word_json), NULL },
	{ "developer_role", OPTION_ENUM, FIELD(developer_role), developer_values },
	{ "max_tokens_field", OPTION_ENUM, FIELD(max_tokens_field), max_tokens_values },
	{ "tool_id_style", OPTION_ENUM, FIELD(tool_id_style), tool_id_values },
	{ "reasoning_field", OPTION_ENUM, FIELD(reasoning_field), reasoning_values },
	{ "replay_reasoning", OPTION_ENUM, FIELD(replay_reasoning), replay_values },
	{ "url_media", OPTION_ENUM, FIELD(url_media), url_values },
	{ "response_format", OPTION_ENUM, FIELD(response_format), response_values },
	{ "think_toggle", OPTION_ENUM, FIELD(think_toggle), toggle_values },
	{ "temperature_max", OPTION_REAL, FIELD(temperature_max), NULL },
	{ "stop_max", OPTION_COUNT, FIELD(stop_max), NULL },
	{ "default_max_tokens", OPTION_COUNT, FIELD(default_max_tokens), NULL },
	{ "ask_usage", OPTION_ELSEWHERE, 0, NULL },
};

/* Facts of azure-and-compatible.md section 5 about servers known by host.
 * `options` are pairs in the words of the table above. */
struct preset {
	const char *host;
	struct string_pair options[9];
};

static const struct preset presets[] = {
	{ "openrouter.ai", {
		{ "reasoning_field", "reasoning_details" }, { "replay_reasoning", "always" },
		{ "top_k", "send" }, { "think_toggle", "reasoning.enabled" } } },
	{ "deepseek.com", {
		{ "reasoning_field", "reasoning_content" }, { "replay_reasoning", "tool_turns" },
		{ "think_toggle", "thinking" }, { "response_format", "json_object" },
		{ "word_json", "yes" } } },
	{ "mistral.ai", {
		{ "tool_id_style", "mistral9" }, { "reasoning_field", "thinking_chunks" },
		{ "replay_reasoning", "always" }, { "temperature_max", "1.5" },
		{ "logprobs", "omit" }, { "stream_options", "omit" } } },
	{ "groq.com", {
		{ "n", "omit" }, { "logprobs", "omit" } } },
};

static bool is_word(const char *const *words, const char *text)
{
	for (; *words; words++) {
		if (str_ieq(*words, text)) {
			return true;
		}
	}
	return false;
}

static bool set_bool(bool *out, const char *value)
{
	if (is_word(yes_words, value)) {
		*out = true;
		return true;
	}
	if (is_word(no_words, value)) {
		*out = false;
		return true;
	}
	return false;
}

/* Every enum of the struct has the size of an int. */
static bool set_enum(void *out, const char *const *values, const char *value)
{
	for (int i = 0; values[i]; i++) {
		if (str_ieq(values[i], value)) {
			memcpy(out, &i, sizeof i);
			return true;
		}
	}
	return false;
}

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (str_ieq(options[i].name, name)) {
			return &options[i];
		}
	}
	return NULL;
}

static bool set_option(struct route_options *o, const struct option *option, const char *value)
{
	void *field = (char *)o + option->offset;
	int64_t count;

	switch (option->kind) {
	case OPTION_BOOL:
		return set_bool(field, value);
	case OPTION_ENUM:
		return set_enum(field, option->values, value);
	case OPTION_COUNT:
		if (!str_to_i64(value, &count) || count < 0) {
			return false;
		}
		*(int64_t *)field = count;
		return true;
	case OPTION_REAL:
		return str_to_double(value, field);
	case OPTION_ELSEWHERE:
		break;
	}
	return true;
}

static void set_by_name(struct route_options *o, const char *name, const char *value)
{
	const struct option *option = find_option(name);

	if (option) {
		set_option(o, option, value);
	}
}

static void set_defaults(const struct upstream_account *account, struct route_options *o)
{
	bool is_openai = account->provider == PROVIDER_OPENAI ||
			 account->provider == PROVIDER_AZURE;
	bool is_google = account->provider == PROVIDER_GOOGLE;

	static_assert(sizeof(enum think_toggle) == sizeof(int), "set_enum copies an int");
	*o = (struct route_options){
		.is_openai = is_openai,
		.json_schema_params = true,
		.show_reasoning = true,
		.custom_tools = is_openai,
		.send_stream_options = true,
		.send_parallel_tool_calls = true,
		.send_penalties = true,
		.send_seed = true,
		.send_logprobs = true,
		.send_n = true,
		.images = true,
		.safety_identifier = is_openai,
		.word_json = is_openai,
		.developer_role = is_openai ? DEVELOPER_NATIVE : DEVELOPER_AS_SYSTEM,
		.max_tokens_field = is_openai ? FIELD_MAX_COMPLETION_TOKENS : FIELD_MAX_TOKENS,
		.tool_id_style = is_openai ? TOOL_ID_MAX40 : TOOL_ID_KEEP,
		.url_media = is_google ? URL_MEDIA_PASS : URL_MEDIA_REFUSE,
		.temperature_max = 2,
		.stop_max = 4,
		.default_max_tokens = 32000,
	};
}

static void apply_preset(const char *base_url, struct route_options *o)
{
	for (size_t i = 0; i < ARRAY_LEN(presets); i++) {
		const struct preset *preset = &presets[i];

		if (!str_ifind(base_url, strlen(base_url), preset->host)) {
			continue;
		}
		for (size_t k = 0; k < ARRAY_LEN(preset->options) && preset->options[k].name; k++) {
			set_by_name(o, preset->options[k].name, preset->options[k].value);
		}
	}
}

void route_options_read(const struct upstream_account *account, struct route_options *out)
{
	set_defaults(account, out);
	apply_preset(account->base_url ? account->base_url : "", out);
	for (size_t i = 0; i < account->options.count; i++) {
		set_by_name(out, account->options.items[i].name, account->options.items[i].value);
	}
}
