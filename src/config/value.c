#include "config/value.h"

#include <math.h>
#include <stdlib.h>

struct unit {
	const char *name;
	int64_t factor;
};

/* Largest first: spelling picks the first that divides. */
static const struct unit durations[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
};
static const struct unit sizes[] = {
	{ "TB", 1LL << 40 }, { "GB", 1LL << 30 }, { "MB", 1LL << 20 }, { "KB", 1LL << 10 },
	{ "B", 1 },
};

bool value_bool(const char *text, bool *out)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_ieq(words[i], text)) {
			*out = i % 2;
			return true;
		}
	}
	return false;
}

static bool with_unit(const char *text, const struct unit *units, size_t count,
		      int64_t plain_factor, int64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	int64_t factor = text[digits] ? 0 : plain_factor;
	uint64_t value;

	for (size_t i = 0; i < count; i++) {
		if (str_ieq(units[i].name, text + digits)) {
			factor = units[i].factor;
		}
	}
	if (!factor || !str_to_u64((struct slice){ text, digits }, &value) ||
	    value > (uint64_t)(INT64_MAX / factor)) {
		return false;
	}
	*out = (int64_t)value * factor;
	return true;
}

bool value_duration_ms(const char *text, int64_t *ms)
{
	return with_unit(text, durations, ARRAY_LEN(durations), 1000, ms);
}

bool value_size_bytes(const char *text, int64_t *bytes)
{
	return with_unit(text, sizes, ARRAY_LEN(sizes), 1, bytes);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

bool value_key_hash(const char *text, unsigned char hash[SHA256_BYTES])
{
	const char *prefix = "sha256:";
	const char *hex = text + strlen(prefix);

	if (!str_starts(text, prefix) || strlen(hex) != SHA256_HEX_BYTES - 1) {
		return false;
	}
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0) {
			return false;
		}
		hash[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

static void add_with_unit(struct buf *out, int64_t value, const struct unit *units, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (value % units[i].factor == 0) {
			buf_addf(out, "%lld%s", (long long)(value / units[i].factor),
				 units[i].name);
			return;
		}
	}
}

void value_add_duration(struct buf *out, int64_t ms)
{
	if (ms == 0) {
		buf_addc(out, '0');
		return;
	}
	add_with_unit(out, ms, durations, ARRAY_LEN(durations));
}

void value_add_size(struct buf *out, int64_t bytes)
{
	if (bytes == 0) {
		buf_addc(out, '0');
		return;
	}
	add_with_unit(out, bytes, sizes, ARRAY_LEN(sizes));
}

/* strtod alone would take "inf", "0x1p3" and "nan". */
bool value_number(const char *text, double *out)
{
	double value;

	if (text[strspn(text, "0123456789.eE+-")] || !str_to_double(text, &value) ||
	    !isfinite(value) || value < 0) {
		return false;
	}
	*out = value;
	return true;
}
