#include "credentials/store.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"
#include "credentials/store_ops.h"

struct credential_store *store_open(const char *kind, const char *home, struct err *err)
{
	return store_open_asking(kind, home, NULL, NULL, err);
}

struct credential_store *store_open_asking(const char *kind, const char *home,
					   passphrase_ask ask, void *ctx,
					   struct err *err)
{
	struct credential_store *s = NULL;

	if (str_eq(kind, "file")) {
		s = sealed_file_open(home, ask, ctx, err);
	} else if (str_eq(kind, "keyring") || str_eq(kind, "auto")) {
		s = keyring_store_open(home, err);
	} else {
		err_setf(err, ERR_INVALID, "unknown credential store \"%s\"", kind);
		err_hintf(err, "use auto, keyring or file");
	}
	if (s) {
		pthread_mutex_init(&s->turn, NULL);
	}
	return s;
}

void store_close(struct credential_store *s)
{
	if (s) {
		pthread_mutex_destroy(&s->turn);
		s->ops->close(s);
	}
}

const char *store_kind(const struct credential_store *s)
{
	return s->ops->kind;
}

static bool check_name(const char *account, struct err *err)
{
	if (str_empty(account) || strlen(account) > MAX_STORE_NAME_BYTES) {
		return err_setf(err, ERR_INVALID, "not a name for a stored secret");
	}
	return true;
}

bool store_get(struct credential_store *s, const char *account, struct secret *out,
	       struct err *err)
{
	bool ok;

	if (!check_name(account, err)) {
		return false;
	}
	pthread_mutex_lock(&s->turn);
	ok = s->ops->get(s, account, out, err);
	pthread_mutex_unlock(&s->turn);
	return ok;
}

bool store_put(struct credential_store *s, const char *account, const struct secret *value,
	       struct err *err)
{
	bool ok;

	if (!check_name(account, err)) {
		return false;
	}
	if (secret_is_empty(value)) {
		return err_setf(err, ERR_INVALID, "the secret for %s is empty", account);
	}
	if (value->len > MAX_SECRET_BYTES) {
		return err_setf(err, ERR_TOO_LARGE, "the secret for %s is larger than %lu bytes",
				account, MAX_SECRET_BYTES);
	}
	pthread_mutex_lock(&s->turn);
	ok = s->ops->put(s, account, value, err);
	pthread_mutex_unlock(&s->turn);
	return ok;
}

bool store_delete(struct credential_store *s, const char *account, struct err *err)
{
	bool ok;

	if (!check_name(account, err)) {
		return false;
	}
	pthread_mutex_lock(&s->turn);
	ok = s->ops->remove(s, account, err);
	pthread_mutex_unlock(&s->turn);
	return ok;
}

bool store_list(struct credential_store *s, store_visit visit, void *ctx, struct err *err)
{
	bool ok;

	pthread_mutex_lock(&s->turn);
	ok = s->ops->list(s, visit, ctx, err);
	pthread_mutex_unlock(&s->turn);
	return ok;
}

static void collect_name(void *ctx, const char *account)
{
	vec_push(ctx, xstrdup(account));
}

static bool copy_one(struct credential_store *from, struct credential_store *to,
		     const char *account, struct err *err)
{
	struct secret value = SECRET_INIT;
	struct secret back = SECRET_INIT;
	bool ok = store_get(from, account, &value, err) &&
		  store_put(to, account, &value, err) &&
		  store_get(to, account, &back, err);

	if (ok && (back.len != value.len || !crypto_equal(back.ptr, value.ptr, value.len))) {
		ok = err_setf(err, ERR_STORE, "the %s store gave back another secret for %s",
			      store_kind(to), account);
	}
	secret_release(&value);
	secret_release(&back);
	return ok;
}

bool store_migrate(struct credential_store *from, struct credential_store *to,
		   size_t *moved, struct err *err)
{
	struct vec names = {0};
	bool ok = store_list(from, collect_name, &names, err);

	for (size_t i = 0; ok && i < names.len; i++) {
		ok = copy_one(from, to, names.items[i], err);
	}
	for (size_t i = 0; ok && i < names.len; i++) {
		ok = store_delete(from, names.items[i], err);
	}
	if (ok && moved) {
		*moved = names.len;
	}
	for (size_t i = 0; i < names.len; i++) {
		free(names.items[i]);
	}
	vec_release(&names);
	return ok;
}
