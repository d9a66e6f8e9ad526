/*
 * What the configuration refuses, and that each message begins with the place
 * and says what was expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/check.c"

#include "config/load.h"

#define HASH "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const struct {
	const char *text;
	const char *message;    /* how it begins, behind "config.yaml:" */
} refusals[] = {
	/* structure */
	{ "server:\n  prot: 1\n",
	  "2:3: unknown key \"prot\" in server; did you mean \"port\"?" },
	{ "zzzzzzzz: 1\n",
	  "1:1: unknown key \"zzzzzzzz\"; expected one of server, proxy," },
	{ "[a]\n",
	  "1:1: the file is a list; expected a mapping" },
	{ "server: [1]\n",
	  "1:9: server is a list; expected a mapping" },
	{ "server: {port: {}}\n",
	  "1:16: server.port is a mapping; expected a whole number" },
	{ "server: {port: 1, port: 2}\n",
	  "1:19: key \"port\" again; expected it once, and line 1" },
	{ "gateway_keys: {}\n",
	  "1:15: gateway_keys is a mapping; expected a list of mappings" },
	{ "gateway_keys: [1]\n",
	  "1:16: gateway_keys is a single value; expected a mapping" },
	{ "models: []\n",
	  "1:9: models is a list; expected a mapping" },
	{ "server: {allowed_hosts: [[a]]}\n",
	  "1:26: an item of server.allowed_hosts is no single" },
	{ "server: {allowed_hosts: [~]}\n",
	  "1:26: an item of server.allowed_hosts is no single" },
	{ "server: {allowed_hosts: {a: b}}\n",
	  "1:25: server.allowed_hosts is a mapping; expected a list" },
	{ "? [a]\n: b\n",
	  "1:3: expected a plain name as key" },
	{ "server: {<<: {port: 1}}\n",
	  "1:10: merge keys (<<) are not supported" },
	{ "server: !x {port: 1}\n",
	  "1:9: tags (!) are not supported" },
	{ "server: *nope\n",
	  "1:9: alias without its anchor" },
	{ "--- {}\n--- {}\n",
	  "2:1: a second document; expected one" },
	{ "server:\n  port: 1\n bad\n",
	  "3:2: did not find expected key (while parsing a block mapping); expected YAML" },
	{ "server:\n\tport: 1\n",
	  "2:1: a tab; expected spaces" },
	{ "server: {host: \"a\\0b\"}\n",
	  "1:16: a NUL character; expected text" },
	{ "server:\n  host: \xff\n",
	  "2:1: bytes that are no text; expected UTF-8" },
	{ "server: {port: 1\n",
	  "2:1: did not find expected ',' or '}'" },
	/* values */
	{ "server: {port: x}\n",
	  "1:16: server.port is \"x\"; expected a whole number from 0 to 65535" },
	{ "server: {port: 65536}\n",
	  "1:16: server.port is \"65536\"; expected" },
	{ "server: {port: -1}\n",
	  "1:16: server.port is \"-1\"; expected" },
	{ "server: {port: 1.0}\n",
	  "1:16: server.port is \"1.0\"; expected" },
	{ "server: {timeout: 5 parsecs}\n",
	  "1:19: server.timeout is \"5 parsecs\"; expected a duration" },
	{ "server: {timeout: 0}\n",
	  "1:19: server.timeout is \"0\"; expected a duration: whole seconds, or 500ms "
	  "30s 10m 2h 7d, at least 1ms" },
	{ "server: {timeout: 9223372036854775807}\n",
	  "1:19: server.timeout is" },
	{ "server: {max_body: 1XB}\n",
	  "1:20: server.max_body is \"1XB\"; expected a size" },
	{ "server: {max_body: 1}\n",
	  "1:20: server.max_body is \"1\"; expected a size: bytes, or 512KB 64MB 1GB, at "
	  "least 1KB" },
	{ "server: {auth: requird}\n",
	  "1:16: server.auth is \"requird\"; expected one of optional, required; did you "
	  "mean \"required\"?" },
	{ "server: {host: \"\"}\n",
	  "1:16: server.host does not fit; expected something that is not" },
	{ "proxy: {forward_client_ip: maybe}\n",
	  "1:28: proxy.forward_client_ip is \"maybe\"; expected true or false" },
	{ "credentials: {store: keyrin}\n",
	  "1:22: credentials.store is \"keyrin\"; expected one of auto, keyring, file; "
	  "did you mean \"keyring\"?" },
	{ "rate_limit: {global_rps: inf}\n",
	  "1:26: rate_limit.global_rps is \"inf\"; expected a number" },
	{ "rate_limit: {burst_factor: 0.5}\n",
	  "1:28: rate_limit.burst_factor is \"0.5\"; expected a number, at least 1" },
	{ "rate_limit: {per_model_rps: {a: b}}\n",
	  "1:33: rate_limit.per_model_rps.a does not fit; expected a number" },
	{ "rate_limit: {per_model_rps: {a: [1]}}\n",
	  "1:33: rate_limit.per_model_rps.a is no single" },
	{ "rate_limit: {per_model_rps: 1}\n",
	  "1:29: rate_limit.per_model_rps is a single value; expected a mapping of names "
	  "to values" },
	{ "detection: {error_codes: [4x4]}\n",
	  "1:27: an item of detection.error_codes does not fit; expected a status like "
	  "404 or 5xx" },
	{ "detection: {error_codes: 4x4}\n",
	  "1:26: detection.error_codes does not fit; expected a status" },
	{ "environment: {http_proxy: ftp://x}\n",
	  "1:27: environment.http_proxy does not fit; expected a proxy URL" },
	{ "models: {\"\": {}}\n",
	  "1:10: a name in models does not fit; expected a name" },
	{ "server: {trusted_proxies: [10.0.0.0/33]}\n",
	  "1:28: an item of server.trusted_proxies does not fit; expected an address or range" },
	{ "server: {trusted_proxies: [proxy.test]}\n",
	  "1:28: an item of server.trusted_proxies does not fit; expected an address or range" },
	/* objects */
	{ "gateway_keys: [{name: a}]\n",
	  "1:16: gateway_keys lacks \"key_hash\"; expected sha256: and 64" },
	{ "gateway_keys: [{key_hash: x}]\n",
	  "1:27: gateway_keys.key_hash does not fit; expected sha256:" },
	{ "gateway_keys: [{permissions: [raed]}]\n",
	  "1:30: gateway_keys.permissions is a list; expected a list of read, write, admin" },
	{ "gateway_keys: [{permissions: raed}]\n",
	  "1:30: gateway_keys.permissions does not fit; expected" },
	{ "gateway_keys: [{expires_at: soon}]\n",
	  "1:29: gateway_keys.expires_at is \"soon\"; expected a time" },
	{ "gateway_keys: [{id: 'a b'}]\n",
	  "1:21: gateway_keys.id does not fit; expected 1-64 of A-Z" },
	{ "upstream_accounts: [{name: a}]\n",
	  "1:21: upstream_accounts lacks \"provider\"; expected one of" },
	{ "upstream_accounts: [{name: a/b}]\n",
	  "1:28: upstream_accounts.name does not fit; expected a name" },
	{ "upstream_accounts: [{base_url: 'x.test'}]\n",
	  "1:32: upstream_accounts.base_url does not fit; expected a URL with http:// or "
	  "https://" },
	{ "upstream_accounts: [{headers: {'a b': c}}]\n",
	  "1:32: a name in upstream_accounts.headers does not fit; expected the name of a "
	  "header" },
	{ "upstream_accounts: [{headers: {a: \"b\\r\\nc: d\"}}]\n",
	  "1:35: upstream_accounts.headers.a has a line break" },
	{ "upstream_accounts: [{options: {strct: 1}}]\n",
	  "1:32: unknown key \"strct\" in upstream_accounts.options; did you mean "
	  "\"strict\"?" },
	{ "upstream_accounts: [{options: {strict: 1}}]\n",
	  "1:40: upstream_accounts.options.strict is \"1\"; expected true or false" },
	{ "upstream_accounts: [{oauth: {token_url: x}}]\n",
	  "1:41: upstream_accounts.oauth.token_url does not fit; expected a URL" },
	{ "upstream_accounts: [{key_env: A-B}]\n",
	  "1:31: upstream_accounts.key_env does not fit; expected the name of an "
	  "environment variable" },
	{ "upstream_accounts: [{name: a, provider: openai, type: oauth}]\n",
	  "1:55: type oauth with provider openai; expected provider anthropic" },
	{ "upstream_accounts: [{name: a, provider: azure}]\n",
	  "1:41: provider azure without base_url" },
	{ "upstream_accounts: [{name: a, provider: openai-compatible}]\n",
	  "1:41: provider openai-compatible without base_url" },
	{ "upstream_accounts: [{name: a, provider: openai, api_key: k, key_env: V}]\n",
	  "1:58: api_key beside key_env; expected one of them" },
	/* names given twice */
	{ "upstream_accounts: [{name: a, provider: demo}, {name: a, provider: demo}]\n",
	  "1:55: \"a\" is there twice" },
	{ "upstream_accounts: [{id: b, name: a, provider: demo}, {name: b, provider: "
	  "demo}]\n",
	  "1:62: \"b\" is there twice" },
	{ "gateway_keys: [{id: i, name: a, key_hash: \"" HASH "\"},\n{id: i, name: b, "
	  "key_hash: \"" HASH "\"}]\n",
	  "2:6: \"i\" is there twice" },
	/* dangling references */
	{ "models: {m: {routes: [{upstream: x, model: y}]}}\n",
	  "1:34: no upstream account is called \"x\"; expected the name of one" },
	{ "upstream_accounts: [{name: main, provider: demo}]\nmodels: {m: {routes: "
	  "[{upstream: mian, model: y}]}}\n",
	  "2:34: no upstream account is called \"mian\"; expected the name of one; did "
	  "you mean \"main\"?" },
	{ "models: {m: {fallback: [x]}}\n",
	  "1:25: no model alias is called \"x\"" },
	{ "models: {m: {fallback: x}}\n",
	  "1:24: no model alias is called \"x\"" },
	{ "models: {m: {rules: [{use: x}]}}\n",
	  "1:28: no model alias is called \"x\"" },
	{ "models: {m: {routes: [{upstream: x}]}}\n",
	  "1:23: models.m.routes lacks \"model\"" },
	{ "models: {m: {rules: [{when: {tools: true}}]}}\n",
	  "1:22: models.m.rules lacks \"use\"" },
	{ "fallback: {alias_fallback: {x: [y]}}\n",
	  "1:32: no model alias is called \"x\"" },
	{ "models: {x: }\nfallback: {alias_fallback: {x: [y]}}\n",
	  "2:32: no model alias is called \"y\"" },
	/* the server's own rules */
	{ "server: {tls: {cert: a}}\n",
	  "1:15: server.tls has one of cert and key" },
	{ "server: {memory_budget: 2MB}\n",
	  "1:25: server.memory_budget is below server.max_body" },
	{ "server: {host: 0.0.0.0}\n",
	  "1:16: server.host 0.0.0.0 without an active gateway key" },
	{ "server: {host: 0.0.0.0, auth: optional}\n",
	  "1:31: server.auth optional with host 0.0.0.0" },
	{ "server: {host: '::'}\n",
	  "1:16: server.host :: without an active gateway key" },
	/* variables */
	{ "server: {host: '${LGW_TEST_NONE}'}\n",
	  "1:16: server.host: variable LGW_TEST_NONE is not set" },
	{ "server: {host: '${1}'}\n",
	  "1:16: server.host: a ${ that names no variable" },
	{ "server: {host: '${X'}\n",
	  "1:16: server.host: a ${ that names no variable" },
};

static void test_refusals_name_place_and_expectation(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct err err = ERR_INIT;
		struct config *c = config_parse("config.yaml", slice_of(refusals[i].text),
						&err);

		if (c) {
			fail_msg("accepted: %s", refusals[i].text);
		}
		assert_int_equal(err.kind, ERR_INVALID);
		assert_true(str_starts(err.msg, "config.yaml:"));
		if (!str_starts(err.msg + strlen("config.yaml:"), refusals[i].message)) {
			fail_msg("%s\n  gives   %s\n  expects %s", refusals[i].text, err.msg,
				 refusals[i].message);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals_name_place_and_expectation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
