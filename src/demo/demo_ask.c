#include "demo/demo_ask.h"

#include "base/json_text.h"

static bool is_true(struct slice value)
{
	return slice_eq(value, "true");
}

static bool is_word(struct slice value, const char *word)
{
	return value.len > 2 && slice_eq((struct slice){ value.ptr + 1, value.len - 2 }, word);
}

static int64_t number_at(struct slice body, const char *path)
{
	uint64_t value;

	return json_to_u64(json_at(body, path), &value) && value < INT64_MAX
		       ? (int64_t)value : 0;
}

/* --- the conversation --- */

/* "data:image/png;base64,AAAA" */
static void read_data_url(const char *url, struct arena *a, struct demo_ask *ask)
{
	const char *type = str_starts(url, "data:") ? url + strlen("data:") : "";
	size_t type_len = strcspn(type, ";");

	ask->image_count++;
	ask->image_type = arena_strndup(a, type, type_len);
	ask->image_data = str_starts(type + type_len, ";base64,")
				  ? type + type_len + strlen(";base64,") : "";
}

/* Each format's way to put an image into a part. */
static void read_image(struct slice part, struct arena *a, struct demo_ask *ask)
{
	struct slice source = json_at(part, "source");
	struct json_member url;

	if (is_word(json_at(part, "type"), "image") && source.len) {
		ask->image_count++;
		ask->image_type = json_find_text(source, "media_type", a);
		ask->image_data = json_find_text(source, "data", a);
	} else if (json_find_kind(part, "inlineData", JSON_OBJECT, &url)) {
		ask->image_count++;
		ask->image_type = json_find_text(url.value, "mimeType", a);
		ask->image_data = json_find_text(url.value, "data", a);
	} else if (json_find_kind(part, "image_url", JSON_STRING, &url)) {
		read_data_url(json_text(&url, a), a, ask);
	} else if (json_find_kind(part, "image_url", JSON_OBJECT, &url)) {
		read_data_url(json_find_text(url.value, "url", a), a, ask);
	}
}

/* A text, or parts with texts, images and tool results in them. */
static void read_content(const struct json_member *content, struct arena *a,
			 struct demo_ask *ask)
{
	struct json_scan scan;
	struct json_member part;
	struct json_member m;

	if (content->kind == JSON_STRING) {
		ask->user_text = json_text(content, a);
		return;
	}
	json_scan_init(&scan, content->value);
	while (content->kind == JSON_ARRAY && json_scan_next(&scan, &part)) {
		if (json_find_kind(part.value, "text", JSON_STRING, &m)) {
			ask->user_text = json_text(&m, a);
		}
		read_image(part.value, a, ask);
		if (json_find(part.value, "tool_use_id", &m) ||
		    json_find(part.value, "functionResponse", &m)) {
			ask->has_tool_result = true;
		}
	}
}

static void read_turn(struct slice turn, struct arena *a, struct demo_ask *ask)
{
	struct slice role = json_at(turn, "role");
	struct slice type = json_at(turn, "type");
	struct json_member content;

	if (is_word(role, "tool") || is_word(type, "function_call_output") ||
	    is_word(type, "custom_tool_call_output")) {
		ask->has_tool_result = true;
		return;
	}
	if (role.len && !is_word(role, "user")) {
		return;
	}
	if (json_find(turn, "content", &content) || json_find(turn, "parts", &content)) {
		ask->has_tool_result = false;
		ask->image_count = 0;
		read_content(&content, a, ask);
	}
}

static bool read_turns(struct slice body, const char *name, struct arena *a,
		       struct demo_ask *ask)
{
	struct json_scan scan;
	struct json_member turns;
	struct json_member turn;

	if (!json_find(body, name, &turns)) {
		return false;
	}
	if (turns.kind == JSON_STRING) {
		ask->user_text = json_text(&turns, a);
		return true;
	}
	json_scan_init(&scan, turns.value);
	while (turns.kind == JSON_ARRAY && json_scan_next(&scan, &turn)) {
		if (turn.kind == JSON_STRING) {
			ask->user_text = json_text(&turn, a);
		} else {
			read_turn(turn.value, a, ask);
		}
	}
	return turns.kind == JSON_ARRAY;
}

static const char *turns_name(const struct endpoint *e)
{
	switch (e->op) {
	case OP_COMPLETIONS:
		return "prompt";
	case OP_GENERATE:
	case OP_COUNT_TOKENS:
		return e->format == FORMAT_RESPONSES ? "input"
		       : e->format == FORMAT_GEMINI  ? "contents" : "messages";
	default:
		return NULL;
	}
}

/* --- tools --- */

/* {name, input_schema}, {function: {name, parameters}}, {name, parameters} */
static void read_tool(struct slice tool, struct arena *a, struct demo_ask *ask)
{
	static const char *const schemas[] = {
		"input_schema", "parameters", "parametersJsonSchema",
	};
	struct json_member m;

	if (json_find_kind(tool, "function", JSON_OBJECT, &m)) {
		tool = m.value;
	}
	for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
		const char *name = json_find_text(tool, "name", a);

		if (*name && ask->tool_count < DEMO_MAX_TOOLS &&
		    json_find_kind(tool, schemas[i], JSON_OBJECT, &m)) {
			ask->tools[ask->tool_count++] = (struct demo_tool){ name, m.value };
			return;
		}
	}
}

/* A list of tools; Gemini's holds further lists, {functionDeclarations: []}. */
static void read_tools(struct slice body, const char *member, struct arena *a,
		       struct demo_ask *ask)
{
	struct json_scan scan;
	struct json_member tools;
	struct json_member tool;

	if (!json_find_kind(body, member, JSON_ARRAY, &tools)) {
		return;
	}
	json_scan_init(&scan, tools.value);
	while (json_scan_next(&scan, &tool)) {
		read_tool(tool.value, a, ask);
		if (str_eq(member, "tools")) {
			read_tools(tool.value, "functionDeclarations", a, ask);
		}
	}
}

static bool must_call(struct slice body)
{
	static const char *const words[] = { "any", "tool", "function" };
	struct slice choice = json_at(body, "tool_choice");
	struct slice type = json_at(choice, "type");

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (is_word(type, words[i])) {
			return true;
		}
	}
	return is_word(choice, "required") ||
	       is_word(json_at(body, "toolConfig.functionCallingConfig.mode"), "ANY");
}

/* --- the rest --- */

static void read_thinking(struct slice body, struct demo_ask *ask)
{
	struct slice type = json_at(body, "thinking.type");
	struct slice effort = json_at(body, "reasoning_effort");
	struct slice summary = json_at(body, "reasoning.summary");

	switch (ask->endpoint.format) {
	case FORMAT_ANTHROPIC:
		ask->wants_thinking = type.len && !is_word(type, "disabled");
		ask->shows_thinking = !is_word(json_at(body, "thinking.display"), "omitted");
		break;
	case FORMAT_CHAT:
		ask->wants_thinking = effort.len && !is_word(effort, "none");
		ask->shows_thinking = true;
		break;
	case FORMAT_RESPONSES:
		effort = json_at(body, "reasoning.effort");
		ask->wants_thinking = (effort.len || summary.len) && !is_word(effort, "none");
		ask->shows_thinking = summary.len > 0;
		break;
	default:
		ask->shows_thinking = ask->wants_thinking =
			is_true(json_at(body, "generationConfig.thinkingConfig.includeThoughts"));
		break;
	}
}

/* Where each format has the schema of its answer. */
static void read_shape(struct slice body, struct demo_ask *ask)
{
	static const char *const schemas[] = {
		"response_format.json_schema.schema", "text.format.schema",
		"output_config.format.schema", "output_format.schema",
		"generationConfig.responseSchema", "generationConfig.responseJsonSchema",
	};

	for (size_t i = 0; i < ARRAY_LEN(schemas) && !ask->schema.len; i++) {
		ask->schema = json_at(body, schemas[i]);
	}
	ask->wants_json = ask->schema.len ||
		is_word(json_at(body, "response_format.type"), "json_object") ||
		is_word(json_at(body, "text.format.type"), "json_object") ||
		is_word(json_at(body, "generationConfig.responseMimeType"),
			"application/json");
}

static void read_limit(struct slice body, struct demo_ask *ask)
{
	static const char *const names[] = {
		"max_completion_tokens", "max_tokens", "max_output_tokens",
		"generationConfig.maxOutputTokens",
	};

	for (size_t i = 0; i < ARRAY_LEN(names) && !ask->max_tokens; i++) {
		ask->max_tokens = number_at(body, names[i]);
	}
	if (!ask->max_tokens && ask->endpoint.op == OP_COMPLETIONS) {
		ask->max_tokens = 16;   /* openai-chat.md §7 */
	}
}

static bool is_object(struct slice text)
{
	struct json_scan scan;
	struct json_member m;

	text = slice_trim(text);
	json_scan_init(&scan, text);
	while (json_scan_next(&scan, &m)) {
	}
	return text.len && text.ptr[0] == '{' && !scan.failed;
}

bool demo_ask_read(const struct endpoint *endpoint, struct slice body, struct arena *a,
		   struct demo_ask *out, const char **why)
{
	const char *turns = turns_name(endpoint);

	*out = (struct demo_ask){
		.endpoint = *endpoint, .body = body, .model = endpoint->model,
		.user_text = "", .image_type = "", .image_data = "",
		.is_stream = endpoint->is_stream,
		.tokens_in = (int64_t)(body.len / 4 + 1),
	};
	if (!is_object(body)) {
		*why = "the body is not a JSON object";
		return false;
	}
	if (!*out->model) {
		out->model = json_find_text(body, "model", a);
	}
	if (turns && !read_turns(body, turns, a, out)) {
		*why = arena_printf(a, "%s: Field required", turns);
		return false;
	}
	if (endpoint->format != FORMAT_GEMINI) {
		out->is_stream = is_true(json_at(body, "stream"));
	}
	out->wants_usage = is_true(json_at(body, "stream_options.include_usage"));
	out->wants_blob = str_ifind(json_at(body, "include").ptr,
				    json_at(body, "include").len,
				    "reasoning.encrypted_content") != NULL;
	out->must_call = must_call(body);
	read_tools(body, "tools", a, out);
	read_thinking(body, out);
	read_shape(body, out);
	read_limit(body, out);
	return true;
}
