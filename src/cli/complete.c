#include "cli/complete.h"

#include <stdlib.h>

#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "cli/answer.h"
#include "cli/arg.h"
#include "cli/call.h"
#include "cli/parse.h"
#include "config/keys.h"
#include "control/client.h"
#include "control/routes.h"

/* One completion on its way. */
struct candidates {
	struct invocation inv;          /* the words before the one being typed */
	const char *typed;
	char prefix[72];                /* "--name=" in front of values, or "" */
	struct buf *out;
};

static void offer(struct candidates *c, struct slice word, const char *about)
{
	size_t typed = strlen(c->typed);

	if (word.len >= typed && memcmp(word.ptr, c->typed, typed) == 0) {
		buf_addf(c->out, "%s%.*s\t%s\n", c->prefix, (int)word.len, word.ptr, about);
	}
}

static void offer_choices(struct candidates *c, const char *choices)
{
	struct slice rest = slice_of(choices);
	struct slice word;

	while (arg_next_choice(&rest, &word)) {
		offer(c, word, "");
	}
}

/* Names from the gateway or the files; nothing when they cannot be read. */
static void offer_objects(struct candidates *c, const char *path, const char *about)
{
	struct answer *a = NULL;

	if (invocation_locate(&c->inv, NULL)) {
		c->inv.client = control_client_create(c->inv.home, c->inv.config_path);
		a = call_api(&c->inv, "GET", path, NULL, NULL);
		control_client_destroy(c->inv.client);
	}
	for (size_t i = 0; i < answer_count(a, ""); i++) {
		const struct answer *item = answer_item(a, "", i);

		offer(c, slice_of(answer_text(item, "name")), answer_text(item, about));
	}
	answer_destroy(a);
}

static void offer_config_key(void *ctx, const struct config_key_info *info)
{
	if (!strpbrk(info->path, "[*") && !strstr(info->type, "section")) {
		offer(ctx, slice_of(info->path), info->type);
	}
}

static void offer_operand(struct candidates *c, const struct operand *operand)
{
	switch (operand->kind) {
	case OPERAND_UPSTREAM:
		offer_objects(c, "/v1/upstreams", "provider");
		break;
	case OPERAND_KEY:
		offer_objects(c, "/v1/keys", "state");
		break;
	case OPERAND_ALIAS:
		offer_objects(c, "/v1/models", "");
		break;
	case OPERAND_CONFIG_KEY:
		config_keys_each(offer_config_key, c);
		break;
	case OPERAND_FILE:
		buf_adds(c->out, ":files\n");
		break;
	case OPERAND_CHOICE:
		offer_choices(c, operand->choices);
		break;
	case OPERAND_WORD:
		break;
	}
}

static void offer_value(struct candidates *c, const struct flag *flag)
{
	if (flag->type == FLAG_CHOICE) {
		offer_choices(c, flag->argument);
	} else if (flag->type == FLAG_TEXT && !*c->prefix) {
		buf_adds(c->out, ":files\n");
	}
}

static void offer_flag(void *ctx, const struct flag *flag)
{
	struct candidates *c = ctx;
	char name[64];

	if (flag->is_hidden || (inv_has(&c->inv, flag->name) && !flag_is_repeatable(flag))) {
		return;
	}
	snprintf(name, sizeof name, "--%s%s", flag->name, flag->argument ? "=" : "");
	offer(c, slice_of(name), flag->help);
}

static void offer_flags(struct candidates *c)
{
	command_each_flag(c->inv.command, offer_flag, c);
	for (const struct flag *flag = command_global_flags; flag->name; flag++) {
		offer_flag(c, flag);
	}
}

static void offer_words(struct candidates *c)
{
	const struct command *command = c->inv.command;

	for (size_t i = 0; command->subs && command->subs[i]; i++) {
		offer(c, slice_of(command->subs[i]->name), command->subs[i]->summary);
	}
	if (!command->subs && c->inv.operand_count < MAX_OPERANDS &&
	    command->operands[c->inv.operand_count].name) {
		offer_operand(c, &command->operands[c->inv.operand_count]);
	}
}

/* The flag whose value is the next word: "--name" without "=". */
static const struct flag *open_flag(const struct command *command, const char *word)
{
	const struct flag *flag = NULL;

	if (word && str_starts(word, "--")) {
		flag = command_flag(command, word + 2);
	} else if (word && word[0] == '-' && word[1]) {
		flag = command_letter(command, word[strlen(word) - 1]);
	}
	return flag && flag->argument ? flag : NULL;
}

/* "--name=val" being typed: completes behind the "=". */
static bool offer_inline_value(struct candidates *c)
{
	const char *equals = strchr(c->typed, '=');
	const struct flag *flag;
	char name[64];

	if (!str_starts(c->typed, "--") || !equals ||
	    (size_t)(equals - c->typed - 2) >= sizeof name) {
		return false;
	}
	snprintf(name, sizeof name, "%.*s", (int)(equals - c->typed - 2), c->typed + 2);
	snprintf(c->prefix, sizeof c->prefix, "--%s=", name);
	flag = command_flag(c->inv.command, name);
	c->typed = equals + 1;
	if (flag) {
		offer_value(c, flag);
	}
	return true;
}

static void offer_all(struct candidates *c, const char *before)
{
	const struct flag *flag = open_flag(c->inv.command, before);

	if (c->inv.rest) {
		buf_adds(c->out, c->inv.rest[0] ? ":files\n" : ":commands\n");
	} else if (flag) {
		offer_value(c, flag);
	} else if (c->typed[0] == '-') {
		if (!offer_inline_value(c)) {
			offer_flags(c);
		}
	} else {
		offer_words(c);
	}
}

void complete_words(char **words, struct buf *out)
{
	struct candidates c = { .typed = "", .out = out };
	char program[] = "llm-gateway";
	char **line;
	size_t count = 0;

	while (words[count]) {
		count++;
	}
	if (!count) {
		return;
	}
	line = xcalloc(count + 1, sizeof *line);
	line[0] = program;
	memcpy(line + 1, words, (count - 1) * sizeof *line);
	c.typed = words[count - 1];
	/* A line that is not finished is rarely a valid one: what could be read
	 * of it is enough. */
	parse_line(&c.inv, (int)count, line, NULL);
	offer_all(&c, count > 1 ? line[count - 1] : NULL);
	invocation_release(&c.inv);
	free(line);
}

static void dump_flag(void *ctx, const struct flag *flag)
{
	struct json_writer *w = ctx;

	if (flag->is_hidden) {
		return;
	}
	json_object(w);
	json_kstr(w, "name", flag->name);
	json_kstr(w, "argument", flag->argument);
	json_key(w, "letter");
	json_strn(w, (struct slice){ &flag->letter, flag->letter ? 1 : 0 });
	json_kbool(w, "required", flag->is_required);
	json_end(w);
}

static void dump_command(const struct command *command, const char *parent,
			 struct json_writer *w)
{
	char name[128];

	snprintf(name, sizeof name, "%s%s%s", parent, *parent ? " " : "", command->name);
	json_object(w);
	json_kstr(w, "name", name);
	json_kstr(w, "summary", command->summary);
	json_kstr(w, "examples", command->examples);
	json_kbool(w, "runs", command->run != NULL);
	json_key(w, "operands");
	json_array(w);
	for (size_t i = 0; i < MAX_OPERANDS && command->operands[i].name; i++) {
		json_str(w, command->operands[i].name);
	}
	json_end(w);
	json_key(w, "flags");
	json_array(w);
	command_each_flag(command, dump_flag, w);
	json_end(w);
	json_end(w);
	for (size_t i = 0; command->subs && command->subs[i]; i++) {
		dump_command(command->subs[i], command == &command_root ? "" : name, w);
	}
}

static void dump_config_key(void *ctx, const struct config_key_info *info)
{
	struct json_writer *w = ctx;

	json_object(w);
	json_kstr(w, "path", info->path);
	json_kstr(w, "type", info->type);
	json_kstr(w, "default", info->fallback);
	json_key(w, "words");
	json_array(w);
	for (size_t i = 0; info->words && info->words[i]; i++) {
		json_str(w, info->words[i]);
	}
	json_end(w);
	json_end(w);
}

static void dump_routes(struct json_writer *w)
{
	json_key(w, "routes");
	json_array(w);
	for (size_t i = 0; i < control_route_count; i++) {
		char text[128];

		snprintf(text, sizeof text, "%s %s", control_routes[i].method,
			 control_routes[i].path);
		json_str(w, text);
	}
	json_end(w);
}

void complete_dump(struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	json_key(&w, "global_flags");
	json_array(&w);
	for (const struct flag *flag = command_global_flags; flag->name; flag++) {
		dump_flag(&w, flag);
	}
	json_end(&w);
	json_key(&w, "commands");
	json_array(&w);
	dump_command(&command_root, "", &w);
	json_end(&w);
	json_key(&w, "config_keys");
	json_array(&w);
	config_keys_each(dump_config_key, &w);
	json_end(&w);
	dump_routes(&w);
	json_end(&w);
	buf_addc(out, '\n');
}
