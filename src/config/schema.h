/*
 * Every key of the configuration, once: its name, what it may hold, its
 * default and where it lies in the snapshot. Reading, validation, dumps,
 * `config get`, environment overrides and the iterator of config/keys.h all
 * walk these tables. Belongs to the room.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum key_kind {
	KEY_BOOL,               /* bool */
	KEY_SWITCH,             /* bool; words[0] is false, words[1] true */
	KEY_CHOICE,             /* enum; index into words */
	KEY_WORD,               /* const char *; one of words */
	KEY_TRISTATE,           /* int; -1 not set, 0, 1 */
	KEY_INT,                /* int */
	KEY_COUNT,              /* int64_t, times `unit` */
	KEY_NUMBER,             /* double */
	KEY_DURATION,           /* int64_t milliseconds */
	KEY_SIZE,               /* int64_t bytes */
	KEY_TIME,               /* int64_t wall clock milliseconds */
	KEY_TEXT,               /* const char * */
	KEY_PROMPT,             /* const char *; ${_NAME} stays for whoever sends it */
	KEY_HASH,               /* unsigned char[SHA256_BYTES] */
	KEY_PERMISSIONS,        /* unsigned; a list of words */
	KEY_LIST,               /* struct string_list */
	KEY_PAIRS,              /* struct pair_list; any names */
	KEY_OPTIONS,            /* struct pair_list; names and kinds of `table` */
	KEY_TABLE,              /* keys of `table`, whose offsets start at `offset` */
	KEY_ITEMS,              /* list of `table`: array and count */
	KEY_NAMED,              /* map from a name to `table`: array and count */
};

enum key_flag {
	KEY_SECRET = 1,         /* never in a dump or a message */
	KEY_REQUIRED = 2,
	KEY_URL_SECRET = 4,     /* may hold user:password@ */
	KEY_JOINED = 8,         /* pairs: a list as value is joined by commas */
	KEY_NUMBERS = 16,       /* pairs: values are numbers */
	KEY_UNSET = 32,         /* number: -1 until it is given */
};

struct schema_table;

struct schema_key {
	const char *name;
	enum key_kind kind;
	unsigned flags;
	size_t offset;          /* in the struct of the table */
	size_t count_offset;    /* of the count beside an array; KEY_LIST: of a bool that
				 * says whether it was given, 0 = none */
	const char *fallback;   /* the default as in the file; NULL: empty or zero */
	int64_t min;
	int64_t max;            /* 0: no bound beyond the kind's own */
	int64_t unit;           /* KEY_COUNT: what one stands for; 0 means 1 */
	const char *const *words;       /* ends with NULL */
	const struct schema_table *table;
	/* Text, items of a list, names of pairs: what is expected instead of
	 * `text`, or NULL when it will do. */
	const char *(*check)(const char *text);
};

struct schema_table {
	const struct schema_key *keys;
	size_t count;
	size_t bytes;           /* of the struct of an item */
	size_t name_offset;     /* KEY_NAMED: const char * that takes the name */
};

/* The whole file; offsets in struct config. */
const struct schema_table *schema_root(void);

const struct schema_key *schema_key(const struct schema_table *table, const char *name);

/* The name nearest to a wrong one, or NULL. */
const char *schema_nearest(const struct schema_table *table, const char *name);

#endif
