/*
 * The options of an account are checked where the file is read and understood
 * where requests are converted; neither room sees the other. Both must know
 * the same names and words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/route_options.c"

#include "config/keys.h"

#define SECTION "upstream_accounts[].options."

struct seen {
	bool options[ARRAY_LEN(options)];
	size_t count;
};

static void assert_understood(const char *name, const char *value)
{
	const struct option *option = find_option(name);
	struct route_options scratch;

	if (!option) {
		fail_msg("%s is not known", name);
	} else if (!set_option(&scratch, option, value)) {
		fail_msg("%s does not take %s", name, value);
	}
}

static void visit(void *ctx, const struct config_key_info *info)
{
	struct seen *seen = ctx;
	const char *name;

	if (!str_starts(info->path, SECTION)) {
		return;
	}
	name = info->path + strlen(SECTION);
	seen->count++;
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		seen->options[i] = seen->options[i] || str_eq(options[i].name, name);
	}
	for (size_t i = 0; info->words && info->words[i]; i++) {
		assert_understood(name, info->words[i]);
	}
	if (!info->words) {
		assert_understood(name, str_eq(info->type, "bool") ? "true" : "1");
	}
}

static void test_both_rooms_know_the_same_options(void **state)
{
	struct seen seen = { .count = 0 };

	(void)state;
	config_keys_each(visit, &seen);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (!seen.options[i]) {
			fail_msg("the configuration does not take %s", options[i].name);
		}
	}
	assert_int_equal(seen.count, ARRAY_LEN(options));
}

static void test_what_is_no_value_is_refused(void **state)
{
	struct route_options scratch;

	(void)state;
	assert_null(find_option("stricct"));
	assert_false(set_option(&scratch, find_option("strict"), "perhaps"));
	assert_false(set_option(&scratch, find_option("tool_id_style"), "perhaps"));
	assert_false(set_option(&scratch, find_option("stop_max"), "-1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_rooms_know_the_same_options),
		cmocka_unit_test(test_what_is_no_value_is_refused),
	};

	return cmocka_run_group_tests_name("route_option_names", tests, NULL, NULL);
}
