#include "config/path.h"

#include <ctype.h>

#include "base/buf.h"
#include "base/limits.h"
#include "config/edit.h"

/* ---- reading ---- */

struct reader {
	const char *at;
	struct arena *arena;
};

/* Up to one of `ends`, or a text in double quotes with \" and \\ inside.
 * NULL when there is nothing, or a quote stays open. */
static const char *read_word(struct reader *r, const char *ends)
{
	struct buf word = BUF_INIT(KIB);
	const char *text = NULL;
	bool is_quoted = *r->at == '"';

	if (!is_quoted) {
		size_t len = strcspn(r->at, ends);

		r->at += len;
		return len ? arena_strndup(r->arena, r->at - len, len) : NULL;
	}
	for (r->at++; *r->at && *r->at != '"'; r->at++) {
		r->at += *r->at == '\\' && r->at[1];
		buf_addc(&word, *r->at);
	}
	if (*r->at == '"' && !word.failed) {
		r->at++;
		text = arena_strdup(r->arena, buf_text(&word));
	}
	buf_release(&word);
	return text;
}

static bool read_index(const char *text, size_t *index)
{
	uint64_t value;

	if (!str_to_u64(slice_of(text), &value) || value > SIZE_MAX) {
		return false;
	}
	*index = (size_t)value;
	return true;
}

/* "[0]" or "[name=value]" */
static bool read_selector(struct reader *r, struct step *step)
{
	r->at++;
	step->kind = STEP_MATCH;
	step->name = read_word(r, "=]");
	if (!step->name) {
		return false;
	}
	if (*r->at == '=') {
		r->at++;
		step->text = read_word(r, "]");
		if (!step->text) {
			return false;
		}
	} else {
		step->kind = STEP_INDEX;
		if (!read_index(step->name, &step->index)) {
			return false;
		}
	}
	return *r->at++ == ']';
}

static bool read_step(struct reader *r, bool is_first, struct step *step)
{
	if (*r->at == '[') {
		return !is_first && read_selector(r, step);
	}
	if (!is_first && *r->at++ != '.') {
		return false;
	}
	step->kind = STEP_KEY;
	step->text = read_word(r, ".[]\"");
	return step->text != NULL;
}

bool path_parse(const char *text, struct arena *arena, struct path *path, struct err *err)
{
	struct reader r = { .at = text, .arena = arena };

	path->count = 0;
	do {
		struct step *step = &path->steps[path->count];

		if (path->count == PATH_MAX_STEPS || !read_step(&r, path->count == 0, step)) {
			return err_setf(err, ERR_USAGE, "\"%.100s\" is no path of a key; expected "
					"one like server.port or "
					"upstream_accounts[name=NAME].status", text);
		}
		path->count++;
	} while (*r.at);
	return true;
}

/* ---- following ---- */

static bool find_key(const struct node *n, const char *key, size_t *slot)
{
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		if (str_eq(n->keys[i]->text, key)) {
			*slot = i;
			return true;
		}
	}
	return false;
}

static bool find_match(const struct node *n, const struct step *step, size_t *slot)
{
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		const struct node *value = node_get(n->items[i], step->name);

		if (value && value->kind == NODE_SCALAR && str_eq(value->text, step->text)) {
			*slot = i;
			return true;
		}
	}
	return false;
}

static bool find_slot(const struct node *n, const struct step *step, size_t *slot)
{
	switch (step->kind) {
	case STEP_KEY:
		return find_key(n, step->text, slot);
	case STEP_MATCH:
		return find_match(n, step, slot);
	default:
		*slot = step->index;
		return n->kind == NODE_LIST && step->index < n->count;
	}
}

void path_continue(const struct path *path, struct found *found)
{
	const struct node *n = found->nodes[found->depth];
	size_t slot;

	while (n && found->depth < path->count &&
	       find_slot(n, &path->steps[found->depth], &slot)) {
		n = n->items[slot];
		found->slots[found->depth++] = slot;
		found->nodes[found->depth] = n;
	}
}

void path_follow(const struct path *path, const struct node *root, struct found *found)
{
	found->depth = 0;
	found->nodes[0] = root;
	path_continue(path, found);
}

bool path_refuse_missing(const struct path *path, const struct found *found, struct err *err)
{
	const struct step *step = &path->steps[found->depth];

	switch (step->kind) {
	case STEP_KEY:
		return err_setf(err, ERR_NOT_FOUND, "the file has no \"%.100s\"", step->text);
	case STEP_MATCH:
		return err_setf(err, ERR_NOT_FOUND, "the file has no item with %.60s \"%.100s\"",
				step->name, step->text);
	default:
		return err_setf(err, ERR_NOT_FOUND, "the file has no item %zu", step->index);
	}
}

bool path_find(struct slice text, const char *where, struct arena *arena,
	       const struct node **n, struct err *err)
{
	const struct node *root;
	struct found found;
	struct path path;

	if (!path_parse(where, arena, &path, err) ||
	    !node_parse("config", text, arena, &root, err)) {
		return false;
	}
	path_follow(&path, root, &found);
	*n = found.nodes[found.depth];
	return found.depth == path.count || path_refuse_missing(&path, &found, err);
}

/* ---- writing ---- */

void config_path_quote(struct buf *path, struct slice name)
{
	buf_addc(path, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"' || name.ptr[i] == '\\') {
			buf_addc(path, '\\');
		}
		buf_addc(path, name.ptr[i]);
	}
	buf_addc(path, '"');
}

static bool is_plain_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_' &&
		    name.ptr[i] != '-') {
			return false;
		}
	}
	return name.len > 0;
}

void config_path_add(struct buf *path, struct slice name)
{
	if (path->len) {
		buf_addc(path, '.');
	}
	if (is_plain_name(name)) {
		buf_add(path, name.ptr, name.len);
	} else {
		config_path_quote(path, name);
	}
}
