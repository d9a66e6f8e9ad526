/*
 * config: the configuration file, read, checked, changed.
 */
#include "base/file.h"
#include "base/limits.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/config_edit.h"
#include "cli/out.h"
#include "cli/request.h"
#include "config/load.h"

static bool run_path(struct invocation *inv, struct err *err)
{
	(void)err;
	out_line("%s", inv->config_path);
	return true;
}

static void print_text(const struct invocation *inv, const struct answer *a)
{
	(void)inv;
	out_text(answer_text(a, "text"));
}

static void print_effective(const struct invocation *inv, const struct answer *a)
{
	(void)inv;
	call_print_json(answer_get(a, "effective"));
}

static bool run_show(struct invocation *inv, struct err *err)
{
	if (inv_has(inv, "effective")) {
		return call_and_print(inv, "/v1/config", print_effective, err);
	}
	return call_and_print(inv, "/v1/config?text=1", print_text, err);
}

static bool run_check(struct invocation *inv, struct err *err)
{
	const char *path = inv_operand(inv, 0) ? inv_operand(inv, 0) : inv->config_path;
	struct config *config;

	if (!file_exists(path)) {
		if (inv_operand(inv, 0)) {
			return err_setf(err, ERR_NOT_FOUND, "there is no file %s", path);
		}
		out_line("%s: does not exist; the defaults are in force", path);
		return true;
	}
	config = config_load(path, err);
	if (!config) {
		return false;
	}
	for (size_t i = 0; i < config->warnings.count; i++) {
		out_warn("%s", config->warnings.items[i]);
	}
	out_line("%s: valid", path);
	config_unref(config);
	return true;
}

/* A key that the file leaves out has a value all the same: its default. */
static bool print_default(const struct invocation *inv, const char *key)
{
	struct answer *a = call_api(inv, "GET", "/v1/config", NULL, NULL);
	const struct answer *value = answer_get(answer_get(a, "effective"), key);

	if (value) {
		out_text(answer_text(value, ""));
	}
	answer_destroy(a);
	return value != NULL;
}

static bool run_get(struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct answer *a;
	bool ok;

	buf_adds(&path, "/v1/config");
	call_path_query(&path, "key", inv_operand(inv, 0));
	a = call_api(inv, "GET", buf_text(&path), NULL, err);
	if (a) {
		out_text(answer_text(a, "value"));
	}
	ok = a || (err->kind == ERR_NOT_FOUND && print_default(inv, inv_operand(inv, 0)));
	answer_destroy(a);
	buf_release(&path);
	return ok;
}

static bool run_set(struct invocation *inv, struct err *err)
{
	struct request r;
	struct answer *a;

	request_begin(&r, inv);
	json_kstr(&r.json, "key", inv_operand(inv, 0));
	json_kstr(&r.json, "value", inv_operand(inv, 1));
	a = call_api(inv, "PATCH", "/v1/config", request_end(&r), err);
	request_release(&r);
	if (a) {
		out_line("%s: %s", answer_text(a, "key"), answer_text(a, "value"));
	}
	answer_destroy(a);
	return a != NULL;
}

static bool run_undo(struct invocation *inv, struct err *err)
{
	struct answer *a = call_api(inv, "POST", "/v1/config/undo", NULL, err);

	if (a) {
		out_line("The last change is taken back; once more brings it again.");
	}
	answer_destroy(a);
	return a != NULL;
}

static bool run_unset(struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct answer *a;

	buf_adds(&path, "/v1/config");
	call_path_query(&path, "key", inv_operand(inv, 0));
	a = call_api(inv, "DELETE", buf_text(&path), NULL, err);
	if (a) {
		out_line("%s: back to its default", inv_operand(inv, 0));
	}
	answer_destroy(a);
	buf_release(&path);
	return a != NULL;
}

static bool run_edit(struct invocation *inv, struct err *err)
{
	return config_edit_by_hand(inv, err);
}

/* With --print the file's new text has stdout to itself. */
static void print_lines(const struct invocation *inv, const struct answer *a, const char *path,
			const char *head)
{
	void (*print)(const char *fmt, ...) = inv_has(inv, "print") ? out_note : out_line;

	for (size_t i = 0; i < answer_count(a, path); i++) {
		if (!i) {
			print("%s", head);
		}
		print("  %s", answer_text(answer_item(a, path, i), ""));
	}
}

static void print_import(const struct invocation *inv, const struct answer *a)
{
	bool is_trial = inv_has(inv, "print");

	if (inv_has(inv, "json")) {
		call_print_json(a);
		return;
	}
	print_lines(inv, a, "imported", is_trial ? "Would be imported:" : "Imported:");
	print_lines(inv, a, "left_out", "Could not be carried over:");
	if (is_trial) {
		out_text(answer_text(a, "text"));
	}
}

static bool run_import(struct invocation *inv, struct err *err)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	struct answer *a = NULL;
	struct request r;

	if (file_read(inv_operand(inv, 0), &text, err)) {
		request_begin(&r, inv);
		json_kstr(&r.json, "name", inv_operand(inv, 0));
		json_key(&r.json, "text");
		json_strn(&r.json, buf_slice(&text));
		json_kbool(&r.json, "print", inv_has(inv, "print"));
		a = call_api(inv, "POST", "/v1/config/import", request_end(&r), err);
		request_release(&r);
	}
	if (a) {
		print_import(inv, a);
	}
	answer_destroy(a);
	buf_wipe(&text);
	return a != NULL;
}

static const struct flag show_flags[] = {
	{ .name = "effective",
	  .help = "with every default filled in, as it is in force, instead of the file" },
	{ .name = NULL },
};

static const struct flag import_flags[] = {
	{ .name = "print", .help = "change nothing; print the file as it would be" },
	{ .name = NULL },
};

#define KEY_OPERAND { .name = "KEY", .kind = OPERAND_CONFIG_KEY }

static const struct command path = {
	.name = "path", .summary = "print where the file is", .run = run_path,
};

static const struct command show = {
	.name = "show", .summary = "print the file, secrets masked", .flags = show_flags,
	.wants_json = true, .run = run_show,
};

static const struct command check = {
	.name = "check", .summary = "say whether a file is valid",
	.operands = { { .name = "FILE", .kind = OPERAND_FILE, .is_optional = true } },
	.detail = "Exits 5 when it is not, and says where: file:line:column.", .run = run_check,
};

static const struct command edit = {
	.name = "edit", .summary = "edit a copy, then put it in force when it is valid",
	.detail = "Uses $VISUAL, $EDITOR or vi.", .run = run_edit,
};

static const struct command get = {
	.name = "get", .summary = "print one value, or its default", .operands = { KEY_OPERAND },
	.examples = "llm-gateway config get server.port\n"
		    "llm-gateway config get 'upstream_accounts[name=main].models'\n",
	.run = run_get,
};

static const struct command set = {
	.name = "set", .summary = "change one value; every other line stays as it is",
	.operands = { KEY_OPERAND, { .name = "VALUE", .kind = OPERAND_WORD } },
	.examples = "llm-gateway config set server.port 4000\n"
		    "llm-gateway config set routing.strategy priority\n",
	.run = run_set,
};

static const struct command unset = {
	.name = "unset", .summary = "remove one value, so that its default holds",
	.operands = { KEY_OPERAND }, .run = run_unset,
};

static const struct command undo = {
	.name = "undo", .summary = "take the last change of the file back", .run = run_undo,
	.detail = "The text before a change stays in config.yaml.bak.",
};

static const struct command import_ = {
	.name = "import", .summary = "take over another gateway's configuration",
	.operands = { { .name = "FILE", .kind = OPERAND_FILE } }, .flags = import_flags,
	.wants_json = true, .run = run_import,
	.detail = "Knows LiteLLM's config.yaml, claude-code-router's config.json, and files with "
		  "backends, api_provider, providers or upstream_accounts. Keys go into the "
		  "credential store; what has no counterpart is listed, never dropped in silence.",
	.examples = "llm-gateway config import --print litellm/config.yaml\n"
		    "llm-gateway config import ~/.claude-code-router/config.json\n",
};

static const struct command *const subs[] = {
	&path, &show, &check, &edit, &get, &set, &unset, &undo, &import_, NULL,
};

const struct command cmd_config = {
	.name = "config", .summary = "the configuration file, read, checked, changed",
	.subs = subs,
	.detail = "KEY is a path like server.port, upstream_accounts[name=main].priority or "
		  "models.smart.fallback; see llm-gateway.yaml(5).",
};
