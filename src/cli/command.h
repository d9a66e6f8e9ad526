/*
 * The one table of commands: names, flags, operands, help and examples. It
 * feeds parsing and dispatch (cli/parse.h), help on every level (cli/help.h),
 * completion (cli/complete.h) and the check of the man pages.
 *
 * Each cmd_<verb>.c holds its verb's part, next to the functions it names;
 * command.c lists the verbs. A new verb is one file and one line there.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct invocation;

/* What a flag's value looks like; checked while parsing (cli/arg.h). */
enum flag_type {
	FLAG_SWITCH,            /* no value */
	FLAG_TEXT,
	FLAG_COUNT,             /* whole number, 0 or more */
	FLAG_NUMBER,            /* decimal number, 0 or more */
	FLAG_DURATION,          /* 90, 500ms, 30s, 10m, 2h, 7d */
	FLAG_FUTURE,            /* a date, an RFC 3339 time, or a duration from now */
	FLAG_PAST,              /* the same, a duration ago */
	FLAG_LIST,              /* comma-separated */
	FLAG_CHOICE,            /* one of `argument`, which reads "a|b|c" */
	FLAG_PAIR,              /* NAME=VALUE, repeatable */
	FLAG_HEADER,            /* Name: value, repeatable */
	FLAG_ROUTE,             /* UPSTREAM:MODEL[:PRIORITY[:WEIGHT]], repeatable */
};

struct flag {
	const char *name;       /* without the dashes; NULL ends an array */
	const char *argument;   /* placeholder in help; NULL for a switch */
	const char *help;
	enum flag_type type;
	char letter;            /* short form, 0: none */
	bool is_required;
	bool is_hidden;         /* not in help, completion or man page */
};

/* What an operand names: for completion. */
enum operand_kind {
	OPERAND_WORD,
	OPERAND_UPSTREAM,
	OPERAND_KEY,
	OPERAND_ALIAS,
	OPERAND_CONFIG_KEY,
	OPERAND_FILE,
	OPERAND_CHOICE,
};

struct operand {
	const char *name;       /* as help shows it: "U"; NULL: none */
	enum operand_kind kind;
	const char *choices;    /* OPERAND_CHOICE: "a|b|c" */
	bool is_optional;
};

#define MAX_OPERANDS 2

struct command {
	const char *name;
	const char *summary;            /* one line without a full stop */
	const char *detail;             /* what help says beyond; NULL: nothing */
	const struct command *const *subs;      /* end with NULL; NULL: none */
	const struct flag *flags;       /* NULL: none */
	struct operand operands[MAX_OPERANDS];
	const char *rest;               /* what follows "--"; "" is not shown; NULL: none */
	bool wants_json;                /* adds --json */
	bool wants_yes;                 /* adds --yes: do not ask */
	bool takes_demo;                /* --demo makes sense */
	const char *examples;           /* lines "# what" and "llm-gateway …" */

	/* Prints its result on stdout. False with `err` for a failure; other
	 * exit codes go into invocation.exit_code. */
	bool (*run)(struct invocation *inv, struct err *err);
};

/* The program itself: its subs are the verbs, its flags the global ones. */
extern const struct command command_root;

/* Flags that every command accepts, anywhere on the line. */
extern const struct flag command_global_flags[];

/* --json, --yes: for commands that say so. */
extern const struct flag command_json_flag;
extern const struct flag command_yes_flag;

const struct command *command_find(const struct command *parent, const char *name);

/* The flag of `c` (global ones included) by its long name, or NULL. */
const struct flag *command_flag(const struct command *c, const char *name);
const struct flag *command_letter(const struct command *c, char letter);

/* Calls `visit` with each flag of the command itself, hidden ones included. */
void command_each_flag(const struct command *c,
		       void (*visit)(void *ctx, const struct flag *flag), void *ctx);

/* Is it a flag that may be given more than once? */
bool flag_is_repeatable(const struct flag *flag);

/* One per verb, in cmd_<verb>.c. */
extern const struct command cmd_server;
extern const struct command cmd_upstream;
extern const struct command cmd_apikey;
extern const struct command cmd_oauth;
extern const struct command cmd_cooldown;
extern const struct command cmd_model;
extern const struct command cmd_tui;
extern const struct command cmd_status;
extern const struct command cmd_health;
extern const struct command cmd_usage;
extern const struct command cmd_request;
extern const struct command cmd_logs;
extern const struct command cmd_env;
extern const struct command cmd_config;
extern const struct command cmd_connect;
extern const struct command cmd_run;
extern const struct command cmd_doctor;
extern const struct command cmd_selftest;
extern const struct command cmd_bench;
extern const struct command cmd_completion;

#endif
