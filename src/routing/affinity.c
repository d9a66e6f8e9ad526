#include "routing/affinity.h"

#include <stdlib.h>

#include "base/json_scan.h"
#include "base/mem.h"

/* Texts are told apart by their beginning; a whole prompt would cost time. */
#define TEXT_MAX 4096

/* Of the key of an id; a key is never 0, so one of the two is set. */
#define FILE_BIT UINT64_C(1)
#define FAR_BIT UINT64_C(2)

void affinity_init(struct affinity *a, size_t count, int64_t ttl_ms)
{
	lru_init(&a->lru, count);
	a->bindings = xcalloc(count, sizeof *a->bindings);
	a->ttl_ms = ttl_ms;
}

void affinity_release(struct affinity *a)
{
	lru_release(&a->lru);
	free(a->bindings);
	a->bindings = NULL;
}

bool affinity_get(const struct affinity *a, uint64_t key, struct moment now, uint32_t *owner)
{
	size_t at = key ? lru_find(&a->lru, key) : LRU_NONE;

	if (at == LRU_NONE ||
	    moment_reached(now, moment_after(a->bindings[at].used, a->ttl_ms))) {
		return false;
	}
	*owner = a->bindings[at].owner;
	return true;
}

void affinity_put(struct affinity *a, uint64_t key, uint32_t owner, struct moment now)
{
	bool is_new;
	size_t at;

	if (key) {
		at = lru_place(&a->lru, key, now.mono_ms, &is_new);
		a->bindings[at] = (struct binding){ owner, now };
	}
}

/* Claude Code puts JSON there, {"device_id":…,"session_id":…}; older versions
 * user_…_account_…_session_<uuid>. Others put a user, who is no session. */
static struct slice session_of_user(struct slice user_id)
{
	static const char mark[] = "_session_";
	struct json_member member;
	const char *at;

	if (json_find(user_id, "session_id", &member) && member.kind == JSON_STRING) {
		return member.value;
	}
	at = str_ifind(user_id.ptr, user_id.len, mark);
	if (!at) {
		return SLICE_NULL;
	}
	at += sizeof mark - 1;
	return (struct slice){ at, (size_t)(user_id.ptr + user_id.len - at) };
}

static struct slice beginning(struct slice text)
{
	return (struct slice){ text.ptr, text.len < TEXT_MAX ? text.len : TEXT_MAX };
}

uint64_t affinity_session(const struct session_facts *f)
{
	struct slice named = f->session_header;
	uint64_t key;

	if (!named.len) {
		named = session_of_user(f->user_id);
	}
	if (!named.len) {
		named = f->cache_key;
	}
	if (!named.len && !f->system_text.len && !f->user_text.len) {
		return 0;
	}
	key = named.len ? lru_hash(1, named)
			: lru_hash(lru_hash(2, beginning(f->system_text)),
				   beginning(f->user_text));
	return lru_hash(key, slice_of(f->model ? f->model : ""));
}

uint64_t affinity_id(struct slice id)
{
	bool is_file = id.len >= 4 && memcmp(id.ptr, "file", 4) == 0;

	return id.len ? (lru_hash(3, id) & ~FILE_BIT) | (is_file ? FILE_BIT : FAR_BIT) : 0;
}

bool affinity_is_file(uint64_t key)
{
	return key & FILE_BIT;
}
