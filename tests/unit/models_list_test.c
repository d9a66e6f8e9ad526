/* C116, C118: one list in three shapes, and its pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "formats/models_list.c"

static const struct model_entry entries[] = {
	{ "smart", "", "", 0 },
	{ "claude-opus-5-5", "anthropic", "Claude Opus 5.5", 1763700000 },
	{ "gpt-5.2", "openai", "", 1763700001 },
	{ "odd \"name\"/x", "", "", 0 },
};
#define COUNT ARRAY_LEN(entries)

static void check_list(enum format_id family, const char *query, size_t count,
		       const char *expected)
{
	struct buf out = BUF_INIT(64 * KIB);
	struct models_page page;
	struct arena a;

	arena_init(&a, 256);
	page = models_list_page(family, query, &a);
	models_list_write(family, entries, count, &page, &out);
	assert_string_equal(buf_text(&out), expected);
	buf_release(&out);
	arena_release(&a);
}

static void test_openai(void **state)
{
	(void)state;
	check_list(FORMAT_CHAT, "limit=1", 2,
		"{\"object\":\"list\",\"data\":["
		"{\"id\":\"smart\",\"object\":\"model\",\"created\":0,\"owned_by\":\"llm-gateway\"},"
		"{\"id\":\"claude-opus-5-5\",\"object\":\"model\",\"created\":1763700000,"
		"\"owned_by\":\"anthropic\"}]}");
	check_list(FORMAT_CHAT, "", 0, "{\"object\":\"list\",\"data\":[]}");
}

static void test_anthropic(void **state)
{
	(void)state;
	check_list(FORMAT_ANTHROPIC, "limit=1000", 2,
		"{\"data\":[{\"type\":\"model\",\"id\":\"smart\",\"display_name\":\"smart\","
		"\"created_at\":\"1970-01-01T00:00:00.000Z\"},"
		"{\"type\":\"model\",\"id\":\"claude-opus-5-5\",\"display_name\":"
		"\"Claude Opus 5.5\",\"created_at\":\"2025-11-21T04:40:00.000Z\"}],"
		"\"has_more\":false,\"first_id\":\"smart\",\"last_id\":\"claude-opus-5-5\"}");
	check_list(FORMAT_ANTHROPIC, "", 0,
		"{\"data\":[],\"has_more\":false,\"first_id\":null,\"last_id\":null}");
}

static void test_gemini(void **state)
{
	(void)state;
	check_list(FORMAT_GEMINI, "", 1,
		"{\"models\":[{\"name\":\"models/smart\",\"displayName\":\"smart\","
		"\"supportedGenerationMethods\":[\"generateContent\",\"countTokens\"]}]}");
}

/* Which entries a page holds, and whether it names a next one. */
static void check_page(enum format_id family, const char *query, size_t from, size_t to,
		       bool has_more)
{
	struct buf out = BUF_INIT(64 * KIB);
	struct models_page page;
	struct arena a;

	arena_init(&a, 256);
	page = models_list_page(family, query, &a);
	models_list_write(family, entries, COUNT, &page, &out);
	for (size_t i = 0; i < COUNT; i++) {
		char *id = arena_printf(&a, "%.4s", entries[i].id);

		assert_int_equal(strstr(buf_text(&out), id) != NULL, i >= from && i < to);
	}
	assert_int_equal(strstr(buf_text(&out), "\"has_more\":true") ||
			 strstr(buf_text(&out), "nextPageToken"), has_more);
	buf_release(&out);
	arena_release(&a);
}

static void test_pages(void **state)
{
	(void)state;
	check_page(FORMAT_ANTHROPIC, "limit=2", 0, 2, true);
	check_page(FORMAT_ANTHROPIC, "limit=2&after_id=claude-opus-5-5", 2, 4, false);
	check_page(FORMAT_ANTHROPIC, "after_id=smart", 1, 4, false);
	check_page(FORMAT_ANTHROPIC, "limit=1&before_id=gpt-5.2", 1, 2, true);
	check_page(FORMAT_ANTHROPIC, "limit=5&before_id=gpt-5.2", 0, 2, false);
	check_page(FORMAT_ANTHROPIC, "after_id=odd%20%22name%22%2Fx", 4, 4, false);
	check_page(FORMAT_ANTHROPIC, "after_id=nobody", 4, 4, false);
	check_page(FORMAT_ANTHROPIC, "limit=-1", 0, 4, false);
	check_page(FORMAT_GEMINI, "pageSize=3", 0, 3, true);
	check_page(FORMAT_GEMINI, "pageSize=3&pageToken=gpt-5.2", 3, 4, false);
}

static void test_one(void **state)
{
	struct buf out = BUF_INIT(KIB);

	(void)state;
	models_list_write_one(FORMAT_CHAT, &entries[3], &out);
	assert_string_equal(buf_text(&out), "{\"id\":\"odd \\\"name\\\"/x\",\"object\":\"model\","
			    "\"created\":0,\"owned_by\":\"llm-gateway\"}");
	buf_clear(&out);
	models_list_write_one(FORMAT_GEMINI, &entries[0], &out);
	assert_string_equal(buf_text(&out), "{\"name\":\"models/smart\",\"displayName\":"
			    "\"smart\",\"supportedGenerationMethods\":[\"generateContent\","
			    "\"countTokens\"]}");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openai),
		cmocka_unit_test(test_anthropic),
		cmocka_unit_test(test_gemini),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
