/*
 * Every row of the failure table and the rules of routing, one request at a
 * time, against a clock that only the test moves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "routing/walk.c"

#include "tests/unit/routing_world.h"
#include "tests/unit/rows.h"

#define SECONDS(n) ((n) * 1000LL)
#define MINUTES(n) ((n) * 60000LL)

struct scene {
	struct world world;
	struct router *router;
	struct arena arena;
	struct moment now;
	uint64_t session;
	bool is_background;
	const char *name;
};

static bool serves(const struct upstream_account *account, const char *model)
{
	return list_matches(&account->models, model);
}

/* Accounts a, b (anthropic) and c (openai): alias `one` a:1, `two` a:1 b:2,
 * `mixed` a:1 b:2 c:3, `even` a b c alike. */
static int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof *s);

	world_init(&s->world);
	world_account(&s->world, "a", PROVIDER_ANTHROPIC, "claude-*");
	world_account(&s->world, "b", PROVIDER_ANTHROPIC, "claude-*");
	world_account(&s->world, "c", PROVIDER_OPENAI, "gpt-*");
	world_alias(&s->world, "one", "a:m:1");
	world_alias(&s->world, "two", "a:m:1 b:m:2");
	world_alias(&s->world, "mixed", "a:m:1 b:m:2 c:m:3");
	world_alias(&s->world, "even", "a:m:1 b:m:1 c:m:1");
	s->router = router_create(1);
	router_configure(s->router, &s->world.config);
	arena_init(&s->arena, 4096);
	s->now = (struct moment){ .mono_ms = 1000000, .wall_ms = 1795244400000LL };
	s->name = "two";
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	router_destroy(s->router);
	arena_release(&s->arena);
	free(s);
	return 0;
}

static void pass(struct scene *s, int64_t ms)
{
	s->now = moment_after(s->now, ms);
}

static struct plan *plan_now(struct scene *s)
{
	struct plan *plan = arena_alloc(&s->arena, sizeof *plan);

	plan_make(&(struct plan_input){ .config = &s->world.config, .name = s->name,
					.serves = serves }, &s->arena, plan);
	return plan;
}

static struct walk begin(struct scene *s)
{
	struct walk w;

	walk_begin(&w, s->router, &(struct walk_options){
		.config = &s->world.config, .plan = plan_now(s), .arena = &s->arena,
		.session = s->session, .tokens = 100, .is_background = s->is_background,
		.now = s->now });
	return w;
}

/* The next upstream tried, waits passed; "fail", "refresh" otherwise. */
static const char *next(struct scene *s, struct walk *w, struct step *step)
{
	for (int i = 0; i < 10000; i++) {
		*step = walk_next(w, s->now);
		switch (step->kind) {
		case STEP_TRY:
			return step->candidate->account->name;
		case STEP_REFRESH:
			return "refresh";
		case STEP_FAIL:
			return "fail";
		case STEP_WAIT:
			assert_true(step->wait_ms > 0);
			pass(s, step->wait_ms);
		}
	}
	fail_msg("waits for ever");
	return NULL;
}

#define assert_next(s, w, name) \
	do { \
		struct step step_; \
		assert_string_equal(next((s), (w), &step_), (name)); \
	} while (0)

#define assert_fails(s, w, expected_status, expected_retry) \
	do { \
		struct step step_; \
		assert_string_equal(next((s), (w), &step_), "fail"); \
		assert_int_equal(step_.status, (expected_status)); \
		assert_int_equal(step_.retry_after_ms, (expected_retry)); \
	} while (0)

static struct verdict verdict_for(int status, const char *body, const struct pair_list *headers,
				  enum transport_failure transport)
{
	struct verdict v;

	classify(&(struct outcome){ .status = status, .body = slice_of(body),
				    .headers = headers, .transport = transport,
				    .now_wall_ms = 1795244400000LL }, &v);
	return v;
}

static bool fail_status(struct scene *s, struct walk *w, int status)
{
	struct verdict v = verdict_for(status, "", NULL, TRANSPORT_OK);

	return walk_failed(w, &v, NULL, s->now);
}

static bool fail_body(struct scene *s, struct walk *w, int status, const char *body)
{
	struct verdict v = verdict_for(status, body, NULL, TRANSPORT_OK);

	return walk_failed(w, &v, NULL, s->now);
}

static void fail_transport(struct scene *s, struct walk *w, enum transport_failure t)
{
	struct verdict v = verdict_for(0, "", NULL, t);

	walk_failed(w, &v, NULL, s->now);
}

static void fail_header(struct scene *s, struct walk *w, int status, const char *name,
			const char *value)
{
	struct string_pair pair = { name, value };
	struct pair_list headers = { &pair, 1 };
	struct verdict v = verdict_for(status, "", &headers, TRANSPORT_OK);

	walk_failed(w, &v, &headers, s->now);
}

static void succeed(struct scene *s, struct walk *w)
{
	walk_answered(w, NULL, s->now);
	walk_finish(w, 100, s->now);
}

/* A whole request that must be served by `name`. */
static void served_by(struct scene *s, const char *name)
{
	struct walk w = begin(s);

	assert_next(s, &w, name);
	succeed(s, &w);
}

/* `a` fails with `status` in one request after the other until `n` failures. */
static void break_a(struct scene *s, int status, int n)
{
	for (int i = 0; i < n; i++) {
		struct walk w = begin(s);

		assert_next(s, &w, "a");
		fail_status(s, &w, status);
		walk_abandon(&w, s->now);
	}
}

/* --- rows of the table --- */

static void a_clients_fault_ends_at_once_and_blames_nobody(void **state)
{
	static const int statuses[] = { 400, 413, 422 };
	struct scene *s = *state;

	for (int round = 0; round < 50; round++) {
		struct walk w = begin(s);

		assert_next(s, &w, "a");
		assert_true(fail_status(s, &w, statuses[round % 3]));
		assert_fails(s, &w, statuses[round % 3], -1);
	}
	served_by(s, "a");
}

static void a_client_that_leaves_blames_nobody(void **state)
{
	struct scene *s = *state;

	for (int round = 0; round < 50; round++) {
		struct walk w = begin(s);

		assert_next(s, &w, "a");
		walk_abandon(&w, s->now);
		walk_abandon(&w, s->now);
	}
	served_by(s, "a");
	assert_int_equal(s->router->upstreams.items[0]->counters.in_flight, 0);
}

static void unauthorised_keys_wait_for_a_person(void **state)
{
	struct scene *s = *state;
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	fail_status(s, &w, 401);
	assert_next(s, &w, "b");
	succeed(s, &w);
	pass(s, MINUTES(60 * 24));
	served_by(s, "b");
	router_renewed(s->router, "id-a", s->now);
	served_by(s, "a");
}

static void oauth_is_refreshed_once(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->world.accounts[0].type = ACCOUNT_OAUTH;
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 401);
	assert_next(s, &w, "refresh");
	walk_refreshed(&w, RENEWAL_DONE, s->now);
	assert_next(s, &w, "a");
	succeed(s, &w);
	/* a second 401 counts */
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 401);
	assert_next(s, &w, "refresh");
	walk_refreshed(&w, RENEWAL_DONE, s->now);
	assert_next(s, &w, "a");
	fail_status(s, &w, 401);
	assert_next(s, &w, "b");
	succeed(s, &w);
	served_by(s, "b");
	/* so does a refresh that fails */
	router_renewed(s->router, "id-a", s->now);
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 401);
	assert_next(s, &w, "refresh");
	walk_refreshed(&w, RENEWAL_LOST, s->now);
	assert_next(s, &w, "b");
	succeed(s, &w);
	served_by(s, "b");
}

/* The vendor's token endpoint is down: that passes, so nobody is called. */
static void a_renewal_put_off_is_only_a_pause(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->world.accounts[0].type = ACCOUNT_OAUTH;
	s->name = "one";
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 401);
	assert_next(s, &w, "refresh");
	walk_refreshed(&w, RENEWAL_PUT_OFF, s->now);
	assert_fails(s, &w, 503, SECONDS(30));
	assert_int_equal(router_condition(s->router, "id-a", s->now), UPSTREAM_COOLING);
	pass(s, SECONDS(31));
	served_by(s, "a");
}

static void permission_and_credit_rest_half_an_hour(void **state)
{
	static const int statuses[] = { 403, 402 };
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct walk w = begin(s);

		assert_next(s, &w, "a");
		fail_status(s, &w, statuses[i]);
		assert_next(s, &w, "b");
		succeed(s, &w);
		pass(s, MINUTES(30) - 1);
		served_by(s, "b");
		pass(s, 1);
		served_by(s, "a");
	}
}

static void unknown_models_rest_an_hour_alone(void **state)
{
	struct scene *s = *state;
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	fail_body(s, &w, 404, "{\"error\":{\"message\":\"model m not found\"}}");
	assert_next(s, &w, "b");
	succeed(s, &w);
	s->name = "a/other";
	served_by(s, "a");
	s->name = "two";
	pass(s, MINUTES(60) - 1);
	served_by(s, "b");
	pass(s, 1);
	served_by(s, "a");
}

static void counting_never_blames(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->is_background = true;
	w = begin(s);
	assert_next(s, &w, "a");
	fail_body(s, &w, 404, "{\"error\":{\"message\":\"model m not found\"}}");
	walk_abandon(&w, s->now);
	for (int i = 0; i < 20; i++) {
		w = begin(s);
		assert_next(s, &w, "a");
		fail_transport(s, &w, TRANSPORT_CONNECT);
		walk_abandon(&w, s->now);
	}
	s->is_background = false;
	served_by(s, "a");
}

static void a_short_rate_limit_moves_the_unbound(void **state)
{
	struct scene *s = *state;
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "5");
	assert_next(s, &w, "b");
	succeed(s, &w);
	pass(s, SECONDS(5) - 1);
	served_by(s, "b");
	pass(s, 1);
	served_by(s, "a");
}

static void a_bound_session_waits_for_a_short_limit(void **state)
{
	struct scene *s = *state;
	int64_t before;
	struct walk w;

	s->session = 42;
	served_by(s, "a");
	w = begin(s);
	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "5");
	before = s->now.mono_ms;
	assert_next(s, &w, "a");
	assert_true(s->now.mono_ms - before >= SECONDS(5));
	succeed(s, &w);
	/* one that found the limit there waits as well */
	w = begin(s);
	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "3");
	walk_abandon(&w, s->now);
	served_by(s, "a");
}

static void a_long_limit_moves_the_bound_and_rebinds(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->session = 42;
	served_by(s, "a");
	w = begin(s);
	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "120");
	assert_next(s, &w, "b");
	succeed(s, &w);
	pass(s, SECONDS(121));
	served_by(s, "b");              /* its cache is there now */
	s->session = 43;
	served_by(s, "a");              /* new sessions go home */
}

static void a_lone_limit_is_waited_for(void **state)
{
	struct scene *s = *state;
	int64_t before;
	struct walk w;

	s->name = "one";
	w = begin(s);
	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "15");
	before = s->now.mono_ms;
	assert_next(s, &w, "a");
	assert_true(s->now.mono_ms - before >= SECONDS(15));
	succeed(s, &w);
	/* beyond max_wait the client hears the honest end */
	w = begin(s);
	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "90");
	assert_fails(s, &w, 429, SECONDS(90));
	w = begin(s);
	pass(s, SECONDS(30));
	assert_fails(s, &w, 429, SECONDS(60));
}

static void a_limit_that_renews_itself_does_not_hold_for_ever(void **state)
{
	struct scene *s = *state;
	struct walk w;
	struct step step;
	int tries = 0;

	s->name = "one";
	w = begin(s);
	while (str_eq(next(s, &w, &step), "a")) {
		fail_header(s, &w, 429, "retry-after-ms", "100");
		tries++;
	}
	assert_int_equal(step.status, 429);
	assert_true(tries > 1 && tries <= 6);
}

static void spent_quota_moves_everybody_at_once(void **state)
{
	struct scene *s = *state;
	struct string_pair pairs[] = {
		{ "anthropic-ratelimit-unified-status", "rejected" },
		{ "anthropic-ratelimit-unified-5h-status", "rejected" },
		{ "anthropic-ratelimit-unified-5h-reset", "1795248000" },
	};
	struct pair_list headers = { pairs, 3 };
	struct verdict v = verdict_for(429, "", &headers, TRANSPORT_OK);
	struct walk w;

	s->session = 42;
	served_by(s, "a");
	w = begin(s);
	assert_next(s, &w, "a");
	walk_failed(&w, &v, &headers, s->now);
	assert_next(s, &w, "b");
	succeed(s, &w);
	s->session = 0;
	pass(s, MINUTES(60) - 1);
	served_by(s, "b");
	pass(s, 1);
	served_by(s, "a");
}

static void a_blind_429_is_repeated_once_then_rests(void **state)
{
	struct scene *s = *state;
	struct walk w = begin(s);
	int64_t before = s->now.mono_ms;

	assert_next(s, &w, "a");
	fail_status(s, &w, 429);
	assert_next(s, &w, "a");
	assert_in_range(s->now.mono_ms - before, SECONDS(1), SECONDS(2));
	fail_status(s, &w, 429);
	assert_next(s, &w, "b");
	succeed(s, &w);
	pass(s, SECONDS(30) - 1);
	served_by(s, "b");
	pass(s, 1);
	/* the probe fails: twice as long */
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 429);
	assert_next(s, &w, "b");
	succeed(s, &w);
	pass(s, SECONDS(60) - 1);
	served_by(s, "b");
	pass(s, 1);
	served_by(s, "a");
}

static void an_overload_is_tried_thrice_then_another_vendor(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->name = "mixed";
	w = begin(s);
	for (int i = 0; i < 3; i++) {
		int64_t before = s->now.mono_ms;

		assert_next(s, &w, "a");
		if (i) {
			assert_in_range(s->now.mono_ms - before, 750, SECONDS(3));
		}
		fail_status(s, &w, 529);
	}
	assert_next(s, &w, "c");        /* b is of the same vendor */
	succeed(s, &w);
	served_by(s, "b");
	pass(s, SECONDS(10));
	served_by(s, "a");
}

static void others_do_not_repeat_what_one_found_out(void **state)
{
	struct scene *s = *state;
	struct walk first;
	struct walk second;

	s->name = "mixed";
	first = begin(s);
	second = begin(s);
	assert_next(s, &second, "a");
	for (int i = 0; i < 3; i++) {
		assert_next(s, &first, "a");
		fail_status(s, &first, 529);
	}
	fail_status(s, &second, 529);
	assert_next(s, &second, "c");
	walk_abandon(&first, s->now);
	walk_abandon(&second, s->now);
}

static void gateway_errors_are_repeated_once_and_break_after_five(void **state)
{
	static const int statuses[] = { 502, 503, 504 };

	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct scene *s = *state;
		struct walk w = begin(s);

		assert_next(s, &w, "a");
		fail_status(s, &w, statuses[i]);
		assert_next(s, &w, "a");
		fail_status(s, &w, statuses[i]);
		assert_next(s, &w, "b");
		succeed(s, &w);
		served_by(s, "a");      /* two are not enough */
		break_a(s, statuses[i], 3);
		served_by(s, "b");
		tear_down(state);
		set_up(state);
	}
}

static void server_errors_and_connections_are_not_repeated(void **state)
{
	struct scene *s = *state;
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	fail_status(s, &w, 500);
	assert_next(s, &w, "b");
	succeed(s, &w);
	w = begin(s);
	assert_next(s, &w, "a");
	fail_transport(s, &w, TRANSPORT_CONNECT);
	assert_next(s, &w, "b");
	succeed(s, &w);
	w = begin(s);
	assert_next(s, &w, "a");
	fail_transport(s, &w, TRANSPORT_TIMEOUT);
	assert_next(s, &w, "b");
	succeed(s, &w);
	served_by(s, "a");              /* one of a kind makes no entry */
}

static void a_stale_connection_is_repeated_silently(void **state)
{
	struct scene *s = *state;
	struct step step;
	struct walk w = begin(s);

	s->world.accounts[0].limits.rpm = 1;
	router_configure(s->router, &s->world.config);
	assert_next(s, &w, "a");
	fail_transport(s, &w, TRANSPORT_STALE);
	assert_string_equal(next(s, &w, &step), "a");
	assert_true(step.needs_fresh_connection);
	succeed(s, &w);
	assert_int_equal(w.routes_tried[0], 1);
	assert_int_equal(w.attempt_count, 1);
}

static void five_failures_open_and_one_probe_closes(void **state)
{
	struct scene *s = *state;
	struct walk probe;
	struct walk other;

	break_a(s, 500, 5);
	served_by(s, "b");
	pass(s, SECONDS(30));
	probe = begin(s);
	other = begin(s);
	assert_next(s, &probe, "a");
	assert_next(s, &other, "b");    /* one at a time */
	succeed(s, &probe);
	succeed(s, &other);
	served_by(s, "a");
}

static void twenty_parallel_failures_are_one_escalation(void **state)
{
	struct scene *s = *state;
	struct walk walks[20];
	const struct ledger *ledger;

	for (int i = 0; i < 20; i++) {
		walks[i] = begin(s);
		assert_next(s, &walks[i], "a");
	}
	for (int i = 0; i < 20; i++) {
		pass(s, 1);
		fail_status(s, &walks[i], 500);
	}
	ledger = &s->router->upstreams.items[0]->ledger;
	assert_int_equal(ledger->count, 1);
	assert_int_equal(ledger->entries[0].streak, 0);
	assert_int_equal(ledger->entries[0].until.mono_ms - ledger->entries[0].since.mono_ms,
			 SECONDS(30));
	for (int i = 0; i < 20; i++) {
		assert_next(s, &walks[i], "b");
		succeed(s, &walks[i]);
	}
}

static void broken_answers_before_content_are_invisible(void **state)
{
	struct scene *s = *state;
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	fail_transport(s, &w, TRANSPORT_BROKEN);
	assert_next(s, &w, "b");
	succeed(s, &w);
	w = begin(s);
	assert_next(s, &w, "a");
	fail_body(s, &w, 200, "{\"error\":{\"type\":\"overloaded_error\"}}");
	assert_next(s, &w, "a");
	succeed(s, &w);
}

static void broken_answers_after_content_count_as_their_class(void **state)
{
	struct scene *s = *state;
	struct verdict v = verdict_for(200, "", NULL, TRANSPORT_BROKEN);

	for (int i = 0; i < 5; i++) {
		struct walk w = begin(s);

		assert_next(s, &w, "a");
		walk_answered(&w, NULL, s->now);
		walk_broke(&w, &v, s->now);
		walk_finish(&w, 10, s->now);
	}
	served_by(s, "b");
	assert_int_equal(s->router->upstreams.items[0]->counters.in_flight, 0);
}

/* --- the end of the walk --- */

static void the_most_useful_error_is_shown(void **state)
{
	struct scene *s = *state;
	struct walk w;
	struct step step;

	s->name = "mixed";
	w = begin(s);
	assert_next(s, &w, "a");
	assert_true(fail_status(s, &w, 500));
	assert_next(s, &w, "b");
	assert_true(fail_status(s, &w, 403));
	assert_next(s, &w, "c");
	assert_false(fail_body(s, &w, 404, "{\"error\":{\"message\":\"model m\"}}"));
	assert_string_equal(next(s, &w, &step), "fail");
	assert_int_equal(step.status, 403);
	assert_string_equal(step.attempt->candidate->account->name, "b");
}

static void a_429_outranks_what_was_tried(void **state)
{
	struct scene *s = *state;
	struct walk w = begin(s);
	struct step step;

	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "300");
	assert_next(s, &w, "b");
	fail_status(s, &w, 500);
	assert_string_equal(next(s, &w, &step), "fail");
	assert_int_equal(step.status, 429);
	/* now the limit is known beforehand */
	w = begin(s);
	assert_next(s, &w, "b");
	fail_status(s, &w, 500);
	assert_string_equal(next(s, &w, &step), "fail");
	assert_int_equal(step.status, 429);
	assert_null(step.attempt);
	assert_int_equal(step.retry_after_ms, SECONDS(300));
}

static void the_walk_tells_what_it_did(void **state)
{
	struct scene *s = *state;
	struct buf text = BUF_INIT(2048);
	struct json_writer json;
	struct step step;
	struct walk w;

	s->name = "mixed";
	router_set(s->router, "id-c", "", MINUTES(5), s->now);
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 502);
	assert_next(s, &w, "a");
	fail_status(s, &w, 502);
	assert_next(s, &w, "b");
	fail_status(s, &w, 500);
	assert_string_equal(next(s, &w, &step), "fail");
	walk_explain(&w, s->now, &text);
	assert_string_equal(buf_text(&text), "tried a (502: the upstream is unavailable), "
			    "b (500: the upstream fails); passed over c (cooling down for 300 s: "
			    "set by hand)");
	buf_clear(&text);
	json_open(&json, &text);
	walk_trace(&w, &json, s->now);
	assert_string_equal(buf_text(&text),
		"[{\"upstream\":\"a\",\"model\":\"m\",\"level\":1,\"outcome\":\"failed\","
		"\"reason\":\"the upstream is unavailable\"},"
		"{\"upstream\":\"b\",\"model\":\"m\",\"level\":1,\"outcome\":\"failed\","
		"\"reason\":\"the upstream fails\"},"
		"{\"upstream\":\"c\",\"model\":\"m\",\"level\":1,\"outcome\":\"passed over\","
		"\"reason\":\"cooling down for 300 s: set by hand\"}]");
	buf_release(&text);
}

static void a_straight_way_leaves_no_trace(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->name = "mixed";
	w = begin(s);
	assert_next(s, &w, "a");
	walk_answered(&w, NULL, s->now);
	assert_false(walk_is_eventful(&w));
	walk_finish(&w, 1, s->now);
	router_set(s->router, "id-a", "", MINUTES(5), s->now);
	w = begin(s);
	assert_next(s, &w, "b");
	walk_answered(&w, NULL, s->now);
	assert_true(walk_is_eventful(&w));
	walk_finish(&w, 1, s->now);
}

/* In memory that does not grow: the telling first, the rest is counted. */
static void a_trace_keeps_to_its_room(void **state)
{
	struct scene *s = *state;
	char storage[400];
	struct buf text;
	struct json_writer json;
	struct walk w;

	world_alias(&s->world, "many", "c:m1:1 c:m2:1 c:m3:1 c:m4:1 c:m5:1 c:m6:1 a:m:2 b:m:1");
	s->name = "many";
	router_set(s->router, "id-b", "", MINUTES(5), s->now);
	w = begin(s);
	assert_next(s, &w, "c");
	walk_answered(&w, NULL, s->now);
	buf_init_fixed(&text, storage, sizeof storage);
	json_open(&json, &text);
	walk_trace(&w, &json, s->now);
	assert_false(text.failed);
	assert_ptr_equal(text.ptr, storage);
	assert_string_equal(storage,
		"[{\"upstream\":\"c\",\"model\":\"m1\",\"level\":1,\"outcome\":\"answered\","
		"\"reason\":null},"
		"{\"upstream\":\"b\",\"model\":\"m\",\"level\":1,\"outcome\":\"passed over\","
		"\"reason\":\"cooling down for 300 s: set by hand\"},"
		"{\"upstream\":\"c\",\"model\":\"m2\",\"level\":1,\"outcome\":\"not needed\","
		"\"reason\":null},"
		"{\"upstream\":null,\"model\":null,\"outcome\":\"not listed\","
		"\"reason\":\"5 more routes\"}]");
	walk_finish(&w, 1, s->now);
}

/* --- levels and budgets --- */

static void each_level_has_its_own_budget(void **state)
{
	struct scene *s = *state;
	struct walk w;

	world_fallback(&s->world, "two", "mixed");
	s->world.config.routing.max_attempts = 1;
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 500);
	assert_next(s, &w, "c");        /* b belongs to the first level */
	fail_status(s, &w, 500);
	assert_fails(s, &w, 500, -1);
}

static void repeats_do_not_use_up_the_budget(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->world.config.routing.max_attempts = 2;
	s->name = "mixed";
	w = begin(s);
	for (int i = 0; i < 3; i++) {
		assert_next(s, &w, "a");
		fail_status(s, &w, 529);
	}
	assert_next(s, &w, "c");
	fail_status(s, &w, 500);
	assert_fails(s, &w, 529, SECONDS(10));
}

static void the_predecessors_retry_cap_counts(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->world.config.fallback.max_retries = 1;
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 500);
	assert_fails(s, &w, 500, -1);
}

/* --- nothing left --- */

static void a_guess_is_tried_early_when_nothing_is_left(void **state)
{
	struct scene *s = *state;
	struct walk w;
	struct walk other;

	s->name = "one";
	break_a(s, 500, 5);
	w = begin(s);
	assert_next(s, &w, "a");
	/* the others wait for what it finds */
	other = begin(s);
	assert_int_equal(walk_next(&other, s->now).kind, STEP_WAIT);
	succeed(s, &w);
	assert_next(s, &other, "a");
	succeed(s, &other);
	/* and do not try in vain when it found nothing */
	break_a(s, 500, 5);
	w = begin(s);
	other = begin(s);
	assert_next(s, &w, "a");
	pass(s, 10);
	fail_status(s, &w, 500);
	assert_int_equal(walk_next(&other, s->now).kind, STEP_FAIL);
}

static void a_refused_key_is_never_tried_again_unasked(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->name = "one";
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 401);
	assert_fails(s, &w, 401, -1);
	w = begin(s);
	assert_fails(s, &w, 401, -1);
}

static void no_credit_is_tried_as_a_last_resort(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->name = "one";
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 402);
	walk_abandon(&w, s->now);
	served_by(s, "a");              /* somebody paid */
	served_by(s, "a");
}

/* An upstream that takes its time to fail is asked once: others, however, are
 * asked even then. */
static void nobody_is_asked_twice_after_a_minute(void **state)
{
	struct scene *s = *state;
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	pass(s, SECONDS(59));
	fail_status(s, &w, 503);
	assert_next(s, &w, "a");
	succeed(s, &w);
	w = begin(s);
	assert_next(s, &w, "a");
	pass(s, SECONDS(61));
	fail_status(s, &w, 503);
	assert_next(s, &w, "b");
	succeed(s, &w);
}

static void clients_need_not_repeat_what_is_spent(void **state)
{
	struct scene *s = *state;
	struct step step;
	struct walk w;

	s->name = "one";
	w = begin(s);
	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "50");
	assert_string_equal(next(s, &w, &step), "fail");
	assert_false(step.is_spent);
	pass(s, SECONDS(50));
	w = begin(s);
	assert_next(s, &w, "a");
	fail_header(s, &w, 429, "retry-after", "600");
	assert_string_equal(next(s, &w, &step), "fail");
	assert_true(step.is_spent);
}

static void a_fault_of_the_clients_own_is_not_spent(void **state)
{
	struct scene *s = *state;
	struct step step;
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	fail_status(s, &w, 400);
	assert_string_equal(next(s, &w, &step), "fail");
	assert_false(step.is_spent);
}

/* --- before and after the first byte --- */

/* What came of the answer is in the gateway's hands only: it may start anew,
 * even when it had seen content and was still collecting the rest. */
static void all_is_replayable_before_the_first_byte(void **state)
{
	static const enum transport_failure ways[] = {
		TRANSPORT_DNS, TRANSPORT_CONNECT, TRANSPORT_TLS, TRANSPORT_RESET,
		TRANSPORT_TIMEOUT, TRANSPORT_BROKEN,
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct walk w;

		router_clear(s->router, "id-a", NULL, s->now);
		w = begin(s);
		assert_next(s, &w, "a");
		if (i % 2) {
			walk_answered(&w, NULL, s->now);
		}
		fail_transport(s, &w, ways[i]);
		assert_next(s, &w, "b");
		succeed(s, &w);
	}
}

/* --- limits --- */

static void limits_steer_and_are_waited_for(void **state)
{
	struct scene *s = *state;
	int64_t before = s->now.mono_ms;

	s->world.accounts[0].limits.rpm = 2;
	router_configure(s->router, &s->world.config);
	served_by(s, "a");
	pass(s, SECONDS(50));
	served_by(s, "a");
	served_by(s, "b");
	s->name = "one";
	served_by(s, "a");              /* ten seconds later */
	assert_in_range(s->now.mono_ms - before, SECONDS(60), SECONDS(61));
}

static void the_client_hears_the_soonest_reset(void **state)
{
	struct scene *s = *state;
	struct walk w;
	struct step step;

	s->world.accounts[0].limits.rpm = 1;
	s->world.accounts[1].limits.rpm = 1;
	router_configure(s->router, &s->world.config);
	served_by(s, "a");
	pass(s, SECONDS(10));
	served_by(s, "b");
	w = begin(s);
	assert_string_equal(next(s, &w, &step), "fail");
	assert_int_equal(step.status, 429);
	assert_in_range(step.retry_after_ms, SECONDS(49), SECONDS(50) + 250);
}

static void background_leaves_the_last_place(void **state)
{
	struct scene *s = *state;
	struct walk running;
	struct walk w;

	s->world.accounts[0].limits.concurrency = 2;
	router_configure(s->router, &s->world.config);
	s->name = "one";
	running = begin(s);
	assert_next(s, &running, "a");
	s->is_background = true;
	w = begin(s);
	assert_int_equal(walk_next(&w, s->now).kind, STEP_WAIT);
	s->is_background = false;
	served_by(s, "a");
	walk_abandon(&running, s->now);
}

static void a_busy_upstream_is_waited_for(void **state)
{
	struct scene *s = *state;
	struct walk running;
	struct walk w;
	struct step step;

	s->world.accounts[0].limits.concurrency = 1;
	router_configure(s->router, &s->world.config);
	s->name = "one";
	running = begin(s);
	assert_next(s, &running, "a");
	w = begin(s);
	step = walk_next(&w, s->now);
	assert_int_equal(step.kind, STEP_WAIT);
	assert_true(step.wait_ms <= 50);
	succeed(s, &running);
	assert_next(s, &w, "a");
	succeed(s, &w);
}

static void reported_quotas_steer_before_they_refuse(void **state)
{
	struct scene *s = *state;
	struct string_pair pairs[] = {
		{ "x-ratelimit-limit-requests", "10" },
		{ "x-ratelimit-remaining-requests", "0" },
		{ "x-ratelimit-reset-requests", "30s" },
	};
	struct pair_list headers = { pairs, 3 };
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	walk_answered(&w, &headers, s->now);
	walk_finish(&w, 10, s->now);
	served_by(s, "b");
	pass(s, SECONDS(30));
	served_by(s, "a");
}

static void nearly_spent_accounts_come_last_of_their_kind(void **state)
{
	struct scene *s = *state;
	struct string_pair pairs[] = {
		{ "anthropic-ratelimit-unified-5h-utilization", "0.99" },
		{ "anthropic-ratelimit-unified-5h-reset", "1795248000" },
	};
	struct pair_list headers = { pairs, 2 };
	struct walk w;

	s->name = "even";
	w = begin(s);
	assert_next(s, &w, "a");
	walk_answered(&w, &headers, s->now);
	walk_finish(&w, 10, s->now);
	for (int i = 0; i < 6; i++) {
		struct step step;

		w = begin(s);
		assert_string_not_equal(next(s, &w, &step), "a");
		succeed(s, &w);
	}
}

/* --- sessions --- */

static void a_session_stays_although_others_are_free(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->session = 7;
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 500);
	assert_next(s, &w, "b");
	succeed(s, &w);
	/* bound to b although a is first again */
	served_by(s, "b");
	pass(s, MINUTES(59));
	served_by(s, "b");
	pass(s, MINUTES(61));
	served_by(s, "a");
}

static void a_short_break_at_home_does_not_move_house(void **state)
{
	struct scene *s = *state;

	s->session = 7;
	served_by(s, "a");
	break_a(s, 500, 5);
	served_by(s, "b");
	pass(s, SECONDS(31));
	served_by(s, "a");
}

static void fallback_aliases_do_not_bind(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->name = "one";
	world_fallback(&s->world, "one", "mixed");
	s->session = 7;
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 500);
	assert_next(s, &w, "b");
	succeed(s, &w);
	served_by(s, "a");
}

static void affinity_can_be_switched_off(void **state)
{
	struct scene *s = *state;
	struct walk w;

	s->world.config.routing.session_affinity = false;
	s->session = 7;
	w = begin(s);
	assert_next(s, &w, "a");
	fail_status(s, &w, 500);
	assert_next(s, &w, "b");
	succeed(s, &w);
	served_by(s, "a");
}

static void a_clients_own_credential_benches_nobody(void **state)
{
	static const int statuses[] = { 401, 403, 402, 429 };
	struct scene *s = *state;
	struct string_pair pair = { "retry-after", "600" };
	struct pair_list headers = { &pair, 1 };

	s->world.accounts[0].type = ACCOUNT_PASSTHROUGH;
	for (int i = 0; i < 40; i++) {
		struct plan *plan = arena_alloc(&s->arena, sizeof *plan);
		struct verdict v = verdict_for(statuses[i % 4], "", &headers, TRANSPORT_OK);
		struct step step;
		struct walk w;

		plan_make(&(struct plan_input){ .config = &s->world.config, .name = "two",
			.serves = serves, .has_client_credential = true }, &s->arena, plan);
		walk_begin(&w, s->router, &(struct walk_options){
			.config = &s->world.config, .plan = plan, .arena = &s->arena,
			.now = s->now });
		assert_string_equal(next(s, &w, &step), "a");
		walk_failed(&w, &v, &headers, s->now);
		assert_int_equal(s->router->upstreams.items[0]->ledger.count, 0);
		walk_abandon(&w, s->now);
	}
}

/* --- ramp --- */

static void a_crowd_that_moves_is_let_in_slowly(void **state)
{
	struct scene *s = *state;
	struct walk walks[40];
	int on_b = 0;

	for (int i = 0; i < 40; i++) {
		walks[i] = begin(s);
		assert_next(s, &walks[i], "a");
	}
	for (int i = 0; i < 40; i++) {
		fail_status(s, &walks[i], 500);
	}
	for (int i = 0; i < 40; i++) {
		on_b += walk_next(&walks[i], s->now).kind == STEP_TRY;
	}
	assert_in_range(on_b, 8, 10);
	/* those that belong there are not held back */
	s->name = "b/m";
	served_by(s, "b");
	for (int i = 0; i < 40; i++) {
		if (walks[i].current == NOBODY) {
			assert_next(s, &walks[i], "b");
		}
		succeed(s, &walks[i]);
	}
}

/* --- reload --- */

static void a_reload_keeps_what_is_known(void **state)
{
	struct scene *s = *state;
	struct world *second = calloc(1, sizeof *second);
	struct walk w = begin(s);

	assert_next(s, &w, "a");
	fail_status(s, &w, 401);
	/* accounts in another order */
	world_init(second);
	world_account(second, "b", PROVIDER_ANTHROPIC, "claude-*");
	world_account(second, "a", PROVIDER_ANTHROPIC, "claude-*");
	router_configure(s->router, &second->config);
	assert_next(s, &w, "b");        /* planned with the old one */
	succeed(s, &w);
	assert_int_equal(router_condition(s->router, "id-a", s->now), UPSTREAM_NEEDS_ATTENTION);
	assert_int_equal(router_condition(s->router, "id-b", s->now), UPSTREAM_READY);
	assert_int_equal(router_condition(s->router, "id-c", s->now), UPSTREAM_DISABLED);
	router_configure(s->router, &s->world.config);
	free(second);
}

#define WALK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define WALK_ROW(row, name) ROW_TEST_IN(row, name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WALK_ROW("row own fault", a_clients_fault_ends_at_once_and_blames_nobody),
		WALK_ROW("row client gone", a_client_that_leaves_blames_nobody),
		WALK_ROW("row 401", unauthorised_keys_wait_for_a_person),
		WALK_ROW("row 401", oauth_is_refreshed_once),
		WALK_ROW("row 401", a_renewal_put_off_is_only_a_pause),
		WALK_ROW("rows 403, 402", permission_and_credit_rest_half_an_hour),
		WALK_ROW("row 404", unknown_models_rest_an_hour_alone),
		WALK_ROW("rule 21", counting_never_blames),
		WALK_ROW("row 429 short", a_short_rate_limit_moves_the_unbound),
		WALK_ROW("row 429 short", a_bound_session_waits_for_a_short_limit),
		WALK_ROW("rule 13", a_long_limit_moves_the_bound_and_rebinds),
		WALK_ROW("row 429 short", a_lone_limit_is_waited_for),
		WALK_ROW("row 429 short", a_limit_that_renews_itself_does_not_hold_for_ever),
		WALK_ROW("row 429 quota", spent_quota_moves_everybody_at_once),
		WALK_ROW("row 429 blind", a_blind_429_is_repeated_once_then_rests),
		WALK_ROW("row 529", an_overload_is_tried_thrice_then_another_vendor),
		WALK_ROW("row 529", others_do_not_repeat_what_one_found_out),
		WALK_ROW("rows 502, 503, 504",
			 gateway_errors_are_repeated_once_and_break_after_five),
		WALK_ROW("rows 500, connect, DNS, TLS, timeout",
			 server_errors_and_connections_are_not_repeated),
		WALK_ROW("row stale connection", a_stale_connection_is_repeated_silently),
		WALK_ROW("rule 8", five_failures_open_and_one_probe_closes),
		WALK_ROW("rule 3", twenty_parallel_failures_are_one_escalation),
		WALK_ROW("row broken before content", broken_answers_before_content_are_invisible),
		WALK_ROW("row broken after content, rule 12",
			 broken_answers_after_content_count_as_their_class),
		WALK_ROW("all failed", the_most_useful_error_is_shown),
		WALK_ROW("all failed", a_429_outranks_what_was_tried),
		WALK_ROW("rule 22", the_walk_tells_what_it_did),
		WALK_TEST(a_straight_way_leaves_no_trace),
		WALK_TEST(a_trace_keeps_to_its_room),
		WALK_ROW("rule 10", each_level_has_its_own_budget),
		WALK_ROW("rule 10", repeats_do_not_use_up_the_budget),
		WALK_ROW("rule 10", the_predecessors_retry_cap_counts),
		WALK_ROW("rule 10", nobody_is_asked_twice_after_a_minute),
		WALK_ROW("rule 10", clients_need_not_repeat_what_is_spent),
		WALK_ROW("rule 10", a_fault_of_the_clients_own_is_not_spent),
		WALK_ROW("rule 11", all_is_replayable_before_the_first_byte),
		WALK_ROW("rule 9", a_guess_is_tried_early_when_nothing_is_left),
		WALK_ROW("rule 26", a_refused_key_is_never_tried_again_unasked),
		WALK_ROW("rule 9", no_credit_is_tried_as_a_last_resort),
		WALK_TEST(limits_steer_and_are_waited_for),
		WALK_ROW("rule 9", the_client_hears_the_soonest_reset),
		WALK_ROW("rule 21", background_leaves_the_last_place),
		WALK_ROW("rule 25", a_busy_upstream_is_waited_for),
		WALK_TEST(reported_quotas_steer_before_they_refuse),
		WALK_ROW("rule 16", nearly_spent_accounts_come_last_of_their_kind),
		WALK_ROW("rule 13", a_session_stays_although_others_are_free),
		WALK_ROW("rule 13", a_short_break_at_home_does_not_move_house),
		WALK_ROW("rule 13", fallback_aliases_do_not_bind),
		WALK_ROW("rule 13", affinity_can_be_switched_off),
		WALK_TEST(a_clients_own_credential_benches_nobody),
		WALK_ROW("rule 15", a_crowd_that_moves_is_let_in_slowly),
		WALK_TEST(a_reload_keeps_what_is_known),
	};

	/* What it would tell an operator is not what is tested here. */
	log_configure(&(struct log_options){ .level = LOG_ERROR, .console_level = LOG_ERROR });
	return cmocka_run_group_tests(tests, NULL, NULL);
}
