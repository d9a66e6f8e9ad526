/*
 * The only file with libsecret. Its blocking calls cannot be given a time
 * limit, so each public function runs the asynchronous ones on a main context
 * of its own, next to a timer that cancels them.
 */
#include "credentials/keyring.h"

#include <stdlib.h>

#include <libsecret/secret.h>

#include "base/limits.h"
#include "base/mem.h"

/* A healthy service answers in milliseconds; a person who types the
 * keyring's password does not. Tests use a shorter one. */
#ifndef KEYRING_CALL_MS
#define KEYRING_CALL_MS 15000
#endif
#define KEYRING_PERSON_MS 90000

static const SecretSchema schema = {
	.name = "org.llm_gateway.Credential",
	.flags = SECRET_SCHEMA_NONE,
	.attributes = {
		{ "home", SECRET_SCHEMA_ATTRIBUTE_STRING },
		{ "account", SECRET_SCHEMA_ATTRIBUTE_STRING },
	},
};

struct call {
	GMainContext *context;
	GCancellable *cancel;
	GSource *timer;
	GAsyncResult *result;     /* of the step that is under way, once it is there */
	GDBusConnection *bus;
	SecretService *service;
	unsigned limit_ms;
};

static void on_result(GObject *source, GAsyncResult *result, gpointer data)
{
	struct call *c = data;

	(void)source;
	c->result = g_object_ref(result);
}

static gboolean on_late(gpointer data)
{
	g_cancellable_cancel(data);
	return G_SOURCE_REMOVE;
}

/* Waits for the step that was just started. The next one drops its result. */
static GAsyncResult *await(struct call *c)
{
	while (!c->result) {
		g_main_context_iteration(c->context, TRUE);
	}
	return c->result;
}

static void next_step(struct call *c)
{
	g_clear_object(&c->result);
}

static bool explain(const struct call *c, GError *error, struct err *err)
{
	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		err_setf(err, ERR_STORE, "the keyring did not answer within %u s",
			 c->limit_ms / 1000);
	} else if (g_error_matches(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED)) {
		err_setf(err, ERR_STORE, "the keyring is locked");
	} else if (!c->service) {
		err_setf(err, ERR_STORE, "no keyring service answers on the session bus (%s)",
			 error->message);
	} else {
		err_setf(err, ERR_STORE, "the keyring refused: %s", error->message);
	}
	g_error_free(error);
	return err_hintf(err, "start or unlock a keyring (GNOME Keyring, KWallet, "
			 "KeePassXC), or set credentials.store to file, or name a variable "
			 "with --key-env");
}

static bool is_locked(struct err *err)
{
	err_setf(err, ERR_STORE, "the keyring is locked");
	return err_hintf(err, "unlock it (sign in to the desktop, or open its password "
			 "manager), or set credentials.store to file, or name a variable with "
			 "--key-env");
}

static void set_limit(struct call *c, unsigned limit_ms)
{
	if (c->timer) {
		g_source_destroy(c->timer);
		g_source_unref(c->timer);
	}
	c->limit_ms = limit_ms;
	c->timer = g_timeout_source_new(limit_ms);
	g_source_set_callback(c->timer, on_late, c->cancel, NULL);
	g_source_attach(c->timer, c->context);
}

/* The session bus is asked for first because GLib ends a process whose bus
 * goes away, unless told not to. libsecret then uses the same connection. */
static bool connect_bus(struct call *c, struct err *err)
{
	GError *error = NULL;

	g_bus_get(G_BUS_TYPE_SESSION, c->cancel, on_result, c);
	c->bus = g_bus_get_finish(await(c), &error);
	if (!c->bus) {
		return explain(c, error, err);
	}
	g_dbus_connection_set_exit_on_close(c->bus, FALSE);
	next_step(c);
	secret_service_open(SECRET_TYPE_SERVICE, NULL, SECRET_SERVICE_OPEN_SESSION,
			    c->cancel, on_result, c);
	c->service = secret_service_open_finish(await(c), &error);
	return c->service || explain(c, error, err);
}

/* To be ended with call_end() also when it failed. */
static bool call_begin(struct call *c, struct err *err)
{
	*c = (struct call){ .context = g_main_context_new(), .cancel = g_cancellable_new() };
	g_main_context_push_thread_default(c->context);
	set_limit(c, KEYRING_CALL_MS);
	return connect_bus(c, err);
}

static void call_end(struct call *c)
{
	next_step(c);
	g_clear_object(&c->service);
	g_clear_object(&c->bus);
	g_source_destroy(c->timer);
	g_source_unref(c->timer);
	g_clear_object(&c->cancel);
	while (g_main_context_iteration(c->context, FALSE)) {
		/* what the objects above had queued on their way out */
	}
	g_main_context_pop_thread_default(c->context);
	g_main_context_unref(c->context);
}

/* Somebody can see the keyring's own question. */
static bool has_screen(void)
{
	return !str_empty(getenv("DISPLAY")) || !str_empty(getenv("WAYLAND_DISPLAY"));
}

static GHashTable *attributes_of(const char *home, const char *account)
{
	return account ? secret_attributes_build(&schema, "home", home, "account", account,
						 NULL)
		       : secret_attributes_build(&schema, "home", home, NULL);
}

static bool search(struct call *c, GHashTable *attributes, SecretSearchFlags flags,
		   GList **items, struct err *err)
{
	GError *error = NULL;

	next_step(c);
	secret_service_search(c->service, &schema, attributes, flags | SECRET_SEARCH_ALL,
			      c->cancel, on_result, c);
	*items = secret_service_search_finish(c->service, await(c), &error);
	return !error || explain(c, error, err);
}

static bool has_locked(GList *items)
{
	for (GList *at = items; at; at = at->next) {
		if (secret_item_get_locked(at->data)) {
			return true;
		}
	}
	return false;
}

enum collection_state { COLLECTION_OPEN, COLLECTION_LOCKED, COLLECTION_MISSING };

static bool default_collection(struct call *c, enum collection_state *state,
			       struct err *err)
{
	SecretCollection *collection;
	GError *error = NULL;

	next_step(c);
	secret_collection_for_alias(c->service, SECRET_COLLECTION_DEFAULT,
				    SECRET_COLLECTION_NONE, c->cancel, on_result, c);
	collection = secret_collection_for_alias_finish(await(c), &error);
	if (error) {
		return explain(c, error, err);
	}
	*state = !collection ? COLLECTION_MISSING :
		 secret_collection_get_locked(collection) ? COLLECTION_LOCKED :
		 COLLECTION_OPEN;
	g_clear_object(&collection);
	return true;
}

/* Some services show the items of a locked keyring and some do not: nothing
 * found in a locked one means nothing. */
static bool nothing_found(struct call *c, const char *account, struct err *err)
{
	enum collection_state state = COLLECTION_MISSING;

	if (!default_collection(c, &state, err)) {
		return false;
	}
	if (state == COLLECTION_LOCKED) {
		return is_locked(err);
	}
	return err_setf(err, ERR_NOT_FOUND, "the keyring has no secret for %s", account);
}

/* The items of one account, unlocked and with their secrets. */
static bool find_items(struct call *c, const char *home, const char *account, GList **items,
		       struct err *err)
{
	GHashTable *attributes = attributes_of(home, account);
	bool ok = search(c, attributes, SECRET_SEARCH_LOAD_SECRETS, items, err);

	if (ok && has_locked(*items) && has_screen()) {
		g_list_free_full(*items, g_object_unref);
		set_limit(c, KEYRING_PERSON_MS);
		ok = search(c, attributes, SECRET_SEARCH_LOAD_SECRETS | SECRET_SEARCH_UNLOCK,
			    items, err);
	}
	if (ok && has_locked(*items)) {
		ok = is_locked(err);
	} else if (ok && !*items) {
		ok = nothing_found(c, account, err);
	}
	g_hash_table_unref(attributes);
	return ok;
}

bool keyring_probe(struct err *err)
{
	struct call c;
	bool ok = call_begin(&c, err);

	call_end(&c);
	return ok;
}

static bool take_secret(SecretItem *item, struct secret *out, struct err *err)
{
	SecretValue *value = secret_item_get_secret(item);
	gsize len = 0;
	const char *text;

	if (!value) {
		return err_setf(err, ERR_STORE, "the keyring did not give the secret");
	}
	text = secret_value_get(value, &len);
	secret_set(out, (struct slice){ text, len });
	secret_value_unref(value);
	return true;
}

bool keyring_get(const char *home, const char *account, struct secret *out,
		 struct err *err)
{
	struct call c;
	GList *items = NULL;
	bool ok = call_begin(&c, err) && find_items(&c, home, account, &items, err) &&
		  take_secret(items->data, out, err);

	g_list_free_full(items, g_object_unref);
	call_end(&c);
	return ok;
}

/* Storing unlocks or makes the default keyring by a question on the screen;
 * without one the question would only run into the time limit. */
static bool prepare_collection(struct call *c, struct err *err)
{
	enum collection_state state = COLLECTION_MISSING;

	if (!default_collection(c, &state, err)) {
		return false;
	}
	if (state == COLLECTION_OPEN) {
		return true;
	}
	if (has_screen()) {
		set_limit(c, KEYRING_PERSON_MS);
		return true;
	}
	if (state == COLLECTION_LOCKED) {
		return is_locked(err);
	}
	err_setf(err, ERR_STORE, "the keyring service has no default keyring yet");
	return err_hintf(err, "create one in the desktop's password manager, or set "
			 "credentials.store to file");
}

static bool store_item(struct call *c, const char *home, const char *account,
		       SecretValue *value, struct err *err)
{
	GHashTable *attributes = attributes_of(home, account);
	char *label = xasprintf("llm-gateway: %s", account);
	GError *error = NULL;
	bool ok;

	next_step(c);
	secret_service_store(c->service, &schema, attributes, SECRET_COLLECTION_DEFAULT,
			     label, value, c->cancel, on_result, c);
	ok = secret_service_store_finish(c->service, await(c), &error);
	if (error) {
		explain(c, error, err);
	} else if (!ok) {
		is_locked(err);    /* the question was dismissed */
	}
	free(label);
	g_hash_table_unref(attributes);
	return ok;
}

bool keyring_put(const char *home, const char *account, struct slice value,
		 struct err *err)
{
	SecretValue *wrapped = secret_value_new(value.ptr, (gssize)value.len, "text/plain");
	struct call c;
	bool ok = call_begin(&c, err) && prepare_collection(&c, err) &&
		  store_item(&c, home, account, wrapped, err);

	secret_value_unref(wrapped);
	call_end(&c);
	return ok;
}

static bool delete_item(struct call *c, SecretItem *item, struct err *err)
{
	GError *error = NULL;

	next_step(c);
	secret_item_delete(item, c->cancel, on_result, c);
	secret_item_delete_finish(item, await(c), &error);
	return !error || explain(c, error, err);
}

bool keyring_remove(const char *home, const char *account, struct err *err)
{
	struct call c;
	GList *items = NULL;
	bool ok = call_begin(&c, err) && find_items(&c, home, account, &items, err);

	for (GList *at = items; ok && at; at = at->next) {
		ok = delete_item(&c, at->data, err);
	}
	g_list_free_full(items, g_object_unref);
	call_end(&c);
	return ok;
}

static void visit_items(GList *items, store_visit visit, void *ctx)
{
	for (GList *at = items; at; at = at->next) {
		GHashTable *attributes = secret_item_get_attributes(at->data);
		const char *account = g_hash_table_lookup(attributes, "account");

		if (account) {
			visit(ctx, account);
		}
		g_hash_table_unref(attributes);
	}
}

bool keyring_list(const char *home, store_visit visit, void *ctx, struct err *err)
{
	GHashTable *attributes = attributes_of(home, NULL);
	struct call c;
	GList *items = NULL;
	bool ok = call_begin(&c, err) && search(&c, attributes, SECRET_SEARCH_NONE, &items,
						err);

	if (ok) {
		visit_items(items, visit, ctx);
	}
	g_list_free_full(items, g_object_unref);
	g_hash_table_unref(attributes);
	call_end(&c);
	return ok;
}
