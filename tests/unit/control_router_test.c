/*
 * The control API without a socket: the router on a temporary home, as a
 * command without a gateway uses it, and with a runtime that stands in for one.
 */
#define _GNU_SOURCE   /* nftw, mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"
#include "control/router.c"

static const char first_file[] =
	"# mine\n"
	"credentials: {store: file}   # no keyring here\n"
	"\n"
	"upstream_accounts:\n"
	"  # the first\n"
	"  - id: upstream_one\n"
	"    name: one\n"
	"    provider: openai\n"
	"    api_key: sk-planted-secret-0001\n"
	"    headers: {X-Team: planted-header-0002}\n"
	"    proxy: \"http://me:planted-0003@proxy:3128\"\n"
	"    limits: {rpm: 5}\n"
	"gateway_keys: []\n"
	"models:\n"
	"  smart:\n"
	"    routes:\n"
	"      - {upstream: one, model: gpt-5.2}\n";

struct world {
	char *home;
	char *config_path;
	struct control *control;
	struct buf answer;
	int status;
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);
	char home[] = "/tmp/control-test-XXXXXX";
	char *passphrase;

	assert_non_null(mkdtemp(home));
	w->home = xstrdup(home);
	w->config_path = xasprintf("%s/config.yaml", home);
	passphrase = xasprintf("%s/passphrase", home);
	assert_true(file_write(passphrase, slice_of("correct horse\n"), 0600, NULL));
	setenv("LLM_GATEWAY_PASSPHRASE_FILE", passphrase, 1);
	free(passphrase);
	assert_true(file_write(w->config_path, slice_of(first_file), 0600, NULL));
	w->control = control_create(w->home, w->config_path, NULL);
	buf_init(&w->answer, MAX_CONTROL_BYTES);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	control_destroy(w->control);
	nftw(w->home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	buf_release(&w->answer);
	free(w->home);
	free(w->config_path);
	free(w);
	return 0;
}

static const char *call(struct world *w, const char *method, const char *target,
			const char *body)
{
	const struct control_request req = { method, target, slice_of(body) };

	buf_clear(&w->answer);
	w->status = control_dispatch(w->control, &req, &w->answer);
	return buf_text(&w->answer);
}

#define assert_has(text, part) assert_non_null(strstr(text, part))
#define assert_lacks(text, part) assert_null(strstr(text, part))

static char *file_text(struct world *w)
{
	struct buf text = BUF_INIT(MIB);

	assert_true(file_read(w->config_path, &text, NULL));
	return buf_detach(&text);
}

/* ---- the router itself ---- */

static void test_unknown_paths_and_methods(void **state)
{
	struct world *w = *state;

	assert_has(call(w, "GET", "/v1/nothing", NULL), "\"code\":\"not_found\"");
	assert_int_equal(w->status, 404);
	assert_has(call(w, "PUT", "/v1/keys", NULL), "does not take this method");
	assert_int_equal(w->status, 400);
	call(w, "GET", "/v1/keys/", NULL);
	assert_int_equal(w->status, 200);
	call(w, "GET", "/v1/keys/a/b/c", NULL);
	assert_int_equal(w->status, 404);
	call(w, "GET", "/v1/keys/%0a", NULL);
	assert_int_equal(w->status, 400);
}

static void test_what_needs_a_gateway_says_so(void **state)
{
	struct world *w = *state;
	static const char *const paths[] = { "/v1/status", "/v1/snapshot" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		assert_has(call(w, "GET", paths[i], NULL), "\"code\":\"not_running\"");
		assert_has(call(w, "GET", paths[i], NULL), "llm-gateway server start");
	}
}

static void test_malformed_bodies(void **state)
{
	struct world *w = *state;

	assert_has(call(w, "POST", "/v1/keys", "{\"name\":"), "\"code\":\"usage\"");
	assert_has(call(w, "POST", "/v1/keys", "[]"), "not a JSON object");
	assert_has(call(w, "POST", "/v1/keys", ""), "\\\"name\\\" is missing");
	assert_has(call(w, "POST", "/v1/keys", "{\"nam\": 1}"), "did you mean");
}

static void test_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < control_route_count; i++) {
		const struct control_route *r = &control_routes[i];

		assert_true(str_starts(r->path, "/v1/"));
		assert_true(r->handle || r->follow);
		assert_false(str_empty(r->summary));
		assert_true(str_eq(r->permission, "read") || str_eq(r->permission, "admin"));
		assert_int_equal(str_eq(r->method, "GET"), str_eq(r->permission, "read"));
		for (size_t k = i + 1; k < control_route_count; k++) {
			assert_false(str_eq(r->path, control_routes[k].path) &&
				     str_eq(r->method, control_routes[k].method));
		}
	}
}

static void test_streams_are_told_apart(void **state)
{
	static const struct {
		const char *target;
		bool streams;
	} cases[] = {
		{ "/v1/events", true }, { "/v1/logs", false }, { "/v1/logs?follow=1", true },
		{ "/v1/logs?level=info&follow=0", false }, { "/v1/keys?follow=1", false },
		{ "/v1/nothing", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct control_request req = { "GET", cases[i].target, SLICE_NULL };

		assert_int_equal(control_is_stream(&req), cases[i].streams);
	}
}

/* ---- upstreams ---- */

static void test_secrets_of_the_file_are_not_shown(void **state)
{
	struct world *w = *state;
	static const char *const targets[] = {
		"/v1/upstreams", "/v1/upstreams/one", "/v1/config", "/v1/config?text=1",
		"/v1/config?key=upstream_accounts", "/v1/config?key=upstream_accounts[0].api_key",
		"/v1/config?key=upstream_accounts[0].headers",
		"/v1/config?key=upstream_accounts[0].proxy",
	};

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		const char *text = call(w, "GET", targets[i], NULL);

		assert_int_equal(w->status, strstr(targets[i], "api_key") ? 404 : 200);
		assert_lacks(text, "planted");
	}
}

static void test_upstream_list_and_show(void **state)
{
	struct world *w = *state;
	const char *text = call(w, "GET", "/v1/upstreams/upstream_o", NULL);

	assert_has(text, "\"id\":\"upstream_one\",\"name\":\"one\",\"type\":\"api-key\"");
	assert_has(text, "\"state\":\"unknown\"");
	assert_has(text, "\"rpm\":5");
	assert_has(call(w, "GET", "/v1/upstreams", NULL), "[{\"id\":\"upstream_one\"");
	assert_has(call(w, "GET", "/v1/upstreams/onee", NULL), "did you mean \\\"one\\\"?");
	assert_int_equal(w->status, 404);
}

static void test_add_keeps_the_key_out_of_the_file(void **state)
{
	struct world *w = *state;
	const char *text = call(w, "POST", "/v1/upstreams",
				"{\"name\": \"two\", \"provider\": \"anthropic\","
				"\"api_key\": \"sk-ant-planted-0004\", \"models\": [\"claude-*\"],"
				"\"limits\": {\"rpm\": 60}}");
	char *file = file_text(w);

	assert_int_equal(w->status, 200);
	assert_has(text, "\"name\":\"two\"");
	assert_lacks(text, "planted");
	assert_lacks(file, "planted-0004");
	assert_has(file, "name: two");
	assert_has(file, "# the first\n");
	assert_memory_equal(file, first_file, strstr(first_file, "gateway_keys") - first_file);
	free(file);
	call(w, "POST", "/v1/upstreams", "{\"name\": \"two\", \"provider\": \"openai\"}");
	assert_int_equal(w->status, 422);
}

static void test_refused_accounts_leave_the_file_alone(void **state)
{
	struct world *w = *state;
	static const char *const bodies[] = {
		"{\"name\": \"x\"}",
		"{\"name\": \"x\", \"provider\": \"nobody\"}",
		"{\"name\": \"x\", \"provider\": \"openai\", \"priority\": \"high\"}",
		"{\"name\": \"x\\ninjected: 1\", \"provider\": \"openai\"}",
		"{\"name\": \"x\", \"provider\": \"openai\", \"limits\": {\"rmp\": 1}}",
		"{\"name\": \"x\", \"provider\": \"openai\", \"id\": \"mine\"}",
	};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		char *file;

		call(w, "POST", "/v1/upstreams", bodies[i]);
		assert_int_equal(w->status, 422);
		file = file_text(w);
		assert_string_equal(file, first_file);
		free(file);
	}
}

static void test_edit_is_a_merge_patch(void **state)
{
	struct world *w = *state;
	const char *text = call(w, "PATCH", "/v1/upstreams/one",
				"{\"limits\": {\"tpm\": 9}, \"weight\": 3, \"proxy\": null}");
	char *file;

	assert_int_equal(w->status, 200);
	assert_has(text, "\"weight\":3");
	assert_has(text, "\"limits\":{\"rpm\":5,\"tpm\":9");
	assert_has(text, "\"proxy\":\"\"");
	file = file_text(w);
	assert_has(file, "    api_key: sk-planted-secret-0001\n");
	assert_has(file, "credentials: {store: file}   # no keyring here\n");
	free(file);
	/* A route names it: the file would not load. */
	call(w, "PATCH", "/v1/upstreams/one", "{\"name\": \"uno\"}");
	assert_int_equal(w->status, 422);
	call(w, "DELETE", "/v1/models/smart", NULL);
	assert_has(call(w, "PATCH", "/v1/upstreams/one", "{\"name\": \"uno\"}"),
		   "\"name\":\"uno\"");
}

static void test_enable_and_disable(void **state)
{
	struct world *w = *state;

	assert_has(call(w, "POST", "/v1/upstreams/one/disable", NULL), "\"state\":\"disabled\"");
	assert_has(call(w, "GET", "/v1/upstreams/one", NULL), "\"status\":\"disabled\"");
	assert_has(call(w, "POST", "/v1/upstreams/one/enable", NULL), "\"status\":\"active\"");
}

static void test_remove_needs_no_route_to_it(void **state)
{
	struct world *w = *state;

	call(w, "DELETE", "/v1/upstreams/one", NULL);
	assert_int_equal(w->status, 422);
	call(w, "DELETE", "/v1/models/smart", NULL);
	assert_int_equal(w->status, 200);
	assert_has(call(w, "DELETE", "/v1/upstreams/one", NULL), "\"removed\":true");
	assert_string_equal(call(w, "GET", "/v1/upstreams", NULL), "[]");
}

/* ---- gateway keys ---- */

static void test_key_is_shown_once(void **state)
{
	struct world *w = *state;
	const char *text = call(w, "POST", "/v1/keys", "{\"name\": \"laptop\"}");
	char secret[ID_GATEWAY_KEY_BYTES];
	char hex[SHA256_HEX_BYTES];
	char *file = file_text(w);

	assert_has(text, "\"key\":\"lgw_");
	assert_has(text, "\"permissions\":[\"read\",\"write\"]");
	str_copy(secret, sizeof secret, strstr(text, "lgw_"));
	assert_int_equal(strcspn(secret, "\""), 47);
	crypto_sha256_hex(slice_of(secret), hex);
	assert_has(file, hex);
	assert_lacks(file, secret);
	assert_lacks(call(w, "GET", "/v1/keys", NULL), "lgw_");
	assert_has(call(w, "POST", "/v1/keys/laptop/rotate", NULL), "\"key\":\"lgw_");
	assert_lacks(buf_text(&w->answer), secret);
	free(file);
	file = file_text(w);
	assert_lacks(file, hex);
	free(file);
}

static void test_key_edit_and_remove(void **state)
{
	struct world *w = *state;

	call(w, "POST", "/v1/keys", "{\"name\": \"ci bot\", \"permissions\": [\"read\"],"
	     "\"limits\": {\"rpm\": 2}, \"expires_at\": \"2020-01-01T00:00:00Z\"}");
	assert_has(buf_text(&w->answer), "\"state\":\"expired\"");
	assert_has(call(w, "PATCH", "/v1/keys/ci%20bot",
			"{\"expires_at\": null, \"budget\": {\"usd_per_day\": 2.5}}"),
		   "\"state\":\"active\"");
	assert_has(buf_text(&w->answer), "\"usd_per_day\":2.5");
	assert_has(buf_text(&w->answer), "\"rpm\":2");
	assert_has(call(w, "POST", "/v1/keys/ci%20bot/disable", NULL), "\"state\":\"disabled\"");
	call(w, "PATCH", "/v1/keys/ci%20bot", "{\"key_hash\": \"sha256:00\"}");
	assert_int_equal(w->status, 422);
	assert_has(call(w, "DELETE", "/v1/keys/ci%20bot", NULL), "\"removed\":true");
	assert_string_equal(call(w, "GET", "/v1/keys", NULL), "[]");
}

/* ---- models, configuration, environment ---- */

static void test_models(void **state)
{
	struct world *w = *state;

	assert_has(call(w, "POST", "/v1/models",
			"{\"name\": \"gpt-5.2 best\", \"routes\": [{\"upstream\": \"one\","
			"\"model\": \"gpt-5.2\", \"weight\": 2}], \"fallback\": [\"smart\"]}"),
		   "\"weight\":2");
	assert_has(call(w, "GET", "/v1/models/gpt-5.2%20best", NULL), "\"fallback\":[\"smart\"]");
	assert_has(call(w, "PATCH", "/v1/models/gpt-5.2%20best", "{\"fallback\": null}"),
		   "\"fallback\":[]");
	call(w, "POST", "/v1/models", "{\"name\": \"empty\"}");
	assert_int_equal(w->status, 422);
	call(w, "POST", "/v1/models", "{\"name\": \"smart\", \"routes\": []}");
	assert_int_equal(w->status, 422);
	call(w, "POST", "/v1/models", "{\"name\": \"d\", \"routes\": [{\"upstream\": \"none\","
	     "\"model\": \"m\"}]}");
	assert_int_equal(w->status, 422);
	assert_has(call(w, "GET", "/v1/resolve?name=smart", NULL),
		   "\"upstream\":\"one\",\"model\":\"gpt-5.2\",\"position\":1");
	call(w, "GET", "/v1/resolve?name=smrat", NULL);
	assert_int_equal(w->status, 404);
}

static void test_config_values(void **state)
{
	struct world *w = *state;
	char *file;

	assert_has(call(w, "PATCH", "/v1/config", "{\"key\": \"server.port\","
			"\"value\": \"4000\"}"), "\"value\":\"4000\"");
	assert_has(call(w, "PATCH", "/v1/config", "{\"routing\": {\"strategy\": \"random\"}}"),
		   "\"strategy\":\"random\"");
	assert_has(buf_text(&w->answer), "\"port\":4000");
	call(w, "PATCH", "/v1/config", "{\"key\": \"server.port\", \"value\": \"many\"}");
	assert_int_equal(w->status, 422);
	call(w, "PATCH", "/v1/config",
	     "{\"key\": \"upstream_accounts[0].api_key\", \"value\": \"x\"}");
	assert_int_equal(w->status, 422);
	call(w, "PATCH", "/v1/config", "{\"key\": \"upstream_accounts[0]\","
	     "\"value\": \"{name: a, provider: openai, api_key: x}\"}");
	assert_int_equal(w->status, 422);
	call(w, "PATCH", "/v1/config", "{\"upstream_accounts\": []}");
	assert_int_equal(w->status, 422);
	call(w, "PATCH", "/v1/config",
	     "{\"key\": \"server.host\", \"value\": \"x\\ninjected: 1\"}");
	assert_int_equal(w->status, 422);
	call(w, "DELETE", "/v1/config?key=server.port", NULL);
	assert_int_equal(w->status, 200);
	file = file_text(w);
	assert_lacks(file, "4000");
	assert_memory_equal(file, first_file, sizeof first_file - 1);
	free(file);
	call(w, "GET", "/v1/config?key=server.prot", NULL);
	assert_int_equal(w->status, 404);
}

static void test_a_broken_file_is_explained(void **state)
{
	struct world *w = *state;

	assert_true(file_write(w->config_path, slice_of("server: {prot: 1}\n"), 0600, NULL));
	call(w, "GET", "/v1/upstreams", NULL);
	assert_int_equal(w->status, 422);
	assert_has(call(w, "GET", "/v1/config", NULL), "\"valid\":false");
	assert_has(buf_text(&w->answer), "config.yaml:1:");
	assert_has(call(w, "GET", "/v1/config?text=1", NULL), "prot: 1");
}

static void test_no_file_is_no_error(void **state)
{
	struct world *w = *state;

	unlink(w->config_path);
	assert_string_equal(call(w, "GET", "/v1/keys", NULL), "[]");
	call(w, "POST", "/v1/keys", "{\"name\": \"a\"}");
	assert_int_equal(w->status, 200);
	assert_true(file_exists(w->config_path));
}

static void test_environment(void **state)
{
	struct world *w = *state;

	assert_has(call(w, "PATCH", "/v1/env", "{\"https_proxy\":"
			"\"http://u:planted-0005@p:1\"}"), "http://u:***@p:1");
	assert_lacks(call(w, "GET", "/v1/env", NULL), "planted");
	assert_has(call(w, "PATCH", "/v1/env", "{\"https_proxy\": null}"),
		   "\"https_proxy\":\"\"");
	call(w, "PATCH", "/v1/env", "{\"ftp_proxy\": \"x\"}");
	assert_int_equal(w->status, 422);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unknown_paths_and_methods),
		TEST(test_what_needs_a_gateway_says_so),
		TEST(test_malformed_bodies),
		TEST(test_table_is_sound),
		TEST(test_streams_are_told_apart),
		TEST(test_secrets_of_the_file_are_not_shown),
		TEST(test_upstream_list_and_show),
		TEST(test_add_keeps_the_key_out_of_the_file),
		TEST(test_refused_accounts_leave_the_file_alone),
		TEST(test_edit_is_a_merge_patch),
		TEST(test_enable_and_disable),
		TEST(test_remove_needs_no_route_to_it),
		TEST(test_key_is_shown_once),
		TEST(test_key_edit_and_remove),
		TEST(test_models),
		TEST(test_config_values),
		TEST(test_a_broken_file_is_explained),
		TEST(test_no_file_is_no_error),
		TEST(test_environment),
	};

	return cmocka_run_group_tests_name("control_router", tests, NULL, NULL);
}
