/* Tools and tool_choice of a Chat request -> hub (C24, C27, C50). */
#include "formats/chat.h"

#include "base/limits.h"

static void read_function(struct decoding *d, const struct json *v)
{
	struct hub_tool *tool = hub_tool_new(d->req, TOOL_FUNCTION);

	tool->origin = ORIGIN_OPENAI;
	tool->name = json_get_text(v, "name");
	tool->description = json_get_text(v, "description");
	tool->schema = json_one_line(d->arena, json_raw_of(json_get(v, "parameters")));
	tool->strict = json_get_bool(v, "strict", false) ? TRI_TRUE : TRI_FALSE;
}

static void read_custom(struct decoding *d, const struct json *v)
{
	struct hub_tool *tool = hub_tool_new(d->req, TOOL_CUSTOM);
	const struct json *grammar = json_get(json_get(v, "format"), "grammar");

	tool->origin = ORIGIN_OPENAI;
	tool->name = json_get_text(v, "name");
	tool->description = json_get_text(v, "description");
	tool->grammar_syntax = json_get_text(grammar, "syntax");
	tool->grammar = json_get_text(grammar, "definition");
}

static void read_tool(struct decoding *d, const struct json *v)
{
	const struct json *function = json_get(v, "function");
	const struct json *custom = json_get(v, "custom");
	struct hub_tool *tool;

	if (json_is(function, JSON_OBJECT)) {
		read_function(d, function);
	} else if (json_is(custom, JSON_OBJECT)) {
		read_custom(d, custom);
	} else if (v->kind == JSON_OBJECT) {
		tool = hub_tool_new(d->req, TOOL_OPAQUE);
		tool->origin = CHAT_PART_ORIGIN;
		tool->type = json_get_text(v, "type");
		tool->raw = json_one_line(d->arena, v->raw);
	}
}

/* The options become the tool that Responses has for the same thing, so that
 * one reader serves all formats (C50). */
static void read_web_search(struct decoding *d, const struct json *options)
{
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);
	const struct json *place = json_get(options, "user_location");
	const struct json *inner = json_get(place, "approximate");
	struct hub_tool *tool = hub_tool_new(d->req, TOOL_SERVER);
	struct json_writer w;

	json_open(&w, &text);
	json_object(&w);
	json_kstr(&w, "type", "web_search");
	json_kraw(&w, "search_context_size",
		  json_raw_of(json_get(options, "search_context_size")));
	if (json_is(inner, JSON_OBJECT)) {
		json_key(&w, "user_location");
		json_object(&w);
		json_kstr(&w, "type", "approximate");
		json_each(member, inner) {
			json_key(&w, arena_strndup(d->arena, member->key.ptr, member->key.len));
			json_raw(&w, member->raw);
		}
		json_end(&w);
	}
	json_end(&w);
	tool->origin = ORIGIN_OPENAI;
	tool->type = slice_of("web_search");
	tool->raw = json_one_line(d->arena, arena_slice(d->arena, buf_slice(&text)));
	buf_release(&text);
}

static struct slice name_in(const struct json *v)
{
	const struct json *function = json_get(v, "function");

	return json_get_text(function ? function : json_get(v, "custom"), "name");
}

static bool read_allowed(struct decoding *d, const struct json *v)
{
	struct hub_tool_choice *choice = &d->req->tool_choice;
	const struct json *tools = json_get(v, "tools");

	choice->mode = CHOICE_ALLOWED;
	choice->allowed_required = json_is_text(json_get(v, "mode"), "required");
	if (json_is(tools, JSON_ARRAY) && tools->count > MAX_NAMES) {
		return decode_refuse(d, "tool_choice", "tool_choice.allowed_tools.tools: more than "
				     "%d entries", MAX_NAMES);
	}
	json_each(tool, tools) {
		struct slice name = name_in(tool);

		if (name.len) {
			hub_name_add(d->arena, &choice->allowed, name);
		}
	}
	return true;
}

static enum hub_choice_mode mode_of(struct slice word)
{
	if (slice_eq(word, "auto")) {
		return CHOICE_AUTO;
	}
	if (slice_eq(word, "none")) {
		return CHOICE_NONE;
	}
	return slice_eq(word, "required") || slice_eq(word, "any") ? CHOICE_ANY : CHOICE_UNSET;
}

static bool read_choice(struct decoding *d, const struct json *v)
{
	struct hub_tool_choice *choice = &d->req->tool_choice;
	const struct json *allowed = json_get(v, "allowed_tools");

	if (allowed) {
		return read_allowed(d, allowed);
	}
	if (json_is(v, JSON_STRING)) {
		choice->mode = mode_of(v->text);
	} else if (name_in(v).len) {
		choice->mode = CHOICE_NAMED;
		choice->name = name_in(v);
	}
	if (v && choice->mode == CHOICE_UNSET) {
		warn(d->warnings, WARN_UNKNOWN, "tool_choice");
	}
	return true;
}

/* Before there were tools (C24). */
static void read_functions(struct decoding *d, const struct json *body)
{
	const struct json *v = json_get(body, "function_call");
	struct hub_tool_choice *choice = &d->req->tool_choice;

	json_each(function, json_get(body, "functions")) {
		read_function(d, function);
	}
	if (json_is(v, JSON_STRING)) {
		choice->mode = mode_of(v->text);
	} else if (json_get_text(v, "name").len) {
		choice->mode = CHOICE_NAMED;
		choice->name = json_get_text(v, "name");
	}
}

bool chat_tools_read(struct decoding *d, const struct json *body)
{
	const struct json *search = json_get(body, "web_search_options");

	json_each(item, json_get(body, "tools")) {
		read_tool(d, item);
	}
	read_functions(d, body);
	if (json_is(search, JSON_OBJECT)) {
		read_web_search(d, search);
	}
	tools_each(tool, d->req) {
		if ((tool->kind == TOOL_FUNCTION || tool->kind == TOOL_CUSTOM) && !tool->name.len) {
			return decode_refuse(d, "tools", "tools: every tool needs a name");
		}
	}
	if (json_is(json_get(body, "parallel_tool_calls"), JSON_FALSE)) {
		d->req->parallel = TRI_FALSE;
	}
	return read_choice(d, json_get(body, "tool_choice"));
}
