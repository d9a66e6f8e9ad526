/*
 * The heads of the control socket's HTTP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/http.c"

static bool parse(const char *text, struct http_head *head)
{
	return http_parse_request(slice_of(text), head, NULL);
}

static void test_head_size(void **state)
{
	(void)state;
	assert_int_equal(http_head_size(slice_of("GET / HTTP/1.1\r\n\r\nbody")), 18);
	assert_int_equal(http_head_size(slice_of("GET / HTTP/1.1\n\nbody")), 16);
	assert_int_equal(http_head_size(slice_of("GET / HTTP/1.1\r\nA: b\r\n")), 0);
	assert_int_equal(http_head_size(slice_of("\n\r")), 0);
	assert_int_equal(http_head_size(SLICE_NULL), 0);
}

static void test_request_line(void **state)
{
	struct http_head head;

	(void)state;
	assert_true(parse("PATCH /v1/keys/a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", &head));
	assert_true(slice_eq(head.method, "PATCH"));
	assert_true(slice_eq(head.target, "/v1/keys/a?b=c"));
	assert_false(head.has_length);
	assert_false(parse("GET\r\n\r\n", &head));
	assert_false(parse("GET / FTP/1.1\r\n\r\n", &head));
	assert_false(parse("GET relative HTTP/1.1\r\n\r\n", &head));
	assert_false(parse(" / HTTP/1.1\r\n\r\n", &head));
}

static void test_lengths(void **state)
{
	struct http_head head;

	(void)state;
	assert_true(parse("POST / HTTP/1.1\r\nCONTENT-length:  12 \r\n\r\n", &head));
	assert_true(head.has_length);
	assert_int_equal(head.length, 12);
	assert_false(parse("POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", &head));
	assert_false(parse("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", &head));
	assert_false(parse("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
			   &head));
	assert_false(parse("POST / HTTP/1.1\r\nno colon here\r\n\r\n", &head));
	assert_true(parse("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
			  "Expect: 100-continue\r\n\r\n", &head));
	assert_true(head.is_chunked);
	assert_true(head.expects_continue);
}

static void test_answer(void **state)
{
	struct http_head head;

	(void)state;
	assert_true(http_parse_answer(slice_of("HTTP/1.1 200 OK\r\n"
					       "Content-Type: text/event-stream\r\n\r\n"),
				      &head, NULL));
	assert_int_equal(head.status, 200);
	assert_true(head.is_event_stream);
	assert_false(http_parse_answer(slice_of("SSH-2.0-x\r\n\r\n"), &head, NULL));
	assert_false(http_parse_answer(slice_of("HTTP/1.1 2000 OK\r\n\r\n"), &head, NULL));
}

static void test_written_head_reads_back(void **state)
{
	struct buf out = BUF_INIT(KIB);
	struct http_head head;

	(void)state;
	http_answer_head(&out, 404, 5);
	assert_int_equal(http_head_size(buf_slice(&out)), out.len);
	assert_true(http_parse_answer(buf_slice(&out), &head, NULL));
	assert_int_equal(head.status, 404);
	assert_int_equal(head.length, 5);
	buf_release(&out);
}

static void test_read_in_pieces(void **state)
{
	struct buf in = BUF_INIT(KIB);
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(http_write(ends[0], slice_of("GET / HT")));
	assert_true(http_write(ends[0], slice_of("TP/1.1\r\n\r\nab")));
	assert_int_equal(http_read_head(ends[1], &in, NULL), 18);
	assert_true(http_write(ends[0], slice_of("c")));
	assert_true(http_read_to(ends[1], &in, 21, NULL));
	assert_string_equal(buf_text(&in) + 18, "abc");
	close(ends[0]);
	assert_false(http_read_to(ends[1], &in, 22, NULL));
	close(ends[1]);
	buf_release(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head_size),
		cmocka_unit_test(test_request_line),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_written_head_reads_back),
		cmocka_unit_test(test_read_in_pieces),
	};

	return cmocka_run_group_tests_name("control_http", tests, NULL, NULL);
}
