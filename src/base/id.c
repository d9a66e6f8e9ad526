#include "base/id.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"

static void random_hex(size_t bytes, char *out)
{
	unsigned char raw[16];

	rng_fill(raw, bytes);
	crypto_hex(raw, bytes, out);
}

void id_trace(char out[ID_TRACE_BYTES])
{
	random_hex(16, out);
}

void id_span(char out[ID_SPAN_BYTES])
{
	random_hex(8, out);
}

void id_object(const char *prefix, char out[ID_OBJECT_BYTES])
{
	char hex[13];

	random_hex(6, hex);
	snprintf(out, ID_OBJECT_BYTES, "%.19s%s", prefix, hex);
}

void id_base62(const char *prefix, size_t count, char *out, size_t size)
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	unsigned char raw[64];
	size_t len = strlen(prefix);

	rng_fill(raw, sizeof raw);
	if (len + count + 1 > size || count > sizeof raw) {
		count = 0;
	}
	str_copy(out, size, prefix);
	for (size_t i = 0; i < count; i++) {
		out[len + i] = digits[raw[i] % 62];
		out[len + i + 1] = '\0';
	}
}

/* `prefix` and 256 random bits in base64url. */
static void random_key(const char *prefix, char *out, size_t size)
{
	unsigned char raw[32];
	struct buf text = BUF_INIT(64);

	crypto_random(raw, sizeof raw);
	crypto_base64url((struct slice){ (const char *)raw, sizeof raw }, &text);
	snprintf(out, size, "%s%s", prefix, buf_text(&text));
	buf_wipe(&text);
	mem_wipe(raw, sizeof raw);
}

void id_gateway_key(char out[ID_GATEWAY_KEY_BYTES])
{
	random_key("lgw_", out, ID_GATEWAY_KEY_BYTES);
}

void id_sealed_key(const char *id, char out[ID_SEALED_KEY_BYTES])
{
	char prefix[80];

	snprintf(prefix, sizeof prefix, "lgw_sealed_%.64s_", id);
	random_key(prefix, out, ID_SEALED_KEY_BYTES);
}

bool id_is_safe(const char *text)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_.:-");

	return len > 0 && len <= 64 && !text[len];
}
