#include "server/live.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/load.h"
#include "config/prompts.h"
#include "gateway/gateway.h"
#include "routing/router.h"
#include "server/process.h"
#include "server/vault.h"

struct live {
	char *home;
	char *config_path;
	struct log_files *files;        /* borrowed */
	bool has_screen;

	pthread_mutex_t change;         /* one changer at a time; held over I/O */
	struct vault *vault;
	struct buf text;                /* of the file as last looked at */
	bool is_text_known;             /* false: there was no file to look at */

	pthread_mutex_t lock;           /* guards the rest; short */
	struct gateway *gateway;        /* both NULL before the start and after the end */
	struct router *router;
	struct oauth_renewer *renewer;  /* the vault's; NULL: nobody signs in */
	struct config *config;
	struct buf config_text;         /* that it was read from */
	struct key_ring *keys;
	char config_error[MAX_ERR_MSG];
	char store_problem[MAX_ERR_MSG];
	bool needs_restart;
};

static void apply_logging(struct live *l, const struct logging_config *c)
{
	bool is_read = !l->has_screen && process_has_console();
	const struct log_options options = {
		.level = c->level,
		.console_level = is_read ? c->console_level : LOG_OFF,
		.console_json = c->console_json,
		.buffered = true,
		.mask = c->mask_sensitive,
	};

	log_configure(&options);
	log_files_configure(l->files, l->home, c);
}

static void note_store(struct live *l, bool needs_restart)
{
	pthread_mutex_lock(&l->lock);
	str_copy(l->store_problem, sizeof l->store_problem, vault_problem(l->vault));
	l->needs_restart = l->needs_restart || needs_restart;
	pthread_mutex_unlock(&l->lock);
}

/* With l->change. */
static bool open_store(struct live *l, const struct config *c, struct err *err)
{
	bool needs_restart = false;
	bool ok = vault_open(l->vault, c, &needs_restart, err);

	note_store(l, needs_restart);
	return ok;
}

static struct key_ring *build_keys(struct live *l, const struct config *c)
{
	const char *problem;

	if (key_ring_needs_store(c)) {
		open_store(l, c, NULL);
	}
	problem = vault_problem(l->vault);
	return key_ring_rebuild(l->keys, c, vault_store(l->vault), *problem ? problem : NULL);
}

/* Keys go first: nobody sees a new account without its key. */
static void swap_keys(struct live *l, struct key_ring *keys)
{
	struct key_ring *old;

	pthread_mutex_lock(&l->lock);
	old = l->keys;
	l->keys = keys;
	if (l->gateway) {
		gateway_set_keys(l->gateway, keys);
	}
	pthread_mutex_unlock(&l->lock);
	key_ring_unref(old);
}

static void swap_config(struct live *l, struct config *c)
{
	struct config *old;

	pthread_mutex_lock(&l->lock);
	old = l->config;
	c->generation = old ? old->generation + 1 : 1;
	l->config = c;
	l->config_error[0] = '\0';
	if (l->gateway && gateway_set_config(l->gateway, c)) {
		l->needs_restart = true;
	}
	pthread_mutex_unlock(&l->lock);
	config_unref(old);
}

/* With l->change. */
static void follow(struct live *l, struct config *c)
{
	vault_follow(l->vault, c);
	pthread_mutex_lock(&l->lock);
	l->renewer = vault_renewer(l->vault);
	if (l->gateway) {
		gateway_set_renewer(l->gateway, l->renewer);
	}
	pthread_mutex_unlock(&l->lock);
}

/* With l->change. */
static void keep_text(struct live *l)
{
	pthread_mutex_lock(&l->lock);
	buf_wipe(&l->config_text);
	buf_init(&l->config_text, MAX_CONFIG_BYTES);
	buf_add(&l->config_text, l->text.ptr, l->text.len);
	pthread_mutex_unlock(&l->lock);
}

static void put_in_force(struct live *l, struct config *c)
{
	keep_text(l);
	apply_logging(l, &c->logging);
	for (size_t i = 0; i < c->warnings.count; i++) {
		log_warn("config", "%s", c->warnings.items[i]);
	}
	swap_keys(l, build_keys(l, c));
	swap_config(l, c);
	follow(l, c);
}

/* Routing lets the account try again. */
static void tell_router(struct live *l, const char *account_id)
{
	pthread_mutex_lock(&l->lock);
	if (l->router) {
		router_renewed(l->router, account_id, clock_moment());
	}
	pthread_mutex_unlock(&l->lock);
}

static bool has_other_secret(struct live *l, const char *account_id,
			     const struct key_ring *before)
{
	const struct secret *old = key_ring_get(before, account_id, NULL);
	const struct secret *fresh = key_ring_get(l->keys, account_id, NULL);

	return fresh && !(old && old->len == fresh->len &&
			  crypto_equal(secret_peek(old).ptr, secret_peek(fresh).ptr, old->len));
}

/* Somebody has signed in or out, tokens were renewed, or are known to be no
 * longer good: then what stands against the account stays. */
static void on_tokens(void *ctx, const char *account_id)
{
	struct live *l = ctx;
	struct key_ring *before;

	pthread_mutex_lock(&l->change);
	before = live_keys(l);
	swap_keys(l, build_keys(l, l->config));
	if (has_other_secret(l, account_id, before)) {
		tell_router(l, account_id);
	}
	key_ring_unref(before);
	pthread_mutex_unlock(&l->change);
}

/* A file that has gone is more likely lost, or on its way, than meant to
 * take every account with it. */
static bool read_again(struct live *l, struct buf *out, struct err *err)
{
	struct err why = ERR_INIT;

	if (file_read(l->config_path, out, &why)) {
		return true;
	}
	if (why.kind == ERR_NOT_FOUND) {
		return err_setf(err, ERR_INVALID, "%s: the file is gone", l->config_path);
	}
	*err = why;
	return false;
}

static void remember_text(struct live *l, struct buf *text)
{
	buf_wipe(&l->text);
	l->text = *text;
	l->is_text_known = true;
	buf_init(text, MAX_CONFIG_BYTES);
}

static bool is_same_text(const struct live *l, const struct buf *text)
{
	return l->is_text_known && text->len == l->text.len &&
	       (!text->len || memcmp(text->ptr, l->text.ptr, text->len) == 0);
}

static bool refuse(struct live *l, const struct err *why, struct err *err)
{
	log_error("config", "%s; the last valid configuration stays in force", why->msg);
	pthread_mutex_lock(&l->lock);
	str_copy(l->config_error, sizeof l->config_error, why->msg);
	pthread_mutex_unlock(&l->lock);
	if (err) {
		*err = *why;
	}
	return false;
}

static bool known_result(struct live *l, struct err *err)
{
	bool ok;

	pthread_mutex_lock(&l->lock);
	ok = !*l->config_error || err_setf(err, ERR_INVALID, "%s", l->config_error);
	pthread_mutex_unlock(&l->lock);
	return ok;
}

/* With the texts that belong to it. */
static struct config *parse(const struct live *l, const struct buf *text, struct err *err)
{
	struct config *c = config_parse(l->config_path, buf_slice(text), err);

	if (c) {
		prompts_load(c, l->home);
	}
	return c;
}

/* With l->change. */
static bool reload(struct live *l, struct err *err)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct err why = ERR_INIT;
	struct config *c;
	bool ok;

	if (!read_again(l, &text, &why)) {
		buf_wipe(&text);
		l->is_text_known = false;   /* the same text is news when it comes back */
		return refuse(l, &why, err);
	}
	if (is_same_text(l, &text)) {
		buf_wipe(&text);
		return known_result(l, err);
	}
	c = parse(l, &text, &why);
	remember_text(l, &text);
	ok = c;
	if (ok) {
		put_in_force(l, c);
		log_info("config", "%s is in force", l->config_path);
	} else {
		refuse(l, &why, err);
	}
	buf_wipe(&text);
	return ok;
}

bool live_reload(struct live *l, struct err *err)
{
	bool ok;

	pthread_mutex_lock(&l->change);
	ok = reload(l, err);
	pthread_mutex_unlock(&l->change);
	return ok;
}

/* A configuration that is refused stays so: then there is nothing to renew. */
void live_reload_prompts(struct live *l)
{
	struct config *c;

	pthread_mutex_lock(&l->change);
	c = parse(l, &l->text, NULL);
	if (c && !prompts_same(c, l->config)) {
		put_in_force(l, c);
		log_info("config", "%zu system prompts are in force", c->prompt_count);
	} else {
		config_unref(c);
	}
	pthread_mutex_unlock(&l->change);
}

static bool load_first(struct live *l, struct err *err)
{
	struct config *c;

	if (file_exists(l->config_path) && !file_read(l->config_path, &l->text, err)) {
		return false;
	}
	l->is_text_known = true;
	c = parse(l, &l->text, err);
	if (c) {
		put_in_force(l, c);
	}
	return c;
}

struct live *live_create(const char *home, const char *config_path, struct log_files *files,
			 bool has_screen, struct err *err)
{
	struct live *l = xcalloc(1, sizeof *l);

	l->home = xstrdup(home);
	l->config_path = xstrdup(config_path);
	l->files = files;
	l->has_screen = has_screen;
	l->vault = vault_create(home, !has_screen, on_tokens, l);
	buf_init(&l->text, MAX_CONFIG_BYTES);
	pthread_mutex_init(&l->change, NULL);
	pthread_mutex_init(&l->lock, NULL);
	if (load_first(l, err)) {
		return l;
	}
	live_destroy(l);
	return NULL;
}

void live_destroy(struct live *l)
{
	if (!l) {
		return;
	}
	vault_destroy(l->vault);
	config_unref(l->config);
	key_ring_unref(l->keys);
	buf_wipe(&l->text);
	buf_wipe(&l->config_text);
	pthread_mutex_destroy(&l->change);
	pthread_mutex_destroy(&l->lock);
	free(l->config_path);
	free(l->home);
	free(l);
}

void live_attach(struct live *l, struct gateway *g, struct router *r)
{
	pthread_mutex_lock(&l->lock);
	l->gateway = g;
	l->router = r;
	if (g) {
		gateway_set_renewer(g, l->renewer);
	}
	pthread_mutex_unlock(&l->lock);
}

struct config *live_config(struct live *l)
{
	struct config *c;

	pthread_mutex_lock(&l->lock);
	c = config_ref(l->config);
	pthread_mutex_unlock(&l->lock);
	return c;
}

void live_config_text(struct live *l, struct buf *out)
{
	pthread_mutex_lock(&l->lock);
	buf_add(out, l->config_text.ptr, l->config_text.len);
	pthread_mutex_unlock(&l->lock);
}

struct key_ring *live_keys(struct live *l)
{
	struct key_ring *keys;

	pthread_mutex_lock(&l->lock);
	keys = key_ring_ref(l->keys);
	pthread_mutex_unlock(&l->lock);
	return keys;
}

/* With l->change. */
static bool put_secret(struct live *l, const char *account, const struct secret *value,
		       struct err *err)
{
	bool ok = open_store(l, l->config, err);

	ok = ok && (value ? store_put(vault_store(l->vault), account, value, err) :
			    store_delete(vault_store(l->vault), account, err));
	if (ok) {
		swap_keys(l, build_keys(l, l->config));
		tell_router(l, account);
	}
	return ok;
}

bool live_put_secret(struct live *l, const char *account, const struct secret *value,
		     struct err *err)
{
	bool ok;

	pthread_mutex_lock(&l->change);
	ok = put_secret(l, account, value, err);
	pthread_mutex_unlock(&l->change);
	return ok;
}

struct oauth *live_oauth(struct live *l, struct err *err)
{
	struct oauth *oauth = NULL;

	pthread_mutex_lock(&l->change);
	if (open_store(l, l->config, err)) {
		follow(l, l->config);
		oauth = vault_oauth(l->vault);
	}
	pthread_mutex_unlock(&l->change);
	return oauth;
}

void live_problems(struct live *l, char config_error[MAX_ERR_MSG],
		   char store_problem[MAX_ERR_MSG], bool *needs_restart)
{
	pthread_mutex_lock(&l->lock);
	str_copy(config_error, MAX_ERR_MSG, l->config_error);
	str_copy(store_problem, MAX_ERR_MSG, l->store_problem);
	*needs_restart = l->needs_restart;
	pthread_mutex_unlock(&l->lock);
}
