#include "tui/show.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/str.h"

static const char *unknown(char out[SHOW_BYTES])
{
	str_copy(out, SHOW_BYTES, "-");
	return out;
}

const char *show_ms(double ms, char out[SHOW_BYTES])
{
	if (isnan(ms) || ms < 0) {
		return unknown(out);
	}
	if (ms < 99950) {
		snprintf(out, SHOW_BYTES, "%.1fs", ms / 1000);
	} else {
		snprintf(out, SHOW_BYTES, "%.0fm%02d", floor(ms / 60000),
			 (int)fmod(ms / 1000, 60));
	}
	return out;
}

const char *show_count(double n, char out[SHOW_BYTES])
{
	static const char units[] = " kMGT";
	size_t unit = 0;

	if (isnan(n)) {
		return unknown(out);
	}
	while (n >= 999.5 && units[unit + 1]) {
		n /= 1000;
		unit++;
	}
	if (unit == 0) {
		snprintf(out, SHOW_BYTES, "%.0f", n);
	} else {
		snprintf(out, SHOW_BYTES, n < 9.95 ? "%.1f%c" : "%.0f%c", n, units[unit]);
	}
	return out;
}

const char *show_number(double n, char out[SHOW_BYTES])
{
	char digits[SHOW_BYTES];
	size_t len;
	size_t at = 0;

	if (isnan(n) || n < 0 || n > 1e15) {
		return unknown(out);
	}
	snprintf(digits, sizeof digits, "%.0f", n);
	len = strlen(digits);
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0) {
			out[at++] = ',';
		}
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *show_rate(double n, char out[SHOW_BYTES])
{
	if (isnan(n)) {
		return unknown(out);
	}
	snprintf(out, SHOW_BYTES, n < 999.95 ? "%.1f" : "%.0f", n);
	return out;
}

const char *show_percent(double part, double whole, char out[SHOW_BYTES])
{
	if (isnan(part) || isnan(whole)) {
		return unknown(out);
	}
	return show_rate(whole > 0 ? 100 * part / whole : 0, out);
}

const char *show_usd(double usd, char out[SHOW_BYTES])
{
	if (isnan(usd)) {
		return unknown(out);
	}
	snprintf(out, SHOW_BYTES, usd < 0.995 ? "%.4f" : "%.2f", usd);
	return out;
}

const char *show_left(int64_t ms, char out[SHOW_BYTES])
{
	int64_t s = ms > 0 ? (ms + 999) / 1000 : 0;

	if (s >= 86400) {
		snprintf(out, SHOW_BYTES, "%lldd%02lldh", (long long)(s / 86400),
			 (long long)(s % 86400 / 3600));
	} else if (s >= 3600) {
		snprintf(out, SHOW_BYTES, "%lld:%02lld:%02lld", (long long)(s / 3600),
			 (long long)(s % 3600 / 60), (long long)(s % 60));
	} else {
		snprintf(out, SHOW_BYTES, "%lld:%02lld", (long long)(s / 60),
			 (long long)(s % 60));
	}
	return out;
}

const char *show_up(int64_t ms, char out[SHOW_BYTES])
{
	long long m = ms > 0 ? ms / 60000 : 0;

	if (m >= 1440) {
		snprintf(out, SHOW_BYTES, "%lldd%02lldh", m / 1440, m % 1440 / 60);
	} else if (m >= 60) {
		snprintf(out, SHOW_BYTES, "%lldh%02lldm", m / 60, m % 60);
	} else {
		snprintf(out, SHOW_BYTES, "%lldm", m);
	}
	return out;
}

static bool local(int64_t wall_ms, struct tm *tm)
{
	time_t seconds = (time_t)(wall_ms / 1000);

	return wall_ms > 0 && localtime_r(&seconds, tm);
}

const char *show_clock(int64_t wall_ms, char out[SHOW_BYTES])
{
	struct tm tm;

	if (!local(wall_ms, &tm) || !strftime(out, SHOW_BYTES, "%H:%M:%S", &tm)) {
		return unknown(out);
	}
	return out;
}

const char *show_clock_ms(int64_t wall_ms, char out[SHOW_BYTES])
{
	size_t len;

	show_clock(wall_ms, out);
	len = strlen(out);
	if (wall_ms > 0) {
		snprintf(out + len, SHOW_BYTES - len, ".%03d", (int)(wall_ms % 1000));
	}
	return out;
}

const char *show_date(int64_t wall_ms, char out[SHOW_BYTES])
{
	struct tm tm;

	if (!local(wall_ms, &tm) || !strftime(out, SHOW_BYTES, "%Y-%m-%d", &tm)) {
		return unknown(out);
	}
	return out;
}

static const struct {
	const char *state;
	const char *shown;
	enum style style;
} states[] = {
	{ "ready", "+ ready", STYLE_OK },
	{ "active", "+ active", STYLE_OK },
	{ "partly", "~ partly", STYLE_WARN },
	{ "cooldown", "~ cooldown", STYLE_WARN },
	{ "down", "x down", STYLE_BAD },
	{ "disabled", "- disabled", STYLE_DIM },
	{ "expired", "x expired", STYLE_BAD },
	{ "attention", "! login", STYLE_BAD },
	{ "needs_attention", "! login", STYLE_BAD },
};

const char *show_state(const char *state, char out[SHOW_BYTES])
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if (str_eq(states[i].state, state)) {
			str_copy(out, SHOW_BYTES, states[i].shown);
			return out;
		}
	}
	snprintf(out, SHOW_BYTES, "? %.20s", state);
	return out;
}

enum style state_style(const char *state)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if (str_eq(states[i].state, state)) {
			return states[i].style;
		}
	}
	return STYLE_WARN;
}

enum style status_style(double status)
{
	return status >= 500 ? STYLE_BAD : status >= 400 ? STYLE_WARN : STYLE_NONE;
}

const char *show_bar(double fraction, int width, char *out, size_t size)
{
	int inner = width - 2;
	int full = isnan(fraction) ? 0 : (int)(fraction * inner + 0.5);

	if (inner < 1 || (size_t)width >= size) {
		str_copy(out, size, "");
		return out;
	}
	full = full < 0 ? 0 : full > inner ? inner : full;
	out[0] = '[';
	memset(out + 1, '#', (size_t)full);
	memset(out + 1 + full, '-', (size_t)(inner - full));
	out[width - 1] = ']';
	out[width] = '\0';
	return out;
}
