/* Editing a line: never out of its bytes, always whole characters. */
#include "tui/line_edit.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void type(struct line_edit *e, const char *text)
{
	size_t left = strlen(text);
	uint32_t code;
	size_t bytes;

	while (left && (bytes = utf8_decode(text, left, &code))) {
		line_edit_key(e, (int)code);
		text += bytes;
		left -= bytes;
	}
}

static void edits_in_the_middle(void **state)
{
	struct line_edit e;

	(void)state;
	line_edit_init(&e, "caf\u00e9 au lait");
	line_edit_key(&e, KEY_CTRL('w'));
	assert_string_equal(e.text, "caf\u00e9 au ");
	line_edit_key(&e, KEY_CODE_HOME);
	for (int i = 0; i < 4; i++) {
		line_edit_key(&e, KEY_CODE_RIGHT);
	}
	line_edit_key(&e, KEY_CODE_BACKSPACE);
	assert_string_equal(e.text, "caf au ");
	type(&e, "\u4f60");
	assert_string_equal(e.text, "caf\u4f60 au ");
	line_edit_key(&e, KEY_CTRL('k'));
	assert_string_equal(e.text, "caf\u4f60");
	line_edit_key(&e, KEY_CTRL('u'));
	assert_string_equal(e.text, "");
	assert_false(line_edit_key(&e, KEY_CODE_ENTER));
}

static void secrets_show_as_stars(void **state)
{
	struct line_edit e;
	struct buf shown = BUF_INIT(64);

	(void)state;
	line_edit_init(&e, "s\u00e9cret");
	e.is_masked = true;
	assert_int_equal(line_edit_shown(&e, &shown), 6);
	assert_string_equal(buf_text(&shown), "******");
	buf_release(&shown);
}

/* Any keys in any order: text stays valid UTF-8 with the cursor inside. */
static void survives_random_keys(void **state)
{
	static const int keys[] = { 'a', 0xe9, 0x4f60, 0x1f600, KEY_CODE_LEFT, KEY_CODE_RIGHT,
				    KEY_CODE_HOME, KEY_CODE_END, KEY_CODE_BACKSPACE, ' ',
				    KEY_CODE_DELETE, KEY_CTRL('w'), KEY_CTRL('k'), KEY_CTRL('u') };
	struct line_edit e;
	uint32_t seed = 7;

	(void)state;
	line_edit_init(&e, "");
	for (int i = 0; i < 200000; i++) {
		size_t most = i % 5000 > 100 ? 5 : ARRAY_LEN(keys);

		seed = seed * 1664525 + 1013904223;
		line_edit_key(&e, keys[(seed >> 16) % most]);
		assert_true(e.at <= e.len && e.len < sizeof e.text);
		assert_int_equal(strlen(e.text), e.len);
		if (i % 97 == 0) {
			assert_true(utf8_is_valid(e.text, e.len));
			assert_true(utf8_is_valid(e.text, e.at));
		}
	}
}

static void history_goes_up_and_down(void **state)
{
	struct line_history h = { 0 };
	struct line_edit e;

	(void)state;
	line_edit_init(&e, "");
	line_history_add(&h, "one");
	line_history_add(&h, "two");
	line_history_add(&h, "two");
	line_history_move(&h, &e, -1);
	assert_string_equal(e.text, "two");
	line_history_move(&h, &e, -1);
	line_history_move(&h, &e, -1);
	assert_string_equal(e.text, "one");
	line_history_move(&h, &e, 1);
	line_history_move(&h, &e, 1);
	assert_string_equal(e.text, "");
	line_history_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_in_the_middle),
		cmocka_unit_test(secrets_show_as_stars),
		cmocka_unit_test(survives_random_keys),
		cmocka_unit_test(history_goes_up_and_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
