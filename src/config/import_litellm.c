/*
 * LiteLLM's model_list: every entry is a deployment, "provider/model" with its
 * key. Deployments with the same server and key become one account, entries
 * of the same model_name one alias.
 */
#include "config/import_work.h"

#include <ctype.h>

#include "base/limits.h"

struct litellm_vendor {
	const char *prefix;
	const char *provider;
	const char *base_url;           /* NULL: api_base must say it */
	bool has_no_key;                /* local servers */
};

static const struct litellm_vendor vendors[] = {
	{ "openai", "openai", "", false },
	{ "text-completion-openai", "openai", "", false },
	{ "azure", "azure", NULL, false },
	{ "anthropic", "anthropic", "", false },
	{ "gemini", "google", "", false },
	{ "openrouter", "openai-compatible", "https://openrouter.ai/api/v1", false },
	{ "groq", "openai-compatible", "https://api.groq.com/openai/v1", false },
	{ "mistral", "openai-compatible", "https://api.mistral.ai/v1", false },
	{ "deepseek", "openai-compatible", "https://api.deepseek.com/v1", false },
	{ "xai", "openai-compatible", "https://api.x.ai/v1", false },
	{ "together_ai", "openai-compatible", "https://api.together.xyz/v1", false },
	{ "fireworks_ai", "openai-compatible", "https://api.fireworks.ai/inference/v1", false },
	{ "cerebras", "openai-compatible", "https://api.cerebras.ai/v1", false },
	{ "perplexity", "openai-compatible", "https://api.perplexity.ai", false },
	{ "nvidia_nim", "openai-compatible", "https://integrate.api.nvidia.com/v1", false },
	{ "ollama", "openai-compatible", "http://localhost:11434/v1", true },
	{ "ollama_chat", "openai-compatible", "http://localhost:11434/v1", true },
	{ "lm_studio", "openai-compatible", "http://localhost:1234/v1", true },
	{ "hosted_vllm", "openai-compatible", NULL, true },
	{ "openai_like", "openai-compatible", NULL, true },
	{ "litellm_proxy", "openai-compatible", NULL, true },
};

struct deployment {
	const struct node *entry;
	const struct node *params;
	const struct litellm_vendor *vendor;
	const char *model;              /* without the prefix */
	const char *identity;           /* server and key: what makes an account */
	struct import_account *account;
};

static const struct litellm_vendor *vendor_of(struct slice prefix)
{
	for (size_t i = 0; i < ARRAY_LEN(vendors); i++) {
		if (slice_eq(prefix, vendors[i].prefix)) {
			return &vendors[i];
		}
	}
	return NULL;
}

/* "groq/llama-3" by its prefix; names without one by their looks. */
static bool split_model(struct deployment *d, const char *text)
{
	const char *slash = strchr(text, '/');

	d->model = text;
	if (slash) {
		d->vendor = vendor_of((struct slice){ text, (size_t)(slash - text) });
		d->model = slash + 1;
	} else {
		d->vendor = vendor_of(slice_of(str_starts(text, "claude") ? "anthropic"
									  : "openai"));
	}
	return d->vendor && *d->model;
}

/* $GROQ_API_KEY, as LiteLLM looks for it when an entry has no key. */
static const char *usual_variable(struct import_work *w, const struct litellm_vendor *v)
{
	char *name = arena_printf(w->arena, "%s_API_KEY", v->prefix);

	for (char *c = name; *c; c++) {
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
	}
	return str_eq(v->prefix, "text-completion-openai") ? "OPENAI_API_KEY" : name;
}

static const char *expanded(struct import_work *w, const char *text)
{
	const char *variable = text ? import_variable(w, text) : NULL;

	return variable ? arena_printf(w->arena, "${%s}", variable) : text;
}

static void set_server(struct import_work *w, const struct deployment *d,
		       struct import_account *a)
{
	const char *base = expanded(w, import_text(w, d->params, "api_base"));

	a->provider = d->vendor->provider;
	a->base_url = d->vendor->base_url;
	if (str_empty(base)) {
		return;
	}
	if (strstr(base, "${")) {
		a->base_url = base;
	} else {
		/* openai/ with a server of one's own is merely compatible */
		if (str_eq(a->provider, "openai")) {
			a->provider = "openai-compatible";
		}
		import_endpoint(w, a, base, true);
	}
}

static void set_organization(struct import_work *w, const struct deployment *d,
			     struct import_account *a)
{
	const struct node *org = import_get(w, d->params, "organization");

	if (org && org->kind == NODE_SCALAR && !import_variable(w, org->text)) {
		a->header_name = "OpenAI-Organization";
		a->header_value = org->text;
	} else {
		import_leave(w, org, "a header from a variable: upstream edit NAME "
			     "--header='OpenAI-Organization: …'");
	}
}

/* Takes server and key of a deployment as a possible account. */
static struct import_account *account_of(struct import_work *w, struct deployment *d)
{
	struct import_account *a = import_account_new(w, d->vendor->prefix);
	const struct node *key = import_get(w, d->params, "api_key");

	set_server(w, d, a);
	import_credential(w, a, key);
	if (!key && !d->vendor->has_no_key) {
		a->key_env = usual_variable(w, d->vendor);
	}
	a->api_version = expanded(w, import_text(w, d->params, "api_version"));
	set_organization(w, d, a);
	d->identity = arena_printf(w->arena, "%s\n%s\n%s\n%s\n%s", a->provider,
				   a->base_url ? a->base_url : "", a->key ? a->key : "",
				   a->key_env ? a->key_env : "",
				   a->api_version ? a->api_version : "");
	return a;
}

/* A server with no names of its own would take every model: it is told which
 * ones it has. The vendors' own servers know their usual names. */
static void add_model(struct deployment *d, const char *name)
{
	struct import_account *a = d->account;

	if (str_eq(d->model, "*")) {
		if (str_eq(name, "*")) {
			vec_push(&a->models, (void *)"*");
		}
	} else if (str_eq(a->provider, "openai-compatible")) {
		for (size_t i = 0; i < a->models.len; i++) {
			if (str_eq(a->models.items[i], d->model)) {
				return;
			}
		}
		vec_push(&a->models, (void *)d->model);
	}
	a->has_models = str_eq(a->provider, "openai-compatible");
}

static const char why_vendor[] =
	"no such provider here; anthropic, openai, google, azure and compatible servers are";

static bool read_deployment(struct import_work *w, const struct node *entry,
			    struct deployment *d)
{
	const char *model;

	d->entry = entry;
	d->params = import_get(w, entry, "litellm_params");
	model = import_text(w, d->params, "model");
	if (!import_text(w, entry, "model_name") || !model) {
		import_leave(w, entry, "an entry without model_name or model");
		return false;
	}
	if (!split_model(d, model)) {
		import_leave(w, entry, why_vendor);
		return false;
	}
	return true;
}

/* The account of an earlier deployment with the same server and key, or the
 * new one. */
static void join(struct deployment *d, struct import_account *fresh,
		 const struct deployment *all, size_t count)
{
	d->account = fresh;
	for (size_t i = 0; i < count; i++) {
		if (all[i].account && str_eq(all[i].identity, d->identity)) {
			d->account = all[i].account;
			return;
		}
	}
}

static size_t users_of(const struct import_account *a, const struct deployment *all,
		       size_t count)
{
	size_t users = 0;

	for (size_t i = 0; i < count; i++) {
		users += all[i].account == a;
	}
	return users;
}

static void set_limits(struct import_work *w, const struct deployment *d,
		       const struct deployment *all, size_t count)
{
	static const char why[] = "a limit of one deployment; the account serves several";
	static const struct import_reason shared[] = {
		{ "rpm", why }, { "tpm", why }, { NULL, NULL },
	};

	if (users_of(d->account, all, count) == 1) {
		d->account->limits = d->params;
	} else {
		import_leave_members(w, d->params, shared);
	}
}

static const struct import_reason left[] = {
	{ "timeout", "there is one timeout for all: proxy.response_timeout" },
	{ "stream_timeout", "there is one timeout for all: proxy.stream_timeout" },
	{ "input_cost_per_token", "prices: usage.prices, per million tokens" },
	{ "output_cost_per_token", "prices: usage.prices, per million tokens" },
	{ "drop_params", "what the other format lacks is named in "
	  "x-llm-gateway-warnings" },
	{ NULL, NULL },
};

/* "*" is an account that takes every model, "groq/x" any model of the account
 * groq; other patterns have no place in a name. */
static bool is_known_pattern(const struct deployment *d, const char *name)
{
	size_t len = strlen(d->account->name);

	return str_eq(d->model, "*") &&
	       (str_eq(name, "*") ||
		(str_starts(name, d->account->name) && str_eq(name + len, "/*")));
}

static void add_route(struct import_work *w, const struct deployment *d)
{
	const char *name = import_text(w, d->entry, "model_name");
	int64_t weight = import_number(w, d->params, "weight", 1);
	int64_t priority = import_number(w, d->params, "order", 1);

	import_leave_members(w, d->params, left);
	import_leave_members(w, d->entry, (const struct import_reason[]){
		{ "model_info", "a description; prices are usage.prices" }, { NULL, NULL },
	});
	if (!import_account_find(w, d->account->asked)) {
		import_leave(w, d->entry, "its account could not be carried over");
	} else if (!strchr(name, '*')) {
		import_route(w, import_alias_of(w, name), d->account, d->model,
			     priority ? priority : 1, weight, true);
	} else if (!is_known_pattern(d, name)) {
		import_leave(w, node_get(d->entry, "model_name"), "a pattern; an account's models "
			     "take patterns, and upstream/model names one of its models");
	}
}

static void add_accounts(struct import_work *w, const struct deployment *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct deployment *d = &all[i];
		bool is_first = d->account != NULL;

		for (size_t j = 0; is_first && j < i; j++) {
			is_first = all[j].account != d->account;
		}
		if (is_first) {
			set_limits(w, d, all, count);
			/* found again by a name that nothing else has */
			d->account->asked = d->identity;
			import_account_add(w, d->account, d->entry);
		} else if (d->account) {
			set_limits(w, d, all, count);
		}
	}
}

void import_litellm(struct import_work *w)
{
	const struct node *list = import_get(w, w->root, "model_list");
	size_t count = list && list->kind == NODE_LIST ? list->count : 0;
	struct deployment *all = arena_zalloc(w->arena, (count + 1) * sizeof *all);

	for (size_t i = 0; i < count; i++) {
		struct deployment *d = &all[i];

		if (read_deployment(w, list->items[i], d)) {
			join(d, account_of(w, d), all, i);
			add_model(d, import_text(w, d->entry, "model_name"));
		}
	}
	add_accounts(w, all, count);
	for (size_t i = 0; i < count; i++) {
		if (all[i].account) {
			add_route(w, &all[i]);
		}
	}
	import_litellm_settings(w);
}
