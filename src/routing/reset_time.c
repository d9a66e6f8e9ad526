#include "routing/reset_time.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"

/* Turns what is left into a usable answer: positive and within the maximum. */
static bool accept(double ms, int64_t *out)
{
	if (!(ms > 0)) {
		return false;
	}
	*out = ms < (double)RESET_MAX_MS ? llround(ms) : RESET_MAX_MS;
	if (*out < 1) {
		*out = 1;
	}
	return true;
}

/* A decimal number in front of `text`; the bytes it took, or 0. */
static size_t parse_number(struct slice text, double *value)
{
	double scale = 1;
	size_t at = 0;

	*value = 0;
	while (at < text.len && isdigit((unsigned char)text.ptr[at])) {
		*value = *value * 10 + (text.ptr[at++] - '0');
	}
	if (at && at + 1 < text.len && text.ptr[at] == '.' &&
	    isdigit((unsigned char)text.ptr[at + 1])) {
		for (at++; at < text.len && isdigit((unsigned char)text.ptr[at]); at++) {
			scale /= 10;
			*value += (text.ptr[at] - '0') * scale;
		}
	}
	return at;
}

/* A unit in front of `text`; longer names first. No unit is seconds. */
static size_t parse_unit(struct slice text, double *ms)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {
		{ "milliseconds", 1 }, { "millisecond", 1 }, { "ms", 1 },
		{ "minutes", 60e3 }, { "minute", 60e3 }, { "min", 60e3 }, { "m", 60e3 },
		{ "seconds", 1e3 }, { "second", 1e3 }, { "sec", 1e3 }, { "s", 1e3 },
		{ "hours", 3600e3 }, { "hour", 3600e3 }, { "h", 3600e3 },
		{ "days", 86400e3 }, { "day", 86400e3 }, { "d", 86400e3 },
		{ "us", 1e-3 }, { "ns", 1e-6 },
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t len = strlen(units[i].name);

		if (text.len >= len && str_ifind(text.ptr, len, units[i].name)) {
			*ms = units[i].ms;
			return len;
		}
	}
	*ms = 1e3;
	return 0;
}

static struct slice after(struct slice s, size_t bytes)
{
	return (struct slice){ s.ptr + bytes, s.len - bytes };
}

/* As many "number unit" pairs as there are; the bytes they took. */
static size_t parse_pairs(struct slice text, double *total_ms)
{
	struct slice rest = text;

	*total_ms = 0;
	while (rest.len) {
		double value;
		double unit_ms;
		size_t used = parse_number(rest, &value);
		size_t gap;

		if (!used) {
			break;
		}
		gap = used < rest.len && rest.ptr[used] == ' ';
		rest = after(rest, used);
		used = parse_unit(after(rest, gap), &unit_ms);
		rest = after(rest, used ? used + gap : 0);
		*total_ms += value * unit_ms;
		if (!used) {
			break;
		}
	}
	return text.len - rest.len;
}

bool reset_parse_duration(struct slice text, int64_t *ms)
{
	double total;

	text = slice_trim(text);
	return text.len && parse_pairs(text, &total) == text.len && accept(total, ms);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool parse_http_date(const char *text, int64_t *wall_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4];
	char iso[64];
	const char *found;
	int day;
	int year;
	int h;
	int m;
	int s;

	if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d", &day, month, &year, &h, &m, &s) != 6) {
		return false;
	}
	found = strstr(months, month);
	if (!found || (found - months) % 3 != 0 || strlen(month) != 3) {
		return false;
	}
	snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02dZ", year % 10000,
		 (int)(found - months) / 3 + 1, day % 100, h % 100, m % 100, s % 100);
	return clock_parse(iso, wall_ms);
}

bool reset_parse_retry_after(const char *text, int64_t now_wall_ms, int64_t *ms)
{
	int64_t wall_ms;

	if (reset_parse_duration(slice_of(text), ms)) {
		return true;
	}
	return parse_http_date(text, &wall_ms) && accept((double)(wall_ms - now_wall_ms), ms);
}

bool reset_parse(const char *text, int64_t now_wall_ms, int64_t *ms)
{
	double value;
	int64_t wall_ms;

	if (isdigit((unsigned char)*text) && str_to_double(text, &value)) {
		/* Large numbers are instants: seconds since 1970 passed 10^9 in
		 * 2001, milliseconds 10^12. */
		if (value >= 1e12) {
			return accept(value - (double)now_wall_ms, ms);
		}
		if (value >= 1e9) {
			return accept(value * 1000 - (double)now_wall_ms, ms);
		}
		return accept(value * 1000, ms);
	}
	if (reset_parse_duration(slice_of(text), ms)) {
		return true;
	}
	if (strchr(text, 'T') && clock_parse(text, &wall_ms)) {
		return accept((double)(wall_ms - now_wall_ms), ms);
	}
	return parse_http_date(text, &wall_ms) && accept((double)(wall_ms - now_wall_ms), ms);
}

bool reset_find_in_text(struct slice text, int64_t *ms)
{
	static const char *const leads[] = { "try again in ", "retry after ", "retry in " };

	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		const char *at = str_ifind(text.ptr, text.len, leads[i]);
		double total;

		if (at) {
			struct slice rest = after(text, (size_t)(at - text.ptr) + strlen(leads[i]));

			if (parse_pairs(rest, &total)) {
				return accept(total, ms);
			}
		}
	}
	return false;
}
