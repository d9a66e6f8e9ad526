#include "cli/settings_lines.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "cli/settings.h"

static void sets(enum settings_format format, const char *text, const char *path,
		 const char *want)
{
	struct buf out = BUF_INIT(KIB);

	assert_true(line_settings_set(format, slice_of(text), path, slice_of("new"), &out));
	assert_string_equal(buf_text(&out), want);
	buf_release(&out);
}

static void an_empty_value_is_replaced_in_its_line(void **state)
{
	(void)state;
	sets(SETTINGS_DOTENV, "A=\nB=1\n", "A", "A=new\nB=1\n");
	sets(SETTINGS_DOTENV, "A=\r\nB=1\r\n", "A", "A=new\r\nB=1\r\n");
	sets(SETTINGS_YAML, "a:\nb: 1\n", "a", "a: new\nb: 1\n");
	sets(SETTINGS_TOML, "[t]\na = \nb = 1", "t.a", "[t]\na = new\nb = 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_value_is_replaced_in_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
