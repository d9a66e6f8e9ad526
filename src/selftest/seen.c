#include "selftest/seen.h"

#include "base/json_text.h"
#include "base/limits.h"

#define MAX_SEEN_BYTES MIB

static const struct seen_reader *reader_of(enum format_id format)
{
	switch (format) {
	case FORMAT_ANTHROPIC:
		return &seen_anthropic;
	case FORMAT_RESPONSES:
		return &seen_responses;
	case FORMAT_GEMINI:
		return &seen_gemini;
	default:
		return &seen_chat;
	}
}

/* ---- server-sent events ---- */

struct event {
	const char *name;
	struct buf data;
};

static void end_event(struct seen *s, const struct seen_reader *reader, struct event *e)
{
	if (e->data.len) {
		reader->event(s, e->name, buf_slice(&e->data));
	}
	e->name = "";
	buf_clear(&e->data);
}

static void take_line(struct seen *s, struct event *e, struct slice line)
{
	struct slice field;
	struct slice value = line;

	slice_next(&value, ':', &field);
	value = slice_trim(value);
	if (slice_eq(field, "event")) {
		e->name = arena_strndup(s->arena, value.ptr, value.len);
	} else if (slice_eq(field, "data")) {
		buf_add(&e->data, value.ptr, value.len);
	} else if (field.len) {
		seen_complain(s, "a line of the stream is neither event nor data");
	}
}

static void read_stream(struct seen *s, const struct seen_reader *reader, struct slice body)
{
	struct event e = { .name = "", .data = BUF_INIT(MAX_SEEN_BYTES) };
	struct slice line;

	while (slice_next(&body, '\n', &line)) {
		if (line.len && line.ptr[line.len - 1] == '\r') {
			line.len--;
		}
		if (line.len) {
			take_line(s, &e, line);
		} else {
			end_event(s, reader, &e);
		}
	}
	if (e.data.len) {
		seen_complain(s, "the stream ends inside an event");
	}
	buf_release(&e.data);
}

/* ---- */

void seen_read(enum format_id format, bool is_stream, struct slice body, struct arena *a,
	       struct seen *out)
{
	*out = (struct seen){
		.arena = a, .model = "", .error = "", .problem = "",
		.text = BUF_INIT(MAX_SEEN_BYTES), .thinking = BUF_INIT(MAX_SEEN_BYTES),
	};
	if (is_stream) {
		read_stream(out, reader_of(format), body);
	} else {
		reader_of(format)->whole(out, body);
	}
}

void seen_release(struct seen *s)
{
	buf_release(&s->text);
	buf_release(&s->thinking);
	for (size_t i = 0; i < s->call_count; i++) {
		buf_release(&s->calls[i].input);
	}
}

void seen_complain(struct seen *s, const char *problem)
{
	if (!*s->problem) {
		s->problem = problem;
	}
}

struct seen_call *seen_call_at(struct seen *s, size_t index)
{
	if (index > s->call_count || index >= SEEN_MAX_CALLS) {
		seen_complain(s, "calls of tools do not come in order");
		return NULL;
	}
	if (index == s->call_count) {
		s->calls[s->call_count++] = (struct seen_call){
			.id = "", .name = "", .input = BUF_INIT(MAX_SEEN_BYTES),
		};
	}
	return &s->calls[index];
}

void seen_add(struct seen *s, struct buf *out, struct slice value, const char *path)
{
	buf_adds(out, json_text_at(value, path, s->arena));
}

int64_t seen_number(struct slice value, const char *path)
{
	uint64_t number;

	return json_to_u64(json_at(value, path), &number) && number < INT64_MAX
		       ? (int64_t)number : 0;
}

bool seen_is(struct seen *s, struct slice value, const char *path, const char *text)
{
	return str_eq(json_text_at(value, path, s->arena), text);
}
