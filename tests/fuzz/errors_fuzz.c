/* What an upstream says when it refuses: bodies, headers about limits, times.
 * Every client gets an error of its own shape. */
#include "tests/fuzz/sides.h"

#include "formats/errors.h"
#include "routing/error_body.h"
#include "routing/quota.h"
#include "routing/reset_time.h"

#define NOW_MS 1763700000000LL
#define HEADERS 8

static void read_body(struct slice text)
{
	struct arena a;
	struct api_error error;
	struct error_body body;

	arena_init(&a, 4096);
	error_body_read(text, NOW_MS, &body);
	assert(body.word_count <= ERROR_WORDS && body.reset_ms >= -1);
	error_body_is_error(text);
	error_is_frame(text);
	error_read(429, text, &a, &error);
	assert(error.message && error.code && error.param);
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		struct buf out = BUF_INIT(MIB);

		error_write_body(sides[i].format, &error, &out);
		assert_is_json(buf_slice(&out));
		error_write_event(sides[i].format, &error, NULL, &out);
		buf_release(&out);
	}
	arena_release(&a);
}

static void read_headers(struct slice text)
{
	char *lines[2 * HEADERS];
	struct string_pair items[HEADERS];
	struct pair_list headers = { .items = items, .count = HEADERS };
	struct moment now = { .wall_ms = NOW_MS, .mono_ms = 1 };
	struct quota_readings readings;
	struct quota quota = { .count = 0 };
	int64_t ms;

	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		lines[2 * i] = fuzz_line(&text);
		lines[2 * i + 1] = fuzz_line(&text);
		items[i] = (struct string_pair){ lines[2 * i], lines[2 * i + 1] };
		if (reset_parse(items[i].value, NOW_MS, &ms)) {
			assert(ms >= 0 && ms <= RESET_MAX_MS);
		}
	}
	quota_read(&headers, NOW_MS, &readings);
	assert(readings.count <= QUOTA_WINDOWS);
	quota_update(&quota, &readings, "model", now);
	assert(quota.count <= QUOTA_WINDOWS);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		free(lines[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_body(fuzz_text(data, size));
	read_headers(fuzz_text(data, size));
	return 0;
}
