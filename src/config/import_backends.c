/*
 * The file with backends, models and fallback: most of its sections have the
 * same names here.
 */
#include "config/import_work.h"

#include "base/limits.h"

static void set_protocol(struct import_account *a, const char *protocol)
{
	static const char *const known[] = { "anthropic", "google", "azure" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (str_eq(protocol, known[i])) {
			a->provider = known[i];
		}
	}
}

static void take_backend(struct import_work *w, const struct node *n)
{
	struct import_account *a = import_account_new(w, import_text(w, n, "name"));
	const char *protocol = import_text(w, n, "protocol");
	const char *locale = import_text(w, n, "locale");

	set_protocol(a, protocol);
	import_endpoint(w, a, import_text(w, n, "url") ? import_text(w, n, "url") : "", true);
	import_credential(w, a, import_get(w, n, "api_key"));
	a->is_disabled = !import_flag(w, n, "enabled", true);
	a->has_models = true;
	if (!str_empty(locale)) {
		a->header_name = "Accept-Language";
		a->header_value = locale;
	}
	import_leave_members(w, n, (const struct import_reason[]){
		{ "timeout", "there is one timeout for all: proxy.response_timeout" },
		{ NULL, NULL },
	});
	import_account_add(w, a, n);
}

static void take_route(struct import_work *w, struct import_alias *alias, const struct node *n)
{
	const struct import_account *account =
		import_account_find(w, import_text(w, n, "backend"));
	const char *model = import_text(w, n, "model");
	int64_t priority = import_number(w, n, "priority", 1);
	bool is_enabled = import_flag(w, n, "enabled", true);

	if (!account || str_empty(model)) {
		import_leave(w, n, "its backend is not there, or it names no model");
		return;
	}
	import_leave_members(w, n, (const struct import_reason[]){
		{ "protocol", "the account has the format" }, { NULL, NULL },
	});
	import_route(w, alias, account, model, priority, 1, is_enabled);
}

static void take_alias(struct import_work *w, const char *name, const struct node *n)
{
	struct import_alias *alias = import_alias_of(w, name);
	const struct node *routes = import_get(w, n, "routes");

	alias->is_disabled = !import_flag(w, n, "enabled", true);
	for (size_t i = 0; routes && i < routes->count; i++) {
		take_route(w, alias, routes->items[i]);
	}
}

static void take_models(struct import_work *w)
{
	const struct node *models = import_get(w, w->root, "models");

	for (size_t i = 0; models && models->kind == NODE_MAP && i < models->count; i++) {
		take_alias(w, models->keys[i]->text, models->items[i]);
	}
}

/* alias_fallback: what to try after all of an alias' own routes. */
static void take_fallback(struct import_work *w)
{
	const struct node *fallback = import_get(w, w->root, "fallback");
	const struct node *map = import_get(w, fallback, "alias_fallback");
	static const char why[] = "waiting and breakers follow the class of failure";
	static const struct import_reason left[] = {
		{ "enable_backoff", why }, { "backoff_initial_delay", why },
		{ "backoff_max_delay", why }, { "backoff_multiplier", why },
		{ "backoff_jitter", why }, { "enable_circuit_breaker", why },
		{ "circuit_failure_threshold", why }, { "circuit_success_threshold", why },
		{ "circuit_open_timeout", why }, { NULL, NULL },
	};

	import_copy(w, fallback, "cooldown_seconds", "fallback.cooldown_seconds");
	import_copy(w, fallback, "max_retries", "fallback.max_retries");
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->count; i++) {
		struct import_alias *alias = import_alias_of(w, map->keys[i]->text);

		import_skip(w, map->items[i]);
		for (size_t j = 0; j < map->items[i]->count; j++) {
			vec_push(&alias->fallback, (void *)map->items[i]->items[j]->text);
		}
	}
	import_leave_members(w, fallback, left);
}

static void copy_all(struct import_work *w, const char *section, const char *const *keys)
{
	const struct node *map = import_get(w, w->root, section);

	for (; map && *keys; keys++) {
		import_copy(w, map, *keys, arena_printf(w->arena, "%s.%s", section, *keys));
	}
}

static void take_limits(struct import_work *w)
{
	static const char *const rate[] = {
		"enabled", "global_rps", "per_ip_rps", "burst_factor", NULL,
	};
	static const char *const concurrency[] = {
		"enabled", "max_requests", "max_queue_size", "queue_timeout",
		"per_backend_limit", NULL,
	};
	const struct node *limits = import_get(w, w->root, "rate_limit");
	const struct node *models = import_get(w, limits, "per_model_rps");

	copy_all(w, "rate_limit", rate);
	copy_all(w, "concurrency", concurrency);
	for (size_t i = 0; models && models->kind == NODE_MAP && i < models->count; i++) {
		struct buf path = BUF_INIT(KIB);

		buf_adds(&path, "rate_limit.per_model_rps");
		config_path_add(&path, slice_of(models->keys[i]->text));
		import_copy(w, models, models->keys[i]->text, buf_text(&path));
		buf_release(&path);
	}
}

static void take_logging(struct import_work *w)
{
	const struct node *logging = import_get(w, w->root, "logging");
	const struct node *dir = import_get(w, logging, "base_dir");
	const char *format = import_text(w, logging, "format");
	static const char *const same[] = {
		"separate_files", "mask_sensitive", "max_file_size_mb", "max_age_days", NULL,
	};

	import_level(w, logging, "level", "logging.level");
	import_level(w, logging, "console_level", "logging.console_level");
	copy_all(w, "logging", same);
	if (format) {
		import_set(w, node_get(logging, "format"), "logging.format",
			   str_eq(format, "json") ? "json" : "text");
	}
	import_skip(w, import_get(w, logging, "console_format"));       /* text is the default */
	if (dir && dir->kind == NODE_SCALAR && dir->text[0] == '/') {
		import_set(w, dir, "logging.base_dir", dir->text);
	} else {
		import_leave(w, dir, "logs go below the gateway's home");
	}
}

static void take_timeouts(struct import_work *w)
{
	const struct node *timeout = import_get(w, w->root, "timeout");
	static const struct import_reason left[] = {
		{ "read_timeout", "never had an effect there" },
		{ "write_timeout", "never had an effect there" },
		{ "read", "never had an effect there" },
		{ "write", "never had an effect there" },
		{ "total_timeout", "would cut long answers; proxy.request_timeout is there for "
		  "who wants it" },
		{ "total", "would cut long answers; proxy.request_timeout is there for who "
		  "wants it" },
		{ NULL, NULL },
	};

	import_copy(w, timeout, "connect_timeout", "proxy.connect_timeout");
	import_copy(w, timeout, "connect", "proxy.connect_timeout");
	import_leave_members(w, timeout, left);
}

void import_backends(struct import_work *w)
{
	static const char *const proxy[] = { "enable_system_prompt", "forward_client_ip", NULL };
	static const char *const detection[] = { "error_codes", "error_patterns", NULL };
	const struct node *list = import_get(w, w->root, "backends");

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++) {
		take_backend(w, list->items[i]);
	}
	take_models(w);
	take_fallback(w);
	import_shared_key(w, import_get(w, w->root, "proxy_api_key"), "proxy_api_key",
			  "[read, write]");
	import_listen(w, import_get(w, w->root, "listen"), NULL);
	copy_all(w, "proxy", proxy);
	copy_all(w, "detection", detection);
	take_limits(w);
	take_logging(w);
	take_timeouts(w);
}
