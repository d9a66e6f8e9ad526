/*
 * Reading the configuration: defaults, every key, bounds, variables and
 * overrides.
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


/* ---- every key ---- */

#define HASH "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_sections_take_every_key(void **state)
{
	struct config *c = parse_ok(
		"server:\n"
		"  host: localhost\n"
		"  port: 4000\n"
		"  timeout: 500ms\n"
		"  workers: 3\n"
		"  max_body: 1MB\n"
		"  memory_budget: 2GB\n"
		"  max_connections: 10\n"
		"  tls: {cert: c.pem, key: k.pem}\n"
		"  auth: optional\n"
		"  allowed_hosts: [a.test, b.test]\n"
		"  cors_origins: ['https://x.test']\n"
		"  trusted_proxies: [10.0.0.1, fd00::/8]\n"
		"proxy:\n"
		"  connect_timeout: 1\n"
		"  tls_timeout: 2s\n"
		"  response_timeout: 1m\n"
		"  first_token_timeout: 2h\n"
		"  stream_timeout: 1d\n"
		"  request_timeout: 7\n"
		"  idle_conn_timeout: 8\n"
		"  ca_file: ca.pem\n"
		"  keepalive: 0\n"
		"  forward_client_ip: yes\n"
		"  enable_system_prompt: on\n"
		"  system_prompts: prompts\n"
		"credentials: {store: file}\n");

	(void)state;
	assert_string_equal(c->server.host, "localhost");
	assert_int_equal(c->server.port, 4000);
	assert_int_equal(c->server.timeout_ms, 500);
	assert_int_equal(c->server.workers, 3);
	assert_int_equal(c->server.max_body_bytes, 1 << 20);
	assert_int_equal(c->server.memory_budget_bytes, 2LL << 30);
	assert_int_equal(c->server.max_connections, 10);
	assert_string_equal(c->server.tls_cert, "c.pem");
	assert_string_equal(c->server.tls_key, "k.pem");
	assert_false(c->server.auth_required);
	assert_int_equal(c->server.allowed_hosts.count, 2);
	assert_string_equal(c->server.allowed_hosts.items[1], "b.test");
	assert_string_equal(c->server.cors_origins.items[0], "https://x.test");
	assert_string_equal(c->server.trusted_proxies.items[0], "10.0.0.1");
	assert_int_equal(c->proxy.connect_timeout_ms, 1000);
	assert_int_equal(c->proxy.tls_timeout_ms, 2000);
	assert_int_equal(c->proxy.response_timeout_ms, 60000);
	assert_int_equal(c->proxy.first_token_timeout_ms, 7200000);
	assert_int_equal(c->proxy.stream_timeout_ms, 86400000);
	assert_int_equal(c->proxy.request_timeout_ms, 7000);
	assert_int_equal(c->proxy.idle_conn_timeout_ms, 8000);
	assert_string_equal(c->proxy.ca_file, "ca.pem");
	assert_int_equal(c->proxy.keepalive_ms, 0);
	assert_true(c->proxy.forward_client_ip);
	assert_true(c->proxy.enable_system_prompt);
	assert_string_equal(c->proxy.system_prompts, "prompts");
	assert_string_equal(c->credential_store, "file");
	config_unref(c);
}

static void test_later_sections_take_every_key(void **state)
{
	struct config *c = parse_ok(
		"routing: {strategy: least-latency, affinity: none, max_attempts: 9,\n"
		"  max_wait: 1m}\n"
		"models: {a: , b: }\n"
		"fallback:\n"
		"  cooldown_seconds: 45\n"
		"  max_retries: 2\n"
		"  alias_fallback: {a: [b, a], b: a}\n"
		"detection: {error_codes: [404, 5xx], error_patterns: ['over, loaded', Quota]}\n"
		"health_check: {interval: 5, timeout: 6}\n"
		"rate_limit: {enabled: true, global_rps: 1.5, per_ip_rps: 2, burst_factor: 3,\n"
		"  per_model_rps: {'gpt-*': 0.5}}\n"
		"concurrency: {enabled: true, max_requests: 1, max_queue_size: 2,\n"
		"  queue_timeout: 3, per_backend_limit: 4}\n"
		"logging: {level: debug, format: text, console_level: error,\n"
		"  console_format: json,\n"
		"  base_dir: l, separate_files: false, max_file_size_mb: 2, max_age_days: 3,\n"
		"  mask_sensitive: false, capture: full}\n"
		"usage: {retention_days: 5, prices: {'m-*': {in: 1, out: 2.5, cache_read: 0}}}\n"
		"environment: {http_proxy: 'http://p:1', https_proxy: 'socks5://q:2',\n"
		"  no_proxy: x}\n"
		"tui: {theme: dark, interval: 2, mouse: true, keys: {quit: q}}\n");

	(void)state;
	assert_int_equal(c->routing.strategy, STRATEGY_LEAST_LATENCY);
	assert_false(c->routing.session_affinity);
	assert_int_equal(c->routing.max_attempts, 9);
	assert_int_equal(c->routing.max_wait_ms, 60000);
	assert_int_equal(c->fallback.cooldown_ms, 45000);
	assert_int_equal(c->fallback.max_retries, 2);
	assert_string_equal(pair_get(&c->fallback.alias_fallback, "a"), "b,a");
	assert_string_equal(pair_get(&c->fallback.alias_fallback, "b"), "a");
	assert_string_equal(c->detection.error_codes.items[1], "5xx");
	assert_string_equal(c->detection.error_patterns.items[0], "over, loaded");
	assert_int_equal(c->health_check.interval_ms, 5000);
	assert_int_equal(c->health_check.timeout_ms, 6000);
	assert_true(c->rate_limit.enabled);
	assert_float_equal(c->rate_limit.global_rps, 1.5, 0);
	assert_float_equal(c->rate_limit.per_ip_rps, 2, 0);
	assert_float_equal(c->rate_limit.burst_factor, 3, 0);
	assert_string_equal(pair_get(&c->rate_limit.per_model_rps, "gpt-*"), "0.5");
	assert_true(c->concurrency.enabled);
	assert_int_equal(c->concurrency.max_requests, 1);
	assert_int_equal(c->concurrency.max_queue_size, 2);
	assert_int_equal(c->concurrency.queue_timeout_ms, 3000);
	assert_int_equal(c->concurrency.per_backend_limit, 4);
	assert_int_equal(c->logging.level, LOG_DEBUG);
	assert_false(c->logging.format_json);
	assert_int_equal(c->logging.console_level, LOG_ERROR);
	assert_true(c->logging.console_json);
	assert_string_equal(c->logging.base_dir, "l");
	assert_false(c->logging.separate_files);
	assert_int_equal(c->logging.max_file_bytes, 2 << 20);
	assert_int_equal(c->logging.max_age_ms, 3 * 86400000LL);
	assert_false(c->logging.mask_sensitive);
	assert_int_equal(c->logging.capture, CAPTURE_FULL);
	assert_int_equal(c->usage.retention_days, 5);
	assert_string_equal(c->usage.prices[0].model, "m-*");
	assert_float_equal(c->usage.prices[0].out, 2.5, 0);
	assert_float_equal(c->usage.prices[0].cache_read, 0, 0);
	assert_float_equal(c->usage.prices[0].cache_write, -1, 0);
	assert_string_equal(c->environment.http_proxy, "http://p:1");
	assert_string_equal(c->environment.https_proxy, "socks5://q:2");
	assert_string_equal(c->environment.no_proxy, "x");
	assert_string_equal(c->tui.theme, "dark");
	assert_int_equal(c->tui.interval_ms, 2000);
	assert_true(c->tui.mouse);
	assert_string_equal(pair_get(&c->tui.keys, "quit"), "q");
	config_unref(c);
}

static void test_gateway_key_takes_every_key(void **state)
{
	struct config *c = parse_ok(
		"gateway_keys:\n"
		"  - {id: gw_1, name: laptop, key_hash: \"" HASH "\", permissions: [read, admin],\n"
		"     status: disabled, models: [\"claude-*\"],\n"
		"     limits: {rpm: 1, tpm: 2, rpd: 3, tpr: 4, concurrency: 5},\n"
		"     budget: {usd_per_day: 2.5}, expires_at: 2027-01-01T00:00:00Z}\n"
		"  - {name: plain, key_hash: \"" HASH "\"}\n");
	const struct gateway_key *k = &c->keys[0];
	int64_t expires;

	(void)state;
	assert_int_equal(c->key_count, 2);
	assert_string_equal(k->id, "gw_1");
	assert_string_equal(k->name, "laptop");
	for (int i = 0; i < SHA256_BYTES; i++) {
		assert_int_equal(k->hash[i], i);
	}
	assert_int_equal(k->permissions, PERMISSION_READ | PERMISSION_ADMIN);
	assert_false(k->is_active);
	assert_string_equal(k->models.items[0], "claude-*");
	assert_int_equal(k->limits.rpm, 1);
	assert_int_equal(k->limits.tpm, 2);
	assert_int_equal(k->limits.rpd, 3);
	assert_int_equal(k->limits.tpr, 4);
	assert_int_equal(k->limits.concurrency, 5);
	assert_float_equal(k->budget_usd_per_day, 2.5, 0);
	assert_true(clock_parse("2027-01-01T00:00:00Z", &expires));
	assert_int_equal(k->expires_at_ms, expires);
	assert_int_equal(c->keys[1].permissions, PERMISSION_READ | PERMISSION_WRITE);
	assert_true(c->keys[1].is_active);
	assert_true(str_starts(c->keys[1].id, "gw_"));
	assert_int_equal(c->keys[1].expires_at_ms, 0);
	config_unref(c);
}

static const char account_text[] =
	"upstream_accounts:\n"
	"- id: upstream_1\n"
	"  name: az\n"
	"  type: api-key\n"
	"  provider: azure\n"
	"  base_url: https://r.openai.azure.com\n"
	"  format: openai-responses\n"
	"  status: disabled\n"
	"  priority: 3\n"
	"  weight: 4\n"
	"  models: ['gpt-*']\n"
	"  limits: {rpm: 1, tpm: 2, rpd: 3, tpr: 4, concurrency: 5}\n"
	"  headers: {X-Title: me}\n"
	"  proxy: http://proxy.test:3128\n"
	"  azure: {api_version: 2024-10-21, deployments: {gpt-5: five}}\n"
	"  options: {ask_usage: no, reasoning_field: reasoning, temperature_max: 1.5,\n"
	"    strict: TRUE}\n"
	"  oauth: {authorize_url: 'http://l/a', token_url: 'http://l/t',\n"
	"    revoke_url: 'http://l/r', profile_url: 'http://l/p', client_id: cid,\n"
	"    scopes: [a, b], redirect_url: 'http://l/x',\n"
	"    redirect_port: 0}\n"
	"  key_env: AZURE_KEY\n"
	"- {name: d, provider: demo, models: []}\n"
	"- {name: c, provider: anthropic, type: oauth}\n";

static void test_account_takes_every_key(void **state)
{
	struct config *c = parse_ok(account_text);
	const struct upstream_account *a = &c->accounts[0];

	(void)state;
	assert_string_equal(a->id, "upstream_1");
	assert_string_equal(a->name, "az");
	assert_int_equal(a->type, ACCOUNT_API_KEY);
	assert_int_equal(a->provider, PROVIDER_AZURE);
	assert_string_equal(a->base_url, "https://r.openai.azure.com");
	assert_int_equal(a->format, FORMAT_RESPONSES);
	assert_false(a->is_active);
	assert_int_equal(a->priority, 3);
	assert_int_equal(a->weight, 4);
	assert_true(a->has_models);
	assert_string_equal(a->models.items[0], "gpt-*");
	assert_int_equal(a->limits.concurrency, 5);
	assert_string_equal(pair_get(&a->headers, "x-title"), "me");
	assert_string_equal(a->proxy, "http://proxy.test:3128");
	assert_string_equal(a->azure_api_version, "2024-10-21");
	assert_string_equal(pair_get(&a->azure_deployments, "gpt-5"), "five");
	assert_string_equal(pair_get(&a->options, "ask_usage"), "false");
	assert_string_equal(pair_get(&a->options, "strict"), "true");
	assert_string_equal(pair_get(&a->options, "reasoning_field"), "reasoning");
	assert_string_equal(pair_get(&a->options, "temperature_max"), "1.5");
	assert_string_equal(pair_get(&a->oauth, "authorize_url"), "http://l/a");
	assert_string_equal(pair_get(&a->oauth, "token_url"), "http://l/t");
	assert_string_equal(pair_get(&a->oauth, "revoke_url"), "http://l/r");
	assert_string_equal(pair_get(&a->oauth, "profile_url"), "http://l/p");
	assert_string_equal(pair_get(&a->oauth, "client_id"), "cid");
	assert_string_equal(pair_get(&a->oauth, "scopes"), "a b");
	assert_string_equal(pair_get(&a->oauth, "redirect_url"), "http://l/x");
	assert_string_equal(pair_get(&a->oauth, "redirect_port"), "0");
	assert_string_equal(a->key_env, "AZURE_KEY");
	assert_string_equal(a->api_key, "");
	assert_int_equal(c->accounts[1].index, 1);
	assert_int_equal(c->accounts[1].type, ACCOUNT_NONE);
	assert_true(c->accounts[1].has_models);
	assert_int_equal(c->accounts[1].models.count, 0);
	assert_false(c->accounts[2].has_models);
	assert_int_equal(c->accounts[2].weight, 1);
	assert_int_equal(c->warnings.count, 0);
	config_unref(c);
}

static void test_id_of_a_nameless_id_is_stable(void **state)
{
	struct config *a = parse_ok("upstream_accounts: [{name: x, provider: demo}]");
	struct config *b = parse_ok("upstream_accounts: [{name: y, provider: demo},\n"
				    "  {name: x, provider: openai}]");

	(void)state;
	assert_string_equal(a->accounts[0].id, b->accounts[1].id);
	assert_string_not_equal(b->accounts[0].id, b->accounts[1].id);
	config_unref(a);
	config_unref(b);
}

static void test_alias_takes_every_key(void **state)
{
	struct config *c = parse_ok(
		"upstream_accounts: [{id: u1, name: x, provider: demo}]\n"
		"models:\n"
		"  smart:\n"
		"    enabled: false\n"
		"    routes:\n"
		"      - {upstream: x, model: a, priority: 2, weight: 3, enabled: false}\n"
		"      - {upstream: u1, model: b}\n"
		"    fallback: [cheap, smart]\n"
		"    system_prompt: \"on ${_DATE}\"\n"
		"    rules:\n"
		"      - {when: {tokens_over: 9, thinking: true, tools: false, images: true,\n"
		"         web_search: true, background: true, header: {x-a: 'v*'}}, use: cheap}\n"
		"      - {use: smart}\n"
		"  cheap:\n");
	const struct model_alias *a = config_alias(c, "smart");

	(void)state;
	assert_int_equal(c->alias_count, 2);
	assert_false(a->is_enabled);
	assert_int_equal(a->route_count, 2);
	assert_ptr_equal(a->routes[0].account, &c->accounts[0]);
	assert_ptr_equal(a->routes[1].account, &c->accounts[0]);
	assert_string_equal(a->routes[0].model, "a");
	assert_int_equal(a->routes[0].priority, 2);
	assert_int_equal(a->routes[0].weight, 3);
	assert_false(a->routes[0].is_enabled);
	assert_true(a->routes[1].is_enabled);
	assert_string_equal(a->fallback.items[0], "cheap");
	assert_string_equal(a->system_prompt, "on ${_DATE}");
	assert_int_equal(a->rule_count, 2);
	assert_int_equal(a->rules[0].tokens_over, 9);
	assert_int_equal(a->rules[0].thinking, 1);
	assert_int_equal(a->rules[0].tools, 0);
	assert_int_equal(a->rules[0].images, 1);
	assert_int_equal(a->rules[0].web_search, 1);
	assert_int_equal(a->rules[0].background, 1);
	assert_string_equal(pair_get(&a->rules[0].headers, "X-A"), "v*");
	assert_string_equal(a->rules[0].use, "cheap");
	assert_int_equal(a->rules[1].tools, -1);
	assert_true(config_alias(c, "cheap")->is_enabled);
	assert_string_equal(config_alias(c, "cheap")->system_prompt, "");
	config_unref(c);
}

/* ---- bounds ---- */

static void test_depth_and_size_are_bounded(void **state)
{
	struct buf deep = BUF_INIT(KIB);
	struct buf bomb = BUF_INIT(KIB);
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 100; i++) {
		buf_addc(&deep, '[');
	}
	assert_null(config_parse("f", buf_slice(&deep), &err));
	assert_non_null(strstr(err.msg, "nested too deep"));
	buf_adds(&bomb, "a0: &a0 [x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 12; i++) {
		buf_addf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1,
			 i - 1);
	}
	assert_null(config_parse("f", buf_slice(&bomb), &err));
	assert_non_null(strstr(err.msg, "more values than"));
	buf_release(&deep);
	buf_release(&bomb);
}

/* ---- what is accepted all the same ---- */

static void test_odd_but_valid_files(void **state)
{
	static const char *const texts[] = {
		"", "\n\n", "# nothing\n", "---\n", "--- {}\n...\n", "~\n", "{}",
		"server:\nmodels:\ngateway_keys: ~\n", "\xef\xbb\xbfserver: {port: 1}\n",
		"server:\r\n  port: 1\r\n", "\"server\": {'port': \"1\"}",
		"%YAML 1.1\n---\nserver: {}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		config_unref(parse_ok(texts[i]));
	}
}

static void test_anchors_stand_for_their_value(void **state)
{
	struct config *c = parse_ok(
		"upstream_accounts:\n"
		"- {name: a, provider: demo, limits: &few {rpm: 7}}\n"
		"- {name: b, provider: demo, limits: *few}\n");

	(void)state;
	assert_int_equal(c->accounts[1].limits.rpm, 7);
	config_unref(c);
}

static void test_fallback_cycles_are_legal(void **state)
{
	(void)state;
	config_unref(parse_ok("models: {a: {fallback: [b]}, b: {fallback: [a]}}\n"));
}

static void test_open_host_with_a_key_warns(void **state)
{
	struct config *c = parse_ok("server: {host: 0.0.0.0}\n"
				    "gateway_keys: [{name: a, key_hash: \"" HASH "\"}]\n");

	(void)state;
	assert_int_equal(c->warnings.count, 1);
	assert_true(str_starts(c->warnings.items[0],
			       "config.yaml:1:16: server.host 0.0.0.0 is no loopback"));
	config_unref(c);
}

static void test_plain_api_key_warns_and_stays_out_of_it(void **state)
{
	struct config *c = parse_ok("upstream_accounts:\n"
				    "- {name: a, provider: openai, api_key: hunter22}\n");

	(void)state;
	assert_string_equal(c->accounts[0].api_key, "hunter22");
	assert_int_equal(c->warnings.count, 1);
	assert_true(str_starts(c->warnings.items[0], "config.yaml:2:40: api_key of upstream a"));
	assert_null(strstr(c->warnings.items[0], "hunter22"));
	config_unref(c);
}

/* ---- variables and overrides ---- */

static void test_variables_expand_in_values(void **state)
{
	struct config *c;

	(void)state;
	setenv("LGW_TEST_A", "alpha", 1);
	setenv("LGW_TEST_EMPTY", "", 1);
	c = parse_ok("upstream_accounts:\n"
		     "- {name: a, provider: openai, api_key: '${LGW_TEST_A}',\n"
		     "   models: ['${LGW_TEST_A}-*', '$${x}', '$5', '${LGW_TEST_NONE:-d}e',\n"
		     "    '${LGW_TEST_EMPTY:-f}', 'x${LGW_TEST_EMPTY}', '${LGW_TEST_NONE:-a b}']}\n"
		     "server: {port: '${LGW_TEST_NONE:-99}'}\n"
		     "models: {'${X}': {}}\n");
	assert_string_equal(c->accounts[0].api_key, "alpha");
	assert_string_equal(c->accounts[0].models.items[0], "alpha-*");
	assert_string_equal(c->accounts[0].models.items[1], "${x}");
	assert_string_equal(c->accounts[0].models.items[2], "$5");
	assert_string_equal(c->accounts[0].models.items[3], "de");
	assert_string_equal(c->accounts[0].models.items[4], "f");
	assert_string_equal(c->accounts[0].models.items[5], "x");
	assert_string_equal(c->accounts[0].models.items[6], "a b");
	assert_int_equal(c->server.port, 99);
	assert_string_equal(c->aliases[0].name, "${X}");
	assert_int_equal(c->warnings.count, 0);
	config_unref(c);
}

static void test_values_of_variables_stay_out_of_messages(void **state)
{
	static const char *const texts[] = {
		"server: {port: '${LGW_TEST_SECRET}'}\n",
		"server: {auth: '${LGW_TEST_SECRET}'}\n",
		"server: {max_body: '${LGW_TEST_SECRET}'}\n",
		"detection: {error_codes: ['${LGW_TEST_SECRET}']}\n",
		"rate_limit: {per_model_rps: {a: '${LGW_TEST_SECRET}'}}\n",
		"upstream_accounts: [{name: x, provider: '${LGW_TEST_SECRET}'}]\n",
		"upstream_accounts: [{base_url: '${LGW_TEST_SECRET}'}]\n",
		"upstream_accounts: [{options: {strict: '${LGW_TEST_SECRET}'}}]\n",
		"gateway_keys: [{key_hash: 'sha256:${LGW_TEST_SECRET}'}]\n",
	};

	(void)state;
	setenv("LGW_TEST_SECRET", "xyzzy-planted", 1);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = ERR_INIT;

		assert_null(parse(texts[i], &err));
		assert_null(strstr(err.msg, "xyzzy"));
	}
}

static void test_expansion_is_bounded(void **state)
{
	struct buf text = BUF_INIT(MIB);
	char *big = malloc(100 * KIB);
	struct err err = ERR_INIT;

	(void)state;
	memset(big, 'x', 100 * KIB);
	big[100 * KIB - 1] = '\0';
	setenv("LGW_TEST_BIG", big, 1);
	buf_adds(&text, "server: {allowed_hosts: [");
	for (int i = 0; i < 100; i++) {
		buf_adds(&text, "'${LGW_TEST_BIG}',");
	}
	buf_adds(&text, "]}\n");
	assert_null(config_parse("f", buf_slice(&text), &err));
	assert_non_null(strstr(err.msg, "too long once its variables are filled in"));
	unsetenv("LGW_TEST_BIG");
	free(big);
	buf_release(&text);
}

static void test_environment_overrides_scalars(void **state)
{
	struct config *c;
	struct err err = ERR_INIT;

	(void)state;
	setenv("LLM_GATEWAY_SERVER_PORT", "5000", 1);
	setenv("LLM_GATEWAY_SERVER_TLS_CERT", "c", 1);
	setenv("LLM_GATEWAY_SERVER_TLS_KEY", "k", 1);
	setenv("LLM_GATEWAY_HEALTH_CHECK_INTERVAL", "2m", 1);
	setenv("LLM_GATEWAY_LOGGING_LEVEL", "", 1);
	setenv("LLM_GATEWAY_ENVIRONMENT_NO_PROXY", "", 1);
	c = parse_ok("server: {port: 4000}\nlogging: {level: error}\n");
	assert_int_equal(c->server.port, 5000);
	assert_string_equal(c->server.tls_cert, "c");
	assert_int_equal(c->health_check.interval_ms, 120000);
	assert_int_equal(c->logging.level, LOG_ERROR);
	assert_string_equal(c->environment.no_proxy, "");
	config_unref(c);

	setenv("LLM_GATEWAY_SERVER_PORT", "xyzzy", 1);
	assert_null(parse("", &err));
	assert_string_equal(err.msg, "environment variable LLM_GATEWAY_SERVER_PORT does not fit; "
			    "expected a whole number from 0 to 65535");
	assert_int_equal(err.kind, ERR_INVALID);
	c = config_parse_with("f", slice_of("server: {port: 4000}"), true, NULL);
	assert_int_equal(c->server.port, 4000);
	config_unref(c);
	unsetenv("LLM_GATEWAY_SERVER_PORT");
	unsetenv("LLM_GATEWAY_SERVER_TLS_CERT");
	unsetenv("LLM_GATEWAY_SERVER_TLS_KEY");
	unsetenv("LLM_GATEWAY_HEALTH_CHECK_INTERVAL");
	unsetenv("LLM_GATEWAY_LOGGING_LEVEL");
	unsetenv("LLM_GATEWAY_ENVIRONMENT_NO_PROXY");
}

static void test_leaving_the_environment_aside(void **state)
{
	static const char text[] =
		"upstream_accounts:\n"
		"- {name: '${LGW_TEST_NONE}', provider: openai, api_key: '${LGW_TEST_NONE}'}\n"
		"- {name: '${LGW_TEST_NONE}', provider: azure, base_url: '${LGW_TEST_NONE}'}\n"
		"server: {port: '${LGW_TEST_NONE}'}\n"
		"models: {m: {routes: [{upstream: '${LGW_TEST_NONE}', model: x}]}}\n";
	struct config *c;

	(void)state;
	assert_null(parse(text, NULL));
	c = config_parse_with("f", slice_of(text), true, NULL);
	assert_non_null(c);
	assert_int_equal(c->server.port, 3847);
	config_unref(c);
}

static void test_file_that_cannot_be_read(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_null(config_load("/proc/self", &err));
	assert_int_equal(err.kind, ERR_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_file_gives_the_defaults),
		cmocka_unit_test(test_sections_take_every_key),
		cmocka_unit_test(test_later_sections_take_every_key),
		cmocka_unit_test(test_gateway_key_takes_every_key),
		cmocka_unit_test(test_account_takes_every_key),
		cmocka_unit_test(test_id_of_a_nameless_id_is_stable),
		cmocka_unit_test(test_alias_takes_every_key),
		cmocka_unit_test(test_depth_and_size_are_bounded),
		cmocka_unit_test(test_odd_but_valid_files),
		cmocka_unit_test(test_anchors_stand_for_their_value),
		cmocka_unit_test(test_fallback_cycles_are_legal),
		cmocka_unit_test(test_open_host_with_a_key_warns),
		cmocka_unit_test(test_plain_api_key_warns_and_stays_out_of_it),
		cmocka_unit_test(test_variables_expand_in_values),
		cmocka_unit_test(test_values_of_variables_stay_out_of_messages),
		cmocka_unit_test(test_expansion_is_bounded),
		cmocka_unit_test(test_environment_overrides_scalars),
		cmocka_unit_test(test_leaving_the_environment_aside),
		cmocka_unit_test(test_file_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
