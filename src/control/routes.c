#include "control/routes.h"

#include "control/handlers.h"

#define READ(path_, handler, flags_, text) \
	{ "GET", path_, handler, NULL, "read", flags_, text }
#define ACT(method_, path_, handler, text) \
	{ method_, path_, handler, NULL, "admin", 0, text }
#define EDIT(method_, path_, handler, text) \
	{ method_, path_, handler, NULL, "admin", ROUTE_TRIAL, text }
#define RUN(method_, path_, handler, text) \
	{ method_, path_, handler, NULL, "admin", ROUTE_RUNNING, text }

const struct control_route control_routes[] = {
	READ("/v1/status", handle_status, ROUTE_RUNNING,
	     "the gateway, its health and its upstreams"),
	READ("/v1/snapshot", handle_snapshot, ROUTE_RUNNING,
	     "everything that the dashboard shows"),
	{ "GET", "/v1/events", NULL, follow_events, "read", ROUTE_RUNNING,
	  "stream of snapshots (interval_ms=) and log lines (tail=, level=)" },
	RUN("POST", "/v1/reload", handle_reload, "read the configuration file again"),
	RUN("POST", "/v1/stop", handle_stop, "finish what is in flight and end; {now}: end"),

	READ("/v1/upstreams", handle_upstreams_list, 0, "the upstream accounts"),
	EDIT("POST", "/v1/upstreams", handle_upstreams_add,
	    "add an account; api_key goes to the credential store"),
	READ("/v1/upstreams/*", handle_upstream_show, 0, "one account"),
	EDIT("PATCH", "/v1/upstreams/*", handle_upstream_edit, "change an account"),
	ACT("DELETE", "/v1/upstreams/*", handle_upstream_remove,
	    "remove an account and its stored key"),
	ACT("POST", "/v1/upstreams/*/enable", handle_upstream_enable, "use it again"),
	ACT("POST", "/v1/upstreams/*/disable", handle_upstream_disable, "send it nothing"),
	ACT("POST", "/v1/upstreams/*/test", handle_upstream_test,
	    "ask it for its models, for free; {model}: ask that model for a word"),

	READ("/v1/keys", handle_keys_list, 0, "the gateway keys, without their texts"),
	{ "POST", "/v1/keys", handle_keys_add, NULL, "admin", ROUTE_KEYLESS,
	  "make a key; the answer alone has its text" },
	READ("/v1/keys/*", handle_key_show, 0, "one key"),
	EDIT("PATCH", "/v1/keys/*", handle_key_edit, "change a key"),
	ACT("DELETE", "/v1/keys/*", handle_key_remove, "remove a key"),
	ACT("POST", "/v1/keys/*/enable", handle_key_enable, "accept it again"),
	ACT("POST", "/v1/keys/*/disable", handle_key_disable, "refuse it"),
	ACT("POST", "/v1/keys/*/rotate", handle_key_rotate,
	    "give it a new text, in the answer alone; the old one ends"),

	READ("/v1/models", handle_models_list, 0, "the model aliases"),
	EDIT("POST", "/v1/models", handle_models_add, "add an alias"),
	READ("/v1/models/*", handle_model_show, 0, "one alias"),
	EDIT("PATCH", "/v1/models/*", handle_model_edit, "change an alias"),
	ACT("DELETE", "/v1/models/*", handle_model_remove, "remove an alias"),

	READ("/v1/oauth", handle_oauth_list, 0,
	     "the accounts that sign in, and what to know before adding one"),
	READ("/v1/oauth/*", handle_oauth_show, 0, "who is signed in, and for how long"),
	ACT("POST", "/v1/oauth/*/start", handle_oauth_start,
	    "begin a sign-in: an address to open; {browser: false}: one that shows a code"),
	ACT("POST", "/v1/oauth/*/code", handle_oauth_code,
	    "finish it with what the page showed: {code}"),
	ACT("POST", "/v1/oauth/*/cancel", handle_oauth_cancel, "forget the one under way"),
	ACT("POST", "/v1/oauth/*/refresh", handle_oauth_refresh, "get a new access token now"),
	ACT("POST", "/v1/oauth/*/logout", handle_oauth_logout,
	    "revoke the tokens and forget them"),

	READ("/v1/cooldowns", handle_cooldowns_list, ROUTE_RUNNING,
	     "what upstreams are kept from, why and until when"),
	RUN("POST", "/v1/cooldowns", handle_cooldowns_set,
	    "keep an upstream from requests: {upstream, seconds}, {model} for one of its models"),
	RUN("DELETE", "/v1/cooldowns", handle_cooldowns_clear,
	    "end them all, or those of upstream=, of model="),
	RUN("DELETE", "/v1/cooldowns/*", handle_cooldown_clear, "end one"),
	READ("/v1/resolve", handle_resolve, 0,
	     "the routes that a request for name= would try, and why not the others"),

	{ "GET", "/v1/logs", handle_logs, follow_logs, "read", 0,
	  "log lines (level=, since=, trace=, limit=); follow=1 streams (tail=)" },

	READ("/v1/requests", handle_requests_list, ROUTE_RUNNING,
	     "the newest requests (limit=, since=, before=ID, upstream=, model=, key=, trace=,"
	     " status=, errors=1), or running=1: those in progress"),
	READ("/v1/requests/*", handle_request_show, ROUTE_RUNNING,
	     "one request, by its id or trace id"),
	RUN("POST", "/v1/requests/*/cancel", handle_request_cancel,
	    "end a request in progress: its client gets an error"),
	READ("/v1/usage", handle_usage, ROUTE_RUNNING,
	     "requests, tokens and cost by=upstream|model|key|day|hour since="),

	READ("/v1/config", handle_config_show, ROUTE_BROKEN_CONFIG,
	     "is the file in force, and what it comes to; key=PATH: one value; text=1: the file"),
	{ "PATCH", "/v1/config", handle_config_set, NULL, "admin",
	  ROUTE_BROKEN_CONFIG | ROUTE_TRIAL,
	  "change the file: {key, value}, or a merge patch of all of it" },
	{ "POST", "/v1/config/undo", handle_config_undo, NULL, "admin", ROUTE_BROKEN_CONFIG,
	  "take the last change of the file back; twice: nothing happened" },
	{ "DELETE", "/v1/config", handle_config_unset, NULL, "admin", ROUTE_BROKEN_CONFIG,
	  "remove what is at key=PATH" },
	ACT("POST", "/v1/config/import", handle_config_import,
	    "take over another gateway's file: {text}; {print: true}: only say what would be"),

	READ("/v1/env", handle_env_show, 0, "the proxies that upstream connections take"),
	EDIT("PATCH", "/v1/env", handle_env_set, "change them; null removes"),
};

const size_t control_route_count = sizeof control_routes / sizeof control_routes[0];
