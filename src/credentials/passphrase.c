#include "credentials/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/mem.h"
#include "credentials/prompt.h"

static bool read_file(const char *path, struct secret *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0) {
		err_errno(err, "the passphrase file %s", path);
	}
	ok = fd >= 0 && secret_read_fd(fd, out, err);
	if (fd >= 0) {
		close(fd);
		if (!ok) {
			err_wrapf(err, "the passphrase file %s", path);
		}
	}
	if (!ok && err) {
		err->kind = ERR_STORE;
	}
	return ok;
}

/* The path of the file that holds it, to be freed, or NULL. A file that the
 * user names must exist; systemd's directory may hold other things only. */
static char *file_with_passphrase(void)
{
	const char *named = getenv("LLM_GATEWAY_PASSPHRASE_FILE");
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char *path;

	if (!str_empty(named)) {
		return xstrdup(named);
	}
	if (str_empty(dir)) {
		return NULL;
	}
	path = xasprintf("%s/llm-gateway-passphrase", dir);
	if (file_exists(path)) {
		return path;
	}
	free(path);
	return NULL;
}

static bool ask_twice(passphrase_ask ask, void *ctx, struct secret *out, struct err *err)
{
	struct secret again = SECRET_INIT;
	bool ok = ask(ctx, "New passphrase for the credential file", out, err) &&
		  ask(ctx, "The same again", &again, err);

	if (ok && (again.len != out->len || !crypto_equal(again.ptr, out->ptr, out->len))) {
		ok = err_setf(err, ERR_USAGE, "the two passphrases differ");
	}
	secret_release(&again);
	return ok;
}

bool passphrase_find(passphrase_ask ask, void *ctx, bool is_new, struct secret *out,
		     bool *was_asked, struct err *err)
{
	char *path = file_with_passphrase();
	bool ok;

	*was_asked = !path && ask;
	if (path) {
		ok = read_file(path, out, err);
		free(path);
		return ok;
	}
	if (!ask) {
		err_setf(err, ERR_STORE, "the credential file needs a passphrase");
		return err_hintf(err, "name a file that holds it in "
				 "LLM_GATEWAY_PASSPHRASE_FILE, or give systemd the "
				 "credential llm-gateway-passphrase");
	}
	if (is_new) {
		return ask_twice(ask, ctx, out, err);
	}
	return ask(ctx, "Passphrase of the credential file", out, err);
}
