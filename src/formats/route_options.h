/*
 * The options of an upstream account that steer conversion (conversion.md,
 * azure-and-compatible.md section 6), read once per request from the
 * account's `options` map; what is not set gets the provider's default.
 */
#ifndef FORMATS_ROUTE_OPTIONS_H
#define FORMATS_ROUTE_OPTIONS_H

#include <stdbool.h>

#include "config/config.h"

enum developer_role { DEVELOPER_NATIVE, DEVELOPER_AS_SYSTEM };
enum max_tokens_field { FIELD_MAX_COMPLETION_TOKENS, FIELD_MAX_TOKENS };
enum tool_id_style { TOOL_ID_KEEP, TOOL_ID_MISTRAL9, TOOL_ID_MAX40 };
enum replay_reasoning { REPLAY_NEVER, REPLAY_TOOL_TURNS, REPLAY_ALWAYS };
enum url_media { URL_MEDIA_PASS, URL_MEDIA_REFUSE, URL_MEDIA_FETCH };
enum response_format { RESPONSE_SCHEMA, RESPONSE_JSON, RESPONSE_NONE };

enum reasoning_field {
	REASONING_NONE,
	REASONING_CONTENT,              /* reasoning_content */
	REASONING_PLAIN,                /* reasoning */
	REASONING_DETAILS,              /* reasoning_details */
	REASONING_CHUNKS,               /* thinking chunks in content (Mistral) */
};

enum think_toggle {
	TOGGLE_NONE,
	TOGGLE_THINKING,                /* thinking:{type} */
	TOGGLE_TEMPLATE,                /* chat_template_kwargs.enable_thinking */
	TOGGLE_REASONING,               /* reasoning.enabled */
};

struct route_options {
	bool is_openai;                 /* OpenAI or Azure: takes every member of the reference;
					 * other servers may refuse what they do not know */
	bool strict;                    /* C10 */
	bool repair_tools;              /* C44 */
	bool map_web_search;            /* C50 */
	bool fanout_n;                  /* C58 */
	bool openai_breakpoints;        /* C56 */
	bool make_strict;               /* C93 */
	bool json_schema_params;        /* C94; on */
	bool show_reasoning;            /* C66: reasoning_content to Chat clients; on */
	bool early_head;                /* C145 */
	bool custom_tools;              /* Chat upstream knows custom tools (C48) */
	bool inline_think_parse;        /* C134b */
	bool send_stream_options;       /* C59 */
	bool send_parallel_tool_calls;
	bool send_penalties;
	bool send_seed;
	bool send_logprobs;
	bool send_n;
	bool send_top_k;                /* C101: compatible servers that know it */
	bool images;
	bool safety_identifier;         /* C54 */
	bool word_json;                 /* C98: OpenAI wants the word in the prompt */
	enum developer_role developer_role;
	enum max_tokens_field max_tokens_field;
	enum tool_id_style tool_id_style;
	enum reasoning_field reasoning_field;
	enum replay_reasoning replay_reasoning;
	enum url_media url_media;       /* C76; fetching is the gateway's work */
	enum response_format response_format;
	enum think_toggle think_toggle;
	double temperature_max;
	int64_t stop_max;
	int64_t default_max_tokens;     /* C103 */
};

/* Which vendor a compatible base URL belongs to (OpenRouter, DeepSeek,
 * Mistral, Groq, Ollama…) is told by its host. */
void route_options_read(const struct upstream_account *account, struct route_options *out);

#endif
