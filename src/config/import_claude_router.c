/*
 * claude-code-router's config.json: Providers with the full address of their
 * call, and a Router that picks one by the kind of request. The kinds become
 * the rules of the alias "auto".
 */
#include "config/import_work.h"

#include "base/limits.h"

static const char why_transformer[] =
	"formats are converted by themselves; peculiarities of a server are the account's options";

static void take_models(struct import_work *w, const struct node *n, struct import_account *a)
{
	const struct node *models = import_get(w, n, "models");

	a->has_models = models != NULL;
	for (size_t i = 0; models && models->kind == NODE_LIST && i < models->count; i++) {
		import_skip(w, models->items[i]);
		if (models->items[i]->kind == NODE_SCALAR) {
			vec_push(&a->models, (void *)models->items[i]->text);
		}
	}
}

static void take_provider(struct import_work *w, const struct node *n)
{
	static const struct import_reason left[] = {
		{ "transformer", why_transformer }, { NULL, NULL },
	};
	struct import_account *a = import_account_new(w, import_text(w, n, "name"));
	const struct node *url = import_get2(w, n, "api_base_url", "baseUrl");

	if (!url || url->kind != NODE_SCALAR) {
		import_leave(w, n, "a provider without api_base_url");
		return;
	}
	import_endpoint(w, a, url->text, false);
	import_credential(w, a, import_get2(w, n, "api_key", "apiKey"));
	take_models(w, n, a);
	import_leave_members(w, n, left);
	import_account_add(w, a, n);
}

/* "provider,model" */
static const struct import_account *target_of(struct import_work *w, const struct node *n,
					      const char **model)
{
	const char *comma = n->kind == NODE_SCALAR ? strchr(n->text, ',') : NULL;
	const struct import_account *account = NULL;

	if (comma) {
		account = import_account_find(w, arena_strndup(w->arena, n->text,
							       (size_t)(comma - n->text)));
		*model = comma + 1 + strspn(comma + 1, " ");
	}
	if (!account) {
		import_leave(w, n, "names no provider that came over");
	}
	return account;
}

/* The alias of one kind, and the rule of "auto" that leads there. */
static void take_kind(struct import_work *w, const struct node *router, const char *key,
		      const char *when)
{
	const struct node *n = import_get(w, router, key);
	const struct import_account *account;
	const char *model;

	if (!n || (n->kind == NODE_SCALAR && !*n->text)) {
		return;
	}
	account = target_of(w, n, &model);
	if (!account) {
		return;
	}
	import_route(w, import_alias_of(w, when ? key : "auto"), account, model, 1, 1, true);
	if (when) {
		vec_push(&import_alias_of(w, "auto")->rules,
			 arena_printf(w->arena, "{when: %s, use: %s}", when, key));
	}
}

static void take_router(struct import_work *w)
{
	static const char why_custom[] = "a script; rules of an alias look at tokens, thinking, "
					 "tools, images, web search and headers";
	static const struct import_reason left[] = {
		{ "CUSTOM_ROUTER_PATH", why_custom }, { NULL, NULL },
	};
	const struct node *router = import_get(w, w->root, "Router");
	long long limit = import_number(w, router, "longContextThreshold", 60000);

	take_kind(w, router, "default", NULL);
	take_kind(w, router, "longContext",
		  arena_printf(w->arena, "{tokens_over: %lld}", limit));
	take_kind(w, router, "background", "{background: true}");
	take_kind(w, router, "webSearch", "{web_search: true}");
	take_kind(w, router, "image", "{images: true}");
	take_kind(w, router, "think", "{thinking: true}");
	import_leave_members(w, w->root, left);
	if (import_alias_find(w, "auto")) {
		import_say(w, "Claude Code asks for its own model names; let it ask for auto: "
			   "ANTHROPIC_MODEL=auto");
	}
}

static void take_proxy(struct import_work *w)
{
	const struct node *proxy = import_get2(w, w->root, "PROXY_URL", "HTTPS_PROXY");

	if (proxy && proxy->kind == NODE_SCALAR && *proxy->text) {
		import_set(w, proxy, "environment.http_proxy", proxy->text);
		import_set(w, proxy, "environment.https_proxy", proxy->text);
	}
}

static void take_timeout(struct import_work *w)
{
	const struct node *n = import_get(w, w->root, "API_TIMEOUT_MS");

	if (n && n->kind == NODE_SCALAR) {
		import_set(w, n, "proxy.response_timeout",
			   arena_printf(w->arena, "%sms", n->text));
	}
}

void import_claude_router(struct import_work *w)
{
	static const struct import_reason left[] = {
		{ "LOG", "the gateway always logs; logging.level says how much" },
		{ "NON_INTERACTIVE_MODE", "nothing asks when there is no terminal" },
		{ "transformers", why_transformer },
		{ "StatusLine", "llm-gateway status --watch, or the dashboard" },
		{ NULL, NULL },
	};
	const struct node *list = import_get(w, w->root, "Providers");

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
		take_provider(w, list->items[i]);
	}
	take_router(w);
	import_shared_key(w, import_get(w, w->root, "APIKEY"), "claude-code-router",
			  "[read, write]");
	import_listen(w, import_get(w, w->root, "HOST"), import_get(w, w->root, "PORT"));
	import_level(w, w->root, "LOG_LEVEL", "logging.level");
	take_proxy(w);
	take_timeout(w);
	import_leave_members(w, w->root, left);
}
