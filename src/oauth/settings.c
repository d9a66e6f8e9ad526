#include "oauth/settings.h"

/* What the gateway does with an account: model calls, and who it is. A Claude
 * login offers more (sessions, files, keys of the organization). */
#define CLAUDE_SCOPES "user:profile user:inference"

static const struct string_pair claude_defaults[] = {
	{ "authorize_url", "https://claude.com/cai/oauth/authorize" },
	{ "token_url", "https://platform.claude.com/v1/oauth/token" },
	{ "revoke_url", "https://platform.claude.com/v1/oauth/token/revoke" },
	{ "profile_url", "https://api.anthropic.com/api/oauth/profile" },
	{ "client_id", "9d1c250a-e61b-44d9-88ed-5944d1962f5e" },
	{ "scopes", CLAUDE_SCOPES },
	{ "redirect_url", "https://platform.claude.com/oauth/code/callback" },
};

static const char *default_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(claude_defaults); i++) {
		if (str_eq(claude_defaults[i].name, name)) {
			return claude_defaults[i].value;
		}
	}
	return "";
}

/* An account with a token_url of its own has another vendor: Anthropic's
 * revocation and profile must never see its tokens. */
static const char *value_of(struct oauth_settings *s, const struct upstream_account *a,
			    const char *name)
{
	const char *own = pair_get(&a->oauth, name);
	bool is_claude = a->provider == PROVIDER_ANTHROPIC &&
			 str_empty(pair_get(&a->oauth, "token_url"));

	if (own) {
		return arena_strdup(&s->arena, own);
	}
	return is_claude || str_eq(name, "client_id") || str_eq(name, "scopes") ?
	       default_of(name) : "";
}

static void take_route(struct oauth_settings *s, const struct config *c,
		       const struct upstream_account *a)
{
	const struct environment_config *env = &c->environment;
	bool own = !str_empty(a->proxy);

	s->route = (struct web_route){
		.http_proxy = arena_strdup(&s->arena, own ? a->proxy : env->http_proxy),
		.https_proxy = arena_strdup(&s->arena, own ? a->proxy : env->https_proxy),
		.no_proxy = arena_strdup(&s->arena, own ? "" : env->no_proxy),
		.ca_file = arena_strdup(&s->arena, c->proxy.ca_file),
	};
}

static bool check(const struct oauth_settings *s, struct err *err)
{
	if (str_empty(s->authorize_url) || str_empty(s->token_url) ||
	    str_empty(s->client_id) || str_empty(s->redirect_url)) {
		err_setf(err, ERR_INVALID, "%s: its oauth map is not complete", s->account_name);
		return err_hintf(err, "an oauth map with a token_url also needs authorize_url, "
				 "client_id and redirect_url");
	}
	return true;
}

bool oauth_settings_init(struct oauth_settings *s, const struct config *c,
			 const struct upstream_account *a, struct err *err)
{
	int64_t port = 0;

	*s = (struct oauth_settings){ .account_id = "" };
	arena_init(&s->arena, 1024);
	if (a->type != ACCOUNT_OAUTH) {
		err_setf(err, ERR_INVALID, "%s is not an oauth account", a->name);
		return err_hintf(err, "its type is %s", account_type_name(a->type));
	}
	s->account_id = arena_strdup(&s->arena, a->id);
	s->account_name = arena_strdup(&s->arena, a->name);
	s->authorize_url = value_of(s, a, "authorize_url");
	s->token_url = value_of(s, a, "token_url");
	s->revoke_url = value_of(s, a, "revoke_url");
	s->profile_url = value_of(s, a, "profile_url");
	s->client_id = value_of(s, a, "client_id");
	s->scopes = value_of(s, a, "scopes");
	s->redirect_url = value_of(s, a, "redirect_url");
	str_to_i64(value_of(s, a, "redirect_port"), &port);
	s->redirect_port = port > 0 && port < 65536 ? (int)port : 0;
	take_route(s, c, a);
	return check(s, err);
}

void oauth_settings_release(struct oauth_settings *s)
{
	arena_release(&s->arena);
}
