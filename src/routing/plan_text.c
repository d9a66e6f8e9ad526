/*
 * What a plan says to people: near names for a typo, reasons, the sentence of
 * an error.
 */
#include "routing/plan.h"

/* Keeps `near` ordered by distance. */
static void offer_name(struct plan *out, unsigned distances[PLAN_NEAR_NAMES], const char *name)
{
	unsigned distance = str_distance(out->name, name);
	size_t at = PLAN_NEAR_NAMES;

	if (distance > strlen(out->name) / 2 + 1 || strpbrk(name, "*?")) {
		return;
	}
	while (at && (!out->near[at - 1] || distance < distances[at - 1])) {
		at--;
	}
	for (size_t i = PLAN_NEAR_NAMES; i-- > at + 1;) {
		out->near[i] = out->near[i - 1];
		distances[i] = distances[i - 1];
	}
	if (at < PLAN_NEAR_NAMES) {
		out->near[at] = name;
		distances[at] = distance;
	}
}

void plan_find_near(struct plan *out, const struct config *config)
{
	unsigned distances[PLAN_NEAR_NAMES] = { 0 };

	for (size_t i = 0; i < config->alias_count; i++) {
		if (config->aliases[i].is_enabled) {
			offer_name(out, distances, config->aliases[i].name);
		}
	}
	for (size_t i = 0; i < config->account_count; i++) {
		const struct string_list *models = &config->accounts[i].models;

		for (size_t j = 0; config->accounts[i].is_active && j < models->count; j++) {
			offer_name(out, distances, models->items[j]);
		}
	}
}

const char *skip_text(enum skip_reason reason)
{
	static const char *const texts[] = {
		[SKIP_ACCOUNT_DISABLED] = "the upstream is switched off",
		[SKIP_ALIAS_DISABLED] = "the alias is switched off",
		[SKIP_ROUTE_DISABLED] = "the route is switched off",
		[SKIP_NOT_CHOSEN] = "the request names another upstream",
		[SKIP_PINNED] = "the request belongs to another upstream",
		[SKIP_NO_CREDENTIAL] = "needs the client's own credential",
	};

	return texts[reason];
}

static void explain_skipped(const struct plan *plan, struct buf *out)
{
	buf_addf(out, "no route for model '%s': ", plan->name);
	for (size_t i = 0; i < plan->skipped_count && i < 5; i++) {
		const struct skipped *s = &plan->skipped[i];

		buf_addf(out, "%s%s: %s", i ? "; " : "", s->account->name,
			 skip_text(s->reason));
	}
	if (plan->skipped_count > 5) {
		buf_addf(out, "; and %zu more", plan->skipped_count - 5);
	}
}

void plan_explain(const struct plan *plan, struct buf *out)
{
	switch (plan->status) {
	case PLAN_OK:
		break;
	case PLAN_UNKNOWN_UPSTREAM:
		buf_adds(out, "the upstream asked for does not exist");
		break;
	case PLAN_NOTHING_LEFT:
		explain_skipped(plan, out);
		break;
	case PLAN_UNKNOWN_MODEL:
		buf_addf(out, "no upstream serves model '%s'", plan->name);
		for (size_t i = 0; i < PLAN_NEAR_NAMES && plan->near[i]; i++) {
			buf_addf(out, "%s%s", i ? ", " : "; near: ", plan->near[i]);
		}
		break;
	}
}
