#include "formats/ids.h"

#include <string.h>

#include "base/crypto.h"
#include "base/id.h"

#define MAX_WIRE_BYTES 128
/* C89: what stays of a long name, and the hash behind it. */
#define CUT_NAME_BYTES 55
#define CUT_HASH_HEX 8
/* C85: the hash behind an id that would collide. */
#define COLLISION_HEX 6

static const char base62[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_allowed(enum wire_rule rule, char c)
{
	switch (rule) {
	case WIRE_KEEP:
	case WIRE_ID_40:
	case WIRE_ID_64:
		return true;
	case WIRE_ID_MISTRAL:
		return is_alnum(c);
	case WIRE_NAME_GEMINI:
		return is_alnum(c) || strchr("_.:-", c);
	default:
		return is_alnum(c) || c == '_' || c == '-';
	}
}

static size_t max_length(enum wire_rule rule)
{
	switch (rule) {
	case WIRE_KEEP:
		return SIZE_MAX;
	case WIRE_ID_40:
		return 40;
	case WIRE_ID_MISTRAL:
		return 9;
	case WIRE_ID_64:
	case WIRE_NAME_64:
	case WIRE_NAME_GEMINI:
		return 64;
	default:
		return 128;
	}
}

static bool has_bad_start(enum wire_rule rule, struct slice s)
{
	return rule == WIRE_NAME_GEMINI && s.len && s.ptr[0] != '_' &&
	       (!is_alnum(s.ptr[0]) || (s.ptr[0] >= '0' && s.ptr[0] <= '9'));
}

static bool fits(enum wire_rule rule, struct slice s)
{
	if (!s.len || s.len > max_length(rule) || has_bad_start(rule, s) ||
	    (rule == WIRE_ID_MISTRAL && s.len != 9)) {
		return false;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (!s.ptr[i] || !is_allowed(rule, s.ptr[i])) {
			return false;
		}
	}
	return true;
}

static struct slice with_hash(struct arena *a, struct slice head, const char *hex, int digits)
{
	return slice_of(arena_printf(a, "%.*s_%.*s", (int)head.len, head.ptr, digits, hex));
}

static struct slice mistral_id(struct arena *a, struct slice original)
{
	unsigned char hash[SHA256_BYTES];
	char id[9];

	crypto_sha256(original, hash);
	for (size_t i = 0; i < sizeof id; i++) {
		id[i] = base62[hash[i] % 62];
	}
	return arena_slice(a, (struct slice){ id, sizeof id });
}

/* Bytes outside the grammar become '_', one a character. */
static struct slice replace_chars(struct arena *a, enum wire_rule rule, struct slice s)
{
	char *text = arena_alloc(a, s.len + 2);
	size_t len = 0;

	if (has_bad_start(rule, s)) {
		text[len++] = '_';
	}
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c >= 0x80 && (c & 0xc0) == 0x80) {
			continue;
		}
		text[len++] = s.ptr[i] && is_allowed(rule, s.ptr[i]) ? s.ptr[i] : '_';
	}
	text[len] = '\0';
	return (struct slice){ text, len };
}

static struct slice make_wire(struct arena *a, enum wire_rule rule, struct slice original,
			      const char *hex)
{
	struct slice text;

	if (rule == WIRE_ID_MISTRAL) {
		return mistral_id(a, original);
	}
	if (rule == WIRE_ID_40 || rule == WIRE_ID_64 || !original.len) {
		return slice_of(arena_printf(a, "call_%.32s", hex));
	}
	text = replace_chars(a, rule, original);
	if (text.len > max_length(rule)) {
		text.len = CUT_NAME_BYTES;
		text = with_hash(a, text, hex, CUT_HASH_HEX);
	}
	return text;
}

static struct slice avoid_collision(struct arena *a, enum wire_rule rule, struct slice wire,
				    const char *hex)
{
	size_t room = max_length(rule) - COLLISION_HEX - 1;

	if (rule == WIRE_ID_MISTRAL) {
		return mistral_id(a, slice_of(hex));
	}
	wire.len = wire.len < room ? wire.len : room;
	return with_hash(a, wire, hex, COLLISION_HEX);
}

void wire_map_init(struct wire_map *m, struct arena *arena, enum wire_rule rule)
{
	*m = (struct wire_map){ .arena = arena, .rule = rule };
}

void wire_map_release(struct wire_map *m)
{
	map_release(&m->forward);
	map_release(&m->taken);
}

struct slice wire_map_get(struct wire_map *m, struct slice original)
{
	struct wire_pair *pair = map_get(&m->forward, original);
	char hex[SHA256_HEX_BYTES];

	if (pair) {
		return pair->wire;
	}
	pair = arena_zalloc(m->arena, sizeof *pair);
	pair->original = original;
	pair->wire = original;
	if (!fits(m->rule, original) || map_get(&m->taken, original)) {
		crypto_sha256_hex(original, hex);
		if (!fits(m->rule, original)) {
			pair->wire = make_wire(m->arena, m->rule, original, hex);
		}
		if (map_get(&m->taken, pair->wire)) {
			pair->wire = avoid_collision(m->arena, m->rule, pair->wire, hex);
		}
		pair->next = m->changed;
		m->changed = pair;
	}
	map_put(&m->forward, original, pair);
	map_put(&m->taken, pair->wire, pair);
	return pair->wire;
}

struct slice id_base62_new(struct arena *a, const char *prefix, size_t count)
{
	char id[MAX_WIRE_BYTES];

	id_base62(prefix, count, id, sizeof id);
	return slice_of(arena_strdup(a, id));
}

struct slice id_hex_new(struct arena *a, const char *prefix)
{
	unsigned char raw[24];
	char hex[2 * sizeof raw + 1];

	crypto_random(raw, sizeof raw);
	crypto_hex(raw, sizeof raw, hex);
	return slice_of(arena_printf(a, "%s%s", prefix, hex));
}

struct slice id_gemini_new(struct arena *a)
{
	unsigned char raw[16];
	struct buf text = BUF_INIT(64);
	struct slice id;

	crypto_random(raw, sizeof raw);
	crypto_base64url((struct slice){ (const char *)raw, sizeof raw }, &text);
	id = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return id;
}

struct slice id_base62_derive(struct arena *a, const char *prefix, size_t count,
			      struct slice seed)
{
	unsigned char hash[SHA256_BYTES];
	char digits[SHA256_BYTES + 1];

	if (!seed.len || count > SHA256_BYTES) {
		return id_base62_new(a, prefix, count);
	}
	crypto_sha256(seed, hash);
	for (size_t i = 0; i < count; i++) {
		digits[i] = base62[hash[i] % 62];
	}
	digits[count] = '\0';
	return slice_of(arena_printf(a, "%s%s", prefix, digits));
}

struct slice id_hex_derive(struct arena *a, const char *prefix, struct slice seed)
{
	char hex[SHA256_HEX_BYTES];

	if (!seed.len) {
		return id_hex_new(a, prefix);
	}
	crypto_sha256_hex(seed, hex);
	return slice_of(arena_printf(a, "%s%.48s", prefix, hex));
}
