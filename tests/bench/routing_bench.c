/*
 * What routing costs a request: planning, choosing, reserving, reporting back
 * and settling, over 50 accounts, in nanoseconds: one line a case, the best of ten
 * batches, so that the machine's other work does not count.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "routing/walk.h"

#define ACCOUNTS 50
#define BATCH 20000
#define BATCHES 10

struct bench {
	struct config config;
	struct upstream_account accounts[ACCOUNTS];
	struct model_alias alias;
	struct route routes[ACCOUNTS];
	const char *patterns[ACCOUNTS];
	struct router *router;
	struct arena arena;
};

static bool serves(const struct upstream_account *account, const char *model)
{
	return list_matches(&account->models, model);
}

static void set_up(struct bench *b)
{
	for (size_t i = 0; i < ACCOUNTS; i++) {
		b->patterns[i] = "claude-*";
		b->accounts[i] = (struct upstream_account){
			.index = i, .id = xasprintf("upstream_%012zx", i * 7919),
			.name = xasprintf("account-%zu", i), .base_url = "", .is_active = true,
			.priority = 1, .weight = 1, .models = { &b->patterns[i], 1 },
			.limits = { .rpm = 1000000000, .tpm = 1000000000000, .rpd = 1000000000,
				    .concurrency = 1000 },
		};
		b->routes[i] = (struct route){ .account = &b->accounts[i],
					       .model = "claude-opus-4-6", .priority = 1,
					       .weight = 1, .is_enabled = true };
	}
	b->alias = (struct model_alias){ .name = "smart", .is_enabled = true,
					 .routes = b->routes, .route_count = ACCOUNTS };
	b->config = (struct config){ .refs = 1, .accounts = b->accounts,
				     .account_count = ACCOUNTS, .aliases = &b->alias,
				     .alias_count = 1 };
	b->config.routing = (struct routing_config){ .session_affinity = true,
						     .max_attempts = 4, .max_wait_ms = 20000 };
	b->router = router_create(1);
	router_configure(b->router, &b->config);
}

static void serve(struct bench *b, const char *name, uint64_t session, int64_t ms,
		  uint64_t turn)
{
	struct moment now = { .mono_ms = 1000000 + ms, .wall_ms = 1795244400000LL + ms };
	struct plan plan;
	struct walk walk;
	struct step step;

	plan_make(&(struct plan_input){ .config = &b->config, .name = name, .serves = serves,
					.turn = turn }, &b->arena, &plan);
	walk_begin(&walk, b->router, &(struct walk_options){
		.config = &b->config, .plan = &plan, .arena = &b->arena, .session = session,
		.tokens = 1000, .now = now });
	step = walk_next(&walk, now);
	assert(step.kind == STEP_TRY);
	(void)step;
	walk_answered(&walk, NULL, now);
	walk_finish(&walk, 1000, now);
}

static void measure(struct bench *b, const char *what, const char *name, bool has_session)
{
	double best = 1e12;

	for (int batch = 0; batch < BATCHES; batch++) {
		uint64_t began = clock_mono_ns();
		double ns;

		for (uint64_t i = 0; i < BATCH; i++) {
			arena_release(&b->arena);
			serve(b, name, has_session ? 1 + i % 100 : 0, (int64_t)(i / 100), i);
		}
		ns = (double)(clock_mono_ns() - began) / BATCH;
		best = ns < best ? ns : best;
	}
	printf("%-44s %7.0f ns\n", what, best);
}

static const char *const strategies[] = {
	"health-first", "priority", "round-robin", "weighted", "least-connections",
	"least-latency", "random",
};

int main(void)
{
	struct bench *b = xcalloc(1, sizeof *b);
	char what[64];

	arena_init(&b->arena, 8192);
	set_up(b);
	for (size_t i = 0; i < ARRAY_LEN(strategies); i++) {
		b->config.routing.strategy = (enum strategy)i;
		snprintf(what, sizeof what, "alias of 50 routes, %s", strategies[i]);
		measure(b, what, "smart", false);
	}
	b->config.routing.strategy = STRATEGY_HEALTH_FIRST;
	measure(b, "alias of 50 routes, bound session", "smart", true);
	measure(b, "50 accounts by pattern", "claude-opus-4-6", false);
	measure(b, "one upstream by name", "account-7/claude-opus-4-6", false);
	router_destroy(b->router);
	return 0;
}
