#define _GNU_SOURCE   /* memmem */
#include "gateway/model_filter.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/limits.h"

/* A line longer than this passes unchanged: an image, not a head. */
#define MAX_LINE (4 * MIB)

/* Where the name stands in an event: inside `container`, or at the top. */
struct place {
	const char *container;
	const char *key;
};

static struct place place_in_event(enum format_id format)
{
	switch (format) {
	case FORMAT_ANTHROPIC:
		return (struct place){ "message", "model" };
	case FORMAT_RESPONSES:
		return (struct place){ "response", "model" };
	case FORMAT_GEMINI:
		return (struct place){ NULL, "modelVersion" };
	case FORMAT_CHAT:
	case FORMAT_NONE:
		break;
	}
	return (struct place){ NULL, "model" };
}

void model_filter_init(struct model_filter *f, enum format_id format, const char *asked)
{
	*f = (struct model_filter){
		.format = format,
		.name = BUF_INIT(MAX_ERROR_BODY_BYTES),
		.line = BUF_INIT(MAX_LINE),
	};
	if (asked) {
		json_quote(&f->name, slice_of(asked));
	}
}

void model_filter_release(struct model_filter *f)
{
	buf_release(&f->name);
	buf_release(&f->line);
}

static void replace(const struct model_filter *f, struct slice text, struct slice value,
		    struct buf *out)
{
	const char *rest = value.ptr + value.len;

	buf_add(out, text.ptr, (size_t)(value.ptr - text.ptr));
	buf_add(out, f->name.ptr, f->name.len);
	buf_add(out, rest, (size_t)(text.ptr + text.len - rest));
}

static bool find_name(struct place place, struct slice json, struct slice *value)
{
	struct json_member m;

	if (place.container) {
		if (!json_find(json, place.container, &m) || m.kind != JSON_OBJECT) {
			return false;
		}
		json = m.value;
	}
	if (!json_find(json, place.key, &m) || m.kind != JSON_STRING) {
		return false;
	}
	*value = m.value;
	return true;
}

void model_filter_json(struct model_filter *f, struct slice body, struct buf *out)
{
	struct place place = { NULL, f->format == FORMAT_GEMINI ? "modelVersion" : "model" };
	struct slice value;

	if (find_name(place, body, &value)) {
		replace(f, body, value, out);
	} else {
		buf_add(out, body.ptr, body.len);
	}
}

static bool starts_data(struct slice line)
{
	return line.len >= 5 && memcmp(line.ptr, "data:", 5) == 0;
}

static bool has_text(struct slice line, const char *text)
{
	return memmem(line.ptr, line.len, text, strlen(text)) != NULL;
}

/* {"choices":[], …, "usage":{…}} */
static bool is_usage_chunk(struct slice line)
{
	struct slice json;
	struct json_member m;

	if (!starts_data(line) || !has_text(line, "\"usage\"")) {
		return false;
	}
	json = slice_trim((struct slice){ line.ptr + 5, line.len - 5 });
	if (!json_find(json, "usage", &m) || m.kind != JSON_OBJECT ||
	    !json_find(json, "choices", &m) || m.kind != JSON_ARRAY) {
		return false;
	}
	return !slice_trim((struct slice){ m.value.ptr + 1, m.value.len - 2 }).len;
}

static bool is_blank(struct slice line)
{
	return slice_eq(line, "\n") || slice_eq(line, "\r\n");
}

/* An event without its blank line would run into the next one. */
static bool is_hidden(struct model_filter *f, struct slice line)
{
	bool hides = f->hides_usage &&
		     (is_usage_chunk(line) || (f->is_after_hidden && is_blank(line)));

	f->is_after_hidden = hides && !is_blank(line);
	return hides;
}

static void pass_line(struct model_filter *f, struct slice line, struct buf *out)
{
	struct slice value;
	struct slice json;

	if (is_hidden(f, line)) {
		return;
	}
	if (f->name.len && starts_data(line) && has_text(line, "\"model")) {
		json = slice_trim((struct slice){ line.ptr + 5, line.len - 5 });
		if (find_name(place_in_event(f->format), json, &value)) {
			replace(f, line, value, out);
			/* Only message_start names it. */
			f->is_done = f->format == FORMAT_ANTHROPIC;
			return;
		}
	}
	buf_add(out, line.ptr, line.len);
}

/* Could the started line still become one that names the model? */
static bool must_wait(struct slice part)
{
	size_t len = part.len < 5 ? part.len : 5;

	return part.len && memcmp(part.ptr, "data:", len) == 0;
}

static void keep_part(struct model_filter *f, struct slice part, struct buf *out)
{
	if (f->line.len + part.len > MAX_LINE) {
		model_filter_finish(f, out);
		buf_add(out, part.ptr, part.len);
		f->is_done = true;
	} else if (f->line.len || f->is_after_hidden || (!f->is_in_line && must_wait(part))) {
		buf_add(&f->line, part.ptr, part.len);
	} else {
		buf_add(out, part.ptr, part.len);
		f->is_in_line = true;
	}
}

void model_filter_feed(struct model_filter *f, struct slice bytes, struct buf *out)
{
	while (bytes.len && !f->is_done) {
		const char *end = memchr(bytes.ptr, '\n', bytes.len);
		size_t len = end ? (size_t)(end - bytes.ptr) + 1 : bytes.len;
		struct slice part = { bytes.ptr, len };

		bytes.ptr += len;
		bytes.len -= len;
		if (!end) {
			keep_part(f, part, out);
		} else if (f->line.len) {
			buf_add(&f->line, part.ptr, part.len);
			pass_line(f, buf_slice(&f->line), out);
			buf_clear(&f->line);
		} else if (f->is_in_line) {
			buf_add(out, part.ptr, part.len);
			f->is_in_line = false;
		} else {
			pass_line(f, part, out);
		}
	}
	if (bytes.len) {
		model_filter_finish(f, out);
		buf_add(out, bytes.ptr, bytes.len);
	}
}

void model_filter_finish(struct model_filter *f, struct buf *out)
{
	buf_add(out, buf_text(&f->line), f->line.len);
	buf_clear(&f->line);
}
