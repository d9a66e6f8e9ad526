/*
 * The part of doctor that looks at the home: permissions, configuration,
 * secrets.
 */
#include "cli/checkup.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "cli/call.h"
#include "config/edit.h"
#include "config/load.h"
#include "credentials/store.h"

/* Is `path` for its owner alone? Repairs it when asked to. */
static void check_private(struct checkup *c, const char *subject, const char *path,
			  const struct stat *st, mode_t wanted)
{
	if (st->st_uid != getuid()) {
		checkup_say(c, VERDICT_PROBLEM, subject, "%s belongs to another user", path);
	} else if (!(st->st_mode & 077)) {
		checkup_say(c, VERDICT_OK, subject, "%s is private", path);
	} else if (c->fixes && chmod(path, wanted) == 0) {
		checkup_say(c, VERDICT_FIXED, subject, "%s is private now", path);
	} else {
		checkup_say(c, VERDICT_PROBLEM, subject,
			    "other users can read %s; chmod %o it, or `doctor --fix`", path,
			    (unsigned)wanted);
	}
}

void checkup_home(struct checkup *c)
{
	struct stat st;

	if (stat(c->inv->home, &st) != 0) {
		checkup_say(c, VERDICT_OK, "home", "%s will be made when it is needed",
			    c->inv->home);
	} else if (!S_ISDIR(st.st_mode)) {
		checkup_say(c, VERDICT_PROBLEM, "home", "%s is not a directory; move it away",
			    c->inv->home);
	} else if (access(c->inv->home, W_OK) != 0) {
		checkup_say(c, VERDICT_PROBLEM, "home", "%s cannot be written", c->inv->home);
	} else {
		check_private(c, "home", c->inv->home, &st, 0700);
	}
}

void checkup_config(struct checkup *c)
{
	const char *path = c->inv->config_path;
	struct err err = ERR_INIT;
	struct stat st;

	if (stat(path, &st) == 0) {
		check_private(c, "configuration", path, &st, 0600);
	}
	c->config = config_load(path, &err);
	if (!c->config) {
		checkup_say(c, VERDICT_PROBLEM, "configuration", "%s%s%s", err.msg,
			    *err.hint ? "; " : "", err.hint);
		return;
	}
	checkup_say(c, VERDICT_OK, "configuration", "valid; %zu upstreams, %zu keys, %zu aliases",
		    c->config->account_count, c->config->key_count, c->config->alias_count);
	for (size_t i = 0; i < c->config->warnings.count; i++) {
		checkup_say(c, VERDICT_WARN, "configuration", "%s", c->config->warnings.items[i]);
	}
}

/* Does the file itself hold the key (and not the name of a variable)? */
static bool is_plain_key(const struct buf *text, const char *path)
{
	struct buf value = BUF_INIT(MAX_CONFIG_BYTES);
	bool plain = config_get_text(buf_slice(text), path, &value, NULL) &&
		     !strstr(buf_text(&value), "${");

	buf_wipe(&value);
	return plain;
}

/* The store first: a key is never in neither place. */
static bool move_key(const struct checkup *c, const struct upstream_account *a,
		     const char *path, struct err *err)
{
	struct buf body = BUF_INIT(MAX_SECRET_BYTES);
	struct buf query = BUF_INIT(MAX_CALL_PATH);
	struct buf target = BUF_INIT(MAX_CALL_PATH);
	struct json_writer w;
	struct answer *kept;
	struct answer *removed = NULL;

	buf_adds(&target, "/v1/upstreams");
	call_path_part(&target, a->id);
	json_open(&w, &body);
	json_object(&w);
	json_kstr(&w, "api_key", a->api_key);
	json_end(&w);
	kept = call_api(c->inv, "PATCH", buf_text(&target), &body, err);
	buf_adds(&query, "/v1/config");
	call_path_query(&query, "key", path);
	if (kept) {
		removed = call_api(c->inv, "DELETE", buf_text(&query), NULL, err);
	}
	answer_destroy(kept);
	answer_destroy(removed);
	buf_wipe(&body);
	buf_release(&query);
	buf_release(&target);
	return removed != NULL;
}

static void check_account_key(struct checkup *c, const struct upstream_account *a,
			      const struct buf *text)
{
	struct buf path = BUF_INIT(4 * KIB);
	struct err err = ERR_INIT;

	buf_addf(&path, "upstream_accounts[name=%s].api_key", a->name);
	if (!is_plain_key(text, buf_text(&path))) {
		buf_release(&path);
		return;
	}
	if (!c->fixes) {
		checkup_say(c, VERDICT_PROBLEM, "secrets",
			    "the key of %s stands in the configuration; `doctor --fix` moves it "
			    "into the credential store", a->name);
	} else if (move_key(c, a, buf_text(&path), &err)) {
		checkup_say(c, VERDICT_FIXED, "secrets", "the key of %s is in the store now",
			    a->name);
	} else {
		checkup_say(c, VERDICT_PROBLEM, "secrets",
			    "the key of %s stays where it is: %s%s%s", a->name, err.msg,
			    *err.hint ? "; " : "", err.hint);
	}
	buf_release(&path);
}

void checkup_plain_keys(struct checkup *c)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

	if (c->config && file_read(c->inv->config_path, &text, NULL)) {
		for (size_t i = 0; i < c->config->account_count; i++) {
			if (*c->config->accounts[i].api_key) {
				check_account_key(c, &c->config->accounts[i], &text);
			}
		}
	}
	buf_wipe(&text);
}

static bool needs_store(const struct config *config)
{
	for (size_t i = 0; i < config->account_count; i++) {
		const struct upstream_account *a = &config->accounts[i];

		if (a->type == ACCOUNT_OAUTH ||
		    (a->type == ACCOUNT_API_KEY && !*a->key_env && !*a->api_key)) {
			return true;
		}
	}
	return false;
}

void checkup_store(struct checkup *c)
{
	const char *kind = c->config ? c->config->credential_store : "auto";
	struct credential_store *store;
	struct err err = ERR_INIT;

	store = store_open(kind, c->inv->home, &err);
	if (store) {
		checkup_say(c, VERDICT_OK, "credentials", "the %s store answers",
			    store_kind(store));
	} else {
		checkup_say(c, c->config && needs_store(c->config) ? VERDICT_PROBLEM : VERDICT_WARN,
			    "credentials", "%s%s%s", err.msg, *err.hint ? "; " : "", err.hint);
	}
	store_close(store);
}
