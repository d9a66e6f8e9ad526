/*
 * The credential store from the command line, for the tests under
 * tests/credentials/:
 *
 *	store_tool KIND HOME get|delete ACCOUNT
 *	store_tool KIND HOME put ACCOUNT           value from standard input or terminal
 *	store_tool KIND HOME list
 *	store_tool KIND HOME migrate KIND          to another store of this home
 *	store_tool KIND HOME session ACCOUNT       one get a line of standard input
 *
 * Ends with the program's exit codes; errors go to stderr as "msg; hint".
 */
#define KEYRING_CALL_MS 3000      /* a test of a silent service need not take 15 s */
#include "credentials/keyring.c"

#include <stdio.h>
#include <unistd.h>

#include "credentials/prompt.h"

static void print_name(void *ctx, const char *account)
{
	(void)ctx;
	puts(account);
}

static bool run_get(struct credential_store *s, const char *account, struct err *err)
{
	struct secret value = SECRET_INIT;
	bool ok = store_get(s, account, &value, err);

	fwrite(secret_peek(&value).ptr, 1, value.len, stdout);
	secret_release(&value);
	return ok;
}

static bool run_put(struct credential_store *s, const char *account, struct err *err)
{
	struct secret value = SECRET_INIT;
	bool ok = secret_read_stdin("Value", &value, err) &&
		  store_put(s, account, &value, err);

	secret_release(&value);
	return ok;
}

static bool run_migrate(struct credential_store *s, const char *kind, const char *home,
			struct err *err)
{
	struct credential_store *to = store_open(kind, home, err);
	size_t moved = 0;
	bool ok = to && store_migrate(s, to, &moved, err);

	if (ok) {
		printf("%zu\n", moved);
	}
	store_close(to);
	return ok;
}

static bool run_session(struct credential_store *s, const char *account)
{
	char line[16];

	while (fgets(line, sizeof line, stdin)) {
		struct secret value = SECRET_INIT;
		struct err err = ERR_INIT;

		if (store_get(s, account, &value, &err)) {
			puts(value.ptr);
		} else {
			printf("exit %d\n", err_exit_code(err.kind));
		}
		fflush(stdout);
		secret_release(&value);
	}
	return true;
}

static bool run(struct credential_store *s, const char *home, const char *verb,
		const char *what, struct err *err)
{
	if (str_eq(verb, "list")) {
		return store_list(s, print_name, NULL, err);
	}
	if (str_eq(verb, "get")) {
		return run_get(s, what, err);
	}
	if (str_eq(verb, "put")) {
		return run_put(s, what, err);
	}
	if (str_eq(verb, "delete")) {
		return store_delete(s, what, err);
	}
	if (str_eq(verb, "session")) {
		return run_session(s, what);
	}
	return run_migrate(s, what, home, err);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct credential_store *s;
	bool ok;

	if (argc < 4) {
		return 2;
	}
	s = store_open_asking(argv[1], argv[2], isatty(STDIN_FILENO) ? prompt_ask_tty : NULL,
			      NULL, &err);
	ok = s && run(s, argv[2], argv[3], argc > 4 ? argv[4] : "", &err);
	store_close(s);
	if (!ok) {
		fprintf(stderr, "%s; %s\n", err.msg, err.hint);
	}
	return err_exit_code(err.kind);
}
