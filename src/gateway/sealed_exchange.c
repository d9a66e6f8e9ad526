#include "gateway/sealed_exchange.h"

#include <inttypes.h>
#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "gateway/authorise.h"
#include "gateway/sealed_memory.h"
#include "gateway/sealed_reply.h"

/* How long until a full memory has forgotten a minute. */
#define FULL_RETRY_MS (60 * 1000)

bool sealed_is(const struct client *client)
{
	const char *type = client_header(client, "content-type");
	size_t len = strlen(SEALED_TYPE);

	return type && strncasecmp(type, SEALED_TYPE, len) == 0 &&
	       (!type[len] || strchr("; \t", type[len]));
}

bool sealed_admit(struct exchange *x)
{
	const struct config *c = x->config;

	for (size_t i = 0; i < c->key_count; i++) {
		if (c->keys[i].is_sealed && c->keys[i].is_active) {
			x->is_sealed = true;
			return true;
		}
	}
	refuse(x, 401, "no gateway key opens sealed requests; "
	       "`llm-gateway apikey add --sealed` makes one");
	return false;
}

static const struct gateway_key *find_key(const struct config *c, const char *kid)
{
	for (size_t i = 0; i < c->key_count; i++) {
		if (c->keys[i].is_sealed && str_eq(c->keys[i].id, kid)) {
			return &c->keys[i];
		}
	}
	return NULL;
}

/* The key with its bytes; refuses where there is none. */
static const struct gateway_key *take_key(struct exchange *x, const char *kid,
					  struct sealed_key *key)
{
	const struct gateway_key *known = find_key(x->config, kid);
	char name[KEY_RING_NAME_BYTES];
	const char *problem = NULL;
	const struct secret *secret;

	if (!known) {
		refuse(x, 401, "no sealed gateway key has the id \"%s\"; "
		       "`llm-gateway apikey add --sealed` makes one", kid);
		return NULL;
	}
	key_ring_sealed_name(kid, name);
	secret = key_ring_get(x->keys, name, &problem);
	if (!secret || !sealed_key_read(secret_peek(secret), key) || !str_eq(key->kid, kid)) {
		refuse(x, 503, "the sealed key %s cannot be used: %s", known->name,
		       problem ? problem : "its text is not that of a sealed key");
		return NULL;
	}
	return known;
}

/* True: it is fresh. */
static bool is_fresh(struct exchange *x, enum sealed_verdict verdict, uint64_t skew_ms)
{
	switch (verdict) {
	case SEALED_FRESH:
		return true;
	case SEALED_EARLY:
		x->retry_after_ms = (int64_t)skew_ms;   /* within the window */
		refuse(x, 503, "the sealed request is older than this gateway's start; "
		       "seal it again");
		break;
	case SEALED_SKEWED:
		refuse(x, 401, "the sealed request's time differs from the gateway's clock by "
		       "%" PRIu64 " s, and may by %d s", skew_ms / 1000,
		       SEALED_WINDOW_MS / 1000);
		break;
	case SEALED_REPLAYED:
		refuse(x, 409, "this sealed request has been here before: "
		       "each one is taken once");
		break;
	case SEALED_FULL:
		x->retry_after_ms = FULL_RETRY_MS;
		refuse(x, 503, "too many sealed requests in five minutes; try again later");
		break;
	}
	return false;
}

/* Once in a gateway's life, for each request that opens. */
static bool take_once(struct exchange *x, const struct sealed_envelope *e)
{
	/* Not when the head came: a body may be held back for as long as it pleases. */
	uint64_t now_ms = (uint64_t)clock_wall_ms();
	uint64_t ts_ms = e->stamp.ts_ms;
	enum sealed_verdict verdict = sealed_memory_take(x->worker->shared->sealed, e->kid,
							 &e->stamp, now_ms);

	return is_fresh(x, verdict, ts_ms > now_ms ? ts_ms - now_ms : now_ms - ts_ms);
}

static bool take_plain(struct exchange *x, const struct buf *plain)
{
	struct err err = ERR_INIT;

	if (body_replace(&x->body, buf_slice(plain), &err)) {
		return true;
	}
	refuse(x, err.kind == ERR_TOO_LARGE ? 413 : 503, "%s", err.msg);
	return false;
}

static bool admit(struct exchange *x, const struct gateway_key *known)
{
	struct err err = ERR_INIT;
	int status = 401;

	if (authorise_key(known, PERMISSION_WRITE, x->at_ms, &status, &err)) {
		x->key = known;
		return true;
	}
	refuse(x, status, "%s", err.msg);
	return false;
}

static bool open_with(struct exchange *x, const struct sealed_envelope *e,
		      struct sealed_key *key, struct buf *plain)
{
	const struct gateway_key *known = take_key(x, e->kid, key);

	if (!known) {
		return false;
	}
	if (!sealed_open_request(key, e, client_method(x->client), client_path(x->client),
				 plain)) {
		refuse(x, 401, "the sealed request does not open with the key %s: another key, "
		       "another method or path, or it was changed on its way", known->name);
		return false;
	}
	if (!take_once(x, e)) {
		return false;
	}
	/* From here on it is known who asks, and that nobody else has. */
	x->sealed = sealed_answering_make(key, &e->stamp, &x->arena);
	return admit(x, known) && take_plain(x, plain);
}

bool sealed_open(struct exchange *x)
{
	struct slice text = body_text(&x->body);
	struct buf plain = BUF_INIT(text.len + 1);
	struct sealed_envelope e;
	struct sealed_key key;
	struct err err = ERR_INIT;
	bool ok;

	if (!sealed_read_request(text, &e, &err)) {
		refuse(x, 400, "%s", err.msg);
		return false;
	}
	ok = open_with(x, &e, &key, &plain);
	mem_wipe(&key, sizeof key);
	buf_wipe(&plain);
	return ok;
}
