#include "selftest/ask.h"

#define IMAGE \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ" \
	"RU5ErkJggg=="
#define HARD_TEXT "Gr\\u00fc\\u00dfe, \u4e16\u754c \\\"so\\\" \\\\ \\ud83c\\udf88"

const char ask_text[] = "Gr\u00fc\u00dfe, \u4e16\u754c \"so\" \\ \U0001f388";
const char ask_image[] = IMAGE;

/* What the tools take; the first requires all of it. */
#define LOOK_UP \
	"{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}," \
	"\"days\":{\"type\":\"integer\"}},\"required\":[\"city\",\"days\"]}"
#define CONVERT \
	"{\"type\":\"object\",\"properties\":{\"unit\":{\"type\":\"string\"," \
	"\"enum\":[\"celsius\",\"kelvin\"]}},\"required\":[\"unit\"]}"

/* In the templates $M is the model, $S true or false. */

#define A_HEAD "{\"model\":\"$M\",\"max_tokens\":4000,\"stream\":$S,"
#define A_USER(content) "\"messages\":[{\"role\":\"user\",\"content\":" content "}]"
#define A_TOOL(name, schema) \
	"{\"name\":\"" name "\",\"description\":\"d\",\"input_schema\":" schema "}"

static const char *const anthropic[ASK_KINDS] = {
	[ASK_TEXT] = A_HEAD A_USER("\"" HARD_TEXT "\"") "}",
	[ASK_CALL] = A_HEAD A_USER("\"Use the tool.\"")
		",\"tools\":[" A_TOOL("look_up", LOOK_UP) "]}",
	[ASK_CALLS] = A_HEAD A_USER("\"Use every tool.\"")
		",\"tools\":[" A_TOOL("look_up", LOOK_UP) "," A_TOOL("convert", CONVERT) "]}",
	[ASK_RESULT] = A_HEAD
		"\"messages\":[{\"role\":\"user\",\"content\":\"Use the tool.\"},"
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\","
		"\"name\":\"look_up\",\"input\":{\"city\":\"demo\",\"days\":1}}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
		"\"tool_use_id\":\"toolu_1\",\"content\":\"sunny\"}]}],"
		"\"tools\":[" A_TOOL("look_up", LOOK_UP) "]}",
	[ASK_IMAGE] = A_HEAD A_USER("[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
		"\"media_type\":\"image/png\",\"data\":\"" IMAGE "\"}},"
		"{\"type\":\"text\",\"text\":\"What is this?\"}]") "}",
	[ASK_THINKING] = A_HEAD A_USER("\"Think.\"")
		",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000,"
		"\"display\":\"summarized\"}}",
};

#define C_HEAD \
	"{\"model\":\"$M\",\"stream\":$S,\"stream_options\":{\"include_usage\":true},"
#define C_USER(content) "\"messages\":[{\"role\":\"user\",\"content\":" content "}]"
#define C_TOOL(name, schema) \
	"{\"type\":\"function\",\"function\":{\"name\":\"" name "\",\"description\":\"d\"," \
	"\"parameters\":" schema "}}"

static const char *const chat[ASK_KINDS] = {
	[ASK_TEXT] = C_HEAD C_USER("\"" HARD_TEXT "\"") "}",
	[ASK_CALL] = C_HEAD C_USER("\"Use the tool.\"")
		",\"tools\":[" C_TOOL("look_up", LOOK_UP) "]}",
	[ASK_CALLS] = C_HEAD C_USER("\"Use every tool.\"")
		",\"tools\":[" C_TOOL("look_up", LOOK_UP) "," C_TOOL("convert", CONVERT) "]}",
	[ASK_RESULT] = C_HEAD
		"\"messages\":[{\"role\":\"user\",\"content\":\"Use the tool.\"},"
		"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\","
		"\"type\":\"function\",\"function\":{\"name\":\"look_up\","
		"\"arguments\":\"{\\\"city\\\":\\\"demo\\\",\\\"days\\\":1}\"}}]},"
		"{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"sunny\"}],"
		"\"tools\":[" C_TOOL("look_up", LOOK_UP) "]}",
	[ASK_IMAGE] = C_HEAD C_USER("[{\"type\":\"image_url\",\"image_url\":"
		"{\"url\":\"data:image/png;base64," IMAGE "\"}},"
		"{\"type\":\"text\",\"text\":\"What is this?\"}]") "}",
	[ASK_THINKING] = C_HEAD C_USER("\"Think.\"") ",\"reasoning_effort\":\"low\"}",
};

#define R_HEAD "{\"model\":\"$M\",\"stream\":$S,"
#define R_TOOL(name, schema) \
	"{\"type\":\"function\",\"name\":\"" name "\",\"description\":\"d\",\"strict\":false," \
	"\"parameters\":" schema "}"

static const char *const responses[ASK_KINDS] = {
	[ASK_TEXT] = R_HEAD "\"input\":\"" HARD_TEXT "\"}",
	[ASK_CALL] = R_HEAD "\"input\":\"Use the tool.\","
		"\"tools\":[" R_TOOL("look_up", LOOK_UP) "]}",
	[ASK_CALLS] = R_HEAD "\"input\":\"Use every tool.\","
		"\"tools\":[" R_TOOL("look_up", LOOK_UP) "," R_TOOL("convert", CONVERT) "]}",
	[ASK_RESULT] = R_HEAD
		"\"input\":[{\"role\":\"user\",\"content\":\"Use the tool.\"},"
		"{\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"look_up\","
		"\"arguments\":\"{\\\"city\\\":\\\"demo\\\",\\\"days\\\":1}\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"call_1\","
		"\"output\":\"sunny\"}],\"tools\":[" R_TOOL("look_up", LOOK_UP) "]}",
	[ASK_IMAGE] = R_HEAD "\"input\":[{\"role\":\"user\",\"content\":["
		"{\"type\":\"input_image\",\"image_url\":\"data:image/png;base64," IMAGE "\"},"
		"{\"type\":\"input_text\",\"text\":\"What is this?\"}]}]}",
	[ASK_THINKING] = R_HEAD "\"input\":\"Think.\","
		"\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"}}",
};

#define G_USER(parts) "{\"contents\":[{\"role\":\"user\",\"parts\":[" parts "]}]"
#define G_TOOL(name, schema) \
	"{\"name\":\"" name "\",\"description\":\"d\",\"parametersJsonSchema\":" schema "}"
#define G_TOOLS(list) ",\"tools\":[{\"functionDeclarations\":[" list "]}]"

static const char *const gemini[ASK_KINDS] = {
	[ASK_TEXT] = G_USER("{\"text\":\"" HARD_TEXT "\"}") "}",
	[ASK_CALL] = G_USER("{\"text\":\"Use the tool.\"}")
		G_TOOLS(G_TOOL("look_up", LOOK_UP)) "}",
	[ASK_CALLS] = G_USER("{\"text\":\"Use every tool.\"}")
		G_TOOLS(G_TOOL("look_up", LOOK_UP) "," G_TOOL("convert", CONVERT)) "}",
	[ASK_RESULT] = "{\"contents\":["
		"{\"role\":\"user\",\"parts\":[{\"text\":\"Use the tool.\"}]},"
		"{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"id\":\"call_1\","
		"\"name\":\"look_up\",\"args\":{\"city\":\"demo\",\"days\":1}}}]},"
		"{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"call_1\","
		"\"name\":\"look_up\",\"response\":{\"output\":\"sunny\"}}}]}]"
		G_TOOLS(G_TOOL("look_up", LOOK_UP)) "}",
	[ASK_IMAGE] = G_USER("{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"" IMAGE
		"\"}},{\"text\":\"What is this?\"}") "}",
	[ASK_THINKING] = G_USER("{\"text\":\"Think.\"}")
		",\"generationConfig\":{\"thinkingConfig\":{\"includeThoughts\":true,"
		"\"thinkingBudget\":2000}}}",
};

void ask_path(enum format_id format, const char *model, bool is_stream, struct buf *out)
{
	switch (format) {
	case FORMAT_ANTHROPIC:
		buf_adds(out, "/v1/messages");
		break;
	case FORMAT_RESPONSES:
		buf_adds(out, "/v1/responses");
		break;
	case FORMAT_GEMINI:
		buf_addf(out, "/v1beta/models/%s:%s", model,
			 is_stream ? "streamGenerateContent?alt=sse" : "generateContent");
		break;
	default:
		buf_adds(out, "/v1/chat/completions");
		break;
	}
}

static const char *template_of(enum format_id format, enum ask_kind kind)
{
	switch (format) {
	case FORMAT_ANTHROPIC:
		return anthropic[kind];
	case FORMAT_RESPONSES:
		return responses[kind];
	case FORMAT_GEMINI:
		return gemini[kind];
	default:
		return chat[kind];
	}
}

void ask_body(enum format_id format, enum ask_kind kind, const char *model, bool is_stream,
	      struct buf *out)
{
	for (const char *at = template_of(format, kind); *at; at++) {
		if (*at != '$') {
			buf_addc(out, *at);
			continue;
		}
		at++;
		buf_adds(out, *at == 'M' ? model : is_stream ? "true" : "false");
	}
}
