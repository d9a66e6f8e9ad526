/*
 * Sign-in and renewal from the command line, for the tests under tests/oauth/:
 *
 *	oauth_tool HOME VERB UPSTREAM …
 *
 *	put                     a token set from standard input, as it is
 *	get                     the stored token set, with its tokens
 *	start [listen]          prints the answer; with listen, then waits until
 *	                        standard input ends
 *	finish                  what a person pastes, from standard input
 *	cancel | logout | status
 *	refresh WHY THREADS     WHY: due, asked, or the token that was refused;
 *	                        prints one exit code a thread
 *	renewer                 runs one; each line of standard input is a token
 *	                        that was refused; prints what it is told
 *
 * The home has a config.yaml. Errors go to stderr; ends with the program's
 * exit codes.
 */
#define SEALED_LOG2_N 4   /* scrypt is not what is tested here */
#define OAUTH_FIRST_WAIT_MS 1000
#define OAUTH_TICK_MS 1000
#include "credentials/sealed_file.c"
#include "oauth/refresh.c"
#include "oauth/renewer.c"

#include <stdio.h>

#include "base/log.h"
#include "config/load.h"
#include "oauth/oauth.h"
#include "oauth/renewer.h"

struct tool {
	struct config *config;
	const struct upstream_account *account;
	struct credential_store *store;
	struct oauth *oauth;
	char **args;              /* behind UPSTREAM, NULL-terminated */
};

static void on_changed(void *ctx, const char *account_id)
{
	(void)ctx;
	printf("changed %s\n", account_id);
	fflush(stdout);
}

static void read_input(struct secret *out)
{
	char text[64 * 1024];
	size_t len = fread(text, 1, sizeof text - 1, stdin);

	secret_set(out, (struct slice){ text, len });
}

static bool run_put(struct tool *t, struct err *err)
{
	char *name = xasprintf("%s/oauth", t->account->id);
	struct secret value = SECRET_INIT;
	bool ok;

	read_input(&value);
	ok = store_put(t->store, name, &value, err);
	secret_release(&value);
	free(name);
	return ok;
}

static bool run_get(struct tool *t, struct err *err)
{
	char *name = xasprintf("%s/oauth", t->account->id);
	struct secret value = SECRET_INIT;
	bool ok = store_get(t->store, name, &value, err);

	puts(ok ? value.ptr : "");
	secret_release(&value);
	free(name);
	return ok;
}

static void print_object(struct json_writer *w, struct buf *text)
{
	json_end(w);
	puts(buf_text(text));
	fflush(stdout);
}

static bool run_start(struct tool *t, struct err *err)
{
	struct buf text = BUF_INIT(64 * KIB);
	bool listen = t->args[0] != NULL;
	struct json_writer w;
	bool ok;

	json_open(&w, &text);
	json_object(&w);
	ok = oauth_start(t->oauth, t->config, t->account, listen, &w, err);
	if (ok) {
		print_object(&w, &text);
	}
	while (ok && listen && getchar() != EOF) {
		/* the listener's thread works meanwhile */
	}
	buf_release(&text);
	return ok;
}

static bool run_status(struct tool *t, struct err *err)
{
	struct buf text = BUF_INIT(64 * KIB);
	struct json_writer w;
	bool ok;

	json_open(&w, &text);
	json_object(&w);
	ok = oauth_write_status(t->oauth, t->account, &w, err);
	if (ok) {
		print_object(&w, &text);
	}
	buf_release(&text);
	return ok;
}

static bool run_finish(struct tool *t, struct err *err)
{
	struct secret pasted = SECRET_INIT;
	bool ok;

	read_input(&pasted);
	ok = oauth_finish(t->oauth, t->config, t->account, pasted.ptr, err);
	secret_release(&pasted);
	return ok;
}

static bool run_logout(struct tool *t, struct err *err)
{
	bool revoked = false;
	bool ok = oauth_logout(t->oauth, t->config, t->account, &revoked, err);

	puts(revoked ? "revoked" : "not revoked");
	return ok;
}

static void *refresh_thread(void *arg)
{
	struct tool *t = arg;
	struct err *err = xcalloc(1, sizeof *err);
	struct oauth_need need = { .reason = OAUTH_REFUSED };

	if (str_eq(t->args[0], "due")) {
		need.reason = OAUTH_DUE;
	} else if (str_eq(t->args[0], "asked")) {
		need.reason = OAUTH_ASKED;
	}
	need.used_token = slice_of(t->args[0]);
	oauth_refresh(t->oauth, t->config, t->account, &need, err);
	return err;
}

static bool run_refresh(struct tool *t, struct err *err)
{
	pthread_t threads[64];
	int64_t count = 0;

	if (!t->args[0] || !t->args[1] || !str_to_i64(t->args[1], &count) || count > 64) {
		return err_setf(err, ERR_USAGE, "refresh WHY THREADS");
	}
	for (int64_t i = 0; i < count; i++) {
		pthread_create(&threads[i], NULL, refresh_thread, t);
	}
	for (int64_t i = 0; i < count; i++) {
		void *result;

		pthread_join(threads[i], &result);
		*err = *(struct err *)result;
		printf("exit %d\n", err_exit_code(err->kind));
		free(result);
	}
	return err->kind == ERR_NONE;
}

static void on_renewed(void *ctx, const char *account_id, const struct err *err)
{
	(void)ctx;
	printf("renewed %s %d\n", account_id, err ? err_exit_code(err->kind) : 0);
	fflush(stdout);
}

static bool run_renewer(struct tool *t, struct err *err)
{
	struct oauth_renewer *r = oauth_renewer_start(t->oauth, t->config, err);
	char line[4096];

	while (r && fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		oauth_renewer_refused(r, t->account->id, slice_of(line), on_renewed, NULL);
	}
	oauth_renewer_stop(r);
	return r != NULL;
}

static bool run_verb(struct tool *t, const char *verb, struct err *err)
{
	static const struct {
		const char *name;
		bool (*run)(struct tool *t, struct err *err);
	} verbs[] = {
		{ "put", run_put },         { "get", run_get },       { "start", run_start },
		{ "finish", run_finish },   { "status", run_status }, { "logout", run_logout },
		{ "refresh", run_refresh }, { "renewer", run_renewer },
	};

	if (str_eq(verb, "cancel")) {
		return oauth_cancel(t->oauth, t->account, err);
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (str_eq(verbs[i].name, verb)) {
			return verbs[i].run(t, err);
		}
	}
	return err_setf(err, ERR_USAGE, "unknown verb %s", verb);
}

static bool open_tool(struct tool *t, const char *home, const char *upstream,
		      struct err *err)
{
	char *path = xasprintf("%s/config.yaml", home);

	t->config = config_load(path, err);
	t->account = t->config ? config_account(t->config, upstream) : NULL;
	t->store = t->account ? store_open(t->config->credential_store, home, err) : NULL;
	t->oauth = t->store ? oauth_create(home, t->store, on_changed, NULL) : NULL;
	free(path);
	return t->oauth != NULL;
}

int main(int argc, char **argv)
{
	struct tool t = { .args = argv + 4 };
	struct err err = ERR_INIT;

	if (argc < 4) {
		return 2;
	}
	log_configure(&(struct log_options){ .level = LOG_DEBUG, .console_level = LOG_DEBUG });
	if (!open_tool(&t, argv[1], argv[3], &err) || !run_verb(&t, argv[2], &err)) {
		fprintf(stderr, "%s; %s\n", err.msg, err.hint);
	}
	oauth_destroy(t.oauth);
	store_close(t.store);
	config_unref(t.config);
	return err_exit_code(err.kind);
}
