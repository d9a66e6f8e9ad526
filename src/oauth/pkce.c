#include "oauth/pkce.h"

#include <assert.h>

#include "base/crypto.h"
#include "base/mem.h"

#define RANDOM_BYTES 32

static void encode(const unsigned char *bytes, size_t len, struct buf *out)
{
	crypto_base64url((struct slice){ (const char *)bytes, len }, out);
	assert(out->len == PKCE_TEXT_BYTES - 1);
}

void pkce_random(struct secret *out)
{
	unsigned char bytes[RANDOM_BYTES];
	struct buf text = BUF_INIT(PKCE_TEXT_BYTES);

	crypto_random(bytes, sizeof bytes);
	encode(bytes, sizeof bytes, &text);
	secret_set(out, buf_slice(&text));
	mem_wipe(bytes, sizeof bytes);
	buf_wipe(&text);
}

void pkce_challenge(const struct secret *verifier, char out[PKCE_TEXT_BYTES])
{
	unsigned char digest[SHA256_BYTES];
	struct buf text = BUF_INIT(PKCE_TEXT_BYTES);

	crypto_sha256(secret_peek(verifier), digest);
	encode(digest, sizeof digest, &text);
	str_copy(out, PKCE_TEXT_BYTES, buf_text(&text));
	buf_release(&text);
}
