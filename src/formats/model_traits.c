#include "formats/model_traits.h"

#include <string.h>

#define MAX_MODEL_NAME 160

enum claude_trait {
	ADAPTIVE     = 1 << 0,          /* thinking is adaptive, not a budget */
	HAS_EFFORT   = 1 << 1,
	HAS_XHIGH    = 1 << 2,
	CAN_DISABLE  = 1 << 3,          /* thinking */
	BETWEEN      = 1 << 4,          /* its lowest setting is between_tools */
	SAMPLING     = 1 << 5,
	PREFILL      = 1 << 6,
	MID_SYSTEM   = 1 << 7,
	NO_FORCED    = 1 << 8,          /* refuses tool_choice any and tool */
	STRUCTURED   = 1 << 9,

	CLASSIC = CAN_DISABLE | SAMPLING | PREFILL,
	LATER   = ADAPTIVE | HAS_EFFORT | STRUCTURED,
	NEWEST  = LATER | HAS_XHIGH | MID_SYSTEM,
};

/* Glob over the bare name, and what the line can. */
struct claude_line {
	const char *glob;
	int64_t max_output;
	unsigned traits;                /* enum claude_trait */
};

/* First match wins. Sources: anthropic-messages.md sections 2.1, 3, 5.3, 6;
 * field facts of claude-code.md for system messages; for the 5.x lines also
 * what the AI SDK's provider (4.0.105) knows of them. */
static const struct claude_line claude_lines[] = {
	{ "claude-3-haiku*",      4096, CLASSIC },
	{ "claude-3-opus*",       4096, CLASSIC },
	{ "claude-3-*",          64000, CLASSIC },
	{ "claude-*-4-0*",       64000, CLASSIC },
	{ "claude-opus-4-1*",    32000, CLASSIC | STRUCTURED },
	{ "claude-opus-4-2*",    32000, CLASSIC },
	{ "claude-sonnet-4-2*",  64000, CLASSIC },
	{ "claude-opus-4-5*",    64000, CLASSIC | STRUCTURED | HAS_EFFORT },
	{ "claude-*-4-5*",       64000, CLASSIC | STRUCTURED },
	{ "claude-*-4-6*",      128000, LATER | CAN_DISABLE | SAMPLING },
	{ "claude-*-4-7*",      128000, LATER | CAN_DISABLE | HAS_XHIGH },
	{ "claude-*-4-8*",      128000, LATER | CAN_DISABLE | HAS_XHIGH },
	{ "claude-sonnet-5-5*", 128000, NEWEST | BETWEEN | NO_FORCED },
	{ "claude-opus-5-5*",   128000, NEWEST | NO_FORCED },
	{ "claude-fable-5-1*",  128000, NEWEST | NO_FORCED },
	{ "claude-fable-5-2*",  128000, NEWEST | NO_FORCED },
	{ "claude-fable-*",     128000, NEWEST },
	{ "claude-*",           128000, NEWEST | CAN_DISABLE },
};

/* "models/gemini-2.5-pro", "anthropic/claude-x", "claude-x[1m]" -> the name. */
static void bare_name(struct slice model, char out[MAX_MODEL_NAME])
{
	size_t from = 0;
	size_t len;
	char *suffix;

	for (size_t i = 0; i < model.len; i++) {
		if (model.ptr[i] == '/') {
			from = i + 1;
		}
	}
	len = model.len - from < MAX_MODEL_NAME - 1 ? model.len - from : MAX_MODEL_NAME - 1;
	if (len) {
		memcpy(out, model.ptr + from, len);
	}
	out[len] = '\0';
	for (char *c = out; *c; c++) {
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	}
	suffix = strchr(out, '[');
	if (suffix) {
		*suffix = '\0';
	}
}

static void set_claude_traits(const char *name, unsigned traits, struct model_traits *t)
{
	bool is_adaptive = traits & ADAPTIVE;
	bool is_early = str_starts(name, "claude-3-");

	t->thinking = is_adaptive ? STYLE_LEVEL : STYLE_BUDGET;
	if (is_early && !str_starts(name, "claude-3-7")) {
		t->thinking = STYLE_NONE;
	}
	t->effort_min = EFFORT_LOW;
	t->effort_max = is_adaptive ? EFFORT_MAX : EFFORT_HIGH;
	t->has_effort = traits & HAS_EFFORT;
	t->has_xhigh = traits & HAS_XHIGH;
	t->can_disable = traits & CAN_DISABLE;
	t->between_tools = traits & BETWEEN;
	t->sampling = traits & SAMPLING;
	t->one_sampling = !is_early;
	t->prefill = traits & PREFILL;
	t->mid_system = traits & MID_SYSTEM;
	t->no_forced = traits & NO_FORCED;
	t->no_forced_with_thinking = !is_adaptive;
	t->structured = traits & STRUCTURED;
}

static void claude_traits(const char *name, struct model_traits *t)
{
	const struct claude_line *line = NULL;

	for (size_t i = 0; i < ARRAY_LEN(claude_lines) && !line; i++) {
		if (str_glob(claude_lines[i].glob, name)) {
			line = &claude_lines[i];
		}
	}
	t->stop = true;
	if (!line) {
		/* Somebody's own name on an Anthropic-style server: refuse least. */
		t->thinking = STYLE_LEVEL;
		t->effort_min = EFFORT_LOW;
		t->effort_max = EFFORT_HIGH;
		t->has_effort = t->can_disable = t->sampling = t->prefill = true;
		t->structured = true;
		return;
	}
	t->max_output = line->max_output;
	t->budget_min = 1024;
	set_claude_traits(name, line->traits, t);
}

static void gemini_traits(const char *name, struct model_traits *t)
{
	bool is_budget = str_glob("*gemini-2.5*", name);
	bool is_old = str_glob("*gemini-1*", name) || str_glob("*gemini-2.0*", name);

	t->max_output = 65536;
	t->stop = true;
	t->sampling = true;
	t->prefill = true;
	t->structured = true;
	t->penalties = !is_budget;
	t->can_disable = !str_glob("*2.5-pro*", name);
	t->is_level_gemini = !is_budget && !is_old;
	/* The Pro models have no level below low. */
	t->effort_min = str_glob("*pro*", name) ? EFFORT_LOW : EFFORT_MINIMAL;
	t->effort_max = EFFORT_HIGH;
	if (is_old) {
		t->thinking = STYLE_NONE;
		t->max_output = 8192;
	} else if (is_budget) {
		t->thinking = STYLE_BUDGET;
		t->budget_min = str_glob("*pro*", name) ? 128 : 0;
		t->budget_min = str_glob("*flash-lite*", name) ? 512 : t->budget_min;
		t->budget_max = str_glob("*pro*", name) ? 32768 : 24576;
	} else {
		t->thinking = STYLE_LEVEL;
	}
}

/* o1, o3-mini, o4… */
static bool is_o_series(const char *name)
{
	return name[0] == 'o' && name[1] >= '1' && name[1] <= '9';
}

static bool is_openai_reasoning(const char *name)
{
	return is_o_series(name) || str_starts(name, "gpt-5") || str_starts(name, "gpt-6") ||
	       str_starts(name, "codex");
}

/* OpenAI's models before it had reasoning ones, and those beside them. */
static bool is_openai_plain(const char *name)
{
	return str_starts(name, "gpt-3") || str_starts(name, "gpt-4") ||
	       str_starts(name, "chatgpt") || str_glob("gpt-5*-chat*", name);
}

/* Names that are no OpenAI model belong to compatible servers, which take
 * what Chat has always had. */
static void openai_traits(enum format_id format, const char *name, struct model_traits *t)
{
	bool reasons = is_openai_reasoning(name) && !str_glob("*-chat*", name);
	bool is_newer = str_starts(name, "gpt-6") ||
			(str_starts(name, "gpt-5.") && !str_starts(name, "gpt-5.1"));

	t->thinking = is_openai_plain(name) ? STYLE_NONE : STYLE_LEVEL;
	t->sampling = !reasons;
	t->stop = format == FORMAT_CHAT && !reasons;
	t->penalties = format == FORMAT_CHAT && !reasons;
	t->prefill = true;
	t->mid_system = true;
	t->structured = true;
	t->has_effort = true;
	t->can_disable = !is_o_series(name) && (!reasons || str_starts(name, "gpt-5.") ||
						str_starts(name, "gpt-6"));
	t->effort_min = is_o_series(name) ? EFFORT_LOW : EFFORT_MINIMAL;
	t->effort_max = reasons ? EFFORT_HIGH : EFFORT_MAX;
	t->has_xhigh = !reasons || is_newer;
	if (is_newer) {
		t->effort_max = EFFORT_XHIGH;
	}
}

void model_traits_find(enum format_id format, struct slice model, struct model_traits *out)
{
	char name[MAX_MODEL_NAME];

	*out = (struct model_traits){ .thinking = STYLE_NONE };
	bare_name(model, name);
	switch (format) {
	case FORMAT_ANTHROPIC:
		claude_traits(name, out);
		break;
	case FORMAT_GEMINI:
		gemini_traits(name, out);
		break;
	case FORMAT_CHAT:
	case FORMAT_RESPONSES:
		openai_traits(format, name, out);
		break;
	case FORMAT_NONE:
		break;
	}
}
