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

/* Strings are never NULL; "" means there is none. */
struct provider_request {
	const struct upstream_account *account;
	enum format_id format;          /* of the body that is sent */
	enum operation op;
	const char *model;              /* what provider_wire_model gives */
	bool is_stream;
	bool is_converted;              /* the body is not the client's own: its query
	                                 * and its choice of version mean nothing */
	const char *path;               /* OP_OTHER: the client's path below the version
	                                 * prefix as it came, "/files/abc" of
	                                 * /v1/files/abc */
	const char *query;              /* as it came; provider_url cleans it */
	const char *gemini_version;     /* "v1", "v1beta" of a Gemini client's path */
	const char *gemini_method;      /* "embedContent" of its path, where the
	                                 * operation and is_stream do not say it */
	const char *anthropic_version;  /* of the client, or chosen by the conversion */
	const char *anthropic_beta;     /* of the client; several lines joined by "," */
	bool adds_beta;                 /* ... and one more, which the client did not send */
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

	/* The path (with a leading slash) and query below `base_url`, in the
	 * arena; use provider_url. False when the provider has no such operation
	 * (ERR_NOT_FOUND) or a name cannot stand in a path (ERR_INVALID). */
	bool (*path)(const struct provider_request *req, const char *base_url,
		     struct arena *a, const char **path, struct err *err);

	/* Adds authorisation (and version) headers; each takes the place of the
	 * client's header of that name. `key` may be empty for ACCOUNT_NONE. Not
	 * called for ACCOUNT_PASSTHROUGH. Values hold the secret: they live in the
	 * arena, which is wiped by its owner. */
	void (*authorise)(const struct provider_request *req, const struct secret *key,
			  struct arena *a, struct header_list *out);

	/* Lower-case globs, NULL-terminated, of the client's headers that mean
	 * something to this vendor; use provider_passes_header. */
	const char *const *client_headers;
};

const struct provider *provider_find(enum provider_id id);

/* The absolute URL, in the arena: the account's base_url (or the provider's
 * own) without a trailing slash and without the part that it shares with the
 * path, then the path, then the query. Names are percent-encoded, dot segments
 * refused, so neither a model nor a client's path can leave its place. False
 * as for `path`, and ERR_INVALID for a base_url that is no http(s) URL. */
bool provider_url(const struct provider_request *req, struct arena *a,
		  const char **url, struct err *err);

/* Behind a name of Claude's: with the long context. Not part of the name. */
#define MODEL_LONG_CONTEXT "[1m]"

/* Does this account, by its `models` or the provider's usual names, serve it? */
bool provider_serves(const struct upstream_account *account, const char *model);

/* Serves any name only because nothing says which ones it has (a compatible
 * server without `models`). An account that knows the name goes before it. */
bool provider_is_catch_all(const struct upstream_account *account);

/* What the upstream calls `model` in body and path: the Azure deployment of
 * that name, otherwise `model` itself. Borrowed. */
const char *provider_wire_model(const struct upstream_account *account,
				const char *model);

/* Does a client's header of this (lower-case) name go on to the upstream with
 * a body in the client's own format? Never: what belongs to one hop, cookies,
 * who forwarded what, this gateway's own, credentials; but the credential of a
 * client is what ACCOUNT_PASSTHROUGH is for. A converted request takes none. */
bool provider_passes_header(const struct upstream_account *account, const char *name);

/* The format the account speaks for this operation, given the client's: what
 * account.format says; without it the client's own where the provider speaks
 * it natively (an openai account takes chat and responses), else the default.
 * FORMAT_NONE (a path that only passes through) stays. */
enum format_id provider_format(const struct upstream_account *account,
			       enum format_id client_format, enum operation op);

/* The upstream's own request id from its answer's headers: names to try,
 * NULL-terminated. */
extern const char *const provider_request_id_headers[];

#endif
