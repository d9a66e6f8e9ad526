#include "gateway/unified.h"

#include "base/json_text.h"
#include "base/limits.h"
#include "base/map.h"

/* Chat has some forty members; more than that is no request. */
#define MAX_PARAMETERS 256

struct flattening {
	const struct scan *scan;
	bool is_chat;
	struct map parameters;          /* decoded name -> struct json_member * */
	struct arena *arena;
	struct buf name;
	struct buf *out;
	const char *from;               /* of the body: not yet copied */
	size_t kept;                    /* members */
};

bool unified_is(const struct scan *s, bool is_chat)
{
	return s->provider || (is_chat && s->parameters.len);
}

/* Valid until the next call. */
static struct slice name_of(struct flattening *f, const struct json_member *m)
{
	if (!memchr(m->key.ptr, '\\', m->key.len)) {
		return m->key;
	}
	buf_clear(&f->name);
	json_unquote(json_key_text(m), &f->name);
	return buf_slice(&f->name);
}

static bool is_only_top_level(struct slice name)
{
	return slice_eq(name, "model") || slice_eq(name, "messages") ||
	       slice_eq(name, "provider") || slice_eq(name, "parameters") ||
	       slice_eq(name, "metadata");
}

/* ---- the parameters ---- */

static bool read_parameters(struct flattening *f, struct err *err)
{
	struct json_scan s;
	struct json_member m;

	json_scan_init(&s, f->scan->parameters);
	for (size_t count = 0; json_scan_next(&s, &m); count++) {
		struct slice name = name_of(f, &m);
		struct json_member *copy = arena_alloc(f->arena, sizeof *copy);

		if (count == MAX_PARAMETERS) {
			return err_setf(err, ERR_INVALID, "`parameters` has more than %d members",
					MAX_PARAMETERS);
		}
		*copy = m;
		if (!is_only_top_level(name)) {
			map_put(&f->parameters, name, copy);
		}
	}
	return true;
}

/* In the order in which they stand there; of duplicates the last. */
static void add_parameters(struct flattening *f)
{
	struct json_scan s;
	struct json_member m;

	json_scan_init(&s, f->scan->parameters);
	while (json_scan_next(&s, &m)) {
		const struct json_member *last = map_get(&f->parameters, name_of(f, &m));

		if (!last || last->value.ptr != m.value.ptr) {
			continue;
		}
		if (f->kept++) {
			buf_addc(f->out, ',');
		}
		buf_add(f->out, json_key_text(&m).ptr, json_key_text(&m).len);
		buf_addc(f->out, ':');
		buf_add(f->out, m.value.ptr, m.value.len);
	}
}

/* ---- the top level ---- */

static bool is_taken_out(const struct flattening *f, struct slice name,
			 const struct json_member *m)
{
	if (slice_eq(name, "provider")) {
		return m->kind == JSON_STRING;
	}
	if (!f->is_chat) {
		return false;
	}
	return slice_eq(name, "parameters") ||
	       (slice_eq(name, "metadata") && !f->scan->is_stored);
}

/* What is left out goes with the comma before it. The first that stays has
 * none, whatever stood before it. */
static void copy_members(struct flattening *f)
{
	bool is_first = true;
	struct json_scan s;
	struct json_member m;

	json_scan_init(&s, f->scan->text);
	while (json_scan_next(&s, &m)) {
		struct slice name = name_of(f, &m);
		const char *start = f->kept || is_first ? f->from : json_key_text(&m).ptr;
		const char *end = m.value.ptr + m.value.len;

		is_first = false;
		f->from = end;
		map_remove(&f->parameters, name);
		if (!is_taken_out(f, name, &m)) {
			buf_add(f->out, start, (size_t)(end - start));
			f->kept++;
		}
	}
}

static bool flatten(struct flattening *f, struct err *err)
{
	struct slice text = f->scan->text;

	if (f->is_chat && !read_parameters(f, err)) {
		return false;
	}
	f->from = (const char *)memchr(text.ptr, '{', text.len) + 1;
	buf_add(f->out, text.ptr, (size_t)(f->from - text.ptr));
	copy_members(f);
	add_parameters(f);
	buf_add(f->out, f->from, (size_t)(text.ptr + text.len - f->from));
	return true;
}

/* The session that the metadata names, as a raw string. */
static void keep_session(struct scan *s, struct slice metadata)
{
	struct json_member m;

	if (!s->metadata.len) {
		s->metadata = metadata;
	}
	if (!s->cache_key.len && json_find_kind(metadata, "session_id", JSON_STRING, &m)) {
		s->cache_key = m.value;
	}
}

bool unified_flatten(struct body *b, bool is_chat, struct arena *a, struct scan *s,
		     struct err *err)
{
	struct buf out;
	struct flattening f = { .scan = s, .is_chat = is_chat, .arena = a, .out = &out };
	const char *provider = s->provider;
	struct slice metadata = is_chat ? arena_slice(a, s->metadata) : SLICE_NULL;
	bool ok;

	buf_init(&out, b->max);
	buf_init(&f.name, b->max);
	ok = flatten(&f, err);
	ok = ok && body_replace(b, buf_slice(&out), err) &&
	     scan_body(body_text(b), a, s, err);
	if (ok) {
		s->provider = provider;
		keep_session(s, metadata);
	}
	map_release(&f.parameters);
	buf_release(&f.name);
	buf_release(&out);
	return ok;
}
