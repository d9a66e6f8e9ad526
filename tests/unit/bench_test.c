/*
 * The benchmark's instruments: quantiles, the stamps of its upstream, and that
 * failures are counted as such.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "selftest/load.h"
#include "selftest/mock.c"

static void test_quantiles(void **state)
{
	struct samples s = { 0 };
	struct bench_times t = samples_times(&s);

	(void)state;
	assert_true(t.count == 0 && t.p50_us == 0 && t.p99_us == 0);
	samples_add(&s, 7000);
	t = samples_times(&s);
	assert_true(t.p50_us == 7 && t.p90_us == 7 && t.p99_us == 7);
	s.count = 0;
	for (uint64_t i = 200; i > 0; i--) {
		samples_add(&s, i * 1000);
	}
	t = samples_times(&s);
	assert_true(t.p50_us == 100 && t.p90_us == 180 && t.p99_us == 198);
	assert_int_equal(t.count, 200);
	samples_release(&s);
}

static void test_stamps(void **state)
{
	struct buf text = BUF_INIT(KIB);
	size_t at = 0;
	uint64_t ns = 0;

	(void)state;
	buf_adds(&text, "x sent=00000000000000000042 sent=0000000000");
	assert_true(mock_stamp(&text, &at, &ns));
	assert_int_equal(ns, 42);
	assert_false(mock_stamp(&text, &at, &ns));
	buf_adds(&text, "0000000043");
	assert_true(mock_stamp(&text, &at, &ns));
	assert_int_equal(ns, 43);
	assert_false(mock_stamp(&text, &at, &ns));
	buf_release(&text);
}

/* Asks the upstream itself: all times are there, and they make sense. */
static void test_upstream_and_client(void **state)
{
	struct samples whole = { 0 };
	struct samples first = { 0 };
	struct samples chunk = { 0 };
	const struct times times = { &whole, &first, &chunk };
	struct target t = { .key = "k" };
	struct mock *mock = mock_start(loopback_bind(&t.port, NULL), NULL);
	struct buf request = BUF_INIT(4 * KIB);
	struct line line;

	(void)state;
	assert_non_null(mock);
	client_write_post(&t, "/", slice_of("{\"model\":\"stream\"}"), "keep-alive", &request);
	assert_true(line_open(&line, t.port));
	for (int i = 0; i < 2; i++) {
		assert_true(line_turn(&line, &t, buf_slice(&request), &times));
	}
	assert_int_equal(whole.count, 2);
	assert_int_equal(first.count, 2);
	assert_int_equal(chunk.count, 2 * (BENCH_CHUNKS - 1));
	assert_true(whole.us[0] >= first.us[0] && first.us[0] > 0);
	line_close(&line);
	buf_release(&request);
	mock_stop(mock);
	samples_release(&whole);
	samples_release(&first);
	samples_release(&chunk);
}

/* ---- an upstream that only refuses ---- */

static void *refuse(void *arg)
{
	static const char no[] = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
	char request[4096];
	int fd;

	while ((fd = accept(*(int *)arg, NULL, NULL)) >= 0) {
		if (recv(fd, request, sizeof request, 0) > 0) {
			send(fd, no, sizeof no - 1, MSG_NOSIGNAL);
		}
		close(fd);
	}
	return NULL;
}

static void test_refusals_are_errors(void **state)
{
	struct samples times = { 0 };
	struct target t = { .key = "k" };
	struct rush rush = {
		.target = &t, .request = slice_of("POST / HTTP/1.1\r\n\r\n"), .connections = 5,
		.seconds = 600, .times = &times,
	};
	pthread_t thread;
	int fd = loopback_bind(&t.port, NULL);

	(void)state;
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(pthread_create(&thread, NULL, refuse, &fd), 0);
	/* With every connection lost it ends long before its time. */
	load_rush(&rush);
	assert_int_equal(rush.errors, 5);
	assert_int_equal(times.count, 0);
	shutdown(fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(fd);
	rush.errors = 0;
	load_rush(&rush);
	assert_int_equal(rush.errors, 5);
	samples_release(&times);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_upstream_and_client),
		cmocka_unit_test(test_refusals_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
