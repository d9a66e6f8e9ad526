#include "formats/model_traits.h"

#include <string.h>

#define MAX_MODEL_NAME 160

/* Glob over the bare name, then what differs from the format's newest line. */
struct claude_line {
	const char *glob;
	int64_t max_output;
	bool adaptive;
	bool has_effort;
	bool has_xhigh;
	bool can_disable;
	bool sampling;
	bool prefill;
	bool mid_system;
	bool no_forced;
	bool structured;
};

/* First match wins. Sources: anthropic-messages.md sections 2.1, 3, 5.3, 6;
 * field facts of claude-code.md for system messages. */
static const struct claude_line claude_lines[] = {
	{ "claude-3-haiku*",    4096, false, false, false, true, true, true, false, false, false },
	{ "claude-3-opus*",     4096, false, false, false, true, true, true, false, false, false },
	{ "claude-3-*",        64000, false, false, false, true, true, true, false, false, false },
	{ "claude-*-4-0*",     64000, false, false, false, true, true, true, false, false, false },
	{ "claude-opus-4-1*",  32000, false, false, false, true, true, true, false, false, true },
	{ "claude-opus-4-2*",  32000, false, false, false, true, true, true, false, false, false },
	{ "claude-sonnet-4-2*", 64000, false, false, false, true, true, true, false, false, false },
	{ "claude-opus-4-5*",  64000, false, true, false, true, true, true, false, false, true },
	{ "claude-*-4-5*",     64000, false, false, false, true, true, true, false, false, true },
	{ "claude-*-4-6*",    128000, true, true, false, true, true, false, false, false, true },
	{ "claude-*-4-7*",    128000, true, true, true, true, false, false, false, false, true },
	{ "claude-*-4-8*",    128000, true, true, true, true, false, false, false, false, true },
	{ "claude-opus-5-5*", 128000, true, true, true, false, false, false, true, true, true },
	{ "claude-fable-*",   128000, true, true, true, false, false, false, true, true, true },
	{ "claude-*",         128000, true, true, true, true, false, false, true, false, true },
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
	t->thinking = line->adaptive ? STYLE_LEVEL : STYLE_BUDGET;
	if (str_starts(name, "claude-3-") && !str_starts(name, "claude-3-7")) {
		t->thinking = STYLE_NONE;
	}
	t->max_output = line->max_output;
	t->budget_min = 1024;
	t->effort_min = EFFORT_LOW;
	t->effort_max = line->adaptive ? EFFORT_MAX : EFFORT_HIGH;
	t->has_effort = line->has_effort;
	t->can_disable = line->can_disable;
	t->between_tools = !line->can_disable;
	t->sampling = line->sampling;
	t->one_sampling = !str_starts(name, "claude-3-");
	t->prefill = line->prefill;
	t->mid_system = line->mid_system;
	t->no_forced = line->no_forced;
	t->no_forced_with_thinking = !line->adaptive;
	t->structured = line->structured;
	t->has_xhigh = line->has_xhigh;
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
