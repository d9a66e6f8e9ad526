/*
 * The file with a map of providers whose keys and addresses are variables of
 * the environment: they stay variables.
 */
#include "config/import_work.h"

#include "base/limits.h"

struct vendor_name {
	const char *name;
	const char *provider;
};

static const struct vendor_name vendors[] = {
	{ "openai", "openai" }, { "claude", "anthropic" }, { "anthropic", "anthropic" },
	{ "gemini", "google" }, { "google", "google" }, { "azure", "azure" },
};

static void set_provider(struct import_account *a)
{
	for (size_t i = 0; i < ARRAY_LEN(vendors); i++) {
		if (str_eq(a->asked, vendors[i].name)) {
			a->provider = vendors[i].provider;
		}
	}
}

static void take_models(struct import_work *w, const struct node *n, struct import_account *a)
{
	const struct node *models = import_get(w, n, "models");

	for (size_t i = 0; models && models->kind == NODE_LIST && i < models->count; i++) {
		import_skip(w, models->items[i]);
		if (models->items[i]->kind == NODE_SCALAR) {
			vec_push(&a->models, (void *)models->items[i]->text);
		}
	}
}

/* An address with a variable in it stays as it stands. */
static void set_url(struct import_work *w, struct import_account *a, const char *url)
{
	if (str_empty(url)) {
		return;
	}
	if (strstr(url, "${")) {
		a->base_url = url;
	} else {
		import_endpoint(w, a, url, true);
	}
}

/* A header whose variable is not set would stop the file from loading. */
static void set_organization(struct import_work *w, const struct node *n,
			     struct import_account *a)
{
	const struct node *org = import_get(w, n, "org_id");

	if (!org || org->kind != NODE_SCALAR || !*org->text) {
		return;
	}
	if (strstr(org->text, "${")) {
		import_leave(w, org, "a header from a variable: upstream edit NAME "
			     "--header='OpenAI-Organization: …'");
		return;
	}
	a->header_name = "OpenAI-Organization";
	a->header_value = org->text;
}

static void take_provider(struct import_work *w, const char *name, const struct node *n,
			  const struct node *weights)
{
	static const struct import_reason left[] = {
		{ "timeout", "there is one timeout for all: proxy.response_timeout" },
		{ "retries", "never had an effect there; failures go by their class" },
		{ "version", "the client's own, or the current one, is sent" },
		{ "project", "only the Gemini API is spoken, not Vertex AI" },
		{ "location", "only the Gemini API is spoken, not Vertex AI" },
		{ NULL, NULL },
	};
	struct import_account *a = import_account_new(w, name);

	set_provider(a);
	set_url(w, a, import_text(w, n, "base_url"));
	set_url(w, a, import_text(w, n, "endpoint"));
	import_credential(w, a, import_get(w, n, "api_key"));
	a->deployment = import_text(w, n, "deployment");
	a->api_version = import_text(w, n, "api_version");
	a->weight = import_number(w, weights, name, 1);
	set_organization(w, n, a);
	take_models(w, n, a);
	import_leave_members(w, n, left);
	import_account_add(w, a, n);
}

static const struct import_strategy strategies[] = {
	{ "round_robin", "round-robin" }, { "weighted", "weighted" },
	{ "least_connections", "least-connections" }, { "random", "random" },
};

void import_env_providers(struct import_work *w)
{
	static const struct import_reason left[] = {
		{ "redis", "everything is kept in the gateway's home" },
		{ "security", "that envelope was never specified; use TLS (server.tls)" },
		{ "cache", "answers are not cached" },
		{ "rate_limit", "counts per minute; here rate_limit counts per second, and keys "
		  "have limits of their own" },
		{ NULL, NULL },
	};
	const struct node *server = import_get(w, w->root, "server");
	const struct node *providers = import_get(w, w->root, "providers");
	const struct node *balancer = import_get(w, w->root, "load_balancer");
	const struct node *monitoring = import_get(w, w->root, "monitoring");
	const struct node *logging = import_get(w, monitoring, "logging");
	const struct node *weights = import_get(w, balancer, "weights");

	for (size_t i = 0; providers && providers->kind == NODE_MAP && i < providers->count; i++) {
		take_provider(w, providers->keys[i]->text, providers->items[i], weights);
	}
	import_listen(w, import_get(w, server, "host"), import_get(w, server, "port"));
	import_copy(w, server, "read_timeout", "server.timeout");
	import_leave_members(w, server, (const struct import_reason[]){
		{ "write_timeout", "would cut long answers" },
		{ "idle_timeout", "idle clients are let go by the gateway's own rule" },
		{ NULL, NULL },
	});
	import_set_strategy(w, import_get(w, balancer, "strategy"), strategies,
			    ARRAY_LEN(strategies));
	import_copy(w, balancer, "health_check_interval", "health_check.interval");
	import_level(w, logging, "level", "logging.level");
	import_copy(w, logging, "format", "logging.format");
	import_leave_members(w, logging, (const struct import_reason[]){
		{ "output", "logs go to files below the home, and to stderr" }, { NULL, NULL },
	});
	import_leave_members(w, monitoring, (const struct import_reason[]){
		{ "prometheus", "GET /metrics is always there, on the gateway's own port" },
		{ NULL, NULL },
	});
	import_leave_members(w, w->root, left);
}
