/*
 * Edits of the file itself: made from the template, refused as a whole,
 * serialised by the lock, and never half there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/edit.c"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define KILLS 300

static char dir[] = "/tmp/edit_file_test.XXXXXX";
static char path[64];

static void assert_file(const char *expected)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

	assert_true(file_read(path, &text, NULL));
	assert_string_equal(buf_text(&text), expected);
	buf_release(&text);
}

static void test_first_edit_creates_the_file(void **state)
{
	const struct edit edit = { EDIT_SET, "server.port", "4000" };
	struct buf expected = BUF_INIT(MAX_CONFIG_BYTES);
	struct stat st;

	(void)state;
	assert_true(config_edit_file(path, &edit, 1, NULL));
	assert_true(config_edit_text(slice_of(config_template()), &edit, 1, &expected, NULL));
	assert_file(buf_text(&expected));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	buf_release(&expected);
}

static void test_refused_edit_leaves_the_file(void **state)
{
	static const struct edit bad[] = {
		{ EDIT_SET, "server.port", "no" },
		{ EDIT_SET, "server.prot", "1" },
		{ EDIT_SET, "server.host", "0.0.0.0" },
		{ EDIT_APPEND, "upstream_accounts", "name: a" },
		{ EDIT_SET, "models.m.routes", "[{upstream: x, model: y}]" },
	};
	const char *text = "server:\n  port: 1 # mine\n";

	(void)state;
	assert_true(file_write(path, slice_of(text), 0600, NULL));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;

		assert_false(config_edit_file(path, &bad[i], 1, &err));
		assert_int_equal(err.kind, ERR_INVALID);
		assert_true(str_starts(err.msg, path));
		assert_file(text);
	}
}

/* The environment of whoever edits is not the gateway's. */
static void test_edit_does_not_need_the_variables(void **state)
{
	const struct edit edit = { EDIT_SET, "server.port", "2" };
	const char *text = "upstream_accounts:\n"
			   "- {name: a, provider: openai, api_key: '${LGW_TEST_NONE}'}\n";

	(void)state;
	assert_true(file_write(path, slice_of(text), 0600, NULL));
	assert_true(config_edit_file(path, &edit, 1, NULL));
	assert_file("upstream_accounts:\n"
		    "- {name: a, provider: openai, api_key: '${LGW_TEST_NONE}'}\n"
		    "server:\n  port: 2\n");
}

static void test_check_writes_nothing(void **state)
{
	const struct edit good = { EDIT_SET, "server.port", "2" };
	const struct edit bad = { EDIT_SET, "server.port", "no" };

	(void)state;
	assert_true(file_write(path, slice_of("server: {port: 1}\n"), 0600, NULL));
	assert_true(config_edit_check(path, &good, 1, NULL));
	assert_false(config_edit_check(path, &bad, 1, NULL));
	assert_file("server: {port: 1}\n");
}

static void test_replacing_the_whole_file(void **state)
{
	struct slice one = slice_of("server: {port: 1}\n");
	struct slice two = slice_of("server: {port: 2}\n");
	struct err err = ERR_INIT;

	(void)state;
	unlink(path);
	assert_true(config_replace_file(path, SLICE_NULL, one, NULL));
	assert_file(one.ptr);
	assert_true(config_replace_file(path, one, two, NULL));
	assert_file(two.ptr);
	assert_false(config_replace_file(path, one, one, &err));
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_false(config_replace_file(path, two, slice_of("x: 1"), &err));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_file(two.ptr);
}

static void nap(long us)
{
	const struct timespec ts = { 0, us * 1000 };

	nanosleep(&ts, NULL);
}

/* Counts server.port up until it is killed; each file is a whole one. */
static void edit_for_ever(void)
{
	alarm(30);
	for (unsigned i = 1;; i = i % 60000 + 1) {
		char value[16];
		const struct edit edit = { EDIT_SET, "server.port", value };

		snprintf(value, sizeof value, "%u", i);
		config_edit_file(path, &edit, 1, NULL);
	}
}

static void assert_whole(void)
{
	static const char before[] = "# top\nserver:\n  port: ";
	static const char behind[] = "   # counted\n# end\n";
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	size_t digits;

	assert_true(file_read(path, &text, NULL));
	assert_true(str_starts(buf_text(&text), before));
	digits = strspn(buf_text(&text) + strlen(before), "0123456789");
	assert_true(digits > 0);
	assert_string_equal(buf_text(&text) + strlen(before) + digits, behind);
	buf_release(&text);
}

static void remove_temp_files(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while ((entry = readdir(d))) {
		if (str_starts(entry->d_name, "config.yaml")) {
			char name[512];

			snprintf(name, sizeof name, "%s/%s", dir, entry->d_name);
			unlink(name);
		}
	}
	closedir(d);
}

static void test_kill_at_any_moment_leaves_a_whole_file(void **state)
{
	(void)state;
	assert_true(file_write(path, slice_of("# top\nserver:\n  port: 1   # counted\n# end\n"),
			       0600, NULL));
	srandom(1);
	for (int i = 0; i < KILLS; i++) {
		pid_t child = fork();

		if (child == 0) {
			edit_for_ever();
		}
		assert_true(child > 0);
		nap(random() % 6000);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		assert_whole();
	}
}

/* Two writers add accounts at once; none is lost. */
static void test_edits_of_two_processes_are_serial(void **state)
{
	enum { EACH = 20 };
	pid_t child;
	struct config *c;

	(void)state;
	assert_true(file_write(path, slice_of(""), 0600, NULL));
	child = fork();
	assert_true(child >= 0);
	for (int i = 0; i < EACH; i++) {
		char value[64];
		const struct edit edit = { EDIT_APPEND, "upstream_accounts", value };

		snprintf(value, sizeof value, "name: %s%d\nprovider: demo\n",
			 child ? "parent" : "child", i);
		if (!config_edit_file(path, &edit, 1, NULL)) {
			_exit(1);
		}
	}
	if (child == 0) {
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	c = config_load(path, NULL);
	assert_non_null(c);
	assert_int_equal(c->account_count, 2 * EACH);
	config_unref(c);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir)) {
		return -1;
	}
	snprintf(path, sizeof path, "%s/config.yaml", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	remove_temp_files();
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_edit_creates_the_file),
		cmocka_unit_test(test_refused_edit_leaves_the_file),
		cmocka_unit_test(test_edit_does_not_need_the_variables),
		cmocka_unit_test(test_check_writes_nothing),
		cmocka_unit_test(test_replacing_the_whole_file),
		cmocka_unit_test(test_kill_at_any_moment_leaves_a_whole_file),
		cmocka_unit_test(test_edits_of_two_processes_are_serial),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
