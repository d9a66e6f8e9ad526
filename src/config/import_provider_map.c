/*
 * The file with api_provider and model_config: providers by name with their
 * limits, models as maps from provider to its name for the model. The order
 * in the file is the order of trying.
 */
#include "config/import_work.h"

#include "base/limits.h"

static void take_provider(struct import_work *w, const char *name, const struct node *n)
{
	struct import_account *a = import_account_new(w, name);
	const char *url = import_text(w, n, "base_url");

	if (str_empty(url)) {
		import_leave(w, n, "a provider without base_url");
		return;
	}
	import_endpoint(w, a, url, false);
	import_credential(w, a, import_get(w, n, "api_key"));
	a->limits = import_get(w, n, "limits");
	a->has_models = true;
	if (import_account_add(w, a, n) && !a->key && !a->key_env) {
		import_regret(w, "upstream %s: has no key, so the client's own Authorization went "
			      "through; for that: upstream edit %s --type=passthrough", a->name,
			      a->name);
	}
}

static void take_route(struct import_work *w, struct import_alias *alias, const char *provider,
		       const struct node *n, size_t position)
{
	const struct import_account *account = import_account_find(w, provider);
	const char *model = import_text(w, n, "alias");
	bool is_enabled = import_flag(w, n, "enable", true);

	if (!account) {
		import_leave(w, n, "there is no such provider");
		return;
	}
	import_route(w, alias, account, str_empty(model) ? alias->name : model,
		     (int64_t)position + 1, 1, is_enabled);
}

static void take_model(struct import_work *w, const char *name, const struct node *n)
{
	struct import_alias *alias = import_alias_of(w, name);

	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		take_route(w, alias, n->keys[i]->text, n->items[i], i);
	}
}

void import_provider_map(struct import_work *w)
{
	const struct node *providers = import_get(w, w->root, "api_provider");
	const struct node *models = import_get(w, w->root, "model_config");

	for (size_t i = 0; providers && providers->kind == NODE_MAP && i < providers->count; i++) {
		take_provider(w, providers->keys[i]->text, providers->items[i]);
	}
	for (size_t i = 0; models && models->kind == NODE_MAP && i < models->count; i++) {
		take_model(w, models->keys[i]->text, models->items[i]);
	}
}
