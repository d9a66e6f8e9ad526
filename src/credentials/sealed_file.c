/*
 * The file store: credentials.enc in the home, for machines without a
 * keyring.
 *
 *	offset  bytes
 *	 0      8   "LLMGWENC"
 *	 8      1   version, 1
 *	 9      3   scrypt: log2 n, r, p
 *	12     16   salt
 *	28     16   check of the key: a wrong passphrase is told from damage
 *	44     12   IV, new with each write
 *	56          AES-256-GCM of the records, the 56 bytes above as
 *	            additional data, the tag at the end
 *
 * A record: length of the name (2 bytes, big-endian), of the value (4), name,
 * value. A change reads, edits and replaces the file as a whole under a lock
 * file; readers need no lock, since the file is only ever replaced. The key is
 * kept in the open store: scrypt runs once.
 */
#include <stdlib.h>

#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"
#include "credentials/passphrase.h"
#include "credentials/store_ops.h"

/* 32 MiB and about 0.2 s: OWASP's figures for scrypt with this much memory.
 * Tests use a cheaper one. */
#ifndef SEALED_LOG2_N
#define SEALED_LOG2_N 15
#endif
#define SEALED_R 8
#define SEALED_P 3

#define MAGIC "LLMGWENC\1"
#define MAGIC_BYTES 9
#define SALT_AT 12
#define SALT_BYTES 16
#define PARAMS_BYTES (SALT_AT + SALT_BYTES)    /* what the key depends on */
#define CHECK_AT PARAMS_BYTES
#define CHECK_BYTES 16
#define IV_AT (CHECK_AT + CHECK_BYTES)
#define HEADER_BYTES (IV_AT + AES_IV_BYTES)
#define RECORD_HEAD_BYTES 6
#define ASK_TRIES 3

struct sealed_file {
	struct credential_store base;
	char *path;
	char *lock_path;
	struct secret passphrase;
	unsigned char params[PARAMS_BYTES];  /* those that `key` was made with */
	unsigned char key[AES_KEY_BYTES];
	bool has_key;
};

struct record {
	struct slice name;
	struct slice value;
	struct slice whole;
};

static struct sealed_file *self_of(struct credential_store *s)
{
	return (struct sealed_file *)s;
}

static bool damaged(const struct sealed_file *f, struct err *err)
{
	err_setf(err, ERR_STORE, "%s is damaged", f->path);
	return err_hintf(err, "restore it from a backup, or move it away and add the "
			 "secrets again");
}

static unsigned get_be(const char *ptr, size_t count)
{
	unsigned value = 0;

	for (size_t i = 0; i < count; i++) {
		value = value << 8 | (unsigned char)ptr[i];
	}
	return value;
}

static void add_be(struct buf *out, size_t value, size_t count)
{
	while (count--) {
		buf_addc(out, (char)(value >> (8 * count) & 0xff));
	}
}

/* Cuts the first record off `rest`; false at the end, or with *rest not empty
 * when the lengths do not fit. */
static bool record_next(struct slice *rest, struct record *r)
{
	size_t name_len;
	size_t value_len;

	if (rest->len < RECORD_HEAD_BYTES) {
		return false;
	}
	name_len = get_be(rest->ptr, 2);
	value_len = get_be(rest->ptr + 2, 4);
	if (name_len > rest->len - RECORD_HEAD_BYTES ||
	    value_len > rest->len - RECORD_HEAD_BYTES - name_len) {
		return false;
	}
	r->name = (struct slice){ rest->ptr + RECORD_HEAD_BYTES, name_len };
	r->value = (struct slice){ r->name.ptr + name_len, value_len };
	r->whole = (struct slice){ rest->ptr, RECORD_HEAD_BYTES + name_len + value_len };
	rest->ptr += r->whole.len;
	rest->len -= r->whole.len;
	return true;
}

static bool find_record(struct slice records, const char *account, struct record *r)
{
	while (record_next(&records, r)) {
		if (slice_eq(r->name, account)) {
			return true;
		}
	}
	return false;
}

static void key_check(const unsigned char key[AES_KEY_BYTES],
		      unsigned char out[CHECK_BYTES])
{
	static const char label[] = "llm-gateway credentials.enc key check";
	unsigned char text[AES_KEY_BYTES + sizeof label];
	unsigned char digest[SHA256_BYTES];

	memcpy(text, key, AES_KEY_BYTES);
	memcpy(text + AES_KEY_BYTES, label, sizeof label);
	crypto_sha256((struct slice){ (const char *)text, sizeof text }, digest);
	memcpy(out, digest, CHECK_BYTES);
	mem_wipe(text, sizeof text);
}

/* A key for these parameters, from memory when they are the ones of last
 * time. The parameters of a file are a stranger's until its tag has been
 * checked: crypto_scrypt bounds their memory, `p` the time. */
static bool derive(struct sealed_file *f, const unsigned char params[PARAMS_BYTES],
		   struct err *err)
{
	unsigned log2_n = params[9];
	unsigned r = params[10];
	unsigned p = params[11];
	struct slice salt = { (const char *)params + SALT_AT, SALT_BYTES };

	if (f->has_key && memcmp(f->params, params, PARAMS_BYTES) == 0) {
		return true;
	}
	if (log2_n < 1 || log2_n > 20 || r < 1 || r > 32 || p < 1 || p > 16 ||
	    !crypto_scrypt(secret_peek(&f->passphrase), salt, 1ULL << log2_n, r, p,
			   f->key)) {
		f->has_key = false;
		return damaged(f, err);
	}
	memcpy(f->params, params, PARAMS_BYTES);
	f->has_key = true;
	return true;
}

static bool wrong_passphrase(const struct sealed_file *f, struct err *err)
{
	err_setf(err, ERR_STORE, "the passphrase does not open %s", f->path);
	return err_hintf(err, "give the passphrase that the file was made with; without it "
			 "move the file away and add the secrets again");
}

static bool unseal(struct sealed_file *f, struct slice file, struct buf *records,
		   struct err *err)
{
	const unsigned char *header = (const unsigned char *)file.ptr;
	unsigned char check[CHECK_BYTES];
	struct slice sealed;

	if (file.len < HEADER_BYTES + AES_TAG_BYTES ||
	    memcmp(file.ptr, MAGIC, MAGIC_BYTES) != 0) {
		return damaged(f, err);
	}
	if (!derive(f, header, err)) {
		return false;
	}
	key_check(f->key, check);
	if (!crypto_equal(check, header + CHECK_AT, CHECK_BYTES)) {
		f->has_key = false;
		return wrong_passphrase(f, err);
	}
	sealed = (struct slice){ file.ptr + HEADER_BYTES, file.len - HEADER_BYTES };
	if (!crypto_open(f->key, header + IV_AT, (struct slice){ file.ptr, HEADER_BYTES },
			 sealed, records)) {
		return damaged(f, err);
	}
	return true;
}

/* The records, decrypted; none when the file does not exist yet. The caller
 * wipes the buffer. */
static bool load(struct sealed_file *f, struct buf *records, struct err *err)
{
	struct buf file = BUF_INIT(MAX_SEALED_FILE_BYTES);
	struct err why = ERR_INIT;
	bool ok = file_read(f->path, &file, &why);

	if (ok) {
		ok = unseal(f, buf_slice(&file), records, err);
	} else if (why.kind == ERR_NOT_FOUND) {
		ok = true;
	} else {
		err_setf(err, ERR_STORE, "%s", why.msg);
	}
	buf_release(&file);
	return ok;
}

static bool fresh_key(struct sealed_file *f, struct err *err)
{
	unsigned char params[PARAMS_BYTES] = MAGIC;

	params[9] = SEALED_LOG2_N;
	params[10] = SEALED_R;
	params[11] = SEALED_P;
	crypto_random(params + SALT_AT, SALT_BYTES);
	return derive(f, params, err);
}

static bool save(struct sealed_file *f, struct slice records, struct err *err)
{
	struct buf file = BUF_INIT(MAX_SEALED_FILE_BYTES);
	unsigned char header[HEADER_BYTES];
	struct slice aad = { (const char *)header, sizeof header };
	struct err why = ERR_INIT;
	bool ok = f->has_key || fresh_key(f, err);

	if (ok) {
		memcpy(header, f->params, PARAMS_BYTES);
		key_check(f->key, header + CHECK_AT);
		crypto_random(header + IV_AT, AES_IV_BYTES);
		buf_add(&file, header, sizeof header);
		if (!crypto_seal(f->key, header + IV_AT, aad, records, &file)) {
			ok = err_setf(err, ERR_TOO_LARGE, "%s would be larger than %lu bytes",
				      f->path, MAX_SEALED_FILE_BYTES);
		} else if (!file_write(f->path, buf_slice(&file), 0600, &why)) {
			ok = err_setf(err, ERR_STORE, "%s", why.msg);
		}
	}
	buf_release(&file);
	return ok;
}

/* All records but `account`'s; tells whether it was there. */
static bool copy_others(struct slice records, const char *account, struct buf *out)
{
	struct record r;
	bool found = false;

	while (record_next(&records, &r)) {
		if (slice_eq(r.name, account)) {
			found = true;
		} else {
			buf_add(out, r.whole.ptr, r.whole.len);
		}
	}
	return found;
}

static void add_record(struct buf *out, const char *account, const struct secret *value)
{
	add_be(out, strlen(account), 2);
	add_be(out, value->len, 4);
	buf_adds(out, account);
	buf_add(out, value->ptr, value->len);
}

/* Replaces (value) or removes (NULL) one record, under the lock. */
static bool change(struct sealed_file *f, const char *account, const struct secret *value,
		   struct err *err)
{
	struct buf old = BUF_INIT(MAX_SEALED_FILE_BYTES);
	struct buf new = BUF_INIT(MAX_SEALED_FILE_BYTES);
	int lock = file_lock(f->lock_path, true, err);
	bool ok = lock >= 0 && load(f, &old, err);

	if (lock < 0 && err) {
		err->kind = ERR_STORE;
	}
	if (ok) {
		/* Once and for all: growing would leave plain copies behind. */
		buf_reserve(&new, old.len + (value ? value->len : 0) + MAX_STORE_NAME_BYTES +
			    RECORD_HEAD_BYTES);
		if (!copy_others(buf_slice(&old), account, &new) && !value) {
			ok = err_setf(err, ERR_NOT_FOUND, "no secret is stored for %s", account);
		} else if (value) {
			add_record(&new, account, value);
		}
	}
	if (ok && new.failed) {
		ok = err_setf(err, ERR_TOO_LARGE, "%s would be larger than %lu bytes", f->path,
			      MAX_SEALED_FILE_BYTES);
	}
	ok = ok && save(f, buf_slice(&new), err);
	if (lock >= 0) {
		close(lock);
	}
	buf_wipe(&old);
	buf_wipe(&new);
	return ok;
}

static bool sealed_file_get(struct credential_store *s, const char *account,
			    struct secret *out, struct err *err)
{
	struct buf records = BUF_INIT(MAX_SEALED_FILE_BYTES);
	struct record r;
	bool ok = load(self_of(s), &records, err);

	if (ok && find_record(buf_slice(&records), account, &r)) {
		secret_set(out, r.value);
	} else if (ok) {
		ok = err_setf(err, ERR_NOT_FOUND, "no secret is stored for %s", account);
	}
	buf_wipe(&records);
	return ok;
}

static bool sealed_file_put(struct credential_store *s, const char *account,
			    const struct secret *value, struct err *err)
{
	return change(self_of(s), account, value, err);
}

static bool sealed_file_remove(struct credential_store *s, const char *account,
			       struct err *err)
{
	return change(self_of(s), account, NULL, err);
}

static bool sealed_file_list(struct credential_store *s, store_visit visit, void *ctx,
			     struct err *err)
{
	struct buf records = BUF_INIT(MAX_SEALED_FILE_BYTES);
	bool ok = load(self_of(s), &records, err);
	struct slice rest = buf_slice(&records);
	struct record r;

	while (ok && record_next(&rest, &r)) {
		char name[MAX_STORE_NAME_BYTES + 1] = "";

		memcpy(name, r.name.ptr, r.name.len < sizeof name ? r.name.len :
		       sizeof name - 1);
		visit(ctx, name);
	}
	buf_wipe(&records);
	return ok;
}

static void sealed_file_close(struct credential_store *s)
{
	struct sealed_file *f = self_of(s);

	secret_release(&f->passphrase);
	mem_wipe(f->key, sizeof f->key);
	free(f->path);
	free(f->lock_path);
	free(f);
}

static const struct store_ops sealed_file_ops = {
	.kind = "file",
	.get = sealed_file_get,
	.put = sealed_file_put,
	.remove = sealed_file_remove,
	.list = sealed_file_list,
	.close = sealed_file_close,
};

/* Finds the passphrase and tries it on the file; a person who mistypes it is
 * asked again. */
static bool unlock(struct sealed_file *f, passphrase_ask ask, void *ctx, struct err *err)
{
	bool is_new = !file_exists(f->path);
	bool was_asked = false;
	bool ok = false;
	struct err why = ERR_INIT;

	for (int i = 0; i < ASK_TRIES && !ok; i++) {
		struct buf records = BUF_INIT(MAX_SEALED_FILE_BYTES);
		bool found = passphrase_find(ask, ctx, is_new, &f->passphrase, &was_asked,
					     &why);

		ok = found && load(f, &records, &why);
		buf_wipe(&records);
		if (!found || f->has_key || !was_asked) {
			break;
		}
	}
	if (!ok && err) {
		*err = why;
	}
	return ok;
}

struct credential_store *sealed_file_open(const char *home, passphrase_ask ask, void *ctx,
					  struct err *err)
{
	struct sealed_file *f = xcalloc(1, sizeof *f);

	f->base.ops = &sealed_file_ops;
	f->path = xasprintf("%s/credentials.enc", home);
	f->lock_path = xasprintf("%s/credentials.lock", home);
	if (!unlock(f, ask, ctx, err)) {
		sealed_file_close(&f->base);
		return NULL;
	}
	return &f->base;
}
