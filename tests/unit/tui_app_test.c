/*
 * Properties of whole frames: at every size, on every screen, in every mode,
 * with any keys before, nothing is drawn outside (asserts of the canvas, the
 * sanitisers), and what must be seen is seen.
 */
#include "tui/app.c"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/file.h"
#include "tui/fields.h"

struct rig {
	struct app app;
	struct snapshot *snapshots[3];
	uint32_t seed;
};

static bool drop(void *ctx, struct job *job)
{
	(void)ctx;
	job_destroy(job);
	return true;
}

static struct snapshot *load(const char *path)
{
	struct buf text = BUF_INIT(MAX_CONTROL_BYTES);
	struct snapshot *s;

	assert_true(file_read(path, &text, NULL));
	s = snapshot_read(slice_trim(buf_slice(&text)), NULL);
	assert_non_null(s);
	snapshot_add_requests(s, field_value(slice_trim(buf_slice(&text)), "requests"));
	buf_release(&text);
	return s;
}

static int set_up(void **state)
{
	static const char *const paths[] = { "tests/screens/busy.json",
					     "tests/screens/hostile.json",
					     "tests/screens/empty.json" };
	const struct app_options options = { .interval_ms = 1000, .home = "/h", .submit = drop };
	struct rig *rig = xcalloc(1, sizeof *rig);

	setlocale(LC_CTYPE, "C.UTF-8");
	app_init(&rig->app, &options);
	app_set_time(&rig->app, 1795248156000, 1000000);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		rig->snapshots[i] = load(paths[i]);
	}
	app_take_snapshot(&rig->app, rig->snapshots[0]);
	app_set_link(&rig->app, FEED_LIVE, 1000000, 1000);
	rig->seed = 11;
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	app_release(&rig->app);
	for (size_t i = 0; i < ARRAY_LEN(rig->snapshots); i++) {
		snapshot_unref(rig->snapshots[i]);
	}
	free(rig);
	return 0;
}

static uint32_t draw_lot(struct rig *rig, uint32_t below)
{
	rig->seed = rig->seed * 1664525 + 1013904223;
	return (rig->seed >> 8) % below;
}

static const struct cell *cell_of(const struct canvas *c, int x, int y)
{
	return &c->cells[(size_t)y * (size_t)c->width + (size_t)x];
}

/* The last line has the key of help, and the list its cursor. */
static void check_frame(const struct app *app, const struct canvas *c)
{
	bool has_help = false;

	if (c->width < 40 || c->height < 10 || app->mode != MODE_NORMAL) {
		return;
	}
	for (int x = 0; x < c->width; x++) {
		const struct cell *cell = cell_of(c, x, c->height - 1);

		has_help = has_help || cell->code == '?';
	}
	assert_true(has_help);
}

static void draw_at(struct app *app, int width, int height, enum glyph_tier tier)
{
	struct canvas *c = canvas_create(width, height, tier);

	app->o.tier = tier;
	app_resize(app, width, height);
	app_settle(app);
	app_draw(app, c);
	check_frame(app, c);
	canvas_destroy(c);
}

static void every_size_of_every_screen(void **state)
{
	struct rig *rig = *state;

	for (int screen = 0; screen < SCREEN_COUNT; screen++) {
		app_go(&rig->app, (enum screen_id)screen);
		for (int width = 1; width <= 300; width += width < 45 ? 1 : 13) {
			for (int height = 1; height <= 100; height += height < 15 ? 1 : 9) {
				draw_at(&rig->app, width, height, (enum glyph_tier)(width % 3));
			}
		}
	}
}

/* Frames after random keys, with snapshots that come and go. */
static void any_keys(void **state)
{
	static const int keys[] = {
		'1', '2', '3', '4', '5', '6', '7', 'j', 'k', 'g', 'G', 's', 'r', 'F', 'p', 'z', 'W',
		'H', 'h', 'l', '/', 'x', 'a', 'e', 'o', ' ', '?', ':', '!', 'u', 'v', 'D', 'y',
		'n', 'N', '&', '=', 'c', 't', '<', '>', KEY_CTRL('y'), KEY_CODE_F1 + 3,
		KEY_CODE_ENTER, KEY_CODE_ESC, KEY_CODE_TAB, KEY_CODE_SHIFT_TAB, KEY_CODE_DOWN,
		KEY_CODE_PGDN, KEY_CODE_LEFT, KEY_CODE_RIGHT, KEY_CODE_BACKSPACE, KEY_CTRL('o'),
	};
	struct rig *rig = *state;

	for (int i = 0; i < 20000; i++) {
		app_key(&rig->app, keys[draw_lot(rig, ARRAY_LEN(keys))]);
		if (draw_lot(rig, 10) == 0) {
			app_take_snapshot(&rig->app, rig->snapshots[draw_lot(rig, 3)]);
		}
		if (draw_lot(rig, 4) == 0) {
			draw_at(&rig->app, 1 + (int)draw_lot(rig, 200), 1 + (int)draw_lot(rig, 70),
				(enum glyph_tier)draw_lot(rig, 3));
		}
		rig->app.wishes.quit = false;
	}
}

/* Where the selection is, it is seen. */
static void the_selected_row_is_in_view(void **state)
{
	struct rig *rig = *state;

	app_go(&rig->app, SCREEN_REQUESTS);
	rig->app.mode = MODE_NORMAL;
	for (int height = 10; height < 30; height++) {
		struct canvas *c = canvas_create(80, height, GLYPH_ASCII);

		app_key(&rig->app, height % 2 ? 'G' : 'g');
		app_draw(&rig->app, c);
		assert_true(cell_of(c, c->cursor_x, c->cursor_y)->code == '>');
		canvas_destroy(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_size_of_every_screen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(any_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_selected_row_is_in_view, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
