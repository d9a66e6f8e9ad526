/*
 * The user's own system text: what is read from its directory, and what a
 * request for a model gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/prompts_load.c"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/load.h"

#define SETTINGS "proxy: {enable_system_prompt: true}\n"

struct world {
	char home[64];
	struct config *config;
	struct arena arena;
};

static char *path_of(const struct world *w, const char *name)
{
	return xasprintf("%s/system_prompts/%s", w->home, name);
}

static void put(const struct world *w, const char *name, const char *text)
{
	char *path = path_of(w, name);

	assert_true(file_write(path, slice_of(text), 0600, NULL));
	free(path);
}

static void begin(struct world *w)
{
	char *directory;

	*w = (struct world){ .home = "/tmp/lgw-prompts-XXXXXX" };
	assert_non_null(mkdtemp(w->home));
	directory = path_of(w, "");
	assert_true(file_make_dir(directory, 0700, NULL));
	free(directory);
	arena_init(&w->arena, 4096);
}

static void load(struct world *w, const char *settings)
{
	struct err err = ERR_INIT;

	config_unref(w->config);
	w->config = config_parse("config.yaml", slice_of(settings), &err);
	if (!w->config) {
		fail_msg("%s", err.msg);
	}
	prompts_load(w->config, w->home);
}

static void end(struct world *w)
{
	char *directory = path_of(w, "");
	DIR *dir = opendir(directory);
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		char *path = path_of(w, entry->d_name);

		unlink(path);
		free(path);
	}
	closedir(dir);
	rmdir(directory);
	rmdir(w->home);
	free(directory);
	config_unref(w->config);
	arena_release(&w->arena);
}

/* "before[gap]" and "[gap]after" of a request, in one text. */
static const char *texts(struct world *w, const char *model)
{
	const struct prompt_texts *t = prompts_for(w->config, model, 1000, &w->arena);

	if (!t) {
		return "";
	}
	return arena_printf(&w->arena, "%.*s[%.*s]...[%.*s]%.*s", (int)t->before.len,
			    t->before.ptr ? t->before.ptr : "", (int)t->before_gap.len,
			    t->before_gap.ptr ? t->before_gap.ptr : "", (int)t->after_gap.len,
			    t->after_gap.ptr ? t->after_gap.ptr : "", (int)t->after.len,
			    t->after.ptr ? t->after.ptr : "");
}

static void assert_warned(const struct world *w, const char *words)
{
	for (size_t i = 0; i < w->config->warnings.count; i++) {
		if (strstr(w->config->warnings.items[i], words)) {
			return;
		}
	}
	fail_msg("nothing warns of: %s", words);
}

/* ---- files ---- */

static void test_a_text_file_is_for_the_model_of_its_name(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put(&w, "smart.txt", "\n  Be brief.\n\n");
	load(&w, SETTINGS);
	assert_string_equal(texts(&w, "smart"), "Be brief.[\n\n]...[]");
	assert_string_equal(texts(&w, "smarter"), "");
	assert_null(prompts_for(w.config, NULL, 0, &w.arena));
	load(&w, "proxy: {enable_system_prompt: false}\n");
	assert_string_equal(texts(&w, "smart"), "");
	end(&w);
}

static void test_heads_say_where_and_for_whom(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put(&w, "c.md", "---\nposition: after\nmodels: [gpt-*, o?]\nseparator: newline\n---\n"
			"Last.");
	put(&w, "b.md", "\xef\xbb\xbf---\r\npriority: 5\r\nseparator: custom\r\n"
			"custom_separator: \" | \"\r\n---\r\nFirst.\r\n");
	put(&w, "a.md", "Second.\n");
	put(&w, "d.md", "---\nenabled: false\n---\nNever.");
	put(&w, "e.md", "---\nposition: after\nmodels: gpt-5\nseparator: none\n---\nEnd.");
	load(&w, SETTINGS);
	assert_string_equal(texts(&w, "gpt-5"),
			    "First. | Second.[\n\n]...[\n]Last.End.");
	assert_string_equal(texts(&w, "o3"), "First. | Second.[\n\n]...[\n]Last.");
	assert_string_equal(texts(&w, "claude"), "First. | Second.[\n\n]...[]");
	assert_int_equal(w.config->warnings.count, 0);
	end(&w);
}

static void test_a_line_of_dashes_without_an_end_is_text(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	put(&w, "a.md", "---\nno head");
	load(&w, SETTINGS);
	assert_string_equal(texts(&w, "m"), "---\nno head[\n\n]...[]");
	end(&w);
}

static void test_what_cannot_be_used_is_named_and_left_out(void **state)
{
	struct world w;
	char *link;
	char *deep;

	(void)state;
	begin(&w);
	put(&w, "a.md", "---\npositon: after\n---\nText");
	put(&w, "b.md", "\xff\xfe not text");
	put(&w, "d.md", "---\npriority: high\n---\nText");
	put(&w, "ok.md", "Good.");
	put(&w, "notes.org", "Not a prompt");
	put(&w, ".hidden.md", "Not a prompt");
	link = path_of(&w, "c.md");
	assert_int_equal(symlink("/etc/hostname", link), 0);
	deep = path_of(&w, "e.txt");
	assert_int_equal(mkfifo(deep, 0600), 0);
	load(&w, SETTINGS);
	assert_string_equal(texts(&w, "m"), "Good.[\n\n]...[]");
	assert_warned(&w, "did you mean \"position\"");
	assert_warned(&w, "b.md is left out: it is not UTF-8 text");
	assert_warned(&w, "c.md is left out: it is a symbolic link");
	assert_warned(&w, "d.md");
	assert_warned(&w, "e.txt is left out: it is no file");
	assert_int_equal(w.config->warnings.count, 5);
	free(link);
	free(deep);
	end(&w);
}

static void test_long_files_are_left_out(void **state)
{
	struct world w;
	char *long_text = xmalloc(MAX_PROMPT_BYTES + 2);

	(void)state;
	begin(&w);
	memset(long_text, 'x', MAX_PROMPT_BYTES + 1);
	long_text[MAX_PROMPT_BYTES + 1] = '\0';
	put(&w, "a.md", long_text);
	load(&w, SETTINGS);
	assert_string_equal(texts(&w, "m"), "");
	assert_warned(&w, "too long");
	free(long_text);
	end(&w);
}

static void test_a_missing_directory_is_a_warning(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	load(&w, "proxy: {enable_system_prompt: true, system_prompts: elsewhere}\n");
	assert_warned(&w, "elsewhere: no such directory");
	assert_int_equal(w.config->prompt_count, 0);
	end(&w);
}

static void test_an_alias_brings_its_own_text(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	load(&w, "models:\n  smart: {system_prompt: \"On ${_OS}, not $${_OS}.\"}\n  other: {}\n");
	assert_non_null(strstr(texts(&w, "smart"), "On linux, not "));
	assert_string_equal(texts(&w, "other"), "");
	end(&w);
}

/* ---- variables ---- */

static const char *filled(struct world *w, const char *text)
{
	put(w, "a.md", text);
	load(w, SETTINGS);
	return w->config->prompt_count ? texts(w, "m") : "";
}

static void test_variables_are_filled_in(void **state)
{
	struct world w;
	const char *text;

	(void)state;
	setenv("LGW_TEST_VALUE", "value", 1);
	setenv("LGW_TEST_EMPTY", "", 1);
	setenv("LGW_TEST_BYTES", "\xff" "d", 1);
	setenv("USER", "ann", 1);
	setenv("TZ", "UTC", 1);
	begin(&w);
	text = filled(&w, "${LGW_TEST_VALUE} ${LGW_TEST_EMPTY:-none} ${LGW_TEST_UNSET:-other} "
			  "${LGW_TEST_UNSET} ${1x} ${ $ {} $${LGW_TEST_VALUE} ${_USER}"
			  "${LGW_TEST_BYTES} ${_UNKNOWN}");
	assert_string_equal(text, "value none other ${LGW_TEST_UNSET} ${1x} ${ $ {} "
				  "${LGW_TEST_VALUE} ann ${_UNKNOWN}[\n\n]...[]");
	text = filled(&w, "${_DATE}|${_TIME}|${_DATETIME}");
	assert_string_equal(text, "1970-01-01|00:00:01|1970-01-01 00:00:01[\n\n]...[]");
	end(&w);
}

static void test_same_texts_are_seen_to_be_the_same(void **state)
{
	struct world w;
	struct config *before;

	(void)state;
	begin(&w);
	put(&w, "a.md", "Text");
	load(&w, SETTINGS);
	before = config_ref(w.config);
	load(&w, SETTINGS);
	assert_true(prompts_same(before, w.config));
	put(&w, "a.md", "---\nposition: after\n---\nText");
	load(&w, SETTINGS);
	assert_false(prompts_same(before, w.config));
	config_unref(before);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_text_file_is_for_the_model_of_its_name),
		cmocka_unit_test(test_heads_say_where_and_for_whom),
		cmocka_unit_test(test_a_line_of_dashes_without_an_end_is_text),
		cmocka_unit_test(test_what_cannot_be_used_is_named_and_left_out),
		cmocka_unit_test(test_long_files_are_left_out),
		cmocka_unit_test(test_a_missing_directory_is_a_warning),
		cmocka_unit_test(test_an_alias_brings_its_own_text),
		cmocka_unit_test(test_variables_are_filled_in),
		cmocka_unit_test(test_same_texts_are_seen_to_be_the_same),
	};

	return cmocka_run_group_tests_name("prompts", tests, NULL, NULL);
}
