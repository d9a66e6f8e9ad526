#include "stats/usage.h"

#include <stdlib.h>

#include "base/mem.h"
#include "stats/name_key.h"
#include "stats/series.h"

static void destroy_row(struct usage_row *row)
{
	free(row->upstream);
	free(row->model);
	free(row->key);
	free(row);
}

void usage_release(struct usage_table *t)
{
	for (size_t i = 0; i < t->rows.len; i++) {
		destroy_row(t->rows.items[i]);
	}
	vec_release(&t->rows);
	map_release(&t->index);
	*t = (struct usage_table){ .rows.len = 0 };
}

static char *copy_name(const char *name)
{
	return xstrndup(name ? name : "", name ? strnlen(name, NAME_KEY_PART) : 0);
}

static struct usage_row *row_of(struct usage_table *t, int64_t hour_ms, const char *upstream,
				const char *model, const char *key_name)
{
	struct name_key key;
	struct usage_row *row;

	if (t->rows.len >= MAX_USAGE_ROWS) {
		model = SERIES_OTHER;
	}
	name_key_init(&key);
	name_key_number(&key, hour_ms);
	name_key_add(&key, upstream);
	name_key_add(&key, model);
	name_key_add(&key, key_name);
	row = map_get(&t->index, name_key_slice(&key));
	if (!row) {
		row = xcalloc(1, sizeof *row);
		row->hour_ms = hour_ms;
		row->upstream = copy_name(upstream);
		row->model = copy_name(model);
		row->key = copy_name(key_name);
		map_put(&t->index, name_key_slice(&key), row);
		vec_push(&t->rows, row);
	}
	return row;
}

void usage_add(struct usage_table *t, const struct request_record *r)
{
	int64_t hour_ms = r->at_ms - r->at_ms % HOUR_MS;

	usage_sums_add(&row_of(t, hour_ms, r->upstream, r->model_used, r->key_name)->sums, r);
}

void usage_merge(struct usage_table *t, const struct usage_row *row)
{
	usage_sums_merge(&row_of(t, row->hour_ms, row->upstream, row->model, row->key)->sums,
			 &row->sums);
}
