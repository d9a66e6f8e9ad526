/*
 * Lookups in a snapshot and the words of its enums.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/config.c"

static struct upstream_account accounts[] = {
	{ .id = "upstream_ab12", .name = "main" },
	{ .id = "upstream_ab99", .name = "spare" },
	{ .id = "upstream_cd00", .name = "upstream_ab" },
};
static struct gateway_key keys[] = {
	{ .id = "gw_1111", .name = "laptop" },
	{ .id = "gw_1122", .name = "phone" },
};
static const struct config sample = {
	.accounts = accounts, .account_count = ARRAY_LEN(accounts),
	.keys = keys, .key_count = ARRAY_LEN(keys),
};

static void test_account_by_name_id_and_prefix(void **state)
{
	(void)state;
	assert_ptr_equal(config_account(&sample, "spare"), &accounts[1]);
	assert_ptr_equal(config_account(&sample, "upstream_ab12"), &accounts[0]);
	assert_ptr_equal(config_account(&sample, "upstream_c"), &accounts[2]);
	assert_null(config_account(&sample, "upstream_"));
	assert_null(config_account(&sample, "nobody"));
	assert_null(config_account(&sample, ""));
}

static void test_exact_name_wins_over_prefixes(void **state)
{
	(void)state;
	assert_ptr_equal(config_account(&sample, "upstream_ab"), &accounts[2]);
}

static void test_key_lookup(void **state)
{
	(void)state;
	assert_ptr_equal(config_key(&sample, "phone"), &keys[1]);
	assert_ptr_equal(config_key(&sample, "gw_111"), &keys[0]);
	assert_null(config_key(&sample, "gw_11"));
}

static void test_pairs_ignore_case_globs_do_not(void **state)
{
	struct string_pair pairs[] = { { "X-Title", "a" }, { "x-other", "b" } };
	struct pair_list list = { pairs, 2 };
	const char *globs[] = { "claude-*", "gpt-5" };
	struct string_list patterns = { globs, 2 };

	(void)state;
	assert_string_equal(pair_get(&list, "x-title"), "a");
	assert_null(pair_get(&list, "x"));
	assert_true(list_matches(&patterns, "claude-opus"));
	assert_false(list_matches(&patterns, "Claude-opus"));
	assert_false(list_matches(&patterns, "gpt-5.2"));
}

static void test_reference_count_frees_once(void **state)
{
	struct config *c = calloc(1, sizeof *c);

	(void)state;
	arena_init(&c->arena, 64);
	arena_strdup(&c->arena, "x");
	c->refs = 1;
	assert_ptr_equal(config_ref(c), c);
	config_unref(c);
	assert_int_equal(c->refs, 1);
	config_unref(c);
	config_unref(NULL);
}

static void test_names_round_trip(void **state)
{
	enum provider_id provider;
	enum format_id format;
	enum account_type type;
	enum strategy strategy;

	(void)state;
	for (int i = PROVIDER_ANTHROPIC; i <= PROVIDER_DEMO; i++) {
		assert_true(provider_by_name(provider_name(i), &provider));
		assert_int_equal(provider, i);
	}
	for (int i = FORMAT_NONE; i <= FORMAT_GEMINI; i++) {
		assert_true(format_by_name(format_name(i), &format));
		assert_int_equal(format, i);
	}
	for (int i = ACCOUNT_API_KEY; i <= ACCOUNT_NONE; i++) {
		assert_true(account_type_by_name(account_type_name(i), &type));
		assert_int_equal(type, i);
	}
	for (int i = STRATEGY_HEALTH_FIRST; i <= STRATEGY_RANDOM; i++) {
		assert_true(strategy_by_name(strategy_name(i), &strategy));
		assert_int_equal(strategy, i);
	}
	assert_false(provider_by_name("Anthropic", &provider));
}

static void test_permissions_in_words(void **state)
{
	struct buf out = BUF_INIT(64);

	(void)state;
	permissions_text(PERMISSION_READ | PERMISSION_ADMIN, &out);
	assert_string_equal(buf_text(&out), "read,admin");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_account_by_name_id_and_prefix),
		cmocka_unit_test(test_exact_name_wins_over_prefixes),
		cmocka_unit_test(test_key_lookup),
		cmocka_unit_test(test_pairs_ignore_case_globs_do_not),
		cmocka_unit_test(test_reference_count_frees_once),
		cmocka_unit_test(test_names_round_trip),
		cmocka_unit_test(test_permissions_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
