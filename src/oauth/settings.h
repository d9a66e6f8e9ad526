/*
 * Where an account's vendor is asked and how: its `oauth:` map (product: §11)
 * over the defaults of Claude accounts (claude-code.md §7), and the way there.
 * A copy that outlives the configuration it was taken from.
 */
#ifndef OAUTH_SETTINGS_H
#define OAUTH_SETTINGS_H

#include "base/arena.h"
#include "base/err.h"
#include "config/config.h"
#include "oauth/http.h"

struct oauth_settings {
	struct arena arena;
	const char *account_id;
	const char *account_name;
	const char *authorize_url;
	const char *token_url;
	const char *revoke_url;       /* "" = the vendor has none */
	const char *profile_url;      /* the same */
	const char *client_id;
	const char *scopes;           /* space-separated */
	const char *redirect_url;     /* of the page that shows a code */
	int redirect_port;            /* of the loopback way; 0 = any */
	struct web_route route;
};

/* ERR_INVALID when the account is of another type, or its map lacks what has
 * no default. To be released also after a failure. */
bool oauth_settings_init(struct oauth_settings *s, const struct config *c,
			 const struct upstream_account *a, struct err *err);
void oauth_settings_release(struct oauth_settings *s);

#endif
