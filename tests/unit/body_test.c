#define _GNU_SOURCE   /* memmem */
#include "gateway/body.c"

#include "base/buf.h"
#include "base/limits.h"
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct budget budget = { .max_bytes = 64 * MIB };

static void fill(struct body *b, const char *text)
{
	body_init(b, &budget, 32 * MIB);
	assert_true(body_add(b, slice_of(text), NULL));
}

static void expect_patch(const char *text, const char *from, const char *to, const char *want)
{
	struct body b;
	struct body_edit edit;
	struct slice out;
	const char *at;

	fill(&b, text);
	at = memmem(body_text(&b).ptr, body_text(&b).len, from, strlen(from));
	edit = (struct body_edit){ { at, strlen(from) }, slice_of(to) };
	assert_true(body_patch(&b, &edit, 1, &out));
	assert_int_equal(out.len, strlen(want));
	assert_memory_equal(out.ptr, want, out.len);
	body_unpatch(&b);
	assert_memory_equal(body_text(&b).ptr, text, strlen(text));
	body_release(&b);
}

static void test_patch_moves_the_start(void **state)
{
	(void)state;
	expect_patch("{\"model\":\"a\",\"x\":1}", "\"a\"", "\"longer\"",
		     "{\"model\":\"longer\",\"x\":1}");
	expect_patch("{\"model\":\"longer\",\"x\":1}", "\"longer\"", "\"a\"",
		     "{\"model\":\"a\",\"x\":1}");
	expect_patch("{\"model\":\"a\"}", "\"a\"", "\"b\"", "{\"model\":\"b\"}");
}

static void test_patch_far_away_copies(void **state)
{
	struct buf text = BUF_INIT(1 * MIB);
	struct buf want = BUF_INIT(1 * MIB);

	(void)state;
	buf_adds(&text, "{\"pad\":\"");
	for (int i = 0; i < 20000; i++) {
		buf_addc(&text, 'x');
	}
	buf_add(&want, text.ptr, text.len);
	buf_adds(&text, "\",\"model\":\"short\"}");
	buf_adds(&want, "\",\"model\":\"much-longer-name\"}");
	expect_patch(buf_text(&text), "\"short\"", "\"much-longer-name\"", buf_text(&want));
	buf_release(&text);
	buf_release(&want);
}

static void test_growth_beyond_the_headroom_copies(void **state)
{
	char to[HEADROOM + 200];
	char want[HEADROOM + 300];

	(void)state;
	memset(to, 'm', sizeof to - 1);
	to[sizeof to - 1] = '\0';
	snprintf(want, sizeof want, "{\"model\":%s}", to);
	expect_patch("{\"model\":\"a\"}", "\"a\"", to, want);
}

static void test_budget_and_cap(void **state)
{
	struct budget small = { .max_bytes = 100 };
	struct body b;
	struct err err = ERR_INIT;

	(void)state;
	body_init(&b, &small, 50);
	assert_false(body_expect(&b, 51, &err));
	assert_int_equal(err.kind, ERR_TOO_LARGE);
	assert_true(body_expect(&b, 50, &err));
	assert_int_equal(small.used_bytes, 50);
	body_release(&b);
	assert_int_equal(small.used_bytes, 0);
	body_init(&b, &small, 1000);
	assert_false(body_expect(&b, 101, &err));
	assert_int_equal(err.kind, ERR_FAILED);
	assert_int_equal(small.used_bytes, 0);
	body_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patch_moves_the_start),
		cmocka_unit_test(test_patch_far_away_copies),
		cmocka_unit_test(test_growth_beyond_the_headroom_copies),
		cmocka_unit_test(test_budget_and_cap),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
