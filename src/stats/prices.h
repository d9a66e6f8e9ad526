/*
 * What tokens cost: the vendors' public list prices as data, and the user's
 * own (usage.prices), which come first. A model that neither knows has an
 * unknown cost, never none.
 */
#ifndef STATS_PRICES_H
#define STATS_PRICES_H

#include "config/config.h"
#include "stats/record.h"

/* The newest of the public price lists that the table was taken from; rows of
 * older models are from earlier ones. */
#define PRICES_DATE "2026-09-23"

/* USD per million tokens. */
struct rates {
	double in;
	double out;
	double cache_read;
	double cache_write;
	double cache_write_1h;
};

/* Of the model with this name upstream, for a prompt of so many tokens (long
 * ones may cost more). False: not known. Any thread. */
bool prices_find(const struct usage_config *usage, const char *model, int64_t tokens_in,
		 struct rates *out);

/* In pico-dollars; COST_UNKNOWN when the model's price or the counts are. */
int64_t prices_cost(const struct usage_config *usage, const char *model,
		    const struct token_counts *tokens);

#endif
