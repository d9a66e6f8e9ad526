/*
 * The only file with libcrypto: random bytes, SHA-256, AES-256-GCM, scrypt,
 * constant-time comparison; and the encodings that go with them.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define SHA256_BYTES 32
#define SHA256_HEX_BYTES (2 * SHA256_BYTES + 1)
#define AES_KEY_BYTES 32
#define AES_IV_BYTES 12
#define AES_TAG_BYTES 16

/* Fills with random bytes from the system; ends the process when it cannot. */
void crypto_random(void *out, size_t len);

void crypto_sha256(struct slice data, unsigned char out[SHA256_BYTES]);
void crypto_sha256_hex(struct slice data, char out[SHA256_HEX_BYTES]);

/* Equal in a time that depends on the length alone. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* AES-256-GCM. Appends ciphertext and tag to `out`. */
bool crypto_seal(const unsigned char key[AES_KEY_BYTES],
		 const unsigned char iv[AES_IV_BYTES], struct slice aad,
		 struct slice plain, struct buf *out);

/* Reverse: false (and `out` unchanged) when the tag does not fit. */
bool crypto_open(const unsigned char key[AES_KEY_BYTES],
		 const unsigned char iv[AES_IV_BYTES], struct slice aad,
		 struct slice sealed, struct buf *out);

/* scrypt; n is a power of two. False when the parameters are refused. */
bool crypto_scrypt(struct slice passphrase, struct slice salt, uint64_t n,
		   uint64_t r, uint64_t p, unsigned char out[AES_KEY_BYTES]);

/* Unpadded base64url (RFC 4648 section 5). */
void crypto_base64url(struct slice data, struct buf *out);
bool crypto_base64url_decode(struct slice text, struct buf *out);

/* Ordinary padded base64. */
void crypto_base64(struct slice data, struct buf *out);
bool crypto_base64_decode(struct slice text, struct buf *out);

void crypto_hex(const unsigned char *data, size_t len, char *out);  /* 2*len + NUL */

#endif
