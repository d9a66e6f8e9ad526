#include "formats/effort.h"

static const int64_t budgets[] = {
	[EFFORT_UNSET] = 0,
	[EFFORT_NONE] = 0,
	[EFFORT_MINIMAL] = 512,
	[EFFORT_LOW] = 1024,
	[EFFORT_MEDIUM] = 8192,
	[EFFORT_HIGH] = 24576,
	[EFFORT_XHIGH] = 32768,
	[EFFORT_MAX] = 65536,
};

/* Upper ends, so that each budget above falls into its own level. */
static const int64_t upper_ends[] = {
	[EFFORT_NONE] = 0,
	[EFFORT_MINIMAL] = 768,
	[EFFORT_LOW] = 4096,
	[EFFORT_MEDIUM] = 16384,
	[EFFORT_HIGH] = 28672,
	[EFFORT_XHIGH] = 49152,
};

int64_t effort_to_budget(enum hub_effort effort)
{
	return budgets[effort];
}

enum hub_effort effort_of_budget(int64_t budget)
{
	for (int level = EFFORT_NONE; level <= EFFORT_XHIGH; level++) {
		if (budget <= upper_ends[level]) {
			return (enum hub_effort)level;
		}
	}
	return EFFORT_MAX;
}

enum hub_effort effort_wanted(const struct hub_thinking *thinking)
{
	switch (thinking->mode) {
	case THINK_OFF:
		return EFFORT_NONE;
	case THINK_BUDGET:
		return thinking->effort != EFFORT_UNSET ? thinking->effort
							: effort_of_budget(thinking->budget);
	case THINK_EFFORT:
	case THINK_ADAPTIVE:
	case THINK_UNSET:
		break;
	}
	return thinking->effort;
}

enum hub_effort effort_fit(enum hub_effort effort, const struct model_traits *traits)
{
	if (effort == EFFORT_UNSET || effort == EFFORT_NONE) {
		return effort;
	}
	if (effort > traits->effort_max) {
		effort = traits->effort_max;
	}
	if (effort == EFFORT_XHIGH && !traits->has_xhigh) {
		effort = EFFORT_HIGH;
	}
	return effort < traits->effort_min ? traits->effort_min : effort;
}
