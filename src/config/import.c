#include "config/import.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "config/import_work.h"

#define ARENA_BLOCK (16 * KIB)

struct importer {
	const char *key;                /* that only this kind of file has on top */
	const char *kind;
	void (*run)(struct import_work *w);
};

/* In this order: LiteLLM's files may have more of these words. */
static const struct importer importers[] = {
	{ "model_list", "LiteLLM", import_litellm },
	{ "Providers", "claude-code-router", import_claude_router },
	{ "backends", "llm-proxy", import_backends },
	{ "api_provider", "a gateway with api_provider and model_config",
	  import_provider_map },
	{ "upstream_accounts", "a gateway with upstream_accounts", import_accounts_file },
	{ "gateway_keys", "a gateway with upstream_accounts", import_accounts_file },
	{ "providers", "llm-bridge", import_env_providers },
};

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* Blanks in place of JSON5's comments: bytes and lines stay where they are. */
static void blank_comments(char *text, size_t len)
{
	char quote = 0;

	for (size_t i = 0; i + 1 < len; i++) {
		if (quote) {
			i += text[i] == '\\';
			quote = text[i] == quote ? 0 : quote;
		} else if (is_quote(text[i])) {
			quote = text[i];
		} else if (text[i] == '/' && text[i + 1] == '/') {
			for (; i < len && text[i] != '\n'; i++) {
				text[i] = ' ';
			}
		} else if (text[i] == '/' && text[i + 1] == '*') {
			for (; i + 1 < len && !(text[i] == '*' && text[i + 1] == '/'); i++) {
				text[i] = text[i] == '\n' ? '\n' : ' ';
			}
			text[i] = ' ';
			if (i + 1 < len) {
				text[++i] = ' ';
			}
		}
	}
}

/* JSON is YAML but for comments, and for tabs as indentation. */
static struct slice prepare(struct arena *arena, struct slice text)
{
	char *copy = arena_strndup(arena, text.ptr, text.len);
	size_t at = strspn(copy, " \t\r\n");

	if (copy[at] == '{' || str_starts(copy + at, "//") || str_starts(copy + at, "/*")) {
		blank_comments(copy, text.len);
		for (size_t i = 0; i < text.len; i++) {
			copy[i] = copy[i] == '\t' ? ' ' : copy[i];
		}
	}
	return (struct slice){ copy, text.len };
}

static const struct importer *importer_for(const struct node *root)
{
	for (size_t i = 0; root && i < ARRAY_LEN(importers); i++) {
		if (root->kind == NODE_MAP && node_get(root, importers[i].key)) {
			return &importers[i];
		}
	}
	return NULL;
}

static void release_work(struct import_work *w)
{
	for (size_t i = 0; i < w->accounts.len; i++) {
		struct import_account *a = w->accounts.items[i];

		vec_release(&a->models);
	}
	import_aliases_release(w);
	vec_release(&w->accounts);
	vec_release(&w->notes);
	free(w->is_read);
}

static void run(struct import *im, const struct importer *importer, const struct node *root,
		size_t text_bytes, const struct config *current)
{
	struct import_work w = {
		.out = im, .current = current, .arena = &im->arena, .root = root,
		.is_read = xcalloc(text_bytes + 1, 1),
	};

	im->kind = importer->kind;
	importer->run(&w);
	import_aliases_write(&w);
	import_report(&w);
	release_work(&w);
}

bool config_import(struct import *im, const char *name, struct slice text,
		   const struct config *current, struct err *err)
{
	const struct importer *importer;
	const struct node *root;

	*im = (struct import){ .kind = "" };
	arena_init(&im->arena, ARENA_BLOCK);
	text = prepare(&im->arena, text);
	if (!node_parse(name, text, &im->arena, &root, err)) {
		return false;
	}
	importer = importer_for(root);
	if (!importer) {
		err_setf(err, ERR_INVALID, "%s is no configuration that can be taken over", name);
		return err_hintf(err, "expected LiteLLM's config.yaml, claude-code-router's "
				 "config.json, or a file with backends, api_provider, providers "
				 "or upstream_accounts");
	}
	run(im, importer, root, text.len, current);
	return true;
}

void import_release(struct import *im)
{
	for (size_t i = 0; i < im->secrets.len; i++) {
		struct import_secret *s = im->secrets.items[i];

		secret_release(&s->value);
	}
	vec_release(&im->edits);
	vec_release(&im->secrets);
	vec_release(&im->imported);
	vec_release(&im->left_out);
	arena_wipe(&im->arena);
}
