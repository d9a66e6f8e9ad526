/* Tools and toolConfig of Gemini, both directions. */
#include "formats/gemini.h"

#include "base/limits.h"
#include "formats/schema.h"
#include "formats/tool_map.h"

/* ---- reading ---- */

static void read_function(struct decoding *d, const struct json *v)
{
	const struct json *schema = gemini_get(v, "parametersJsonSchema");
	const struct json *classic = gemini_get(v, "parameters");
	struct hub_tool *tool;

	if (!json_is(v, JSON_OBJECT)) {
		return;
	}
	tool = hub_tool_new(d->req, TOOL_FUNCTION);
	tool->origin = ORIGIN_GEMINI;
	tool->name = gemini_text(v, "name");
	tool->description = gemini_text(v, "description");
	tool->raw = json_one_line(d->arena, v->raw);
	if (schema) {
		tool->schema = json_one_line(d->arena, schema->raw);
	} else if (classic) {
		tool->schema = schema_from_gemini(d->arena, classic->raw);
	}
}

/* {"googleSearch": {…}} */
static struct slice wrap(struct arena *a, const char *name, struct slice raw)
{
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);
	struct json_writer w;
	struct slice out;

	json_open(&w, &text);
	json_object(&w);
	json_kraw(&w, name, raw);
	json_end(&w);
	out = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return out;
}

/* The vendor's own spelling of a tool's name. */
static const char *server_name(struct arena *a, const struct json *tool,
			       const struct json *member)
{
	static const char *const names[] = {
		"googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext",
		"googleMaps", "fileSearch", "computerUse", "mcpServers",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (gemini_get(tool, names[i]) == member) {
			return names[i];
		}
	}
	return arena_strndup(a, member->key.ptr, member->key.len);
}

static void read_server_tool(struct decoding *d, const struct json *tool,
			     const struct json *member)
{
	const char *name = server_name(d->arena, tool, member);
	struct hub_tool *out = hub_tool_new(d->req, TOOL_SERVER);

	out->origin = ORIGIN_GEMINI;
	out->type = slice_of(name);
	out->name = out->type;
	out->raw = wrap(d->arena, name, json_one_line(d->arena, member->raw));
}

static void read_tool(struct decoding *d, const struct json *tool)
{
	const struct json *functions = gemini_get(tool, "functionDeclarations");

	json_each(member, tool) {
		if (member->kind == JSON_NULL) {
			continue;
		}
		if (member != functions) {
			read_server_tool(d, tool, member);
			continue;
		}
		json_each(function, functions) {
			read_function(d, function);
		}
	}
}

void gemini_tools_read(struct decoding *d, const struct json *body)
{
	json_each(tool, gemini_get(body, "tools")) {
		read_tool(d, tool);
	}
}

/* C40 */
bool gemini_choice_read(struct decoding *d, const struct json *body)
{
	const struct json *config = gemini_get(gemini_get(body, "toolConfig"),
					       "functionCallingConfig");
	struct slice mode = gemini_text(config, "mode");
	struct hub_tool_choice *choice = &d->req->tool_choice;
	bool is_any = slice_ieq(mode, "ANY");

	if (!decode_names(d, gemini_get(config, "allowedFunctionNames"),
			  "toolConfig.functionCallingConfig.allowedFunctionNames",
			  &choice->allowed)) {
		return false;
	}
	if (slice_ieq(mode, "NONE")) {
		choice->mode = CHOICE_NONE;
	} else if (is_any && choice->allowed && !choice->allowed->next) {
		choice->mode = CHOICE_NAMED;
		choice->name = choice->allowed->text;
	} else if (choice->allowed) {
		choice->mode = CHOICE_ALLOWED;
		choice->allowed_required = is_any;
	} else if (is_any) {
		choice->mode = CHOICE_ANY;
	} else if (slice_ieq(mode, "AUTO") || slice_ieq(mode, "VALIDATED")) {
		choice->mode = CHOICE_AUTO;
	}
	return true;
}

/* ---- writing ---- */

bool gemini_has_functions(const struct hub_request *req)
{
	tools_each(tool, req) {
		if (tool->kind == TOOL_FUNCTION || tool->kind == TOOL_CUSTOM) {
			return true;
		}
	}
	return false;
}

static void write_function(struct conversion *c, struct json_writer *w,
			   const struct hub_tool *tool)
{
	bool is_json = c->traits.is_level_gemini || c->options.json_schema_params;

	json_object(w);
	json_key(w, "name");
	json_strn(w, wire_name(c, tool->name));
	if (tool->description.len) {
		json_kslice(w, "description", tool->description);
	}
	if (tool->schema.len && is_json) {
		json_kraw(w, "parametersJsonSchema",
			  schema_for_gemini_json(c->arena, tool->schema));
	} else if (tool->schema.len) {
		json_kraw(w, "parameters", schema_for_gemini(c->arena, tool->schema, true));
	}
	json_end(w);
}

static size_t write_functions(struct conversion *c, struct json_writer *w)
{
	struct hub_tool function;
	size_t count = 0;

	tools_each(tool, c->req) {
		if (!tool_as_function(c->arena, tool, &function)) {
			continue;
		}
		if (!count++) {
			json_object(w);
			json_key(w, "functionDeclarations");
			json_array(w);
		}
		write_function(c, w, &function);
	}
	if (count) {
		json_end(w);
		json_end(w);
	}
	return count;
}

/* C50; before Gemini 3 its own tools do not stand beside functions. */
static bool write_server_tool(struct conversion *c, struct json_writer *w,
			      const struct hub_tool *tool, bool has_functions, size_t *count)
{
	bool may_mix = c->traits.is_level_gemini || !has_functions;
	struct web_search search;

	if (tool->origin == ORIGIN_GEMINI) {
		json_raw(w, tool->raw);
	} else if (may_mix && c->options.map_web_search &&
		   web_search_read(c->arena, tool, &search)) {
		json_raw(w, slice_of("{\"googleSearch\":{}}"));
	} else {
		return tool_drop(c, tool);
	}
	(*count)++;
	return true;
}

static void write_names(struct conversion *c, struct json_writer *w,
			const struct hub_name *names)
{
	json_key(w, "allowedFunctionNames");
	json_array(w);
	for (; names; names = names->next) {
		json_strn(w, wire_name(c, names->text));
	}
	json_end(w);
}

/* C51; the names stand only beside ANY and VALIDATED. */
static void write_function_config(struct conversion *c, struct json_writer *w)
{
	const struct hub_tool_choice *choice = &c->req->tool_choice;
	const struct hub_name named = { .text = choice->name };
	static const char *const modes[] = {
		[CHOICE_AUTO] = "AUTO",
		[CHOICE_NONE] = "NONE",
		[CHOICE_ANY] = "ANY",
		[CHOICE_NAMED] = "ANY",
		[CHOICE_ALLOWED] = "VALIDATED",
	};

	json_key(w, "functionCallingConfig");
	json_object(w);
	if (choice->mode == CHOICE_ALLOWED) {
		json_kstr(w, "mode", choice->allowed_required ? "ANY" : "VALIDATED");
		write_names(c, w, choice->allowed);
	} else {
		json_kstr(w, "mode", modes[choice->mode]);
	}
	if (choice->mode == CHOICE_NAMED) {
		write_names(c, w, &named);
	}
	json_end(w);
}

static void write_tool_config(struct conversion *c, struct json_writer *w, bool has_functions)
{
	const struct hub_request *req = c->req;
	bool is_ours = req->format == FORMAT_GEMINI;
	struct slice retrieval = is_ours ? hub_ext_get(req, "toolConfig.retrievalConfig")
					 : SLICE_NULL;
	struct slice include =
		is_ours ? hub_ext_get(req, "toolConfig.includeServerSideToolInvocations")
			: SLICE_NULL;
	bool has_choice = has_functions && req->tool_choice.mode != CHOICE_UNSET;

	if (!has_choice && !retrieval.len && !include.len) {
		return;
	}
	json_key(w, "toolConfig");
	json_object(w);
	if (has_choice) {
		write_function_config(c, w);
	}
	json_kraw(w, "retrievalConfig", retrieval);
	json_kraw(w, "includeServerSideToolInvocations", include);
	json_end(w);
}

static bool write_all(struct conversion *c, struct json_writer *w, size_t *functions,
		      size_t *count)
{
	struct hub_tool function;

	*functions = write_functions(c, w);
	*count = *functions;
	tools_each(tool, c->req) {
		if (!tool_as_function(c->arena, tool, &function) &&
		    !write_server_tool(c, w, tool, *functions > 0, count)) {
			return false;
		}
	}
	return true;
}

bool gemini_tools_write(struct conversion *c, struct json_writer *w)
{
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);
	struct json_writer tools;
	size_t functions;
	size_t count;
	bool ok;

	if (c->req->parallel == TRI_FALSE) {
		warn(c->warnings, WARN_DROPPED, "parallel_tool_calls");
	}
	json_open(&tools, &text);
	json_array(&tools);
	ok = write_all(c, &tools, &functions, &count);
	json_end(&tools);
	if (ok && count) {
		json_kraw(w, "tools", buf_slice(&text));
	}
	buf_release(&text);
	if (ok) {
		write_tool_config(c, w, functions > 0);
	}
	return ok;
}
