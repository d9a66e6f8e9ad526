/*
 * Thousands of requests of many clients over upstreams that come and go, in
 * virtual time, from a seed. What must hold: no request fails while a route
 * that could have served it was up all the time; nobody is benched for what
 * clients did wrong; nothing is left held at the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "routing/router_core.h"
#include "base/log.h"
#include "routing/walk.h"
#include "tests/unit/routing_world.h"

#define UPSTREAMS 4
#define CLIENTS 60
#ifndef SEEDS
#define SEEDS 60
#endif
#define SECONDS(n) ((n) * 1000LL)

enum mode {
	MODE_UP, MODE_500, MODE_502, MODE_OVERLOADED, MODE_LIMITED, MODE_BLIND, MODE_REFUSED,
	MODE_NO_CREDIT, MODE_DOWN, MODE_HANGING, MODE_BROKEN, MODES
};

struct fake_upstream {
	enum mode mode;
	int64_t since_ms;
	int64_t until_ms;
};

struct client {
	enum { CLIENT_IDLE, CLIENT_WAITING, CLIENT_RUNNING } phase;
	int64_t at_ms;                  /* when it goes on */
	bool is_bad;                    /* sends what every upstream refuses */
	uint64_t session;
	struct arena arena;
	struct plan plan;
	struct walk walk;
	struct verdict outcome;         /* of the attempt under way */
	int64_t began_ms;
};

struct simulation {
	struct world world;
	struct router *router;
	struct fake_upstream upstreams[UPSTREAMS];
	struct client clients[CLIENTS];
	int64_t now_ms;
	uint64_t random;
	int bad_percent;
	bool is_flapping;
	int served;
	int failed;
	int refused;                    /* the client's own fault */
	int attempts;
};

static uint64_t draw(struct simulation *s, uint64_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (s->random >> 20) % below;
}

static struct moment moment_of(int64_t ms)
{
	return (struct moment){ .mono_ms = ms, .wall_ms = 1795244400000LL + ms };
}

static bool serves(const struct upstream_account *account, const char *model)
{
	return list_matches(&account->models, model);
}

static void change_modes(struct simulation *s)
{
	for (int i = 0; s->is_flapping && i < UPSTREAMS; i++) {
		struct fake_upstream *u = &s->upstreams[i];

		if (s->now_ms < u->until_ms) {
			continue;
		}
		u->mode = draw(s, 2) ? MODE_UP : (enum mode)draw(s, MODES);
		u->since_ms = s->now_ms;
		u->until_ms = s->now_ms + 1000 + (int64_t)draw(s, SECONDS(90));
	}
}

/* What the upstream answers, and how long that takes. */
static int64_t attempt(struct simulation *s, struct client *c, const struct fake_upstream *u)
{
	static const int statuses[MODES] = { 200, 500, 502, 529, 429, 429, 403, 402, 0, 0, 200 };
	struct outcome o = { .status = statuses[u->mode], .now_wall_ms =
			     moment_of(s->now_ms).wall_ms };
	char seconds[32];
	struct string_pair pair = { "retry-after", seconds };
	struct pair_list headers = { &pair, 1 };
	int64_t ms = 20 + (int64_t)draw(s, 200);

	c->outcome = (struct verdict){ .class = FAILURE_NONE };
	switch (u->mode) {
	case MODE_UP:
		if (!c->is_bad) {
			return 100 + (int64_t)draw(s, 2000);
		}
		o.status = 400;
		break;
	case MODE_LIMITED:
		snprintf(seconds, sizeof seconds, "%lld",
			 (long long)((u->until_ms - s->now_ms + 999) / 1000));
		o.headers = &headers;
		break;
	case MODE_DOWN:
		o.transport = TRANSPORT_CONNECT;
		break;
	case MODE_HANGING:
		o.transport = TRANSPORT_TIMEOUT;
		ms = SECONDS(5) + (int64_t)draw(s, SECONDS(40));
		break;
	case MODE_BROKEN:
		o.transport = TRANSPORT_BROKEN;
		break;
	default:
		break;
	}
	classify(&o, &c->outcome);
	return ms;
}

static void go_idle(struct simulation *s, struct client *c)
{
	arena_release(&c->arena);
	c->phase = CLIENT_IDLE;
	c->at_ms = s->now_ms + (int64_t)draw(s, 3000);
}

/* A request may only fail when no upstream was up during all of it. */
static void check_failure(struct simulation *s, struct client *c, const struct step *step)
{
	s->failed++;
	if (c->is_bad && step->status == 400) {
		s->refused++;
		return;
	}
	for (int i = 0; i < UPSTREAMS; i++) {
		const struct fake_upstream *u = &s->upstreams[i];
		struct buf text = BUF_INIT(4096);

		if (u->mode == MODE_UP && u->since_ms <= c->began_ms) {
			walk_explain(&c->walk, moment_of(s->now_ms), &text);
			fail_msg("at %lld: upstream %d was up since %lld, the request began %lld: %s",
				 (long long)s->now_ms, i, (long long)u->since_ms,
				 (long long)c->began_ms, buf_text(&text));
		}
	}
}

static void ask_walk(struct simulation *s, struct client *c)
{
	struct step step = walk_next(&c->walk, moment_of(s->now_ms));

	switch (step.kind) {
	case STEP_TRY:
		s->attempts++;
		c->phase = CLIENT_RUNNING;
		c->at_ms = s->now_ms +
			   attempt(s, c, &s->upstreams[step.candidate->account->index]);
		break;
	case STEP_WAIT:
		assert_true(step.wait_ms > 0);
		c->phase = CLIENT_WAITING;
		c->at_ms = s->now_ms + step.wait_ms;
		break;
	case STEP_FAIL:
		check_failure(s, c, &step);
		go_idle(s, c);
		break;
	case STEP_REFRESH:
		fail_msg("no account signs in here");
	}
}

static void begin_request(struct simulation *s, struct client *c)
{
	arena_init(&c->arena, 2048);
	c->began_ms = s->now_ms;
	c->is_bad = (int)draw(s, 100) < s->bad_percent;
	plan_make(&(struct plan_input){ .config = &s->world.config, .name = "all",
					.serves = serves }, &c->arena, &c->plan);
	walk_begin(&c->walk, s->router, &(struct walk_options){
		.config = &s->world.config, .plan = &c->plan, .arena = &c->arena,
		.session = c->session, .tokens = 1000, .now = moment_of(s->now_ms) });
	ask_walk(s, c);
}

static void end_attempt(struct simulation *s, struct client *c)
{
	struct moment now = moment_of(s->now_ms);

	if (c->outcome.class == FAILURE_NONE) {
		walk_answered(&c->walk, NULL, now);
		walk_finish(&c->walk, 1000, now);
		s->served++;
		go_idle(s, c);
		return;
	}
	walk_failed(&c->walk, &c->outcome, NULL, now);
	ask_walk(s, c);
}

static struct client *next_client(struct simulation *s)
{
	struct client *next = &s->clients[0];

	for (int i = 1; i < CLIENTS; i++) {
		if (s->clients[i].at_ms < next->at_ms) {
			next = &s->clients[i];
		}
	}
	return next;
}

static void run(struct simulation *s, int requests)
{
	while (s->served + s->failed < requests) {
		struct client *c = next_client(s);

		s->now_ms = c->at_ms > s->now_ms ? c->at_ms : s->now_ms;
		change_modes(s);
		if (c->phase == CLIENT_IDLE) {
			begin_request(s, c);
		} else if (c->phase == CLIENT_WAITING) {
			ask_walk(s, c);
		} else {
			end_attempt(s, c);
		}
	}
}

static struct simulation *create(uint64_t seed)
{
	static const char *const names[UPSTREAMS] = { "a", "b", "c", "d" };
	struct simulation *s = calloc(1, sizeof *s);

	s->random = seed;
	s->now_ms = 1000000;
	world_init(&s->world);
	for (int i = 0; i < UPSTREAMS; i++) {
		world_account(&s->world, names[i],
			      i % 2 ? PROVIDER_ANTHROPIC : PROVIDER_OPENAI, "*");
	}
	world_alias(&s->world, "all", "a:m:1 b:m:1 c:m:2 d:m:2");
	s->router = router_create(seed);
	router_configure(s->router, &s->world.config);
	for (int i = 0; i < CLIENTS; i++) {
		s->clients[i].at_ms = s->now_ms + i;
		s->clients[i].session = i % 3 ? (uint64_t)i : 0;
	}
	return s;
}

static void destroy(struct simulation *s)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (s->clients[i].phase != CLIENT_IDLE) {
			walk_abandon(&s->clients[i].walk, moment_of(s->now_ms));
			arena_release(&s->clients[i].arena);
		}
	}
	for (int i = 0; i < UPSTREAMS; i++) {
		const struct upstream_state *u = s->router->upstreams.items[i];

		assert_int_equal(u->counters.in_flight, 0);
		assert_int_equal(u->ramp.moved_in_flight, 0);
	}
	router_destroy(s->router);
	free(s);
}

static void no_request_fails_while_a_route_is_up(void **state)
{
	int served = 0;
	int failed = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct simulation *s = create(seed * 7919);

		s->is_flapping = true;
		s->bad_percent = 5;
		s->world.config.routing.strategy = (enum strategy)(seed % 7);
		run(s, 3000);
		served += s->served;
		failed += s->failed - s->refused;
		destroy(s);
	}
	print_message("served %d, failed %d\n", served, failed);
	assert_true(served > 50000);
	assert_true(failed < served / 10);
}

static void clients_faults_bench_nobody(void **state)
{
	struct simulation *s = create(42);

	(void)state;
	s->bad_percent = 90;
	run(s, 5000);
	assert_int_equal(s->failed, s->refused);
	assert_true(s->attempts <= s->served + s->failed + CLIENTS);
	for (int i = 0; i < UPSTREAMS; i++) {
		assert_int_equal(s->router->upstreams.items[i]->ledger.count, 0);
	}
	destroy(s);
}

/* One of them is down for good: after the first failures nearly nobody should
 * have to notice. */
static void a_dead_upstream_costs_next_to_nothing(void **state)
{
	static const enum mode modes[] = { MODE_500, MODE_502, MODE_OVERLOADED, MODE_BLIND,
					   MODE_REFUSED, MODE_NO_CREDIT, MODE_DOWN, MODE_BROKEN };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct simulation *s = create(i + 100);

		s->upstreams[0].mode = modes[i];
		run(s, 3000);
		assert_int_equal(s->failed, 0);
		assert_true(s->attempts < s->served + CLIENTS + 3000 / 10);
		destroy(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_request_fails_while_a_route_is_up),
		cmocka_unit_test(clients_faults_bench_nobody),
		cmocka_unit_test(a_dead_upstream_costs_next_to_nothing),
	};

	/* What it would tell an operator is not what is tested here. */
	log_configure(&(struct log_options){ .level = LOG_ERROR, .console_level = LOG_ERROR });
	return cmocka_run_group_tests(tests, NULL, NULL);
}
