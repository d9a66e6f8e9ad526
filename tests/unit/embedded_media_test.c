#include "gateway/embedded_media.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"

static struct buf text = BUF_INIT(4 * MIB);

static void add_base64(size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		buf_add(&text, &"iVBORw0KGgo/+A"[i % 14], 1);
	}
}

static struct embedded_media add_image(const char *before, size_t bytes)
{
	buf_adds(&text, before);
	add_base64(bytes);
	buf_adds(&text, "\"}},{\"type\":\"text\",\"text\":\"what is this\"}");
	return embedded_media_find(buf_slice(&text));
}

static int clean(void **state)
{
	(void)state;
	buf_clear(&text);
	return 0;
}

static void each_formats_member_is_known(void **state)
{
	static const char *const ways[] = {
		"{\"source\":{\"type\":\"base64\",\"data\":\"",
		"{\"image_url\":{\"url\":\"data:image/png;base64,",
		"{\"type\":\"input_file\",\"file_data\" : \"",
		"{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"",
	};

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct embedded_media m;

		clean(state);
		m = add_image(ways[i], 100000);
		assert_int_equal(m.count, 1);
		assert_in_range(m.bytes, 100000, 100030);
	}
}

static void several_are_counted_one_by_one(void **state)
{
	struct embedded_media m = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		m = add_image("{\"data\":\"", 20000 + i * 777);
	}
	assert_int_equal(m.count, 5);
	assert_int_equal(m.bytes, 5 * 20000 + 10 * 777);
}

/* Prose, code, and a long word that is no member of that name. */
static void text_is_none(void **state)
{
	struct embedded_media m;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		buf_adds(&text, "{\"role\":\"user\",\"content\":\"data is plural\"},");
	}
	m = embedded_media_find(buf_slice(&text));
	assert_int_equal(m.count, 0);
	m = add_image("{\"text\":\"", 100000);
	assert_int_equal(m.count, 0);
	assert_int_equal(m.bytes, 0);
}

static void a_string_without_an_end_is_none(void **state)
{
	struct embedded_media m;

	(void)state;
	buf_adds(&text, "{\"data\":\"");
	add_base64(50000);
	m = embedded_media_find(buf_slice(&text));
	assert_int_equal(m.count, 0);
	assert_int_equal(embedded_media_find(SLICE_NULL).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_formats_member_is_known, clean),
		cmocka_unit_test_setup(several_are_counted_one_by_one, clean),
		cmocka_unit_test_setup(text_is_none, clean),
		cmocka_unit_test_setup(a_string_without_an_end_is_none, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
