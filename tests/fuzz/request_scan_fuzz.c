/* A client's first line and body: path, query and what the gateway reads of a
 * body that passes through. */
#include "tests/fuzz/fuzz.h"

#include "base/limits.h"
#include "base/uri.h"
#include "gateway/scan.h"

static bool inside(struct slice part, struct slice whole)
{
	return !part.ptr || !part.len ||
	       (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void scan_one(struct slice text, struct arena *a)
{
	struct scan scan;
	struct err err = ERR_INIT;

	if (!scan_body(text, a, &scan, &err)) {
		assert(err.kind != ERR_NONE && *err.msg);
		return;
	}
	for (size_t i = 0; i < scan.model_count; i++) {
		assert(inside(scan.models[i], text));
	}
	assert(inside(scan.messages, text) && inside(scan.system, text));
	assert(inside(scan.tools, text) && inside(scan.parameters, text));
	detect_format(&scan.signs, FORMAT_CHAT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = fuzz_text(data, size);
	char *method = fuzz_line(&rest);
	char *path = fuzz_line(&rest);
	char *query = fuzz_line(&rest);
	struct detect_request req = { method, path, query, size & 1, size & 2 };
	struct endpoint endpoint;
	struct slice value;
	struct arena a;

	arena_init(&a, 4096);
	detect_endpoint(&req, &a, &endpoint);
	assert(endpoint.model && endpoint.path && endpoint.family != FORMAT_NONE);
	uri_parameter(query, "key", &value);
	scan_one(rest.ptr ? rest : slice_of(""), &a);
	arena_release(&a);
	free(method);
	free(path);
	free(query);
	return 0;
}
