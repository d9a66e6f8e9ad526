#include "cli/arg.h"

#include <ctype.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "config/value.h"

bool arg_moment(const char *text, int sign, int64_t now_ms, int64_t *wall_ms)
{
	int64_t span;

	if (value_duration_ms(text, &span)) {
		*wall_ms = now_ms + sign * span;
		return *wall_ms > 0 && span < INT64_MAX / 2;
	}
	return clock_parse(text, wall_ms);
}

static bool split_at(const char *text, char separator, struct slice *name, struct slice *value)
{
	const char *at = strchr(text, separator);

	if (!at || at == text) {
		return false;
	}
	*name = (struct slice){ text, (size_t)(at - text) };
	*value = slice_of(at + 1);
	return true;
}

bool arg_pair(const char *text, struct slice *name, struct slice *value)
{
	return split_at(text, '=', name, value);
}

bool arg_header(const char *text, struct slice *name, struct slice *value)
{
	if (!split_at(text, ':', name, value)) {
		return false;
	}
	*name = slice_trim(*name);
	*value = slice_trim(*value);
	for (size_t i = 0; i < name->len; i++) {
		if (!isalnum((unsigned char)name->ptr[i]) && !strchr("-_.", name->ptr[i])) {
			return false;
		}
	}
	return name->len > 0;
}

/* Takes ":123" off the end of `text`. */
static bool take_number(struct slice *text, int64_t *number)
{
	size_t start = text->len;
	uint64_t value;

	while (start && isdigit((unsigned char)text->ptr[start - 1])) {
		start--;
	}
	if (start < 2 || text->ptr[start - 1] != ':') {
		return false;
	}
	if (!str_to_u64((struct slice){ text->ptr + start, text->len - start }, &value) ||
	    value > INT32_MAX) {
		return false;
	}
	*number = (int64_t)value;
	text->len = start - 1;
	return true;
}

bool arg_route(const char *text, struct arg_route *route)
{
	int64_t last;
	int64_t before;

	route->priority = -1;
	route->weight = -1;
	if (!split_at(text, ':', &route->upstream, &route->model)) {
		return false;
	}
	if (take_number(&route->model, &last)) {
		if (take_number(&route->model, &before)) {
			route->priority = before;
			route->weight = last;
		} else {
			route->priority = last;
		}
	}
	return route->model.len > 0;
}

bool arg_next_choice(struct slice *rest, struct slice *word)
{
	return slice_next(rest, '|', word);
}

bool arg_is_choice(const char *choices, const char *text)
{
	struct slice rest = slice_of(choices);
	struct slice word;

	while (arg_next_choice(&rest, &word)) {
		if (slice_eq(word, text)) {
			return true;
		}
	}
	return false;
}

bool arg_hint_choice(const char *choices, const char *text, struct err *err)
{
	struct slice rest = slice_of(choices);
	struct slice word;
	struct vec names = { 0 };
	const char *near;

	while (arg_next_choice(&rest, &word)) {
		vec_push(&names, xstrndup(word.ptr, word.len));
	}
	near = str_nearest(text, (const char *const *)names.items, names.len);
	if (near) {
		err_hintf(err, "did you mean \"%s\"?", near);
	}
	for (size_t i = 0; i < names.len; i++) {
		free(names.items[i]);
	}
	vec_release(&names);
	return false;
}

static bool is_well_formed(const struct flag *flag, const char *text)
{
	struct slice name;
	struct slice value;
	struct arg_route route;
	uint64_t count;
	int64_t ms;
	double number;

	switch (flag->type) {
	case FLAG_COUNT:
		return str_to_u64(slice_of(text), &count) && count <= INT64_MAX;
	case FLAG_NUMBER:
		return value_number(text, &number);
	case FLAG_DURATION:
		return value_duration_ms(text, &ms);
	case FLAG_FUTURE:
		return arg_moment(text, 1, clock_wall_ms(), &ms);
	case FLAG_PAST:
		return arg_moment(text, -1, clock_wall_ms(), &ms);
	case FLAG_CHOICE:
		return arg_is_choice(flag->argument, text);
	case FLAG_PAIR:
		return arg_pair(text, &name, &value);
	case FLAG_HEADER:
		return arg_header(text, &name, &value);
	case FLAG_ROUTE:
		return arg_route(text, &route);
	case FLAG_SWITCH:
	case FLAG_TEXT:
	case FLAG_LIST:
		break;
	}
	return true;
}

static const char *expectation(const struct flag *flag)
{
	switch (flag->type) {
	case FLAG_COUNT:    return "a whole number";
	case FLAG_NUMBER:   return "a number";
	case FLAG_DURATION: return "a duration like 90, 30s, 10m, 2h or 7d";
	case FLAG_FUTURE:   return "a date like 2027-01-31, a time, or a duration like 30d";
	case FLAG_PAST:     return "a duration ago like 30m or 7d, a date or a time";
	case FLAG_CHOICE:   return flag->argument;
	case FLAG_PAIR:     return "NAME=VALUE";
	case FLAG_HEADER:   return "'Name: value'";
	case FLAG_ROUTE:    return "UPSTREAM:MODEL[:PRIORITY[:WEIGHT]]";
	default:            return "text";
	}
}

bool arg_check(const struct flag *flag, const char *text, struct err *err)
{
	if (is_well_formed(flag, text)) {
		return true;
	}
	err_setf(err, ERR_USAGE, "--%s cannot be \"%.80s\"; expected %s", flag->name, text,
		 expectation(flag));
	if (flag->type == FLAG_CHOICE) {
		arg_hint_choice(flag->argument, text, err);
	}
	return false;
}
