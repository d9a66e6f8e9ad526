/*
 * Reading the configuration: defaults, every key, every kind of refusal with
 * its place, variables and overrides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/load.c"

#include "base/clock.h"

static struct config *parse(const char *text, struct err *err)
{
	return config_parse("config.yaml", slice_of(text), err);
}

static struct config *parse_ok(const char *text)
{
	struct err err = ERR_INIT;
	struct config *c = parse(text, &err);

	if (!c) {
		fail_msg("%s", err.msg);
	}
	return c;
}

/* ---- defaults ---- */

static void test_no_file_gives_the_defaults(void **state)
{
	struct config *c = config_load("/nonexistent/config.yaml", NULL);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->server.host, "127.0.0.1");
	assert_int_equal(c->server.port, 3847);
	assert_int_equal(c->server.timeout_ms, 30000);
	assert_int_equal(c->server.max_body_bytes, 64 << 20);
	assert_int_equal(c->server.memory_budget_bytes, 1 << 30);
	assert_true(c->server.auth_required);
	assert_string_equal(c->server.tls_cert, "");
	assert_int_equal(c->proxy.response_timeout_ms, 300000);
	assert_string_equal(c->proxy.system_prompts, "system_prompts");
	assert_string_equal(c->credential_store, "auto");
	assert_int_equal(c->routing.strategy, STRATEGY_HEALTH_FIRST);
	assert_true(c->routing.session_affinity);
	assert_int_equal(c->routing.max_wait_ms, 20000);
	assert_int_equal(c->health_check.interval_ms, 60000);
	assert_float_equal(c->rate_limit.burst_factor, 1.5, 0);
	assert_int_equal(c->concurrency.queue_timeout_ms, 30000);
	assert_int_equal(c->logging.level, LOG_INFO);
	assert_true(c->logging.format_json);
	assert_false(c->logging.console_json);
	assert_int_equal(c->logging.max_file_bytes, 100 << 20);
	assert_int_equal(c->logging.max_age_ms, 7 * 86400000LL);
	assert_int_equal(c->logging.capture, CAPTURE_OFF);
	assert_int_equal(c->usage.retention_days, 90);
	assert_string_equal(c->environment.no_proxy, "localhost,127.0.0.1,::1");
	assert_int_equal(c->tui.interval_ms, 1000);
	assert_int_equal(c->account_count + c->key_count + c->alias_count, 0);
	config_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_file_gives_the_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
