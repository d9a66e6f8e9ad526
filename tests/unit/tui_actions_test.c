/* The table that keys, hints, help and the manual come from. */
#include "tui/actions.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/file.h"

static void no_key_means_two_things(void **state)
{
	struct keymap map;

	(void)state;
	keymap_init(&map);
	for (size_t i = 0; i < action_count; i++) {
		for (size_t k = 0; k < ACTION_KEYS && actions[i].keys[k]; k++) {
			for (int screen = 0; screen < SCREEN_COUNT; screen++) {
				if (actions[i].screens & ON(screen)) {
					assert_ptr_equal(action_for_key(&map, actions[i].keys[k],
									(enum screen_id)screen),
							 &actions[i]);
				}
			}
		}
	}
}

static void every_action_is_explained(void **state)
{
	(void)state;
	assert_true(action_count <= MAX_ACTIONS);
	for (size_t i = 0; i < action_count; i++) {
		const struct action *a = &actions[i];

		assert_non_null(a->id);
		assert_non_null(a->help);
		assert_non_null(a->twin);
		assert_non_null(a->run);
		assert_ptr_equal(action_by_id(a->id), a);
		assert_true(a->keys[0] != KEY_NOTHING || strstr(a->help, "(:"));
		assert_true(a->screens != 0);
	}
}

/* Only D and R destroy or replace, and both ask, as does what ends somebody's
 * request; what has a command says so. */
static void what_destroys_asks(void **state)
{
	(void)state;
	for (size_t i = 0; i < action_count; i++) {
		const struct action *a = &actions[i];
		bool is_capital = a->keys[0] == 'D' || a->keys[0] == 'R';

		bool asks = is_capital || a->run == act_request_cancel;

		assert_int_equal(asks, a->confirm != CONFIRM_NONE);
		if (asks) {
			assert_non_null(a->question);
			assert_true(*a->twin);
			assert_false(a->is_marked_too);
		}
		if (a->keys[0] == 'D') {
			assert_int_equal(a->confirm, CONFIRM_NAME);
		}
	}
}

static void keys_that_must_stay_free(void **state)
{
	static const int keys[] = { KEY_CTRL('s'), KEY_CTRL('q'), KEY_CODE_BACKSPACE,
				    KEY_CODE_DELETE, KEY_CTRL('k') };
	struct keymap map;

	(void)state;
	keymap_init(&map);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		for (int screen = 0; screen < SCREEN_COUNT; screen++) {
			assert_null(action_for_key(&map, keys[i], (enum screen_id)screen));
		}
	}
}

static void keys_can_be_bound_anew(void **state)
{
	struct keymap map;

	(void)state;
	keymap_init(&map);
	assert_true(keymap_bind(&map, "pause", "P"));
	assert_string_equal(action_for_key(&map, 'P', SCREEN_LOGS)->id, "pause");
	assert_null(action_for_key(&map, 'p', SCREEN_LOGS));
	assert_false(keymap_bind(&map, "pause", "q"));
	assert_false(keymap_bind(&map, "pause", "no-such-key"));
	assert_false(keymap_bind(&map, "no-such-action", "P"));
	assert_true(keymap_bind(&map, "mouse", "none"));
	assert_null(action_for_key(&map, 'm', SCREEN_OVERVIEW));
}

static void key_names_go_both_ways(void **state)
{
	char name[KEY_NAME_BYTES];

	(void)state;
	for (int key = 1; key < 0x300; key++) {
		if (key != '\n' && key != 0x1c && key != 0x1d && key != 0x1e && key != 0x1f &&
		    (key < 0x7f || key > 0xa0) && key != '\b') {
			assert_int_equal(key_by_name(key_label(key, name)), key);
		}
	}
	for (int key = KEY_CODE_UP; key <= KEY_CODE_F12; key++) {
		assert_int_equal(key_by_name(key_label(key, name)), key);
	}
}

/* Each action stands in the manual, with its name. */
static void the_manual_has_every_action(void **state)
{
	struct buf page = BUF_INIT(1024 * 1024);

	(void)state;
	assert_true(file_read("man/llm-gateway-tui.1", &page, NULL));
	for (size_t i = 0; i < action_count; i++) {
		char name[80];

		snprintf(name, sizeof name, "Pq Cm %s\n", actions[i].id);
		if (!strstr(buf_text(&page), name)) {
			fail_msg("man/llm-gateway-tui.1 has no %s", actions[i].id);
		}
	}
	buf_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_key_means_two_things),
		cmocka_unit_test(every_action_is_explained),
		cmocka_unit_test(what_destroys_asks),
		cmocka_unit_test(keys_that_must_stay_free),
		cmocka_unit_test(keys_can_be_bound_anew),
		cmocka_unit_test(key_names_go_both_ways),
		cmocka_unit_test(the_manual_has_every_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
