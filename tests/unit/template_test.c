/*
 * The first file: it says the defaults and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/template.c"

#include "config/node.h"
#include "config/schema.h"

static void test_template_parses(void **state)
{
	struct err err = ERR_INIT;
	struct config *c = config_parse("t", slice_of(config_template()), &err);

	(void)state;
	if (!c) {
		fail_msg("%s", err.msg);
	}
	assert_int_equal(c->warnings.count, 0);
	config_unref(c);
}

/* Every key of a table stands in the text, live or as an example. */
static void check_keys(const struct schema_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct schema_key *key = &table->keys[i];
		char with_colon[64];

		snprintf(with_colon, sizeof with_colon, "%s:", key->name);
		if (!strstr(config_template(), with_colon)) {
			fail_msg("the template lacks %s", key->name);
		}
		if (key->table && key->kind != KEY_OPTIONS && !str_eq(key->name, "prices")) {
			check_keys(key->table);
		}
	}
}

static void test_template_has_every_key(void **state)
{
	(void)state;
	check_keys(schema_root());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template_parses),
		cmocka_unit_test(test_template_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
