/*
 * The configuration as an immutable snapshot (product: §4). Parsed once,
 * shared by every thread, replaced as a whole on reload; never written back
 * (edits are text edits, config/edit.h).
 *
 * All strings and arrays live in the snapshot's arena. Strings are never
 * NULL: "" means not set. Durations are milliseconds, sizes bytes. Anything
 * may be read by any thread that holds a reference.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/str.h"

enum provider_id {
	PROVIDER_ANTHROPIC,
	PROVIDER_OPENAI,
	PROVIDER_GOOGLE,
	PROVIDER_AZURE,
	PROVIDER_COMPATIBLE,      /* "openai-compatible" */
	PROVIDER_LLM_GATEWAY,     /* another gateway, over sealed transport */
	PROVIDER_DEMO,
};

/* Wire formats. FORMAT_NONE: other /v1 paths that pass through by model. */
enum format_id {
	FORMAT_NONE,
	FORMAT_ANTHROPIC,
	FORMAT_CHAT,              /* "openai-chat" */
	FORMAT_RESPONSES,         /* "openai-responses" */
	FORMAT_GEMINI,
};

/* What a client wants, apart from the body. */
enum operation {
	OP_GENERATE,              /* messages, chat/completions, responses, generateContent */
	OP_COUNT_TOKENS,
	OP_COMPLETIONS,           /* legacy text completions */
	OP_EMBEDDINGS,
	OP_OTHER,                 /* any other path below /v1 */
	OP_LIST_MODELS,           /* also used by probes and discovery */
};

enum account_type { ACCOUNT_API_KEY, ACCOUNT_OAUTH, ACCOUNT_PASSTHROUGH, ACCOUNT_NONE };

enum permission { PERMISSION_READ = 1, PERMISSION_WRITE = 2, PERMISSION_ADMIN = 4 };

enum strategy {
	STRATEGY_HEALTH_FIRST,
	STRATEGY_PRIORITY,
	STRATEGY_ROUND_ROBIN,
	STRATEGY_WEIGHTED,
	STRATEGY_LEAST_CONNECTIONS,
	STRATEGY_LEAST_LATENCY,
	STRATEGY_RANDOM,
};

struct string_list {
	const char **items;
	size_t count;
};

struct string_pair {
	const char *name;
	const char *value;
};

struct pair_list {
	struct string_pair *items;
	size_t count;
};

/* 0 = no limit. */
struct limits {
	int64_t rpm;
	int64_t tpm;
	int64_t rpd;
	int64_t tpr;
	int64_t concurrency;
};

struct server_config {
	const char *host;
	int port;
	int64_t timeout_ms;
	int workers;
	int64_t max_body_bytes;
	int64_t memory_budget_bytes;
	int max_connections;
	const char *tls_cert;
	const char *tls_key;
	bool auth_required;
	struct string_list allowed_hosts;
	struct string_list cors_origins;
	struct string_list trusted_proxies;
};

struct proxy_config {
	int64_t connect_timeout_ms;
	int64_t tls_timeout_ms;
	int64_t response_timeout_ms;
	int64_t first_token_timeout_ms;   /* 0: response_timeout_ms */
	int64_t stream_timeout_ms;
	int64_t request_timeout_ms;       /* 0: none */
	int64_t idle_conn_timeout_ms;
	const char *ca_file;
	int64_t keepalive_ms;
	bool forward_client_ip;
	bool enable_system_prompt;
	const char *system_prompts;       /* directory; relative to the home */
};

struct gateway_key {
	const char *id;
	const char *name;
	unsigned char hash[SHA256_BYTES]; /* of the whole key text */
	unsigned permissions;             /* enum permission bits */
	bool is_active;
	bool is_sealed;                   /* seals requests; its text is in the store */
	struct string_list models;        /* glob patterns; empty: all */
	struct limits limits;
	double budget_usd_per_day;        /* 0: none */
	int64_t expires_at_ms;            /* wall clock; 0: never */
};

/* Options are kept as text, checked by the schema; truth values are always
 * "true" or "false". The formats and providers read them by pair_get. */
struct upstream_account {
	size_t index;                     /* position in config.accounts */
	const char *id;
	const char *name;
	enum account_type type;
	enum provider_id provider;
	const char *base_url;             /* "" = the provider's own */
	enum format_id format;            /* FORMAT_NONE = the provider's own */
	bool is_active;
	int priority;
	int weight;
	bool has_models;                  /* false: the provider's usual names */
	struct string_list models;        /* glob patterns */
	struct limits limits;
	struct pair_list headers;
	const char *proxy;
	const char *azure_api_version;
	struct pair_list azure_deployments;  /* model, deployment */
	struct pair_list options;
	struct pair_list oauth;              /* product: §11, oauth map */
	const char *key_env;                 /* name of a variable, "" = none */
	const char *api_key;                 /* plain text from the file, "" = none; never show */
};

struct route {
	const char *upstream;             /* account name or id */
	const struct upstream_account *account;  /* resolved, never NULL */
	const char *model;
	int priority;
	int weight;
	bool is_enabled;
};

/* One rule of an alias; a condition that is not set is ignored. */
struct alias_rule {
	int64_t tokens_over;              /* 0: not set */
	int thinking;                     /* -1 not set, 0, 1 */
	int tools;
	int images;
	int web_search;
	int background;
	struct pair_list headers;         /* name, glob */
	const char *use;                  /* alias */
};

struct model_alias {
	const char *name;
	bool is_enabled;
	struct route *routes;
	size_t route_count;
	struct string_list fallback;
	const char *system_prompt;
	struct alias_rule *rules;
	size_t rule_count;
};

/* A text for requests (config/prompts.h): a file of proxy.system_prompts, or
 * the system_prompt of an alias. */
struct prompt {
	const char *name;                 /* the file's, or the alias's */
	const char *model;                /* only for this name; NULL: by `models` */
	struct string_list models;        /* glob patterns */
	bool is_enabled;
	bool is_after;                    /* the request's own system text */
	int priority;                     /* lower first */
	const char *separator;
	const char *custom_separator;
	struct slice text;                /* times are still marks */
};

struct routing_config {
	enum strategy strategy;
	bool session_affinity;
	int max_attempts;
	int64_t max_wait_ms;
};

struct fallback_config {
	int64_t cooldown_ms;
	int max_retries;
	struct pair_list alias_fallback;  /* alias, comma-separated aliases */
};

struct detection_config {
	struct string_list error_codes;
	struct string_list error_patterns;
};

struct health_check_config {
	int64_t interval_ms;
	int64_t timeout_ms;
};

struct rate_limit_config {
	bool enabled;
	double global_rps;
	double per_ip_rps;
	double burst_factor;
	struct pair_list per_model_rps;   /* glob, number */
};

struct concurrency_config {
	bool enabled;
	int64_t max_requests;
	int64_t max_queue_size;
	int64_t queue_timeout_ms;
	int64_t per_backend_limit;
};

enum capture_mode { CAPTURE_OFF, CAPTURE_HEADERS, CAPTURE_FULL };

struct logging_config {
	enum log_level level;
	bool format_json;
	enum log_level console_level;
	bool console_json;
	const char *base_dir;             /* relative to the home */
	bool separate_files;
	int64_t max_file_bytes;
	int64_t max_age_ms;
	bool mask_sensitive;
	enum capture_mode capture;
};

/* USD per million tokens; negative: not given. */
struct price {
	const char *model;                /* glob */
	double in;
	double out;
	double cache_read;
	double cache_write;
};

struct usage_config {
	int retention_days;
	struct price *prices;
	size_t price_count;
};

struct environment_config {
	const char *http_proxy;
	const char *https_proxy;
	const char *no_proxy;
};

struct tui_config {
	const char *theme;
	int64_t interval_ms;
	bool mouse;
	bool accessible;                /* lines without borders and graphs */
	const char *glyphs;             /* "auto", "ascii", "braille" */
	struct pair_list keys;
};

struct config {
	struct arena arena;
	atomic_uint refs;
	uint64_t generation;              /* rises with each reload; set by the owner */
	const char *path;
	struct server_config server;
	struct proxy_config proxy;
	const char *credential_store;     /* auto | keyring | file */
	struct gateway_key *keys;
	size_t key_count;
	struct upstream_account *accounts;
	size_t account_count;
	struct model_alias *aliases;
	size_t alias_count;
	struct prompt *prompts;           /* in the order in which they go out */
	size_t prompt_count;
	struct routing_config routing;
	struct fallback_config fallback;
	struct detection_config detection;
	struct health_check_config health_check;
	struct rate_limit_config rate_limit;
	struct concurrency_config concurrency;
	struct logging_config logging;
	struct usage_config usage;
	struct environment_config environment;
	struct tui_config tui;
	struct string_list warnings;      /* "file:line:column: text", e.g. a plain api_key */
};

/* Reference counting; any thread. */
struct config *config_ref(struct config *c);
void config_unref(struct config *c);          /* NULL is fine */

/* Lookups; NULL when there is none. `who` is an id, a unique id prefix or a
 * unique name. */
const struct upstream_account *config_account(const struct config *c, const char *who);
const struct gateway_key *config_key(const struct config *c, const char *who);
const struct model_alias *config_alias(const struct config *c, const char *name);

/* Value of a pair list, or NULL; names compare without case. */
const char *pair_get(const struct pair_list *list, const char *name);
bool list_matches(const struct string_list *globs, const char *text);

/* Names as in the file. */
const char *provider_name(enum provider_id id);
bool provider_by_name(const char *name, enum provider_id *id);
const char *format_name(enum format_id id);
bool format_by_name(const char *name, enum format_id *id);
const char *account_type_name(enum account_type type);
bool account_type_by_name(const char *name, enum account_type *type);
const char *strategy_name(enum strategy s);
bool strategy_by_name(const char *name, enum strategy *s);
bool permission_by_name(const char *name, unsigned *bit);
void permissions_text(unsigned permissions, struct buf *out);  /* "read,write" */

#endif
