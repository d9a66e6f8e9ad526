/* What the keyring store adds to a keyring: large values. The keyring here is
 * a few variables; tests/credentials/ has the real one. */
#include "credentials/keyring_store.c"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct {
	char *item;           /* the one account there is */
	bool refuses_put;
	bool refuses_get;
} fake;

bool keyring_probe(struct err *err)
{
	(void)err;
	return true;
}

bool keyring_get(const char *home, const char *account, struct secret *out,
		 struct err *err)
{
	(void)home;
	if (fake.refuses_get) {
		return err_setf(err, ERR_STORE, "locked");
	}
	if (!fake.item) {
		return err_setf(err, ERR_NOT_FOUND, "nothing for %s", account);
	}
	secret_set(out, slice_of(fake.item));
	return true;
}

bool keyring_put(const char *home, const char *account, struct slice value,
		 struct err *err)
{
	(void)home;
	(void)account;
	assert_true(value.len <= MAX_KEYRING_VALUE_BYTES);
	if (fake.refuses_put) {
		return err_setf(err, ERR_STORE, "locked");
	}
	free(fake.item);
	fake.item = xstrndup(value.ptr, value.len);
	return true;
}

bool keyring_remove(const char *home, const char *account, struct err *err)
{
	(void)home;
	if (!fake.item) {
		return err_setf(err, ERR_NOT_FOUND, "nothing for %s", account);
	}
	free(fake.item);
	fake.item = NULL;
	return true;
}

bool keyring_list(const char *home, store_visit visit, void *ctx, struct err *err)
{
	(void)home;
	(void)err;
	visit(ctx, "acc");
	return true;
}

struct world {
	char home[64];
	struct credential_store *store;
	char *sealed;         /* the file of account "acc" */
	struct secret large;
	struct secret larger;
};

static void fill(struct secret *s, size_t len, char c)
{
	char *text = xmalloc(len);

	memset(text, c, len);
	secret_set(s, (struct slice){ text, len });
	free(text);
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);

	str_copy(w->home, sizeof w->home, "/tmp/keyring_store_test.XXXXXX");
	assert_non_null(mkdtemp(w->home));
	w->store = store_open("keyring", w->home, NULL);
	assert_non_null(w->store);
	w->sealed = sealed_path(self_of(w->store), "acc");
	fill(&w->large, 6000, 'a');
	fill(&w->larger, MAX_SECRET_BYTES, 'b');
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	unlink(w->sealed);
	rmdir(self_of(w->store)->sealed_dir);
	unlink(self_of(w->store)->lock_path);
	rmdir(w->home);
	store_close(w->store);
	secret_release(&w->large);
	secret_release(&w->larger);
	free(w->sealed);
	free(fake.item);
	memset(&fake, 0, sizeof fake);
	free(w);
	return 0;
}

static bool put_text(struct world *w, const char *text)
{
	struct secret value = SECRET_INIT;
	bool ok;

	secret_set(&value, slice_of(text));
	ok = store_put(w->store, "acc", &value, NULL);
	secret_release(&value);
	return ok;
}

static void expect(struct world *w, struct slice value)
{
	struct secret back = SECRET_INIT;
	struct err err = ERR_INIT;

	if (!store_get(w->store, "acc", &back, &err)) {
		fail_msg("%s", err.msg);
	}
	assert_int_equal(back.len, value.len);
	assert_memory_equal(back.ptr, value.ptr, value.len);
	secret_release(&back);
}

static void test_small_value_is_the_item(void **state)
{
	struct world *w = *state;

	assert_true(put_text(w, "sk-small"));
	assert_string_equal(fake.item, "sk-small");
	assert_false(file_exists(w->sealed));
	expect(w, slice_of("sk-small"));
}

static void test_large_value_is_sealed(void **state)
{
	struct world *w = *state;
	struct buf file = BUF_INIT(MAX_SECRET_BYTES + 64);
	struct stat st;

	assert_true(store_put(w->store, "acc", &w->large, NULL));
	assert_true(strlen(fake.item) < 100);
	expect(w, secret_peek(&w->large));
	assert_true(file_read(w->sealed, &file, NULL));
	assert_null(str_ifind(file.ptr, file.len, "aaaaaaaa"));
	assert_int_equal(stat(w->sealed, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(store_put(w->store, "acc", &w->larger, NULL));
	expect(w, secret_peek(&w->larger));
	buf_release(&file);
}

static void test_large_becomes_small(void **state)
{
	struct world *w = *state;

	assert_true(store_put(w->store, "acc", &w->large, NULL));
	assert_true(put_text(w, "sk-small"));
	assert_false(file_exists(w->sealed));
	expect(w, slice_of("sk-small"));
	assert_true(store_put(w->store, "acc", &w->large, NULL));
	assert_true(store_delete(w->store, "acc", NULL));
	assert_false(file_exists(w->sealed));
	assert_null(fake.item);
}

static void test_a_value_like_a_mark(void **state)
{
	struct world *w = *state;

	assert_true(put_text(w, MARK "AAAA"));
	expect(w, slice_of(MARK "AAAA"));
}

/* The keyring locks itself between two puts: the old value stays readable. */
static void test_refused_put_keeps_the_old_value(void **state)
{
	struct world *w = *state;

	assert_true(put_text(w, "sk-small"));
	fake.refuses_put = true;
	assert_false(store_put(w->store, "acc", &w->large, NULL));
	expect(w, slice_of("sk-small"));
	fake.refuses_put = false;
	assert_true(store_put(w->store, "acc", &w->large, NULL));
	fake.refuses_put = true;
	assert_false(put_text(w, "sk-small"));
	expect(w, secret_peek(&w->large));
}

static void test_locked_keyring_leaves_the_file(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;

	assert_true(store_put(w->store, "acc", &w->large, NULL));
	fake.refuses_get = true;
	assert_false(store_put(w->store, "acc", &w->larger, &err));
	assert_int_equal(err.kind, ERR_STORE);
	fake.refuses_get = false;
	expect(w, secret_peek(&w->large));
}

static void test_missing_or_damaged_file(void **state)
{
	struct world *w = *state;
	struct secret back = SECRET_INIT;
	struct err err = ERR_INIT;
	struct buf file = BUF_INIT(MAX_SECRET_BYTES + 64);

	assert_true(store_put(w->store, "acc", &w->large, NULL));
	assert_true(file_read(w->sealed, &file, NULL));
	for (size_t len = 0; len < file.len; len += 97) {
		assert_true(file_write(w->sealed, (struct slice){ file.ptr, len }, 0600, NULL));
		assert_false(store_get(w->store, "acc", &back, &err));
		assert_int_equal(err.kind, ERR_STORE);
	}
	unlink(w->sealed);
	assert_false(store_get(w->store, "acc", &back, &err));
	assert_int_equal(err.kind, ERR_STORE);
	assert_true(store_put(w->store, "acc", &w->large, NULL));
	expect(w, secret_peek(&w->large));
	buf_release(&file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_small_value_is_the_item),
		TEST(test_large_value_is_sealed),
		TEST(test_large_becomes_small),
		TEST(test_a_value_like_a_mark),
		TEST(test_refused_put_keeps_the_old_value),
		TEST(test_locked_keyring_leaves_the_file),
		TEST(test_missing_or_damaged_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
