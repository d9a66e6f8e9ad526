/* The file store: round trips, wrong passphrases, damage, writers in parallel
 * and writers that are killed. */
#define SEALED_LOG2_N 4   /* scrypt itself is not what is tested here */
#include "credentials/sealed_file.c"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

struct world {
	char home[64];
	char *passphrase_path;
	char *file_path;
};

static void write_text(const char *path, const char *text)
{
	assert_true(file_write(path, slice_of(text), 0600, NULL));
}

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);

	str_copy(w->home, sizeof w->home, "/tmp/sealed_file_test.XXXXXX");
	assert_non_null(mkdtemp(w->home));
	w->passphrase_path = xasprintf("%s/passphrase", w->home);
	w->file_path = xasprintf("%s/credentials.enc", w->home);
	write_text(w->passphrase_path, "correct horse\n");
	setenv("LLM_GATEWAY_PASSPHRASE_FILE", w->passphrase_path, 1);
	unsetenv("CREDENTIALS_DIRECTORY");
	*state = w;
	return 0;
}

/* With the temporary files that killed writers leave behind. */
static void remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	assert_int_equal(rmdir(path), 0);
}

static int tear_down(void **state)
{
	struct world *w = *state;

	remove_dir(w->home);
	free(w->passphrase_path);
	free(w->file_path);
	free(w);
	return 0;
}

static struct credential_store *open_store(const struct world *w)
{
	struct err err = ERR_INIT;
	struct credential_store *s = store_open("file", w->home, &err);

	if (!s) {
		fail_msg("%s", err.msg);
	}
	return s;
}

static void put(struct credential_store *s, const char *account, const char *value)
{
	struct secret secret = SECRET_INIT;
	struct err err = ERR_INIT;

	secret_set(&secret, slice_of(value));
	if (!store_put(s, account, &secret, &err)) {
		fail_msg("%s", err.msg);
	}
	secret_release(&secret);
}

static void expect(struct credential_store *s, const char *account, const char *value)
{
	struct secret secret = SECRET_INIT;
	struct err err = ERR_INIT;

	if (!store_get(s, account, &secret, &err)) {
		fail_msg("%s: %s", account, err.msg);
	}
	assert_string_equal(secret.ptr, value);
	secret_release(&secret);
}

static enum err_kind open_failure(const struct world *w, char msg[MAX_ERR_MSG])
{
	struct err err = ERR_INIT;

	assert_null(store_open("file", w->home, &err));
	str_copy(msg, MAX_ERR_MSG, err.msg);
	return err.kind;
}

static void test_keeps_what_is_put(void **state)
{
	struct credential_store *s = open_store(*state);
	struct secret none = SECRET_INIT;
	struct err err = ERR_INIT;

	put(s, "one", "sk-first");
	put(s, "two/oauth", "{\"access_token\":\"x\"}");
	put(s, "one", "sk-second");
	store_close(s);
	s = open_store(*state);
	expect(s, "one", "sk-second");
	expect(s, "two/oauth", "{\"access_token\":\"x\"}");
	assert_true(store_delete(s, "one", &err));
	assert_false(store_get(s, "one", &none, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_false(store_delete(s, "one", &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	expect(s, "two/oauth", "{\"access_token\":\"x\"}");
	store_close(s);
}

static void test_values_are_bytes(void **state)
{
	struct credential_store *s = open_store(*state);
	struct secret value = SECRET_INIT;
	struct secret back = SECRET_INIT;
	char *bytes = xmalloc(MAX_SECRET_BYTES);

	for (size_t i = 0; i < MAX_SECRET_BYTES; i++) {
		bytes[i] = (char)(i * 7);
	}
	secret_set(&value, (struct slice){ bytes, MAX_SECRET_BYTES });
	assert_true(store_put(s, "large", &value, NULL));
	assert_true(store_get(s, "large", &back, NULL));
	assert_int_equal(back.len, MAX_SECRET_BYTES);
	assert_memory_equal(back.ptr, bytes, MAX_SECRET_BYTES);
	secret_release(&value);
	secret_release(&back);
	free(bytes);
	store_close(s);
}

static void test_refuses_what_does_not_fit(void **state)
{
	struct credential_store *s = open_store(*state);
	struct secret value = SECRET_INIT;
	struct err err = ERR_INIT;
	char *bytes = xcalloc(1, MAX_SECRET_BYTES + 1);

	assert_false(store_put(s, "empty", &value, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	secret_set(&value, (struct slice){ bytes, MAX_SECRET_BYTES + 1 });
	assert_false(store_put(s, "large", &value, &err));
	assert_int_equal(err.kind, ERR_TOO_LARGE);
	assert_false(store_put(s, "", &value, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	secret_release(&value);
	free(bytes);
	store_close(s);
}

static void collect(void *ctx, const char *account)
{
	buf_addf(ctx, "%s ", account);
}

static void test_lists_names(void **state)
{
	struct credential_store *s = open_store(*state);
	struct buf names = BUF_INIT(1024);

	assert_true(store_list(s, collect, &names, NULL));
	assert_int_equal(names.len, 0);
	put(s, "a", "1");
	put(s, "b/oauth", "2");
	assert_true(store_list(s, collect, &names, NULL));
	assert_string_equal(buf_text(&names), "a b/oauth ");
	buf_release(&names);
	store_close(s);
}

static void test_file_shows_nothing(void **state)
{
	struct world *w = *state;
	struct credential_store *s = open_store(w);
	struct buf file = BUF_INIT(MAX_SEALED_FILE_BYTES);
	struct stat st;

	put(s, "upstream_planted", "sk-planted-secret");
	assert_true(file_read(w->file_path, &file, NULL));
	assert_null(str_ifind(file.ptr, file.len, "planted"));
	assert_int_equal(stat(w->file_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	buf_release(&file);
	store_close(s);
}

static void test_wrong_passphrase(void **state)
{
	struct world *w = *state;
	struct credential_store *s = open_store(w);
	char msg[MAX_ERR_MSG];

	put(s, "one", "sk-first");
	store_close(s);
	write_text(w->passphrase_path, "wrong horse");
	assert_int_equal(open_failure(w, msg), ERR_STORE);
	assert_non_null(strstr(msg, "passphrase does not open"));
	assert_null(strstr(msg, "horse"));
	write_text(w->passphrase_path, "correct horse\r\n");
	s = open_store(w);
	expect(s, "one", "sk-first");
	store_close(s);
}

static void test_no_passphrase(void **state)
{
	struct err err = ERR_INIT;
	struct world *w = *state;
	char msg[MAX_ERR_MSG];

	unsetenv("LLM_GATEWAY_PASSPHRASE_FILE");
	assert_null(store_open("file", w->home, &err));
	assert_int_equal(err.kind, ERR_STORE);
	assert_non_null(strstr(err.hint, "LLM_GATEWAY_PASSPHRASE_FILE"));
	setenv("LLM_GATEWAY_PASSPHRASE_FILE", "/nonexistent/passphrase", 1);
	assert_int_equal(open_failure(w, msg), ERR_STORE);
	write_text(w->passphrase_path, "\n");
	setenv("LLM_GATEWAY_PASSPHRASE_FILE", w->passphrase_path, 1);
	assert_int_equal(open_failure(w, msg), ERR_STORE);
	assert_non_null(strstr(msg, "empty"));
}

static void test_systemd_credential(void **state)
{
	struct world *w = *state;
	char *path = xasprintf("%s/llm-gateway-passphrase", w->home);
	struct credential_store *s;

	unsetenv("LLM_GATEWAY_PASSPHRASE_FILE");
	setenv("CREDENTIALS_DIRECTORY", w->home, 1);
	write_text(path, "from systemd");
	s = open_store(w);
	put(s, "one", "sk-first");
	store_close(s);
	s = open_store(w);
	expect(s, "one", "sk-first");
	store_close(s);
	unlink(path);
	free(path);
}

/* Each question is answered with the next text. */
static bool answer(void *ctx, const char *question, struct secret *out, struct err *err)
{
	const char ***next = ctx;

	(void)question;
	if (!**next) {
		return err_setf(err, ERR_FAILED, "cancelled");
	}
	secret_set(out, slice_of(*(*next)++));
	return true;
}

static struct credential_store *open_asking(const struct world *w, const char **answers,
					    struct err *err)
{
	return store_open_asking("file", w->home, answer, &answers, err);
}

static void test_asks_a_person(void **state)
{
	const char *differ[] = { "abc", "abd", NULL };
	const char *chosen[] = { "abc", "abc", NULL };
	const char *third[] = { "x", "y", "abc", NULL };
	const char *never[] = { "x", "y", "z", "abc", NULL };
	const char *silent[] = { NULL };
	struct err err = ERR_INIT;
	struct credential_store *s;

	unsetenv("LLM_GATEWAY_PASSPHRASE_FILE");
	assert_null(open_asking(*state, differ, &err));
	s = open_asking(*state, chosen, &err);
	assert_non_null(s);
	put(s, "one", "sk-first");
	store_close(s);
	err = (struct err)ERR_INIT;
	s = open_asking(*state, third, &err);
	assert_non_null(s);
	assert_int_equal(err.kind, ERR_NONE);
	expect(s, "one", "sk-first");
	store_close(s);
	assert_null(open_asking(*state, never, &err));
	assert_int_equal(err.kind, ERR_STORE);
	assert_null(open_asking(*state, silent, &err));
	assert_int_equal(err.kind, ERR_FAILED);
}

/* Whatever is cut off or flipped: refused, never half of the secrets. */
static void test_damage_is_seen(void **state)
{
	struct world *w = *state;
	struct credential_store *s = open_store(w);
	struct buf whole = BUF_INIT(MAX_SEALED_FILE_BYTES);
	char msg[MAX_ERR_MSG];

	put(s, "one", "sk-first");
	put(s, "two", "sk-second");
	store_close(s);
	assert_true(file_read(w->file_path, &whole, NULL));
	for (size_t len = 0; len < whole.len; len++) {
		assert_true(file_write(w->file_path, (struct slice){ whole.ptr, len }, 0600,
				       NULL));
		assert_int_equal(open_failure(w, msg), ERR_STORE);
	}
	for (size_t i = 0; i < whole.len; i++) {
		whole.ptr[i] ^= 0x10;
		assert_true(file_write(w->file_path, buf_slice(&whole), 0600, NULL));
		assert_int_equal(open_failure(w, msg), ERR_STORE);
		whole.ptr[i] ^= 0x10;
	}
	assert_true(file_write(w->file_path, buf_slice(&whole), 0600, NULL));
	s = open_store(w);
	expect(s, "two", "sk-second");
	store_close(s);
	buf_release(&whole);
}

static void test_damage_under_an_open_store(void **state)
{
	struct world *w = *state;
	struct credential_store *s = open_store(w);
	struct secret value = SECRET_INIT;
	struct err err = ERR_INIT;

	put(s, "one", "sk-first");
	write_text(w->file_path, "LLMGWENC");
	secret_set(&value, slice_of("sk-new"));
	assert_false(store_put(s, "two", &value, &err));
	assert_int_equal(err.kind, ERR_STORE);
	assert_non_null(strstr(err.msg, "damaged"));
	secret_release(&value);
	store_close(s);
}

/* Another process made the file anew, with another salt, meanwhile. */
static void test_follows_a_new_file(void **state)
{
	struct world *w = *state;
	struct credential_store *one = open_store(w);
	struct credential_store *two;

	put(one, "a", "1");
	unlink(w->file_path);
	two = open_store(w);
	put(two, "b", "2");
	expect(one, "b", "2");
	put(one, "c", "3");
	expect(two, "c", "3");
	store_close(one);
	store_close(two);
}

static void test_writers_in_parallel(void **state)
{
	struct world *w = *state;
	struct credential_store *s;
	pid_t pids[4];
	char name[32];

	for (int p = 0; p < 4; p++) {
		pids[p] = fork();
		assert_true(pids[p] >= 0);
		if (pids[p] == 0) {
			s = open_store(w);
			for (int i = 0; i < 20; i++) {
				snprintf(name, sizeof name, "p%d-%d", p, i);
				put(s, name, name);
			}
			_exit(0);
		}
	}
	for (int p = 0; p < 4; p++) {
		int status;

		assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
		assert_int_equal(status, 0);
	}
	s = open_store(w);
	for (int i = 0; i < 80; i++) {
		snprintf(name, sizeof name, "p%d-%d", i / 20, i % 20);
		expect(s, name, name);
	}
	store_close(s);
}

/* Puts rising numbers and reports each one that the store has accepted. */
static void write_for_ever(struct credential_store *s, int report)
{
	for (unsigned i = 1;; i++) {
		char text[16];

		snprintf(text, sizeof text, "%u", i);
		put(s, "counter", text);
		if (write(report, &i, sizeof i) != sizeof i) {
			_exit(1);
		}
	}
}

static unsigned last_report(int fd)
{
	unsigned value;
	unsigned last = 0;

	while (read(fd, &value, sizeof value) == sizeof value) {
		last = value;
	}
	return last;
}

static void test_killed_while_writing(void **state)
{
	struct world *w = *state;
	struct credential_store *s = open_store(w);

	put(s, "counter", "0");
	put(s, "other", "stays");
	for (int round = 0; round < 25; round++) {
		struct secret value = SECRET_INIT;
		int64_t found = 0;
		unsigned last;
		int fds[2];
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			write_for_ever(s, fds[1]);
		}
		close(fds[1]);
		usleep(1000 + (useconds_t)(round * 731 % 9000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		last = last_report(fds[0]);
		close(fds[0]);
		assert_true(store_get(s, "counter", &value, NULL));
		assert_true(str_to_i64(value.ptr, &found));
		/* round > 0 may find the last round's number when none was written */
		assert_true(last == 0 || found == last || found == (int64_t)last + 1);
		expect(s, "other", "stays");
		secret_release(&value);
	}
	store_close(s);
}

static void test_migrates(void **state)
{
	struct world *w = *state;
	char *other_home = xasprintf("%s/other", w->home);
	struct credential_store *from = open_store(w);
	struct credential_store *to;
	struct buf names = BUF_INIT(1024);
	size_t moved = 0;

	assert_int_equal(mkdir(other_home, 0700), 0);
	to = store_open("file", other_home, NULL);
	assert_non_null(to);
	put(from, "a", "1");
	put(from, "b/oauth", "2");
	put(to, "c", "3");
	assert_true(store_migrate(from, to, &moved, NULL));
	assert_int_equal(moved, 2);
	expect(to, "a", "1");
	expect(to, "b/oauth", "2");
	expect(to, "c", "3");
	assert_true(store_list(from, collect, &names, NULL));
	assert_int_equal(names.len, 0);
	store_close(from);
	store_close(to);
	remove_dir(other_home);
	buf_release(&names);
	free(other_home);
}

/* Nothing of the source may go before everything has arrived. */
static void test_migration_that_fails(void **state)
{
	struct world *w = *state;
	char *other_home = xasprintf("%s/other", w->home);
	char *other_file = xasprintf("%s/credentials.enc", other_home);
	struct credential_store *from = open_store(w);
	struct credential_store *to;
	struct err err = ERR_INIT;

	assert_int_equal(mkdir(other_home, 0700), 0);
	to = store_open("file", other_home, NULL);
	put(from, "a", "1");
	put(to, "c", "3");
	write_text(other_file, "damaged");
	assert_false(store_migrate(from, to, NULL, &err));
	assert_int_equal(err.kind, ERR_STORE);
	expect(from, "a", "1");
	store_close(from);
	store_close(to);
	remove_dir(other_home);
	free(other_home);
	free(other_file);
}

static void test_unknown_kind(void **state)
{
	struct world *w = *state;
	struct err err = ERR_INIT;

	assert_null(store_open("plain", w->home, &err));
	assert_int_equal(err.kind, ERR_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_keeps_what_is_put),
		TEST(test_values_are_bytes),
		TEST(test_refuses_what_does_not_fit),
		TEST(test_lists_names),
		TEST(test_file_shows_nothing),
		TEST(test_wrong_passphrase),
		TEST(test_no_passphrase),
		TEST(test_systemd_credential),
		TEST(test_asks_a_person),
		TEST(test_damage_is_seen),
		TEST(test_damage_under_an_open_store),
		TEST(test_follows_a_new_file),
		TEST(test_writers_in_parallel),
		TEST(test_killed_while_writing),
		TEST(test_migrates),
		TEST(test_migration_that_fails),
		TEST(test_unknown_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
