/*
 * What a conversion costs: milliseconds for the request of a long conversation
 * (500 KB, 40 tools) from every format to every other, and the memory of a
 * stream that has begun to flow. Prints "ms FROM-TO VALUE" and "bytes FROM-TO
 * VALUE" lines.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "formats/convert.h"
#include "formats/format.h"

#define CONVERSATION_BYTES 500000
#define TOOLS 40
#define ROUNDS 25
#define STREAMS 200

static const struct side {
	const char *name;
	enum format_id format;
	enum provider_id provider;
	const char *model;
	const char *opening;            /* of a stream, to its first words */
} sides[] = {
	{ "anthropic", FORMAT_ANTHROPIC, PROVIDER_ANTHROPIC, "claude-sonnet-4-5",
	  "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"x\","
	  "\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n"
	  "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":"
	  "\"text\",\"text\":\"\"}}\n\n"
	  "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
	  "\"text_delta\",\"text\":\"Hello\"}}\n\n" },
	{ "chat", FORMAT_CHAT, PROVIDER_OPENAI, "gpt-6-sol",
	  "data: {\"id\":\"c\",\"model\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
	  "\"assistant\",\"content\":\"Hello\"}}]}\n\n" },
	{ "responses", FORMAT_RESPONSES, PROVIDER_OPENAI, "gpt-6-sol",
	  "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"model\":\"x\"}}\n\n"
	  "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":"
	  "\"message\",\"content\":[]}}\n\n"
	  "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":"
	  "\"Hello\"}\n\n" },
	{ "gemini", FORMAT_GEMINI, PROVIDER_GOOGLE, "gemini-3.8-flash",
	  "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hello\"}]}}]}\n\n" },
};

/* ---- the conversation: first in one format, then in all ---- */

static void add_tools(struct buf *out)
{
	for (int i = 0; i < TOOLS; i++) {
		buf_addf(out, "%s{\"name\":\"tool_%d\",\"description\":\"Reads a part of a file and "
			 "says what is in it.\",\"input_schema\":{\"type\":\"object\",\"properties\":"
			 "{\"path\":{\"type\":\"string\",\"description\":\"where\"},\"from\":{\"type\":"
			 "\"integer\"},\"kind\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}},"
			 "\"required\":[\"path\"]}}", i ? "," : "", i);
	}
}

static void add_turn(struct buf *out, int turn)
{
	buf_addf(out, "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"I look at "
		 "part %d.\"},{\"type\":\"tool_use\",\"id\":\"toolu_%d\",\"name\":\"tool_%d\",\"input\":"
		 "{\"path\":\"/src/main.c\",\"from\":%d}}]},{\"role\":\"user\",\"content\":[{\"type\":"
		 "\"tool_result\",\"tool_use_id\":\"toolu_%d\",\"content\":\"",
		 turn, turn, turn % TOOLS, turn, turn);
	for (int line = 0; line < 20; line++) {
		buf_addf(out, "%d: \\tif (value == \\\"%d\\\") {\\n\\t\\treturn next(value); }\\n",
			 line, turn);
	}
	buf_adds(out, "\"}]},");
}

static void make_conversation(struct buf *out)
{
	buf_adds(out, "{\"model\":\"m\",\"max_tokens\":4096,\"stream\":true,\"system\":\"Be "
		 "brief.\",\"tools\":[");
	add_tools(out);
	buf_adds(out, "],\"messages\":[{\"role\":\"user\",\"content\":\"Begin.\"},");
	for (int turn = 0; out->len < CONVERSATION_BYTES; turn++) {
		add_turn(out, turn);
	}
	buf_adds(out, "{\"role\":\"user\",\"content\":\"Go on.\"}]}");
}

/* `out` may be NULL; the plan goes to *plan when that is wanted. */
static void convert(const struct side *from, const struct side *to, struct slice body,
		    struct buf *out, struct answer_plan **plan)
{
	const struct upstream_account account = { .provider = to->provider };
	const struct convert_source source = {
		.format = from->format,
		.body = body,
		.path_model = "m",
		.path_stream = true,
	};
	const struct convert_target target = { to->format, &account, to->model, "m" };
	struct api_error error = { .message = "" };
	struct warnings warnings;
	struct converted converted;
	struct arena a;
	struct hub_request *req;

	arena_init(&a, 16 * KIB);
	req = convert_decode(&source, &a, &warnings, &error);
	if (!req || !convert_encode(req, &target, &warnings, &converted, &error)) {
		fprintf(stderr, "%s to %s: %s\n", from->name, to->name, error.message);
		exit(1);
	}
	if (out) {
		buf_add(out, converted.body.ptr, converted.body.len);
	}
	if (plan) {
		*plan = converted.plan;
		converted.plan = NULL;
	}
	converted_release(&converted);
	arena_release(&a);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Of this thread alone: the machine may be busy. */
static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double median_ms(const struct side *from, const struct side *to, struct slice body)
{
	double ms[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double began = cpu_ms();

		convert(from, to, body, NULL, NULL);
		ms[i] = cpu_ms() - began;
	}
	qsort(ms, ROUNDS, sizeof ms[0], compare);
	return ms[ROUNDS / 2];
}

/* Of the client `from` on the upstream `to`. */
static size_t stream_bytes(const struct side *from, const struct side *to, struct slice body)
{
	static struct convert_stream *streams[STREAMS];
	size_t before = mallinfo2().uordblks;

	for (int i = 0; i < STREAMS; i++) {
		struct buf out = BUF_INIT(1 * MIB);
		struct answer_plan *plan;

		convert(from, to, body, NULL, &plan);
		streams[i] = convert_stream_create(plan, true);
		convert_stream_feed(streams[i], slice_of(to->opening), &out);
		buf_release(&out);
	}
	before = mallinfo2().uordblks - before;
	for (int i = 0; i < STREAMS; i++) {
		convert_stream_destroy(streams[i]);
	}
	return before / STREAMS;
}

int main(void)
{
	struct buf bodies[ARRAY_LEN(sides)];

	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		buf_init(&bodies[i], 4 * MIB);
	}
	make_conversation(&bodies[0]);
	for (size_t i = 1; i < ARRAY_LEN(sides); i++) {
		convert(&sides[0], &sides[i], buf_slice(&bodies[0]), &bodies[i], NULL);
	}
	for (size_t from = 0; from < ARRAY_LEN(sides); from++) {
		for (size_t to = 0; to < ARRAY_LEN(sides); to++) {
			struct slice body = buf_slice(&bodies[from]);

			if (from == to) {
				continue;
			}
			printf("ms %s-%s %.3f\n", sides[from].name, sides[to].name,
			       median_ms(&sides[from], &sides[to], body));
			printf("bytes %s-%s %zu\n", sides[from].name, sides[to].name,
			       stream_bytes(&sides[from], &sides[to], body));
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		buf_release(&bodies[i]);
	}
	return 0;
}
