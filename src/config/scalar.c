#include "config/scalar.h"

#include "base/clock.h"
#include "config/config.h"
#include "config/value.h"
#include "config/words.h"

static bool in_range(const struct schema_key *key, int64_t value)
{
	return value >= key->min && (!key->max || value <= key->max);
}

static bool set_whole(const struct schema_key *key, const char *text, int64_t *out)
{
	uint64_t value;
	uint64_t unit = key->unit ? (uint64_t)key->unit : 1;

	if (!str_to_u64(slice_of(text), &value) || value > INT64_MAX / unit ||
	    !in_range(key, (int64_t)value)) {
		return false;
	}
	*out = (int64_t)(value * unit);
	return true;
}

static bool set_int(const struct schema_key *key, const char *text, int *out)
{
	int64_t value;

	if (!set_whole(key, text, &value) || value > INT32_MAX) {
		return false;
	}
	*out = (int)value;
	return true;
}

static bool set_with_unit(const struct schema_key *key, const char *text, int64_t *out)
{
	int64_t value;
	bool ok = key->kind == KEY_DURATION ? value_duration_ms(text, &value)
					    : value_size_bytes(text, &value);

	if (!ok || !in_range(key, value)) {
		return false;
	}
	*out = value;
	return true;
}

static bool set_number(const struct schema_key *key, const char *text, double *out)
{
	double value;

	if (!value_number(text, &value) || value < (double)key->min) {
		return false;
	}
	*out = value;
	return true;
}

static bool set_bool(const struct schema_key *key, const char *text, bool *out)
{
	int index;

	if (key->kind == KEY_BOOL) {
		return value_bool(text, out);
	}
	index = word_index(key->words, text);
	if (index >= 0) {
		*out = index == 1;
	}
	return index >= 0;
}

static bool set_tristate(const char *text, int *out)
{
	bool value;

	if (!value_bool(text, &value)) {
		return false;
	}
	*out = value;
	return true;
}

static bool set_choice(const struct schema_key *key, const char *text, void *field)
{
	int index = word_index(key->words, text);

	if (index >= 0) {
		memcpy(field, &index, sizeof index);
	}
	return index >= 0;
}

static bool is_accepted(const struct schema_key *key, const char *text)
{
	if (key->kind == KEY_WORD) {
		return word_index(key->words, text) >= 0;
	}
	return !key->check || !key->check(text);
}

static bool set_text(const struct schema_key *key, const char *text, const char **out)
{
	if (!is_accepted(key, text)) {
		return false;
	}
	*out = text;
	return true;
}

struct string_list scalar_split(struct arena *arena, const char *text)
{
	struct slice rest = slice_of(text);
	struct slice part;
	struct string_list list = { .count = 0 };
	size_t commas = 0;

	for (const char *c = text; *c; c++) {
		commas += *c == ',';
	}
	list.items = arena_alloc(arena, (commas + 1) * sizeof *list.items);
	while (slice_next(&rest, ',', &part)) {
		part = slice_trim(part);
		if (part.len) {
			list.items[list.count++] = arena_slice(arena, part).ptr;
		}
	}
	return list;
}

static bool set_list(struct arena *arena, const struct schema_key *key, const char *text,
		     struct string_list *out)
{
	struct string_list list = scalar_split(arena, text);

	for (size_t i = 0; i < list.count; i++) {
		if (!is_accepted(key, list.items[i])) {
			return false;
		}
	}
	*out = list;
	return true;
}

static bool set_permissions(struct arena *arena, const char *text, unsigned *out)
{
	struct string_list list = scalar_split(arena, text);
	unsigned permissions = 0;

	for (size_t i = 0; i < list.count; i++) {
		unsigned bit;

		if (!permission_by_name(list.items[i], &bit)) {
			return false;
		}
		permissions |= bit;
	}
	*out = permissions;
	return true;
}

bool scalar_kind(enum key_kind kind)
{
	return kind < KEY_PAIRS;
}

bool scalar_set(struct arena *arena, const struct schema_key *key, const char *text, void *base)
{
	void *field = (char *)base + key->offset;

	switch (key->kind) {
	case KEY_BOOL:
	case KEY_SWITCH:      return set_bool(key, text, field);
	case KEY_TRISTATE:    return set_tristate(text, field);
	case KEY_CHOICE:      return set_choice(key, text, field);
	case KEY_INT:         return set_int(key, text, field);
	case KEY_COUNT:       return set_whole(key, text, field);
	case KEY_NUMBER:      return set_number(key, text, field);
	case KEY_DURATION:
	case KEY_SIZE:        return set_with_unit(key, text, field);
	case KEY_TIME:        return clock_parse(text, field);
	case KEY_WORD:
	case KEY_TEXT:
	case KEY_PROMPT:      return set_text(key, text, field);
	case KEY_HASH:        return value_key_hash(text, field);
	case KEY_PERMISSIONS: return set_permissions(arena, text, field);
	case KEY_LIST:        return set_list(arena, key, text, field);
	default:              return false;
	}
}

static void add_words(const char *const *words, struct buf *out)
{
	const char *separator = "one of ";

	for (; *words; words++) {
		buf_addf(out, "%s%s", separator, **words ? *words : "\"\"");
		separator = ", ";
	}
}

static void add_range(const struct schema_key *key, struct buf *out)
{
	if (key->max) {
		buf_addf(out, " from %lld to %lld", (long long)key->min, (long long)key->max);
	} else if (key->min) {
		buf_addf(out, ", at least %lld", (long long)key->min);
	}
}

static void add_units(const struct schema_key *key, struct buf *out)
{
	if (key->kind == KEY_DURATION) {
		buf_adds(out, "a duration: whole seconds, or 500ms 30s 10m 2h 7d");
	} else {
		buf_adds(out, "a size: bytes, or 512KB 64MB 1GB");
	}
	if (key->min) {
		buf_adds(out, ", at least ");
		if (key->kind == KEY_DURATION) {
			value_add_duration(out, key->min);
		} else {
			value_add_size(out, key->min);
		}
	}
}

static void add_text_rule(const struct schema_key *key, const char *text, struct buf *out)
{
	const char *rule = key->check && text ? key->check(text) : NULL;

	buf_adds(out, rule ? rule : key->kind == KEY_LIST ? "a list of texts" : "text");
}

void scalar_expected(const struct schema_key *key, const char *text, struct buf *out)
{
	switch (key->kind) {
	case KEY_BOOL:
	case KEY_TRISTATE:    buf_adds(out, "true or false"); break;
	case KEY_SWITCH:
	case KEY_CHOICE:
	case KEY_WORD:        add_words(key->words, out); break;
	case KEY_INT:
	case KEY_COUNT:       buf_adds(out, "a whole number"); add_range(key, out); break;
	case KEY_NUMBER:      buf_adds(out, "a number"); add_range(key, out); break;
	case KEY_DURATION:
	case KEY_SIZE:        add_units(key, out); break;
	case KEY_TIME:        buf_adds(out, "a time like 2027-01-31T00:00:00Z"); break;
	case KEY_HASH:        buf_adds(out, "sha256: and 64 lower-case hex digits"); break;
	case KEY_PERMISSIONS: buf_adds(out, "a list of read, write, admin"); break;
	case KEY_PAIRS:       buf_adds(out, "a mapping of names to values"); break;
	case KEY_ITEMS:       buf_adds(out, "a list of mappings"); break;
	case KEY_OPTIONS:
	case KEY_TABLE:
	case KEY_NAMED:       buf_adds(out, "a mapping"); break;
	default:              add_text_rule(key, text, out); break;
	}
}
