/*
 * The golden matrix (C170): every sample of every format, converted to every
 * format, must give exactly the bytes in
 *
 *	tests/formats/golden/<source>-to-<target>/<sample>.<kind>
 *
 * kind: request (the body for the upstream, and its warnings), stream (what a
 * streaming client reads), whole (what a client that does not stream reads).
 * A cell whose golden file is missing fails. REGENERATE=1 writes the files;
 * read the diff before committing it.
 *
 * The same runs carry two properties: a stream fed byte by byte gives the same
 * output, and one cut off at any byte gives a beginning of it and then ends in
 * an error (C171).
 */
#include "tests/unit/samples_world.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define GOLDEN "tests/formats/golden"

static size_t wrong;

/* ---- files ---- */

static void write_all(const char *path, struct slice bytes)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, f), bytes.len);
	fclose(f);
}

static void complain(const char *path, const char *what)
{
	print_error("%s: %s\n", path, what);
	wrong++;
}

static void compare(const struct sample *s, const struct side *target, const char *kind,
		    struct slice got)
{
	struct buf want = BUF_INIT(4 * MIB);
	char path[512];

	snprintf(path, sizeof path, GOLDEN "/%s-to-%s", format_name(s->source->format),
		 format_name(target->format));
	if (getenv("REGENERATE")) {
		assert_true(mkdir(path, 0777) == 0 || errno == EEXIST);
	}
	snprintf(path, sizeof path, GOLDEN "/%s-to-%s/%s.%s", format_name(s->source->format),
		 format_name(target->format), s->name, kind);
	if (getenv("REGENERATE")) {
		write_all(path, got);
	} else if (!read_all(path, &want)) {
		complain(path, "no golden file; REGENERATE=1 makes it");
	} else if (!slice_same(buf_slice(&want), got)) {
		complain(path, "differs");
		print_error("got: %.*s\n", (int)got.len, got.ptr);
	}
	buf_release(&want);
}

/* ---- answers ---- */

/* The error of an answer that failed before it said anything is no output:
 * the gateway answers it; here it is noted. */
static void note_error(const struct convert_stream *s, struct buf *out)
{
	const struct api_error *e = convert_stream_error(s);

	if (!convert_stream_wrote_error(s)) {
		buf_addf(out, "error %s %s: %s\n", error_class_name(e->class), e->code,
			 e->message);
	}
}

static void convert_answer(const struct sample *s, const struct side *client,
			   bool client_stream, size_t piece, struct buf *out)
{
	struct convert_stream *stream =
		convert_stream_create(make_plan(s, client, client_stream), is_sse(s));
	enum convert_state state;

	for (size_t at = 0; at < s->bytes.len; at += piece) {
		size_t len = s->bytes.len - at < piece ? s->bytes.len - at : piece;

		convert_stream_feed(stream, (struct slice){ s->bytes.ptr + at, len }, out);
	}
	state = convert_stream_finish(stream, out);
	if (state == CONVERT_FAILED) {
		note_error(stream, out);
	} else {
		assert_int_equal(state, CONVERT_COMPLETE);
	}
	convert_stream_destroy(stream);
}

/* The text without its usage objects. */
static void drop_usage(struct slice text, struct buf *out)
{
	static const char *const names[] = { "\"usage\":{", "\"usageMetadata\":{" };
	size_t at = 0;

	while (at < text.len) {
		size_t depth = 0;

		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			size_t len = strlen(names[i]);

			if (text.len - at >= len && memcmp(text.ptr + at, names[i], len) == 0) {
				at += len;
				depth = 1;
				break;
			}
		}
		if (!depth) {
			buf_addc(out, text.ptr[at++]);
		}
		for (; depth; at++) {
			depth += text.ptr[at] == '{';
			depth -= text.ptr[at] == '}';
		}
	}
}

/* A complete answer is the same answer. In Chat the end is told before the
 * usage: a cut between them loses the usage, and nothing else (C133). */
static bool is_same_answer(const struct sample *s, struct slice got, struct slice whole)
{
	struct buf a = BUF_INIT(4 * MIB);
	struct buf b = BUF_INIT(4 * MIB);
	bool ok = slice_same(got, whole);

	if (!ok && s->source->format == FORMAT_CHAT) {
		drop_usage(got, &a);
		drop_usage(whole, &b);
		ok = slice_same(buf_slice(&a), buf_slice(&b));
	}
	buf_release(&a);
	buf_release(&b);
	return ok;
}

/* C171: what came before the cut is what comes without it. */
static void cut_everywhere(const struct sample *s, const struct side *client, struct slice whole)
{
	for (size_t cut = 0; cut < s->bytes.len; cut++) {
		struct convert_stream *stream =
			convert_stream_create(make_plan(s, client, true), true);
		struct buf out = BUF_INIT(4 * MIB);
		enum convert_state state;

		convert_stream_feed(stream, (struct slice){ s->bytes.ptr, cut }, &out);
		assert_true(out.len <= whole.len);
		assert_memory_equal(buf_text(&out), whole.ptr, out.len);
		state = convert_stream_finish(stream, &out);
		if (state == CONVERT_COMPLETE) {
			assert_true(is_same_answer(s, buf_slice(&out), whole));
		} else {
			assert_int_equal(state, CONVERT_FAILED);
		}
		buf_release(&out);
		convert_stream_destroy(stream);
	}
}

static void check_answer(const struct sample *s, const struct side *client)
{
	struct buf stream = BUF_INIT(4 * MIB);
	struct buf bytewise = BUF_INIT(4 * MIB);
	struct buf whole = BUF_INIT(4 * MIB);

	convert_answer(s, client, true, s->bytes.len, &stream);
	convert_answer(s, client, true, 1, &bytewise);
	assert_true(slice_same(buf_slice(&stream), buf_slice(&bytewise)));
	compare(s, client, "stream", buf_slice(&stream));
	convert_answer(s, client, false, s->bytes.len, &whole);
	compare(s, client, "whole", buf_slice(&whole));
	if (is_sse(s) && !str_starts(buf_text(&stream), "error ")) {
		cut_everywhere(s, client, buf_slice(&stream));
	}
	buf_release(&stream);
	buf_release(&bytewise);
	buf_release(&whole);
}

/* ---- requests ---- */

static void check_request(const struct sample *s, const struct side *target)
{
	const struct upstream_account account = { .provider = target->provider };
	const struct convert_source source = {
		.format = s->source->format,
		.body = s->bytes,
		.path_model = s->source->format == FORMAT_GEMINI ? s->source->model : NULL,
	};
	const struct convert_target to = { target->format, &account, target->model, ASKED_MODEL,
					 0 };
	struct buf out = BUF_INIT(4 * MIB);
	struct api_error error = { .message = "" };
	struct warnings warnings;
	struct converted converted;
	struct hub_request *req;
	struct arena a;

	arena_init(&a, 64 * KIB);
	req = convert_decode(&source, &a, &warnings, &error);
	if (req && convert_encode(req, &to, &warnings, &converted, &error)) {
		assert_non_null(json_read(&a, buf_slice(&converted.body), NULL));
		buf_addf(&out, "%s\nwarnings: %s\nstream: %d\nversion: %s\n",
			 buf_text(&converted.body), buf_text(&converted.warnings),
			 converted.stream,
			 converted.anthropic_version ? converted.anthropic_version : "-");
		converted_release(&converted);
	} else {
		buf_addf(&out, "refused %s %s: %s\n", error_class_name(error.class),
			 error.param, error.message);
	}
	compare(s, target, "request", buf_slice(&out));
	buf_release(&out);
	arena_release(&a);
}

/* ---- the walk ---- */

static void check_sample(const struct sample *s)
{
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		if (is_answer(s->name)) {
			check_answer(s, &sides[i]);
		} else if (str_starts(s->name, "request_")) {
			check_request(s, &sides[i]);
		}
	}
}

static void matrix_equals_golden_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		samples_of(&sides[i], check_sample);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matrix_equals_golden_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
