/*
 * Removing a key or an item: with its lines, or with its comma.
 */
#include "config/splice.h"

#include "config/lines.h"

static size_t child_start(const struct node *parent, size_t slot)
{
	return parent->keys ? parent->keys[slot]->start : parent->items[slot]->start;
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
	splice_replace(w, start, end);
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
		splice_replace(w, before, end);
	} else if (behind && !has_any(w->text, end, behind, "#\n")) {
		splice_replace(w, start, behind);
	} else if (behind) {
		remove_with_comma(w, start, end);
	} else {
		splice_replace(w, start, end);
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
	splice_replace(w, start, end);
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
	splice_replace(w, at, line_behind(w->text, item));
	return true;
}

/* The last child leaves an empty collection behind, not a hole. */
static bool remove_last_child(struct edit_work *w, size_t depth)
{
	const struct node *parent = w->found.nodes[depth];
	struct new_value empty;
	bool ok;

	if (depth == 0 && parent->style == STYLE_BLOCK) {
		splice_replace(w, line_start(w->text, parent->start), line_behind(w->text, parent));
		return true;
	}
	ok = new_value_init(&empty, parent->keys ? "{}" : "[]", w->arena, w->err) &&
	     splice_replace_value(w, depth, &empty);
	new_value_release(&empty);
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
