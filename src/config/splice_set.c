/*
 * Setting and appending: in place where the value stands on its key's line,
 * as lines of its own where it does not.
 */
#include "config/splice.h"

#include "config/lines.h"
#include "config/render.h"

/* Where whole lines are put in; the last line of a file may lack its break. */
static struct buf *insert_lines(struct edit_work *w, size_t at)
{
	struct buf *out = splice_replace(w, at, at);

	if (at > 0 && w->text.ptr[at - 1] != '\n') {
		buf_adds(out, w->eol);
	}
	return out;
}

/* `v` as whole lines behind `indent` blanks. */
static void add_block(const struct edit_work *w, size_t indent, const struct new_value *v,
		      struct buf *out)
{
	buf_addf(out, "%*s", (int)indent, "");
	render_indented(buf_slice(&v->text), indent, w->eol, out);
	buf_adds(out, w->eol);
}

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
	if (is_in_block(w, depth) && !new_value_is_block(v)) {
		buf_add(out, v->text.ptr, v->text.len);
	} else {
		render_flow(v->node, out);
	}
}

/* The value stands behind its key, dash or bracket on the same line. */
static bool replace_inline(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	struct buf *out = splice_replace(w, old->start, end_without_breaks(w->text, old));

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
	size_t colon = 0;

	if (!parent_key(w, depth) || !is_first_on_line(w->text, old->start)) {
		return replace_inline(w, depth, v);
	}
	if (!find_colon(w, depth, &colon)) {
		return false;
	}
	out = splice_replace(w, colon, colon);
	buf_addc(out, ' ');
	add_inline(w, depth, v, out);
	splice_replace(w, line_start(w->text, old->start), line_behind(w->text, old));
	return true;
}

/* A value on the key's line gives way to a block below it; a comment at the
 * end of the line stays there. */
static bool replace_inline_by_block(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	size_t indent = (size_t)parent_key(w, depth)->column - 1 + INDENT_STEP;
	size_t colon = 0;

	if (!find_colon(w, depth, &colon)) {
		return false;
	}
	splice_replace(w, colon, end_without_breaks(w->text, old));
	add_block(w, indent, v, insert_lines(w, line_behind(w->text, old)));
	return true;
}

static bool replace_block(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	struct buf *out = splice_replace(w, old->start, end_without_breaks(w->text, old));

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

	return !new_value_is_block(v) || !is_in_block(w, depth) || !parent_key(w, depth) ||
	       (old->style == STYLE_FLOW && depth > 1 && v->node->kind == NODE_MAP &&
		has_only_scalars(v->node));
}

bool splice_replace_value(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *old = w->found.nodes[depth];
	bool was_block = old->style == STYLE_BLOCK && !old->is_alias;

	if (was_block) {
		return new_value_is_block(v) ? replace_block(w, depth, v)
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
	struct buf *out = insert_lines(w, line_behind(w->text, collection));

	add_block(w, (size_t)collection->column - 1, v, out);
	return true;
}

static bool add_inside_flow(struct edit_work *w, const struct node *collection,
			    const struct new_value *v)
{
	size_t at = collection->items[collection->count - 1]->end;
	struct buf *out = splice_replace(w, at, at);

	buf_adds(out, ", ");
	render_flow_inside(v->node, out);
	return true;
}

/* `v` is a map or list whose children join nodes[depth]. */
static bool join_collection(struct edit_work *w, size_t depth, const struct new_value *v)
{
	const struct node *n = w->found.nodes[depth];

	if (n->count == 0 && (node_is_null(n) || n->kind == v->node->kind)) {
		return splice_replace_value(w, depth, v);
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
	add_block(w, 0, v, insert_lines(w, w->text.len));
	return true;
}

/* Sets the path to `v`, making the keys that are missing on the way. */
static bool set_value(struct edit_work *w, struct new_value *v)
{
	const struct found *found = &w->found;

	if (found->depth == w->path.count) {
		return splice_replace_value(w, found->depth, v);
	}
	for (size_t i = w->path.count; i > found->depth; i--) {
		if (w->path.steps[i - 1].kind != STEP_KEY) {
			return path_refuse_missing(&w->path, found, w->err);
		}
		if (!new_value_wrap_in_key(v, w->path.steps[i - 1].text)) {
			return false;
		}
	}
	return found->nodes[0] ? join_collection(w, found->depth, v) : add_first_section(w, v);
}

bool splice_set(struct edit_work *w, const char *value)
{
	struct new_value v;
	bool ok = new_value_init(&v, value, w->arena, w->err) && set_value(w, &v);

	new_value_release(&v);
	return ok;
}

bool splice_append(struct edit_work *w, const char *value)
{
	bool exists = w->found.depth == w->path.count;
	struct new_value v;
	bool ok = new_value_init(&v, value, w->arena, w->err) && new_value_wrap_in_list(&v);

	ok = ok && (exists ? join_collection(w, w->found.depth, &v) : set_value(w, &v));
	new_value_release(&v);
	return ok;
}
