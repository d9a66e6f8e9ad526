#include "config/splice.h"

#include <assert.h>

#include "base/limits.h"
#include "config/render.h"

void edit_work_release(struct edit_work *w)
{
	for (size_t i = 0; i < w->splice_count; i++) {
		buf_wipe(&w->splices[i].text);
	}
	w->splice_count = 0;
}

void splice_apply(const struct edit_work *w, struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < w->splice_count; i++) {
		const struct splice *s = &w->splices[i];

		assert(s->start >= at && s->end >= s->start && s->end <= w->text.len);
		buf_add(out, w->text.ptr + at, s->start - at);
		buf_add(out, s->text.ptr, s->text.len);
		at = s->end;
	}
	buf_add(out, w->text.ptr + at, w->text.len - at);
}

/* The text of the new range is written by the caller. */
static struct buf *replace(struct edit_work *w, size_t start, size_t end)
{
	struct splice *s = &w->splices[w->splice_count++];

	assert(w->splice_count <= MAX_SPLICES);
	s->start = start;
	s->end = end;
	buf_init(&s->text, MAX_CONFIG_BYTES);
	return &s->text;
}

/* ---- lines ---- */

static size_t line_start(struct slice text, size_t at)
{
	while (at > 0 && text.ptr[at - 1] != '\n') {
		at--;
	}
	return at;
}

/* Behind the line break of the line of `at`, or the end of the text. */
static size_t next_line(struct slice text, size_t at)
{
	while (at < text.len && text.ptr[at] != '\n') {
		at++;
	}
	return at < text.len ? at + 1 : at;
}

static size_t skip_blanks(struct slice text, size_t at)
{
	while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t')) {
		at++;
	}
	return at;
}

static size_t skip_space(struct slice text, size_t at)
{
	while (at < text.len && text.ptr[at] && strchr(" \t\r\n", text.ptr[at])) {
		at++;
	}
	return at;
}

static bool is_first_on_line(struct slice text, size_t at)
{
	return skip_blanks(text, line_start(text, at)) == at;
}

/* A block scalar that keeps its trailing line breaks ends behind the last. */
static size_t line_behind(struct slice text, const struct node *n)
{
	if (n->end > n->start && text.ptr[n->end - 1] == '\n') {
		return n->end;
	}
	return next_line(text, n->end);
}

static size_t end_without_breaks(struct slice text, const struct node *n)
{
	size_t end = n->end;

	while (end > n->start && strchr("\r\n", text.ptr[end - 1])) {
		end--;
	}
	return end;
}

/* Where whole lines are put in; the last line of a file may lack its break. */
static struct buf *insert_lines(struct edit_work *w, size_t at)
{
	struct buf *out = replace(w, at, at);

	if (at > 0 && w->text.ptr[at - 1] != '\n') {
		buf_adds(out, w->eol);
	}
	return out;
}

/* ---- new values ---- */

static bool new_value_parse(struct edit_work *w, struct new_value *v)
{
	struct err problem = ERR_INIT;

	if (!node_parse("value", buf_slice(&v->text), w->arena, &v->node, &problem)) {
		return err_setf(w->err, ERR_INVALID, "the new value does not parse: %.300s",
				problem.msg);
	}
	if (!v->node) {
		return err_setf(w->err, ERR_INVALID, "the new value is empty; expected one, or "
				"to remove the key");
	}
	return true;
}

/* One line, or the lines of a block collection; block scalars and values
 * broken over lines are written as one line. */
static void add_value_text(struct slice source, const struct node *n, struct buf *out)
{
	if (n->style == STYLE_BLOCK || (n->style != STYLE_LITERAL &&
					!memchr(source.ptr + n->start, '\n', n->end - n->start))) {
		render_node_text(source, n, out);
	} else {
		render_flow(n, out);
	}
}

static bool new_value_init(struct edit_work *w, const char *value, struct new_value *v)
{
	struct new_value given = { .text = BUF_INIT(MAX_CONFIG_BYTES) };
	bool ok;

	buf_init(&v->text, MAX_CONFIG_BYTES);
	buf_adds(&given.text, value);
	ok = new_value_parse(w, &given);
	if (ok) {
		add_value_text(buf_slice(&given.text), given.node, &v->text);
		ok = new_value_parse(w, v);
	}
	buf_wipe(&given.text);
	return ok;
}

static bool is_block(const struct new_value *v)
{
	return v->node->style == STYLE_BLOCK;
}

/* Makes `v` the value of `key` in a block map. */
static bool wrap_in_key(struct edit_work *w, const char *key, struct new_value *v)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

	yaml_quote(&text, key);
	if (is_block(v)) {
		buf_addf(&text, ":\n%*s", INDENT_STEP, "");
		render_indented(buf_slice(&v->text), INDENT_STEP, "\n", &text);
	} else {
		buf_addf(&text, ": %s", buf_text(&v->text));
	}
	buf_wipe(&v->text);
	v->text = text;
	return new_value_parse(w, v);
}

/* Makes `v` the only item of a block list. */
static bool wrap_in_list(struct edit_work *w, struct new_value *v)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

	buf_adds(&text, "- ");
	render_indented(buf_slice(&v->text), 2, "\n", &text);
	buf_wipe(&v->text);
	v->text = text;
	return new_value_parse(w, v);
}

/* ---- set ---- */

/* Whether everything from the root to nodes[depth] is written as block. */
static bool is_in_block(const struct edit_work *w, size_t depth)
{
	for (size_t i = 0; i < depth; i++) {
		if (w->found.nodes[i]->style != STYLE_BLOCK) {
			return false;
		}
	}
	return true;
}

static const struct node *parent_key(const struct edit_work *w, size_t depth)
{
	const struct node *parent = depth ? w->found.nodes[depth - 1] : NULL;

	return parent && parent->keys ? parent->keys[w->found.slots[depth - 1]] : NULL;
}

/* Behind the colon of the key of nodes[depth]. */
static bool find_colon(struct edit_work *w, size_t depth, size_t *behind)
{
	size_t at = skip_blanks(w->text, parent_key(w, depth)->end);

	if (at >= w->text.len || w->text.ptr[at] != ':') {
		return err_setf(w->err, ERR_INVALID, "line %d is written in a way that cannot be "
				"edited; expected \"key: value\"", parent_key(w, depth)->line);
	}
	*behind = at + 1;
	return true;
}

static void add_inline(const struct edit_work *w, size_t depth, const struct new_value *v,
		       struct buf *out)
{
	if (is_in_block(w, depth) && !is_block(v)) {
		buf_add(out, v->text.ptr, v->text.len);
	} else {
		render_flow(v->node, out);
	}
}

/* The value stands behind its key, dash or bracket on the same line. */
static bool replace_inline(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	struct buf *out = replace(w, old->start, end_without_breaks(w->text, old));

	if (old->start > 0 && strchr(":-", w->text.ptr[old->start - 1])) {
		buf_addc(out, ' ');
	}
	add_inline(w, depth, v, out);
	return true;
}

/* A block below its key gives way to a value on the key's line. */
static bool replace_block_by_inline(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	struct buf *out;
	size_t colon;

	if (!parent_key(w, depth) || !is_first_on_line(w->text, old->start)) {
		return replace_inline(w, depth, v);
	}
	if (!find_colon(w, depth, &colon)) {
		return false;
	}
	out = replace(w, colon, colon);
	buf_addc(out, ' ');
	add_inline(w, depth, v, out);
	replace(w, line_start(w->text, old->start), line_behind(w->text, old));
	return true;
}

/* A value on the key's line gives way to a block below it; a comment at the
 * end of the line stays there. */
static bool replace_inline_by_block(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	size_t indent = (size_t)parent_key(w, depth)->column - 1 + INDENT_STEP;
	struct buf *out;
	size_t colon;

	if (!find_colon(w, depth, &colon)) {
		return false;
	}
	replace(w, colon, end_without_breaks(w->text, old));
	out = insert_lines(w, line_behind(w->text, old));
	buf_addf(out, "%*s", (int)indent, "");
	render_indented(buf_slice(&v->text), indent, w->eol, out);
	buf_adds(out, w->eol);
	return true;
}

static bool replace_block(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	struct buf *out = replace(w, old->start, end_without_breaks(w->text, old));

	render_indented(buf_slice(&v->text), (size_t)old->column - 1, w->eol, out);
	return true;
}

static bool has_only_scalars(const struct node *n)
{
	for (size_t i = 0; i < n->count; i++) {
		if (n->items[i]->kind != NODE_SCALAR) {
			return false;
		}
	}
	return true;
}

/* `limits: {}` takes a limit where it stands; whole sections and what is
 * nested go below their key. */
static bool stays_inline(const struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];

	return !is_block(v) || !is_in_block(w, depth) || !parent_key(w, depth) ||
	       (old->style == STYLE_FLOW && depth > 1 && v->node->kind == NODE_MAP &&
		has_only_scalars(v->node));
}

static bool replace_value(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	bool was_block = old->style == STYLE_BLOCK && !old->is_alias;

	if (was_block) {
		return is_block(v) ? replace_block(w, depth, v)
				   : replace_block_by_inline(w, depth, v);
	}
	return stays_inline(w, depth, v) ? replace_inline(w, depth, v)
					 : replace_inline_by_block(w, depth, v);
}

/* Puts the keys or items of `v` behind the last of a collection that is
 * written as block. */
static bool add_lines(struct edit_work *w, const struct node *collection,
		      const struct new_value *v)
{
	size_t indent = (size_t)collection->column - 1;
	struct buf *out;

	out = insert_lines(w, line_behind(w->text, collection));
	buf_addf(out, "%*s", (int)indent, "");
	render_indented(buf_slice(&v->text), indent, w->eol, out);
	buf_adds(out, w->eol);
	return true;
}

static bool add_inside_flow(struct edit_work *w, const struct node *collection,
			    const struct new_value *v)
{
	size_t at = collection->items[collection->count - 1]->end;
	struct buf *out = replace(w, at, at);

	buf_adds(out, ", ");
	render_flow_inside(v->node, out);
	return true;
}

/* `v` is a map or list whose children join nodes[depth]. */
static bool join_collection(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *n = w->found.nodes[depth];

	if (n->count == 0 && (node_is_null(n) || n->kind == v->node->kind)) {
		return replace_value(w, depth, v);
	}
	if (n->kind != v->node->kind) {
		return err_setf(w->err, ERR_INVALID, "line %d holds something else than %s",
				n->line, v->node->kind == NODE_MAP ? "a mapping" : "a list");
	}
	return n->style == STYLE_BLOCK ? add_lines(w, n, v) : add_inside_flow(w, n, v);
}

/* An empty file: the first section is put behind what comments it has. */
static bool add_first_section(struct edit_work *w, const struct new_value *v)
{
	struct buf *out = insert_lines(w, w->text.len);

	render_indented(buf_slice(&v->text), 0, w->eol, out);
	buf_adds(out, w->eol);
	return true;
}

/* Sets the path to `v`, making the keys that are missing on the way. */
static bool set_value(struct edit_work *w, struct new_value *v)
{
	const struct found *found = &w->found;

	if (found->depth == w->path.count) {
		return replace_value(w, found->depth, v);
	}
	for (size_t i = w->path.count; i > found->depth; i--) {
		if (w->path.steps[i - 1].kind != STEP_KEY) {
			return path_refuse_missing(&w->path, found, w->err);
		}
		if (!wrap_in_key(w, w->path.steps[i - 1].text, v)) {
			return false;
		}
	}
	return found->nodes[0] ? join_collection(w, found->depth, v) : add_first_section(w, v);
}

bool splice_set(struct edit_work *w, const char *value)
{
	struct new_value v;
	bool ok = new_value_init(w, value, &v) && set_value(w, &v);

	buf_wipe(&v.text);
	return ok;
}

bool splice_append(struct edit_work *w, const char *value)
{
	bool exists = w->found.depth == w->path.count;
	struct new_value v;
	bool ok = new_value_init(w, value, &v) && wrap_in_list(w, &v);

	ok = ok && (exists ? join_collection(w, w->found.depth, &v) : set_value(w, &v));
	buf_wipe(&v.text);
	return ok;
}

/* ---- remove ---- */

static size_t child_start(const struct node *parent, size_t slot)
{
	return parent->keys ? parent->keys[slot]->start : parent->items[slot]->start;
}

static bool has_any(struct slice text, size_t start, size_t end, const char *chars)
{
	while (start < end && !strchr(chars, text.ptr[start])) {
		start++;
	}
	return start < end;
}

/* The child and the comma behind it; with its line when that has no more. */
static void remove_with_comma(struct edit_work *w, size_t start, size_t end)
{
	end = skip_space(w->text, end);
	end = skip_blanks(w->text, end + (end < w->text.len && w->text.ptr[end] == ','));
	if (is_first_on_line(w->text, start) && has_any(w->text, end, end + 1, "\r\n")) {
		start = line_start(w->text, start);
		end = next_line(w->text, end);
	}
	replace(w, start, end);
}

/* With one comma: the one before it, for the first child the one behind. A
 * comment between two children stays, at the price of a trailing comma. */
static void remove_from_flow(struct edit_work *w, const struct node *parent, size_t slot)
{
	size_t start = child_start(parent, slot);
	size_t end = parent->items[slot]->end;
	size_t before = slot ? parent->items[slot - 1]->end : 0;
	size_t behind = slot + 1 < parent->count ? child_start(parent, slot + 1) : 0;

	if (slot && !has_any(w->text, before, start, "#")) {
		replace(w, before, end);
	} else if (behind && !has_any(w->text, end, behind, "#\n")) {
		replace(w, start, behind);
	} else if (behind) {
		remove_with_comma(w, start, end);
	} else {
		replace(w, start, end);
	}
}

/* The first key behind a dash leaves its place to the next one. */
static void remove_key(struct edit_work *w, const struct node *parent, size_t slot)
{
	size_t start = child_start(parent, slot);
	size_t end = line_behind(w->text, parent->items[slot]);

	if (is_first_on_line(w->text, start)) {
		start = line_start(w->text, start);
	} else {
		end = skip_space(w->text, end);
	}
	replace(w, start, end);
}

/* The dash of an item stands in the column of its list, on the item's line or
 * above it with nothing but comments between. */
static bool remove_item(struct edit_work *w, const struct node *list, size_t slot)
{
	const struct node *item = list->items[slot];
	size_t at = line_start(w->text, item->start);
	size_t column = (size_t)list->column - 1;

	while (skip_blanks(w->text, at) != at + column || w->text.ptr[at + column] != '-') {
		if (at <= list->start) {
			return err_setf(w->err, ERR_INVALID, "line %d is written in a way that "
					"cannot be edited; expected \"- \" on a line of its own",
					item->line);
		}
		at = line_start(w->text, at - 1);
	}
	replace(w, at, line_behind(w->text, item));
	return true;
}

/* The last child leaves an empty collection behind, not a hole. */
static bool remove_last_child(struct edit_work *w, size_t depth)
{
	const struct node *parent = w->found.nodes[depth];
	struct new_value empty;
	bool ok;

	if (depth == 0 && parent->style == STYLE_BLOCK) {
		replace(w, line_start(w->text, parent->start), line_behind(w->text, parent));
		return true;
	}
	ok = new_value_init(w, parent->keys ? "{}" : "[]", &empty) &&
	     replace_value(w, depth, &empty);
	buf_wipe(&empty.text);
	return ok;
}

bool splice_remove(struct edit_work *w)
{
	size_t depth = w->path.count - 1;
	const struct node *parent;
	size_t slot;

	if (w->found.depth < w->path.count) {
		return path_refuse_missing(&w->path, &w->found, w->err);
	}
	parent = w->found.nodes[depth];
	slot = w->found.slots[depth];
	if (parent->count == 1) {
		return remove_last_child(w, depth);
	}
	if (parent->style == STYLE_FLOW) {
		remove_from_flow(w, parent, slot);
		return true;
	}
	if (parent->kind == NODE_LIST) {
		return remove_item(w, parent, slot);
	}
	remove_key(w, parent, slot);
	return true;
}
