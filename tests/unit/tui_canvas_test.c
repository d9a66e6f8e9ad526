/* Cells, clipping, and text from strangers. */
#include "tui/canvas.c"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_row(struct canvas *c, int y, const char *want)
{
	struct buf text = BUF_INIT(64 * KIB);
	struct slice rest;
	struct slice line = SLICE_NULL;

	canvas_dump(c, &text);
	rest = buf_slice(&text);
	for (int i = 0; i <= y; i++) {
		slice_next(&rest, '\n', &line);
	}
	assert_int_equal(line.len, strlen(want));
	assert_memory_equal(line.ptr, want, line.len);
	buf_release(&text);
}

static void assert_text(enum glyph_tier tier, int width, const char *text, const char *want)
{
	struct canvas *c = canvas_create(width, 1, tier);

	pane_text(pane_all(c), 0, 0, STYLE_NONE, text);
	assert_row(c, 0, want);
	canvas_destroy(c);
}

static void cuts_with_two_dots(void **state)
{
	(void)state;
	assert_text(GLYPH_BLOCK, 8, "12345678", "12345678");
	assert_text(GLYPH_BLOCK, 8, "123456789", "123456..");
	assert_text(GLYPH_BLOCK, 3, "12345", "123");
	assert_text(GLYPH_BLOCK, 1, "12345", "1");
}

static void wide_characters_stay_whole(void **state)
{
	(void)state;
	assert_text(GLYPH_BLOCK, 6, "\u4f60\u597d", "\u4f60\u597d");
	assert_text(GLYPH_BLOCK, 5, "\u4f60\u597d\u4f60", "\u4f60 ..");
	assert_text(GLYPH_BLOCK, 1, "\u4f60", "");
}

static void takes_the_power_from_foreign_text(void **state)
{
	(void)state;
	assert_text(GLYPH_BLOCK, 20, "\033[2J", "^[[2J");
	assert_text(GLYPH_BLOCK, 20, "a\tb\x7f", "a^Ib^?");
	assert_text(GLYPH_BLOCK, 20, "a\u202eb\u200bc\ufeff", "abc");
	assert_text(GLYPH_BLOCK, 20, "a\xff\xc3", "a??");
	assert_text(GLYPH_BLOCK, 20, "e\u0301", "e");
	assert_text(GLYPH_ASCII, 20, "caf\u00e9", "caf?");
}

static void panes_clip(void **state)
{
	struct canvas *c = canvas_create(10, 3, GLYPH_ASCII);
	struct pane p = pane_sub(pane_all(c), 2, 1, 4, 1);

	(void)state;
	pane_text(p, 0, 0, STYLE_NONE, "abcdefgh");
	pane_text(p, 0, 1, STYLE_NONE, "below");
	pane_text(p, -3, 0, STYLE_NONE, "x");
	pane_put(p, 4, 0, STYLE_NONE, '!');
	pane_text(pane_sub(p, 9, 9, 5, 5), 0, 0, STYLE_NONE, "nowhere");
	assert_row(c, 0, "");
	assert_row(c, 1, "  ab..");
	assert_row(c, 2, "");
	canvas_destroy(c);
}

static void overwriting_half_a_character_clears_it(void **state)
{
	struct canvas *c = canvas_create(6, 1, GLYPH_BLOCK);
	struct pane p = pane_all(c);

	(void)state;
	pane_text(p, 0, 0, STYLE_NONE, "\u4f60\u597d");
	pane_put(p, 1, 0, STYLE_NONE, 'x');
	assert_row(c, 0, " x\u597d");
	canvas_destroy(c);
}

static void boxes_of_any_size(void **state)
{
	(void)state;
	for (int w = 0; w < 12; w++) {
		for (int h = 0; h < 5; h++) {
			struct canvas *c = canvas_create(12, 5, GLYPH_BLOCK);
			struct pane in = pane_box(pane_sub(pane_all(c), 0, 0, w, h), "title", "right");

			assert_true(in.w >= 0 && in.h >= 0 && in.w <= w && in.h <= h);
			canvas_destroy(c);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_with_two_dots),
		cmocka_unit_test(wide_characters_stay_whole),
		cmocka_unit_test(takes_the_power_from_foreign_text),
		cmocka_unit_test(panes_clip),
		cmocka_unit_test(overwriting_half_a_character_clears_it),
		cmocka_unit_test(boxes_of_any_size),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
