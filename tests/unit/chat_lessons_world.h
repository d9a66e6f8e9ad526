/* The field lessons about Chat: ways, and what bodies are made of. */
#ifndef TESTS_UNIT_CHAT_LESSONS_WORLD_H
#define TESTS_UNIT_CHAT_LESSONS_WORLD_H

#include "tests/unit/exchange_world.h"

#define A FORMAT_ANTHROPIC
#define C FORMAT_CHAT

static const struct way a_to_c = { A, C, NULL, NULL, { NULL, NULL } };
static const struct way c_to_a = { C, A, NULL, NULL, { NULL, NULL } };
static const struct way c_to_c = { C, C, NULL, NULL, { NULL, NULL } };
static const struct way c_to_g = { C, FORMAT_GEMINI, NULL, NULL, { NULL, NULL } };
static const struct way r_to_c = { FORMAT_RESPONSES, C, NULL, NULL, { NULL, NULL } };
static const struct way a_to_deepseek = {
	A, C, "deepseek-chat", "https://api.deepseek.com", { NULL, NULL },
};
static const struct way a_to_local = {
	A, C, "qwen", "http://localhost:8000/v1", { NULL, NULL },
};

/* ---- bodies and streams ---- */

#define A_HEAD "{\"model\":\"m\",\"max_tokens\":100,"
#define A_STREAM A_HEAD "\"stream\":true,"
#define C_HEAD "{\"model\":\"m\","
#define C_STREAM C_HEAD "\"stream\":true,"
#define USER "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define SAY(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"
#define A_SAID(blocks) "{\"role\":\"assistant\",\"content\":[" blocks "]}"
#define A_TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define A_USE(id, name) \
	"{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{\"a\":1}}"
#define A_RESULT(id, content) \
	"{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":" content "}"
#define A_USER(blocks) "{\"role\":\"user\",\"content\":[" blocks "]}"
#define A_TOOLS "\"tools\":[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],"
#define C_TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],"
#define CALL(id, name, args) \
	"{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name "\"," \
	"\"arguments\":\"" args "\"}}"
#define C_CALLS(list) "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[" list "]}"
#define C_RESULT(id, text) \
	"{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" text "\"}"

#define FRAME(rest) "data: {\"id\":\"c1\",\"created\":7,\"model\":\"x\"," rest "}\n\n"
#define DELTA(delta) FRAME("\"choices\":[{\"index\":0,\"delta\":{" delta "}}]")
#define SAYS(text) DELTA("\"content\":\"" text "\"")
#define BEGIN_CALL(index, id, name) \
	DELTA("\"tool_calls\":[{\"index\":" #index ",\"id\":\"" id "\",\"type\":\"function\"," \
	      "\"function\":{\"name\":\"" name "\",\"arguments\":\"\"}}]")
#define ARGS(index, args) \
	DELTA("\"tool_calls\":[{\"index\":" #index ",\"function\":{\"arguments\":\"" args "\"}}]")
#define FINISH(reason) \
	FRAME("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]")
#define DONE "data: [DONE]\n\n"

#define A_START \
	"data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"x\",\"usage\":" \
	"{\"input_tokens\":3,\"cache_read_input_tokens\":4,\"output_tokens\":1}}}\n\n"
#define A_BLOCK(block) \
	"data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":" block "}\n\n"
#define A_DELTA(delta) \
	"data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":" delta "}\n\n"
#define A_CLOSE "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
#define A_SAYS(text) \
	A_BLOCK("{\"type\":\"text\",\"text\":\"\"}") \
	A_DELTA("{\"type\":\"text_delta\",\"text\":\"" text "\"}") A_CLOSE
#define A_CALLS(id, name) \
	A_BLOCK("{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{}}") \
	A_CLOSE
#define A_END(reason) \
	"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" reason "\"},\"usage\":" \
	"{\"output_tokens\":9}}\n\ndata: {\"type\":\"message_stop\"}\n\n"

#define G_ANSWER(parts) \
	"{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" parts "]}," \
	"\"finishReason\":\"STOP\"}]}"

#endif
