#include "base/json_write.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"

void json_open(struct json_writer *w, struct buf *out)
{
	*w = (struct json_writer){ .out = out };
}

static void separate(struct json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->depth && w->has_member[w->depth - 1]) {
		buf_addc(w->out, ',');
	}
	if (w->depth) {
		w->has_member[w->depth - 1] = true;
	}
}

static void begin(struct json_writer *w, char opener, char closer)
{
	assert(w->depth < JSON_WRITE_DEPTH);
	separate(w);
	buf_addc(w->out, opener);
	w->has_member[w->depth] = false;
	w->closer[w->depth++] = closer;
}

void json_object(struct json_writer *w)
{
	begin(w, '{', '}');
}

void json_array(struct json_writer *w)
{
	begin(w, '[', ']');
}

void json_end(struct json_writer *w)
{
	assert(w->depth > 0);
	buf_addc(w->out, w->closer[--w->depth]);
}

/* Eight times the same byte. */
#define BYTES_OF(c) (UINT64_C(0x0101010101010101) * (c))

/* ASCII that stands for itself in a JSON string. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Bytes of `word` that are below `n` (at most 128), as their high bits; what
 * has its own high bit set may be missed. */
static uint64_t below(uint64_t word, uint64_t n)
{
	return (word - BYTES_OF(n)) & ~word & BYTES_OF(0x80);
}

/* Is one of these eight bytes not plain? Text goes by here in every log line
 * and record, so it is looked at in words. */
static bool has_special(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof word);
	return below(word, 0x20) || below(word ^ BYTES_OF('"'), 1) ||
	       below(word ^ BYTES_OF('\\'), 1) || below(word ^ BYTES_OF(0x7f), 1) ||
	       word & BYTES_OF(0x80);
}

static bool is_plain_text(struct slice text)
{
	size_t i = 0;

	while (i + 8 <= text.len) {
		if (has_special(text.ptr + i)) {
			return false;
		}
		i += 8;
	}
	if (i && i < text.len) {
		return !has_special(text.ptr + text.len - 8);   /* looked at twice in part */
	}
	while (i < text.len && is_plain((unsigned char)text.ptr[i])) {
		i++;
	}
	return i == text.len;
}

void json_key(struct json_writer *w, const char *name)
{
	struct buf *out = w->out;
	size_t len = strlen(name);

	separate(w);
	if (!is_plain_text((struct slice){ name, len }) || !buf_reserve(out, len + 3)) {
		json_quote(out, slice_of(name));
		buf_addc(out, ':');
	} else {
		char *to = out->ptr + out->len;

		*to++ = '"';
		memcpy(to, name, len);
		memcpy(to + len, "\":", 3);
		out->len += len + 3;
	}
	w->after_key = true;
}

static void add_escape(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':  buf_adds(out, "\\\""); break;
	case '\\': buf_adds(out, "\\\\"); break;
	case '\n': buf_adds(out, "\\n"); break;
	case '\r': buf_adds(out, "\\r"); break;
	case '\t': buf_adds(out, "\\t"); break;
	default:   buf_addf(out, "\\u%04x", c); break;
	}
}

/* Nearly every text: nothing in it needs an escape. */
static bool quote_plain(struct buf *out, struct slice text)
{
	char *to;

	if (!is_plain_text(text)) {
		return false;
	}
	if (!buf_reserve(out, text.len + 2)) {
		return true;
	}
	to = out->ptr + out->len;
	*to++ = '"';
	if (text.len) {
		memcpy(to, text.ptr, text.len);
	}
	to += text.len;
	*to++ = '"';
	*to = '\0';
	out->len += text.len + 2;
	return true;
}

/* U+0080 to U+009f, which some terminals take for the beginning of a command:
 * who prints the JSON is safe. */
static bool is_c1(const char *ptr, size_t width)
{
	return width == 2 && (unsigned char)ptr[0] == 0xc2 && (unsigned char)ptr[1] < 0xa0;
}

void json_quote(struct buf *out, struct slice text)
{
	size_t plain = 0;
	size_t i = 0;

	if (quote_plain(out, text)) {
		return;
	}
	buf_addc(out, '"');
	for (;;) {
		unsigned char c;
		size_t width;

		while (i < text.len && is_plain((unsigned char)text.ptr[i])) {
			i++;
		}
		if (i == text.len) {
			break;
		}
		c = (unsigned char)text.ptr[i];
		width = c < 0x80 ? 1 : utf8_valid_length(text.ptr + i, text.len - i);

		if (width && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f &&
		    !is_c1(text.ptr + i, width)) {
			i += width;
			continue;
		}
		buf_add(out, text.ptr + plain, i - plain);
		if (width == 2) {
			buf_addf(out, "\\u00%02x", (unsigned char)text.ptr[++i]);
		} else if (width) {
			add_escape(out, c);
		} else {
			buf_adds(out, "\xef\xbf\xbd");
		}
		plain = ++i;
	}
	buf_add(out, text.ptr + plain, i - plain);
	buf_addc(out, '"');
}

void json_strn(struct json_writer *w, struct slice text)
{
	separate(w);
	json_quote(w->out, text);
}

void json_str(struct json_writer *w, const char *text)
{
	if (text) {
		json_strn(w, slice_of(text));
	} else {
		json_null(w);
	}
}

void json_int(struct json_writer *w, int64_t value)
{
	char digits[24];
	size_t at = sizeof digits;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	separate(w);
	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0) {
		digits[--at] = '-';
	}
	buf_add(w->out, digits + at, sizeof digits - at);
}

void json_double(struct json_writer *w, double value)
{
	char text[40];

	separate(w);
	if (!isfinite(value)) {
		buf_adds(w->out, "null");
		return;
	}
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (strtod(text, NULL) == value) {
			break;
		}
	}
	buf_adds(w->out, text);
}

void json_bool(struct json_writer *w, bool value)
{
	separate(w);
	buf_adds(w->out, value ? "true" : "false");
}

void json_null(struct json_writer *w)
{
	separate(w);
	buf_adds(w->out, "null");
}

void json_raw(struct json_writer *w, struct slice text)
{
	separate(w);
	buf_add(w->out, text.ptr, text.len);
}

void json_kstr(struct json_writer *w, const char *name, const char *text)
{
	json_key(w, name);
	json_str(w, text);
}

void json_kint(struct json_writer *w, const char *name, int64_t value)
{
	json_key(w, name);
	json_int(w, value);
}

void json_kdouble(struct json_writer *w, const char *name, double value)
{
	json_key(w, name);
	json_double(w, value);
}

void json_kbool(struct json_writer *w, const char *name, bool value)
{
	json_key(w, name);
	json_bool(w, value);
}

void json_ktime(struct json_writer *w, const char *name, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];

	json_key(w, name);
	if (!wall_ms) {
		json_null(w);
		return;
	}
	clock_format(wall_ms, text);
	json_str(w, text);
}
