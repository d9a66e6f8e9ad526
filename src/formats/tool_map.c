#include "formats/tool_map.h"

struct predefined {
	const char *type_prefix;          /* "bash_": any date behind it */
	const char *name;                 /* NULL: the tool's own */
	const char *description;
	const char *schema;
};

/* C49. The editor's and memory's parameters as the vendor documents them. */
static const struct predefined predefined_tools[] = {
	{ "bash_", "bash", "Run commands in a persistent bash session.",
	  "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\","
	  "\"description\":\"The command to run\"},\"restart\":{\"type\":\"boolean\","
	  "\"description\":\"Start the session anew\"}}}" },
	{ "text_editor_", NULL, "View, create and edit text files.",
	  "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\",\"enum\":"
	  "[\"view\",\"create\",\"str_replace\",\"insert\"]},\"path\":{\"type\":\"string\"},"
	  "\"file_text\":{\"type\":\"string\"},\"old_str\":{\"type\":\"string\"},"
	  "\"new_str\":{\"type\":\"string\"},\"insert_line\":{\"type\":\"integer\"},"
	  "\"view_range\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}},"
	  "\"required\":[\"command\",\"path\"]}" },
	{ "memory_", "memory", "Read and write files of the memory directory.",
	  "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\",\"enum\":"
	  "[\"view\",\"create\",\"str_replace\",\"insert\",\"delete\",\"rename\"]},"
	  "\"path\":{\"type\":\"string\"},\"file_text\":{\"type\":\"string\"},"
	  "\"old_str\":{\"type\":\"string\"},\"new_str\":{\"type\":\"string\"},"
	  "\"insert_line\":{\"type\":\"integer\"},\"insert_text\":{\"type\":\"string\"},"
	  "\"view_range\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},"
	  "\"old_path\":{\"type\":\"string\"},\"new_path\":{\"type\":\"string\"}},"
	  "\"required\":[\"command\"]}" },
};

static const struct predefined *find_predefined(const struct hub_tool *tool)
{
	if (tool->kind != TOOL_OPAQUE || tool->origin != ORIGIN_ANTHROPIC) {
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(predefined_tools); i++) {
		if (slice_starts(tool->type, predefined_tools[i].type_prefix)) {
			return &predefined_tools[i];
		}
	}
	return NULL;
}

bool tool_as_function(struct arena *a, const struct hub_tool *tool, struct hub_tool *out)
{
	const struct predefined *known = find_predefined(tool);

	*out = *tool;
	out->next = NULL;
	out->kind = TOOL_FUNCTION;
	if (tool->kind == TOOL_CUSTOM) {
		out->description = custom_description(a, tool);
		out->schema = slice_of(CUSTOM_TOOL_SCHEMA);
		return true;
	}
	if (known) {
		out->name = known->name ? slice_of(known->name) : tool->name;
		out->description = slice_of(known->description);
		out->schema = slice_of(known->schema);
		return true;
	}
	return tool->kind == TOOL_FUNCTION;
}

static void read_location(const struct json *v, struct web_search *out)
{
	const struct json *location = json_get(v, "user_location");
	const struct json *inner = json_get(location, "approximate");

	out->location = json_raw_of(inner ? inner : location);
}

bool web_search_read(struct arena *a, const struct hub_tool *tool, struct web_search *out)
{
	const struct json *v;

	*out = (struct web_search){ .max_uses = 0 };
	if (tool->kind != TOOL_SERVER ||
	    !(slice_starts(tool->type, "web_search") || slice_eq(tool->type, "googleSearch"))) {
		return false;
	}
	v = json_read(a, tool->raw, NULL);
	out->allowed_domains = json_raw_of(json_get(v, "allowed_domains"));
	if (!out->allowed_domains.len) {
		out->allowed_domains = json_raw_of(json_get(json_get(v, "filters"),
							    "allowed_domains"));
	}
	out->blocked_domains = json_raw_of(json_get(v, "blocked_domains"));
	read_location(v, out);
	json_get_int(v, "max_uses", &out->max_uses);
	return true;
}

/* What a choice calls it: tools of Responses' vendor have no names. */
static struct slice called(const struct hub_tool *tool)
{
	return tool->name.len ? tool->name : tool->type;
}

static bool is_forced(const struct hub_request *req, const struct hub_tool *tool)
{
	const struct hub_tool_choice *choice = &req->tool_choice;
	bool is_only = req->tools == tool && !tool->next;

	return (choice->mode == CHOICE_NAMED && slice_same(choice->name, called(tool))) ||
	       (choice->mode == CHOICE_ANY && is_only);
}

bool tool_drop(struct conversion *c, const struct hub_tool *tool)
{
	struct slice label = tool->type.len ? tool->type : tool->name;

	if (is_forced(c->req, tool) || slice_starts(label, "computer") ||
	    slice_starts(label, "browser") || slice_starts(label, "mcp")) {
		return encode_refuse(c, "tools", "tools: `%.*s` is not available at this "
				     "upstream", (int)label.len, label.len ? label.ptr : "");
	}
	warn(c->warnings, WARN_DROPPED, "tools.%.*s", (int)label.len,
	     label.len ? label.ptr : "");
	return true;
}

bool tool_is_allowed(const struct hub_request *req, const struct hub_tool *tool)
{
	return req->tool_choice.mode != CHOICE_ALLOWED ||
	       hub_has_name(req->tool_choice.allowed, called(tool));
}
