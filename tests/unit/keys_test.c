/*
 * The list of all keys, and what is typed for one as YAML.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/keys.c"

static void remember(void *ctx, const struct config_key_info *info)
{
	buf_addf(ctx, "%s|%s|%s|%s\n", info->path, info->type, info->fallback,
		 info->variable ? info->variable : "-");
}

static void test_list_of_keys(void **state)
{
	static const char *const lines[] = {
		"server|section||-\n",
		"server.port|integer|3847|LLM_GATEWAY_SERVER_PORT\n",
		"server.tls.cert|text||LLM_GATEWAY_SERVER_TLS_CERT\n",
		"gateway_keys|list of sections||-\n",
		"gateway_keys[].limits.rpm|integer|0|-\n",
		"upstream_accounts[].options.ask_usage|bool||-\n",
		"upstream_accounts[].oauth.client_id|text||-\n",
		"models.*.routes[].weight|integer|1|-\n",
		"models.*.rules[].when.tokens_over|integer|0|-\n",
		"usage.prices.*.cache_read|number||-\n",
		"health_check.interval|duration|60|LLM_GATEWAY_HEALTH_CHECK_INTERVAL\n",
		"rate_limit.per_model_rps|map||-\n",
		"tui.keys|map||-\n",
	};
	struct buf all = BUF_INIT(MIB);

	(void)state;
	config_keys_each(remember, &all);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (!strstr(buf_text(&all), lines[i])) {
			fail_msg("no %s in\n%s", lines[i], buf_text(&all));
		}
	}
	buf_release(&all);
}

static void test_typed_values_become_yaml(void **state)
{
	static const struct {
		const char *path;
		const char *text;
		const char *yaml;
	} cases[] = {
		{ "server.port", "3848", "3848" },
		{ "server.timeout", "30s", "30s" },
		{ "server.host", "127.0.0.1", "127.0.0.1" },
		{ "server.host", "localhost", "localhost" },
		{ "server.port", "1 # x", "\"1 # x\"" },
		{ "logging.capture", "off", "off" },
		{ "rate_limit.burst_factor", "1.5", "1.5" },
		{ "rate_limit.per_model_rps.gpt-5", "2", "2" },
		{ "upstream_accounts[name=a].models", "gpt-*, o3", "[gpt-*, o3]" },
		{ "upstream_accounts[name=a].models", "[a]", "[a]" },
		{ "upstream_accounts[name=a].models[0]", "a, b", "\"a, b\"" },
		{ "upstream_accounts[name=a].status", "disabled", "disabled" },
		{ "upstream_accounts[name=a].headers.X-A", "12", "\"12\"" },
		{ "upstream_accounts[name=a].options.strict", "true", "true" },
		{ "gateway_keys[0].permissions", "read,write", "[read, write]" },
		{ "gateway_keys[0].expires_at", "2027-01-01T00:00:00Z",
		  "\"2027-01-01T00:00:00Z\"" },
		{ "models.smart", "{routes: []}", "{routes: []}" },
		{ "models.smart.routes[0].model", "gpt-5.2", "gpt-5.2" },
		{ "server", "{port: 1}", "{port: 1}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = BUF_INIT(KIB);
		struct err err = ERR_INIT;

		if (!config_format_value(cases[i].path, cases[i].text, &out, &err)) {
			fail_msg("%s: %s", cases[i].path, err.msg);
		}
		assert_string_equal(buf_text(&out), cases[i].yaml);
		buf_release(&out);
	}
}

static void test_paths_that_are_no_keys(void **state)
{
	static const struct {
		const char *path;
		enum err_kind kind;
		const char *message;
	} cases[] = {
		{ "server.prot", ERR_INVALID, "prot is no key in server; expected port?" },
		{ "severs", ERR_INVALID, "severs is no key; expected server?" },
		{ "server.port.x", ERR_INVALID, "x is no key in port; expected one" },
		{ "server[0]", ERR_INVALID, "an item in [ ] is no key in server" },
		{ "gateway_keys.name", ERR_INVALID,
		  "name is no key in gateway_keys; expected one" },
		{ "models[0]", ERR_INVALID, "an item in [ ] is no key in models" },
		{ "tui.keys.a.b", ERR_INVALID, "b is no key in keys" },
		{ "server..port", ERR_USAGE, "\"server..port\" is no path" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;

		assert_false(config_format_value(cases[i].path, "1", NULL, &err));
		assert_int_equal(err.kind, cases[i].kind);
		if (!str_starts(err.msg, cases[i].message)) {
			fail_msg("%s", err.msg);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_of_keys),
		cmocka_unit_test(test_typed_values_become_yaml),
		cmocka_unit_test(test_paths_that_are_no_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
