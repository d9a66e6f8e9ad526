#include "routing/limits.h"

#include <stdlib.h>

#include "base/mem.h"

#define MINUTE_MS 60000LL
#define SLOT_MS 250LL
#define SLOTS (MINUTE_MS / SLOT_MS)

/* A sum over the last minute, a quarter of a second at a time. */
struct window {
	int64_t newest;         /* number of the newest slot */
	int64_t sum;
	int64_t slots[SLOTS];
};

static int64_t slot_number(int64_t mono_ms)
{
	return mono_ms / SLOT_MS;
}

/* Drops the slots that fell out of the minute. */
static void turn(struct window *w, int64_t number)
{
	if (number - w->newest >= SLOTS) {
		*w = (struct window){ .newest = number };
	}
	while (w->newest < number) {
		int64_t *oldest = &w->slots[++w->newest % SLOTS];

		w->sum -= *oldest;
		*oldest = 0;
	}
}

static void advance(struct window *w, int64_t mono_ms)
{
	int64_t number = slot_number(mono_ms);

	if (number != w->newest) {
		turn(w, number);
	}
}

static void add(struct window *w, int64_t amount, int64_t mono_ms)
{
	if (w) {
		advance(w, mono_ms);
		w->slots[w->newest % SLOTS] += amount;
		w->sum += amount;
	}
}

/* Takes back what was added at `then`, unless it is out of the minute. */
static void take_back(struct window *w, int64_t amount, int64_t then_mono_ms, int64_t mono_ms)
{
	int64_t number = slot_number(then_mono_ms);
	int64_t *slot;

	if (!w) {
		return;
	}
	advance(w, mono_ms);
	if (number > w->newest - SLOTS && number <= w->newest) {
		slot = &w->slots[number % SLOTS];
		amount = amount < *slot ? amount : *slot;
		*slot -= amount;
		w->sum -= amount;
	}
}

/* Milliseconds until the sum has fallen to `room`. */
static int64_t wait_for(const struct window *w, int64_t room, int64_t mono_ms)
{
	int64_t sum = w->sum;

	for (int64_t number = w->newest - SLOTS + 1; number <= w->newest; number++) {
		sum -= w->slots[number % SLOTS];
		if (sum <= room) {
			return (number + SLOTS) * SLOT_MS - mono_ms;
		}
	}
	return MINUTE_MS;
}

void counters_release(struct counters *c)
{
	free(c->requests);
	free(c->tokens);
	*c = (struct counters){ .in_flight = 0 };
}

void counters_prepare(struct counters *c, const struct limits *limits)
{
	if (limits->rpm && !c->requests) {
		c->requests = xcalloc(1, sizeof *c->requests);
	}
	if (limits->tpm && !c->tokens) {
		c->tokens = xcalloc(1, sizeof *c->tokens);
	}
}

/* A day that ends later than the next midnight can: the clock was set back. */
#define LONGEST_DAY_MS (26LL * 60 * MINUTE_MS)

void counters_turn_day(struct counters *c, struct moment now)
{
	int64_t left = c->day_ends_wall_ms - now.wall_ms;

	if (left > 0 && left <= LONGEST_DAY_MS) {
		return;
	}
	c->day_ends_wall_ms = clock_next_local_midnight(now.wall_ms);
	c->day_requests = 0;
	c->day_usd = 0;
}

static void note(struct limit_check *worst, enum limit_kind kind, int64_t wait_ms)
{
	bool is_worse = worst->kind == LIMIT_NONE || (worst->wait_ms >= 0 &&
			(wait_ms < 0 || wait_ms > worst->wait_ms));

	if (is_worse) {
		*worst = (struct limit_check){ kind, wait_ms };
	}
}

/* `limit` less what is to be left free, but never nothing at all. */
static int64_t usable(int64_t limit, int64_t spare)
{
	return limit - spare > 1 ? limit - spare : 1;
}

static void check_minute(struct limit_check *worst, enum limit_kind kind, struct window *w,
			 int64_t limit, int64_t need, int64_t mono_ms)
{
	if (!limit || !w) {
		return;
	}
	advance(w, mono_ms);
	/* What is larger than the limit itself gets through alone. */
	need = need < limit ? need : limit;
	if (w->sum + need > limit) {
		note(worst, kind, wait_for(w, limit - need, mono_ms));
	}
}

struct limit_check limits_check(struct counters *c, const struct limits *limits,
				int64_t tokens, int64_t spare, struct moment now)
{
	struct limit_check worst = { LIMIT_NONE, 0 };

	if (limits->concurrency && c->in_flight >= usable(limits->concurrency, spare)) {
		note(&worst, LIMIT_CONCURRENCY, -1);
	}
	check_minute(&worst, LIMIT_RPM, c->requests, limits->rpm ? usable(limits->rpm, spare) : 0,
		     1, now.mono_ms);
	check_minute(&worst, LIMIT_TPM, c->tokens, limits->tpm, tokens, now.mono_ms);
	if (limits->rpd) {
		counters_turn_day(c, now);
		if (c->day_requests >= usable(limits->rpd, spare)) {
			note(&worst, LIMIT_RPD, c->day_ends_wall_ms - now.wall_ms);
		}
	}
	if (limits->tpr && tokens > limits->tpr) {
		worst = (struct limit_check){ LIMIT_TPR, -1 };
	}
	return worst;
}

struct reservation limits_take(struct counters *c, int64_t tokens, struct moment now)
{
	c->in_flight++;
	counters_turn_day(c, now);
	c->day_requests++;
	add(c->requests, 1, now.mono_ms);
	add(c->tokens, tokens, now.mono_ms);
	return (struct reservation){ tokens, now.mono_ms };
}

void limits_settle(struct counters *c, const struct reservation *r, int64_t tokens,
		   struct moment now)
{
	c->in_flight--;
	if (tokens > r->tokens) {
		add(c->tokens, tokens - r->tokens, now.mono_ms);
	} else {
		take_back(c->tokens, r->tokens - tokens, r->at_mono_ms, now.mono_ms);
	}
}

void limits_refund(struct counters *c, const struct reservation *r, struct moment now)
{
	limits_settle(c, r, 0, now);
	take_back(c->requests, 1, r->at_mono_ms, now.mono_ms);
	if (c->day_requests) {
		c->day_requests--;
	}
}

void limits_spend(struct counters *c, double usd, struct moment now)
{
	counters_turn_day(c, now);
	c->day_usd += usd;
}

const char *limit_name(enum limit_kind kind)
{
	static const char *const names[] = {
		[LIMIT_NONE] = "none", [LIMIT_RPM] = "rpm", [LIMIT_TPM] = "tpm",
		[LIMIT_RPD] = "rpd", [LIMIT_TPR] = "tpr", [LIMIT_CONCURRENCY] = "concurrency",
	};

	return names[kind];
}

void limit_explain(enum limit_kind kind, const struct limits *limits, struct buf *out)
{
	static const char *const words[] = {
		[LIMIT_NONE] = "requests", [LIMIT_RPM] = "requests a minute",
		[LIMIT_TPM] = "tokens a minute", [LIMIT_RPD] = "requests a day",
		[LIMIT_TPR] = "tokens a request", [LIMIT_CONCURRENCY] = "requests at once",
	};
	const int64_t values[] = {
		[LIMIT_NONE] = 0, [LIMIT_RPM] = limits->rpm, [LIMIT_TPM] = limits->tpm,
		[LIMIT_RPD] = limits->rpd, [LIMIT_TPR] = limits->tpr,
		[LIMIT_CONCURRENCY] = limits->concurrency,
	};

	buf_addf(out, "limit of %lld %s", (long long)values[kind], words[kind]);
}

static void write_limit(struct json_writer *w, enum limit_kind kind, int64_t limit, int64_t used)
{
	if (limit) {
		json_key(w, limit_name(kind));
		json_object(w);
		json_kint(w, "limit", limit);
		json_kint(w, "used", used);
		json_end(w);
	}
}

static int64_t sum_of(struct window *w, struct moment now)
{
	if (!w) {
		return 0;
	}
	advance(w, now.mono_ms);
	return w->sum;
}

void limits_write(struct counters *c, const struct limits *limits, struct json_writer *w,
		  struct moment now)
{
	counters_turn_day(c, now);
	json_object(w);
	write_limit(w, LIMIT_RPM, limits->rpm, sum_of(c->requests, now));
	write_limit(w, LIMIT_TPM, limits->tpm, sum_of(c->tokens, now));
	write_limit(w, LIMIT_RPD, limits->rpd, c->day_requests);
	write_limit(w, LIMIT_CONCURRENCY, limits->concurrency, c->in_flight);
	json_end(w);
}
