/*
 * The effective configuration as text: complete, loadable, without secrets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/dump.c"

#include "config/edit.h"

#define HASH "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PLANTED "xyzzy-planted"

static const char full_text[] =
	"server: {timeout: 1500ms, max_body: 3MB, tls: {cert: a, key: b},\n"
	"  allowed_hosts: [x, 'y z']}\n"
	"gateway_keys:\n"
	"- {name: laptop, key_hash: \"" HASH "\", permissions: [read, admin],\n"
	"   budget: {usd_per_day: 0.1}, expires_at: 2027-01-01T00:00:00Z, limits: {rpm: 5}}\n"
	"upstream_accounts:\n"
	"- {name: a, provider: openai, api_key: " PLANTED ", headers: {X-A: " PLANTED "},\n"
	"   base_url: 'https://user:" PLANTED "@h.test/v1', models: [],\n"
	"   proxy: 'http://" PLANTED "@p.test:1',\n"
	"   options: {strict: yes, stop_max: 3, url_media: pass}}\n"
	"- {name: b, provider: azure, base_url: 'http://b', azure: {deployments: {m: d}}}\n"
	"models:\n"
	"  'odd: name':\n"
	"    routes: [{upstream: a, model: m, weight: 2}, {upstream: b, model: n}]\n"
	"    fallback: [c]\n"
	"    rules: [{when: {tools: no, tokens_over: 7, header: {x: 'y*'}}, use: c}]\n"
	"    system_prompt: \"two\\nlines ${_DATE}\"\n"
	"  c:\n"
	"fallback: {alias_fallback: {c: ['odd: name']}}\n"
	"detection: {error_codes: [5xx]}\n"
	"rate_limit: {per_model_rps: {m: 0.25, o: +01.50}}\n"
	"logging: {max_file_size_mb: 5, capture: headers}\n"
	"usage: {prices: {m: {in: 3, out: 15.5}, n: {}}}\n"
	"environment: {https_proxy: 'http://me:" PLANTED "@q.test'}\n";

static struct config *parse_ok(const char *text)
{
	struct err err = ERR_INIT;
	struct config *c = config_parse("t", slice_of(text), &err);

	if (!c) {
		fail_msg("%s\n%s", err.msg, text);
	}
	return c;
}

static void dump_of(const char *text, struct buf *yaml, struct buf *json)
{
	struct config *c = parse_ok(text);

	config_dump_yaml(c, yaml);
	if (json) {
		config_dump_json(c, json);
	}
	config_unref(c);
}

static void test_template_says_the_defaults(void **state)
{
	struct buf defaults = BUF_INIT(MIB);
	struct buf template = BUF_INIT(MIB);

	(void)state;
	dump_of("", &defaults, NULL);
	dump_of(config_template(), &template, NULL);
	assert_string_equal(buf_text(&template), buf_text(&defaults));
	buf_release(&defaults);
	buf_release(&template);
}

/* What the dump leaves out is put back before it is read again. */
static void with_hash(const struct buf *yaml, struct buf *out)
{
	const char *at = strstr(buf_text(yaml), "    name: laptop\n");

	buf_add(out, yaml->ptr, (size_t)(at - yaml->ptr));
	buf_adds(out, "    key_hash: \"" HASH "\"\n");
	buf_adds(out, at);
}

static void test_dump_loads_to_the_same(void **state)
{
	struct buf first = BUF_INIT(MIB);
	struct buf loadable = BUF_INIT(MIB);
	struct buf second = BUF_INIT(MIB);

	(void)state;
	dump_of(full_text, &first, NULL);
	with_hash(&first, &loadable);
	dump_of(buf_text(&loadable), &second, NULL);
	assert_string_equal(buf_text(&second), buf_text(&first));
	assert_non_null(strstr(buf_text(&first), "timeout: 1500ms"));
	assert_non_null(strstr(buf_text(&first), "max_body: 3MB"));
	assert_non_null(strstr(buf_text(&first), "permissions: [read, admin]"));
	assert_non_null(strstr(buf_text(&first), "usd_per_day: 0.1\n"));
	assert_non_null(strstr(buf_text(&first), "strict: true\n"));
	assert_non_null(strstr(buf_text(&first), "o: 1.5\n"));
	assert_non_null(strstr(buf_text(&first), "max_file_size_mb: 5\n"));
	buf_release(&first);
	buf_release(&loadable);
	buf_release(&second);
}

/* JSON is YAML, so the same parser tells that both dumps say the same. */
static void test_json_says_what_yaml_says(void **state)
{
	struct buf yaml = BUF_INIT(MIB);
	struct buf json = BUF_INIT(MIB);
	struct arena arena;
	const struct node *a;
	const struct node *b;

	(void)state;
	arena_init(&arena, 16 * KIB);
	dump_of("server: {port: 1}\nupstream_accounts: [{name: a, provider: demo}]\n", &yaml,
		&json);
	assert_true(node_parse("y", buf_slice(&yaml), &arena, &a, NULL));
	assert_true(node_parse("j", buf_slice(&json), &arena, &b, NULL));
	assert_true(node_equal(a, b));
	arena_release(&arena);
	buf_release(&yaml);
	buf_release(&json);
}

static void test_no_secret_is_shown(void **state)
{
	struct buf yaml = BUF_INIT(MIB);
	struct buf json = BUF_INIT(MIB);
	struct buf redacted = BUF_INIT(MIB);

	(void)state;
	dump_of(full_text, &yaml, &json);
	assert_true(config_redact_text(slice_of(full_text), &redacted, NULL));
	assert_null(strstr(buf_text(&yaml), PLANTED));
	assert_null(strstr(buf_text(&json), PLANTED));
	assert_null(strstr(buf_text(&redacted), PLANTED));
	assert_null(strstr(buf_text(&yaml), "0a0b0c"));
	assert_null(strstr(buf_text(&redacted), "0a0b0c"));
	assert_non_null(strstr(buf_text(&yaml), "https://***@h.test/v1"));
	assert_non_null(strstr(buf_text(&yaml), "X-A: \"***\""));
	buf_release(&yaml);
	buf_release(&json);
	buf_release(&redacted);
}

static void test_redacted_file_keeps_the_rest(void **state)
{
	static const char text[] =
		"# mine: sk-ant-0123456789abcdefghij\n"
		"upstream_accounts:\n"
		"- name: a   # n\n"
		"  api_key: |\n    plain\n"
		"  headers: {A: b, C: '${D}'}\n"
		"- {name: b, api_key: \"${KEY}\", proxy: http://p.test}\n";
	struct buf out = BUF_INIT(MIB);

	(void)state;
	assert_true(config_redact_text(slice_of(text), &out, NULL));
	assert_null(strstr(buf_text(&out), "0123456789abcdefghij"));
	assert_string_equal(strchr(buf_text(&out), '\n'),
			    "\nupstream_accounts:\n"
			    "- name: a   # n\n"
			    "  api_key: \"***\"\n"
			    "  headers: {A: \"***\", C: '${D}'}\n"
			    "- {name: b, api_key: \"${KEY}\", proxy: http://p.test}\n");
	assert_false(config_redact_text(slice_of("a: ["), &out, NULL));
	buf_release(&out);
}

static void test_get_gives_the_effective_value(void **state)
{
	static const struct {
		const char *path;
		const char *expected;
	} gets[] = {
		{ "server.port", "3847" }, { "server.host", "127.0.0.1" },
		{ "server.timeout", "1500ms" }, { "server.tls", "cert: a\nkey: b" },
		{ "server.allowed_hosts", "[x, y z]" },
		{ "upstream_accounts[name=b].provider", "azure" },
		{ "upstream_accounts[1].priority", "1" }, { "models.c.enabled", "true" },
		{ "models.\"odd: name\".routes[0].weight", "2" },
		{ "environment.no_proxy", "localhost,127.0.0.1,::1" },
	};
	struct config *c = parse_ok(full_text);
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT(MIB);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gets); i++) {
		buf_clear(&out);
		assert_true(config_get(c, gets[i].path, &out, NULL));
		assert_string_equal(buf_text(&out), gets[i].expected);
	}
	assert_false(config_get(c, "server.prot", &out, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_false(config_get(c, "upstream_accounts[name=a].api_key", &out, &err));
	buf_release(&out);
	config_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template_says_the_defaults),
		cmocka_unit_test(test_dump_loads_to_the_same),
		cmocka_unit_test(test_json_says_what_yaml_says),
		cmocka_unit_test(test_no_secret_is_shown),
		cmocka_unit_test(test_redacted_file_keeps_the_rest),
		cmocka_unit_test(test_get_gives_the_effective_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
