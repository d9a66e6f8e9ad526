/*
 * One turn of the demo model, before it is written in a format; and the
 * formats' writers, one file each.
 */
#ifndef DEMO_TURN_H
#define DEMO_TURN_H

#include "base/json_write.h"
#include "demo/demo_ask.h"

enum demo_stop { DEMO_STOP_END, DEMO_STOP_TOOL, DEMO_STOP_LENGTH };

/* Text with the pieces in which it is streamed. */
struct demo_text {
	struct slice all;
	struct slice *pieces;           /* cuts of `all` between characters */
	size_t count;
};

struct demo_call {
	const char *name;
	const char *id;                 /* 24 letters and digits, differs in each call */
	struct demo_text input;         /* a JSON object */
};

struct demo_turn {
	const char *id;                 /* 24 letters and digits */
	const char *model;
	int64_t created_s;
	bool has_thinking;
	struct demo_text thinking;      /* empty where it is not shown */
	struct demo_text text;
	struct demo_call calls[DEMO_MAX_TOOLS];
	size_t call_count;
	enum demo_stop stop;
	int64_t tokens_in;              /* what the cache held included */
	int64_t tokens_cached;
	int64_t tokens_out;             /* thinking included */
	int64_t tokens_thinking;
	bool wants_usage;
	bool wants_blob;
	bool is_array_stream;
};

/* What the demo model says to this; in the arena. */
struct demo_turn demo_turn_make(const struct demo_request *req,
				const struct demo_ask *ask, struct arena *a);

/* 24 hex digits that differ for each request. */
const char *demo_turn_id(const struct demo_request *req, struct arena *a);

/* Frames under construction. */
struct demo_stream {
	struct arena *arena;
	struct demo_frame *frames;
	size_t count;
	size_t room;
	int64_t pace_ms;                /* between two pieces */
	struct buf text;                /* of the frame that is being written */
	struct json_writer w;
	const char *ending;             /* behind a frame's JSON: "\n\n" */
	int64_t sequence_number;        /* Responses */
};

/* A frame of its own, as it is. */
void demo_stream_add(struct demo_stream *s, struct slice bytes, int64_t delay_ms);

/* "event: NAME\n" (NULL: none) and "data: ", then JSON through s->w. */
void demo_stream_begin(struct demo_stream *s, const char *event);
void demo_stream_end(struct demo_stream *s, int64_t delay_ms);

/* What stands in the place of signatures and encrypted reasoning: valid
 * base64 that says what it is. */
#define DEMO_SIGNATURE "ZGVtbyBzaWduYXR1cmU="

/* Whole answers (JSON into w) and streams of them. */
void demo_anthropic_whole(const struct demo_turn *t, struct json_writer *w);
void demo_anthropic_stream(const struct demo_turn *t, struct demo_stream *s);
void demo_chat_whole(const struct demo_turn *t, struct json_writer *w);
void demo_chat_stream(const struct demo_turn *t, struct demo_stream *s);
void demo_completion_whole(const struct demo_turn *t, struct json_writer *w);
void demo_completion_stream(const struct demo_turn *t, struct demo_stream *s);
void demo_responses_whole(const struct demo_turn *t, struct json_writer *w);
void demo_responses_stream(const struct demo_turn *t, struct demo_stream *s);
void demo_gemini_whole(const struct demo_turn *t, struct json_writer *w);
void demo_gemini_stream(const struct demo_turn *t, struct demo_stream *s);

#endif
