#include "config/schema.h"

#include <assert.h>

#include "base/limits.h"
#include "config/config.h"
#include "config/text_check.h"
#include "config/words.h"

#define FIELD(type, member) .offset = offsetof(struct type, member)
#define ARRAY(type, member, counter) \
	.offset = offsetof(struct type, member), .count_offset = offsetof(struct type, counter)
#define KEYS(array) .keys = (array), .count = ARRAY_LEN(array)
#define WORDS(...) .words = (const char *const[]){ __VA_ARGS__, NULL }

#define STATUS_WORDS WORDS("disabled", "active")
#define DAY_MS 86400000

static const char *const level_words[] = { "debug", "info", "warn", "error", NULL };

/* ---- server, proxy, credentials ---- */

static const struct schema_key tls_keys[] = {
	{ "cert", KEY_TEXT, FIELD(server_config, tls_cert) },
	{ "key", KEY_TEXT, FIELD(server_config, tls_key) },
};
static const struct schema_table tls_table = { KEYS(tls_keys) };

static const struct schema_key server_keys[] = {
	{ "host", KEY_TEXT, FIELD(server_config, host), .fallback = "127.0.0.1",
	  .check = check_not_empty },
	{ "port", KEY_INT, FIELD(server_config, port), .fallback = "3847", .max = 65535 },
	{ "timeout", KEY_DURATION, FIELD(server_config, timeout_ms), .fallback = "30", .min = 1 },
	{ "workers", KEY_INT, FIELD(server_config, workers), .fallback = "0", .max = 256 },
	{ "max_body", KEY_SIZE, FIELD(server_config, max_body_bytes), .fallback = "64MB",
	  .min = 1024 },
	{ "memory_budget", KEY_SIZE, FIELD(server_config, memory_budget_bytes),
	  .fallback = "1GB", .min = 1048576 },
	{ "max_connections", KEY_INT, FIELD(server_config, max_connections),
	  .fallback = "8192", .min = 1, .max = 1000000 },
	{ "tls", KEY_TABLE, .table = &tls_table },
	{ "auth", KEY_SWITCH, FIELD(server_config, auth_required), .fallback = "required",
	  WORDS("optional", "required") },
	{ "allowed_hosts", KEY_LIST, FIELD(server_config, allowed_hosts),
	  .check = check_not_empty },
	{ "cors_origins", KEY_LIST, FIELD(server_config, cors_origins),
	  .check = check_not_empty },
	{ "trusted_proxies", KEY_LIST, FIELD(server_config, trusted_proxies),
	  .check = check_address_range },
};
static const struct schema_table server_table = { KEYS(server_keys) };

static const struct schema_key proxy_keys[] = {
	{ "connect_timeout", KEY_DURATION, FIELD(proxy_config, connect_timeout_ms),
	  .fallback = "10", .min = 1 },
	{ "tls_timeout", KEY_DURATION, FIELD(proxy_config, tls_timeout_ms),
	  .fallback = "10", .min = 1 },
	{ "response_timeout", KEY_DURATION, FIELD(proxy_config, response_timeout_ms),
	  .fallback = "300", .min = 1 },
	{ "first_token_timeout", KEY_DURATION, FIELD(proxy_config, first_token_timeout_ms),
	  .fallback = "0" },
	{ "stream_timeout", KEY_DURATION, FIELD(proxy_config, stream_timeout_ms),
	  .fallback = "300", .min = 1 },
	{ "request_timeout", KEY_DURATION, FIELD(proxy_config, request_timeout_ms),
	  .fallback = "0" },
	{ "idle_conn_timeout", KEY_DURATION, FIELD(proxy_config, idle_conn_timeout_ms),
	  .fallback = "90" },
	{ "ca_file", KEY_TEXT, FIELD(proxy_config, ca_file) },
	{ "keepalive", KEY_DURATION, FIELD(proxy_config, keepalive_ms), .fallback = "15" },
	{ "forward_client_ip", KEY_BOOL, FIELD(proxy_config, forward_client_ip),
	  .fallback = "false" },
	{ "enable_system_prompt", KEY_BOOL, FIELD(proxy_config, enable_system_prompt),
	  .fallback = "false" },
	{ "system_prompts", KEY_TEXT, FIELD(proxy_config, system_prompts),
	  .fallback = "system_prompts", .check = check_directory },
};
static const struct schema_table proxy_table = { KEYS(proxy_keys) };

static const struct schema_key credentials_keys[] = {
	{ "store", KEY_WORD, FIELD(config, credential_store), .fallback = "auto",
	  WORDS("auto", "keyring", "file") },
};
static const struct schema_table credentials_table = { KEYS(credentials_keys) };

/* ---- gateway keys ---- */

static const struct schema_key limits_keys[] = {
	{ "rpm", KEY_COUNT, FIELD(limits, rpm), .fallback = "0" },
	{ "tpm", KEY_COUNT, FIELD(limits, tpm), .fallback = "0" },
	{ "rpd", KEY_COUNT, FIELD(limits, rpd), .fallback = "0" },
	{ "tpr", KEY_COUNT, FIELD(limits, tpr), .fallback = "0" },
	{ "concurrency", KEY_COUNT, FIELD(limits, concurrency), .fallback = "0" },
};
static const struct schema_table limits_table = { KEYS(limits_keys) };

static const struct schema_key budget_keys[] = {
	{ "usd_per_day", KEY_NUMBER, FIELD(gateway_key, budget_usd_per_day), .fallback = "0" },
};
static const struct schema_table budget_table = { KEYS(budget_keys) };

static const struct schema_key gateway_key_keys[] = {
	{ "id", KEY_TEXT, FIELD(gateway_key, id), .check = check_id },
	{ "name", KEY_TEXT, FIELD(gateway_key, name), .flags = KEY_REQUIRED,
	  .check = check_name },
	{ "key_hash", KEY_HASH, FIELD(gateway_key, hash), .flags = KEY_REQUIRED | KEY_SECRET },
	{ "permissions", KEY_PERMISSIONS, FIELD(gateway_key, permissions),
	  .fallback = "read,write" },
	{ "status", KEY_SWITCH, FIELD(gateway_key, is_active), .fallback = "active",
	  STATUS_WORDS },
	{ "sealed", KEY_BOOL, FIELD(gateway_key, is_sealed), .fallback = "false" },
	{ "models", KEY_LIST, FIELD(gateway_key, models), .check = check_not_empty },
	{ "limits", KEY_TABLE, FIELD(gateway_key, limits), .table = &limits_table },
	{ "budget", KEY_TABLE, .table = &budget_table },
	{ "expires_at", KEY_TIME, FIELD(gateway_key, expires_at_ms) },
};
static const struct schema_table gateway_key_table = {
	KEYS(gateway_key_keys), .bytes = sizeof(struct gateway_key),
};

/* ---- upstream accounts ---- */

static const struct schema_key azure_keys[] = {
	{ "api_version", KEY_TEXT, FIELD(upstream_account, azure_api_version) },
	{ "deployments", KEY_PAIRS, FIELD(upstream_account, azure_deployments),
	  .check = check_not_empty },
};
static const struct schema_table azure_table = { KEYS(azure_keys) };

/* The formats and providers read these by name (pair_get). */
static const struct schema_key option_keys[] = {
	{ .name = "ask_usage", .kind = KEY_BOOL },
	{ .name = "custom_tools", .kind = KEY_BOOL },
	{ "default_max_tokens", KEY_INT, .max = 10000000 },
	{ "developer_role", KEY_WORD, WORDS("developer", "system") },
	{ .name = "early_head", .kind = KEY_BOOL },
	{ .name = "fanout_n", .kind = KEY_BOOL },
	{ .name = "images", .kind = KEY_BOOL },
	{ .name = "inline_think_parse", .kind = KEY_BOOL },
	{ .name = "json_schema_params", .kind = KEY_BOOL },
	{ "logprobs", KEY_WORD, WORDS("send", "omit") },
	{ .name = "make_strict", .kind = KEY_BOOL },
	{ .name = "map_web_search", .kind = KEY_BOOL },
	{ "max_tokens_field", KEY_WORD, WORDS("max_tokens", "max_completion_tokens") },
	{ "n", KEY_WORD, WORDS("send", "omit") },
	{ .name = "openai_breakpoints", .kind = KEY_BOOL },
	{ "parallel_tool_calls", KEY_WORD, WORDS("send", "omit") },
	{ "penalties", KEY_WORD, WORDS("send", "omit") },
	{ "reasoning_field", KEY_WORD, WORDS("none", "reasoning_content", "reasoning",
					     "reasoning_details", "thinking_chunks") },
	{ .name = "repair_tools", .kind = KEY_BOOL },
	{ "replay_reasoning", KEY_WORD, WORDS("never", "tool_turns", "always") },
	{ "response_format", KEY_WORD, WORDS("json_schema", "json_object", "none") },
	{ .name = "safety_identifier", .kind = KEY_BOOL },
	{ "seed", KEY_WORD, WORDS("send", "omit") },
	{ .name = "show_reasoning", .kind = KEY_BOOL },
	{ "stop_max", KEY_INT, .max = 1000 },
	{ "stream_options", KEY_WORD, WORDS("send", "omit") },
	{ .name = "strict", .kind = KEY_BOOL },
	{ .name = "temperature_max", .kind = KEY_NUMBER },
	{ "think_toggle", KEY_WORD, WORDS("none", "thinking", "reasoning.enabled",
					  "chat_template_kwargs.enable_thinking") },
	{ "tool_id_style", KEY_WORD, WORDS("keep", "mistral9", "max40") },
	{ "top_k", KEY_WORD, WORDS("send", "omit") },
	{ "url_media", KEY_WORD, WORDS("pass", "refuse", "fetch") },
	{ .name = "word_json", .kind = KEY_BOOL },
};
static const struct schema_table option_table = { KEYS(option_keys) };

static const struct schema_key oauth_keys[] = {
	{ "authorize_url", KEY_TEXT, .check = check_http_url },
	{ "token_url", KEY_TEXT, .check = check_http_url },
	{ "revoke_url", KEY_TEXT, .check = check_http_url },
	{ "profile_url", KEY_TEXT, .check = check_http_url },
	{ .name = "client_id", .kind = KEY_TEXT },
	{ .name = "scopes", .kind = KEY_TEXT },
	{ "redirect_url", KEY_TEXT, .check = check_http_url },
	{ "redirect_port", KEY_INT, .max = 65535 },
};
static const struct schema_table oauth_table = { KEYS(oauth_keys) };

static const struct schema_key account_keys[] = {
	{ "id", KEY_TEXT, FIELD(upstream_account, id), .check = check_id },
	{ "name", KEY_TEXT, FIELD(upstream_account, name), .flags = KEY_REQUIRED,
	  .check = check_account_name },
	{ "type", KEY_CHOICE, FIELD(upstream_account, type), .fallback = "api-key",
	  .words = account_type_words },
	{ "provider", KEY_CHOICE, FIELD(upstream_account, provider), .flags = KEY_REQUIRED,
	  .words = provider_words },
	{ "base_url", KEY_TEXT, FIELD(upstream_account, base_url), .check = check_http_url,
	  .flags = KEY_URL_SECRET },
	{ "format", KEY_CHOICE, FIELD(upstream_account, format),
	  .words = format_words },
	{ "status", KEY_SWITCH, FIELD(upstream_account, is_active), .fallback = "active",
	  STATUS_WORDS },
	{ "priority", KEY_INT, FIELD(upstream_account, priority), .fallback = "1",
	  .max = 1000000 },
	{ "weight", KEY_INT, FIELD(upstream_account, weight), .fallback = "1", .min = 1,
	  .max = 1000000 },
	{ "models", KEY_LIST, ARRAY(upstream_account, models, has_models),
	  .check = check_not_empty },
	{ "limits", KEY_TABLE, FIELD(upstream_account, limits), .table = &limits_table },
	{ "headers", KEY_PAIRS, FIELD(upstream_account, headers), .flags = KEY_SECRET,
	  .check = check_header_name },
	{ "proxy", KEY_TEXT, FIELD(upstream_account, proxy), .check = check_proxy_url,
	  .flags = KEY_URL_SECRET },
	{ "azure", KEY_TABLE, .table = &azure_table },
	{ "options", KEY_OPTIONS, FIELD(upstream_account, options), .table = &option_table },
	{ "oauth", KEY_OPTIONS, FIELD(upstream_account, oauth), .table = &oauth_table },
	{ "key_env", KEY_TEXT, FIELD(upstream_account, key_env), .check = check_variable },
	{ "api_key", KEY_TEXT, FIELD(upstream_account, api_key), .flags = KEY_SECRET },
};
static const struct schema_table account_table = {
	KEYS(account_keys), .bytes = sizeof(struct upstream_account),
};

/* ---- model aliases ---- */

static const struct schema_key route_keys[] = {
	{ "upstream", KEY_TEXT, FIELD(route, upstream), .flags = KEY_REQUIRED,
	  .check = check_not_empty },
	{ "model", KEY_TEXT, FIELD(route, model), .flags = KEY_REQUIRED,
	  .check = check_not_empty },
	{ "priority", KEY_INT, FIELD(route, priority), .fallback = "1", .max = 1000000 },
	{ "weight", KEY_INT, FIELD(route, weight), .fallback = "1", .min = 1, .max = 1000000 },
	{ "enabled", KEY_BOOL, FIELD(route, is_enabled), .fallback = "true" },
};
static const struct schema_table route_table = {
	KEYS(route_keys), .bytes = sizeof(struct route),
};

static const struct schema_key condition_keys[] = {
	{ "tokens_over", KEY_COUNT, FIELD(alias_rule, tokens_over), .fallback = "0" },
	{ "thinking", KEY_TRISTATE, FIELD(alias_rule, thinking) },
	{ "tools", KEY_TRISTATE, FIELD(alias_rule, tools) },
	{ "images", KEY_TRISTATE, FIELD(alias_rule, images) },
	{ "web_search", KEY_TRISTATE, FIELD(alias_rule, web_search) },
	{ "background", KEY_TRISTATE, FIELD(alias_rule, background) },
	{ "header", KEY_PAIRS, FIELD(alias_rule, headers), .check = check_header_name },
};
static const struct schema_table condition_table = { KEYS(condition_keys) };

static const struct schema_key rule_keys[] = {
	{ "when", KEY_TABLE, .table = &condition_table },
	{ "use", KEY_TEXT, FIELD(alias_rule, use), .flags = KEY_REQUIRED,
	  .check = check_not_empty },
};
static const struct schema_table rule_table = {
	KEYS(rule_keys), .bytes = sizeof(struct alias_rule),
};

static const struct schema_key alias_keys[] = {
	{ "enabled", KEY_BOOL, FIELD(model_alias, is_enabled), .fallback = "true" },
	{ "routes", KEY_ITEMS, ARRAY(model_alias, routes, route_count), .table = &route_table },
	{ "fallback", KEY_LIST, FIELD(model_alias, fallback), .check = check_not_empty },
	{ "system_prompt", KEY_PROMPT, FIELD(model_alias, system_prompt) },
	{ "rules", KEY_ITEMS, ARRAY(model_alias, rules, rule_count), .table = &rule_table },
};
static const struct schema_table alias_table = {
	KEYS(alias_keys), .bytes = sizeof(struct model_alias),
	.name_offset = offsetof(struct model_alias, name),
};

/* ---- routing and limits ---- */

static const struct schema_key routing_keys[] = {
	{ "strategy", KEY_CHOICE, FIELD(routing_config, strategy), .fallback = "health-first",
	  .words = strategy_words },
	{ "affinity", KEY_SWITCH, FIELD(routing_config, session_affinity), .fallback = "session",
	  WORDS("none", "session") },
	{ "max_attempts", KEY_INT, FIELD(routing_config, max_attempts), .fallback = "4",
	  .min = 1, .max = 100 },
	{ "max_wait", KEY_DURATION, FIELD(routing_config, max_wait_ms), .fallback = "20" },
};
static const struct schema_table routing_table = { KEYS(routing_keys) };

static const struct schema_key fallback_keys[] = {
	{ "cooldown_seconds", KEY_DURATION, FIELD(fallback_config, cooldown_ms),
	  .fallback = "0" },
	{ "max_retries", KEY_INT, FIELD(fallback_config, max_retries), .fallback = "0",
	  .max = 100 },
	{ "alias_fallback", KEY_PAIRS, FIELD(fallback_config, alias_fallback),
	  .flags = KEY_JOINED, .check = check_not_empty },
};
static const struct schema_table fallback_table = { KEYS(fallback_keys) };

static const struct schema_key detection_keys[] = {
	{ "error_codes", KEY_LIST, FIELD(detection_config, error_codes),
	  .check = check_status_pattern },
	{ "error_patterns", KEY_LIST, FIELD(detection_config, error_patterns),
	  .check = check_not_empty },
};
static const struct schema_table detection_table = { KEYS(detection_keys) };

static const struct schema_key health_check_keys[] = {
	{ "interval", KEY_DURATION, FIELD(health_check_config, interval_ms), .fallback = "60",
	  .min = 1 },
	{ "timeout", KEY_DURATION, FIELD(health_check_config, timeout_ms), .fallback = "10",
	  .min = 1 },
};
static const struct schema_table health_check_table = { KEYS(health_check_keys) };

static const struct schema_key rate_limit_keys[] = {
	{ "enabled", KEY_BOOL, FIELD(rate_limit_config, enabled), .fallback = "false" },
	{ "global_rps", KEY_NUMBER, FIELD(rate_limit_config, global_rps), .fallback = "1000" },
	{ "per_ip_rps", KEY_NUMBER, FIELD(rate_limit_config, per_ip_rps), .fallback = "100" },
	{ "burst_factor", KEY_NUMBER, FIELD(rate_limit_config, burst_factor),
	  .fallback = "1.5", .min = 1 },
	{ "per_model_rps", KEY_PAIRS, FIELD(rate_limit_config, per_model_rps),
	  .flags = KEY_NUMBERS, .check = check_not_empty },
};
static const struct schema_table rate_limit_table = { KEYS(rate_limit_keys) };

static const struct schema_key concurrency_keys[] = {
	{ "enabled", KEY_BOOL, FIELD(concurrency_config, enabled), .fallback = "false" },
	{ "max_requests", KEY_COUNT, FIELD(concurrency_config, max_requests),
	  .fallback = "500", .min = 1 },
	{ "max_queue_size", KEY_COUNT, FIELD(concurrency_config, max_queue_size),
	  .fallback = "1000" },
	{ "queue_timeout", KEY_DURATION, FIELD(concurrency_config, queue_timeout_ms),
	  .fallback = "30s" },
	{ "per_backend_limit", KEY_COUNT, FIELD(concurrency_config, per_backend_limit),
	  .fallback = "100" },
};
static const struct schema_table concurrency_table = { KEYS(concurrency_keys) };

/* ---- logging, usage, environment, dashboard ---- */

static const struct schema_key logging_keys[] = {
	{ "level", KEY_CHOICE, FIELD(logging_config, level), .fallback = "info",
	  .words = level_words },
	{ "format", KEY_SWITCH, FIELD(logging_config, format_json), .fallback = "json",
	  WORDS("text", "json") },
	{ "console_level", KEY_CHOICE, FIELD(logging_config, console_level),
	  .fallback = "info", .words = level_words },
	{ "console_format", KEY_SWITCH, FIELD(logging_config, console_json),
	  .fallback = "text", WORDS("text", "json") },
	{ "base_dir", KEY_TEXT, FIELD(logging_config, base_dir), .fallback = "logs",
	  .check = check_directory },
	{ "separate_files", KEY_BOOL, FIELD(logging_config, separate_files),
	  .fallback = "true" },
	{ "max_file_size_mb", KEY_COUNT, FIELD(logging_config, max_file_bytes),
	  .fallback = "100", .min = 1, .max = 1000000, .unit = MIB },
	{ "max_age_days", KEY_COUNT, FIELD(logging_config, max_age_ms), .fallback = "7",
	  .min = 1, .max = 36500, .unit = DAY_MS },
	{ "mask_sensitive", KEY_BOOL, FIELD(logging_config, mask_sensitive),
	  .fallback = "true" },
	{ "capture", KEY_CHOICE, FIELD(logging_config, capture), .fallback = "off",
	  WORDS("off", "headers", "full") },
};
static const struct schema_table logging_table = { KEYS(logging_keys) };

static const struct schema_key price_keys[] = {
	{ "in", KEY_NUMBER, FIELD(price, in), .flags = KEY_UNSET },
	{ "out", KEY_NUMBER, FIELD(price, out), .flags = KEY_UNSET },
	{ "cache_read", KEY_NUMBER, FIELD(price, cache_read), .flags = KEY_UNSET },
	{ "cache_write", KEY_NUMBER, FIELD(price, cache_write), .flags = KEY_UNSET },
};
static const struct schema_table price_table = {
	KEYS(price_keys), .bytes = sizeof(struct price),
	.name_offset = offsetof(struct price, model),
};

static const struct schema_key usage_keys[] = {
	{ "retention_days", KEY_INT, FIELD(usage_config, retention_days), .fallback = "90",
	  .min = 1, .max = 36500 },
	{ "prices", KEY_NAMED, ARRAY(usage_config, prices, price_count),
	  .table = &price_table, .check = check_not_empty },
};
static const struct schema_table usage_table = { KEYS(usage_keys) };

static const struct schema_key environment_keys[] = {
	{ "http_proxy", KEY_TEXT, FIELD(environment_config, http_proxy),
	  .check = check_proxy_url, .flags = KEY_URL_SECRET },
	{ "https_proxy", KEY_TEXT, FIELD(environment_config, https_proxy),
	  .check = check_proxy_url, .flags = KEY_URL_SECRET },
	{ "no_proxy", KEY_TEXT, FIELD(environment_config, no_proxy),
	  .fallback = "localhost,127.0.0.1,::1" },
};
static const struct schema_table environment_table = { KEYS(environment_keys) };

static const struct schema_key tui_keys[] = {
	{ "theme", KEY_TEXT, FIELD(tui_config, theme), .fallback = "default",
	  .check = check_not_empty },
	{ "interval", KEY_DURATION, FIELD(tui_config, interval_ms), .fallback = "1s",
	  .min = 50 },
	{ "mouse", KEY_BOOL, FIELD(tui_config, mouse), .fallback = "false" },
	{ "accessible", KEY_BOOL, FIELD(tui_config, accessible), .fallback = "false" },
	{ "glyphs", KEY_TEXT, FIELD(tui_config, glyphs), .fallback = "auto",
	  .check = check_not_empty },
	{ "keys", KEY_PAIRS, FIELD(tui_config, keys), .check = check_not_empty },
};
static const struct schema_table tui_table = { KEYS(tui_keys) };

/* ---- the file ---- */

static const struct schema_key root_keys[] = {
	{ "server", KEY_TABLE, FIELD(config, server), .table = &server_table },
	{ "proxy", KEY_TABLE, FIELD(config, proxy), .table = &proxy_table },
	{ "credentials", KEY_TABLE, .table = &credentials_table },
	{ "gateway_keys", KEY_ITEMS, ARRAY(config, keys, key_count),
	  .table = &gateway_key_table },
	{ "upstream_accounts", KEY_ITEMS, ARRAY(config, accounts, account_count),
	  .table = &account_table },
	{ "models", KEY_NAMED, ARRAY(config, aliases, alias_count), .table = &alias_table,
	  .check = check_name },
	{ "routing", KEY_TABLE, FIELD(config, routing), .table = &routing_table },
	{ "fallback", KEY_TABLE, FIELD(config, fallback), .table = &fallback_table },
	{ "detection", KEY_TABLE, FIELD(config, detection), .table = &detection_table },
	{ "health_check", KEY_TABLE, FIELD(config, health_check),
	  .table = &health_check_table },
	{ "rate_limit", KEY_TABLE, FIELD(config, rate_limit), .table = &rate_limit_table },
	{ "concurrency", KEY_TABLE, FIELD(config, concurrency), .table = &concurrency_table },
	{ "logging", KEY_TABLE, FIELD(config, logging), .table = &logging_table },
	{ "usage", KEY_TABLE, FIELD(config, usage), .table = &usage_table },
	{ "environment", KEY_TABLE, FIELD(config, environment), .table = &environment_table },
	{ "tui", KEY_TABLE, FIELD(config, tui), .table = &tui_table },
};
static const struct schema_table root_table = { KEYS(root_keys) };

const struct schema_table *schema_root(void)
{
	return &root_table;
}

const struct schema_key *schema_key(const struct schema_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (str_eq(table->keys[i].name, name)) {
			return &table->keys[i];
		}
	}
	return NULL;
}

const char *schema_nearest(const struct schema_table *table, const char *name)
{
	const char *names[64];

	assert(table->count <= ARRAY_LEN(names));
	for (size_t i = 0; i < table->count; i++) {
		names[i] = table->keys[i].name;
	}
	return str_nearest(name, names, table->count);
}
