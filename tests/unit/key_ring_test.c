/* Where each account's secret comes from, and what is said when there is
 * none. */
#include "credentials/key_ring.c"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "credentials/store_ops.h"

/* A store of two names. */
struct fake_store {
	struct credential_store base;
	const char *key;              /* of "up_key"; NULL: none */
	const char *oauth;            /* of "up_oauth/oauth" */
	bool fails;
	int asked;
};

static bool fake_get(struct credential_store *s, const char *account, struct secret *out,
		     struct err *err)
{
	struct fake_store *f = (struct fake_store *)s;
	const char *value = str_eq(account, "up_key") ? f->key :
			    str_eq(account, "up_oauth/oauth") ? f->oauth : NULL;

	f->asked++;
	if (f->fails) {
		err_setf(err, ERR_STORE, "the keyring is locked");
		return err_hintf(err, "unlock it");
	}
	if (!value) {
		return err_setf(err, ERR_NOT_FOUND, "nothing for %s", account);
	}
	secret_set(out, slice_of(value));
	return true;
}

static const struct store_ops fake_ops = { .kind = "fake", .get = fake_get };

static struct upstream_account accounts[] = {
	{ .id = "up_key", .name = "main", .type = ACCOUNT_API_KEY, .key_env = "",
	  .api_key = "" },
	{ .id = "up_oauth", .name = "claude", .type = ACCOUNT_OAUTH, .key_env = "",
	  .api_key = "" },
	{ .id = "up_env", .name = "env", .type = ACCOUNT_API_KEY,
	  .key_env = "KEY_RING_TEST_KEY", .api_key = "sk-file" },
	{ .id = "up_file", .name = "file", .type = ACCOUNT_API_KEY, .key_env = "",
	  .api_key = "sk-file" },
	{ .id = "up_none", .name = "local", .type = ACCOUNT_NONE, .key_env = "",
	  .api_key = "" },
	{ .id = "up_pass", .name = "pass", .type = ACCOUNT_PASSTHROUGH, .key_env = "",
	  .api_key = "" },
	{ .id = "up_bare", .name = "bare", .type = ACCOUNT_API_KEY,
	  .key_env = "KEY_RING_TEST_UNSET", .api_key = "" },
};

static struct config config = { .accounts = accounts, .account_count = ARRAY_LEN(accounts) };

static int set_up(void **state)
{
	struct fake_store *f = xcalloc(1, sizeof *f);

	f->base.ops = &fake_ops;
	pthread_mutex_init(&f->base.turn, NULL);
	setenv("KEY_RING_TEST_KEY", "sk-env", 1);
	unsetenv("KEY_RING_TEST_UNSET");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void expect(const struct key_ring *r, const char *id, const char *value)
{
	const char *problem = "untouched";
	const struct secret *s = key_ring_get(r, id, &problem);

	assert_non_null(s);
	assert_null(problem);
	assert_true(slice_eq(secret_peek(s), value));
}

static void expect_problem(const struct key_ring *r, const char *id, const char *part)
{
	const char *problem = NULL;

	assert_null(key_ring_get(r, id, &problem));
	assert_non_null(problem);
	if (!strstr(problem, part)) {
		fail_msg("\"%s\" does not say \"%s\"", problem, part);
	}
}

static void test_sources(void **state)
{
	struct fake_store *f = *state;
	struct key_ring *r;

	f->key = "sk-stored";
	f->oauth = "{\"access_token\":\"oat\",\"refresh_token\":\"ort\"}";
	r = key_ring_build(&config, &f->base, NULL);
	expect(r, "up_key", "sk-stored");
	expect(r, "up_oauth", "oat");
	expect(r, "up_env", "sk-env");
	expect(r, "up_file", "sk-file");
	expect(r, "up_none", "");
	expect(r, "up_pass", "");
	expect_problem(r, "up_bare", "KEY_RING_TEST_UNSET is not set");
	expect_problem(r, "up_later", "newer");
	key_ring_unref(r);
}

static void test_variable_falls_through(void **state)
{
	struct fake_store *f = *state;
	struct key_ring *r;

	unsetenv("KEY_RING_TEST_KEY");
	r = key_ring_build(&config, &f->base, NULL);
	expect(r, "up_env", "sk-file");
	key_ring_unref(r);
}

static void test_nothing_stored(void **state)
{
	struct fake_store *f = *state;
	struct key_ring *r = key_ring_build(&config, &f->base, NULL);

	expect_problem(r, "up_key", "upstream edit main --key=-");
	expect_problem(r, "up_oauth", "oauth start claude");
	key_ring_unref(r);
}

static void test_no_store(void **state)
{
	struct key_ring *r = key_ring_build(&config, NULL, "no keyring answers");

	(void)state;
	expect_problem(r, "up_key", "no keyring answers");
	expect_problem(r, "up_oauth", "no keyring answers");
	expect(r, "up_env", "sk-env");
	key_ring_unref(r);
}

static void test_failing_store(void **state)
{
	struct fake_store *f = *state;
	struct key_ring *r;

	f->fails = true;
	r = key_ring_build(&config, &f->base, NULL);
	expect_problem(r, "up_key", "the keyring is locked; unlock it");
	expect_problem(r, "up_oauth", "the keyring is locked");
	expect(r, "up_file", "sk-file");
	key_ring_unref(r);
}

/* A keyring that dies takes nothing from traffic that runs already. */
static void test_failing_store_keeps_previous(void **state)
{
	struct fake_store *f = *state;
	struct key_ring *first;
	struct key_ring *second;

	f->key = "sk-stored";
	f->oauth = "{\"access_token\":\"oat\"}";
	first = key_ring_build(&config, &f->base, NULL);
	f->fails = true;
	second = key_ring_rebuild(first, &config, &f->base, NULL);
	key_ring_unref(first);
	expect(second, "up_key", "sk-stored");
	expect(second, "up_oauth", "oat");
	key_ring_unref(second);
}

/* Removed is not the same as out of reach. */
static void test_removed_is_gone(void **state)
{
	struct fake_store *f = *state;
	struct key_ring *first;
	struct key_ring *second;

	f->key = "sk-stored";
	first = key_ring_build(&config, &f->base, NULL);
	f->key = NULL;
	second = key_ring_rebuild(first, &config, &f->base, NULL);
	expect_problem(second, "up_key", "no key");
	key_ring_unref(first);
	key_ring_unref(second);
}

static void test_refused_refresh_token(void **state)
{
	struct fake_store *f = *state;
	struct key_ring *r;

	f->oauth = "{\"access_token\":\"oat\",\"expires_at_ms\":1000,"
		   "\"needs_sign_in\":true}";
	r = key_ring_build(&config, &f->base, NULL);
	expect_problem(r, "up_oauth", "sign in again");
	key_ring_unref(r);
	f->oauth = "{\"access_token\":\"oat\",\"expires_at_ms\":99999999999999,"
		   "\"needs_sign_in\":true}";
	r = key_ring_build(&config, &f->base, NULL);
	expect(r, "up_oauth", "oat");
	key_ring_unref(r);
}

static void test_unreadable_token_set(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"access_token\":7}",
					     "{\"refresh_token\":\"x\"}", "sk-plain" };
	struct fake_store *f = *state;

	f->key = "sk-stored";
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct key_ring *r;

		f->oauth = texts[i];
		r = key_ring_build(&config, &f->base, NULL);
		expect_problem(r, "up_oauth", "no token set");
		expect(r, "up_key", "sk-stored");
		key_ring_unref(r);
	}
}

static void test_control_characters(void **state)
{
	struct fake_store *f = *state;
	struct key_ring *r;

	f->key = "sk-a\r\nx-evil: 1";
	r = key_ring_build(&config, &f->base, NULL);
	expect_problem(r, "up_key", "control character");
	key_ring_unref(r);
}

static void test_needs_store(void **state)
{
	struct config c = { .accounts = &accounts[2], .account_count = 4 };

	(void)state;
	assert_true(key_ring_needs_store(&config));
	assert_false(key_ring_needs_store(&c));
	c.account_count = 5;
	assert_true(key_ring_needs_store(&c));
}

static void test_no_accounts(void **state)
{
	struct config c = { .account_count = 0 };
	struct key_ring *r = key_ring_build(&c, NULL, NULL);

	(void)state;
	expect_problem(key_ring_ref(r), "up_key", "newer");
	key_ring_unref(r);
	key_ring_unref(r);
	key_ring_unref(NULL);
}

static void test_token_set_round_trip(void **state)
{
	struct token_set t = TOKEN_SET_INIT;
	struct token_set back = TOKEN_SET_INIT;
	struct secret text = SECRET_INIT;

	(void)state;
	secret_set(&t.access, slice_of("oat-\"\\"));
	secret_set(&t.refresh, slice_of("ort"));
	t.expires_at_ms = 1800000000000;
	t.scope = xstrdup("user:profile user:inference");
	t.email = xstrdup("person@example.com");
	t.needs_sign_in = true;
	assert_true(token_set_write(&t, &text));
	assert_true(token_set_read(secret_peek(&text), &back));
	assert_string_equal(back.access.ptr, "oat-\"\\");
	assert_string_equal(back.refresh.ptr, "ort");
	assert_int_equal(back.expires_at_ms, 1800000000000);
	assert_string_equal(back.scope, t.scope);
	assert_string_equal(back.email, t.email);
	assert_null(back.tier);
	assert_true(back.needs_sign_in);
	token_set_release(&t);
	token_set_release(&back);
	secret_release(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_sources),
		TEST(test_variable_falls_through),
		TEST(test_nothing_stored),
		TEST(test_no_store),
		TEST(test_failing_store),
		TEST(test_failing_store_keeps_previous),
		TEST(test_removed_is_gone),
		TEST(test_refused_refresh_token),
		TEST(test_unreadable_token_set),
		TEST(test_control_characters),
		TEST(test_needs_store),
		TEST(test_no_accounts),
		TEST(test_token_set_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
