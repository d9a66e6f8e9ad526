/* Hub tools and tool_choice -> Chat (C48-C53, C89, C91). */
#include "formats/chat.h"

#include "base/limits.h"
#include "formats/openai_common.h"
#include "formats/tool_map.h"

static void write_function(struct conversion *c, struct json_writer *w,
			   const struct hub_tool *tool)
{
	enum hub_tri strict = openai_strict(c, tool->strict, tool->schema, "tools");

	json_object(w);
	json_kstr(w, "type", "function");
	json_key(w, "function");
	json_object(w);
	json_key(w, "name");
	json_strn(w, wire_name(c, tool->name));
	if (tool->description.len) {
		json_kslice(w, "description", tool->description);
	}
	json_kraw(w, "parameters", tool->schema);
	/* Without the member it is false already. */
	if (tool->strict == TRI_TRUE) {
		json_kbool(w, "strict", strict == TRI_TRUE);
	}
	json_end(w);
	json_end(w);
}

static void write_custom(struct conversion *c, struct json_writer *w,
			 const struct hub_tool *tool)
{
	json_object(w);
	json_kstr(w, "type", "custom");
	json_key(w, "custom");
	json_object(w);
	json_key(w, "name");
	json_strn(w, wire_name(c, tool->name));
	if (tool->description.len) {
		json_kslice(w, "description", tool->description);
	}
	if (tool->grammar.len) {
		json_key(w, "format");
		json_object(w);
		json_kstr(w, "type", "grammar");
		json_key(w, "grammar");
		json_object(w);
		json_kslice(w, "syntax", tool->grammar_syntax);
		json_kslice(w, "definition", tool->grammar);
		json_end(w);
		json_end(w);
	}
	json_end(w);
	json_end(w);
}

/* False: refused. *count rises when something was written. Web search is no
 * tool here but a member of its own, write_web_search. */
static bool write_tool(struct conversion *c, struct json_writer *w, const struct hub_tool *tool,
		       size_t *count)
{
	struct hub_tool function;

	(*count)++;
	if (tool->kind == TOOL_CUSTOM && c->options.custom_tools) {
		write_custom(c, w, tool);
	} else if (tool->kind == TOOL_OPAQUE && tool->origin == CHAT_PART_ORIGIN) {
		json_raw(w, tool->raw);
	} else if (tool_as_function(c->arena, tool, &function)) {
		write_function(c, w, &function);
	} else {
		(*count)--;
		return tool_drop(c, tool);
	}
	return true;
}

/* C50: between vendors only where the route asks for it. */
static bool is_web_search(const struct conversion *c, const struct hub_tool *tool,
			  struct web_search *search)
{
	return (c->options.map_web_search || c->req->format == FORMAT_CHAT) &&
	       web_search_read(c->arena, tool, search);
}

static void write_web_search(struct conversion *c, struct json_writer *w,
			     const struct hub_tool *tool, const struct web_search *search)
{
	const struct json *v = json_read(c->arena, tool->raw, NULL);
	const struct json *place = search->location.len
					   ? json_read(c->arena, search->location, NULL) : NULL;

	json_key(w, "web_search_options");
	json_object(w);
	json_kraw(w, "search_context_size", json_raw_of(json_get(v, "search_context_size")));
	if (json_is(place, JSON_OBJECT)) {
		json_key(w, "user_location");
		json_object(w);
		json_kstr(w, "type", "approximate");
		json_key(w, "approximate");
		json_object(w);
		json_each(member, place) {
			if (!slice_eq(member->key, "type")) {
				json_key(w, arena_strndup(c->arena, member->key.ptr,
							  member->key.len));
				json_raw(w, member->raw);
			}
		}
		json_end(w);
		json_end(w);
	}
	json_end(w);
}

static void write_named(struct conversion *c, struct json_writer *w, struct slice name)
{
	const struct hub_tool *tool = hub_tool_find(c->req, name);
	bool is_custom = tool && tool->kind == TOOL_CUSTOM && c->options.custom_tools;
	const char *type = is_custom ? "custom" : "function";

	json_object(w);
	json_kstr(w, "type", type);
	json_key(w, type);
	json_object(w);
	json_key(w, "name");
	json_strn(w, wire_name(c, name));
	json_end(w);
	json_end(w);
}

static void write_allowed(struct conversion *c, struct json_writer *w)
{
	json_key(w, "tool_choice");
	json_object(w);
	json_kstr(w, "type", "allowed_tools");
	json_key(w, "allowed_tools");
	json_object(w);
	json_kstr(w, "mode", c->req->tool_choice.allowed_required ? "required" : "auto");
	json_key(w, "tools");
	json_array(w);
	tools_each(tool, c->req) {
		if (tool_is_allowed(c->req, tool)) {
			write_named(c, w, tool->name);
		}
	}
	json_end(w);
	json_end(w);
	json_end(w);
}

/* C51 */
static void write_choice(struct conversion *c, struct json_writer *w)
{
	const struct hub_tool_choice *choice = &c->req->tool_choice;

	switch (choice->mode) {
	case CHOICE_AUTO:
		json_kstr(w, "tool_choice", "auto");
		break;
	case CHOICE_NONE:
		json_kstr(w, "tool_choice", "none");
		break;
	case CHOICE_ANY:
		json_kstr(w, "tool_choice", "required");
		break;
	case CHOICE_NAMED:
		json_key(w, "tool_choice");
		write_named(c, w, choice->name);
		break;
	case CHOICE_ALLOWED:
		if (c->options.is_openai) {
			write_allowed(c, w);
		} else if (choice->allowed_required) {
			json_kstr(w, "tool_choice", "required");
		}
		break;
	case CHOICE_UNSET:
		break;
	}
}

/* C53: a hint to the model, so an upstream without it is not refused. */
static void write_parallel(struct conversion *c, struct json_writer *w)
{
	if (c->req->parallel != TRI_FALSE) {
		return;
	}
	if (c->options.send_parallel_tool_calls) {
		json_kbool(w, "parallel_tool_calls", false);
	} else {
		warn(c->warnings, WARN_DROPPED, "parallel_tool_calls");
	}
}

static bool write_all(struct conversion *c, struct json_writer *tools, struct json_writer *w,
		      size_t *count)
{
	struct web_search search;
	bool has_search = false;

	tools_each(tool, c->req) {
		if (!c->options.is_openai && !tool_is_allowed(c->req, tool)) {
			/* Only OpenAI knows the choice itself (C51). */
			warn(c->warnings, WARN_REWRITTEN, "tool_choice.allowed_tools");
		} else if (is_web_search(c, tool, &search)) {
			if (!has_search) {
				write_web_search(c, w, tool, &search);
			}
			has_search = true;
		} else if (!write_tool(c, tools, tool, count)) {
			return false;
		}
	}
	return true;
}

bool chat_tools_write(struct conversion *c, struct json_writer *w)
{
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);
	struct json_writer tools;
	size_t count = 0;
	bool ok;

	json_open(&tools, &text);
	json_array(&tools);
	ok = write_all(c, &tools, w, &count);
	json_end(&tools);
	if (ok && count) {
		json_kraw(w, "tools", buf_slice(&text));
		write_choice(c, w);
		write_parallel(c, w);
	}
	buf_release(&text);
	return ok;
}
