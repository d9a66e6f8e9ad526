/* Tools and tool_choice of Anthropic Messages, both directions. */
#include "formats/anthropic.h"

#include "base/limits.h"
#include "formats/schema.h"
#include "formats/tool_map.h"

/* anthropic-messages.md section 5.2; everything else with a type is run by
 * the client (5.1) or unknown. */
static bool is_server_tool(struct slice type)
{
	static const char *const prefixes[] = {
		"web_search_", "web_fetch_", "code_execution_", "tool_search_tool_",
		"mcp_toolset", "advisor_",
	};

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (slice_starts(type, prefixes[i])) {
			return true;
		}
	}
	return false;
}

static void read_tool(struct decoding *d, const struct json *v)
{
	struct slice type = json_get_text(v, "type");
	struct hub_tool *tool;

	if (!type.len || slice_eq(type, "custom")) {
		tool = hub_tool_new(d->req, TOOL_FUNCTION);
	} else {
		tool = hub_tool_new(d->req, is_server_tool(type) ? TOOL_SERVER : TOOL_OPAQUE);
	}
	tool->origin = ORIGIN_ANTHROPIC;
	tool->type = type;
	tool->name = json_get_text(v, "name");
	tool->description = json_get_text(v, "description");
	tool->schema = json_raw_of(json_get(v, "input_schema"));
	tool->strict = json_get_bool(v, "strict", false) ? TRI_TRUE : TRI_UNSET;
	tool->cache = anthropic_cache_read(v);
	tool->raw = json_one_line(d->arena, v->raw);
}

/* C17 */
static void read_choice(struct decoding *d, const struct json *v)
{
	struct hub_tool_choice *choice = &d->req->tool_choice;
	struct slice type = json_get_text(v, "type");

	if (slice_eq(type, "auto")) {
		choice->mode = CHOICE_AUTO;
	} else if (slice_eq(type, "any")) {
		choice->mode = CHOICE_ANY;
	} else if (slice_eq(type, "none")) {
		choice->mode = CHOICE_NONE;
	} else if (slice_eq(type, "tool")) {
		choice->mode = CHOICE_NAMED;
		choice->name = json_get_text(v, "name");
	}
	if (json_get_bool(v, "disable_parallel_tool_use", false)) {
		d->req->parallel = TRI_FALSE;
	}
}

void anthropic_tools_read(struct decoding *d, const struct json *body)
{
	json_each(item, json_get(body, "tools")) {
		if (item->kind == JSON_OBJECT) {
			read_tool(d, item);
		}
	}
	read_choice(d, json_get(body, "tool_choice"));
}

void anthropic_cache_write(struct json_writer *w, enum hub_cache cache, unsigned *skip)
{
	if (cache == CACHE_NONE) {
		return;
	}
	if (*skip) {
		(*skip)--;
		return;
	}
	json_key(w, "cache_control");
	json_object(w);
	json_kstr(w, "type", "ephemeral");
	if (cache != CACHE_DEFAULT) {
		json_kstr(w, "ttl", cache == CACHE_1H ? "1h" : "5m");
	}
	json_end(w);
}

static void write_function(struct conversion *c, struct json_writer *w,
			   const struct hub_tool *tool, unsigned *skip_marks)
{
	json_object(w);
	json_key(w, "name");
	json_strn(w, wire_name(c, tool->name));
	if (tool->description.len) {
		json_kslice(w, "description", tool->description);
	}
	json_key(w, "input_schema");
	json_raw(w, schema_for_anthropic(c->arena, tool->schema));
	if (tool->strict == TRI_TRUE) {
		json_kbool(w, "strict", true);
	}
	anthropic_cache_write(w, tool->cache, skip_marks);
	json_end(w);
}

/* C50: the same request to Anthropic's own search. */
static void write_web_search(struct json_writer *w, const struct web_search *search)
{
	json_object(w);
	json_kstr(w, "type", "web_search_20250305");
	json_kstr(w, "name", "web_search");
	if (search->max_uses > 0) {
		json_kint(w, "max_uses", search->max_uses);
	}
	json_kraw(w, "allowed_domains", search->allowed_domains);
	if (!search->allowed_domains.len) {
		json_kraw(w, "blocked_domains", search->blocked_domains);
	}
	json_end(w);
}

/* False: refused. *count rises when something was written. */
static bool write_tool(struct conversion *c, struct json_writer *w, const struct hub_tool *tool,
		       unsigned *skip_marks, size_t *count)
{
	struct hub_tool function;
	struct web_search search;

	(*count)++;
	if (tool->origin == ORIGIN_ANTHROPIC && tool->kind != TOOL_FUNCTION) {
		json_raw(w, tool->raw);
	} else if (tool_as_function(c->arena, tool, &function)) {
		write_function(c, w, &function, skip_marks);
	} else if (c->options.map_web_search && web_search_read(c->arena, tool, &search)) {
		write_web_search(w, &search);
	} else {
		(*count)--;
		return tool_drop(c, tool);
	}
	return true;
}

/* C97: the schema as the only way to answer. */
static void write_emulated(struct conversion *c, struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "name", EMULATED_TOOL);
	json_kstr(w, "description", "Give the answer in this form.");
	json_key(w, "input_schema");
	json_raw(w, schema_for_anthropic(c->arena, c->req->output.schema));
	json_end(w);
	c->plan->output_emulated = true;
	warn(c->warnings, WARN_EMULATED, "output_config.format");
}

static const char *choice_type(struct conversion *c, bool thinking_on)
{
	const struct hub_tool_choice *choice = &c->req->tool_choice;
	bool is_forced = choice->mode == CHOICE_ANY || choice->mode == CHOICE_NAMED ||
			 (choice->mode == CHOICE_ALLOWED && choice->allowed_required);

	if (is_forced && (c->traits.no_forced ||
			  (thinking_on && c->traits.no_forced_with_thinking))) {
		warn(c->warnings, WARN_EMULATED, "tool_choice");
		return "auto";
	}
	switch (choice->mode) {
	case CHOICE_ANY:
		return "any";
	case CHOICE_NAMED:
		return "tool";
	case CHOICE_NONE:
		return "none";
	case CHOICE_ALLOWED:
		return is_forced ? "any" : "auto";
	case CHOICE_AUTO:
		return "auto";
	case CHOICE_UNSET:
		break;
	}
	return c->req->parallel == TRI_FALSE ? "auto" : NULL;
}

static void write_choice(struct conversion *c, struct json_writer *w, bool thinking_on)
{
	const char *type = c->plan->output_emulated ? "tool" : choice_type(c, thinking_on);

	if (!type) {
		return;
	}
	json_key(w, "tool_choice");
	json_object(w);
	json_kstr(w, "type", type);
	if (str_eq(type, "tool")) {
		json_key(w, "name");
		json_strn(w, c->plan->output_emulated ? slice_of(EMULATED_TOOL)
						      : wire_name(c, c->req->tool_choice.name));
	}
	if (c->req->parallel == TRI_FALSE && !str_eq(type, "none")) {
		json_kbool(w, "disable_parallel_tool_use", true);
	}
	json_end(w);
}

static bool write_all(struct conversion *c, struct json_writer *w, unsigned *skip_marks,
		      size_t *count)
{
	tools_each(tool, c->req) {
		if (!tool_is_allowed(c->req, tool)) {
			warn(c->warnings, WARN_REWRITTEN, "tool_choice.allowed_tools");
			continue;
		}
		if (!write_tool(c, w, tool, skip_marks, count)) {
			return false;
		}
	}
	return true;
}

bool anthropic_tools_write(struct conversion *c, struct json_writer *w, unsigned *skip_marks,
			   bool thinking_on)
{
	bool emulate = c->req->output.kind == OUTPUT_SCHEMA && !c->traits.structured;
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);
	struct json_writer tools;
	size_t count = 0;
	bool ok;

	if (emulate && c->req->tools) {
		return encode_refuse(c, "response_format", "structured output together with "
				     "tools is not supported by this model");
	}
	json_open(&tools, &text);
	json_array(&tools);
	ok = write_all(c, &tools, skip_marks, &count);
	if (ok && emulate) {
		write_emulated(c, &tools);
		count++;
	}
	json_end(&tools);
	if (ok && count) {
		json_kraw(w, "tools", buf_slice(&text));
		write_choice(c, w, thinking_on);
	}
	buf_release(&text);
	return ok;
}
