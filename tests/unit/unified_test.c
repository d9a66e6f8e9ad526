/*
 * The unified body: which bytes become of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/unified.c"

struct flat {
	struct body body;
	struct budget budget;
	struct arena arena;
	struct scan scan;
	struct err err;
};

static bool flatten_text(struct flat *f, const char *text, bool is_chat)
{
	*f = (struct flat){ .err = ERR_INIT };
	f->budget.max_bytes = MIB;
	arena_init(&f->arena, 4096);
	body_init(&f->body, &f->budget, 256 * KIB);
	assert_true(body_add(&f->body, slice_of(text), NULL));
	assert_true(scan_body(body_text(&f->body), &f->arena, &f->scan, NULL));
	return !unified_is(&f->scan, is_chat) ||
	       unified_flatten(&f->body, is_chat, &f->arena, &f->scan, &f->err);
}

static void release(struct flat *f)
{
	body_release(&f->body);
	arena_release(&f->arena);
}

static void test_exact_bytes(void **state)
{
	static const struct {
		const char *body;
		bool is_chat;
		const char *expected;
	} cases[] = {
		{ "{\"a\":1,\"metadata\":{\"x\":\"y\"}}", true,
		  "{\"a\":1,\"metadata\":{\"x\":\"y\"}}" },
		{ " { \"a\" : 1.0 , \"provider\" : \"p\" , \"b\":2 } ", true,
		  " { \"a\" : 1.0 , \"b\":2 } " },
		{ "{ \"provider\":\"p\" , \"b\":2}", false, "{\"b\":2}" },
		{ "{\"b\":2, \"provider\":\"p\"\n}", false, "{\"b\":2\n}" },
		{ "{\"provider\":\"p\"}", false, "{}" },
		{ "{\"provider\":\"p\",\"provider\":\"q\",\"a\":1}", false, "{\"a\":1}" },
		{ "{\"provider\":{\"order\":[1]},\"a\":1}", true,
		  "{\"provider\":{\"order\":[1]},\"a\":1}" },
		{ "{\"parameters\":{\"top_p\":1.0,\"stop\":[ ]},\"a\":1}", true,
		  "{\"a\":1,\"top_p\":1.0,\"stop\":[ ]}" },
		{ "{\"parameters\":{\"top_p\":1}}", false, "{\"parameters\":{\"top_p\":1}}" },
		{ "{\"parameters\":{\"top_p\":1}}", true, "{\"top_p\":1}" },
		{ "{\"a\":1,\"parameters\":{}}", true, "{\"a\":1}" },
		{ "{\"parameters\":7,\"a\":1}", true, "{\"parameters\":7,\"a\":1}" },
		{ "{\"top_p\":1,\"parameters\":{\"t\\u006fp_p\":2,\"n\":1,\"n\":3},\"seed\":5}", true,
		  "{\"top_p\":1,\"seed\":5,\"n\":3}" },
		{ "{\"parameters\":{\"seed\":1},\"s\\u0065ed\":5}", true, "{\"s\\u0065ed\":5}" },
		{ "{\"parameters\":{\"model\":\"x\",\"messages\":[],\"provider\":\"z\","
		  "\"metadata\":{},\"parameters\":{\"n\":1},\"m\\u006fdel\":\"y\"},\"a\":1}", true,
		  "{\"a\":1}" },
		{ "{\"provider\":\"p\",\"metadata\":{\"user_id\":\"u\"},\"a\":1}", true,
		  "{\"a\":1}" },
		{ "{\"provider\":\"p\",\"metadata\":{\"user_id\":\"u\"},\"store\":true}", true,
		  "{\"metadata\":{\"user_id\":\"u\"},\"store\":true}" },
		{ "{\"provider\":\"p\",\"metadata\":{\"user_id\":\"u\"},\"a\":1}", false,
		  "{\"metadata\":{\"user_id\":\"u\"},\"a\":1}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flat f;
		struct slice text;

		assert_true(flatten_text(&f, cases[i].body, cases[i].is_chat));
		text = body_text(&f.body);
		assert_int_equal(text.len, strlen(cases[i].expected));
		assert_memory_equal(text.ptr, cases[i].expected, text.len);
		assert_ptr_equal(f.scan.text.ptr, text.ptr);
		release(&f);
	}
}

static void test_what_was_taken_out_is_remembered(void **state)
{
	struct flat f;

	(void)state;
	assert_true(flatten_text(&f, "{\"model\":\"m\",\"provider\":\"azure\",\"parameters\":"
				 "{\"stream\":true,\"max_tokens\":7},\"metadata\":"
				 "{\"session_id\":\"s1\",\"user_id\":\"u\"}}", true));
	assert_string_equal(f.scan.provider, "azure");
	assert_string_equal(f.scan.model, "m");
	assert_true(f.scan.is_stream);
	assert_int_equal(f.scan.max_tokens, 7);
	assert_true(slice_eq(f.scan.cache_key, "\"s1\""));
	assert_true(slice_starts(f.scan.metadata, "{\"session_id\""));
	release(&f);
}

static void test_too_many_parameters_are_refused(void **state)
{
	struct buf text = BUF_INIT(64 * KIB);
	struct flat f;

	(void)state;
	buf_adds(&text, "{\"parameters\":{\"a\":1");
	for (int i = 0; i < MAX_PARAMETERS; i++) {
		buf_addf(&text, ",\"a%d\":1", i);
	}
	buf_adds(&text, "}}");
	assert_false(flatten_text(&f, buf_text(&text), true));
	assert_int_equal(f.err.kind, ERR_INVALID);
	buf_release(&text);
	release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_bytes),
		cmocka_unit_test(test_what_was_taken_out_is_remembered),
		cmocka_unit_test(test_too_many_parameters_are_refused),
	};

	return cmocka_run_group_tests_name("unified", tests, NULL, NULL);
}
