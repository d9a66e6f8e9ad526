/*
 * Values in line-based settings: .env, the top level of YAML, and TOML with
 * tables.
 */
#include "cli/settings.h"

#include "base/limits.h"

/* Walks the lines of a text and knows in which TOML table it is. */
struct walk {
	enum settings_format format;
	struct slice text;
	struct slice table;     /* of the path; empty: before the first one */
	struct slice key;
	const char *next;       /* start of the next line */
	struct slice line;      /* with its end */
	bool in_table;
};

static const char *end_of(struct slice s)
{
	return s.ptr + s.len;
}

static struct walk begin(enum settings_format format, struct slice text, const char *path)
{
	struct walk w = { .format = format, .text = text, .next = text.ptr };
	const char *dot = format == SETTINGS_TOML ? strrchr(path, '.') : NULL;

	w.key = slice_of(dot ? dot + 1 : path);
	w.table = dot ? (struct slice){ path, (size_t)(dot - path) } : SLICE_NULL;
	w.in_table = !dot;
	return w;
}

/* "[a.b]" of a line; false when it opens no table. */
static bool table_name(struct slice line, struct slice *name)
{
	line = slice_trim(line);
	if (line.len < 3 || line.ptr[0] != '[') {
		return false;
	}
	name->ptr = line.ptr + 1;
	name->len = 0;
	while (name->len < line.len - 1 && name->ptr[name->len] != ']') {
		name->len++;
	}
	return true;
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool next_line(struct walk *w)
{
	const char *end = end_of(w->text);
	const char *stop;
	struct slice name;

	if (!w->next || w->next >= end) {
		return false;
	}
	stop = memchr(w->next, '\n', (size_t)(end - w->next));
	w->line = (struct slice){ w->next, (size_t)((stop ? stop + 1 : end) - w->next) };
	w->next = end_of(w->line);
	if (w->format == SETTINGS_TOML && table_name(w->line, &name)) {
		w->in_table = same(name, w->table);
	}
	return true;
}

/* An empty value stands before the line's end, not behind it. */
static struct slice without_end(struct slice line)
{
	while (line.len && strchr("\r\n", line.ptr[line.len - 1])) {
		line.len--;
	}
	return line;
}

/* Is this line the key's? Then `value` is what stands behind the separator. */
static bool is_key_line(const struct walk *w, struct slice *value)
{
	char separator = w->format == SETTINGS_YAML ? ':' : '=';
	struct slice rest = without_end(w->line);
	struct slice name;

	if (!w->in_table || (w->format == SETTINGS_YAML && rest.len && rest.ptr[0] == ' ') ||
	    !slice_next(&rest, separator, &name) || !rest.ptr) {
		return false;
	}
	name = slice_trim(name);
	if (w->format == SETTINGS_DOTENV && name.len > 7 && !memcmp(name.ptr, "export ", 7)) {
		name = slice_trim((struct slice){ name.ptr + 7, name.len - 7 });
	}
	*value = slice_trim(rest);
	return same(name, w->key);
}

bool line_settings_get(enum settings_format format, struct slice text, const char *path,
		       struct buf *raw)
{
	struct walk w = begin(format, text, path);
	struct slice value;

	while (next_line(&w)) {
		if (is_key_line(&w, &value)) {
			buf_add(raw, value.ptr, value.len);
			return true;
		}
	}
	return false;
}

static void add_line(struct buf *out, const struct walk *w, struct slice raw)
{
	const char *separator = w->format == SETTINGS_YAML     ? ": "
				: w->format == SETTINGS_DOTENV ? "="
							       : " = ";

	if (out->len && out->ptr[out->len - 1] != '\n') {
		buf_addc(out, '\n');
	}
	buf_addf(out, "%.*s%s%.*s\n", (int)w->key.len, w->key.ptr, separator, (int)raw.len,
		 raw.ptr);
}

/* Copies the text with the key's line replaced; false when it has none, with
 * `out` as it was. */
static bool replace_line(struct walk w, struct slice raw, struct buf *out)
{
	struct slice value;

	while (next_line(&w)) {
		if (is_key_line(&w, &value)) {
			buf_add(out, w.text.ptr, (size_t)(value.ptr - w.text.ptr));
			/* "key:" without a blank is no key in YAML */
			buf_adds(out, value.ptr[-1] == ':' ? " " : "");
			buf_add(out, raw.ptr, raw.len);
			buf_add(out, end_of(value), (size_t)(end_of(w.text) - end_of(value)));
			return true;
		}
	}
	return false;
}

/* Copies the text with a new line at the end of the key's table. */
static bool insert_into_table(struct walk w, struct slice raw, struct buf *out)
{
	const char *at = NULL;

	while (next_line(&w)) {
		if (w.in_table && slice_trim(w.line).len) {
			at = end_of(w.line);
		}
	}
	if (!at) {
		return false;
	}
	buf_add(out, w.text.ptr, (size_t)(at - w.text.ptr));
	add_line(out, &w, raw);
	buf_add(out, at, (size_t)(end_of(w.text) - at));
	return true;
}

static void append(const struct walk *w, struct slice raw, struct buf *out)
{
	/* Keys of no table must stand before the first table. */
	if (w->format == SETTINGS_TOML && !w->table.len) {
		add_line(out, w, raw);
		buf_add(out, w->text.ptr, w->text.len);
		return;
	}
	buf_add(out, w->text.ptr, w->text.len);
	if (w->table.len) {
		if (out->len && out->ptr[out->len - 1] != '\n') {
			buf_addc(out, '\n');
		}
		buf_addf(out, "%s[%.*s]\n", out->len ? "\n" : "", (int)w->table.len,
			 w->table.ptr);
	}
	add_line(out, w, raw);
}

bool line_settings_set(enum settings_format format, struct slice text, const char *path,
		       struct slice raw, struct buf *out)
{
	struct walk w = begin(format, text, path);

	if (!replace_line(w, raw, out) && !(w.table.len && insert_into_table(w, raw, out))) {
		append(&w, raw, out);
	}
	return true;
}

/* Is anything but its head in the key's table? */
static bool table_is_empty(struct walk w)
{
	struct slice name;
	size_t lines = 0;

	while (next_line(&w)) {
		lines += w.in_table && slice_trim(w.line).len && !table_name(w.line, &name);
	}
	return !lines;
}

static void copy_without_table(struct walk w, struct buf *out)
{
	while (next_line(&w)) {
		if (!w.in_table) {
			buf_add(out, w.line.ptr, w.line.len);
		}
	}
}

bool line_settings_remove(enum settings_format format, struct slice text, const char *path,
			  struct buf *out)
{
	struct walk w = begin(format, text, path);
	struct buf rest = BUF_INIT(MAX_CONFIG_BYTES);
	struct slice value;

	while (next_line(&w)) {
		if (!is_key_line(&w, &value)) {
			buf_add(&rest, w.line.ptr, w.line.len);
		}
	}
	w = begin(format, buf_slice(&rest), path);
	if (w.table.len && table_is_empty(w)) {
		copy_without_table(w, out);
	} else {
		buf_add(out, buf_text(&rest), rest.len);
	}
	buf_release(&rest);
	return true;
}
