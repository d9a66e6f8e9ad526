#include "config/edit.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "config/load.h"
#include "config/load_options.h"
#include "config/path.h"
#include "config/render.h"
#include "config/splice.h"

#define ARENA_BLOCK_BYTES (16 * KIB)

/* ---- one edit ---- */

/* The children of two collections are the same but for one that is left out
 * on either side (SIZE_MAX: none). */
static bool same_beside(const struct node *a, size_t skip_a, const struct node *b, size_t skip_b)
{
	size_t i = 0;
	size_t k = 0;

	for (;; i++, k++) {
		i += i == skip_a;
		k += k == skip_b;
		if (i >= a->count || k >= b->count) {
			return i >= a->count && k >= b->count;
		}
		if ((a->keys && !str_eq(a->keys[i]->text, b->keys[k]->text)) ||
		    !node_equal(a->items[i], b->items[k])) {
			return false;
		}
	}
}

/* Off the path nothing may have changed its meaning. */
static bool rest_is_same(const struct found *before, const struct found *after)
{
	size_t depth = before->depth < after->depth ? before->depth : after->depth;

	for (size_t i = 0; i < depth; i++) {
		const struct node *a = before->nodes[i];
		const struct node *b = after->nodes[i];

		if (a->kind != b->kind || !same_beside(a, before->slots[i], b, after->slots[i])) {
			return false;
		}
	}
	return true;
}

/* The one child that joined or left where the path divides. */
static bool one_child_differs(const struct found *with, const struct found *without)
{
	const struct node *parent = without->nodes[without->depth];
	const struct node *full = with->nodes[without->depth];
	size_t slot = with->slots[without->depth];

	if (!parent || parent->count == 0) {
		return full->count == 1;
	}
	return parent->kind == full->kind && same_beside(parent, SIZE_MAX, full, slot);
}

static bool set_came_out(const struct edit_work *w, const struct found *after,
			 const struct node *value)
{
	if (after->depth < w->path.count || !node_equal(after->nodes[after->depth], value)) {
		return false;
	}
	return w->found.depth == w->path.count || one_child_differs(after, &w->found);
}

static bool append_came_out(const struct edit_work *w, const struct found *after,
			    const struct node *value)
{
	bool existed = w->found.depth == w->path.count;
	const struct node *old = existed ? w->found.nodes[w->found.depth] : NULL;
	const struct node *list = after->nodes[after->depth];

	if (after->depth < w->path.count || list->kind != NODE_LIST || list->count == 0 ||
	    !node_equal(list->items[list->count - 1], value)) {
		return false;
	}
	if (!old || old->count == 0) {
		return list->count == 1;
	}
	return same_beside(old, SIZE_MAX, list, list->count - 1);
}

static bool remove_came_out(const struct edit_work *w, const struct found *after)
{
	const struct node *parent = after->nodes[w->path.count - 1];
	const struct node *old = w->found.nodes[w->path.count - 1];

	if (after->depth < w->path.count - 1) {
		return false;
	}
	return parent ? same_beside(old, w->found.slots[w->path.count - 1], parent, SIZE_MAX)
		      : old->count == 1;
}

static bool came_out(const struct edit_work *w, const struct edit *edit,
		     const struct found *after)
{
	const struct node *value = NULL;

	if (!rest_is_same(&w->found, after)) {
		return false;
	}
	if (edit->kind == EDIT_REMOVE) {
		return remove_came_out(w, after);
	}
	if (!node_parse("value", slice_of(edit->value), w->arena, &value, NULL) || !value) {
		return false;
	}
	return edit->kind == EDIT_SET ? set_came_out(w, after, value)
				      : append_came_out(w, after, value);
}

/* The old path in the new tree: by the same slots as far as it led, because
 * an edit may change the very name that the path goes by. */
static void follow_again(const struct edit_work *w, const struct edit *edit,
			 const struct node *root, struct found *after)
{
	size_t known = edit->kind == EDIT_REMOVE ? w->path.count - 1 : w->found.depth;

	after->depth = 0;
	after->nodes[0] = root;
	while (root && after->depth < known && w->found.slots[after->depth] < root->count) {
		size_t slot = w->found.slots[after->depth];

		root = root->items[slot];
		after->slots[after->depth++] = slot;
		after->nodes[after->depth] = root;
	}
	if (edit->kind != EDIT_REMOVE && after->depth == known) {
		path_continue(&w->path, after);
	}
}

/* Reads the result back: whatever odd shape the file has, an edit does what
 * it says and nothing else, or is refused. */
static bool verify(struct edit_work *w, const struct edit *edit, struct slice result)
{
	const struct node *root;
	struct found after;

	if (node_parse("result", result, w->arena, &root, NULL)) {
		follow_again(w, edit, root, &after);
		if (came_out(w, edit, &after)) {
			return true;
		}
	}
	return err_setf(w->err, ERR_INVALID, "the file is written in a way that cannot be edited "
			"at \"%.200s\"; expected the change by hand", edit->path);
}

static bool refuse_aliases(const struct edit_work *w, const struct edit *edit)
{
	const struct found *found = &w->found;
	size_t last = found->depth;

	if (found->depth == w->path.count && edit->kind != EDIT_APPEND) {
		last--;
	}
	for (size_t i = 0; i <= last && found->nodes[i]; i++) {
		if (found->nodes[i]->is_alias) {
			return err_setf(w->err, ERR_INVALID, "line %d is an alias (*); expected "
					"the change by hand where its anchor (&) stands",
					found->nodes[i]->line);
		}
	}
	return true;
}

static bool run(struct edit_work *w, const struct edit *edit)
{
	switch (edit->kind) {
	case EDIT_SET:
		return splice_set(w, edit->value);
	case EDIT_APPEND:
		return splice_append(w, edit->value);
	default:
		return splice_remove(w);
	}
}

static const char *eol_of(struct slice text)
{
	const char *first = text.len ? memchr(text.ptr, '\n', text.len) : NULL;

	return first && first > text.ptr && first[-1] == '\r' ? "\r\n" : "\n";
}

static bool edit_parsed(struct edit_work *w, const struct edit *edit, struct buf *out)
{
	const struct node *root;

	if (!path_parse(edit->path, w->arena, &w->path, w->err) ||
	    !node_parse("config", w->text, w->arena, &root, w->err)) {
		return false;
	}
	path_follow(&w->path, root, &w->found);
	if (!refuse_aliases(w, edit) || !run(w, edit)) {
		return false;
	}
	splice_apply(w, out);
	if (out->failed) {
		return err_setf(w->err, ERR_TOO_LARGE, "the file would grow beyond %lu bytes",
				MAX_CONFIG_BYTES);
	}
	return verify(w, edit, buf_slice(out));
}

static bool edit_once(struct slice text, const struct edit *edit, struct buf *out,
		      struct err *err)
{
	struct arena arena;
	struct edit_work w = { .text = text, .arena = &arena, .eol = eol_of(text), .err = err };
	bool ok;

	arena_init(&arena, ARENA_BLOCK_BYTES);
	ok = edit_parsed(&w, edit, out);
	edit_work_release(&w);
	arena_wipe(&arena);
	return ok;
}

/* ---- texts ---- */

bool config_edit_text(struct slice text, const struct edit *edits, size_t count,
		      struct buf *out, struct err *err)
{
	struct buf now = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok = true;

	buf_add(&now, text.ptr, text.len);
	for (size_t i = 0; ok && i < count; i++) {
		struct buf next = BUF_INIT(MAX_CONFIG_BYTES);

		ok = edit_once(buf_slice(&now), &edits[i], &next, err);
		buf_wipe(&now);
		now = next;
	}
	if (ok) {
		buf_add(out, now.ptr, now.len);
	}
	buf_wipe(&now);
	return ok;
}

bool config_get_text(struct slice text, const char *path, struct buf *out, struct err *err)
{
	const struct node *n;
	struct arena arena;
	bool ok;

	arena_init(&arena, ARENA_BLOCK_BYTES);
	ok = path_find(text, path, &arena, &n, err);
	if (ok) {
		render_node_text(text, n, out);
	}
	arena_wipe(&arena);
	return ok;
}

/* ---- files ---- */

static bool read_or_template(const char *path, struct buf *text, struct err *err)
{
	struct err problem = ERR_INIT;

	if (file_read(path, text, &problem)) {
		return true;
	}
	if (problem.kind == ERR_NOT_FOUND) {
		buf_adds(text, config_template());
		return true;
	}
	if (err) {
		*err = problem;
	}
	return false;
}

static bool is_valid(const char *path, struct slice text, struct err *err)
{
	struct config *c = config_parse_with(path, text, true, err);

	config_unref(c);
	return c != NULL;
}

/* The text of the file as it would be. */
static bool edited_file(const char *path, const struct edit *edits, size_t count,
			struct buf *out, struct err *err)
{
	struct buf before = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok = read_or_template(path, &before, err) &&
		  config_edit_text(buf_slice(&before), edits, count, out, err) &&
		  is_valid(path, buf_slice(out), err);

	buf_wipe(&before);
	return ok;
}

static int lock_file_of(const char *path, struct err *err)
{
	char *lock_path = xasprintf("%s.lock", path);
	int lock = file_lock(lock_path, true, err);

	free(lock_path);
	return lock;
}

/* A hash of a gateway key is hidden from readers, but opens nothing. */
static bool is_hash_only(struct slice line)
{
	return str_ifind(line.ptr, line.len, "key_hash") &&
	       !str_ifind(line.ptr, line.len, "api_key") &&
	       !str_ifind(line.ptr, line.len, "headers") && !str_ifind(line.ptr, line.len, "://");
}

static bool differs_in_secrets(struct slice text, struct slice shown)
{
	struct slice line;
	struct slice masked;
	bool differs = false;

	while (!differs && slice_next(&text, '\n', &line) && slice_next(&shown, '\n', &masked)) {
		bool is_same = line.len == masked.len &&
			       (!line.len || memcmp(line.ptr, masked.ptr, line.len) == 0);

		differs = !is_same && !is_hash_only(line);
	}
	return differs || text.len || shown.len;
}

/* A key that is taken out of the file must not live on in its backup. */
static bool has_secrets(struct slice text)
{
	struct buf shown = BUF_INIT(2 * MAX_CONFIG_BYTES);
	bool has = !config_redact_text(text, &shown, NULL) ||
		   differs_in_secrets(text, buf_slice(&shown));

	buf_wipe(&shown);
	return has;
}

/* A file that was not there leaves nothing to go back to. */
static bool write_with_backup(const char *path, struct slice text, struct err *err)
{
	struct buf before = BUF_INIT(MAX_CONFIG_BYTES);
	char *backup = xasprintf("%s.bak", path);
	bool ok = true;

	if (!file_read(path, &before, NULL) || has_secrets(buf_slice(&before))) {
		unlink(backup);
	} else {
		ok = file_write(backup, buf_slice(&before), 0600, err);
	}
	ok = ok && file_write(path, text, 0600, err);
	buf_wipe(&before);
	free(backup);
	return ok;
}

static bool read_backup(const char *path, struct buf *out, struct err *err)
{
	char *backup = xasprintf("%s.bak", path);
	bool ok = file_exists(backup) ? file_read(backup, out, err) :
		  err_setf(err, ERR_NOT_FOUND, "there is no change to take back");

	free(backup);
	return ok;
}

bool config_undo_file(const char *path, struct err *err)
{
	struct buf before = BUF_INIT(MAX_CONFIG_BYTES);
	int lock = lock_file_of(path, err);
	bool ok;

	if (lock < 0) {
		return false;
	}
	ok = read_backup(path, &before, err) && is_valid(path, buf_slice(&before), err) &&
	     write_with_backup(path, buf_slice(&before), err);
	close(lock);
	buf_wipe(&before);
	return ok;
}

bool config_edit_check(const char *path, const struct edit *edits, size_t count, struct err *err)
{
	struct buf after = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok = edited_file(path, edits, count, &after, err);

	buf_wipe(&after);
	return ok;
}

bool config_edit_file(const char *path, const struct edit *edits, size_t count, struct err *err)
{
	struct buf after = BUF_INIT(MAX_CONFIG_BYTES);
	int lock = lock_file_of(path, err);
	bool ok;

	if (lock < 0) {
		return false;
	}
	ok = edited_file(path, edits, count, &after, err) &&
	     write_with_backup(path, buf_slice(&after), err);
	close(lock);
	buf_wipe(&after);
	return ok;
}

static bool is_unchanged(const char *path, struct slice original, struct err *err)
{
	struct buf now = BUF_INIT(MAX_CONFIG_BYTES);
	struct err problem = ERR_INIT;
	bool ok = file_read(path, &now, &problem) || problem.kind == ERR_NOT_FOUND;

	if (!ok && err) {
		*err = problem;
	} else if (now.len != original.len ||
		   (now.len && memcmp(now.ptr, original.ptr, now.len) != 0)) {
		ok = err_setf(err, ERR_CONFLICT, "%s was changed by somebody else meanwhile", path);
	}
	buf_wipe(&now);
	return ok;
}

bool config_replace_file(const char *path, struct slice original, struct slice text,
			 struct err *err)
{
	int lock = lock_file_of(path, err);
	bool ok;

	if (lock < 0) {
		return false;
	}
	ok = is_valid(path, text, err) && is_unchanged(path, original, err) &&
	     write_with_backup(path, text, err);
	close(lock);
	return ok;
}
