/*
 * What the two stores implement, for this room only. Each begins its struct
 * with a struct credential_store. store.c checks names and sizes and lets one
 * call in at a time, so that an implementation needs no lock of its own
 * against threads; against other processes it does.
 */
#ifndef CREDENTIALS_STORE_OPS_H
#define CREDENTIALS_STORE_OPS_H

#include <pthread.h>

#include "credentials/store.h"

struct store_ops {
	const char *kind;
	bool (*get)(struct credential_store *s, const char *account, struct secret *out,
		    struct err *err);
	bool (*put)(struct credential_store *s, const char *account,
		    const struct secret *value, struct err *err);
	bool (*remove)(struct credential_store *s, const char *account, struct err *err);
	bool (*list)(struct credential_store *s, store_visit visit, void *ctx,
		     struct err *err);
	void (*close)(struct credential_store *s);
};

struct credential_store {
	const struct store_ops *ops;
	pthread_mutex_t turn;
};

struct credential_store *keyring_store_open(const char *home, struct err *err);
struct credential_store *sealed_file_open(const char *home, passphrase_ask ask, void *ctx,
					  struct err *err);

#endif
