#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "routing/ledger.c"

#include "routing/breaker.h"
#include "tests/unit/rows.h"

#define NOW 1795244400000LL
#define SECONDS(n) ((n) * 1000LL)
#define MINUTES(n) ((n) * 60000LL)

static struct moment at(int64_t ms)
{
	return (struct moment){ .mono_ms = 5000000 + ms, .wall_ms = NOW + ms };
}

static struct verdict verdict(enum failure_class class, enum failure_scope scope,
			      int64_t reset_ms)
{
	return (struct verdict){ .class = class, .scope = scope, .reset_ms = reset_ms,
				 .status = 429, .retry_after_ms = -1 };
}

/* A failure at `end` of an attempt that began at `begin`. */
static bool fail_between(struct ledger *l, struct verdict v, int64_t begin, int64_t end)
{
	struct ledger_failure f = { .verdict = &v, .model = "m", .is_tripped = true,
				    .began_mono_ms = at(begin).mono_ms };

	return ledger_fail(l, &f, at(end));
}

static bool fails(struct ledger *l, enum failure_class class, enum failure_scope scope,
		  int64_t when)
{
	return fail_between(l, verdict(class, scope, -1), when, when);
}

static bool measured(struct ledger *l, enum failure_class class, enum failure_scope scope,
		     int64_t reset_ms, int64_t when)
{
	return fail_between(l, verdict(class, scope, reset_ms), when, when);
}

static bool succeeds(struct ledger *l, int64_t begin, int64_t end)
{
	return ledger_succeed(l, "m", at(begin).mono_ms, at(end));
}

static enum ledger_state state_of(const struct ledger *l, const char *model, int64_t when)
{
	const struct cooldown *why;

	return ledger_look(l, model, at(when), &why);
}

static int64_t end_of(const struct ledger *l, const char *model, int64_t when)
{
	const struct cooldown *why;

	ledger_look(l, model, at(when), &why);
	return why ? why->until.wall_ms - NOW : -1;
}

static void clients_faults_never_enter(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	for (int c = 0; c < FAILURE_CLASSES; c++) {
		enum failure_class class = (enum failure_class)c;

		if (failure_rule(class)->cooldown == COOLDOWN_NONE) {
			assert_false(fails(&l, class, SCOPE_UPSTREAM, 0));
		}
		assert_false(fails(&l, class, SCOPE_NONE, 0));
	}
	assert_int_equal(l.count, 0);
	ledger_release(&l);
}

static void a_measured_end_is_exact_and_just_ends(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	assert_true(measured(&l, FAILURE_RATE, SCOPE_MODEL, SECONDS(7), 0));
	assert_int_equal(state_of(&l, "m", SECONDS(7) - 1), LEDGER_BLOCKED);
	assert_int_equal(state_of(&l, "m", SECONDS(7)), LEDGER_FREE);
	assert_int_equal(state_of(&l, "other", 0), LEDGER_FREE);
	ledger_release(&l);
}

static void a_guess_never_changes_a_measured_end(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	measured(&l, FAILURE_QUOTA, SCOPE_UPSTREAM, MINUTES(90), 0);
	assert_false(fails(&l, FAILURE_NETWORK, SCOPE_UPSTREAM, SECONDS(1)));
	assert_false(fails(&l, FAILURE_CREDIT, SCOPE_UPSTREAM, MINUTES(80)));
	assert_false(fails(&l, FAILURE_AUTH, SCOPE_UPSTREAM, MINUTES(81)));
	assert_int_equal(end_of(&l, "m", 0), MINUTES(90));
	ledger_release(&l);
}

static void a_later_measurement_replaces(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	fails(&l, FAILURE_RATE_BLIND, SCOPE_MODEL, 0);
	assert_true(measured(&l, FAILURE_RATE, SCOPE_MODEL, SECONDS(3), SECONDS(1)));
	assert_int_equal(end_of(&l, "m", SECONDS(1)), SECONDS(4));
	assert_true(measured(&l, FAILURE_RATE, SCOPE_MODEL, SECONDS(1), SECONDS(2)));
	assert_int_equal(end_of(&l, "m", SECONDS(2)), SECONDS(3));
	ledger_release(&l);
}

static void an_overload_never_shortens(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	measured(&l, FAILURE_RATE, SCOPE_MODEL, MINUTES(5), 0);
	assert_false(measured(&l, FAILURE_OVERLOADED, SCOPE_MODEL, SECONDS(20), SECONDS(1)));
	assert_false(fails(&l, FAILURE_OVERLOADED, SCOPE_MODEL, SECONDS(1)));
	assert_int_equal(end_of(&l, "m", SECONDS(1)), MINUTES(5));
	ledger_release(&l);
}

static void overload_is_short_and_has_no_streak(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_true(fails(&l, FAILURE_OVERLOADED, SCOPE_MODEL, SECONDS(10 * i)));
		assert_int_equal(end_of(&l, "m", SECONDS(10 * i)), SECONDS(10 * i + 10));
	}
	assert_int_equal(state_of(&l, "m", SECONDS(50)), LEDGER_FREE);
	ledger_release(&l);
}

static void parallel_failures_are_one_escalation(void **state)
{
	struct ledger l = { .count = 0 };
	int changes = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		changes += fail_between(&l, verdict(FAILURE_RATE_BLIND, SCOPE_MODEL, -1),
					i, SECONDS(1) + i);
	}
	assert_int_equal(changes, 1);
	assert_int_equal(end_of(&l, "m", SECONDS(2)), SECONDS(31));
	/* stragglers of the same burst after its end add nothing either */
	changes = fail_between(&l, verdict(FAILURE_RATE_BLIND, SCOPE_MODEL, -1), 20, SECONDS(40));
	assert_int_equal(changes, 0);
	ledger_release(&l);
}

static void failed_probes_double_up_to_five_minutes(void **state)
{
	static const int64_t lengths[] = { 30, 60, 120, 240, 300, 300 };
	struct ledger l = { .count = 0 };
	int64_t now = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		int64_t token;

		assert_true(fails(&l, FAILURE_SERVER, SCOPE_MODEL, now));
		assert_int_equal(end_of(&l, "m", now), now + SECONDS(lengths[i]));
		now += SECONDS(lengths[i]);
		token = ledger_lease(&l, "m", at(now));
		assert_true(token != 0);
	}
	ledger_release(&l);
}

static void a_success_closes_and_forgets_the_streak(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	fails(&l, FAILURE_SERVER, SCOPE_MODEL, 0);
	fails(&l, FAILURE_SERVER, SCOPE_MODEL, SECONDS(30));
	assert_int_equal(end_of(&l, "m", SECONDS(30)), SECONDS(90));
	assert_true(succeeds(&l, SECONDS(90), SECONDS(91)));
	assert_int_equal(state_of(&l, "m", SECONDS(91)), LEDGER_FREE);
	fails(&l, FAILURE_SERVER, SCOPE_MODEL, SECONDS(92));
	assert_int_equal(end_of(&l, "m", SECONDS(92)), SECONDS(122));
	ledger_release(&l);
}

static void a_success_that_began_before_proves_nothing(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	fails(&l, FAILURE_SERVER, SCOPE_MODEL, SECONDS(10));
	assert_false(succeeds(&l, SECONDS(5), SECONDS(12)));
	assert_int_equal(state_of(&l, "m", SECONDS(12)), LEDGER_BLOCKED);
	ledger_release(&l);
}

static void a_failure_that_began_before_the_success_does_not_reopen(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	fails(&l, FAILURE_SERVER, SCOPE_MODEL, 0);
	succeeds(&l, SECONDS(30), SECONDS(31));
	assert_false(fail_between(&l, verdict(FAILURE_SERVER, SCOPE_MODEL, -1), SECONDS(1),
				  SECONDS(32)));
	assert_true(fail_between(&l, verdict(FAILURE_SERVER, SCOPE_MODEL, -1), SECONDS(32),
				 SECONDS(33)));
	ledger_release(&l);
}

static void a_success_leaves_measured_ends_of_others(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	measured(&l, FAILURE_QUOTA, SCOPE_UPSTREAM, MINUTES(90), 0);
	assert_false(succeeds(&l, SECONDS(1), SECONDS(2)));
	assert_int_equal(state_of(&l, "x", SECONDS(2)), LEDGER_BLOCKED);
	ledger_release(&l);
}

static void one_probe_is_leased_for_thirty_seconds(void **state)
{
	struct ledger l = { .count = 0 };
	int64_t token;

	(void)state;
	fails(&l, FAILURE_SERVER, SCOPE_MODEL, 0);
	assert_int_equal(state_of(&l, "m", SECONDS(30)), LEDGER_PROBE);
	token = ledger_lease(&l, "m", at(SECONDS(30)));
	assert_true(token != 0);
	assert_int_equal(state_of(&l, "m", SECONDS(30)), LEDGER_BLOCKED);
	assert_int_equal(ledger_lease(&l, "m", at(SECONDS(31))), 0);
	/* nobody came back: the next may */
	assert_int_equal(state_of(&l, "m", SECONDS(60)), LEDGER_PROBE);
	/* given back at once when the client left */
	token = ledger_lease(&l, "m", at(SECONDS(60)));
	ledger_unlease(&l, token);
	assert_int_equal(state_of(&l, "m", SECONDS(60)), LEDGER_PROBE);
	ledger_release(&l);
}

static void an_early_probe_that_fails_escalates_nothing(void **state)
{
	struct ledger l = { .count = 0 };
	const struct cooldown *why;

	(void)state;
	fails(&l, FAILURE_SERVER, SCOPE_MODEL, 0);
	assert_true(ledger_lease(&l, "m", at(SECONDS(5))) != 0);
	assert_false(fail_between(&l, verdict(FAILURE_SERVER, SCOPE_MODEL, -1), SECONDS(5),
				  SECONDS(6)));
	ledger_look(&l, "m", at(SECONDS(6)), &why);
	assert_int_equal(why->until.wall_ms - NOW, SECONDS(30));
	assert_int_equal(why->failed_probe_mono_ms, at(SECONDS(5)).mono_ms);
	assert_int_equal(why->leased_until_mono_ms, 0);
	/* one that is out beyond the end does */
	assert_true(ledger_lease(&l, "m", at(SECONDS(29))) != 0);
	assert_true(fail_between(&l, verdict(FAILURE_SERVER, SCOPE_MODEL, -1), SECONDS(29),
				 SECONDS(31)));
	assert_int_equal(end_of(&l, "m", SECONDS(31)), SECONDS(91));
	ledger_release(&l);
}

static void half_open_is_forgotten_after_a_while(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	fails(&l, FAILURE_SERVER, SCOPE_MODEL, 0);
	assert_int_equal(state_of(&l, "m", MINUTES(10)), LEDGER_PROBE);
	assert_int_equal(state_of(&l, "m", MINUTES(11)), LEDGER_FREE);
	ledger_tidy(&l, at(MINUTES(11)));
	assert_int_equal(l.count, 0);
	ledger_release(&l);
}

static void refused_credentials_wait_for_a_person(void **state)
{
	struct ledger l = { .count = 0 };

	(void)state;
	fails(&l, FAILURE_AUTH, SCOPE_UPSTREAM, 0);
	assert_int_equal(state_of(&l, "any", MINUTES(60 * 24 * 30)), LEDGER_BLOCKED);
	/* signed in again */
	ledger_renewed(&l, at(MINUTES(1)));
	assert_int_equal(state_of(&l, "any", MINUTES(1)), LEDGER_FREE);
	/* a free probe got through: one request decides */
	fails(&l, FAILURE_AUTH, SCOPE_UPSTREAM, MINUTES(2));
	ledger_probed(&l, at(MINUTES(3)));
	assert_int_equal(state_of(&l, "any", MINUTES(3)), LEDGER_PROBE);
	fails(&l, FAILURE_AUTH, SCOPE_UPSTREAM, MINUTES(3));
	assert_int_equal(state_of(&l, "any", MINUTES(60)), LEDGER_BLOCKED);
	/* a test succeeded */
	assert_true(ledger_succeed(&l, "m", at(MINUTES(4)).mono_ms, at(MINUTES(4))));
	assert_int_equal(state_of(&l, "any", MINUTES(4)), LEDGER_FREE);
	ledger_release(&l);
}

static void fixed_guesses(void **state)
{
	static const struct {
		enum failure_class class;
		int64_t ms;
	} cases[] = {
		{ FAILURE_PERMISSION, MINUTES(30) }, { FAILURE_CREDIT, MINUTES(30) },
		{ FAILURE_MODEL, MINUTES(60) }, { FAILURE_QUOTA, MINUTES(30) },
		{ FAILURE_CHALLENGE, SECONDS(10) }, { FAILURE_RATE_BLIND, SECONDS(30) },
		{ FAILURE_NETWORK, SECONDS(30) }, { FAILURE_OVERLOADED, SECONDS(10) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ledger l = { .count = 0 };

		fails(&l, cases[i].class, SCOPE_MODEL, 0);
		assert_int_equal(end_of(&l, "m", 0), cases[i].ms);
		ledger_release(&l);
	}
}

static void a_configured_time_replaces_guesses(void **state)
{
	struct ledger l = { .count = 0 };
	struct verdict v = verdict(FAILURE_SERVER, SCOPE_MODEL, -1);
	struct ledger_failure f = { .verdict = &v, .model = "m", .is_tripped = true,
				    .began_mono_ms = at(0).mono_ms, .fixed_ms = SECONDS(7) };

	(void)state;
	ledger_fail(&l, &f, at(0));
	assert_int_equal(end_of(&l, "m", 0), SECONDS(7));
	v.reset_ms = SECONDS(99);
	ledger_fail(&l, &f, at(0));
	assert_int_equal(end_of(&l, "m", 0), SECONDS(99));
	ledger_release(&l);
}

static void breaker_classes_need_a_trip_first_but_not_half_open(void **state)
{
	struct ledger l = { .count = 0 };
	struct verdict v = verdict(FAILURE_SERVER, SCOPE_MODEL, -1);
	struct ledger_failure f = { .verdict = &v, .model = "m",
				    .began_mono_ms = at(0).mono_ms };

	(void)state;
	assert_false(ledger_fail(&l, &f, at(0)));
	f.is_tripped = true;
	assert_true(ledger_fail(&l, &f, at(0)));
	f.is_tripped = false;
	f.began_mono_ms = at(SECONDS(30)).mono_ms;
	assert_true(ledger_fail(&l, &f, at(SECONDS(30))));
	assert_int_equal(end_of(&l, "m", SECONDS(30)), SECONDS(90));
	ledger_release(&l);
}

static void any_answer_disproves_unreachable(void **state)
{
	struct ledger l = { .count = 0 };
	struct verdict v = verdict(FAILURE_SERVER, SCOPE_MODEL, -1);
	struct ledger_failure f = { .verdict = &v, .model = "m",
				    .began_mono_ms = at(SECONDS(30)).mono_ms };

	(void)state;
	fails(&l, FAILURE_NETWORK, SCOPE_UPSTREAM, 0);
	v.status = 500;
	ledger_fail(&l, &f, at(SECONDS(31)));
	assert_int_equal(state_of(&l, "m", SECONDS(31)), LEDGER_FREE);
	ledger_release(&l);
}

static void families_and_models_are_narrow(void **state)
{
	struct ledger l = { .count = 0 };
	struct verdict v = verdict(FAILURE_QUOTA, SCOPE_MODEL, MINUTES(60));

	(void)state;
	str_copy(v.family, sizeof v.family, "*opus*");
	fail_between(&l, v, 0, 0);
	assert_int_equal(state_of(&l, "claude-opus-4-6", 0), LEDGER_BLOCKED);
	assert_int_equal(state_of(&l, "claude-sonnet-5", 0), LEDGER_FREE);
	ledger_release(&l);
}

static void odd_names_are_no_patterns(void **state)
{
	struct ledger l = { .count = 0 };
	struct verdict v = verdict(FAILURE_MODEL, SCOPE_MODEL, -1);
	struct ledger_failure f = { .verdict = &v, .model = "*",
				    .began_mono_ms = at(0).mono_ms };

	(void)state;
	assert_true(ledger_fail(&l, &f, at(0)));
	assert_int_equal(state_of(&l, "*", 0), LEDGER_BLOCKED);
	assert_int_equal(state_of(&l, "m", 0), LEDGER_FREE);
	/* a person may mean one */
	ledger_set(&l, "claude-*", MINUTES(1), at(0));
	assert_int_equal(state_of(&l, "claude-opus-4-6", 0), LEDGER_BLOCKED);
	ledger_release(&l);
}

static void set_and_clear_by_hand(void **state)
{
	struct ledger l = { .count = 0, .seed = 7 };
	const struct cooldown *set;
	char id[COOLDOWN_ID_BYTES];

	(void)state;
	set = ledger_set(&l, "", MINUTES(5), at(0));
	str_copy(id, sizeof id, set->id);
	assert_int_equal(end_of(&l, "m", 0), MINUTES(5));
	assert_false(succeeds(&l, SECONDS(1), SECONDS(2)));
	assert_false(measured(&l, FAILURE_RATE, SCOPE_UPSTREAM, SECONDS(9), SECONDS(3)));
	assert_int_equal(end_of(&l, "m", 0), MINUTES(5));
	assert_false(ledger_clear_id(&l, "cd_nope", at(0)));
	assert_true(ledger_clear_id(&l, id, at(SECONDS(4))));
	assert_int_equal(state_of(&l, "m", SECONDS(4)), LEDGER_FREE);

	fails(&l, FAILURE_CREDIT, SCOPE_UPSTREAM, SECONDS(5));
	fails(&l, FAILURE_MODEL, SCOPE_MODEL, SECONDS(5));
	assert_int_equal(ledger_clear(&l, "m", at(SECONDS(6))), 1);
	assert_int_equal(ledger_clear(&l, NULL, at(SECONDS(6))), 1);
	assert_int_equal(l.count, 0);
	/* what was under way when it was cleared does not bring it back */
	assert_false(fail_between(&l, verdict(FAILURE_CREDIT, SCOPE_UPSTREAM, -1), SECONDS(5),
				  SECONDS(7)));
	ledger_release(&l);
}

static void stored_entries_come_back_unless_over(void **state)
{
	struct ledger l = { .count = 0 };
	struct ledger after = { .count = 0 };
	/* a restart: the monotonic clock began anew, two minutes passed */
	struct moment later = { .mono_ms = 1000, .wall_ms = NOW + MINUTES(2) };
	const struct cooldown *why;

	(void)state;
	measured(&l, FAILURE_QUOTA, SCOPE_UPSTREAM, MINUTES(60), 0);
	measured(&l, FAILURE_RATE, SCOPE_MODEL, SECONDS(90), 0);
	for (size_t i = 0; i < l.count; i++) {
		ledger_restore(&after, &l.entries[i], later);
	}
	assert_int_equal(after.count, 1);
	assert_int_equal(ledger_look(&after, "m", later, &why), LEDGER_BLOCKED);
	assert_int_equal(moment_left(later, why->until), MINUTES(58));
	assert_int_equal(ledger_look(&after, "m", moment_after(later, MINUTES(58)), &why),
			 LEDGER_FREE);
	ledger_release(&l);
	ledger_release(&after);
}

static void clocks_may_jump(void **state)
{
	struct ledger l = { .count = 0 };
	const struct cooldown *why;
	struct moment set_back = { at(SECONDS(8)).mono_ms, NOW - MINUTES(60) };
	struct moment slept = { at(SECONDS(1)).mono_ms, NOW + MINUTES(60) };

	(void)state;
	measured(&l, FAILURE_RATE, SCOPE_MODEL, SECONDS(7), 0);
	assert_int_equal(ledger_look(&l, "m", set_back, &why), LEDGER_FREE);
	assert_int_equal(ledger_look(&l, "m", slept, &why), LEDGER_FREE);
	ledger_release(&l);
}

static void the_table_is_bounded(void **state)
{
	struct ledger l = { .count = 0 };
	char model[16];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(model, sizeof model, "m%d", i);
		ledger_set(&l, model, MINUTES(1 + i), at(0));
	}
	assert_int_equal(l.count, MAX_COOLDOWNS_PER_UPSTREAM);
	assert_int_equal(state_of(&l, "m99", 0), LEDGER_BLOCKED);
	ledger_release(&l);
	/* names that a client invents push nothing out */
	measured(&l, FAILURE_RATE, SCOPE_MODEL, SECONDS(5), 0);
	for (int i = 0; i < 100; i++) {
		struct verdict v = verdict(FAILURE_MODEL, SCOPE_MODEL, -1);
		struct ledger_failure f = { .verdict = &v, .model = model,
					    .began_mono_ms = at(0).mono_ms };

		snprintf(model, sizeof model, "nope%d", i);
		ledger_fail(&l, &f, at(0));
	}
	assert_int_equal(state_of(&l, "m", 0), LEDGER_BLOCKED);
	ledger_release(&l);
}

static void entries_explain_themselves(void **state)
{
	struct ledger l = { .count = 0 };
	struct verdict v = verdict(FAILURE_QUOTA, SCOPE_UPSTREAM, MINUTES(90));
	struct buf text = BUF_INIT(1024);
	struct buf json = BUF_INIT(4096);
	struct json_writer w;

	(void)state;
	str_copy(v.header, sizeof v.header, "retry-after: 5400");
	str_copy(v.excerpt, sizeof v.excerpt, "You hit your limit");
	fail_between(&l, v, 0, 0);
	cooldown_explain(&l.entries[0], at(0), &text);
	assert_string_equal(buf_text(&text), "the account's usage quota is spent (HTTP 429); the "
			    "upstream named the end itself (retry-after: 5400), in 1 h 30 min");
	json_open(&w, &json);
	str_copy(l.entries[0].id, sizeof l.entries[0].id, "cd_1");
	cooldown_write(&l.entries[0], "max", &w, at(0));
	assert_non_null(strstr(buf_text(&json),
		"{\"id\":\"cd_1\",\"upstream\":\"max\",\"model\":null,\"cause\":{\"class\":\"quota\","
		"\"status\":429,\"header\":\"retry-after: 5400\",\"body\":\"You hit your limit\"},"
		"\"source\":\"measured\",\"since\":\"2026-11-21T07:00:00.000Z\","
		"\"until\":\"2026-11-21T08:30:00.000Z\",\"remaining_seconds\":5400,"
		"\"next_probe\":\"2026-11-21T08:30:00.000Z\",\"explanation\":"));

	buf_clear(&text);
	fails(&l, FAILURE_AUTH, SCOPE_UPSTREAM, 0);
	ledger_clear(&l, NULL, at(0));
	fails(&l, FAILURE_AUTH, SCOPE_UPSTREAM, 1);
	cooldown_explain(&l.entries[0], at(1), &text);
	assert_non_null(strstr(buf_text(&text), "until the credential is renewed"));
	buf_release(&text);
	buf_release(&json);
	ledger_release(&l);
}

/* --- breaker --- */

static void five_failures_in_a_minute_trip(void **state)
{
	struct breaker b = { .next = 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_false(breaker_bad(&b, SECONDS(15 * i)));
	}
	assert_true(breaker_bad(&b, SECONDS(60)));
	/* it starts anew */
	assert_false(breaker_bad(&b, SECONDS(60)));
}

static void slower_failures_do_not(void **state)
{
	struct breaker b = { .next = 0 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_false(breaker_bad(&b, SECONDS(16 * i)));
		breaker_good(&b, SECONDS(16 * i));
		breaker_good(&b, SECONDS(16 * i));
	}
}

static void half_of_ten_trips_and_a_few_of_many_do_not(void **state)
{
	struct breaker b = { .next = 0 };
	int tripped = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		breaker_good(&b, i);
	}
	for (int i = 0; i < 40; i++) {
		tripped += breaker_bad(&b, SECONDS(1) + i);
		breaker_good(&b, SECONDS(1) + i);
	}
	assert_int_equal(tripped, 0);
	b = (struct breaker){ .next = 0 };
	for (int i = 0; i < 10 && !tripped; i++) {
		breaker_good(&b, i);
		tripped += breaker_bad(&b, i);
	}
	assert_int_equal(tripped, 1);
}

static void a_row_of_failures_trips_a_busy_one(void **state)
{
	struct breaker b = { .next = 0 };
	int failures = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		breaker_good(&b, i);
	}
	while (!breaker_bad(&b, SECONDS(1))) {
		failures++;
	}
	assert_int_equal(failures, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST("row own fault", clients_faults_never_enter),
		ROW_TEST("rows 429", a_measured_end_is_exact_and_just_ends),
		ROW_TEST("rule 2", a_guess_never_changes_a_measured_end),
		ROW_TEST("rule 2", a_later_measurement_replaces),
		ROW_TEST("row 529", an_overload_never_shortens),
		ROW_TEST("row 529", overload_is_short_and_has_no_streak),
		ROW_TEST("rule 3", parallel_failures_are_one_escalation),
		ROW_TEST("rule 8", failed_probes_double_up_to_five_minutes),
		ROW_TEST("rule 7", a_success_closes_and_forgets_the_streak),
		ROW_TEST("rule 7", a_success_that_began_before_proves_nothing),
		cmocka_unit_test(a_failure_that_began_before_the_success_does_not_reopen),
		ROW_TEST("rule 7", a_success_leaves_measured_ends_of_others),
		ROW_TEST("rule 8", one_probe_is_leased_for_thirty_seconds),
		cmocka_unit_test(an_early_probe_that_fails_escalates_nothing),
		cmocka_unit_test(half_open_is_forgotten_after_a_while),
		ROW_TEST("rule 26", refused_credentials_wait_for_a_person),
		ROW_TEST("every row", fixed_guesses),
		cmocka_unit_test(a_configured_time_replaces_guesses),
		cmocka_unit_test(breaker_classes_need_a_trip_first_but_not_half_open),
		cmocka_unit_test(any_answer_disproves_unreachable),
		ROW_TEST("rule 6", families_and_models_are_narrow),
		cmocka_unit_test(odd_names_are_no_patterns),
		cmocka_unit_test(set_and_clear_by_hand),
		ROW_TEST("rule 23", stored_entries_come_back_unless_over),
		ROW_TEST("rule 23", clocks_may_jump),
		cmocka_unit_test(the_table_is_bounded),
		ROW_TEST("rule 22", entries_explain_themselves),
		ROW_TEST("rule 8", five_failures_in_a_minute_trip),
		ROW_TEST("rule 8", slower_failures_do_not),
		ROW_TEST("rule 8", half_of_ten_trips_and_a_few_of_many_do_not),
		ROW_TEST("rule 8", a_row_of_failures_trips_a_busy_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
