#include "stats/series.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stats/name_key.h"

void series_release(struct series_set *set)
{
	for (size_t i = 0; i < set->list.len; i++) {
		struct series *s = series_at(set, i);

		free(s->group);
		free(s->member);
		free(s);
	}
	vec_release(&set->list);
	map_release(&set->index);
}

struct series *series_find(const struct series_set *set, const char *group,
			   const char *member)
{
	struct name_key key;

	name_key_init(&key);
	name_key_add(&key, group);
	name_key_add(&key, member);
	return map_get(&set->index, name_key_slice(&key));
}

static struct series *add(struct series_set *set, const char *group, const char *member)
{
	struct series *s = xcalloc(1, sizeof *s);
	struct name_key key;

	s->group = xstrdup(group ? group : "");
	s->member = xstrdup(member ? member : "");
	name_key_init(&key);
	name_key_add(&key, group);
	name_key_add(&key, member);
	map_put(&set->index, name_key_slice(&key), s);
	vec_push(&set->list, s);
	return s;
}

struct series *series_get(struct series_set *set, const char *group, const char *member)
{
	struct series *s = series_find(set, group, member);

	if (!s && set->list.len >= set->max) {
		/* Keys have no members: there the group is what is bounded. */
		group = str_empty(member) ? SERIES_OTHER : group;
		member = str_empty(member) ? member : SERIES_OTHER;
		s = series_find(set, group, member);
	}
	return s ? s : add(set, group, member);
}
