/* Tools and tool_choice of a Responses request -> hub (C32). */
#include "formats/responses.h"

#include "formats/schema.h"

/* Tools that the vendor runs; every other type is run by the client. */
static const char *const server_tools[] = {
	"web_search", "web_search_2025_08_26", "web_search_preview",
	"web_search_preview_2025_03_11", "file_search", "code_interpreter",
	"image_generation", "mcp", "tool_search", "programmatic_tool_calling",
};

static bool is_server_tool(struct slice type)
{
	for (size_t i = 0; i < ARRAY_LEN(server_tools); i++) {
		if (slice_eq(type, server_tools[i])) {
			return true;
		}
	}
	return false;
}

struct slice responses_tool_name(struct arena *a, struct slice name_space, struct slice name)
{
	if (!name_space.len) {
		return name;
	}
	return slice_cat(a, slice_cat(a, name_space, slice_of("__")), name);
}

static bool has_member(const struct json *object, const char *name)
{
	json_each(member, object) {
		if (slice_eq(member->key, name)) {
			return true;
		}
	}
	return false;
}

/* The default is true, which here means "as far as the schema allows it": the
 * vendor bends the others, and no other format would take them. */
static enum hub_tri read_strict(const struct json *v, struct slice schema)
{
	if (json_get(v, "strict")) {
		return json_get_bool(v, "strict", false) ? TRI_TRUE : TRI_FALSE;
	}
	if (has_member(v, "strict") || !schema_is_strict(schema)) {
		return TRI_UNSET;
	}
	return TRI_TRUE;
}

static void read_grammar(struct hub_tool *tool, const struct json *format)
{
	const struct json *inner = json_get(format, "grammar");
	const struct json *v = inner ? inner : format;

	if (json_is_text(json_get(format, "type"), "grammar")) {
		tool->grammar_syntax = json_get_text(v, "syntax");
		tool->grammar = json_get_text(v, "definition");
	}
}

static void read_tool(struct decoding *d, const struct json *v, struct slice name_space);

static void read_namespace(struct decoding *d, const struct json *v)
{
	struct slice name = json_get_text(v, "name");

	json_each(item, json_get(v, "tools")) {
		/* A namespace inside one does not exist. */
		if (!json_is_text(json_get(item, "type"), "namespace")) {
			read_tool(d, item, name);
		}
	}
}

static enum hub_tool_kind tool_kind(struct slice type)
{
	if (!type.len || slice_eq(type, "function")) {
		return TOOL_FUNCTION;
	}
	if (slice_eq(type, "custom")) {
		return TOOL_CUSTOM;
	}
	return is_server_tool(type) ? TOOL_SERVER : TOOL_OPAQUE;
}

static void read_tool(struct decoding *d, const struct json *v, struct slice name_space)
{
	struct slice type = json_get_text(v, "type");
	struct hub_tool *tool;

	if (slice_eq(type, "namespace")) {
		read_namespace(d, v);
		return;
	}
	tool = hub_tool_new(d->req, tool_kind(type));
	tool->origin = ORIGIN_OPENAI;
	tool->type = type;
	tool->raw = v->raw;
	if (tool->kind == TOOL_SERVER || tool->kind == TOOL_OPAQUE) {
		/* These are called by their type; a `name` means something else. */
		return;
	}
	tool->name_space = name_space;
	tool->name = responses_tool_name(d->arena, name_space, json_get_text(v, "name"));
	tool->description = json_get_text(v, "description");
	tool->schema = json_raw_of(json_get(v, "parameters"));
	tool->strict = read_strict(v, tool->schema);
	read_grammar(tool, json_get(v, "format"));
}

/* Functions and custom tools by name, others by type. */
static struct slice chosen_name(struct arena *a, const struct json *v)
{
	struct slice type = json_get_text(v, "type");

	if (slice_eq(type, "function") || slice_eq(type, "custom")) {
		return responses_tool_name(a, json_get_text(v, "namespace"),
					   json_get_text(v, "name"));
	}
	return type;
}

static bool read_allowed(struct decoding *d, const struct json *v)
{
	struct hub_tool_choice *choice = &d->req->tool_choice;
	const struct json *tools = json_get(v, "tools");

	choice->mode = CHOICE_ALLOWED;
	choice->allowed_required = json_is_text(json_get(v, "mode"), "required");
	if (tools && tools->count > MAX_NAMES) {
		return decode_refuse(d, "tool_choice", "tool_choice.tools: more than %d entries",
				     MAX_NAMES);
	}
	json_each(item, tools) {
		hub_name_add(d->arena, &choice->allowed, chosen_name(d->arena, item));
	}
	return true;
}

static bool read_choice(struct decoding *d, const struct json *v)
{
	struct hub_tool_choice *choice = &d->req->tool_choice;

	if (json_is_text(v, "auto")) {
		choice->mode = CHOICE_AUTO;
	} else if (json_is_text(v, "none")) {
		choice->mode = CHOICE_NONE;
	} else if (json_is_text(v, "required")) {
		choice->mode = CHOICE_ANY;
	} else if (json_is_text(json_get(v, "type"), "allowed_tools")) {
		return read_allowed(d, v);
	} else if (json_is(v, JSON_OBJECT)) {
		choice->mode = CHOICE_NAMED;
		choice->name = chosen_name(d->arena, v);
	}
	return true;
}

bool responses_tools_read(struct decoding *d, const struct json *body)
{
	json_each(item, json_get(body, "tools")) {
		if (item->kind == JSON_OBJECT) {
			read_tool(d, item, SLICE_NULL);
		}
	}
	return read_choice(d, json_get(body, "tool_choice"));
}
