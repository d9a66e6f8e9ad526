#include "cli/parse.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/arg.h"
#include "config/value.h"

/* Where parse_line() stands in argv. */
struct cursor {
	char **argv;
	int argc;
	int at;
};

static void push_value(struct invocation *inv, const struct flag *flag, const char *text)
{
	struct flag_value *value = xmalloc(sizeof *value);

	value->flag = flag;
	value->text = text;
	vec_push(&inv->values, value);
}

/* "llm-gateway upstream add", for messages. */
static const char *line_so_far(const struct invocation *inv, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < inv->depth && len < size; i++) {
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? " " : "",
					inv->path[i]->name);
	}
	return text;
}

static void hint_help(const struct invocation *inv, struct err *err)
{
	char line[128];

	err_hintf(err, "see `%s --help`", line_so_far(inv, line, sizeof line));
}

struct name_list {
	const char *names[64];
	size_t count;
};

static void collect_flag(void *ctx, const struct flag *flag)
{
	struct name_list *list = ctx;

	if (!flag->is_hidden && list->count < ARRAY_LEN(list->names)) {
		list->names[list->count++] = flag->name;
	}
}

static bool unknown_flag(const struct invocation *inv, const char *name, struct err *err)
{
	struct name_list list = { .count = 0 };
	const char *near;

	command_each_flag(inv->command, collect_flag, &list);
	for (const struct flag *flag = command_global_flags; flag->name; flag++) {
		collect_flag(&list, flag);
	}
	near = str_nearest(name, list.names, list.count);
	err_setf(err, ERR_USAGE, "no option --%.60s here", name);
	if (near) {
		return err_hintf(err, "did you mean --%s?", near);
	}
	hint_help(inv, err);
	return false;
}

static bool unknown_command(const struct invocation *inv, const char *word, struct err *err)
{
	struct name_list list = { .count = 0 };
	char line[128];
	const char *near;

	for (size_t i = 0; inv->command->subs[i]; i++) {
		list.names[list.count++] = inv->command->subs[i]->name;
	}
	near = str_nearest(word, list.names, list.count);
	err_setf(err, ERR_USAGE, "`%s` has no command \"%.60s\"",
		 line_so_far(inv, line, sizeof line), word);
	if (near) {
		return err_hintf(err, "did you mean \"%s\"?", near);
	}
	hint_help(inv, err);
	return false;
}

/* The value of a flag that wants one: behind "=", or the next word. A word
 * with two dashes is more likely a flag than a value. */
static bool take_value(struct cursor *cursor, const struct flag *flag, const char *inline_value,
		       const char **value, struct err *err)
{
	if (inline_value) {
		*value = inline_value;
		return true;
	}
	if (cursor->at >= cursor->argc || str_starts(cursor->argv[cursor->at], "--")) {
		err_setf(err, ERR_USAGE, "--%s needs a value", flag->name);
		return err_hintf(err, "write --%s=%s", flag->name, flag->argument);
	}
	*value = cursor->argv[cursor->at++];
	return true;
}

static bool add_flag(struct invocation *inv, struct cursor *cursor, const struct flag *flag,
		     const char *inline_value, struct err *err)
{
	const char *value = "";

	if (flag->type == FLAG_SWITCH) {
		if (inline_value) {
			return err_setf(err, ERR_USAGE, "--%s takes no value", flag->name);
		}
	} else if (!take_value(cursor, flag, inline_value, &value, err) ||
		   !arg_check(flag, value, err)) {
		return false;
	}
	push_value(inv, flag, value);
	return true;
}

static bool parse_long(struct invocation *inv, struct cursor *cursor, const char *word,
		       struct err *err)
{
	const char *equals = strchr(word, '=');
	char *name = equals ? xstrndup(word, (size_t)(equals - word)) : xstrdup(word);
	const struct flag *flag = command_flag(inv->command, name);
	bool ok = flag ? add_flag(inv, cursor, flag, equals ? equals + 1 : NULL, err)
		       : unknown_flag(inv, name, err);

	free(name);
	return ok;
}

static bool parse_letters(struct invocation *inv, struct cursor *cursor, const char *letters,
			  struct err *err)
{
	for (; *letters; letters++) {
		const struct flag *flag = command_letter(inv->command, *letters);

		if (!flag) {
			err_setf(err, ERR_USAGE, "no option -%c here", *letters);
			hint_help(inv, err);
			return false;
		}
		if (!add_flag(inv, cursor, flag, NULL, err)) {
			return false;
		}
	}
	return true;
}

static void descend(struct invocation *inv, const struct command *command)
{
	inv->path[inv->depth++] = command;
	inv->command = command;
}

static size_t operand_limit(const struct command *c)
{
	size_t limit = 0;

	while (limit < MAX_OPERANDS && c->operands[limit].name) {
		limit++;
	}
	return limit;
}

static bool parse_word(struct invocation *inv, const char *word, struct err *err)
{
	if (inv->command->subs) {
		const struct command *sub = command_find(inv->command, word);

		if (!sub) {
			return unknown_command(inv, word, err);
		}
		descend(inv, sub);
		return true;
	}
	if (inv->operand_count >= operand_limit(inv->command)) {
		err_setf(err, ERR_USAGE, "\"%.80s\" is one word too many", word);
		hint_help(inv, err);
		return false;
	}
	inv->operands[inv->operand_count++] = word;
	return true;
}

/* A flag may stand before the word that makes it valid ("--json status"):
 * the global ones are known at the root, the others must follow their verb. */
static bool parse_next(struct invocation *inv, struct cursor *cursor, struct err *err)
{
	char *word = cursor->argv[cursor->at++];

	if (str_eq(word, "--")) {
		if (inv->command->rest) {
			inv->rest = cursor->argv + cursor->at;
			cursor->at = cursor->argc;
			return true;
		}
		while (cursor->at < cursor->argc) {
			if (!parse_word(inv, cursor->argv[cursor->at++], err)) {
				return false;
			}
		}
		return true;
	}
	if (str_starts(word, "--")) {
		return parse_long(inv, cursor, word + 2, err);
	}
	if (word[0] == '-' && word[1]) {
		return parse_letters(inv, cursor, word + 1, err);
	}
	if (inv->depth == 1 && str_eq(word, "help") && !inv_has(inv, "help")) {
		push_value(inv, command_flag(inv->command, "help"), "");
		return true;
	}
	return parse_word(inv, word, err);
}

static bool check_operands(const struct invocation *inv, struct err *err)
{
	const struct command *c = inv->command;

	for (size_t i = 0; i < inv->operand_count; i++) {
		if (c->operands[i].kind == OPERAND_CHOICE &&
		    !arg_is_choice(c->operands[i].choices, inv->operands[i])) {
			err_setf(err, ERR_USAGE, "%s cannot be \"%.60s\"; expected %s",
				 c->operands[i].name, inv->operands[i], c->operands[i].choices);
			return arg_hint_choice(c->operands[i].choices, inv->operands[i], err);
		}
	}
	for (size_t i = inv->operand_count; i < operand_limit(c); i++) {
		if (!c->operands[i].is_optional) {
			err_setf(err, ERR_USAGE, "%s is missing", c->operands[i].name);
			hint_help(inv, err);
			return false;
		}
	}
	return true;
}

struct requirement {
	const struct invocation *inv;
	const struct flag *missing;
};

static void check_required(void *ctx, const struct flag *flag)
{
	struct requirement *r = ctx;

	if (flag->is_required && !r->missing && !inv_has(r->inv, flag->name)) {
		r->missing = flag;
	}
}

static bool check_flags(const struct invocation *inv, struct err *err)
{
	struct requirement r = { inv, NULL };

	command_each_flag(inv->command, check_required, &r);
	if (r.missing) {
		err_setf(err, ERR_USAGE, "--%s=%s is missing: %s", r.missing->name,
			 r.missing->argument, r.missing->help);
		hint_help(inv, err);
	}
	return !r.missing;
}

bool parse_line(struct invocation *inv, int argc, char **argv, struct err *err)
{
	struct cursor cursor = { argv, argc, 1 };

	*inv = (struct invocation){ 0 };
	descend(inv, &command_root);
	while (cursor.at < argc) {
		if (!parse_next(inv, &cursor, err)) {
			return false;
		}
	}
	if (inv_has(inv, "help") || inv_has(inv, "version") || inv->command->subs) {
		return true;
	}
	return check_operands(inv, err) && check_flags(inv, err);
}

void invocation_release(struct invocation *inv)
{
	for (size_t i = 0; i < inv->values.len; i++) {
		free(inv->values.items[i]);
	}
	vec_release(&inv->values);
	free(inv->home);
	free(inv->config_path);
}

static const char *user_directory(void)
{
	const char *home = getenv("HOME");
	struct passwd *entry;

	if (!str_empty(home)) {
		return home;
	}
	entry = getpwuid(getuid());
	return entry ? entry->pw_dir : NULL;
}

/* A shell leaves the ~ of --home=~/x alone. */
static char *absolute_path(const char *path)
{
	const char *user = str_starts(path, "~/") ? user_directory() : NULL;
	char here[4096];

	if (user) {
		return xasprintf("%s%s", user, path + 1);
	}
	if (path[0] == '/' || !getcwd(here, sizeof here)) {
		return xstrdup(path);
	}
	return xasprintf("%s/%s", here, path);
}

static char *locate_home(const struct invocation *inv)
{
	const char *asked = inv_text(inv, "home");
	const char *user;

	if (str_empty(asked)) {
		asked = getenv("LLM_GATEWAY_HOME");
	}
	if (asked && *asked) {
		return absolute_path(asked);
	}
	user = user_directory();
	return user ? xasprintf("%s/.llm-gateway", user) : NULL;
}

bool invocation_locate(struct invocation *inv, struct err *err)
{
	const char *config = inv_text(inv, "config");

	inv->home = locate_home(inv);
	if (!inv->home) {
		err_setf(err, ERR_FAILED, "no home directory: HOME is not set");
		return err_hintf(err, "give one with --home=DIR");
	}
	inv->config_path = config && *config ? absolute_path(config)
					     : xasprintf("%s/config.yaml", inv->home);
	return true;
}

const char *inv_nth(const struct invocation *inv, const char *flag, size_t n)
{
	for (size_t i = 0; i < inv->values.len; i++) {
		const struct flag_value *value = inv->values.items[i];

		if (str_eq(value->flag->name, flag) && n-- == 0) {
			return value->text;
		}
	}
	return NULL;
}

const char *inv_text(const struct invocation *inv, const char *flag)
{
	const char *last = NULL;
	const char *text;

	for (size_t n = 0; (text = inv_nth(inv, flag, n)); n++) {
		last = text;
	}
	return last;
}

bool inv_has(const struct invocation *inv, const char *flag)
{
	return inv_nth(inv, flag, 0) != NULL;
}

int64_t inv_int(const struct invocation *inv, const char *flag, int64_t fallback)
{
	const struct flag *known = command_flag(inv->command, flag);
	const char *text = inv_text(inv, flag);
	int64_t value = fallback;

	if (!text) {
		return fallback;
	}
	switch (known->type) {
	case FLAG_DURATION:
		value_duration_ms(text, &value);
		break;
	case FLAG_FUTURE:
		arg_moment(text, 1, clock_wall_ms(), &value);
		break;
	case FLAG_PAST:
		arg_moment(text, -1, clock_wall_ms(), &value);
		break;
	default:
		str_to_i64(text, &value);
		break;
	}
	return value;
}

double inv_number(const struct invocation *inv, const char *flag, double fallback)
{
	const char *text = inv_text(inv, flag);
	double value = fallback;

	if (text) {
		str_to_double(text, &value);
	}
	return value;
}

const char *inv_operand(const struct invocation *inv, size_t index)
{
	return index < inv->operand_count ? inv->operands[index] : NULL;
}
