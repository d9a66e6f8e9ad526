#include "server/vault.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "credentials/prompt.h"
#include "oauth/renewer.h"

struct vault {
	char *home;
	bool may_ask;
	oauth_changed changed;
	void *changed_ctx;
	struct credential_store *store;
	char *kind;                     /* as configured when it was opened */
	char problem[MAX_ERR_MSG];
	struct oauth *oauth;            /* NULL without a store */
	struct oauth_renewer *renewer;  /* NULL without an account that signs in */
};

struct vault *vault_create(const char *home, bool may_ask, oauth_changed changed, void *ctx)
{
	struct vault *v = xcalloc(1, sizeof *v);

	v->home = xstrdup(home);
	v->may_ask = may_ask;
	v->changed = changed;
	v->changed_ctx = ctx;
	return v;
}

void vault_destroy(struct vault *v)
{
	if (!v) {
		return;
	}
	oauth_renewer_stop(v->renewer);
	oauth_destroy(v->oauth);
	store_close(v->store);
	free(v->kind);
	free(v->home);
	free(v);
}

static bool can_ask(const struct vault *v)
{
	return v->may_ask && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static bool open_now(struct vault *v, const char *kind, struct err *err)
{
	struct err why = ERR_INIT;

	v->store = store_open_asking(kind, v->home, can_ask(v) ? prompt_ask_tty : NULL, NULL,
				     &why);
	str_copy(v->problem, sizeof v->problem, why.msg);
	if (!v->store) {
		log_warn("server", "credential store: %s", why.msg);
		if (err) {
			*err = why;
		}
		return false;
	}
	v->kind = xstrdup(kind);
	v->oauth = oauth_create(v->home, v->store, v->changed, v->changed_ctx);
	return true;
}

bool vault_open(struct vault *v, const struct config *c, bool *needs_restart, struct err *err)
{
	if (!v->store) {
		return open_now(v, c->credential_store, err);
	}
	if (!str_eq(v->kind, c->credential_store)) {
		*needs_restart = true;
	}
	return true;
}

struct credential_store *vault_store(const struct vault *v)
{
	return v->store;
}

const char *vault_problem(const struct vault *v)
{
	return v->problem;
}

struct oauth *vault_oauth(const struct vault *v)
{
	return v->oauth;
}

struct oauth_renewer *vault_renewer(const struct vault *v)
{
	return v->renewer;
}

static bool has_sign_ins(const struct config *c)
{
	for (size_t i = 0; i < c->account_count; i++) {
		if (c->accounts[i].type == ACCOUNT_OAUTH) {
			return true;
		}
	}
	return false;
}

void vault_follow(struct vault *v, struct config *c)
{
	struct err err = ERR_INIT;

	if (v->renewer) {
		oauth_renewer_set_config(v->renewer, c);
		return;
	}
	if (!v->oauth || !has_sign_ins(c)) {
		return;
	}
	v->renewer = oauth_renewer_start(v->oauth, c, &err);
	if (!v->renewer) {
		log_warn("server", "%s", err.msg);
	}
}
