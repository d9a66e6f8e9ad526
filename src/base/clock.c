#define _GNU_SOURCE   /* timegm */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

uint64_t clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000u;
}

int64_t clock_wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct moment clock_moment(void)
{
	return (struct moment){ (int64_t)clock_mono_ms(), clock_wall_ms() };
}

static void put_digits(char *out, int count, int value)
{
	while (count--) {
		out[count] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* The civil date of a day since 1970, without gmtime_r() and its lock on the
 * time zone. Years begin in March here, so that a leap day is the last one, and
 * repeat after 400 of them. */
static void civil_date(int64_t day, int *year, int *month, int *mday)
{
	int64_t days = day + 719468;    /* since the 1st of March of the year 0 */
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t of_era = days - era * 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int64_t months = (5 * of_year + 2) / 153;

	*mday = (int)(of_year - (153 * months + 2) / 5 + 1);
	*month = (int)(months < 10 ? months + 3 : months - 9);
	*year = (int)(years + era * 400 + (*month <= 2));
}

void clock_format(int64_t wall_ms, char out[CLOCK_TEXT_BYTES])
{
	int64_t day = wall_ms / DAY_MS - (wall_ms % DAY_MS < 0);
	int ms = (int)(wall_ms - day * DAY_MS);
	int year;
	int month;
	int mday;

	civil_date(day, &year, &month, &mday);
	memcpy(out, "0000-00-00T00:00:00.000Z", sizeof "0000-00-00T00:00:00.000Z");
	put_digits(out, 4, year);
	put_digits(out + 5, 2, month);
	put_digits(out + 8, 2, mday);
	put_digits(out + 11, 2, ms / 3600000);
	put_digits(out + 14, 2, ms / 60000 % 60);
	put_digits(out + 17, 2, ms / 1000 % 60);
	put_digits(out + 20, 3, ms % 1000);
}

/* `Z`, `+hh:mm` or nothing; minutes east of UTC. */
static bool parse_offset(const char *text, int *minutes)
{
	int hours;
	int mins;
	int used = 0;

	*minutes = 0;
	if (!*text || str_ieq(text, "z")) {
		return true;
	}
	if (*text != '+' && *text != '-') {
		return false;
	}
	if (sscanf(text + 1, "%2d:%2d%n", &hours, &mins, &used) != 2 || text[1 + used]) {
		return false;
	}
	*minutes = (hours * 60 + mins) * (*text == '-' ? -1 : 1);
	return true;
}

static bool parse_fraction(const char **text, int *ms)
{
	int scale = 100;

	*ms = 0;
	if (**text != '.') {
		return true;
	}
	for ((*text)++; **text >= '0' && **text <= '9'; (*text)++) {
		*ms += (**text - '0') * scale;
		scale /= 10;
	}
	return true;
}

bool clock_parse(const char *text, int64_t *wall_ms)
{
	struct tm tm = { 0 };
	int used = 0;
	int ms = 0;
	int offset = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &used) != 3) {
		return false;
	}
	text += used;
	if (*text == 'T' || *text == 't' || *text == ' ') {
		text++;
		used = 0;
		if (sscanf(text, "%2d:%2d:%2d%n", &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
			   &used) != 3) {
			return false;
		}
		text += used;
		if (!parse_fraction(&text, &ms) || !parse_offset(text, &offset)) {
			return false;
		}
	} else if (*text) {
		return false;
	}
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31) {
		return false;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*wall_ms = ((int64_t)timegm(&tm) - (int64_t)offset * 60) * 1000 + ms;
	return true;
}

int64_t clock_next_local_midnight(int64_t wall_ms)
{
	time_t when = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&when, &tm);
	tm.tm_hour = 0;
	tm.tm_min = 0;
	tm.tm_sec = 0;
	tm.tm_mday += 1;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

void clock_local_date(int64_t wall_ms, char out[CLOCK_TEXT_BYTES])
{
	time_t when = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&when, &tm);
	strftime(out, CLOCK_TEXT_BYTES, "%Y-%m-%d", &tm);
}

void clock_local_time(int64_t wall_ms, char out[CLOCK_TEXT_BYTES])
{
	time_t when = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&when, &tm);
	strftime(out, CLOCK_TEXT_BYTES, "%H:%M:%S", &tm);
}
