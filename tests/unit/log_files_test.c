/*
 * The log files: which line goes where, rotation, age, what a reader gets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/log_files.c"

#include <fcntl.h>
#include <ftw.h>

#include "control/log_lines.h"

static char *home;
static struct log_files *files;

static const char info_line[] =
	"{\"ts\":\"2026-11-21T07:00:01.000Z\",\"level\":\"info\",\"area\":\"server\","
	"\"msg\":\"hello\",\"n\":1}\n";
static const char request_line[] =
	"{\"ts\":\"2026-11-21T07:00:02.000Z\",\"level\":\"info\",\"area\":\"request\","
	"\"msg\":\"done\",\"trace_id\":\"t1\"}\n";
static const char error_line[] =
	"{\"ts\":\"2026-11-21T07:00:03.000Z\",\"level\":\"error\",\"area\":\"request\","
	"\"msg\":\"bad\\nnews\",\"trace_id\":\"t2\"}\n";

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	char dir[] = "/tmp/log-files-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	home = xstrdup(dir);
	files = log_files_create();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_files_destroy(files);
	nftw(home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(home);
	return 0;
}

static void configure(bool is_json, bool is_separate, int64_t max_file_bytes)
{
	const struct logging_config config = {
		.base_dir = "logs",
		.format_json = is_json,
		.separate_files = is_separate,
		.max_file_bytes = max_file_bytes,
		.max_age_ms = 1000,
	};

	log_files_configure(files, home, &config);
}

static void put(enum log_level level, bool is_request, const char *line)
{
	log_files_write(files, level, is_request, line, strlen(line));
}

static void put_all(void)
{
	put(LOG_INFO, false, info_line);
	put(LOG_INFO, true, request_line);
	put(LOG_ERROR, true, error_line);
	log_files_write(files, LOG_DEBUG, false, NULL, 0);
}

static char *content(const char *folder, const char *name)
{
	struct buf text = BUF_INIT(MIB);
	char *path = xasprintf("%s/logs/%s%s", home, folder, name);

	file_read(path, &text, NULL);
	free(path);
	return buf_detach(&text);
}

static char *dated(const char *folder)
{
	char date[CLOCK_TEXT_BYTES];
	char name[64];

	clock_local_date(clock_wall_ms(), date);
	snprintf(name, sizeof name, "%s.log", date);
	return content(folder, name);
}

static void assert_content(char *text, const char *want)
{
	assert_string_equal(text ? text : "", want);
	free(text);
}

static void test_lines_go_where_they_belong(void **state)
{
	char both[sizeof request_line + sizeof error_line];

	(void)state;
	configure(true, true, MIB);
	put_all();
	snprintf(both, sizeof both, "%s%s", request_line, error_line);
	assert_content(content("", "general.log"), info_line);
	assert_content(dated("requests/"), both);
	assert_content(dated("errors/"), error_line);
}

static void test_one_file_for_all(void **state)
{
	char *text;

	(void)state;
	configure(true, false, MIB);
	put_all();
	text = content("", "general.log");
	assert_int_equal(strlen(text),
			 strlen(info_line) + strlen(request_line) + strlen(error_line));
	free(text);
	assert_content(dated("errors/"), "");
}

static void test_text_format(void **state)
{
	(void)state;
	configure(false, true, MIB);
	put_all();
	assert_content(content("", "general.log"),
		       "2026-11-21T07:00:01.000Z info server: hello n=1\n");
	assert_content(dated("errors/"),
		       "2026-11-21T07:00:03.000Z error request: bad\\x0anews trace_id=t2\n");
}

static void test_nothing_before_a_flush_or_a_configuration(void **state)
{
	(void)state;
	put_all();
	configure(true, true, MIB);
	put(LOG_INFO, false, info_line);
	assert_content(content("", "general.log"), "");
}

static int count_files(const char *folder)
{
	char *path = xasprintf("%s/logs/%s", home, folder);
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	while (dir && (entry = readdir(dir))) {
		count += str_ends(entry->d_name, ".log");
	}
	if (dir) {
		closedir(dir);
	}
	free(path);
	return count;
}

static void test_a_full_file_is_renamed(void **state)
{
	(void)state;
	configure(true, true, 10);
	put(LOG_INFO, false, info_line);
	log_files_write(files, LOG_DEBUG, false, NULL, 0);
	assert_int_equal(count_files(""), 1);
	assert_content(content("", "general.log"), "");
	configure(true, true, MIB);
	put(LOG_INFO, false, info_line);
	log_files_write(files, LOG_DEBUG, false, NULL, 0);
	assert_int_equal(count_files(""), 2);
	assert_content(content("", "general.log"), info_line);
}

static void touch(const char *name)
{
	char *path = xasprintf("%s/logs/%s", home, name);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
	free(path);
}

static void test_old_files_go_others_stay(void **state)
{
	(void)state;
	configure(true, true, MIB);
	put_all();
	touch("requests/2020-01-01.log");
	touch("requests/mine.log");
	touch("general-1.log");
	touch("notes.txt");
	log_files_sweep(files, clock_wall_ms());
	assert_int_equal(count_files("requests"), 3);
	log_files_sweep(files, clock_wall_ms() + 3600 * 1000);
	assert_int_equal(count_files("requests"), 1);
	assert_int_equal(count_files(""), 1);
}

static void test_a_directory_that_cannot_be_made(void **state)
{
	struct logging_config config = { .base_dir = "/proc/none", .format_json = true };

	(void)state;
	log_files_configure(files, home, &config);
	put_all();
	put_all();
}

static char *read_lines(const struct log_filter *filter)
{
	char *dir = xasprintf("%s/logs", home);
	struct buf out = BUF_INIT(MIB);
	struct json_writer w;

	json_open(&w, &out);
	log_read_files(dir, filter, &w);
	free(dir);
	return buf_detach(&out);
}

static void assert_read(const struct log_filter *filter, const char *want)
{
	char *text = read_lines(filter);

	assert_string_equal(text, want);
	free(text);
}

static void trimmed(const char *line, char *out, size_t size)
{
	snprintf(out, size, "[%.*s]", (int)strlen(line) - 1, line);
}

static void test_a_reader_merges_by_time(void **state)
{
	struct log_filter all = { .limit = 100 };
	struct log_filter errors = { .limit = 100, .level = LOG_ERROR };
	struct log_filter last = { .limit = 1 };
	struct log_filter trace = { .limit = 100, .trace_id = "t1" };
	struct log_filter late = { .limit = 100 };
	char want[1024];

	(void)state;
	assert_read(&all, "[]");
	configure(true, true, MIB);
	put_all();
	snprintf(want, sizeof want, "[%.*s,%.*s,%.*s]", (int)strlen(info_line) - 1, info_line,
		 (int)strlen(request_line) - 1, request_line, (int)strlen(error_line) - 1,
		 error_line);
	assert_read(&all, want);
	trimmed(error_line, want, sizeof want);
	assert_read(&errors, want);
	assert_read(&last, want);
	assert_true(clock_parse("2026-11-21T07:00:02.500Z", &late.since_ms));
	assert_read(&late, want);
	trimmed(request_line, want, sizeof want);
	assert_read(&trace, want);
}

static void test_a_reader_takes_text_too(void **state)
{
	struct log_filter errors = { .limit = 100, .level = LOG_ERROR };

	(void)state;
	configure(false, true, MIB);
	put_all();
	assert_read(&errors, "[{\"ts\":\"2026-11-21T07:00:03.000Z\",\"level\":\"error\","
			     "\"msg\":\"request: bad\\\\x0anews trace_id=t2\"}]");
}

static void test_a_reader_skips_what_is_no_line(void **state)
{
	struct log_filter all = { .limit = 100 };

	(void)state;
	configure(true, true, MIB);
	put(LOG_INFO, false, "garbage\n{\"ts\":1}\n\xff\xfe\n");
	log_files_write(files, LOG_DEBUG, false, NULL, 0);
	assert_read(&all, "[]");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines_go_where_they_belong),
		TEST(test_one_file_for_all),
		TEST(test_text_format),
		TEST(test_nothing_before_a_flush_or_a_configuration),
		TEST(test_a_full_file_is_renamed),
		TEST(test_old_files_go_others_stay),
		TEST(test_a_directory_that_cannot_be_made),
		TEST(test_a_reader_merges_by_time),
		TEST(test_a_reader_takes_text_too),
		TEST(test_a_reader_skips_what_is_no_line),
	};
	const struct log_options options = { .level = LOG_OFF, .console_level = LOG_OFF,
					     .buffered = true };

	log_configure(&options);
	return cmocka_run_group_tests_name("log_files", tests, NULL, NULL);
}
