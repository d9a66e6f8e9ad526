/*
 * A command line as a structure: which command, which flags with which
 * values, which operands. Parsing checks everything that can be checked
 * without looking at the world, so a command only sees lines that make sense.
 */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "cli/command.h"
#include "cli/table.h"

struct control_client;

struct flag_value {
	const struct flag *flag;
	const char *text;               /* borrowed from argv; "" for a switch */
};

struct invocation {
	const struct command *path[4];  /* root, verb, subverb */
	size_t depth;
	const struct command *command;  /* the last of `path` */
	struct vec values;              /* struct flag_value, owned, in order */
	const char *operands[MAX_OPERANDS];
	size_t operand_count;
	char **rest;                    /* behind "--", NULL-terminated; or NULL */
	char *home;                     /* absolute */
	char *config_path;              /* absolute */
	struct screen screen;
	struct control_client *client;  /* borrowed from the caller of run() */
	int exit_code;
};

/* False with ERR_USAGE: what is wrong, the nearest name, what to type. `inv`
 * is usable (for help on where the line went wrong) in both cases; release it
 * in both. Keeps pointers into argv. */
bool parse_line(struct invocation *inv, int argc, char **argv, struct err *err);
void invocation_release(struct invocation *inv);

/* Sets home and config_path: flag, LLM_GATEWAY_HOME, ~/.llm-gateway. */
bool invocation_locate(struct invocation *inv, struct err *err);

bool inv_has(const struct invocation *inv, const char *flag);

/* The value given last; NULL when the flag is not there. */
const char *inv_text(const struct invocation *inv, const char *flag);

/* A number (FLAG_COUNT), milliseconds (FLAG_DURATION) or wall-clock
 * milliseconds (FLAG_PAST, FLAG_FUTURE); `fallback` when absent. */
int64_t inv_int(const struct invocation *inv, const char *flag, int64_t fallback);
double inv_number(const struct invocation *inv, const char *flag, double fallback);

/* The n-th value of a repeatable flag; NULL behind the last. */
const char *inv_nth(const struct invocation *inv, const char *flag, size_t n);

/* The operand at `index`, or NULL. */
const char *inv_operand(const struct invocation *inv, size_t index);

#endif
