#include "stats/prices.h"

#include <math.h>

/* One row a model; the first pattern that matches counts. `long_from`: beyond
 * so many prompt tokens the whole request costs the other rates. */
struct price_row {
	const char *model;
	struct rates rates;
	int64_t long_from;
	struct rates long_rates;
};

/* Anthropic: reading costs a tenth, writing a quarter more, for an hour twice. */
#define CLAUDE(in_, out_) { in_, out_, (in_) * 0.1, (in_) * 1.25, (in_) * 2 }
/* OpenAI and Google: writing costs nothing beside the input. */
#define CACHED(in_, out_, read_) { in_, out_, read_, in_, in_ }

#define RATES(...) { __VA_ARGS__ }
#define ROW(model_, ...) { .model = (model_), .rates = __VA_ARGS__ }

static const struct price_row rows[] = {
	ROW("claude-fable-5-1*", RATES(10, 50, 0.25, 12.5, 20)),
	ROW("claude-fable-5", CLAUDE(10, 50)),
	ROW("claude-opus-5-5*", RATES(4, 20, 0.2, 5, 8)),
	ROW("claude-opus-5", CLAUDE(5, 25)),
	ROW("claude-opus-4-8*", CLAUDE(5, 25)),
	ROW("claude-opus-4-7*", CLAUDE(5, 25)),
	ROW("claude-opus-4-1*", CLAUDE(15, 75)),
	ROW("claude-opus-4-0*", CLAUDE(15, 75)),
	ROW("claude-opus-4-2025*", CLAUDE(15, 75)),
	ROW("claude-opus-4-5*", CLAUDE(5, 25)),
	ROW("claude-opus-4-6*", CLAUDE(5, 25)),
	ROW("claude-sonnet-4-6*", CLAUDE(3, 15)),
	ROW("claude-sonnet-4-5*", CLAUDE(3, 15)),
	ROW("claude-sonnet-4-0*", CLAUDE(3, 15)),
	ROW("claude-sonnet-4-2025*", CLAUDE(3, 15)),
	ROW("claude-haiku-4-5*", CLAUDE(1, 5)),
	ROW("claude-3-7-sonnet*", CLAUDE(3, 15)),
	ROW("claude-3-5-sonnet*", CLAUDE(3, 15)),
	ROW("claude-3-5-haiku*", CLAUDE(0.8, 4)),
	ROW("claude-3-opus*", CLAUDE(15, 75)),
	ROW("claude-3-haiku*", RATES(0.25, 1.25, 0.03, 0.3, 0.5)),

	ROW("gpt-5.5", CACHED(5, 30, 0.5)),
	ROW("gpt-5.5-pro*", CACHED(30, 180, 30)),
	ROW("gpt-5.4", CACHED(2.5, 15, 0.25)),
	ROW("gpt-5.4-mini*", CACHED(0.75, 4.5, 0.075)),
	ROW("gpt-5.4-nano*", CACHED(0.2, 1.25, 0.02)),
	ROW("gpt-5.4-pro*", CACHED(30, 180, 30)),
	ROW("gpt-5.3-codex", CACHED(1.75, 14, 0.175)),
	ROW("gpt-5.2", CACHED(1.75, 14, 0.175)),
	ROW("gpt-5.2-20*", CACHED(1.75, 14, 0.175)),
	ROW("gpt-5.2-codex", CACHED(1.75, 14, 0.175)),
	ROW("gpt-5.2-chat-latest", CACHED(1.75, 14, 0.175)),
	ROW("gpt-5.1", CACHED(1.25, 10, 0.125)),
	ROW("gpt-5.1-20*", CACHED(1.25, 10, 0.125)),
	ROW("gpt-5.1-codex", CACHED(1.25, 10, 0.125)),
	ROW("gpt-5.1-chat-latest", CACHED(1.25, 10, 0.125)),
	ROW("gpt-5", CACHED(1.25, 10, 0.125)),
	ROW("gpt-5-20*", CACHED(1.25, 10, 0.125)),
	ROW("gpt-5-codex", CACHED(1.25, 10, 0.125)),
	ROW("gpt-5-chat-latest", CACHED(1.25, 10, 0.125)),
	ROW("gpt-5-mini*", CACHED(0.25, 2, 0.025)),
	ROW("gpt-5-nano*", CACHED(0.05, 0.4, 0.005)),
	ROW("gpt-5-pro*", CACHED(15, 120, 15)),
	ROW("gpt-4.1", CACHED(2, 8, 0.5)),
	ROW("gpt-4.1-20*", CACHED(2, 8, 0.5)),
	ROW("gpt-4.1-mini*", CACHED(0.4, 1.6, 0.1)),
	ROW("gpt-4.1-nano*", CACHED(0.1, 0.4, 0.025)),
	ROW("gpt-4o", CACHED(2.5, 10, 1.25)),
	ROW("gpt-4o-2024-08-06", CACHED(2.5, 10, 1.25)),
	ROW("gpt-4o-2024-11-20", CACHED(2.5, 10, 1.25)),
	ROW("gpt-4o-mini", CACHED(0.15, 0.6, 0.075)),
	ROW("gpt-4o-mini-2024-07-18", CACHED(0.15, 0.6, 0.075)),

	{ "gemini-3.1-pro-preview*", CACHED(2, 12, 0.2), 200000, CACHED(4, 18, 0.4) },
	ROW("gemini-3-flash-preview", CACHED(0.5, 3, 0.05)),
	{ "gemini-2.5-pro", CACHED(1.25, 10, 0.125), 200000, CACHED(2.5, 15, 0.25) },
	ROW("gemini-2.5-flash", CACHED(0.3, 2.5, 0.03)),
	ROW("gemini-2.5-flash-lite", CACHED(0.1, 0.4, 0.01)),
};

static double given(double value, double otherwise)
{
	return value >= 0 ? value : otherwise;
}

/* What a user's price leaves out: cached tokens cost what others do, answers
 * nothing (embeddings). */
static bool find_own(const struct usage_config *usage, const char *model, struct rates *out)
{
	for (size_t i = 0; i < usage->price_count; i++) {
		const struct price *p = &usage->prices[i];

		if (str_glob(p->model, model)) {
			out->in = given(p->in, 0);
			out->out = given(p->out, 0);
			out->cache_read = given(p->cache_read, out->in);
			out->cache_write = given(p->cache_write, out->in);
			out->cache_write_1h = out->cache_write;
			return true;
		}
	}
	return false;
}

bool prices_find(const struct usage_config *usage, const char *model, int64_t tokens_in,
		 struct rates *out)
{
	if (!model) {
		return false;
	}
	if (find_own(usage, model, out)) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct price_row *row = &rows[i];

		if (row->model[0] == model[0] && str_glob(row->model, model)) {
			*out = row->long_from && tokens_in > row->long_from ? row->long_rates
									     : row->rates;
			return true;
		}
	}
	return false;
}

/* A dollar per million tokens is a million pico-dollars a token. */
static int64_t cost_of(int64_t tokens, double rate)
{
	return tokens > 0 ? tokens * (int64_t)llround(rate * 1e6) : 0;
}

int64_t prices_cost(const struct usage_config *usage, const char *model,
		    const struct token_counts *t)
{
	struct rates r;

	if (!t->is_known || !prices_find(usage, model, t->in, &r)) {
		return COST_UNKNOWN;
	}
	return cost_of(t->in - t->cache_read - t->cache_write, r.in) +
	       cost_of(t->cache_read, r.cache_read) +
	       cost_of(t->cache_write - t->cache_write_1h, r.cache_write) +
	       cost_of(t->cache_write_1h, r.cache_write_1h) + cost_of(t->out, r.out);
}
