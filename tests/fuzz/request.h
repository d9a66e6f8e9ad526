/*
 * A request body of one format (FUZZ_FORMAT), converted for an upstream of
 * every format: it is refused in words, or the upstream gets a JSON object.
 */
#include "tests/fuzz/sides.h"

static void encode_for(struct hub_request *req, const struct side *side,
		       const struct warnings *warnings)
{
	const struct upstream_account account = { .provider = side->provider };
	const struct convert_target target = {
		.format = side->format,
		.account = &account,
		.model = side->model,
		.asked_model = "asked",
	};
	struct api_error error = { .message = "" };
	struct converted out;

	if (!convert_encode(req, &target, warnings, &out, &error)) {
		assert(!str_empty(error.message));
		return;
	}
	assert(json_is_object_text(buf_slice(&out.body)));
	assert(out.warnings.len <= MAX_WARNINGS_BYTES);
	assert(!out.warnings.len || !strpbrk(buf_text(&out.warnings), "\r\n"));
	converted_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct convert_source source = {
		.format = FUZZ_FORMAT,
		.body = fuzz_text(data, size),
		.path_model = FUZZ_FORMAT == FORMAT_GEMINI ? "gemini-3.8-flash" : NULL,
		.path_stream = size & 1,
	};
	struct api_error error = { .message = "" };
	struct warnings warnings;
	struct hub_request *req;
	struct arena a;

	arena_init(&a, 4096);
	req = convert_decode(&source, &a, &warnings, &error);
	assert(req || !str_empty(error.message));
	for (size_t i = 0; req && i < ARRAY_LEN(sides); i++) {
		encode_for(req, &sides[i], &warnings);
	}
	arena_release(&a);
	return 0;
}
