#include "base/log_line.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mask.h"
#include "base/utf8.h"

#define MAX_TEXT_BYTES (MAX_LOG_LINE_BYTES / 2)

/* Behind it the fields as they were given (a text's length in `num`), then the
 * message and the fields' texts, each with its NUL; padded to whole heads. */
struct packed_line {
	int64_t at_ms;
	const char *area;
	uint32_t size;                  /* of the whole */
	uint8_t level;
	uint8_t count;
	bool is_request;
};

/* ---- packing ---- */

static size_t text_length(const char *text)
{
	return strnlen(text, MAX_TEXT_BYTES);
}

static char *put_text(char *at, const char *text, size_t len)
{
	memcpy(at, text, len);
	at[len] = '\0';
	return at + len + 1;
}

/* The fields with the lengths of their texts; their sum with the NULs. */
static size_t measure(const struct log_line *line, struct log_field *fields)
{
	size_t bytes = 0;

	for (size_t i = 0; i < line->count; i++) {
		fields[i] = line->fields[i];
		if (fields[i].kind == LOG_FIELD_STR && fields[i].str) {
			fields[i].num = (int64_t)text_length(fields[i].str);
			bytes += (size_t)fields[i].num + 1;
		}
	}
	return bytes;
}

bool log_line_pack(struct buf *packed, const struct log_line *line)
{
	struct log_field fields[MAX_LOG_FIELDS];
	size_t fields_bytes = line->count * sizeof *fields;
	size_t msg_len = text_length(line->msg);
	size_t size = sizeof(struct packed_line) + fields_bytes + msg_len + 1 +
		      measure(line, fields);
	struct packed_line head = {
		.at_ms = line->at_ms, .area = line->area, .level = (uint8_t)line->level,
		.count = (uint8_t)line->count, .is_request = line->is_request,
	};
	char *at;

	assert(line->count <= MAX_LOG_FIELDS);
	size = (size + sizeof head - 1) / sizeof head * sizeof head;
	if (!buf_reserve(packed, size)) {
		packed->failed = false;
		return false;
	}
	head.size = (uint32_t)size;
	at = packed->ptr + packed->len;
	memcpy(at, &head, sizeof head);
	memcpy(at + sizeof head, fields, fields_bytes);
	at = put_text(at + sizeof head + fields_bytes, line->msg, msg_len);
	for (size_t i = 0; i < line->count; i++) {
		if (fields[i].kind == LOG_FIELD_STR && fields[i].str) {
			at = put_text(at, fields[i].str, (size_t)fields[i].num);
		}
	}
	packed->len += size;
	return true;
}

/* ---- unpacking ---- */

int64_t log_line_time(struct slice packed)
{
	struct packed_line head;

	memcpy(&head, packed.ptr, sizeof head);
	return head.at_ms;
}

bool log_line_next(struct slice *packed, struct log_line *line,
		   struct log_field fields[MAX_LOG_FIELDS])
{
	struct packed_line head;
	const char *at;

	if (packed->len < sizeof head) {
		return false;
	}
	memcpy(&head, packed->ptr, sizeof head);
	memcpy(fields, packed->ptr + sizeof head, head.count * sizeof *fields);
	at = packed->ptr + sizeof head + head.count * sizeof *fields;
	*line = (struct log_line){
		.at_ms = head.at_ms, .level = head.level, .is_request = head.is_request,
		.area = head.area, .msg = at, .fields = fields, .count = head.count,
	};
	at += strlen(at) + 1;
	for (size_t i = 0; i < head.count; i++) {
		if (fields[i].kind == LOG_FIELD_STR && fields[i].str) {
			fields[i].str = at;
			at += fields[i].num + 1;
		}
	}
	packed->ptr += head.size;
	packed->len -= head.size;
	return true;
}

/* ---- masking ---- */

static const char *masked(const char *text, struct arena *a)
{
	struct slice in = slice_of(text);
	struct buf out = BUF_INIT(2 * MAX_LOG_LINE_BYTES);
	const char *copy = text;

	if (mask_is_needed(in)) {
		mask_text(in, &out);
		copy = arena_strndup(a, buf_text(&out), out.len);
		buf_release(&out);
	}
	return copy;
}

void log_line_mask(struct log_line *line, struct log_field *fields, struct arena *a)
{
	line->msg = masked(line->msg, a);
	for (size_t i = 0; i < line->count; i++) {
		if (fields[i].kind == LOG_FIELD_STR && fields[i].str) {
			fields[i].str = masked(fields[i].str, a);
		}
	}
}

/* ---- rendering ---- */

static bool is_left_out(const struct log_field *f)
{
	return (f->kind == LOG_FIELD_STR && !f->str) || (f->kind == LOG_FIELD_COUNT && f->num < 0);
}

void log_line_json(const struct log_line *line, struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	json_ktime(&w, "ts", line->at_ms);
	json_kstr(&w, "level", log_level_name(line->level));
	json_kstr(&w, "area", line->area);
	json_kstr(&w, "msg", line->msg);
	for (size_t i = 0; i < line->count; i++) {
		const struct log_field *f = &line->fields[i];

		if (is_left_out(f)) {
			continue;
		}
		if (f->kind == LOG_FIELD_STR) {
			json_kstr(&w, f->name, f->str);
		} else {
			json_kint(&w, f->name, f->num);
		}
	}
	json_end(&w);
	buf_addc(out, '\n');
}

/* Controls of either set, line separators, and what turns the direction of the
 * text: they would move or fool the terminal that shows the log. */
static bool is_visible(uint32_t code)
{
	return code >= 0x20 && (code < 0x7f || code > 0x9f) && (code < 0x2028 || code > 0x202e) &&
	       (code < 0x2066 || code > 0x2069);
}

static void add_visible(struct buf *out, const char *text)
{
	size_t left = strlen(text);
	size_t plain = 0;

	while (text[plain] >= 0x20 && text[plain] < 0x7f) {
		plain++;
	}
	buf_add(out, text, plain);
	text += plain;
	left -= plain;
	while (left) {
		uint32_t code = 0;
		size_t width = utf8_decode(text, left, &code);

		if (width && is_visible(code)) {
			buf_add(out, text, width);
		} else {
			width = 1;
			buf_addf(out, "\\x%02x", (unsigned char)*text);
		}
		text += width;
		left -= width;
	}
}

static void add_head(const struct log_line *line, struct buf *out)
{
	static const char *const names[] = { " debug ", " info  ", " warn  ", " error " };
	char when[CLOCK_TEXT_BYTES];

	clock_format(line->at_ms, when);
	buf_add(out, when + strlen("2026-11-21T"), strlen("07:08:25.123"));
	buf_adds(out, names[line->level]);
	buf_adds(out, line->area);
	buf_adds(out, ": ");
}

void log_line_text(const struct log_line *line, struct buf *out)
{
	struct json_writer number;

	add_head(line, out);
	add_visible(out, line->msg);
	for (size_t i = 0; i < line->count; i++) {
		const struct log_field *f = &line->fields[i];

		if (is_left_out(f)) {
			continue;
		}
		buf_addc(out, ' ');
		buf_adds(out, f->name);
		buf_addc(out, '=');
		if (f->kind == LOG_FIELD_STR) {
			add_visible(out, f->str);
		} else {
			json_open(&number, out);
			json_int(&number, f->num);
		}
	}
	buf_addc(out, '\n');
}
