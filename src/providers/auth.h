/*
 * The ways in which vendors want to see a key. All values are copied into the
 * arena; nothing is added for an empty key.
 */
#ifndef PROVIDERS_AUTH_H
#define PROVIDERS_AUTH_H

#include "providers/provider.h"

void auth_add(struct header_list *out, const char *name, const char *value);
void auth_add_key(struct header_list *out, struct arena *a, const char *name,
		  const struct secret *key);
void auth_add_bearer(struct header_list *out, struct arena *a, const struct secret *key);

/* The vtable's `authorise` of whoever wants to see none. */
void auth_none(const struct provider_request *req, const struct secret *key, struct arena *a,
	       struct header_list *out);

/* anthropic-version: the client's or the conversion's, otherwise 2023-06-01
 * (anthropic-messages.md §2.1). */
void auth_add_anthropic_version(struct header_list *out, struct arena *a,
				const struct provider_request *req);

#endif
