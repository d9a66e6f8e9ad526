/*
 * Tables: widths, what gives way in a narrow terminal, foreign text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/table.c"

static const struct column columns[] = {
	{ .title = "NAME" },
	{ .title = "STATE" },
	{ .title = "COUNT", .is_right = true },
	{ .title = "ADDRESS", .drop = 1 },
	{ .title = "ID", .drop = 2 },
	{ .title = NULL },
};

static void row(struct table *t, const char *name, const char *state, const char *count,
		const char *address, const char *id)
{
	table_cell(t, TINT_NONE, name);
	table_cell(t, tint_of_state(state), state);
	table_cell(t, TINT_NONE, count);
	table_cell(t, TINT_NONE, address);
	table_cell(t, TINT_NONE, id);
}

static struct table *sample(void)
{
	struct table *t = table_create(columns);

	row(t, "main", "ready", "7", "https://api.example.com/v1", "upstream_1234");
	row(t, "a-rather-long-name", "cooldown", "12345", "", "upstream_5678");
	return t;
}

static char *render(const struct table *t, size_t width, bool color)
{
	struct buf out = BUF_INIT(MIB);
	struct screen screen = { width, color };

	table_render(t, &screen, &out);
	return buf_detach(&out);
}

static void assert_fits(const char *text, size_t width)
{
	struct slice rest = slice_of(text);
	struct slice line;

	while (slice_next(&rest, '\n', &line)) {
		char *copy = xstrndup(line.ptr, line.len);

		if (text_width(copy) > width) {
			fail_msg("wider than %zu: \"%s\"", width, copy);
		}
		free(copy);
	}
}

static void test_without_a_terminal_nothing_is_cut(void **state)
{
	struct table *t = sample();
	char *text = render(t, 0, false);

	(void)state;
	assert_string_equal(
		text,
		"NAME                STATE     COUNT  ADDRESS                     ID\n"
		"main                ready         7  https://api.example.com/v1  upstream_1234\n"
		"a-rather-long-name  cooldown  12345  -                           upstream_5678\n");
	free(text);
	table_destroy(t);
}

static void test_the_most_dispensable_column_leaves_first(void **state)
{
	struct table *t = sample();
	char *text = render(t, 66, false);

	(void)state;
	assert_null(strstr(text, "upstream_1234"));
	assert_non_null(strstr(text, "https://api.example.com/v1"));
	free(text);
	text = render(t, 40, false);
	assert_null(strstr(text, "ADDRESS"));
	assert_non_null(strstr(text, "a-rather-long-name"));
	free(text);
	table_destroy(t);
}

static void test_every_width_is_kept(void **state)
{
	struct table *t = sample();

	(void)state;
	for (size_t width = 24; width < 90; width++) {
		char *text = render(t, width, false);

		assert_fits(text, width);
		free(text);
	}
	table_destroy(t);
}

static void test_numbers_are_never_cut(void **state)
{
	struct table *t = sample();
	char *text = render(t, 24, false);

	(void)state;
	assert_non_null(strstr(text, "12345"));
	free(text);
	table_destroy(t);
}

static void test_wide_characters_count_as_two(void **state)
{
	struct table *t = table_create(columns);
	char *text;

	(void)state;
	row(t, "日本語", "ready", "1", "x", "y");
	row(t, "abcdef", "ready", "2", "x", "y");
	text = render(t, 0, false);
	assert_non_null(strstr(text, "日本語  ready"));
	assert_non_null(strstr(text, "abcdef  ready"));
	free(text);
	table_destroy(t);
}

static void test_foreign_text_cannot_steer_the_terminal(void **state)
{
	struct table *t = table_create(columns);
	char *text;

	(void)state;
	row(t, "a\033[2Jb\nc", "\x9b" "31m", "1", "\xc2\x9b" "31m", "\xe2\x80\xae" "evil");
	text = render(t, 0, true);
	assert_non_null(strstr(text, "a?[2Jb c"));
	assert_null(strstr(text, "\033[2J"));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	free(text);
	table_destroy(t);
}

static void test_colour_only_where_allowed(void **state)
{
	struct table *t = sample();
	char *plain = render(t, 0, false);
	char *coloured = render(t, 0, true);

	(void)state;
	assert_null(strchr(plain, '\033'));
	assert_non_null(strstr(coloured, "\033[32mready\033[0m"));
	free(plain);
	free(coloured);
	table_destroy(t);
}

static void test_an_empty_table_has_its_head(void **state)
{
	struct table *t = table_create(columns);
	char *text = render(t, 0, false);

	(void)state;
	assert_int_equal(table_rows(t), 0);
	assert_string_equal(text, "NAME  STATE  COUNT  ADDRESS  ID\n");
	free(text);
	table_destroy(t);
	table_destroy(NULL);
}

static void test_a_sparse_column_leaves_when_it_is_empty(void **state)
{
	static const struct column sparse[] = {
		{ .title = "A" },
		{ .title = "B", .is_sparse = true },
		{ .title = "C" },
		{ .title = NULL },
	};
	struct table *t = table_create(sparse);
	char *text;

	(void)state;
	table_cell(t, TINT_NONE, "a");
	table_cell(t, TINT_NONE, "");
	table_cell(t, TINT_NONE, "");
	text = render(t, 0, false);
	assert_string_equal(text, "A  C\na  -\n");
	free(text);
	table_cell(t, TINT_NONE, "x");
	table_cell(t, TINT_NONE, "y");
	table_cell(t, TINT_NONE, "z");
	text = render(t, 0, false);
	assert_string_equal(text, "A  B  C\na  -  -\nx  y  z\n");
	free(text);
	table_destroy(t);
}

static void test_cut_text(void **state)
{
	struct buf out = BUF_INIT(KIB);

	(void)state;
	assert_int_equal(text_cut(&out, "short", 10), 5);
	assert_string_equal(buf_text(&out), "short");
	buf_clear(&out);
	assert_int_equal(text_cut(&out, "日本語", 5), 5);
	assert_memory_equal(buf_text(&out), "日本", 6);
	buf_clear(&out);
	assert_int_equal(text_cut(&out, "日本語", 0), 0);
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void test_folded_text(void **state)
{
	struct buf out = BUF_INIT(KIB);

	(void)state;
	text_fold(&out, "one two three four", 2, 9);
	assert_string_equal(buf_text(&out), "one two\n  three\n  four");
	buf_clear(&out);
	text_fold(&out, "unbreakable", 2, 4);
	assert_string_equal(buf_text(&out), "unbreakable");
	buf_clear(&out);
	text_fold(&out, "a\nb", 0, 10);
	assert_string_equal(buf_text(&out), "a\nb");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_terminal_nothing_is_cut),
		cmocka_unit_test(test_the_most_dispensable_column_leaves_first),
		cmocka_unit_test(test_every_width_is_kept),
		cmocka_unit_test(test_numbers_are_never_cut),
		cmocka_unit_test(test_wide_characters_count_as_two),
		cmocka_unit_test(test_foreign_text_cannot_steer_the_terminal),
		cmocka_unit_test(test_colour_only_where_allowed),
		cmocka_unit_test(test_an_empty_table_has_its_head),
		cmocka_unit_test(test_a_sparse_column_leaves_when_it_is_empty),
		cmocka_unit_test(test_cut_text),
		cmocka_unit_test(test_folded_text),
	};

	text_set_locale();
	return cmocka_run_group_tests_name("cli_table", tests, NULL, NULL);
}
