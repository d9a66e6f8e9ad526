#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/limits.h"

#define SCRYPT_MEMORY (512 * MIB)  /* what n = 2^17, r = 8 needs, with room */

void crypto_random(void *out, size_t len)
{
	if (RAND_bytes(out, (int)len) != 1) {
		abort();
	}
}

/* Looking the algorithm up costs more than hashing a key: once is enough. */
static const EVP_MD *sha256(void)
{
	static EVP_MD *md;
	EVP_MD *found = __atomic_load_n(&md, __ATOMIC_ACQUIRE);
	EVP_MD *fresh;

	if (found) {
		return found;
	}
	fresh = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!fresh) {
		abort();
	}
	if (!__atomic_compare_exchange_n(&md, &found, fresh, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE)) {
		EVP_MD_free(fresh);
		return found;
	}
	return fresh;
}

void crypto_sha256(struct slice data, unsigned char out[SHA256_BYTES])
{
	EVP_Digest(data.ptr, data.len, out, NULL, sha256(), NULL);
}

void crypto_sha256_hex(struct slice data, char out[SHA256_HEX_BYTES])
{
	unsigned char digest[SHA256_BYTES];

	crypto_sha256(data, digest);
	crypto_hex(digest, sizeof digest, out);
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

static bool seal_into(EVP_CIPHER_CTX *ctx, const unsigned char *key,
		      const unsigned char *iv, struct slice aad,
		      struct slice plain, unsigned char *out)
{
	int len = 0;

	return EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &len, (const unsigned char *)aad.ptr,
				 (int)aad.len) == 1 &&
	       EVP_EncryptUpdate(ctx, out, &len, (const unsigned char *)plain.ptr,
				 (int)plain.len) == 1 &&
	       EVP_EncryptFinal_ex(ctx, out + len, &len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, AES_TAG_BYTES,
				   out + plain.len) == 1;
}

bool crypto_seal(const unsigned char key[AES_KEY_BYTES],
		 const unsigned char iv[AES_IV_BYTES], struct slice aad,
		 struct slice plain, struct buf *out)
{
	EVP_CIPHER_CTX *ctx;
	bool ok;

	if (!buf_reserve(out, plain.len + AES_TAG_BYTES)) {
		return false;
	}
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx && seal_into(ctx, key, iv, aad, plain,
			      (unsigned char *)out->ptr + out->len);
	EVP_CIPHER_CTX_free(ctx);
	if (ok) {
		out->len += plain.len + AES_TAG_BYTES;
		out->ptr[out->len] = '\0';
	}
	return ok;
}

static bool open_into(EVP_CIPHER_CTX *ctx, const unsigned char *key,
		      const unsigned char *iv, struct slice aad,
		      struct slice sealed, unsigned char *out)
{
	size_t len = sealed.len - AES_TAG_BYTES;
	int done = 0;
	unsigned char tag[AES_TAG_BYTES];

	memcpy(tag, sealed.ptr + len, sizeof tag);
	return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, iv) == 1 &&
	       EVP_DecryptUpdate(ctx, NULL, &done, (const unsigned char *)aad.ptr,
				 (int)aad.len) == 1 &&
	       EVP_DecryptUpdate(ctx, out, &done, (const unsigned char *)sealed.ptr,
				 (int)len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, AES_TAG_BYTES, tag) == 1 &&
	       EVP_DecryptFinal_ex(ctx, out + done, &done) == 1;
}

bool crypto_open(const unsigned char key[AES_KEY_BYTES],
		 const unsigned char iv[AES_IV_BYTES], struct slice aad,
		 struct slice sealed, struct buf *out)
{
	EVP_CIPHER_CTX *ctx;
	bool ok;

	if (sealed.len < AES_TAG_BYTES || !buf_reserve(out, sealed.len)) {
		return false;
	}
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx && open_into(ctx, key, iv, aad, sealed,
			      (unsigned char *)out->ptr + out->len);
	EVP_CIPHER_CTX_free(ctx);
	if (ok) {
		out->len += sealed.len - AES_TAG_BYTES;
	}
	out->ptr[out->len] = '\0';
	return ok;
}

bool crypto_scrypt(struct slice passphrase, struct slice salt, uint64_t n,
		   uint64_t r, uint64_t p, unsigned char out[AES_KEY_BYTES])
{
	return EVP_PBE_scrypt(passphrase.ptr, passphrase.len,
			      (const unsigned char *)salt.ptr, salt.len, n, r, p,
			      SCRYPT_MEMORY, out, AES_KEY_BYTES) == 1;
}

static size_t encoded_length(size_t len, bool pad)
{
	return pad ? (len + 2) / 3 * 4 : len / 3 * 4 + (len % 3 ? len % 3 + 1 : 0);
}

/* Straight into the buffer's storage: a body may have megabytes. */
static void encode64(struct slice data, struct buf *out, const char *alphabet, bool pad)
{
	const unsigned char *in = (const unsigned char *)data.ptr;
	char *at;

	if (!buf_reserve(out, encoded_length(data.len, pad))) {
		return;
	}
	at = out->ptr + out->len;
	for (size_t i = 0; i < data.len; i += 3) {
		size_t left = data.len - i;
		unsigned long bits = (unsigned long)in[i] << 16;

		bits |= left > 1 ? (unsigned long)in[i + 1] << 8 : 0;
		bits |= left > 2 ? in[i + 2] : 0;
		*at++ = alphabet[bits >> 18 & 63];
		*at++ = alphabet[bits >> 12 & 63];
		if (left > 1) {
			*at++ = alphabet[bits >> 6 & 63];
		}
		if (left > 2) {
			*at++ = alphabet[bits & 63];
		}
		for (size_t k = left; pad && k < 3; k++) {
			*at++ = '=';
		}
	}
	*at = '\0';
	out->len = (size_t)(at - out->ptr);
}

/* Of each byte: its six bits + 1; 0: none. Both alphabets. */
static const unsigned char digits64[256] = {
	['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,
	['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63,
	['+'] = 63, ['_'] = 64, ['/'] = 64,
};

static size_t decoded_length(size_t len)
{
	return len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0);
}

static bool decode64(struct slice text, struct buf *out)
{
	unsigned long bits = 0;
	unsigned have = 0;
	char *at;

	while (text.len && text.ptr[text.len - 1] == '=') {
		text.len--;
	}
	if (text.len % 4 == 1 || !buf_reserve(out, decoded_length(text.len))) {
		return false;
	}
	at = out->ptr + out->len;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = digits64[(unsigned char)text.ptr[i]];

		if (!digit) {
			out->ptr[out->len] = '\0';
			return false;
		}
		bits = (bits << 6 | (digit - 1)) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*at++ = (char)(bits >> have & 0xff);
		}
	}
	*at = '\0';
	out->len = (size_t)(at - out->ptr);
	return true;
}

static const char url_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void crypto_base64url(struct slice data, struct buf *out)
{
	encode64(data, out, url_alphabet, false);
}

bool crypto_base64url_decode(struct slice text, struct buf *out)
{
	return decode64(text, out);
}

void crypto_base64(struct slice data, struct buf *out)
{
	encode64(data, out, std_alphabet, true);
}

bool crypto_base64_decode(struct slice text, struct buf *out)
{
	return decode64(text, out);
}

void crypto_hex(const unsigned char *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}
