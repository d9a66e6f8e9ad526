/*
 * The header families of quota.h. Everything in a header is optional, may be
 * empty or nonsense; what is not understood is as if it had not been sent.
 */
#include "routing/quota.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "routing/reset_time.h"

#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* A header that the families share out among themselves. */
struct line {
	const char *name;       /* as received */
	const char *value;
	struct slice rest;      /* of the name, behind the family's prefix */
	int64_t now_wall_ms;
};

static struct quota_reading *reading_named(struct quota_readings *r, struct slice name)
{
	struct quota_reading *reading;

	for (size_t i = 0; i < r->count; i++) {
		if (slice_ieq(name, r->items[i].name)) {
			return &r->items[i];
		}
	}
	if (r->count == QUOTA_WINDOWS || !name.len || name.len >= QUOTA_NAME_BYTES) {
		return NULL;
	}
	reading = &r->items[r->count++];
	*reading = (struct quota_reading){ .used = -1, .limit = -1, .remaining = -1,
					   .reset_ms = -1 };
	for (size_t i = 0; i < name.len; i++) {
		reading->name[i] = (char)tolower((unsigned char)name.ptr[i]);
	}
	return reading;
}

/* Cuts "-field" off the end of the name. */
static bool cut_field(struct slice *name, const char *field)
{
	size_t len = strlen(field);

	if (name->len < len || strncasecmp(name->ptr + name->len - len, field, len) != 0) {
		return false;
	}
	name->len -= len;
	if (name->len && name->ptr[name->len - 1] == '-') {
		name->len--;
	}
	return true;
}

/* Cuts "field-" off the front; the field alone counts as well. */
static bool cut_front(struct slice *name, const char *field)
{
	size_t len = strlen(field);

	if (name->len < len || strncasecmp(name->ptr, field, len) != 0 ||
	    (name->len > len && name->ptr[len] != '-')) {
		return false;
	}
	len += name->len > len;
	name->ptr += len;
	name->len -= len;
	return true;
}

static void set_reset(struct quota_reading *reading, const struct line *line)
{
	int64_t ms;

	if (reset_parse(line->value, line->now_wall_ms, &ms)) {
		reading->reset_ms = ms;
		reading->header = line->name;
		reading->value = line->value;
	}
}

static int64_t count_of(const char *text)
{
	uint64_t value;

	if (!str_to_u64(slice_trim(slice_of(text)), &value) || value > INT64_MAX) {
		return -1;
	}
	return (int64_t)value;
}

/* "5h", "7d", "7d_opus": the length, and what stands behind it. */
static bool parse_window(struct slice name, int64_t *length_ms, struct slice *suffix)
{
	int64_t count = 0;
	size_t at = 0;

	while (at < name.len && at < 4 && isdigit((unsigned char)name.ptr[at])) {
		count = count * 10 + (name.ptr[at++] - '0');
	}
	if (!at || at == name.len) {
		return false;
	}
	switch (tolower((unsigned char)name.ptr[at++])) {
	case 'm': *length_ms = count * MINUTE_MS; break;
	case 'h': *length_ms = count * HOUR_MS; break;
	case 'd': *length_ms = count * DAY_MS; break;
	default: return false;
	}
	*suffix = (struct slice){ name.ptr + at, name.len - at };
	return !suffix->len || suffix->ptr[0] == '_' || suffix->ptr[0] == '-';
}

/* Windows that count one line of models only. Others ("oi", overage
 * included) count everything. */
static void set_models(struct quota_reading *reading, struct slice suffix)
{
	static const char *const lines[] = { "opus", "sonnet", "haiku", "fable", "mythos" };

	if (!suffix.len) {
		return;
	}
	suffix.ptr++;
	suffix.len--;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (slice_ieq(suffix, lines[i])) {
			snprintf(reading->models, sizeof reading->models, "*%s*", lines[i]);
		}
	}
}

static struct quota_reading *unified_window(struct quota_readings *r, struct slice name)
{
	struct quota_reading *reading;
	struct slice suffix;
	int64_t length_ms;

	if (!parse_window(name, &length_ms, &suffix)) {
		return NULL;
	}
	reading = reading_named(r, name);
	if (reading) {
		reading->length_ms = length_ms;
		set_models(reading, suffix);
	}
	return reading;
}

/* What only the whole set of unified headers tells. */
struct unified {
	bool is_seen;
	struct line reset;
	const char *claim;
};

static void read_unified_overall(struct quota_readings *r, const struct line *line,
				 struct unified *u)
{
	if (slice_ieq(line->rest, "status")) {
		u->is_seen = true;
		r->unified = str_ieq(line->value, "rejected") ? UNIFIED_REJECTED
							      : UNIFIED_ALLOWED;
	} else if (slice_ieq(line->rest, "reset")) {
		u->reset = *line;
	} else if (slice_ieq(line->rest, "representative-claim")) {
		u->claim = line->value;
	}
}

static void read_unified(struct quota_readings *r, const struct line *line, struct unified *u)
{
	static const char *const fields[] = { "-status", "-utilization", "-reset" };
	struct slice name = line->rest;
	struct quota_reading *reading;
	size_t field = 0;

	while (field < ARRAY_LEN(fields) && !cut_field(&name, fields[field])) {
		field++;
	}
	reading = field < ARRAY_LEN(fields) ? unified_window(r, name) : NULL;
	if (!reading) {
		read_unified_overall(r, line, u);
	} else if (field == 0) {
		reading->is_spent = str_ieq(line->value, "rejected");
	} else if (field == 1) {
		str_to_double(line->value, &reading->used);
	} else {
		set_reset(reading, line);
	}
}

/* "five_hour" and its kin, as window names. */
static const char *window_of_claim(const char *claim)
{
	static const struct string_pair names[] = {
		{ "five_hour", "5h" }, { "seven_day", "7d" },
		{ "seven_day_opus", "7d_opus" }, { "seven_day_sonnet", "7d_sonnet" },
		{ "seven_day_haiku", "7d_haiku" }, { "seven_day_overage_included", "7d_oi" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_ieq(claim, names[i].name)) {
			return names[i].value;
		}
	}
	return NULL;
}

static bool is_unified(const struct quota_reading *reading)
{
	struct slice suffix;
	int64_t length_ms;

	return parse_window(slice_of(reading->name), &length_ms, &suffix);
}

/* A window's own "rejected" counts only when the whole is: overage may still
 * let requests through. A rejection that no window owns up to belongs to the
 * one that the claim names. */
static void finish_unified(struct quota_readings *r, const struct unified *u)
{
	const char *window;
	struct quota_reading *reading;
	bool any = false;

	for (size_t i = 0; u->is_seen && i < r->count; i++) {
		reading = &r->items[i];
		reading->is_spent = reading->is_spent && is_unified(reading) &&
				    r->unified == UNIFIED_REJECTED;
		any = any || reading->is_spent;
	}
	window = u->claim ? window_of_claim(u->claim) : "5h";
	if (r->unified != UNIFIED_REJECTED || any || !window) {
		return;
	}
	reading = unified_window(r, slice_of(window));
	if (reading) {
		reading->is_spent = true;
		if (reading->reset_ms < 0 && u->reset.value) {
			set_reset(reading, &u->reset);
		}
	}
}

/* "tokens", "requests-day": how long such a window is. */
static int64_t classic_length(struct slice kind)
{
	if (cut_field(&kind, "-day")) {
		return DAY_MS;
	}
	return cut_field(&kind, "-hour") ? HOUR_MS : MINUTE_MS;
}

static void set_classic(struct quota_readings *r, const struct line *line, struct slice kind,
			int field)
{
	struct quota_reading *reading =
		reading_named(r, kind.len ? kind : slice_of("requests"));

	if (!reading) {
		return;
	}
	reading->length_ms = classic_length(kind);
	reading->is_per_model = true;
	if (field == 0) {
		reading->limit = count_of(line->value);
	} else if (field == 1) {
		reading->remaining = count_of(line->value);
	} else {
		set_reset(reading, line);
	}
}

static const char *const classic_fields[] = { "limit", "remaining", "reset" };

/* anthropic-ratelimit-<kind>-<field> */
static void read_anthropic(struct quota_readings *r, const struct line *line)
{
	for (int field = 0; field < 3; field++) {
		struct slice kind = line->rest;

		if (cut_field(&kind, classic_fields[field])) {
			set_classic(r, line, kind, field);
			return;
		}
	}
}

/* x-ratelimit-<field>[-<kind>] */
static void read_x_ratelimit(struct quota_readings *r, const struct line *line)
{
	for (int field = 0; field < 3; field++) {
		struct slice kind = line->rest;

		if (cut_front(&kind, classic_fields[field])) {
			set_classic(r, line, kind, field);
			return;
		}
	}
}

static void finish_classic(struct quota_readings *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct quota_reading *reading = &r->items[i];

		if (reading->limit > 0 && reading->remaining >= 0) {
			reading->used = 1 - (double)reading->remaining / (double)reading->limit;
		}
		if (reading->remaining == 0 && reading->limit != 0 && reading->reset_ms > 0) {
			reading->is_spent = true;
		}
	}
}

/* x-<limit>-{primary|secondary}-<field>. Until the length is known the window
 * goes by its position; finish_codex gives it its name. */
static void read_codex(struct quota_readings *r, const struct line *line, bool *has_credits)
{
	static const char *const fields[] = { "-used-percent", "-window-minutes", "-reset-at",
					      "-reset-after-seconds" };
	struct slice name = line->rest;
	struct quota_reading *reading;
	size_t field = 0;
	double value;

	if ((slice_ieq(name, "codex-credits-has-credits") ||
	     slice_ieq(name, "codex-credits-unlimited")) && str_ieq(line->value, "true")) {
		*has_credits = true;
		return;
	}
	while (field < ARRAY_LEN(fields) && !cut_field(&name, fields[field])) {
		field++;
	}
	if (field == ARRAY_LEN(fields) || !(str_ifind(name.ptr, name.len, "-primary") ||
					    str_ifind(name.ptr, name.len, "-secondary"))) {
		return;
	}
	reading = reading_named(r, name);
	if (reading && field >= 2) {
		set_reset(reading, line);
	} else if (reading && str_to_double(line->value, &value)) {
		if (field == 0) {
			reading->used = value / 100;
		} else if (value > 0 && value < 1e6) {
			reading->length_ms = (int64_t)(value * (double)MINUTE_MS);
		}
	}
}

static void name_by_length(struct quota_reading *reading)
{
	static const char own[] = "codex-";
	char limit[QUOTA_NAME_BYTES] = "";
	char *position = strstr(reading->name, "primary");
	int minutes = (int)(reading->length_ms / MINUTE_MS);

	position = position ? position : strstr(reading->name, "secondary");
	*position = '\0';
	if (!str_eq(reading->name, own)) {
		str_copy(limit, sizeof limit, reading->name +
			 (str_starts(reading->name, own) ? sizeof own - 1 : 0));
	}
	if (minutes % (24 * 60) == 0) {
		snprintf(reading->name, sizeof reading->name, "%.20s%dd", limit,
			 minutes / (24 * 60));
	} else if (minutes % 60 == 0) {
		snprintf(reading->name, sizeof reading->name, "%.20s%dh", limit,
			 minutes / 60);
	} else {
		snprintf(reading->name, sizeof reading->name, "%.20s%dm", limit, minutes);
	}
}

static void finish_codex(struct quota_readings *r, bool has_credits)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		struct quota_reading *reading = &r->items[i];
		bool is_codex = strstr(reading->name, "-primary") ||
				strstr(reading->name, "-secondary");

		if (is_codex && !reading->length_ms) {
			continue;       /* window-minutes 0: there is no such window */
		}
		if (is_codex) {
			reading->is_spent = reading->used >= 1 && !has_credits;
			name_by_length(reading);
		}
		r->items[kept++] = *reading;
	}
	r->count = kept;
}

/* retry-after-ms wins, being the finer one. */
static void read_retry(struct quota_readings *r, const struct line *line)
{
	bool is_ms = slice_ieq(line->rest, "-ms");
	double value;
	int64_t ms;

	if (is_ms) {
		if (!str_to_double(line->value, &value) || !(value > 0)) {
			return;
		}
		ms = value < (double)RESET_MAX_MS ? (int64_t)value : RESET_MAX_MS;
	} else if (line->rest.len || (r->retry_header && r->retry_after_ms >= 0) ||
		   !reset_parse_retry_after(line->value, line->now_wall_ms, &ms)) {
		return;
	}
	r->retry_after_ms = ms;
	r->retry_header = line->name;
	r->retry_value = line->value;
}

static bool has_prefix(struct line *line, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncasecmp(line->name, prefix, len) != 0) {
		return false;
	}
	line->rest = slice_of(line->name + len);
	return true;
}

void quota_read(const struct pair_list *headers, int64_t now_wall_ms,
		struct quota_readings *r)
{
	struct unified unified = { .is_seen = false };
	bool has_credits = false;

	r->count = 0;
	r->unified = UNIFIED_NONE;
	r->retry_after_ms = -1;
	r->retry_header = NULL;
	r->retry_value = NULL;
	r->should_retry = -1;
	for (size_t i = 0; i < headers->count; i++) {
		struct line line = { .name = headers->items[i].name,
				     .value = headers->items[i].value,
				     .now_wall_ms = now_wall_ms };

		if (!strchr("aAxXrR", line.name[0])) {
			continue;       /* most headers: cheaply */
		}
		if (has_prefix(&line, "anthropic-ratelimit-unified-")) {
			read_unified(r, &line, &unified);
		} else if (has_prefix(&line, "anthropic-ratelimit-")) {
			read_anthropic(r, &line);
		} else if (has_prefix(&line, "x-ratelimit-")) {
			read_x_ratelimit(r, &line);
		} else if (has_prefix(&line, "retry-after")) {
			read_retry(r, &line);
		} else if (str_ieq(line.name, "x-should-retry")) {
			r->should_retry = str_ieq(line.value, "true");
		} else if (has_prefix(&line, "x-")) {
			read_codex(r, &line, &has_credits);
		}
	}
	finish_codex(r, has_credits);
	finish_unified(r, &unified);
	finish_classic(r);
}
