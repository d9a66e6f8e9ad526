/*
 * connect: points a client at this gateway by its own settings file, or says
 * what to set.
 */
#include "base/json_write.h"
#include "base/limits.h"
#include "cli/call.h"
#include "cli/client_files.h"
#include "cli/command.h"
#include "cli/endpoint.h"
#include "cli/out.h"

#define NO_KEY "YOUR_GATEWAY_KEY"

static const struct column list_columns[] = {
	{ .title = "CLIENT" },
	{ .title = "NAME", .drop = 1 },
	{ .title = "STATE" },
	{ .title = "SETTINGS" },
	{ .title = NULL },
};

static const char *state_of(const struct client *c, const char *url)
{
	if (!c->files[0].name) {
		return "by hand";
	}
	for (const struct client_file *f = c->files; f->name; f++) {
		if (!client_file_is_connected(f, url)) {
			return "not connected";
		}
	}
	return "connected";
}

static void add_client(struct table *t, const struct client *c, const char *url)
{
	struct buf path = BUF_INIT(8 * KIB);

	table_cell(t, TINT_NONE, c->name);
	table_cell(t, TINT_NONE, c->title);
	table_cell(t, TINT_NONE, state_of(c, url));
	if (c->files[0].name) {
		client_file_path(&c->files[0], &path);
	}
	table_cell(t, TINT_NONE, buf_text(&path));
	buf_release(&path);
}

static void list_json(const char *url)
{
	struct buf text = BUF_INIT(64 * KIB);
	struct json_writer w;

	json_open(&w, &text);
	json_array(&w);
	for (const struct client *c = client_table; c->name; c++) {
		json_object(&w);
		json_kstr(&w, "name", c->name);
		json_kstr(&w, "title", c->title);
		json_kstr(&w, "state", state_of(c, url));
		json_end(&w);
	}
	json_end(&w);
	buf_addc(&text, '\n');
	out_put(&text);
	buf_release(&text);
}

static void list(const struct invocation *inv, const char *url)
{
	struct table *t;

	if (inv_has(inv, "json")) {
		list_json(url);
		return;
	}
	t = table_create(list_columns);
	for (const struct client *c = client_table; c->name; c++) {
		add_client(t, c, url);
	}
	out_table(t, &inv->screen, "");
	table_destroy(t);
}

static bool print_files(const struct client *c, const struct client_values *values,
			struct err *err)
{
	for (const struct client_file *f = c->files; f->name; f++) {
		struct buf path = BUF_INIT(8 * KIB);
		struct buf text = BUF_INIT(64 * KIB);
		bool ok = client_file_path(f, &path) &&
			  client_file_preview(f, values, &text, err);

		if (ok) {
			out_note("In %s:", buf_text(&path));
			out_put(&text);
		}
		buf_release(&path);
		buf_wipe(&text);
		if (!ok) {
			return false;
		}
	}
	return true;
}

static bool print(const struct client *c, const struct client_values *values, struct err *err)
{
	struct buf text = BUF_INIT(64 * KIB);

	if (c->files[0].name) {
		return print_files(c, values, err);
	}
	client_fill(&text, c->by_hand, values);
	out_put(&text);
	buf_wipe(&text);
	return true;
}

static bool connect_client(const struct client *c, const struct client_values *values,
			   struct err *err)
{
	for (const struct client_file *f = c->files; f->name; f++) {
		struct buf path = BUF_INIT(8 * KIB);
		bool ok = client_file_connect(f, values, err);

		if (ok && client_file_path(f, &path)) {
			out_line("Written: %s", buf_text(&path));
		}
		buf_release(&path);
		if (!ok) {
			return false;
		}
	}
	out_note("%s uses this gateway now; `llm-gateway connect %s --undo` takes it back.",
		 c->title, c->name);
	if (c->after) {
		out_note("%s", c->after);
	}
	return true;
}

static bool undo(const struct client *c, struct err *err)
{
	bool any = false;

	for (const struct client_file *f = c->files; f->name; f++) {
		struct buf path = BUF_INIT(8 * KIB);
		bool was_connected;

		if (!client_file_undo(f, &was_connected, err)) {
			return false;
		}
		if (was_connected && client_file_path(f, &path)) {
			out_line("Put back: %s", buf_text(&path));
		}
		any = any || was_connected;
		buf_release(&path);
	}
	if (!any) {
		out_note("%s was not connected.", c->title);
	}
	return true;
}

/* A preview goes without a key, what is written does not. */
static bool find_key(const struct invocation *inv, bool is_preview, struct secret *key,
		     struct err *err)
{
	if (endpoint_key(inv, key, is_preview ? NULL : err)) {
		return true;
	}
	if (is_preview) {
		secret_set(key, slice_of(NO_KEY));
	}
	return is_preview;
}

static bool apply(const struct invocation *inv, const struct client *c, const char *url,
		  struct err *err)
{
	bool is_preview = inv_has(inv, "print") || !c->files[0].name;
	struct secret key = SECRET_INIT;
	bool ok = find_key(inv, is_preview, &key, err);

	if (ok) {
		const struct client_values values = { url, secret_peek(&key).ptr };

		ok = is_preview ? print(c, &values, err) : connect_client(c, &values, err);
	}
	secret_release(&key);
	return ok;
}

static bool run(struct invocation *inv, struct err *err)
{
	const char *who = inv_operand(inv, 0);
	const struct client *c = client_find(who);
	struct buf url = BUF_INIT(4 * KIB);
	bool ok;

	if (c && inv_has(inv, "undo")) {
		return undo(c, err);
	}
	ok = endpoint_url(inv, &url, err);
	if (ok && !c) {
		list(inv, buf_text(&url));
	} else if (ok) {
		ok = apply(inv, c, buf_text(&url), err);
	}
	buf_release(&url);
	return ok;
}

static const struct flag flags[] = {
	{ .name = "key", .argument = "K", .type = FLAG_TEXT,
	  .help = "gateway key for the client; - asks for it [$LLM_GATEWAY_KEY]" },
	{ .name = "print", .help = "say what to set, and change nothing" },
	{ .name = "undo", .help = "put back what was there before" },
	{ .name = NULL },
};

const struct command cmd_connect = {
	.name = "connect", .summary = "point a client at this gateway", .flags = flags,
	.operands = { { .name = "CLIENT", .kind = OPERAND_CHOICE,
			.choices = "list|" CLIENT_NAMES } },
	.wants_json = true, .run = run,
	.detail = "Writes the client's own settings file and keeps the one before beside it; where "
		  "that is not possible, says what to set. `connect list` names the clients.",
	.examples = "llm-gateway connect list\n"
		    "llm-gateway connect claude-code --key=-\n"
		    "llm-gateway connect codex --print\n"
		    "llm-gateway connect claude-code --undo\n",
};
