/*
 * Every way a configuration file changes is noticed, and its neighbours are
 * not.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/watch.c"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#include "base/file.h"

static char dir[] = "/tmp/watch_test.XXXXXX";

static const char *in_dir(const char *name)
{
	static char paths[16][128];
	static unsigned next;
	char *path = paths[next++ % ARRAY_LEN(paths)];

	snprintf(path, sizeof paths[0], "%s/%s", dir, name);
	return path;
}

static void write_in_place(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* Events of inotify are queued before the call that causes them returns. */
static bool noticed(struct config_watch *w)
{
	struct pollfd p = { .fd = config_watch_fd(w), .events = POLLIN };

	return poll(&p, 1, 0) == 1 && config_watch_drain(w);
}

static struct config_watch *watch(const char *path)
{
	struct config_watch *w = config_watch_create(path, NULL);

	assert_non_null(w);
	assert_false(noticed(w));
	return w;
}

static void test_plain_file(void **state)
{
	const char *path = in_dir("config.yaml");
	struct config_watch *w;

	(void)state;
	write_in_place(path, "a");
	w = watch(path);
	for (int i = 0; i < 3; i++) {
		write_in_place(path, "b");
		assert_true(noticed(w));
		assert_false(noticed(w));
		assert_true(file_write(path, slice_of("c"), 0600, NULL));
		assert_true(noticed(w));
		assert_false(noticed(w));
	}
	write_in_place(in_dir("neighbour"), "x");
	assert_false(noticed(w));
	unlink(in_dir("neighbour"));
	assert_false(noticed(w));
	unlink(path);
	assert_true(noticed(w));
	write_in_place(path, "d");
	assert_true(noticed(w));
	write_in_place(path, "e");
	assert_true(noticed(w));
	config_watch_destroy(w);
	unlink(path);
}

static void test_file_that_is_not_there_yet(void **state)
{
	const char *path = in_dir("config.yaml");
	struct config_watch *w = watch(path);

	(void)state;
	write_in_place(path, "a");
	assert_true(noticed(w));
	write_in_place(path, "a");
	assert_true(noticed(w));
	config_watch_destroy(w);
	unlink(path);
}

static void test_linked_file(void **state)
{
	const char *link = in_dir("config.yaml");
	const char *next = in_dir("next.yaml");
	const char *target = in_dir("one/c");
	const char *other = in_dir("two/c");
	struct config_watch *w;

	(void)state;
	assert_int_equal(mkdir(in_dir("one"), 0700), 0);
	assert_int_equal(mkdir(in_dir("two"), 0700), 0);
	write_in_place(target, "a");
	write_in_place(other, "b");
	assert_int_equal(symlink(target, link), 0);
	w = watch(link);

	write_in_place(target, "c");
	assert_true(noticed(w));
	assert_true(file_write(target, slice_of("d"), 0600, NULL));
	assert_true(noticed(w));
	assert_int_equal(symlink(other, next), 0);
	assert_int_equal(rename(next, link), 0);
	assert_true(noticed(w));
	write_in_place(other, "e");
	assert_true(noticed(w));
	assert_true(file_write(other, slice_of("f"), 0600, NULL));
	assert_true(noticed(w));
	write_in_place(target, "g");
	assert_false(noticed(w));
	config_watch_destroy(w);
	unlink(link);
	unlink(target);
	unlink(other);
	rmdir(in_dir("one"));
	rmdir(in_dir("two"));
}

static void test_no_directory(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(config_watch_create("/nonexistent/dir/config.yaml", &err));
	assert_int_equal(err.kind, ERR_FAILED);
	config_watch_destroy(NULL);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_file),
		cmocka_unit_test(test_file_that_is_not_there_yet),
		cmocka_unit_test(test_linked_file),
		cmocka_unit_test(test_no_directory),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
