/*
 * The log: what a line says, that the lines of several threads come in order,
 * what is masked, what a reader gets, and what a crash leaves behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.c"

#include <sys/resource.h>
#include <sys/wait.h>

#include "base/file.h"

#define THREADS 4
#define LINES 500

static struct buf sunk = BUF_INIT(16 * MIB);

static void keep_line(void *ctx, enum log_level level, bool is_request, const char *json_line,
		      size_t len)
{
	(void)ctx;
	(void)level;
	if (json_line) {
		buf_adds(&sunk, is_request ? "R" : "G");
		buf_add(&sunk, json_line, len);
	}
}

static int set_up(void **state)
{
	const struct log_options options = { .level = LOG_INFO, .console_level = LOG_OFF,
					     .buffered = true, .mask = true };

	(void)state;
	log_configure(&options);
	log_set_sink(keep_line, NULL);
	log_flush();
	buf_clear(&sunk);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_flush();
	log_set_sink(NULL, NULL);
	buf_release(&sunk);
	return 0;
}

/* Behind the time of day. */
static const char *said(void)
{
	const char *level = strstr(buf_text(&sunk), "\"level\"");

	return level ? level : "";
}

static void test_a_line_has_its_fields(void **state)
{
	const struct log_field fields[] = {
		LOG_STR("trace_id", "t1"), LOG_STR("error", NULL), LOG_INT("status", -5),
		LOG_COUNT("tokens_in", 0), LOG_COUNT("ttft_ms", -1), LOG_STR("path", "a\"b\n"),
	};

	(void)state;
	log_request(LOG_WARN, "request", fields, ARRAY_LEN(fields));
	assert_int_equal(sunk.len, 0);
	log_flush();
	assert_int_equal(buf_text(&sunk)[0], 'R');
	assert_string_equal(said(), "\"level\":\"warn\",\"area\":\"request\",\"msg\":\"request\","
				    "\"trace_id\":\"t1\",\"status\":-5,\"tokens_in\":0,"
				    "\"path\":\"a\\\"b\\n\"}\n");
}

static void test_text_shows_control_bytes(void **state)
{
	const struct log_field field = LOG_STR("path", "a\033[2Jb");
	const struct log_line line = { .at_ms = 1795244905123, .level = LOG_INFO, .area = "x",
				       .msg = "hello", .fields = &field, .count = 1 };
	struct buf text = BUF_INIT(KIB);

	(void)state;
	log_line_text(&line, &text);
	assert_string_equal(buf_text(&text), "07:08:25.123 info  x: hello path=a\\x1b[2Jb\n");
	buf_release(&text);
}

static void test_levels_below_are_not_kept(void **state)
{
	(void)state;
	log_debug("x", "%s", "not this");
	assert_false(log_enabled(LOG_DEBUG));
	log_info("x", "%s", "this");
	log_flush();
	assert_null(strstr(buf_text(&sunk), "not this"));
	assert_non_null(strstr(buf_text(&sunk), "this"));
}

static void test_secrets_are_masked_in_any_text(void **state)
{
	const struct log_field field = LOG_STR("detail", "key sk-0123456789MIDDLE0123456789 is bad");

	(void)state;
	log_event(LOG_INFO, "x", "Bearer MIDDLE0123456789", &field, 1);
	log_flush();
	assert_null(strstr(buf_text(&sunk), "MIDDLE"));
	assert_non_null(strstr(buf_text(&sunk), " is bad"));
}

static void test_a_long_text_is_cut(void **state)
{
	char *text = xmalloc(100 * KIB + 1);

	(void)state;
	memset(text, 'a', 100 * KIB);
	text[100 * KIB] = '\0';
	log_event(LOG_INFO, "x", text, NULL, 0);
	log_flush();
	assert_in_range(sunk.len, KIB, MAX_LOG_LINE_BYTES);
	free(text);
}

static void *log_many(void *arg)
{
	for (int i = 0; i < LINES; i++) {
		log_info("thread", "%s %d", (const char *)arg, i);
	}
	return NULL;
}

static void test_threads_lose_and_mix_nothing(void **state)
{
	char names[THREADS][2] = { "a", "b", "c", "d" };
	pthread_t threads[THREADS];
	char want[64];
	const char *at;

	(void)state;
	for (int t = 0; t < THREADS; t++) {
		assert_int_equal(pthread_create(&threads[t], NULL, log_many, names[t]), 0);
		log_flush();
	}
	for (int t = 0; t < THREADS; t++) {
		pthread_join(threads[t], NULL);
	}
	log_flush();
	for (int t = 0; t < THREADS; t++) {
		at = buf_text(&sunk);
		for (int i = 0; i < LINES; i++) {
			snprintf(want, sizeof want, "\"msg\":\"%s %d\"}", names[t], i);
			at = strstr(at, want);
			assert_non_null(at);
		}
	}
}

static void test_lines_without_room_are_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 80000; i++) {
		log_info("x", "%0200d", i);
	}
	log_flush();
	log_flush();
	assert_non_null(strstr(buf_text(&sunk), "lines were lost"));
}

static void test_the_last_lines_can_be_read(void **state)
{
	struct buf out = BUF_INIT(16 * MIB);
	uint64_t before = log_recent(0, 0, &out);

	(void)state;
	log_info("x", "one");
	log_info("x", "two");
	assert_int_equal(log_recent(before, 10, &out), before + 2);
	assert_non_null(strstr(buf_text(&out), "\"one\""));
	buf_clear(&out);
	assert_int_equal(log_recent(before, 1, &out), before + 2);
	assert_null(strstr(buf_text(&out), "\"one\""));
	assert_non_null(strstr(buf_text(&out), "\"two\""));
	buf_release(&out);
}

static void crash_with_lines(const char *path, int number)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);        /* not the test runner's */
	log_on_crash(path);
	log_info("x", "the last words");
	log_info("x", "sk-0123456789MIDDLE0123456789");
	raise(number);
	_exit(0);
}

static void test_a_crash_leaves_its_lines(void **state)
{
	static const int numbers[] = { SIGSEGV, SIGABRT };
	char path[] = "/tmp/log-test-XXXXXX";
	int fd = mkstemp(path);
	struct err err = ERR_INIT;

	(void)state;
	close(fd);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct buf left = BUF_INIT(MIB);
		pid_t child = fork();
		int status;

		if (child == 0) {
			crash_with_lines(path, numbers[i]);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
		assert_true(file_read(path, &left, &err));
		assert_non_null(strstr(buf_text(&left), "the last words"));
		assert_non_null(strstr(buf_text(&left), "\"crashed\""));
		assert_null(strstr(buf_text(&left), "MIDDLE"));
		buf_release(&left);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_line_has_its_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_text_shows_control_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_levels_below_are_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_secrets_are_masked_in_any_text, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_long_text_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_threads_lose_and_mix_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_lines_without_room_are_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_the_last_lines_can_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_crash_leaves_its_lines, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
