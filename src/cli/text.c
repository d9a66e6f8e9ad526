#define _GNU_SOURCE   /* wcwidth */
#include "cli/text.h"

#include <langinfo.h>
#include <locale.h>
#include <wchar.h>

#include "base/utf8.h"

/* Does the user's own locale show an ellipsis? Set once at the start. */
static bool has_ellipsis;

void text_set_locale(void)
{
	setlocale(LC_CTYPE, "");
	has_ellipsis = str_eq(nl_langinfo(CODESET), "UTF-8");
	if (!has_ellipsis) {
		setlocale(LC_CTYPE, "C.UTF-8");
	}
}

static size_t columns_of(uint32_t code)
{
	int width = wcwidth((wchar_t)code);

	return width < 0 ? 1 : (size_t)width;
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
	       (code >= 0x200e && code <= 0x200f) ||    /* direction marks and overrides */
	       (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void text_clean(struct buf *out, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t code;
		size_t bytes = utf8_decode(text, left, &code);

		if (!bytes) {
			buf_addc(out, '?');
			bytes = 1;
		} else if (code == '\n' || code == '\t' || code == '\r') {
			buf_addc(out, ' ');
		} else if (is_control(code)) {
			buf_addc(out, '?');
		} else {
			buf_add(out, text, bytes);
		}
		text += bytes;
		left -= bytes;
	}
}

/* Bytes of the leading part of `text` that fits into `width` columns. */
static size_t fitting_bytes(const char *text, size_t width, size_t *columns)
{
	size_t len = strlen(text);
	size_t at = 0;

	*columns = 0;
	while (at < len) {
		uint32_t code = '?';
		size_t bytes = utf8_decode(text + at, len - at, &code);

		if (*columns + columns_of(code) > width) {
			break;
		}
		*columns += columns_of(code);
		at += bytes ? bytes : 1;
	}
	return at;
}

size_t text_width(const char *text)
{
	size_t columns;

	fitting_bytes(text, (size_t)-1 / 2, &columns);
	return columns;
}

size_t text_cut(struct buf *out, const char *text, size_t width)
{
	size_t columns;
	size_t bytes = fitting_bytes(text, width, &columns);

	if (!text[bytes]) {
		buf_add(out, text, bytes);
		return columns;
	}
	if (!width) {
		return 0;
	}
	bytes = fitting_bytes(text, width - 1, &columns);
	buf_add(out, text, bytes);
	buf_adds(out, has_ellipsis ? "\xe2\x80\xa6" : "~");
	return columns + 1;
}

static void new_line(struct buf *out, size_t indent)
{
	buf_addf(out, "\n%*s", (int)indent, "");
}

void text_fold(struct buf *out, const char *text, size_t indent, size_t width)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " \n");
		bool is_first = column == 0;

		if (!is_first && column + 1 + len > width) {
			new_line(out, indent);
			column = 0;
			is_first = true;
		}
		if (!is_first) {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, text, len);
		column += len;
		text += len;
		if (*text == '\n') {
			new_line(out, indent);
			column = 0;
		}
		if (*text) {
			text++;
		}
	}
}
