#include "base/mask.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "base/secret.h"

/* Prefixes with the least length of what follows, so that "sk-" in prose
 * stays. Matched at a word's start only. */
static const struct {
	const char *prefix;
	size_t least;
} shapes[] = {
	/* this gateway; Anthropic, OpenAI, OpenRouter, DeepSeek and others */
	{ "lgw_", 16 },      { "sk-", 16 },        { "sk_", 16 },       { "pk-", 20 },
	{ "sess-", 20 },
	/* Google: key, access token, new key, client secret, refresh token */
	{ "AIza", 20 },      { "ya29.", 16 },      { "AQ.", 24 },       { "GOCSPX-", 16 },
	{ "1//", 24 },
	/* xAI, Groq, Hugging Face, Replicate, Perplexity, Fireworks, NVIDIA */
	{ "xai-", 16 },      { "gsk_", 16 },       { "hf_", 16 },       { "r8_", 16 },
	{ "pplx-", 16 },     { "fw_", 16 },        { "nvapi-", 16 },
	/* Cerebras, Together, Voyage, Jina, Databricks, Vercel, Anyscale, Baidu */
	{ "csk-", 16 },      { "tgp_v1_", 16 },    { "pa-", 32 },       { "jina_", 16 },
	{ "dapi", 32 },      { "vck_", 16 },       { "esecret_", 16 },  { "bce-v3/", 16 },
	/* GitHub and GitLab; AWS with Bedrock's keys; Slack */
	{ "ghp_", 16 },      { "gho_", 16 },       { "ghs_", 16 },      { "ghu_", 16 },
	{ "ghr_", 16 },      { "github_pat_", 16 }, { "glpat-", 16 },   { "AKIA", 16 },
	{ "ASIA", 16 },      { "ABSK", 32 },       { "bedrock-api-key-", 16 },
	{ "xoxb-", 16 },     { "xoxp-", 16 },
	/* any JWT */
	{ "eyJ", 32 },
};

/* Names whose value is a credential when it is at least so long: as a header,
 * in a query, in JSON, in an environment. They may be the end of a longer name
 * (x-goog-api-key, OPENAI_API_KEY). */
static const struct {
	const char *name;
	size_t least;
} labels[] = {
	{ "api-key", 1 },        { "api_key", 1 },        { "apikey", 1 },
	{ "gateway-key", 1 },    { "access_key", 16 },    { "accesskey", 16 },
	{ "private_key", 1 },    { "sessionkey", 1 },     { "subscription-key", 1 },
	{ "token", 16 },         { "access_token", 1 },   { "refresh_token", 1 },
	{ "id_token", 1 },       { "accesstoken", 1 },    { "refreshtoken", 1 },
	{ "idtoken", 1 },        { "authtoken", 1 },
	{ "secret", 8 },         { "client_secret", 1 },  { "clientsecret", 1 },
	{ "password", 1 },       { "passwd", 1 },         { "passphrase", 1 },
	{ "code_verifier", 1 },  { "authorization", 10 }, { "cookie", 8 },
	{ "signature", 16 },
};

/* In a query only: elsewhere they are everyday words. */
static const char *const query_labels[] = { "key=", "code=", "sig=" };

static const char *const schemes[] = { "bearer ", "basic " };

#define SCHEME_LEAST 10
#define PEM_HEAD "PRIVATE KEY-----"

/* ---- where something may begin ---- */

enum { BEGINS_SHAPE = 1, BEGINS_LABEL = 2, BEGINS_OTHER = 4 };

/* By the first byte: what may begin with it, and with which second bytes (one
 * bit for four of them). Nearly all of a log line is passed over by looking
 * here. */
static struct {
	unsigned char what;
	uint64_t seconds;
} beginnings[256];

static uint64_t second_bit(char c)
{
	return UINT64_C(1) << ((unsigned char)c & 63);
}

/* A label in both cases. */
static void note_beginning(const char *word, unsigned char what)
{
	int upper = what == BEGINS_LABEL ? toupper((unsigned char)word[0]) : word[0];
	char second = what == BEGINS_LABEL ? (char)toupper((unsigned char)word[1]) : word[1];
	uint64_t seconds = second ? second_bit(word[1]) | second_bit(second) : UINT64_MAX;

	beginnings[(unsigned char)word[0]].what |= what;
	beginnings[(unsigned char)word[0]].seconds |= seconds;
	beginnings[(unsigned char)upper].what |= what;
	beginnings[(unsigned char)upper].seconds |= seconds;
}

/* What may begin here by its first two bytes; 0: nothing. */
static unsigned char beginning_at(struct slice text, size_t i)
{
	unsigned char first = (unsigned char)text.ptr[i];
	char second = i + 1 < text.len ? text.ptr[i + 1] : '\0';

	return beginnings[first].seconds & second_bit(second) ? beginnings[first].what : 0;
}

static void fill_beginnings(void)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		note_beginning(shapes[i].prefix, BEGINS_SHAPE);
	}
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		note_beginning(labels[i].name, BEGINS_LABEL);
	}
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		note_beginning(schemes[i], BEGINS_LABEL);
	}
	note_beginning("?", BEGINS_OTHER);
	note_beginning("&", BEGINS_OTHER);
	note_beginning("://", BEGINS_OTHER);
	note_beginning(PEM_HEAD, BEGINS_OTHER);
}

/* ---- matching ---- */

static char at(struct slice text, size_t i)
{
	return i < text.len ? text.ptr[i] : '\0';
}

static bool is_token_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-_.~+/=", c));
}

static size_t token_length(struct slice text, size_t from)
{
	size_t i = from;

	while (is_token_char(at(text, i))) {
		i++;
	}
	return i - from;
}

/* A value that a name announces may hold more than a token does. */
/* ${NAME}: says where a secret is, and is none. */
static bool is_reference(struct slice text, size_t i)
{
	if (at(text, i) != '$' || at(text, i + 1) != '{') {
		return false;
	}
	for (i += 2; isalnum((unsigned char)at(text, i)) || at(text, i) == '_'; i++) {
	}
	return at(text, i) == '}';
}

static size_t value_length(struct slice text, size_t from)
{
	size_t i = from;

	if (is_reference(text, from)) {
		return 0;
	}
	while ((unsigned char)at(text, i) > ' ' && !strchr("\"'`,;&<>(){}[]\\", at(text, i))) {
		i++;
	}
	return i - from;
}

static bool starts_at(struct slice text, size_t i, const char *word, bool fold)
{
	for (; *word; word++, i++) {
		char c = at(text, i);

		if (c != *word && !(fold && tolower((unsigned char)c) == *word)) {
			return false;
		}
	}
	return true;
}

static size_t shape_length(struct slice text, size_t from)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		if (starts_at(text, from, shapes[i].prefix, false)) {
			size_t len = token_length(text, from);

			if (len >= strlen(shapes[i].prefix) + shapes[i].least) {
				return len;
			}
		}
	}
	return 0;
}

static size_t skip_quote(struct slice text, size_t i)
{
	i += at(text, i) == '\\';
	return i + (at(text, i) == '"' || at(text, i) == '\'');
}

static size_t skip_blanks(struct slice text, size_t i)
{
	while (at(text, i) == ' ') {
		i++;
	}
	return i;
}

/* Behind "Bearer " or "Basic "; 0: neither is here. */
static size_t skip_scheme(struct slice text, size_t i)
{
	for (size_t s = 0; s < ARRAY_LEN(schemes); s++) {
		if (starts_at(text, i, schemes[s], true)) {
			return skip_blanks(text, i + strlen(schemes[s]));
		}
	}
	return 0;
}

/* Behind `name: `, `name=`, `"name": "`, also escaped; 0: no value follows. */
static size_t skip_to_value(struct slice text, size_t i)
{
	size_t scheme;

	i = skip_blanks(text, skip_quote(text, i));
	if (at(text, i) != ':' && at(text, i) != '=') {
		return 0;
	}
	i = skip_quote(text, skip_blanks(text, i + 1));
	scheme = skip_scheme(text, i);
	return scheme ? scheme : i;
}

/* ---- the kinds of places ---- */

static struct slice cut(struct slice text, size_t from, size_t len, size_t least)
{
	return len && len >= least ? (struct slice){ text.ptr + from, len } : SLICE_NULL;
}

static struct slice labelled(struct slice text, size_t from)
{
	size_t value = skip_scheme(text, from);

	if (value) {
		return cut(text, value, token_length(text, value), SCHEME_LEAST);
	}
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		if (!starts_at(text, from, labels[i].name, true)) {
			continue;
		}
		value = skip_to_value(text, from + strlen(labels[i].name));
		if (value) {
			return cut(text, value, value_length(text, value), labels[i].least);
		}
	}
	return SLICE_NULL;
}

/* `?key=…` and its like. */
static struct slice in_query(struct slice text, size_t from)
{
	for (size_t i = 0; i < ARRAY_LEN(query_labels); i++) {
		if (starts_at(text, from + 1, query_labels[i], true)) {
			size_t value = from + 1 + strlen(query_labels[i]);

			return cut(text, value, value_length(text, value), 1);
		}
	}
	return SLICE_NULL;
}

/* The password of `scheme://user:password@host`. */
static struct slice in_url(struct slice text, size_t from)
{
	size_t colon = 0;

	for (size_t i = from + strlen("://"); i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '@') {
			return colon ? cut(text, colon + 1, i - colon - 1, 1) : SLICE_NULL;
		}
		if (c == '/' || c == '?' || c == '#' || c == '"' || (unsigned char)c <= ' ') {
			break;
		}
		colon = c == ':' && !colon ? i : colon;
	}
	return SLICE_NULL;
}

static struct slice in_pem(struct slice text, size_t from)
{
	size_t begin = from + strlen(PEM_HEAD);
	size_t end = begin;

	while (end < text.len && !starts_at(text, end, "-----END", false)) {
		end++;
	}
	return cut(text, begin, end - begin, 1);
}

static struct slice other(struct slice text, size_t i)
{
	if (starts_at(text, i, "://", false)) {
		return in_url(text, i);
	}
	if (starts_at(text, i, PEM_HEAD, false)) {
		return in_pem(text, i);
	}
	return text.ptr[i] == '?' || text.ptr[i] == '&' ? in_query(text, i) : SLICE_NULL;
}

/* The first credential at or behind `i`; len 0: none. */
static struct slice find_secret(struct slice text, size_t i)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct slice found = SLICE_NULL;

	pthread_once(&once, fill_beginnings);
	for (; i < text.len && !found.len; i++) {
		unsigned char what = beginning_at(text, i);

		if (!what) {
			continue;
		}
		if (what & BEGINS_OTHER) {
			found = other(text, i);
		}
		if (i && isalnum((unsigned char)text.ptr[i - 1])) {
			continue;       /* inside a word */
		}
		if (!found.len && what & BEGINS_SHAPE) {
			found = cut(text, i, shape_length(text, i), 1);
		}
		if (!found.len && what & BEGINS_LABEL) {
			found = labelled(text, i);
		}
	}
	return found;
}

/* ---- */

bool mask_is_needed(struct slice text)
{
	return find_secret(text, 0).len > 0;
}

void mask_text(struct slice text, struct buf *out)
{
	char mask[SECRET_MASK_BYTES];
	size_t done = 0;
	struct slice secret;

	while ((secret = find_secret(text, done)).len) {
		buf_add(out, text.ptr + done, (size_t)(secret.ptr - text.ptr) - done);
		secret_mask(secret, mask);
		buf_adds(out, mask);
		done = (size_t)(secret.ptr - text.ptr) + secret.len;
	}
	buf_add(out, text.ptr + done, text.len - done);
}
