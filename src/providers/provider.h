/*
 * What differs between vendors, as data and a vtable: where a request goes,
 * how it is authorised, which model names are usual. Knows no network; pure
 * functions, any thread.
 */
#ifndef PROVIDERS_PROVIDER_H
#define PROVIDERS_PROVIDER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "config/config.h"

/* What the client wants, apart from the body. */
enum operation {
	OP_GENERATE,            /* messages, chat/completions, responses, generateContent */
	OP_COUNT_TOKENS,
	OP_COMPLETIONS,         /* legacy text completions */
	OP_EMBEDDINGS,
	OP_OTHER,               /* any other path below /v1 */
	OP_LIST_MODELS,         /* used by probes and discovery */
};

struct provider_request {
	const struct upstream_account *account;
	enum format_id format;          /* of the body that is sent */
	enum operation op;
	const char *model;              /* name for the upstream */
	bool is_stream;
	const char *path;               /* client's path below the version prefix, e.g.
	                                 * "/files/abc" of /v1/files/abc, for OP_OTHER */
	const char *query;              /* client's query without gateway keys; "" = none */
};

struct header {
	const char *name;
	const char *value;
};

/* Headers beyond those of the client; arena memory. */
struct header_list {
	struct header items[16];
	size_t count;
};

struct provider {
	enum provider_id id;
	const char *default_base_url;           /* "" when one must be configured */
	const char *const *usual_models;        /* globs, NULL-terminated */
	unsigned formats;                       /* 1 << enum format_id, natively spoken */
	enum format_id default_format;

	/* The absolute URL, in the arena. False when the provider has no such
	 * operation or the account lacks what is needed (azure deployment). */
	bool (*url)(const struct provider_request *req, struct arena *a,
		    const char **url, struct err *err);

	/* Adds authorisation (and version) headers. `key` may be empty for
	 * ACCOUNT_NONE. Not called for ACCOUNT_PASSTHROUGH. Values hold the
	 * secret: they live in the arena, which is wiped by its owner. */
	void (*authorise)(const struct provider_request *req, const struct secret *key,
			  struct arena *a, struct header_list *out);

	/* Header names of the client, lower case and NULL-terminated globs, that
	 * are passed on to this vendor ("anthropic-*"). */
	const char *const *client_headers;
};

const struct provider *provider_find(enum provider_id id);

/* Does this account, by its `models` or the provider's usual names, serve it? */
bool provider_serves(const struct upstream_account *account, const char *model);

/* The format the account speaks for this operation, given the client's. The
 * client's own where the provider speaks it natively (an openai account takes
 * chat and responses), otherwise account.format or the default. */
enum format_id provider_format(const struct upstream_account *account,
			       enum format_id client_format, enum operation op);

/* The upstream's own request id from its answer's headers: names to try,
 * NULL-terminated. */
extern const char *const provider_request_id_headers[];

#endif
