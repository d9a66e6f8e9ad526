/*
 * What the importers share: reading a stranger's tree so that what nobody read
 * is known at the end, and writing accounts, aliases, keys and settings.
 * Belongs to the room.
 */
#ifndef CONFIG_IMPORT_WORK_H
#define CONFIG_IMPORT_WORK_H

#include "config/import.h"
#include "config/node.h"

struct import_work {
	struct import *out;
	const struct config *current;
	struct arena *arena;            /* of `out` */
	const struct node *root;
	unsigned char *is_read;         /* by a scalar's place in the text */
	struct vec notes;               /* struct import_note * */
	struct vec aliases;             /* struct import_alias *, written at the end */
	struct vec accounts;            /* struct import_account *, those that were taken */
	bool has_key;                   /* an active gateway key came over */
};

/* ---- reading (import_read.c) ---- */

/* A member; reading a scalar marks it as taken care of. NULL when absent or
 * null. */
const struct node *import_get(struct import_work *w, const struct node *map, const char *key);
const struct node *import_get2(struct import_work *w, const struct node *map,
			       const char *key, const char *other);

/* The text of a scalar member; NULL when absent, null or no scalar. */
const char *import_text(struct import_work *w, const struct node *map, const char *key);
bool import_flag(struct import_work *w, const struct node *map, const char *key,
		 bool fallback);
int64_t import_number(struct import_work *w, const struct node *map, const char *key,
		      int64_t fallback);

/* Marks all of `n` (may be NULL) as taken care of. */
void import_skip(struct import_work *w, const struct node *n);

/* Reports `n` (may be NULL) as not carried over, instead of "has no
 * counterpart here"; the first reason stands. `why` lives as long as the work. */
void import_leave(struct import_work *w, const struct node *n, const char *why);

/* A list of { member, reason }, ended by NULL: import_leave() for those that
 * `map` has. */
struct import_reason {
	const char *member;
	const char *why;
};
void import_leave_members(struct import_work *w, const struct node *map,
			  const struct import_reason *reasons);

/* A line of `left_out` about no value in particular. */
void import_regret(struct import_work *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes the lines of `left_out`: notes and what nobody read. */
void import_report(struct import_work *w);

/* ---- writing (import_write.c; import_object.c, import_alias.c) ---- */

void import_say(struct import_work *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* An edit of its own memory, not yet in the list. */
struct edit *import_edit(struct import_work *w, enum edit_kind kind, const char *path,
			 const char *yaml);

/* Would a file with nothing else load? If not, `from` is noted. */
bool import_check(struct import_work *w, const struct edit *e, const struct node *from);

/* A setting, as its text; refused ones are left out with the reason. `from`
 * is where it came from. */
void import_set(struct import_work *w, const struct node *from, const char *path,
		const char *text);

/* The scalar (or list) `key` of `map` as setting `path`. */
void import_copy(struct import_work *w, const struct node *map, const char *key,
		 const char *path);

struct import_account {
	const char *name;               /* wished for; then what it became */
	const char *asked;              /* as the file calls it */
	const char *type;               /* NULL: api-key, or none without a key */
	const char *provider;
	const char *base_url;           /* NULL or "": the provider's own */
	const char *key_env;            /* NULL: none */
	const char *key;                /* secret; NULL: none */
	const char *api_version;
	const char *deployment;
	const char *header_name;
	const char *header_value;
	const struct node *limits;      /* rpm, tpm, rpd, tpr, concurrency; NULL: none */
	struct vec models;              /* const char * */
	bool has_models;                /* false: the provider's usual names */
	bool is_disabled;
	int64_t weight;                 /* 0: 1 */
};

/* A copy in the work's arena. */
struct import_account *import_account_new(struct import_work *w, const char *name);

/* Writes it. False (and a note at `from`) when it cannot be had. */
bool import_account_add(struct import_work *w, struct import_account *a,
			const struct node *from);

/* The account that the file calls `asked`; NULL. */
const struct import_account *import_account_find(const struct import_work *w,
						 const char *asked);

struct import_alias {
	const char *name;
	bool is_disabled;
	struct vec routes;              /* const char *: flow maps */
	struct vec fallback;            /* const char * */
	struct vec rules;               /* const char *: flow maps */
};

/* Found or made. */
struct import_alias *import_alias_of(struct import_work *w, const char *name);
struct import_alias *import_alias_find(const struct import_work *w, const char *name);
void import_route(struct import_work *w, struct import_alias *alias,
		  const struct import_account *account, const char *model,
		  int64_t priority, int64_t weight, bool is_enabled);
void import_aliases_write(struct import_work *w);
void import_aliases_release(struct import_work *w);

/* A gateway key from its text, or from its hash (64 hex digits). */
struct import_key {
	const char *name;
	const char *text;               /* secret; NULL: `hash` */
	const char *hash;
	const char *permissions;        /* "[read, write]" */
	const char *more;               /* further lines of YAML; NULL: none */
	bool is_disabled;
};
void import_key_add(struct import_work *w, const struct import_key *key,
		    const struct node *from);

/* The one key that all clients share, as the file has it: `key` may be NULL. One
 * that stands in a variable is left out. */
void import_shared_key(struct import_work *w, const struct node *key, const char *name,
		       const char *permissions);

/* routing.strategy by the file's own word for it. */
struct import_strategy {
	const char *theirs;
	const char *ours;
};
void import_set_strategy(struct import_work *w, const struct node *strategy,
			 const struct import_strategy *names, size_t count);

/* A text as YAML scalar, in the arena. */
const char *import_yaml(struct import_work *w, const char *text);

/* ---- vendors (import_vendor.c) ---- */

/* Provider, base_url (and deployment) from a URL as other gateways write it:
 * with or without version, with the whole path of the call. `is_root`: a URL
 * without a path gets /v1. */
void import_endpoint(struct import_work *w, struct import_account *a, const char *url,
		     bool is_root);

/* A key as the file spells it: the text itself, $VAR, ${VAR}, ${VAR:-x},
 * os.environ/VAR. */
void import_credential(struct import_work *w, struct import_account *a,
		       const struct node *key);

/* The variable that the whole of `text` stands for; NULL when it is a text. */
const char *import_variable(struct import_work *w, const char *text);

/* ---- the files ---- */

void import_accounts_file(struct import_work *w);       /* gateway_keys, upstream_accounts */
void import_provider_map(struct import_work *w);        /* api_provider, model_config */
void import_backends(struct import_work *w);            /* backends, models, fallback */
void import_env_providers(struct import_work *w);       /* providers with variables */
void import_litellm(struct import_work *w);             /* model_list */
void import_litellm_settings(struct import_work *w);
void import_claude_router(struct import_work *w);       /* Providers, Router */

/* "host:port", ":port", or the two apart, as server.host and server.port; a
 * host that is not loopback wants a gateway key. */
void import_listen(struct import_work *w, const struct node *host, const struct node *port);

/* Logging levels have many spellings. */
void import_level(struct import_work *w, const struct node *map, const char *key,
		  const char *path);

#endif
