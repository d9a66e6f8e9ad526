/*
 * The keyring as a store. What is too large for a keyring item is sealed with
 * a random key in <home>/credentials.d/<hash of the name>, and the item holds
 * only that key, behind a mark:
 *
 *	llm-gateway-sealed:1:<base64url of the key>
 *
 * The file begins with its IV. A value that itself begins with the mark is
 * sealed as well, so that no value is ever taken for a key.
 *
 * The order of writing leaves the old or the new value after a crash at any
 * point: a file is written before the item that first names its key, replaced
 * as a whole under the same key, and removed after the item. At worst a file
 * stays behind that nothing can open any more; the next large value of that
 * name replaces it.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "credentials/keyring.h"
#include "credentials/store_ops.h"

#define MARK "llm-gateway-sealed:1:"
#define KEY_TEXT_BYTES 43      /* 32 bytes in base64url */

struct keyring_store {
	struct credential_store base;
	char *home;             /* as the items' attribute has it: no links in it */
	char *sealed_dir;
	char *lock_path;
};

static struct keyring_store *self_of(struct credential_store *s)
{
	return (struct keyring_store *)s;
}

static bool is_marked(struct slice value)
{
	return value.len >= strlen(MARK) && memcmp(value.ptr, MARK, strlen(MARK)) == 0;
}

static bool key_of(struct slice value, unsigned char key[AES_KEY_BYTES])
{
	struct buf raw = BUF_INIT(AES_KEY_BYTES + 1);
	struct slice text = { value.ptr + strlen(MARK), value.len - strlen(MARK) };
	bool ok = text.len == KEY_TEXT_BYTES && crypto_base64url_decode(text, &raw) &&
		  raw.len == AES_KEY_BYTES;

	if (ok) {
		memcpy(key, raw.ptr, AES_KEY_BYTES);
	}
	buf_wipe(&raw);
	return ok;
}

static char *sealed_path(const struct keyring_store *k, const char *account)
{
	char hash[SHA256_HEX_BYTES];

	crypto_sha256_hex(slice_of(account), hash);
	return xasprintf("%s/%.32s", k->sealed_dir, hash);
}

static bool write_sealed(const struct keyring_store *k, const char *account,
			 const unsigned char key[AES_KEY_BYTES], struct slice value,
			 struct err *err)
{
	struct buf file = BUF_INIT(MAX_SECRET_BYTES + AES_IV_BYTES + AES_TAG_BYTES);
	unsigned char iv[AES_IV_BYTES];
	char *path = sealed_path(k, account);
	bool ok;

	crypto_random(iv, sizeof iv);
	buf_add(&file, iv, sizeof iv);
	ok = crypto_seal(key, iv, slice_of(account), value, &file) &&
	     file_make_dir(k->sealed_dir, 0700, err) &&
	     file_write(path, buf_slice(&file), 0600, err);
	buf_release(&file);
	free(path);
	return ok;
}

static bool unseal(struct slice file, const char *account,
		   const unsigned char key[AES_KEY_BYTES], struct secret *out)
{
	struct buf plain = BUF_INIT(MAX_SECRET_BYTES + AES_TAG_BYTES);
	struct slice sealed = { file.ptr + AES_IV_BYTES, file.len - AES_IV_BYTES };
	bool ok = file.len > AES_IV_BYTES &&
		  crypto_open(key, (const unsigned char *)file.ptr, slice_of(account), sealed,
			      &plain);

	if (ok) {
		secret_set(out, buf_slice(&plain));
	}
	buf_wipe(&plain);
	return ok;
}

static bool read_sealed(const struct keyring_store *k, const char *account,
			struct slice marked, struct secret *out, struct err *err)
{
	struct buf file = BUF_INIT(MAX_SECRET_BYTES + AES_IV_BYTES + AES_TAG_BYTES);
	unsigned char key[AES_KEY_BYTES];
	char *path = sealed_path(k, account);
	bool ok = key_of(marked, key) && file_read(path, &file, NULL) &&
		  unseal(buf_slice(&file), account, key, out);

	if (!ok) {
		err_setf(err, ERR_STORE, "%s is missing or damaged: the keyring holds only "
			 "its key", path);
		err_hintf(err, "restore it from a backup, or add the secret again");
	}
	mem_wipe(key, sizeof key);
	buf_release(&file);
	free(path);
	return ok;
}

static void remove_sealed(const struct keyring_store *k, const char *account)
{
	char *path = sealed_path(k, account);

	unlink(path);
	free(path);
}

static int lock(const struct keyring_store *k, struct err *err)
{
	int fd = file_lock(k->lock_path, true, err);

	if (fd < 0 && err) {
		err->kind = ERR_STORE;
	}
	return fd;
}

/* A marked item and its file are two things: they are read together under the
 * lock that writers hold. */
static bool get_sealed(const struct keyring_store *k, const char *account,
		       struct secret *out, struct err *err)
{
	struct secret item = SECRET_INIT;
	int fd = lock(k, err);
	bool ok = fd >= 0 && keyring_get(k->home, account, &item, err);

	if (ok && is_marked(secret_peek(&item))) {
		ok = read_sealed(k, account, secret_peek(&item), out, err);
	} else if (ok) {
		secret_set(out, secret_peek(&item));
	}
	if (fd >= 0) {
		close(fd);
	}
	secret_release(&item);
	return ok;
}

static bool keyring_store_get(struct credential_store *s, const char *account,
			      struct secret *out, struct err *err)
{
	struct keyring_store *k = self_of(s);
	struct secret item = SECRET_INIT;
	bool ok = keyring_get(k->home, account, &item, err);

	if (ok && is_marked(secret_peek(&item))) {
		ok = get_sealed(k, account, out, err);
	} else if (ok) {
		secret_set(out, secret_peek(&item));
	}
	secret_release(&item);
	return ok;
}

/* The key that the item holds already; *has_key is false when it holds none.
 * A keyring that does not answer is a failure: another key would make the
 * file that is there unreadable. */
static bool present_key(const struct keyring_store *k, const char *account,
			unsigned char key[AES_KEY_BYTES], bool *has_key, struct err *err)
{
	struct secret item = SECRET_INIT;
	struct err why = ERR_INIT;
	bool ok = keyring_get(k->home, account, &item, &why);

	*has_key = ok && is_marked(secret_peek(&item)) && key_of(secret_peek(&item), key);
	secret_release(&item);
	if (ok || why.kind == ERR_NOT_FOUND) {
		return true;
	}
	if (err) {
		*err = why;
	}
	return false;
}

static bool put_key(const struct keyring_store *k, const char *account,
		    const unsigned char key[AES_KEY_BYTES], struct err *err)
{
	struct buf item = BUF_INIT(strlen(MARK) + KEY_TEXT_BYTES + 1);
	bool ok;

	buf_adds(&item, MARK);
	crypto_base64url((struct slice){ (const char *)key, AES_KEY_BYTES }, &item);
	ok = keyring_put(k->home, account, buf_slice(&item), err);
	buf_wipe(&item);
	return ok;
}

static bool put_sealed(const struct keyring_store *k, const char *account,
		       struct slice value, struct err *err)
{
	unsigned char key[AES_KEY_BYTES];
	bool has_key;
	bool ok;

	if (!present_key(k, account, key, &has_key, err)) {
		return false;
	}
	if (!has_key) {
		crypto_random(key, sizeof key);
	}
	ok = write_sealed(k, account, key, value, err);
	if (!ok && err) {
		err->kind = ERR_STORE;
	}
	ok = ok && (has_key || put_key(k, account, key, err));
	mem_wipe(key, sizeof key);
	return ok;
}

static bool keyring_store_put(struct credential_store *s, const char *account,
			      const struct secret *value, struct err *err)
{
	struct keyring_store *k = self_of(s);
	struct slice text = secret_peek(value);
	int fd = lock(k, err);
	bool ok = fd >= 0;

	if (ok && (text.len > MAX_KEYRING_VALUE_BYTES || is_marked(text))) {
		ok = put_sealed(k, account, text, err);
	} else if (ok) {
		ok = keyring_put(k->home, account, text, err);
		if (ok) {
			remove_sealed(k, account);
		}
	}
	if (fd >= 0) {
		close(fd);
	}
	return ok;
}

static bool keyring_store_remove(struct credential_store *s, const char *account,
				 struct err *err)
{
	struct keyring_store *k = self_of(s);
	int fd = lock(k, err);
	bool ok = fd >= 0 && keyring_remove(k->home, account, err);

	if (ok) {
		remove_sealed(k, account);
	}
	if (fd >= 0) {
		close(fd);
	}
	return ok;
}

static bool keyring_store_list(struct credential_store *s, store_visit visit, void *ctx,
			       struct err *err)
{
	return keyring_list(self_of(s)->home, visit, ctx, err);
}

static void keyring_store_close(struct credential_store *s)
{
	struct keyring_store *k = self_of(s);

	free(k->home);
	free(k->sealed_dir);
	free(k->lock_path);
	free(k);
}

static const struct store_ops keyring_store_ops = {
	.kind = "keyring",
	.get = keyring_store_get,
	.put = keyring_store_put,
	.remove = keyring_store_remove,
	.list = keyring_store_list,
	.close = keyring_store_close,
};

struct credential_store *keyring_store_open(const char *home, struct err *err)
{
	struct keyring_store *k;
	char *real;

	if (!keyring_probe(err)) {
		return NULL;
	}
	real = realpath(home, NULL);
	k = xcalloc(1, sizeof *k);
	k->base.ops = &keyring_store_ops;
	k->home = xstrdup(real ? real : home);
	k->sealed_dir = xasprintf("%s/credentials.d", home);
	k->lock_path = xasprintf("%s/credentials.lock", home);
	free(real);
	return &k->base;
}
