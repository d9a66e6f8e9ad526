#include "routing/quota.h"

#include "base/str.h"

#define HOUR_MS (3600LL * 1000)
#define WEEK_MS (7LL * 24 * HOUR_MS)

/* Of a long window, this part is kept back. */
#define RESERVE 0.02

/* The window called so, or a place for it: a free one, else the one that was
 * not heard of for longest. */
static struct quota_window *window_named(struct quota *q, const char *name,
					 const char *models)
{
	struct quota_window *oldest = &q->windows[0];

	for (size_t i = 0; i < q->count; i++) {
		if (str_eq(q->windows[i].name, name) && str_eq(q->windows[i].models, models)) {
			return &q->windows[i];
		}
		if (q->windows[i].seen_wall_ms < oldest->seen_wall_ms) {
			oldest = &q->windows[i];
		}
	}
	return q->count < QUOTA_WINDOWS ? &q->windows[q->count++] : oldest;
}

void quota_update(struct quota *q, const struct quota_readings *r, const char *model,
		  struct moment now)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct quota_reading *reading = &r->items[i];
		const char *models = reading->is_per_model ? model : reading->models;
		struct quota_window *w = window_named(q, reading->name, models);

		*w = (struct quota_window){
			.length_ms = reading->length_ms, .used = reading->used,
			.limit = reading->limit, .remaining = reading->remaining,
			.is_pattern = !reading->is_per_model, .is_spent = reading->is_spent,
			.seen_wall_ms = now.wall_ms,
		};
		str_copy(w->name, sizeof w->name, reading->name);
		str_copy(w->models, sizeof w->models, models);
		if (reading->reset_ms > 0) {
			w->reset = moment_after(now, reading->reset_ms);
		}
		q->any_spent = q->any_spent || w->is_spent;
	}
}

static bool is_over(const struct quota_window *w, struct moment now)
{
	return !w->reset.wall_ms || moment_reached(now, w->reset);
}

static bool counts(const struct quota_window *w, const char *model)
{
	if (!w->models[0]) {
		return true;
	}
	return w->is_pattern ? str_glob(w->models, model) : str_eq(w->models, model);
}

const struct quota_window *quota_spent(const struct quota *q, const char *model,
				       struct moment now)
{
	const struct quota_window *longest = NULL;

	for (size_t i = 0; q->any_spent && i < q->count; i++) {
		const struct quota_window *w = &q->windows[i];

		if (w->is_spent && !is_over(w, now) && counts(w, model) &&
		    (!longest || w->reset.wall_ms > longest->reset.wall_ms)) {
			longest = w;
		}
	}
	return longest;
}

bool quota_is_news(const struct quota_window *w, struct moment now)
{
	return w->is_spent && w->length_ms >= HOUR_MS && !is_over(w, now);
}

void quota_forgive(struct quota *q)
{
	for (size_t i = 0; i < q->count; i++) {
		q->windows[i].is_spent = false;
	}
	q->any_spent = false;
}

bool quota_is_nearly_spent(const struct quota *q, const char *model, struct moment now)
{
	for (size_t i = 0; i < q->count; i++) {
		const struct quota_window *w = &q->windows[i];

		if (w->length_ms >= HOUR_MS && w->used >= 1 - RESERVE && !is_over(w, now) &&
		    counts(w, model)) {
			return true;
		}
	}
	return false;
}

double quota_week_left(const struct quota *q, struct moment now)
{
	for (size_t i = 0; i < q->count; i++) {
		const struct quota_window *w = &q->windows[i];

		if (w->length_ms == WEEK_MS && !w->models[0] && !is_over(w, now)) {
			double left = (double)moment_left(now, w->reset) / (double)WEEK_MS;

			return left < 1 ? left : 1;
		}
	}
	return 1;
}

int64_t quota_forecast(const struct quota_window *w, int64_t now_wall_ms)
{
	int64_t start = w->reset.wall_ms - w->length_ms;
	double elapsed = (double)(now_wall_ms - start);
	double spent_at;

	if (!w->length_ms || !w->reset.wall_ms || w->used <= 0 || elapsed <= 0 ||
	    now_wall_ms >= w->reset.wall_ms) {
		return 0;
	}
	if (w->used >= 1) {
		return now_wall_ms;
	}
	spent_at = (double)start + elapsed / w->used;
	return spent_at < (double)w->reset.wall_ms ? (int64_t)spent_at : 0;
}

static void write_known(struct json_writer *w, const char *name, int64_t value)
{
	json_key(w, name);
	if (value < 0) {
		json_null(w);
	} else {
		json_int(w, value);
	}
}

static void write_window(const struct quota_window *q, struct json_writer *w, struct moment now)
{
	bool over = is_over(q, now);
	double used = q->reset.wall_ms && over ? 0 : q->used;

	json_object(w);
	json_kstr(w, "window", q->name);
	json_kstr(w, "models", q->models[0] ? q->models : NULL);
	json_kint(w, "length_seconds", q->length_ms / 1000);
	json_key(w, "used");
	if (used < 0) {
		json_null(w);
	} else {
		json_double(w, used);
	}
	write_known(w, "limit", q->limit);
	write_known(w, "remaining", q->reset.wall_ms && over ? q->limit : q->remaining);
	json_ktime(w, "reset", over ? 0 : q->reset.wall_ms);
	json_ktime(w, "forecast", over ? 0 : quota_forecast(q, now.wall_ms));
	json_kbool(w, "spent", q->is_spent && !over);
	json_end(w);
}

void quota_write(const struct quota *q, struct json_writer *w, struct moment now)
{
	json_array(w);
	for (size_t i = 0; i < q->count; i++) {
		write_window(&q->windows[i], w, now);
	}
	json_end(w);
}
