/* Tools and tool_choice of a hub request -> Responses (C48-C53, C91). */
#include "formats/responses.h"

#include "base/limits.h"
#include "formats/openai_common.h"
#include "formats/schema.h"
#include "formats/tool_map.h"

/* Left out means true to the vendor, which no other format means. */
static void write_strict(struct conversion *c, struct json_writer *w,
			 const struct hub_tool *tool, struct slice schema)
{
	enum hub_tri strict = openai_strict(c, tool->strict, schema, "tools");

	json_key(w, "strict");
	if (strict == TRI_UNSET && c->req->format == FORMAT_RESPONSES) {
		json_null(w);
	} else {
		json_bool(w, strict == TRI_TRUE);
	}
}

static void write_function(struct conversion *c, struct json_writer *w,
			   const struct hub_tool *tool)
{
	struct slice schema = schema_for_anthropic(c->arena, tool->schema);

	json_object(w);
	json_kstr(w, "type", "function");
	json_kslice(w, "name", wire_name(c, tool->name));
	json_kslice(w, "description", tool->description.len ? tool->description : SLICE_NULL);
	json_kraw(w, "parameters", schema);
	write_strict(c, w, tool, schema);
	json_end(w);
}

static void write_custom(struct conversion *c, struct json_writer *w,
			 const struct hub_tool *tool)
{
	json_object(w);
	json_kstr(w, "type", "custom");
	json_kslice(w, "name", wire_name(c, tool->name));
	json_kslice(w, "description", tool->description.len ? tool->description : SLICE_NULL);
	if (tool->grammar.len) {
		json_key(w, "format");
		json_object(w);
		json_kstr(w, "type", "grammar");
		json_kslice(w, "syntax", tool->grammar_syntax);
		json_kslice(w, "definition", tool->grammar);
		json_end(w);
	}
	json_end(w);
}

/* The vendor's location has its type beside the members. */
static void write_location(struct conversion *c, struct json_writer *w, struct slice location)
{
	const struct json *v = json_read(c->arena, location, NULL);

	if (!json_is(v, JSON_OBJECT)) {
		return;
	}
	json_key(w, "user_location");
	json_object(w);
	json_kstr(w, "type", "approximate");
	json_each(member, v) {
		if (!slice_eq(member->key, "type")) {
			json_key(w, arena_strndup(c->arena, member->key.ptr, member->key.len));
			json_raw(w, member->raw);
		}
	}
	json_end(w);
}

/* C50: the same request to OpenAI's own search. */
static void write_web_search(struct conversion *c, struct json_writer *w,
			     const struct web_search *search)
{
	json_object(w);
	json_kstr(w, "type", "web_search");
	if (search->allowed_domains.len) {
		json_key(w, "filters");
		json_object(w);
		json_kraw(w, "allowed_domains", search->allowed_domains);
		json_end(w);
	}
	write_location(c, w, search->location);
	json_end(w);
}

/* False: refused. *count rises when something was written. */
static bool write_tool(struct conversion *c, struct json_writer *w, const struct hub_tool *tool,
		       size_t *count)
{
	bool is_own = tool->origin == ORIGIN_OPENAI && c->req->format == FORMAT_RESPONSES;
	struct hub_tool function;
	struct web_search search;

	(*count)++;
	if (tool->kind == TOOL_CUSTOM) {
		write_custom(c, w, tool);
	} else if (is_own && tool->kind != TOOL_FUNCTION) {
		json_raw(w, tool->raw);
	} else if (tool_as_function(c->arena, tool, &function)) {
		write_function(c, w, &function);
	} else if ((c->options.map_web_search || tool->origin == ORIGIN_OPENAI) &&
		   web_search_read(c->arena, tool, &search)) {
		write_web_search(c, w, &search);
	} else {
		(*count)--;
		return tool_drop(c, tool);
	}
	return true;
}

/* ---- tool_choice ---- */

/* A tool that is called by its type: the vendor's own, or the web search that
 * stands for another's. */
static bool is_typed(const struct conversion *c, const struct hub_tool *tool)
{
	return c->req->format == FORMAT_RESPONSES ? !tool : tool && tool->kind == TOOL_SERVER;
}

static void write_named(struct conversion *c, struct json_writer *w, struct slice name)
{
	const struct hub_tool *tool = hub_tool_find(c->req, name);
	struct hub_tool function;

	json_object(w);
	if (is_typed(c, tool)) {
		json_kslice(w, "type", tool ? slice_of("web_search") : name);
	} else if (tool && tool->kind == TOOL_CUSTOM) {
		json_kstr(w, "type", "custom");
		json_kslice(w, "name", wire_name(c, name));
	} else {
		json_kstr(w, "type", "function");
		json_kslice(w, "name",
			    wire_name(c, tool && tool_as_function(c->arena, tool, &function)
					 ? function.name : name));
	}
	json_end(w);
}

static void write_allowed(struct conversion *c, struct json_writer *w)
{
	const struct hub_tool_choice *choice = &c->req->tool_choice;

	json_object(w);
	json_kstr(w, "type", "allowed_tools");
	json_kstr(w, "mode", choice->allowed_required ? "required" : "auto");
	json_key(w, "tools");
	json_array(w);
	for (const struct hub_name *name = choice->allowed; name; name = name->next) {
		write_named(c, w, name->text);
	}
	json_end(w);
	json_end(w);
}

static void write_choice(struct conversion *c, struct json_writer *w)
{
	const struct hub_tool_choice *choice = &c->req->tool_choice;

	if (choice->mode == CHOICE_UNSET) {
		return;
	}
	json_key(w, "tool_choice");
	switch (choice->mode) {
	case CHOICE_NONE:
		json_str(w, "none");
		break;
	case CHOICE_ANY:
		json_str(w, "required");
		break;
	case CHOICE_NAMED:
		write_named(c, w, choice->name);
		break;
	case CHOICE_ALLOWED:
		write_allowed(c, w);
		break;
	case CHOICE_AUTO:
	case CHOICE_UNSET:
		json_str(w, "auto");
		break;
	}
}

bool responses_tools_write(struct conversion *c, struct json_writer *w)
{
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);
	struct json_writer tools;
	size_t count = 0;
	bool ok = true;

	json_open(&tools, &text);
	json_array(&tools);
	for (const struct hub_tool *tool = c->req->tools; tool && ok; tool = tool->next) {
		ok = write_tool(c, &tools, tool, &count);
	}
	json_end(&tools);
	/* C51, C53: without tools the vendor refuses what is said about them. */
	if (ok && count) {
		json_kraw(w, "tools", buf_slice(&text));
		write_choice(c, w);
		if (c->req->parallel == TRI_FALSE && c->options.send_parallel_tool_calls) {
			json_kbool(w, "parallel_tool_calls", false);
		}
	}
	buf_release(&text);
	return ok;
}
