#include "gateway/authorise.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"

#define OWN_HEADER "x-llm-gateway-key"

static const char *const shared_headers[] = { "x-api-key", "api-key", "x-goog-api-key" };

/* Every key is compared, in constant time, so that the time tells nothing. */
static const struct gateway_key *key_of(const struct config *c, struct slice text)
{
	unsigned char hash[SHA256_BYTES];
	const struct gateway_key *found = NULL;

	crypto_sha256(text, hash);
	for (size_t i = 0; i < c->key_count; i++) {
		if (crypto_equal(c->keys[i].hash, hash, sizeof hash)) {
			found = &c->keys[i];
		}
	}
	return found;
}

void key_memo_clear(struct key_memo *memo)
{
	secret_release(&memo->text);
	memo->key = NULL;
}

static const struct gateway_key *known_key_of(const struct config *c, struct key_memo *memo,
					      struct slice text)
{
	struct slice known = secret_peek(&memo->text);
	const struct gateway_key *key;

	if (memo->key && known.len == text.len && crypto_equal(known.ptr, text.ptr, text.len)) {
		return memo->key;
	}
	key = key_of(c, text);
	if (key) {
		secret_set(&memo->text, text);
		memo->key = key;
	}
	return key;
}

static struct slice bearer_of(const char *value)
{
	if (!value || strncasecmp(value, "bearer ", 7) != 0) {
		return SLICE_NULL;
	}
	return slice_trim(slice_of(value + 7));
}

static bool is_bearer_header(const char *name)
{
	return str_ieq(name, "authorization");
}

static bool is_shared_header(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(shared_headers); i++) {
		if (str_ieq(name, shared_headers[i])) {
			return true;
		}
	}
	return false;
}

bool authorise_is_gateway_key(const struct config *c, const char *name, const char *value)
{
	if (str_ieq(name, OWN_HEADER)) {
		return true;
	}
	if (is_bearer_header(name)) {
		struct slice token = bearer_of(value);

		return token.len && key_of(c, token);
	}
	return is_shared_header(name) && key_of(c, slice_of(value));
}

bool authorise_has_own_credential(const struct config *c, const struct client *client)
{
	const char *value = client_header(client, "authorization");

	if (value && !authorise_is_gateway_key(c, "authorization", value)) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(shared_headers); i++) {
		value = client_header(client, shared_headers[i]);
		if (value && !key_of(c, slice_of(value))) {
			return true;
		}
	}
	return false;
}

static struct slice query_key(const char *query)
{
	struct slice rest = slice_of(query);
	struct slice part;

	while (slice_next(&rest, '&', &part)) {
		if (part.len > 4 && memcmp(part.ptr, "key=", 4) == 0) {
			return (struct slice){ part.ptr + 4, part.len - 4 };
		}
	}
	return SLICE_NULL;
}

/* Claude Code sends two different values, one of which may be its own: one
 * that is valid is enough. */
static const struct gateway_key *find_shown(const struct config *c, struct key_memo *memo,
					    const struct client *client, bool *is_shown)
{
	struct slice shown[5];
	size_t count = 0;
	const char *own = client_header(client, OWN_HEADER);
	const struct gateway_key *key = NULL;

	if (own) {
		*is_shown = true;
		return known_key_of(c, memo, slice_trim(slice_of(own)));
	}
	shown[count++] = bearer_of(client_header(client, "authorization"));
	for (size_t i = 0; i < ARRAY_LEN(shared_headers); i++) {
		shown[count++] = slice_of(client_header(client, shared_headers[i]));
	}
	shown[count++] = query_key(client_query(client));
	for (size_t i = 0; i < count && !key; i++) {
		if (shown[i].len) {
			*is_shown = true;
			key = known_key_of(c, memo, shown[i]);
		}
	}
	return key;
}

bool authorise_key(const struct gateway_key *key, enum permission need, int64_t now_ms,
		   int *status, struct err *err)
{
	*status = 401;
	if (!key->is_active) {
		return err_setf(err, ERR_SIGN_IN, "the gateway key %s is disabled", key->name);
	}
	if (key->expires_at_ms && key->expires_at_ms <= now_ms) {
		return err_setf(err, ERR_SIGN_IN, "the gateway key %s has expired", key->name);
	}
	if (!(key->permissions & ((unsigned)need | PERMISSION_ADMIN))) {
		*status = 403;
		return err_setf(err, ERR_INVALID, "the gateway key %s does not permit this: "
				"it needs %s", key->name,
				need == PERMISSION_READ ? "read" :
				need == PERMISSION_WRITE ? "write" : "admin");
	}
	return true;
}

bool authorise_request(const struct config *c, struct key_memo *memo,
		       const struct client *client, enum permission need, int64_t now_ms,
		       const struct gateway_key **key, int *status, struct err *err)
{
	bool is_shown = false;

	*key = find_shown(c, memo, client, &is_shown);
	if (*key && (*key)->is_sealed) {
		*status = 401;
		return err_setf(err, ERR_SIGN_IN, "the gateway key %s seals requests and is "
				"never sent itself; now that it was, renew it with "
				"`llm-gateway apikey rotate %s`", (*key)->name, (*key)->name);
	}
	if (*key) {
		return authorise_key(*key, need, now_ms, status, err);
	}
	*status = 401;
	if (is_shown) {
		return err_setf(err, ERR_SIGN_IN, "the gateway key is not valid; "
				"`llm-gateway apikey list` shows the valid ones");
	}
	if (!c->server.auth_required) {
		return true;
	}
	return err_setf(err, ERR_SIGN_IN, "a gateway key is required: send it as "
			"Authorization: Bearer, x-api-key or " OWN_HEADER
			"; `llm-gateway apikey add` makes one");
}

bool authorise_model(const struct gateway_key *key, const char *model)
{
	return !key || !key->models.count || list_matches(&key->models, model);
}

/* Host text without port and brackets. */
static struct slice host_name(struct slice host)
{
	const char *colon;

	if (host.len && host.ptr[0] == '[') {
		const char *end = memchr(host.ptr, ']', host.len);

		return end ? (struct slice){ host.ptr + 1, (size_t)(end - host.ptr - 1) } : host;
	}
	colon = host.len ? memchr(host.ptr, ':', host.len) : NULL;
	return colon ? (struct slice){ host.ptr, (size_t)(colon - host.ptr) } : host;
}

/* 127.0.0.0/8 as an address, not as the beginning of a name. */
static bool is_ipv4_loopback(struct slice name)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr address;

	if (name.len >= sizeof text) {
		return false;
	}
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	return inet_pton(AF_INET, text, &address) == 1 &&
	       (ntohl(address.s_addr) >> 24) == 127;
}

static bool is_loopback(struct slice name)
{
	if (slice_ieq(name, "localhost") || slice_eq(name, "::1")) {
		return true;
	}
	if (name.len > 10 && slice_ieq((struct slice){ name.ptr + name.len - 10, 10 },
				       ".localhost")) {
		return true;
	}
	return is_ipv4_loopback(name);
}

static bool is_own_host(const struct config *c, struct slice host)
{
	struct slice name = host_name(host);

	if (is_loopback(name) || slice_ieq(name, c->server.host)) {
		return true;
	}
	for (size_t i = 0; i < c->server.allowed_hosts.count; i++) {
		if (slice_ieq(name, c->server.allowed_hosts.items[i])) {
			return true;
		}
	}
	return false;
}

static bool is_allowed_origin(const struct config *c, const char *origin)
{
	const char *host = strstr(origin, "://");

	for (size_t i = 0; i < c->server.cors_origins.count; i++) {
		if (str_ieq(origin, c->server.cors_origins.items[i]) ||
		    str_eq(c->server.cors_origins.items[i], "*")) {
			return true;
		}
	}
	return host && is_own_host(c, slice_of(host + 3));
}

bool authorise_origin(const struct config *c, const struct client *client, struct err *err)
{
	const char *host = client_header(client, "host");
	const char *origin = client_header(client, "origin");

	if (host && !is_own_host(c, slice_of(host))) {
		return err_setf(err, ERR_INVALID, "the Host of this request is not this gateway's; "
				"add it to server.allowed_hosts");
	}
	if (origin && !is_allowed_origin(c, origin)) {
		return err_setf(err, ERR_INVALID, "requests from this Origin are refused; "
				"add it to server.cors_origins");
	}
	return true;
}
