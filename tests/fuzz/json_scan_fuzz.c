/* The scanner for top levels, against the reader of whole trees: what the
 * reader takes, the scanner takes too and finds the same members. */
#include "tests/fuzz/fuzz.h"

#include "base/arena.h"
#include "base/json_scan.h"
#include "base/json_text.h"
#include "base/limits.h"
#include "formats/json_tree.h"

static bool inside(struct slice part, struct slice whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

static size_t walk(struct slice text, bool *failed)
{
	struct json_scan scan;
	struct json_member m;
	size_t count = 0;

	json_scan_init(&scan, text);
	for (; json_scan_next(&scan, &m); count++) {
		struct buf plain = BUF_INIT(MIB);
		uint64_t number;

		assert(m.value.len && inside(m.value, text));
		assert(!m.key.ptr || inside(m.key, text));
		if (m.kind == JSON_STRING) {
			json_unquote(m.value, &plain);
			assert(plain.len <= m.value.len * 3);
		}
		json_to_u64(m.value, &number);
		if (m.key.ptr) {
			json_key_is(&m, "model");
		}
		buf_release(&plain);
	}
	assert(json_scan_offset(&scan) <= text.len);
	assert(!scan.failed || scan.why);
	*failed = scan.failed;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_text(data, size);
	struct json_member found;
	struct arena a;
	struct json *tree;
	bool failed;
	size_t count = walk(text, &failed);

	json_find(text, "model", &found);
	arena_init(&a, 4096);
	tree = json_read(&a, text, NULL);
	if (tree && (tree->kind == JSON_OBJECT || tree->kind == JSON_ARRAY)) {
		assert(!failed && count == tree->count);
		json_each(child, tree) {
			assert(inside(child->raw, text));
		}
		assert(json_read(&a, json_one_line(&a, text), NULL));
	}
	arena_release(&a);
	return 0;
}
