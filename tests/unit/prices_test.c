#include "stats/prices.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct usage_config none;

static struct token_counts counts(int64_t in, int64_t out)
{
	return (struct token_counts){ .in = in, .out = out, .is_known = true };
}

static void prices_each_kind_apart(void **state)
{
	struct token_counts t = counts(1000000, 100000);

	(void)state;
	t.cache_read = 600000;
	t.cache_write = 200000;
	t.cache_write_1h = 50000;
	/* 0.2 M at 3, 0.6 M at 0.3, 0.15 M at 3.75, 0.05 M at 6, 0.1 M at 15 */
	assert_int_equal(prices_cost(&none, "claude-sonnet-4-5-20250929", &t),
			 INT64_C(3142500000000));
}

static void an_unknown_model_has_an_unknown_cost(void **state)
{
	struct token_counts t = counts(10, 10);

	(void)state;
	assert_int_equal(prices_cost(&none, "llama-70b", &t), COST_UNKNOWN);
	assert_int_equal(prices_cost(&none, NULL, &t), COST_UNKNOWN);
	assert_int_equal(prices_cost(&none, "gpt-5.9", &t), COST_UNKNOWN);
	t.is_known = false;
	assert_int_equal(prices_cost(&none, "gpt-5", &t), COST_UNKNOWN);
}

static void long_prompts_may_cost_more(void **state)
{
	struct token_counts small = counts(200000, 0);
	struct token_counts large = counts(200001, 0);

	(void)state;
	assert_int_equal(prices_cost(&none, "gemini-2.5-pro", &small), INT64_C(250000000000));
	assert_int_equal(prices_cost(&none, "gemini-2.5-pro", &large), 200001 * INT64_C(2500000));
}

static void own_prices_come_first(void **state)
{
	struct price own[] = {
		{ "gpt-5*", 1, 2, -1, -1 },
		{ "llama*", 0, 0, -1, -1 },
	};
	struct usage_config usage = { .prices = own, .price_count = 2 };
	struct token_counts t = counts(1000000, 1000000);

	(void)state;
	t.cache_read = 500000;
	assert_int_equal(prices_cost(&usage, "gpt-5.2", &t), INT64_C(3000000000000));
	assert_int_equal(prices_cost(&usage, "llama-70b", &t), 0);
}

/* No row hides behind one before it, and caching never makes dearer what it
 * is there to save. */
static void the_table_makes_sense(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(rows[i].rates.in > 0 && rows[i].rates.out >= rows[i].rates.in);
		assert_true(rows[i].rates.cache_read <= rows[i].rates.in);
		for (size_t j = 0; j < i; j++) {
			assert_false(str_glob(rows[j].model, rows[i].model));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prices_each_kind_apart),
		cmocka_unit_test(an_unknown_model_has_an_unknown_cost),
		cmocka_unit_test(long_prompts_may_cost_more),
		cmocka_unit_test(own_prices_come_first),
		cmocka_unit_test(the_table_makes_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
