#define _GNU_SOURCE   /* memmem, memrchr */
#include "formats/usage_scan.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/limits.h"

/* A stream's line: `response.completed` repeats the whole answer. */
#define MAX_KEPT_LINE (8 * MIB)

/* Of a JSON text its end is kept: usage stands behind the content. */
#define TAIL_BYTES (16 * KIB)

/* Places that look like the key, tried from the end. */
#define MAX_TRIES 16

/* ---- the object ---- */

/* With its length: every chunk of some streams is compared with these. */
struct word {
	const char *text;
	size_t len;
};

#define WORD(literal) { literal, sizeof(literal) - 1 }
#define NO_WORD { NULL, 0 }

struct usage_name {
	struct word container;  /* none: the object itself */
	struct word name;
	enum usage_slot slot;
};

static const struct usage_name anthropic_names[] = {
	{ NO_WORD, WORD("input_tokens"), USAGE_UNCACHED },
	{ NO_WORD, WORD("cache_read_input_tokens"), USAGE_CACHED },
	{ NO_WORD, WORD("cache_creation_input_tokens"), USAGE_CACHE_WRITE },
	{ NO_WORD, WORD("output_tokens"), USAGE_OUT },
	{ WORD("cache_creation"), WORD("ephemeral_1h_input_tokens"), USAGE_CACHE_WRITE_1H },
	{ WORD("output_tokens_details"), WORD("thinking_tokens"), USAGE_REASONING },
	{ NO_WORD, NO_WORD, USAGE_IN },
};

/* Chat, Responses, embeddings: the two families share no name. */
static const struct usage_name openai_names[] = {
	{ NO_WORD, WORD("prompt_tokens"), USAGE_IN },
	{ NO_WORD, WORD("completion_tokens"), USAGE_OUT },
	{ NO_WORD, WORD("prompt_cache_hit_tokens"), USAGE_CACHED },
	{ WORD("prompt_tokens_details"), WORD("cached_tokens"), USAGE_CACHED },
	{ WORD("prompt_tokens_details"), WORD("cache_write_tokens"), USAGE_CACHE_WRITE },
	{ WORD("completion_tokens_details"), WORD("reasoning_tokens"), USAGE_REASONING },
	{ NO_WORD, WORD("input_tokens"), USAGE_IN },
	{ NO_WORD, WORD("output_tokens"), USAGE_OUT },
	{ WORD("input_tokens_details"), WORD("cached_tokens"), USAGE_CACHED },
	{ WORD("input_tokens_details"), WORD("cache_write_tokens"), USAGE_CACHE_WRITE },
	{ WORD("output_tokens_details"), WORD("reasoning_tokens"), USAGE_REASONING },
	{ NO_WORD, NO_WORD, USAGE_IN },
};

static const struct usage_name gemini_names[] = {
	{ NO_WORD, WORD("promptTokenCount"), USAGE_IN },
	{ NO_WORD, WORD("toolUsePromptTokenCount"), USAGE_TOOL_PROMPT },
	{ NO_WORD, WORD("cachedContentTokenCount"), USAGE_CACHED },
	{ NO_WORD, WORD("candidatesTokenCount"), USAGE_OUT },
	{ NO_WORD, WORD("thoughtsTokenCount"), USAGE_REASONING },
	{ NO_WORD, NO_WORD, USAGE_IN },
};

static const struct usage_name *names_of(enum format_id format)
{
	switch (format) {
	case FORMAT_ANTHROPIC:
		return anthropic_names;
	case FORMAT_GEMINI:
		return gemini_names;
	case FORMAT_CHAT:
	case FORMAT_RESPONSES:
	case FORMAT_NONE:
		break;
	}
	return openai_names;
}

static const char *key_of(enum format_id format)
{
	return format == FORMAT_GEMINI ? "\"usageMetadata\"" : "\"usage\"";
}

static bool is_word(const struct word *word, struct slice text)
{
	return text.len == word->len && (!text.len || memcmp(text.ptr, word->text, text.len) == 0);
}

/* `container`: the key of the object around it; SLICE_NULL: none. */
static void take_count(struct usage_scan *s, const struct json_member *m,
		       struct slice container)
{
	const struct usage_name *n = names_of(s->format);
	uint64_t count;

	if (m->kind != JSON_NUMBER) {
		return;
	}
	while (n->name.text && !(is_word(&n->name, m->key) && is_word(&n->container, container))) {
		n++;
	}
	if (n->name.text && json_to_u64(m->value, &count) && count <= INT32_MAX) {
		s->counts[n->slot] = (int64_t)count;
	}
}

static bool is_container(enum format_id format, struct slice key)
{
	for (const struct usage_name *n = names_of(format); n->name.text; n++) {
		if (n->container.len && is_word(&n->container, key)) {
			return true;
		}
	}
	return false;
}

static void take_details(struct usage_scan *s, struct slice object, struct slice container)
{
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, object);
	while (json_scan_next(&scan, &m)) {
		take_count(s, &m, container);
	}
}

/* Returns the bytes up to the object's end; text may follow it. */
static size_t take_object(struct usage_scan *s, struct slice object)
{
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, object);
	while (json_scan_next(&scan, &m)) {
		if (m.kind == JSON_OBJECT && is_container(s->format, m.key)) {
			take_details(s, m.value, m.key);
		} else {
			take_count(s, &m, SLICE_NULL);
		}
	}
	return json_scan_offset(&scan);
}

/* ---- streams ---- */

static bool find_object(struct slice json, const char *container, const char *key,
			struct slice *out)
{
	struct json_member m;

	if (container) {
		if (!json_find(json, container, &m) || m.kind != JSON_OBJECT) {
			return false;
		}
		json = m.value;
	}
	if (!json_find(json, key, &m) || m.kind != JSON_OBJECT) {
		return false;
	}
	*out = m.value;
	return true;
}

/* Where an event carries it beside its top level. */
static const char *container_in_event(enum format_id format)
{
	switch (format) {
	case FORMAT_ANTHROPIC:
		return "message";
	case FORMAT_RESPONSES:
		return "response";
	case FORMAT_CHAT:
		return "x_groq";
	case FORMAT_GEMINI:
	case FORMAT_NONE:
		break;
	}
	return NULL;
}

/* Where an object follows the key, NULL: nowhere. Chat streams say
 * `"usage":null` in every chunk but the last. */
static const char *find_key(struct slice text, const char *key)
{
	size_t key_len = strlen(key);
	const char *end = text.ptr + text.len;
	const char *at = text.ptr;

	while ((at = memmem(at, (size_t)(end - at), key, key_len))) {
		const char *value = at + key_len;

		while (value < end && (*value == ' ' || *value == '\t' || *value == ':')) {
			value++;
		}
		if (value < end && *value == '{') {
			return at;
		}
		at = value;
	}
	return NULL;
}

static bool is_blank(struct slice text)
{
	size_t i = 0;

	while (i < text.len && memchr(" \t\r", text.ptr[i], 3)) {
		i++;
	}
	return i == text.len;
}

/* Where the string ends whose text begins at `from`: at its quote. */
static size_t end_of_string(struct slice text, size_t from)
{
	size_t i = from;
	const char *quote;

	while (i < text.len && (quote = memchr(text.ptr + i, '"', text.len - i))) {
		size_t at = (size_t)(quote - text.ptr);
		size_t slashes = 0;

		while (at - slashes > from && quote[-(ptrdiff_t)slashes - 1] == '\\') {
			slashes++;
		}
		if (slashes % 2 == 0) {
			return at;
		}
		i = at + 1;
	}
	return text.len;
}

/* Does the text close one object, the outermost, and end there? */
static bool is_last_part(struct slice text)
{
	int depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '"') {
			i = end_of_string(text, i + 1);
			continue;
		}
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		if (depth < 0) {
			return is_blank((struct slice){ text.ptr + i + 1,
							text.len - i - 1 });
		}
	}
	return false;
}

/* Most often the object is a member of the outermost one, and near its end:
 * then the content before it need not be looked at. */
static bool take_member(struct usage_scan *s, struct slice line, const char *key)
{
	const char *end = line.ptr + line.len;
	const char *value = memchr(key, '{', (size_t)(end - key));
	int64_t before[USAGE_SLOTS];
	size_t len;

	if (key[-1] == '\\') {
		return false;           /* the end of a longer name */
	}
	memcpy(before, s->counts, sizeof before);
	len = take_object(s, (struct slice){ value, (size_t)(end - value) });
	if (is_last_part((struct slice){ value + len, (size_t)(end - value) - len })) {
		return true;
	}
	memcpy(s->counts, before, sizeof before);
	return false;
}

/* Of a line that has the key somewhere. */
static void take_line(struct usage_scan *s, struct slice line, const char *place)
{
	const char *key = s->format == FORMAT_GEMINI ? "usageMetadata" : "usage";
	const char *container = container_in_event(s->format);
	struct slice object;
	struct slice json;

	if (line.len < 5 || memcmp(line.ptr, "data:", 5) != 0 || take_member(s, line, place)) {
		return;
	}
	json = slice_trim((struct slice){ line.ptr + 5, line.len - 5 });
	if (find_object(json, NULL, key, &object) ||
	    (container && find_object(json, container, key, &object))) {
		take_object(s, object);
	}
}

/* Does one of the lines have the type of an event behind which nothing is
 * missing? */
static bool has_last_event(enum format_id format, struct slice lines)
{
	static const char *const responses[] = { "response.completed", "response.incomplete",
						 "response.failed" };

	if (format == FORMAT_ANTHROPIC) {
		return memmem(lines.ptr, lines.len, "message_delta", 13);
	}
	for (size_t i = 0; format == FORMAT_RESPONSES && i < ARRAY_LEN(responses); i++) {
		if (memmem(lines.ptr, lines.len, responses[i], strlen(responses[i]))) {
			return true;
		}
	}
	return false;
}

static void take_lines(struct usage_scan *s, struct slice rest)
{
	const char *key;

	s->has_end = s->has_end || has_last_event(s->format, rest);
	while (rest.len && (key = find_key(rest, key_of(s->format)))) {
		const char *before = memrchr(rest.ptr, '\n', (size_t)(key - rest.ptr));
		const char *from = before ? before + 1 : rest.ptr;
		const char *end = rest.ptr + rest.len;
		const char *newline = memchr(key, '\n', (size_t)(end - key));
		const char *to = newline ? newline : end;

		take_line(s, (struct slice){ from, (size_t)(to - from) }, key);
		rest = (struct slice){ to, (size_t)(end - to) };
	}
}

static void keep(struct usage_scan *s, struct slice part)
{
	if (s->kept.len + part.len > MAX_KEPT_LINE) {
		s->is_skipping = true;
		s->has_end = true;      /* it may have been that one */
		buf_clear(&s->kept);
	} else if (!s->is_skipping) {
		buf_add(&s->kept, part.ptr, part.len);
	}
}

/* The rest of the line that was begun before; what is left of the bytes. */
static struct slice end_kept_line(struct usage_scan *s, struct slice bytes)
{
	const char *end = memchr(bytes.ptr, '\n', bytes.len);
	size_t len = end ? (size_t)(end - bytes.ptr) + 1 : bytes.len;

	keep(s, (struct slice){ bytes.ptr, len });
	if (end) {
		take_lines(s, buf_slice(&s->kept));
		buf_clear(&s->kept);
		s->is_skipping = false;
	}
	return (struct slice){ bytes.ptr + len, bytes.len - len };
}

static void feed_stream(struct usage_scan *s, struct slice bytes)
{
	const char *last;
	size_t whole;


	if (s->kept.len || s->is_skipping) {
		bytes = end_kept_line(s, bytes);
	}
	last = bytes.len ? memrchr(bytes.ptr, '\n', bytes.len) : NULL;
	whole = last ? (size_t)(last - bytes.ptr) + 1 : 0;
	take_lines(s, (struct slice){ bytes.ptr, whole });
	if (whole < bytes.len) {
		keep(s, (struct slice){ bytes.ptr + whole, bytes.len - whole });
	}
}

/* ---- whole answers ---- */

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p)) {
		p++;
	}
	return p;
}

/* Walks from inside a text's top object (or one in a top array) to the end:
 * the value at `at` is an object, and behind it nothing closes but what has
 * to. Then the key before it stood at the top. */
static bool ends_text(const struct usage_scan *s, const char *at, const char *end,
		      struct slice *object)
{
	int depth = 0;
	int least = s->first == '[' ? -2 : -1;
	bool is_string = false;

	*object = (struct slice){ at, 0 };
	for (const char *p = at; p < end; p++) {
		if (is_string) {
			p += *p == '\\';
			is_string = p >= end || *p != '"';
			continue;
		}
		is_string = *p == '"';
		depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
		if (depth == 0 && !object->len) {
			object->len = (size_t)(p - at) + 1;
		}
		if (depth < least) {
			return false;
		}
	}
	return object->len && depth == least;
}

/* In a streamed array each element may carry it; the last one counts. */
static bool take_at(struct usage_scan *s, const char *key_end, const char *end)
{
	const char *p = skip_blanks(key_end, end);
	struct slice object;

	if (p == end || *p != ':') {
		return false;
	}
	p = skip_blanks(p + 1, end);
	if (p == end || *p != '{' || !ends_text(s, p, end, &object)) {
		return false;
	}
	take_object(s, object);
	return true;
}

static void take_end(struct usage_scan *s)
{
	const char *key = key_of(s->format);
	size_t key_len = strlen(key);
	const char *start = buf_text(&s->kept);
	const char *end = start + s->kept.len;
	const char *p = end - (s->kept.len < key_len ? s->kept.len : key_len);
	int tries = 0;

	for (; p > start && tries < MAX_TRIES; p--) {
		if (*p == '"' && p[-1] != '\\' && memcmp(p, key, key_len) == 0) {
			tries++;
			if (take_at(s, p + key_len, end)) {
				return;
			}
		}
	}
}

static void feed_whole(struct usage_scan *s, struct slice bytes)
{
	const char *p = skip_blanks(bytes.ptr, bytes.ptr + bytes.len);

	if (!s->first && p < bytes.ptr + bytes.len) {
		s->first = *p;
	}
	if (bytes.len > TAIL_BYTES) {
		bytes.ptr += bytes.len - TAIL_BYTES;
		bytes.len = TAIL_BYTES;
	}
	if (s->kept.len + bytes.len > 4 * TAIL_BYTES) {
		buf_drop(&s->kept, s->kept.len - TAIL_BYTES);
	}
	buf_add(&s->kept, bytes.ptr, bytes.len);
}

/* ---- the whole ---- */

void usage_scan_init(struct usage_scan *s, enum format_id format, bool is_stream)
{
	*s = (struct usage_scan){
		.format = format,
		.is_stream = is_stream,
		.kept = BUF_INIT(MAX_KEPT_LINE + 4 * TAIL_BYTES),
	};
	for (size_t i = 0; i < USAGE_SLOTS; i++) {
		s->counts[i] = -1;
	}
}

void usage_scan_release(struct usage_scan *s)
{
	buf_release(&s->kept);
}

void usage_scan_feed(struct usage_scan *s, struct slice bytes)
{
	if (s->is_stream) {
		feed_stream(s, bytes);
	} else {
		feed_whole(s, bytes);
	}
}

void usage_scan_finish(struct usage_scan *s)
{
	if (s->is_stream) {
		take_lines(s, buf_slice(&s->kept));
	} else {
		take_end(s);
	}
	buf_clear(&s->kept);
}

bool usage_scan_may_end(const struct usage_scan *s)
{
	bool is_known = s->format == FORMAT_ANTHROPIC || s->format == FORMAT_RESPONSES;

	return s->has_end || !s->is_stream || !is_known;
}

bool usage_scan_result(const struct usage_scan *s, struct hub_usage *out)
{
	const int64_t *c = s->counts;

	*out = (struct hub_usage)HUB_USAGE_INIT;
	out->in_cached = c[USAGE_CACHED];
	out->in_cache_write = c[USAGE_CACHE_WRITE];
	out->in_cache_write_1h = c[USAGE_CACHE_WRITE_1H];
	out->out_total = c[USAGE_OUT];
	out->out_reasoning = c[USAGE_REASONING];
	out->tool_prompt = c[USAGE_TOOL_PROMPT];
	out->in_total = c[USAGE_IN];
	if (c[USAGE_UNCACHED] >= 0) {
		out->in_total = c[USAGE_UNCACHED] + hub_count(c[USAGE_CACHED]) +
				hub_count(c[USAGE_CACHE_WRITE]);
	} else if (c[USAGE_TOOL_PROMPT] >= 0) {
		out->in_total = hub_count(c[USAGE_IN]) + c[USAGE_TOOL_PROMPT];
	}
	if (s->format == FORMAT_GEMINI && c[USAGE_REASONING] >= 0) {
		out->out_total = hub_count(c[USAGE_OUT]) + c[USAGE_REASONING];
	}
	return out->in_total >= 0 || out->out_total >= 0;
}
