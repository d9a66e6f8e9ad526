/* URLs put together from parts that strangers chose: no part adds a line, a
 * segment to climb with, or a second query. */
#include "tests/fuzz/fuzz.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/uri.h"
#include "providers/url.h"

static bool is_clean(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c <= ' ' || c >= 0x7f || c == '#') {
			return false;
		}
	}
	return true;
}

static void join(const char *base, const char *path)
{
	struct buf raw = BUF_INIT(MIB);
	struct buf out = BUF_INIT(MIB);
	struct err err = ERR_INIT;

	url_add_raw(&raw, slice_of(path));
	assert(is_clean(buf_slice(&raw)) && !strchr(buf_text(&raw), '?'));
	if (url_join(&out, base, buf_text(&raw), &err)) {
		assert(is_clean(buf_slice(&out)));
		assert(str_starts(buf_text(&out), "http"));
		url_has_version(buf_text(&out));
		url_has_path(buf_text(&out));
		url_ends_with(buf_text(&out), "/openai/v1");
	}
	buf_release(&raw);
	buf_release(&out);
}

static void segment(const char *text)
{
	struct buf out = BUF_INIT(MIB);

	url_add_segment(&out, text);
	assert(is_clean(buf_slice(&out)) && !strpbrk(buf_text(&out), "/?&"));
	buf_release(&out);
}

static void query(const char *text)
{
	struct buf out = BUF_INIT(MIB);
	struct slice value;

	url_add_query(&out, text, false);
	assert(is_clean(buf_slice(&out)));
	assert(!uri_parameter(buf_text(&out), "api_key", &value));
	assert(!uri_parameter(buf_text(&out), "key", &value));
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = fuzz_text(data, size);
	char *base = fuzz_line(&rest);
	char *path = fuzz_line(&rest);
	char *parameters = fuzz_line(&rest);
	struct arena a;
	const char *decoded;

	join(base, path);
	segment(path);
	query(parameters);
	url_has_dot_segment(path);
	arena_init(&a, 1024);
	decoded = uri_decode(slice_of(path), &a);
	assert(!decoded || strlen(decoded) <= strlen(path));
	arena_release(&a);
	free(base);
	free(path);
	free(parameters);
	return 0;
}
