#include "base/mask.h"

#include <ctype.h>
#include <string.h>

#include "base/secret.h"

/* Prefixes with the least length of what follows, so that "sk-" in prose
 * stays. Matched at a word's start only. */
static const struct {
	const char *prefix;
	size_t least;
} shapes[] = {
	{ "lgw_", 16 },      { "sk-", 16 },        { "sk_", 16 },       { "AIza", 20 },
	{ "ya29.", 16 },     { "AQ.", 24 },        { "xai-", 16 },      { "gsk_", 16 },
	{ "hf_", 16 },       { "r8_", 16 },        { "pplx-", 16 },     { "fw_", 16 },
	{ "nvapi-", 16 },    { "csk-", 16 },       { "tgp_v1_", 16 },   { "ghp_", 16 },
	{ "gho_", 16 },      { "ghs_", 16 },       { "ghu_", 16 },      { "github_pat_", 16 },
	{ "glpat-", 16 },    { "AKIA", 16 },       { "ASIA", 16 },      { "eyJ", 32 },
	{ "1//", 24 },
};

/* Words behind which any value is a credential. */
static const char *const labels[] = {
	"bearer ", "basic ", "api-key: ", "api_key=", "api-key=", "apikey=", "?key=", "&key=",
	"access_token=", "refresh_token=", "client_secret=", "x-api-key: ",
	"x-goog-api-key: ", "x-llm-gateway-key: ", "\"access_token\":\"", "\"refresh_token\":\"",
	"\"api_key\":\"", "\"access_token\": \"", "\"refresh_token\": \"", "\"api_key\": \"",
	"password=", "passphrase=", "code_verifier=",
};

static bool is_token_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-_.~+/=", c));
}

static size_t token_length(struct slice text, size_t at)
{
	size_t len = 0;

	while (at + len < text.len && is_token_char(text.ptr[at + len])) {
		len++;
	}
	return len;
}

/* Most words differ in their first letter, and every line of the log comes
 * through here: no lengths are taken beforehand. */
static bool starts_at(struct slice text, size_t at, const char *word, bool fold)
{
	for (; *word; word++, at++) {
		char c = at < text.len ? text.ptr[at] : '\0';

		if (c != *word && !(fold && tolower((unsigned char)c) == *word)) {
			return false;
		}
	}
	return true;
}

static size_t shape_length(struct slice text, size_t at)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		if (starts_at(text, at, shapes[i].prefix, false)) {
			size_t len = token_length(text, at);

			if (len >= strlen(shapes[i].prefix) + shapes[i].least) {
				return len;
			}
		}
	}
	return 0;
}

static size_t label_length(struct slice text, size_t at)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		if (starts_at(text, at, labels[i], true)) {
			return strlen(labels[i]);
		}
	}
	return 0;
}

static void add_masked(struct buf *out, struct slice value)
{
	char mask[SECRET_MASK_BYTES];

	secret_mask(value, mask);
	buf_adds(out, mask);
}

void mask_text(struct slice text, struct buf *out)
{
	size_t i = 0;

	while (i < text.len) {
		bool at_word = i == 0 || !isalnum((unsigned char)text.ptr[i - 1]);
		size_t len = at_word ? shape_length(text, i) : 0;
		size_t label = !len && (at_word || ispunct((unsigned char)text.ptr[i])) ?
			label_length(text, i) : 0;

		if (label) {
			buf_add(out, text.ptr + i, label);
			i += label;
			len = token_length(text, i);
		}
		if (len) {
			add_masked(out, (struct slice){ text.ptr + i, len });
			i += len;
		} else if (!label) {
			buf_addc(out, text.ptr[i++]);
		}
	}
}
