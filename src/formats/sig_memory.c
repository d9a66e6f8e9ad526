#include "formats/sig_memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "formats/fold.h"

const struct sig_memory_limits sig_memory_usual = {
	.entries = MAX_REMEMBERED_CALLS,
	.bytes = MAX_REMEMBERED_BYTES,
	.ttl_ms = 60LL * 60 * 1000,
};

struct entry {
	struct entry *newer;
	struct entry *older;
	struct arena arena;               /* of everything below */
	struct slice key;
	struct hub_blocks thinking;       /* that stood before the call */
	struct hub_sig sig;               /* of the call; origin NONE: it has none */
	int64_t until_ms;
};

struct sig_memory {
	pthread_mutex_t lock;
	struct sig_memory_limits limits;
	struct map entries;               /* key -> struct entry */
	struct entry *newest;
	struct entry *oldest;
	size_t bytes;
};

struct sig_memory *sig_memory_create(const struct sig_memory_limits *limits)
{
	struct sig_memory *m = xcalloc(1, sizeof *m);

	pthread_mutex_init(&m->lock, NULL);
	m->limits = *limits;
	return m;
}

static void unlink_entry(struct sig_memory *m, struct entry *e)
{
	*(e->newer ? &e->newer->older : &m->newest) = e->older;
	*(e->older ? &e->older->newer : &m->oldest) = e->newer;
	e->newer = e->older = NULL;
}

static void link_newest(struct sig_memory *m, struct entry *e)
{
	e->older = m->newest;
	*(m->newest ? &m->newest->newer : &m->oldest) = e;
	m->newest = e;
}

static void forget(struct sig_memory *m, struct entry *e)
{
	unlink_entry(m, e);
	map_remove(&m->entries, e->key);
	m->bytes -= e->arena.total;
	arena_release(&e->arena);
	free(e);
}

void sig_memory_destroy(struct sig_memory *m)
{
	if (!m) {
		return;
	}
	while (m->oldest) {
		forget(m, m->oldest);
	}
	map_release(&m->entries);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* An owner's name has no line break. */
static struct slice key_of(struct arena *a, struct slice owner, struct slice id)
{
	return slice_cat(a, slice_cat(a, owner, slice_of("\n")), id);
}

static void copy_blocks(struct arena *a, const struct hub_blocks *from, struct hub_blocks *to)
{
	blocks_each(block, from) {
		hub_append(to, hub_block_copy(a, block));
	}
}

static struct hub_sig copy_sig(struct arena *a, const struct hub_sig *sig)
{
	return (struct hub_sig){ sig->origin, arena_slice(a, sig->data),
				 arena_slice(a, sig->item_id) };
}

/* ---- putting back ---- */

static struct entry *find(struct sig_memory *m, struct slice key, int64_t now_ms)
{
	struct entry *e = map_get(&m->entries, key);

	if (e && e->until_ms <= now_ms) {
		forget(m, e);
		e = NULL;
	}
	if (e) {
		unlink_entry(m, e);
		link_newest(m, e);
	}
	return e;
}

/* What stood before the first call stood before everything (C21, C121). */
static void put_before(struct hub_blocks *list, struct hub_block *call, bool is_first_call,
		       struct hub_blocks *more)
{
	struct hub_block **link = &list->first;

	while (!is_first_call && *link != call) {
		link = &(*link)->next;
	}
	if (more->first) {
		more->last->next = *link;
		*link = more->first;
		list->count += more->count;
	}
}

static void restore_message(const struct sig_scope *scope, struct arena *a,
			    struct hub_message *message, int64_t now_ms)
{
	bool is_first_call = true;

	for (struct hub_block *b = message->blocks.first; b; b = b->next) {
		struct hub_blocks thinking = { .count = 0 };
		struct entry *e;

		if (b->kind != BLOCK_TOOL_USE) {
			continue;
		}
		e = find(scope->memory, key_of(a, slice_of(scope->owner), b->tool_use.id),
			 now_ms);
		if (e && b->sig.origin == ORIGIN_NONE) {
			b->sig = copy_sig(a, &e->sig);
			copy_blocks(a, &e->thinking, &thinking);
			put_before(&message->blocks, b, is_first_call, &thinking);
		}
		is_first_call = false;
	}
}

void sig_memory_restore(const struct sig_scope *scope, struct hub_request *req, int64_t now_ms)
{
	pthread_mutex_lock(&scope->memory->lock);
	for (struct hub_message *m = req->messages; m; m = m->next) {
		if (m->role == ROLE_ASSISTANT) {
			restore_message(scope, req->arena, m, now_ms);
		}
	}
	pthread_mutex_unlock(&scope->memory->lock);
}

/* ---- keeping ---- */

static void keep(struct sig_memory *m, struct entry *e, int64_t now_ms)
{
	struct entry *before;

	e->until_ms = now_ms + m->limits.ttl_ms;
	pthread_mutex_lock(&m->lock);
	before = map_get(&m->entries, e->key);
	if (before) {
		forget(m, before);
	}
	map_put(&m->entries, e->key, e);
	link_newest(m, e);
	m->bytes += e->arena.total;
	while (m->entries.len > m->limits.entries || m->bytes > m->limits.bytes) {
		forget(m, m->oldest);
	}
	pthread_mutex_unlock(&m->lock);
}

struct sig_collector {
	struct sig_memory *memory;
	struct slice owner;
	struct arena arena;               /* the signed blocks since the last call */
	struct hub_blocks thinking;
	struct hub_block *open;           /* thinking, in the arena */
	struct buf text;                  /* of the open block */
};

struct sig_collector *sig_collector_create(struct sig_memory *m, struct slice owner)
{
	struct sig_collector *c = xcalloc(1, sizeof *c);

	c->memory = m;
	c->owner = owner;
	arena_init(&c->arena, 1 * KIB);
	buf_init(&c->text, MAX_REMEMBERED_CALL_BYTES);
	return c;
}

void sig_collector_destroy(struct sig_collector *c)
{
	if (c) {
		arena_release(&c->arena);
		buf_release(&c->text);
		free(c);
	}
}

static void forget_collected(struct sig_collector *c)
{
	arena_release(&c->arena);
	c->thinking = (struct hub_blocks){ .count = 0 };
	c->open = NULL;
}

static void on_call(struct sig_collector *c, const struct hub_block *call)
{
	struct entry *e;

	if (call->tool_use.id.len && (c->thinking.first || call->sig.origin != ORIGIN_NONE) &&
	    c->arena.total + call->sig.data.len <= MAX_REMEMBERED_CALL_BYTES) {
		e = xcalloc(1, sizeof *e);
		arena_init(&e->arena, 512);
		e->key = key_of(&e->arena, c->owner, call->tool_use.id);
		copy_blocks(&e->arena, &c->thinking, &e->thinking);
		e->sig = copy_sig(&e->arena, &call->sig);
		keep(c->memory, e, (int64_t)clock_mono_ms());
	}
	forget_collected(c);
}

static void on_block(struct sig_collector *c, const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TOOL_USE:
		on_call(c, block);
		break;
	case BLOCK_THINKING:
		c->open = hub_block_copy(&c->arena, block);
		break;
	case BLOCK_REDACTED:
		hub_append(&c->thinking, hub_block_copy(&c->arena, block));
		break;
	default:
		break;
	}
}

/* Unsigned thinking is worth nothing to anybody later. */
static void on_block_stop(struct sig_collector *c)
{
	if (c->open && c->open->sig.origin != ORIGIN_NONE && !c->text.failed) {
		c->open->thinking.text = arena_slice(&c->arena, buf_slice(&c->text));
		hub_append(&c->thinking, c->open);
	}
	c->open = NULL;
	buf_release(&c->text);
}

void sig_collector_event(struct sig_collector *c, const struct event *ev)
{
	if (ev->choice) {
		return;                 /* several answers: nobody goes on with all */
	}
	if (ev->kind == EVENT_BLOCK_START) {
		on_block(c, ev->block);
	} else if (ev->kind == EVENT_BLOCK_STOP) {
		on_block_stop(c);
	} else if (c->open && ev->kind == EVENT_DELTA && ev->delta == DELTA_THINKING) {
		buf_add(&c->text, ev->text.ptr, ev->text.len);
	} else if (c->open && ev->kind == EVENT_DELTA && ev->delta == DELTA_SIG) {
		c->open->sig = copy_sig(&c->arena, ev->sig);
	}
}
