#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "routing/affinity.c"
#include "tests/unit/rows.h"

static const struct moment start = { .mono_ms = 1000, .wall_ms = 1795244400000LL };

static uint64_t session(struct session_facts f)
{
	return affinity_session(&f);
}

static void the_most_telling_fact_names_the_session(void **state)
{
	struct session_facts f = {
		.session_header = slice_of("s1"), .user_id = slice_of("user_x_session_u1"),
		.cache_key = slice_of("c1"), .system_text = slice_of("sys"),
		.user_text = slice_of("hello"),
	};
	uint64_t by_header = session(f);
	uint64_t by_user;
	uint64_t by_cache;

	(void)state;
	f.user_id = slice_of("other");
	assert_int_equal(session(f), by_header);
	f.session_header = SLICE_NULL;
	f.user_id = slice_of("user_x_account_y_session_u1");
	by_user = session(f);
	f.cache_key = slice_of("c2");
	assert_int_equal(session(f), by_user);
	f.user_id = slice_of("just-a-user");
	by_cache = session(f);
	f.user_text = slice_of("changed");
	assert_int_equal(session(f), by_cache);
	f.cache_key = SLICE_NULL;
	assert_int_not_equal(session(f), by_cache);
}

static void json_user_ids_are_understood(void **state)
{
	uint64_t a = session((struct session_facts){
		.user_id = slice_of("{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"s\"}") });
	uint64_t b = session((struct session_facts){
		.user_id = slice_of("{\"session_id\":\"s\",\"device_id\":\"e\"}") });

	(void)state;
	assert_int_not_equal(a, 0);
	assert_int_equal(a, b);
}

static void first_texts_tell_sessions_apart(void **state)
{
	struct session_facts f = { .system_text = slice_of("ab"), .user_text = slice_of("c") };
	uint64_t key = session(f);

	(void)state;
	f = (struct session_facts){ .system_text = slice_of("a"), .user_text = slice_of("bc") };
	assert_int_not_equal(session(f), key);
	assert_int_equal(session((struct session_facts){ .model = "m" }), 0);
}

static void models_of_a_session_are_bound_apart(void **state)
{
	struct session_facts f = { .session_header = slice_of("s"), .model = "opus" };
	uint64_t opus = session(f);

	(void)state;
	f.model = "haiku";
	assert_int_not_equal(session(f), opus);
}

static void bindings_slide_for_an_hour(void **state)
{
	struct affinity a;
	struct moment now = start;
	uint32_t owner;

	(void)state;
	affinity_init(&a, 64, AFFINITY_SESSION_MS);
	assert_false(affinity_get(&a, 9, now, &owner));
	affinity_put(&a, 9, 3, now);
	for (int i = 0; i < 5; i++) {
		now = moment_after(now, AFFINITY_SESSION_MS - 1);
		assert_true(affinity_get(&a, 9, now, &owner));
		assert_int_equal(owner, 3);
		affinity_put(&a, 9, 3, now);
	}
	now = moment_after(now, AFFINITY_SESSION_MS);
	assert_false(affinity_get(&a, 9, now, &owner));
	affinity_put(&a, 0, 1, now);
	assert_false(affinity_get(&a, 0, now, &owner));
	affinity_release(&a);
}

static void strangers_cannot_fill_it(void **state)
{
	struct affinity a;
	uint32_t owner;
	char id[32];
	int kept = 0;

	(void)state;
	affinity_init(&a, 64, AFFINITY_SESSION_MS);
	for (int i = 0; i < 100000; i++) {
		snprintf(id, sizeof id, "resp_%d", i);
		affinity_put(&a, affinity_id(slice_of(id)), (uint32_t)i, moment_after(start, i));
	}
	for (int i = 99990; i < 100000; i++) {
		snprintf(id, sizeof id, "resp_%d", i);
		kept += affinity_get(&a, affinity_id(slice_of(id)), moment_after(start, 100000),
				     &owner) && owner == (uint32_t)i;
	}
	assert_true(kept >= 8);         /* the newest, but for unlucky sets */
	affinity_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST("rule 13", the_most_telling_fact_names_the_session),
		ROW_TEST("rule 13", json_user_ids_are_understood),
		ROW_TEST("rule 13", first_texts_tell_sessions_apart),
		ROW_TEST("rule 13", models_of_a_session_are_bound_apart),
		ROW_TEST("rule 13", bindings_slide_for_an_hour),
		cmocka_unit_test(strangers_cannot_fill_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
