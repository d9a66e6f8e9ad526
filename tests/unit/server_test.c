/*
 * A gateway inside this process, as beside a dashboard; homes and their locks.
 */
#define _GNU_SOURCE   /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/stat.h>

#include "base/file.h"
#include "control/client.h"
#include "server/server.c"

#define CONFIG "server: {port: 0, workers: 1}\ncredentials: {store: file}\n"

static char *home;
static char *config_path;

static int set_up(void **state)
{
	char dir[] = "/tmp/server-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	home = xstrdup(dir);
	config_path = xasprintf("%s/config.yaml", dir);
	assert_true(file_write(config_path, slice_of(CONFIG), 0600, NULL));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	home_remove_temporary(home);
	free(home);
	free(config_path);
	return 0;
}

static struct server_options options(void)
{
	return (struct server_options){ .home = home, .config_path = config_path, .port = -1,
					.workers = -1 };
}

static void block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void test_embedded_gateway_answers_its_socket(void **state)
{
	const struct server_options o = options();
	struct err err = ERR_INIT;
	struct server *s = server_start_embedded(&o, &err);
	struct control_client *client = control_client_create(home, config_path);
	struct buf answer = BUF_INIT(MIB);

	(void)state;
	assert_non_null(s);
	assert_string_equal(server_home(s), home);
	assert_string_equal(server_config_path(s), config_path);
	assert_true(control_client_is_running(client));
	assert_true(control_call(client, "POST", "/v1/keys", slice_of("{\"name\":\"a\"}"), &answer,
				 &err));
	assert_non_null(strstr(buf_text(&answer), "\"key\":\"lgw_"));
	assert_null(server_start_embedded(&o, &err));
	assert_int_equal(err.kind, ERR_CONFLICT);
	server_stop_embedded(s, 0);
	assert_false(control_client_is_running(client));
	assert_false(home_is_locked(home));
	control_client_destroy(client);
	buf_release(&answer);
}

static bool count_events(void *ctx, const char *event, struct slice data)
{
	int *left = ctx;

	if (!str_eq(event, "alive")) {          /* nothing has changed */
		assert_string_equal(event, "snapshot");
	}
	assert_true(data.len > 0);
	return --*left > 0;
}

static void test_client_follows_events(void **state)
{
	const struct server_options o = options();
	struct server *s = server_start_embedded(&o, NULL);
	struct control_client *client = control_client_create(home, config_path);
	struct err err = ERR_INIT;
	int left = 2;

	(void)state;
	assert_non_null(s);
	assert_true(control_stream(client, "/v1/events?interval_ms=200&level=error", count_events,
				   &left, &err));
	assert_int_equal(left, 0);
	assert_false(control_stream(client, "/v1/events?interval_ms=x", count_events, &left, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	server_stop_embedded(s, 0);
	assert_false(control_stream(client, "/v1/events", count_events, &left, &err));
	assert_int_equal(err.kind, ERR_NOT_RUNNING);
	control_client_destroy(client);
}

static void test_stop_by_the_control_api_ends_it(void **state)
{
	const struct server_options o = options();
	struct server *s = server_start_embedded(&o, NULL);
	struct control_client *client = control_client_create(home, config_path);
	struct buf answer = BUF_INIT(KIB);

	(void)state;
	assert_non_null(s);
	assert_true(control_call(client, "POST", "/v1/stop", SLICE_NULL, &answer, NULL));
	assert_non_null(strstr(buf_text(&answer), "\"stopping\":true"));
	server_stop_embedded(s, 0);
	assert_false(home_is_locked(home));
	control_client_destroy(client);
	buf_release(&answer);
}

static void test_a_demo_is_gone_afterwards(void **state)
{
	struct server_options o = options();
	struct server *s;
	char *where;

	(void)state;
	o.is_demo = true;
	o.port = 0;
	s = server_start_embedded(&o, NULL);
	assert_non_null(s);
	where = xstrdup(server_home(s));
	assert_string_not_equal(where, home);
	assert_true(file_exists(where));
	server_stop_embedded(s, 0);
	assert_false(file_exists(where));
	free(where);
	unsetenv("LLM_GATEWAY_SERVER_PORT");
}

static void test_broken_configuration_is_refused(void **state)
{
	const struct server_options o = options();
	struct err err = ERR_INIT;

	(void)state;
	assert_true(file_write(config_path, slice_of("server: {prot: 1}\n"), 0600, NULL));
	assert_null(server_start_embedded(&o, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_false(home_is_locked(home));
}

static void test_home_is_made_private(void **state)
{
	char *inner = xasprintf("%s/a/b", home);
	char *file = xasprintf("%s/config.yaml", inner);
	struct stat st;

	(void)state;
	assert_true(home_prepare(inner, file, NULL));
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(home_prepare(file, file, NULL));
	free(file);
	free(inner);
}

static void test_lock_names_its_holder(void **state)
{
	struct err err = ERR_INIT;
	int fd = home_lock(home, NULL);
	char pid[32];

	(void)state;
	assert_true(fd >= 0);
	assert_true(home_is_locked(home));
	assert_int_equal(home_lock(home, &err), -1);
	snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
	assert_non_null(strstr(err.msg, pid));
	close(fd);
	assert_false(home_is_locked(home));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_embedded_gateway_answers_its_socket),
		TEST(test_client_follows_events),
		TEST(test_stop_by_the_control_api_ends_it),
		TEST(test_a_demo_is_gone_afterwards),
		TEST(test_broken_configuration_is_refused),
		TEST(test_home_is_made_private),
		TEST(test_lock_names_its_holder),
	};

	block_signals();
	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
