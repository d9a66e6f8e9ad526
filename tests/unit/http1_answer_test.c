/* Framing by RFC 9112, at every split. */
#include "transfer/http1_answer.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>



struct result {
	enum http1_event end;           /* HTTP1_MORE: it wants more */
	int status;
	int64_t content_length;
	bool keeps_alive;
	size_t left;                    /* bytes behind the end */
	char headers[512];
	char body[4096];
	char problem[128];
};

static void keep_head(const struct http1_answer *a, struct result *r)
{
	size_t at = 0;

	r->status = a->status;
	r->content_length = a->content_length;
	for (size_t i = 0; i < a->header_count; i++) {
		at += (size_t)snprintf(r->headers + at, sizeof r->headers - at, "%s=%s;",
				       a->headers[i].name, a->headers[i].value);
	}
}

static void feed(struct http1_answer *a, struct slice bytes, struct result *r)
{
	struct slice piece;

	for (;;) {
		enum http1_event event = http1_answer_next(a, &bytes, &piece);

		if (event == HTTP1_HEAD) {
			keep_head(a, r);
		} else if (event == HTTP1_BODY) {
			assert_true(strlen(r->body) + piece.len < sizeof r->body);
			memcpy(r->body + strlen(r->body), piece.ptr, piece.len);
		} else {
			r->end = event;
			r->left = bytes.len;
			return;
		}
	}
}

/* In pieces of `step` bytes; the end of the connection follows when `closes`. */
static struct result read_answer(const char *text, size_t len, size_t step, bool is_head,
				 bool closes)
{
	struct result r = { .end = HTTP1_MORE };
	struct http1_answer a;
	struct arena arena;
	size_t at = 0;

	arena_init(&arena, 4096);
	http1_answer_init(&a, &arena, is_head);
	while (at < len && r.end == HTTP1_MORE) {
		size_t part = len - at < step ? len - at : step;

		feed(&a, (struct slice){ text + at, part }, &r);
		at += part;
		r.left += len - at;
	}
	r.keeps_alive = a.keeps_alive;
	if (a.problem) {
		snprintf(r.problem, sizeof r.problem, "%s", a.problem);
	}
	if (closes && r.end == HTTP1_MORE && http1_answer_ends_here(&a)) {
		r.end = HTTP1_END;
	}
	http1_answer_release(&a);
	arena_release(&arena);
	return r;
}

static struct result whole(const char *text)
{
	struct result r = read_answer(text, strlen(text), SIZE_MAX, false, true);

	for (size_t step = 1; step < strlen(text); step++) {
		struct result split = read_answer(text, strlen(text), step, false, true);

		assert_int_equal(split.end, r.end);
		assert_int_equal(split.status, r.status);
		assert_int_equal(split.left, r.left);
		assert_int_equal(split.keeps_alive, r.keeps_alive);
		assert_string_equal(split.headers, r.headers);
		assert_string_equal(split.body, r.body);
	}
	return r;
}

static void test_length(void **state)
{
	struct result r = whole("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b c \r\n\r\nhello");

	(void)state;
	assert_int_equal(r.end, HTTP1_END);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.content_length, 5);
	assert_true(r.keeps_alive);
	assert_string_equal(r.headers, "Content-Length=5;X-A=b c;");
	assert_string_equal(r.body, "hello");
}

static void test_chunks(void **state)
{
	struct result r = whole("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
				"5;x=\"y\"\r\nhello\r\n0B\r\n, big world\r\n0\r\nT: r\r\n\r\n");

	(void)state;
	assert_int_equal(r.end, HTTP1_END);
	assert_int_equal(r.content_length, -1);
	assert_true(r.keeps_alive);
	assert_string_equal(r.body, "hello, big world");
}

static void test_until_close(void **state)
{
	struct result r = whole("HTTP/1.0 200\r\n\r\nall of it");

	(void)state;
	assert_int_equal(r.end, HTTP1_END);
	assert_false(r.keeps_alive);
	assert_string_equal(r.body, "all of it");
}

static void test_connection(void **state)
{
	(void)state;
	assert_false(whole("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n"
			   "Content-Length: 0\r\n\r\n").keeps_alive);
	assert_false(whole("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keeps_alive);
	assert_true(whole("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
			  "Content-Length: 0\r\n\r\n").keeps_alive);
}

static void test_no_body(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
	struct result r = read_answer(head, strlen(head), 7, true, false);

	(void)state;
	assert_int_equal(r.end, HTTP1_END);
	assert_true(r.keeps_alive);
	assert_int_equal(whole("HTTP/1.1 204 No\r\n\r\n").end, HTTP1_END);
	assert_int_equal(whole("HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n").end, HTTP1_END);
}

static void test_interim_heads(void **state)
{
	struct result r = whole("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n"
				"Content-Length: 7\r\n\r\n"
				"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");

	(void)state;
	assert_int_equal(r.end, HTTP1_END);
	assert_int_equal(r.status, 201);
	assert_string_equal(r.headers, "Content-Length=2;");
	assert_string_equal(r.body, "ok");
}

static void test_bytes_behind_the_end(void **state)
{
	struct result r = whole("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK");

	(void)state;
	assert_int_equal(r.end, HTTP1_END);
	assert_int_equal(r.left, 15);
}

static void test_folded_line(void **state)
{
	(void)state;
	assert_string_equal(whole("HTTP/1.1 200 OK\r\nA: b\r\n\t c\r\nContent-Length: 0\r\n\r\n")
				    .headers, "A=b c;Content-Length=0;");
}

static void test_not_whole(void **state)
{
	static const char *const cut[] = {
		"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cut); i++) {
		assert_int_equal(whole(cut[i]).end, HTTP1_MORE);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"SSH-2.0-OpenSSH\r\n",
		"<html>\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 099 OK\r\n\r\n",
		"HTTP/1.1 101 Switching\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12345678901234567\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct result r = whole(bad[i]);

		assert_int_equal(r.end, HTTP1_BAD);
		assert_true(*r.problem);
	}
}

/* RFC 9112 6.3: chunks win over a length, and the connection is not trusted. */
static void test_length_with_chunks(void **state)
{
	struct result r = whole("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
				"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");

	(void)state;
	assert_int_equal(r.end, HTTP1_END);
	assert_false(r.keeps_alive);
	assert_string_equal(r.body, "ok");
}

static void test_zero_byte_in_head(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n";

	(void)state;
	assert_int_equal(read_answer(text, sizeof text - 1, SIZE_MAX, false, true).end, HTTP1_BAD);
}

static void test_endless_head(void **state)
{
	struct http1_answer a;
	struct arena arena;
	struct slice piece;
	enum http1_event event = HTTP1_MORE;
	size_t fed = 0;

	(void)state;
	arena_init(&arena, 4096);
	http1_answer_init(&a, &arena, false);
	while (event == HTTP1_MORE && fed < 4 * MAX_UPSTREAM_HEAD_BYTES) {
		struct slice line = slice_of(fed ? "X: yyyyyyyyyyyyy\r\n" : "HTTP/1.1 200 OK\r\n");

		fed += line.len;
		event = http1_answer_next(&a, &line, &piece);
	}
	assert_int_equal(event, HTTP1_BAD);
	assert_true(fed < MAX_UPSTREAM_HEAD_BYTES + 100);
	http1_answer_release(&a);

	http1_answer_init(&a, &arena, false);
	event = HTTP1_MORE;
	for (fed = 0; event == HTTP1_MORE && fed < 4 * MAX_UPSTREAM_HEAD_BYTES; fed += 8) {
		struct slice junk = slice_of("HTTPHTTP");

		event = http1_answer_next(&a, &junk, &piece);
	}
	assert_int_equal(event, HTTP1_BAD);
	http1_answer_release(&a);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_until_close),
		cmocka_unit_test(test_connection),
		cmocka_unit_test(test_no_body),
		cmocka_unit_test(test_interim_heads),
		cmocka_unit_test(test_bytes_behind_the_end),
		cmocka_unit_test(test_folded_line),
		cmocka_unit_test(test_not_whole),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_length_with_chunks),
		cmocka_unit_test(test_zero_byte_in_head),
		cmocka_unit_test(test_endless_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
