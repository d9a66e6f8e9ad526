#include "stats/sessions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct session {
	uint64_t id;
	int64_t last_id;                /* of its last request's record */
	int64_t last_ms;
	char *upstream;                 /* of its last request, as the next three */
	char *model;
	char *key;
	char *client;
	struct usage_sums sums;
	int64_t switches;
	int64_t cached;                 /* tokens that its upstream's cache now holds */
	int64_t lost;                   /* of them, what switches made it pay again */
	int64_t last_prompt;            /* for the price of its model */
};

static void free_session(struct session *x)
{
	free(x->upstream);
	free(x->model);
	free(x->key);
	free(x->client);
	free(x);
}

void sessions_release(struct sessions *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free_session(s->items[i]);
	}
	map_release(&s->index);
	s->count = 0;
}

static struct slice key_of(const uint64_t *id)
{
	return (struct slice){ (const char *)id, sizeof *id };
}

/* The place of the one that has been quiet for longest. */
static size_t oldest(const struct sessions *s)
{
	size_t found = 0;

	for (size_t i = 1; i < s->count; i++) {
		if (s->items[i]->last_id < s->items[found]->last_id) {
			found = i;
		}
	}
	return found;
}

static struct session *session_of(struct sessions *s, uint64_t id)
{
	struct session *x = map_get(&s->index, key_of(&id));
	size_t place = s->count;

	if (x) {
		return x;
	}
	if (s->count == SESSIONS_KEPT) {
		place = oldest(s);
		map_remove(&s->index, key_of(&s->items[place]->id));
		free_session(s->items[place]);
	} else {
		s->count++;
	}
	x = xcalloc(1, sizeof *x);
	x->id = id;
	s->items[place] = x;
	map_put(&s->index, key_of(&id), x);
	return x;
}

static void set_text(char **at, const char *text, size_t len)
{
	if (!*at || strlen(*at) != len || memcmp(*at, text, len) != 0) {
		free(*at);
		*at = xstrndup(text, len);
	}
}

/* What the last upstream's cache held, and this one did not read. */
static void count_switch(struct session *x, const struct request_record *r)
{
	int64_t due = x->cached < r->tokens.in ? x->cached : r->tokens.in;

	x->switches++;
	if (r->tokens.is_known && due > r->tokens.cache_read) {
		x->lost += due - r->tokens.cache_read;
	}
}

void sessions_add(struct sessions *s, const struct request_record *r)
{
	struct session *x;

	if (!r->session || !r->upstream) {
		return;
	}
	x = session_of(s, r->session);
	if (x->upstream && !str_eq(x->upstream, r->upstream)) {
		count_switch(x, r);
	}
	usage_sums_add(&x->sums, r);
	x->last_id = r->id;
	x->last_ms = r->at_ms;
	set_text(&x->upstream, r->upstream, strlen(r->upstream));
	set_text(&x->model, r->model_used, strlen(r->model_used));
	set_text(&x->key, r->key_name ? r->key_name : "", r->key_name ? strlen(r->key_name) : 0);
	set_text(&x->client, r->client ? r->client : "",
		 r->client ? strcspn(r->client, " ") : 0);
	if (r->tokens.is_known) {
		x->cached = r->tokens.cache_read + r->tokens.cache_write;
		x->last_prompt = r->tokens.in;
	}
}

/* ---- JSON ---- */

static void write_ratio(const struct usage_sums *sums, struct json_writer *w)
{
	json_key(w, "cache_read_ratio");
	if (sums->tokens_in > 0) {
		json_double(w, (double)(sums->cache_read * 1000 / sums->tokens_in) / 1000);
	} else {
		json_null(w);
	}
}

/* What the lost tokens cost more than reading them from the cache would have:
 * they were written anew where writing has a price, else read as input. */
static void write_lost(const struct session *x, const struct usage_config *prices,
		       struct json_writer *w)
{
	struct rates rates;
	double paid;

	json_kint(w, "lost_tokens", x->lost);
	json_key(w, "lost_usd");
	if (!prices_find(prices, x->model, x->last_prompt, &rates)) {
		json_null(w);
		return;
	}
	paid = rates.cache_write > rates.in ? rates.cache_write : rates.in;
	json_double(w, (double)x->lost * (paid - rates.cache_read) / 1e6);
}

static void write_session(const struct session *x, const struct usage_config *prices,
			  struct json_writer *w)
{
	char name[24];

	snprintf(name, sizeof name, "%016" PRIx64, x->id);
	json_object(w);
	json_kstr(w, "name", name);
	json_kstr(w, "upstream", x->upstream);
	json_kstr(w, "model", x->model);
	json_kstr(w, "key", x->key);
	json_kstr(w, "client", x->client);
	json_ktime(w, "last_at", x->last_ms);
	usage_sums_write(&x->sums, w);
	write_ratio(&x->sums, w);
	json_kint(w, "switches", x->switches);
	write_lost(x, prices, w);
	json_end(w);
}

static int newest_first(const void *a, const void *b)
{
	const struct session *x = *(struct session *const *)a;
	const struct session *y = *(struct session *const *)b;

	return x->last_id < y->last_id ? 1 : x->last_id > y->last_id ? -1 : 0;
}

void sessions_write(const struct sessions *s, const struct usage_config *prices,
		    int64_t since_ms, struct usage_sums *total, struct json_writer *w)
{
	struct session *sorted[SESSIONS_KEPT];

	memcpy(sorted, s->items, s->count * sizeof *sorted);
	qsort(sorted, s->count, sizeof *sorted, newest_first);
	json_array(w);
	for (size_t i = 0; i < s->count; i++) {
		if (sorted[i]->last_ms >= since_ms) {
			write_session(sorted[i], prices, w);
			usage_sums_merge(total, &sorted[i]->sums);
		}
	}
	json_end(w);
}
