#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include "routing/router.c"

#include "base/log.h"
#include "routing/walk.h"
#include "tests/unit/routing_world.h"
#include "tests/unit/rows.h"

#define SECONDS(n) ((n) * 1000LL)
#define MINUTES(n) ((n) * 60000LL)

static const struct moment start = { .mono_ms = 1000000, .wall_ms = 1795244400000LL };

struct scene {
	struct world world;
	struct router *router;
};

static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	world_init(&s->world);
	world_account(&s->world, "a", PROVIDER_ANTHROPIC, "claude-*");
	world_account(&s->world, "b", PROVIDER_OPENAI, "*");
	world_alias(&s->world, "smart", "a:opus:1 b:gpt:2");
	s->world.config.health_check.interval_ms = SECONDS(60);
	s->router = router_create(3);
	router_configure(s->router, &s->world.config);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	router_destroy(s->router);
	free(s);
	return 0;
}

static struct moment at(int64_t ms)
{
	return moment_after(start, ms);
}

static void fail_account(struct scene *s, const char *id, int status, struct moment now)
{
	struct verdict v;

	classify(&(struct outcome){ .status = status, .now_wall_ms = now.wall_ms }, &v);
	router_tested(s->router, id, "opus", &v, now.mono_ms, now);
}

static const char *cooldowns(struct scene *s, const char *id, struct buf *out,
			     struct moment now)
{
	struct json_writer w;

	buf_clear(out);
	json_open(&w, out);
	router_write_cooldowns(s->router, id, &w, now);
	return buf_text(out);
}

/* --- keys --- */

static void keys_expire_and_have_their_models(void **state)
{
	struct scene *s = *state;
	const char *globs[] = { "claude-*", "smart" };
	struct gateway_key key = { .id = "gw_1", .models = { globs, 2 },
				   .expires_at_ms = start.wall_ms + 10 };
	struct key_pass pass;
	struct refusal refusal;

	assert_true(router_enter_key(s->router, &key, "smart", 10, start, &pass, &refusal));
	router_leave_key(s->router, &pass, 10, 0, start);
	assert_false(router_enter_key(s->router, &key, "gpt", 10, start, &pass, &refusal));
	assert_int_equal(refusal.kind, REFUSED_MODEL);
	assert_int_equal(refusal.status, 403);
	assert_true(router_enter_key(s->router, &key, NULL, 10, start, &pass, &refusal));
	router_leave_key(s->router, &pass, 10, 0, start);
	assert_false(router_enter_key(s->router, &key, "smart", 10, at(10), &pass, &refusal));
	assert_int_equal(refusal.kind, REFUSED_EXPIRED);
	assert_int_equal(refusal.status, 401);
	/* leaving with a refused pass is fine */
	router_leave_key(s->router, &pass, 10, 0, start);
}

static void keys_have_limits_with_honest_ends(void **state)
{
	struct scene *s = *state;
	struct gateway_key key = { .id = "gw_1", .limits = { .rpm = 1, .concurrency = 2 } };
	struct key_pass first;
	struct key_pass second;
	struct refusal refusal;

	s->world.config.keys = &key;
	s->world.config.key_count = 1;
	router_configure(s->router, &s->world.config);
	assert_true(router_enter_key(s->router, &key, "m", 1, start, &first, &refusal));
	assert_false(router_enter_key(s->router, &key, "m", 1, at(SECONDS(20)), &second, &refusal));
	assert_int_equal(refusal.kind, REFUSED_LIMIT);
	assert_int_equal(refusal.status, 429);
	assert_int_equal(refusal.retry_after_ms, SECONDS(40));
	assert_string_equal(refusal.text, "this key's limit of 1 requests a minute is reached");
	assert_true(router_enter_key(s->router, &key, "m", 1, at(SECONDS(60)), &second, &refusal));
	assert_false(router_enter_key(s->router, &key, "m", 1, at(SECONDS(200)), &second,
				      &refusal));
	assert_int_equal(refusal.retry_after_ms, 1000);
}

static void the_request_that_crosses_a_budget_is_served(void **state)
{
	struct scene *s = *state;
	struct gateway_key key = { .id = "gw_1", .budget_usd_per_day = 1.0 };
	struct key_pass pass;
	struct refusal refusal;

	assert_true(router_enter_key(s->router, &key, "m", 1, start, &pass, &refusal));
	router_leave_key(s->router, &pass, 1, 0.99, start);
	assert_true(router_enter_key(s->router, &key, "m", 1, start, &pass, &refusal));
	router_leave_key(s->router, &pass, 1, 5.0, start);
	assert_false(router_enter_key(s->router, &key, "m", 1, start, &pass, &refusal));
	assert_int_equal(refusal.kind, REFUSED_BUDGET);
	assert_non_null(strstr(refusal.text, "budget_exceeded"));
	assert_true(refusal.retry_after_ms > 1000);
	/* a new day */
	assert_true(router_enter_key(s->router, &key, "m", 1, at(MINUTES(26 * 60)), &pass,
				     &refusal));
}

static void throttling_says_whose_limit_it_is(void **state)
{
	struct scene *s = *state;
	struct refusal refusal;

	s->world.config.rate_limit = (struct rate_limit_config){
		.enabled = true, .global_rps = 100, .per_ip_rps = 1, .burst_factor = 1 };
	assert_true(router_throttle(s->router, &s->world.config, "::1", "m", start, &refusal));
	assert_false(router_throttle(s->router, &s->world.config, "::1", "m", start, &refusal));
	assert_int_equal(refusal.status, 429);
	assert_true(refusal.retry_after_ms >= 1000);
	assert_non_null(strstr(refusal.text, "this address"));
}

/* --- pins and estimates --- */

static void answers_are_found_where_they_live(void **state)
{
	struct scene *s = *state;

	router_pin(s->router, slice_of("resp_1"), "id-b", start);
	assert_string_equal(router_pinned(s->router, slice_of("resp_1"), at(MINUTES(60 * 24))),
			    "id-b");
	assert_null(router_pinned(s->router, slice_of("resp_2"), start));
	assert_null(router_pinned(s->router, slice_of(""), start));
	assert_false(router_has_files(s->router));
	router_pin(s->router, slice_of("file-1"), "id-b", start);
	assert_true(router_has_files(s->router));
	assert_string_equal(router_pinned(s->router, slice_of("file-1"), start), "id-b");
}

static void estimates_are_shared(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 50; i++) {
		router_learn(s->router, "opus", 3000, 1000, 100);
	}
	assert_in_range(router_estimate(s->router, "opus", 3000, 0).prompt, 990, 1010);
	assert_int_equal(router_estimate(s->router, "opus", 3000, 7).answer, 7);
}

/* --- cooldowns --- */

static void cooldowns_are_listed_and_cleared(void **state)
{
	struct scene *s = *state;
	struct buf out = BUF_INIT(65536);
	char id[COOLDOWN_ID_BYTES];

	fail_account(s, "id-a", 402, start);
	fail_account(s, "id-b", 403, start);
	assert_non_null(strstr(cooldowns(s, NULL, &out, start), "\"upstream\":\"a\""));
	assert_non_null(strstr(buf_text(&out), "\"upstream\":\"b\""));
	assert_non_null(strstr(buf_text(&out), "the account has no credit left (HTTP 402); the "
			       "upstream named no end, so the next try is in 30 min 0 s"));
	assert_null(strstr(cooldowns(s, "id-b", &out, start), "\"upstream\":\"a\""));
	str_copy(id, sizeof id, s->router->upstreams.items[0]->ledger.entries[0].id);
	id[9] = '\0';                   /* a prefix will do */
	assert_true(router_clear_id(s->router, id, start));
	assert_false(router_clear_id(s->router, id, start));
	assert_false(router_clear_id(s->router, "", start));
	assert_int_equal(router_clear(s->router, "id-a", NULL, start), 0);
	assert_int_equal(router_clear(s->router, NULL, NULL, start), 1);
	assert_string_equal(cooldowns(s, NULL, &out, start), "[]");
	buf_release(&out);
}

static void spend(struct scene *s, const char *name, const char *value)
{
	struct string_pair pairs[] = {
		{ "anthropic-ratelimit-unified-status", "rejected" },
		{ name, value },
		{ "anthropic-ratelimit-unified-representative-claim", "seven_day" },
	};
	struct pair_list headers = { pairs, 3 };
	struct quota_readings readings;

	quota_read(&headers, start.wall_ms, &readings);
	quota_update(&s->router->upstreams.items[0]->quota, &readings, "m", start);
}

static void spent_windows_are_listed_and_cleared_like_cooldowns(void **state)
{
	struct scene *s = *state;
	struct buf out = BUF_INIT(65536);
	char id[COOLDOWN_ID_BYTES];
	const char *at_id;

	spend(s, "anthropic-ratelimit-unified-reset", "1795330800");
	assert_int_equal(router_condition(s->router, "id-a", start), UPSTREAM_COOLING);
	at_id = strstr(cooldowns(s, NULL, &out, start), "cd_");
	assert_non_null(at_id);
	assert_non_null(strstr(buf_text(&out), "\"class\":\"quota\""));
	assert_non_null(strstr(buf_text(&out), "(window 7d), in 24 h 0 min"));
	memcpy(id, at_id, 11);
	id[11] = '\0';
	assert_true(router_clear_id(s->router, id, start));
	assert_int_equal(router_condition(s->router, "id-a", start), UPSTREAM_READY);
	assert_string_equal(cooldowns(s, NULL, &out, start), "[]");
	spend(s, "anthropic-ratelimit-unified-reset", "1795330800");
	assert_int_equal(router_clear(s->router, "id-a", NULL, start), 1);
	assert_int_equal(router_condition(s->router, "id-a", start), UPSTREAM_READY);
	buf_release(&out);
}

static void conditions_have_names(void **state)
{
	struct scene *s = *state;

	assert_string_equal(condition_name(router_condition(s->router, "id-a", start)), "ready");
	fail_account(s, "id-a", 401, start);
	assert_string_equal(condition_name(router_condition(s->router, "id-a", start)),
			    "attention");
	assert_true(router_set(s->router, "id-b", "gpt", MINUTES(1), start));
	assert_string_equal(condition_name(router_condition(s->router, "id-b", start)), "partly");
	assert_true(router_set(s->router, "id-b", "", MINUTES(1), start));
	assert_string_equal(condition_name(router_condition(s->router, "id-b", start)),
			    "cooldown");
	assert_false(router_set(s->router, "nobody", "", 1, start));
	s->world.accounts[1].is_active = false;
	assert_string_equal(condition_name(router_condition(s->router, "id-b", start)),
			    "disabled");
}

static void probes_are_due_once_an_interval(void **state)
{
	struct scene *s = *state;
	const char *ids[PROBE_BATCH];

	assert_int_equal(router_due_probes(s->router, ids, start), 0);
	fail_account(s, "id-a", 401, start);
	assert_int_equal(router_due_probes(s->router, ids, at(SECONDS(59))), 0);
	assert_int_equal(router_due_probes(s->router, ids, at(SECONDS(60))), 1);
	assert_string_equal(ids[0], "id-a");
	assert_int_equal(router_due_probes(s->router, ids, at(SECONDS(61))), 0);
	router_probed(s->router, "id-a", at(SECONDS(62)));
	assert_int_equal(router_condition(s->router, "id-a", at(SECONDS(62))), UPSTREAM_READY);
	assert_int_equal(router_due_probes(s->router, ids, at(MINUTES(5))), 0);
	/* money is nothing that a free request could tell of */
	fail_account(s, "id-b", 402, start);
	assert_int_equal(router_due_probes(s->router, ids, at(MINUTES(5))), 0);
}

static bool serves(const struct upstream_account *account, const char *model)
{
	return list_matches(&account->models, model);
}

static void resolve_names_the_order_and_the_reasons(void **state)
{
	struct scene *s = *state;
	struct buf out = BUF_INIT(65536);
	struct json_writer w;
	struct arena arena;
	struct plan plan;

	arena_init(&arena, 1024);
	s->world.aliases[0].routes[1].is_enabled = false;
	world_alias(&s->world, "more", "a:opus:1 b:gpt:2 a:haiku:3");
	router_set(s->router, "id-a", "opus", MINUTES(2), start);
	plan_make(&(struct plan_input){ .config = &s->world.config, .name = "more",
					.serves = serves }, &arena, &plan);
	json_open(&w, &out);
	router_write_resolve(s->router, &s->world.config, &plan, &w, start);
	assert_string_equal(buf_text(&out),
		"{\"name\":\"more\",\"candidates\":[{\"upstream\":\"b\",\"model\":\"gpt\","
		"\"position\":1},{\"upstream\":\"a\",\"model\":\"haiku\",\"position\":2}],"
		"\"skipped\":[{\"upstream\":\"a\",\"model\":\"opus\",\"reason\":"
		"\"cooling down for 120 s: set by hand\"}]}");
	buf_clear(&out);
	plan_make(&(struct plan_input){ .config = &s->world.config, .name = "smart",
					.serves = serves }, &arena, &plan);
	json_open(&w, &out);
	router_write_resolve(s->router, &s->world.config, &plan, &w, start);
	assert_non_null(strstr(buf_text(&out), "the route is switched off"));
	buf_release(&out);
	arena_release(&arena);
}

static void screens_get_their_members(void **state)
{
	struct scene *s = *state;
	struct gateway_key key = { .id = "gw_1", .limits = { .rpd = 5 } };
	struct buf out = BUF_INIT(65536);
	struct json_writer w;

	s->world.accounts[0].limits = (struct limits){ .rpm = 9, .concurrency = 3 };
	router_configure(s->router, &s->world.config);
	json_open(&w, &out);
	json_object(&w);
	router_write_upstream(s->router, &s->world.accounts[0], &w, start);
	json_end(&w);
	assert_string_equal(buf_text(&out),
		"{\"in_flight\":0,\"cooldowns\":[],\"quota\":[],"
		"\"limits_used\":{\"rpm\":{\"limit\":9,\"used\":0},"
		"\"concurrency\":{\"limit\":3,\"used\":0}}}");
	buf_clear(&out);
	json_open(&w, &out);
	json_object(&w);
	router_write_key(s->router, &key, &w, start);
	json_end(&w);
	assert_string_equal(buf_text(&out), "{\"limits_used\":{\"rpd\":{\"limit\":5,\"used\":0}},"
			    "\"in_flight\":0,\"spent_usd_today\":0}");
	buf_release(&out);
}

/* --- restart --- */

static void serve(struct scene *s, struct router *r, uint64_t session, struct moment now)
{
	struct arena arena;
	struct plan plan;
	struct walk walk;

	arena_init(&arena, 1024);
	plan_make(&(struct plan_input){ .config = &s->world.config, .name = "smart",
					.serves = serves }, &arena, &plan);
	walk_begin(&walk, r, &(struct walk_options){ .config = &s->world.config, .plan = &plan,
		.arena = &arena, .session = session, .tokens = 5, .now = now });
	assert_int_equal(walk_next(&walk, now).kind, STEP_TRY);
	walk_answered(&walk, NULL, now);
	walk_finish(&walk, 5, now);
	arena_release(&arena);
}

static void a_restart_keeps_cooldowns_days_quota_and_bindings(void **state)
{
	struct scene *s = *state;
	struct router *after = router_create(9);
	struct moment later = { .mono_ms = 50, .wall_ms = start.wall_ms + SECONDS(30) };
	struct string_pair pair = { "anthropic-ratelimit-unified-7d-reset", "1795330800" };
	struct pair_list headers = { &pair, 1 };
	struct quota_readings readings;
	struct routing_state saved;
	struct arena arena;
	uint32_t owner;

	arena_init(&arena, 4096);
	s->world.accounts[0].limits.rpd = 10;
	router_configure(s->router, &s->world.config);
	serve(s, s->router, 77, start);
	serve(s, s->router, 77, start);
	fail_account(s, "id-b", 402, start);
	router_set(s->router, "id-b", "short", SECONDS(5), start);
	router_pin(s->router, slice_of("resp_1"), "id-b", start);
	quota_read(&headers, start.wall_ms, &readings);
	quota_update(&s->router->upstreams.items[0]->quota, &readings, "m", start);

	router_export(s->router, &arena, start, &saved);
	assert_int_equal(saved.cooldown_count, 2);
	router_import(after, &saved, later);
	router_configure(after, &s->world.config);

	assert_int_equal(router_condition(after, "id-b", later), UPSTREAM_COOLING);
	assert_int_equal(roster_get(&after->upstreams, "id-b")->ledger.count, 1);
	assert_int_equal(roster_get(&after->upstreams, "id-a")->counters.day_requests, 2);
	assert_int_equal(roster_get(&after->upstreams, "id-a")->quota.count, 1);
	assert_string_equal(router_pinned(after, slice_of("resp_1"), later), "id-b");
	assert_true(affinity_get(&after->sessions, 77, later, &owner));
	assert_string_equal(after->upstreams.items[owner]->id, "id-a");
	arena_release(&arena);
	router_destroy(after);
}

/* --- many threads --- */

struct worker {
	struct scene *scene;
	uint64_t number;
	int served;
};

static void *work(void *ctx)
{
	struct worker *me = ctx;
	struct arena arena;

	arena_init(&arena, 4096);
	for (int i = 0; i < 300; i++) {
		struct moment now = at(i * 10 + (int64_t)me->number);
		struct plan plan;
		struct walk walk;
		struct step step;

		plan_make(&(struct plan_input){ .config = &me->scene->world.config,
			.name = "smart", .serves = serves }, &arena, &plan);
		walk_begin(&walk, me->scene->router, &(struct walk_options){
			.config = &me->scene->world.config, .plan = &plan, .arena = &arena,
			.session = me->number, .tokens = 5, .now = now });
		step = walk_next(&walk, now);
		if (step.kind == STEP_TRY && i % 7 == 0) {
			struct verdict v;

			classify(&(struct outcome){ .status = 500 }, &v);
			walk_failed(&walk, &v, NULL, now);
			step = walk_next(&walk, now);
		}
		if (step.kind == STEP_TRY) {
			walk_answered(&walk, NULL, now);
			walk_finish(&walk, 7, now);
			me->served++;
		}
		walk_abandon(&walk, now);
		arena_release(&arena);
	}
	return NULL;
}

static void threads_share_it(void **state)
{
	struct scene *s = *state;
	struct worker workers[4];
	pthread_t threads[4];
	struct buf out = BUF_INIT(1 << 20);

	for (int i = 0; i < 4; i++) {
		workers[i] = (struct worker){ s, (uint64_t)i, 0 };
		pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	for (int i = 0; i < 100; i++) {
		cooldowns(s, NULL, &out, start);
		router_configure(s->router, &s->world.config);
		router_clear(s->router, "id-a", NULL, start);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_true(workers[i].served > 200);
	}
	assert_int_equal(s->router->upstreams.items[0]->counters.in_flight, 0);
	assert_int_equal(s->router->upstreams.items[1]->counters.in_flight, 0);
	buf_release(&out);
}

#define ROUTER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define ROUTER_ROW(row, name) ROW_TEST_IN(row, name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROUTER_TEST(keys_expire_and_have_their_models),
		ROUTER_TEST(keys_have_limits_with_honest_ends),
		ROUTER_TEST(the_request_that_crosses_a_budget_is_served),
		ROUTER_TEST(throttling_says_whose_limit_it_is),
		ROUTER_ROW("rule 14", answers_are_found_where_they_live),
		ROUTER_TEST(estimates_are_shared),
		ROUTER_TEST(cooldowns_are_listed_and_cleared),
		ROUTER_TEST(spent_windows_are_listed_and_cleared_like_cooldowns),
		ROUTER_TEST(conditions_have_names),
		ROUTER_TEST(probes_are_due_once_an_interval),
		ROUTER_TEST(resolve_names_the_order_and_the_reasons),
		ROUTER_TEST(screens_get_their_members),
		ROUTER_ROW("rule 23", a_restart_keeps_cooldowns_days_quota_and_bindings),
		ROUTER_TEST(threads_share_it),
	};

	/* What it would tell an operator is not what is tested here. */
	log_configure(&(struct log_options){ .level = LOG_ERROR, .console_level = LOG_ERROR });
	return cmocka_run_group_tests(tests, NULL, NULL);
}
