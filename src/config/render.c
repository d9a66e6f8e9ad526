#include "config/render.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "config/edit.h"

/* ---- scalars ---- */

/* 12, -1.5e3, 0x1f, 0o17, 0b1, 1_000 */
static bool looks_like_number(const char *text)
{
	char digits[64];
	size_t len = 0;
	char *end;

	for (; *text && len + 1 < sizeof digits; text++) {
		if (*text != '_') {
			digits[len++] = *text;
		}
	}
	digits[len] = '\0';
	strtod(digits, &end);
	return (len && !*end) || str_starts(digits, "0o") || str_starts(digits, "0b");
}

/* 2024-10-21, 12:30:00, and dates with times */
static bool looks_like_time(const char *text)
{
	return isdigit((unsigned char)*text) && strpbrk(text, ":-") &&
	       !text[strspn(text, "0123456789:-+.TtZz ")];
}

/* What other readers of YAML take for something else than text. */
static bool looks_like_no_text(const char *text)
{
	static const char *const words[] = {
		"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~",
		".inf", "-.inf", "+.inf", ".nan",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_ieq(words[i], text)) {
			return true;
		}
	}
	return looks_like_number(text) || looks_like_time(text);
}

/* Characters that mean nothing to YAML wherever they stand, block or flow. */
static bool is_plain_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_./+-=$()<>;^~*@: ", c));
}

static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || looks_like_no_text(text) || strchr("*@=<>;^~:- ", *text) ||
	    strchr(" :", text[len - 1]) || strstr(text, ": ")) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (!is_plain_char(text[i])) {
			return false;
		}
	}
	return true;
}

static void add_escaped(struct buf *out, const char *ptr, size_t width)
{
	unsigned char c = (unsigned char)*ptr;

	switch (c) {
	case '"':  buf_adds(out, "\\\""); return;
	case '\\': buf_adds(out, "\\\\"); return;
	case '\n': buf_adds(out, "\\n"); return;
	case '\r': buf_adds(out, "\\r"); return;
	case '\t': buf_adds(out, "\\t"); return;
	default: break;
	}
	if (c < 0x20 || c == 0x7f) {
		buf_addf(out, "\\x%02x", c);
	} else {
		buf_add(out, ptr, width);
	}
}

void yaml_quote(struct buf *out, const char *value)
{
	size_t len = strlen(value);

	if (is_plain(value)) {
		buf_adds(out, value);
		return;
	}
	buf_addc(out, '"');
	for (size_t i = 0; i < len;) {
		uint32_t code;
		size_t width = utf8_decode(value + i, len - i, &code);

		if (!width) {
			buf_adds(out, "\\uFFFD");
			width = 1;
		} else if (code >= 0x80 && code < 0xa0) {
			buf_addf(out, "\\x%02x", (unsigned)code);
		} else if (code == 0x2028 || code == 0x2029 || code == 0xfeff) {
			buf_addf(out, "\\u%04x", (unsigned)code);
		} else {
			add_escaped(out, value + i, width);
		}
		i += width;
	}
	buf_addc(out, '"');
}

/* ---- flow ---- */

/* A plain scalar is kept as it is where quoting would change what it means. */
static void render_scalar(const struct node *n, struct buf *out)
{
	if (n->style == STYLE_PLAIN && (node_is_null(n) || looks_like_no_text(n->text))) {
		buf_adds(out, *n->text ? n->text : "null");
	} else {
		yaml_quote(out, n->text);
	}
}

void render_flow_inside(const struct node *n, struct buf *out)
{
	for (size_t i = 0; i < n->count; i++) {
		if (i) {
			buf_adds(out, ", ");
		}
		if (n->keys) {
			render_scalar(n->keys[i], out);
			buf_adds(out, ": ");
		}
		render_flow(n->items[i], out);
	}
}

void render_flow(const struct node *n, struct buf *out)
{
	if (n->kind == NODE_SCALAR) {
		render_scalar(n, out);
		return;
	}
	buf_addc(out, n->kind == NODE_MAP ? '{' : '[');
	render_flow_inside(n, out);
	buf_addc(out, n->kind == NODE_MAP ? '}' : ']');
}

/* ---- block ---- */

static struct slice without_return(struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\r') {
		line.len--;
	}
	return line;
}

void render_indented(struct slice lines, size_t indent, const char *eol, struct buf *out)
{
	bool is_first = true;
	struct slice line;

	while (slice_next(&lines, '\n', &line)) {
		line = without_return(line);
		if (!is_first) {
			buf_adds(out, eol);
		}
		if (!is_first && line.len) {
			buf_addf(out, "%*s", (int)indent, "");
		}
		buf_add(out, line.ptr, line.len);
		is_first = false;
	}
}

static struct slice dedent(struct slice line, size_t blanks)
{
	while (blanks && line.len && *line.ptr == ' ') {
		line.ptr++;
		line.len--;
		blanks--;
	}
	return line;
}

void render_node_text(struct slice text, const struct node *n, struct buf *out)
{
	struct slice rest = { text.ptr + n->start, n->end - n->start };
	size_t indent = n->style == STYLE_BLOCK ? (size_t)n->column - 1 : 0;
	bool is_first = true;
	struct slice line;

	while (slice_next(&rest, '\n', &line)) {
		if (!is_first) {
			buf_addc(out, '\n');
			line = dedent(line, indent);
		}
		line = without_return(line);
		buf_add(out, line.ptr, line.len);
		is_first = false;
	}
}
