/*
 * Random sequences of edits over files of many shapes. After each one: the
 * lines away from its place are the same bytes, the file says exactly what a
 * flat list of all its values says it should, and it still loads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/splice_set.c"

#include "base/mem.h"
#include "base/vec.h"
#include "config/load.h"

#define SEQUENCES 40
#define EDITS 40

static const char *const samples[] = {
	"",
	"# nothing but\n\n   # comments",
	"---\n# top\nserver:\n    port: 1    # indented by four\n\n\n"
	"    tls: {cert: a, key: b}   # x\n"
	"proxy:\n    keepalive:     20s\n...\n",
	"server: {port: 1, host: localhost}  # flow\n"
	"upstream_accounts: [{name: a, provider: demo},\n"
	"  {name: b, provider: demo,   # b\n   limits: {rpm: 1}, priority: 2}]\nmodels: {m: {}}\n",
	"upstream_accounts:\r\n- name: a\r\n  provider: demo\r\n  # kept\r\n  priority: 3\r\n\r\n"
	"- provider: demo\r\n  name: \"b\"\r\n\r\n# end\r\nlogging:\r\n  level: warn\r\n",
	"\xef\xbb\xbf# \xc3\xa4\xe2\x82\xac\n\"upstream_accounts\" :\n   -\n"
	"     name: a # \xf0\x9f\x98\x80\n"
	"     'provider': demo\n     headers:\n       X-A: \"\xc3\xa4: \\\"x\\\"\"\n"
	"       X-B: '#no comment'\n   -   name: b\n       provider: demo\n       limits:\n"
	"         rpm:   7\n# behind\nenvironment:\n  no_proxy: a, b #c\n",
	"models:\n  m:\n    system_prompt: |\n      one\n\n      # two\n    enabled: true\n"
	"  n:\n    system_prompt: >-\n      folded\n      text\n\n    fallback:\n    - m\n"
	"    -   n   # self\nserver:\n\n  # lonely\n\n  port: 1\nlogging:\n",
	"{\n  \"server\": {\"port\": 1, \"tls\": {}},\n  \"upstream_accounts\": [\n"
	"    {\"name\": \"a\", \"provider\": \"demo\"}\n  ]\n}\n",
	"server:\n  port: 1\n  tls:\n    # no cert\n  host: localhost\ngateway_keys: []\n"
	"upstream_accounts:   # list\n\nmodels:\n  # none\nproxy:\n  keepalive: 1",
};

static uint64_t random_state;

static unsigned pick(unsigned below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % below;
}

/* ---- the flat list: "path=value" of every scalar ---- */

static void add_leaf(struct vec *flat, const char *path, const char *value)
{
	vec_push(flat, xasprintf("%s=%s", path, value));
}

static char *child_path(const char *path, const struct node *n, size_t i)
{
	const struct node *name = node_get(n->items[i], "name");

	if (n->keys) {
		return xasprintf("%s%s%s", path, *path ? "." : "", n->keys[i]->text);
	}
	return name ? xasprintf("%s[name=%s]", path, name->text) : xasprintf("%s[%zu]", path, i);
}

static void flatten(struct vec *flat, const char *path, const struct node *n)
{
	if (!n || node_is_null(n)) {
		return;
	}
	if (n->kind == NODE_SCALAR) {
		add_leaf(flat, path, n->text);
	}
	for (size_t i = 0; i < n->count; i++) {
		char *below = child_path(path, n, i);

		flatten(flat, below, n->items[i]);
		free(below);
	}
}

static void flatten_text(struct vec *flat, struct slice text)
{
	struct arena arena;
	const struct node *root;

	arena_init(&arena, 16 * KIB);
	assert_true(node_parse("t", text, &arena, &root, NULL));
	flatten(flat, "", root);
	arena_release(&arena);
}

static void flat_release(struct vec *flat)
{
	for (size_t i = 0; i < flat->len; i++) {
		free(flat->items[i]);
	}
	vec_release(flat);
}

static void flat_remove(struct vec *flat, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = flat->len; i > 0; i--) {
		char *leaf = flat->items[i - 1];

		if (str_starts(leaf, path) && strchr("=.[", leaf[len])) {
			free(leaf);
			vec_remove(flat, i - 1);
		}
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void assert_same_values(struct vec *expected, struct vec *got, const char *text)
{
	if (expected->len) {
		qsort(expected->items, expected->len, sizeof *expected->items, by_text);
	}
	if (got->len) {
		qsort(got->items, got->len, sizeof *got->items, by_text);
	}
	for (size_t i = 0; i < expected->len || i < got->len; i++) {
		const char *e = i < expected->len ? expected->items[i] : "nothing";
		const char *g = i < got->len ? got->items[i] : "nothing";

		if (!str_eq(e, g)) {
			fail_msg("expected %s, got %s in\n%s", e, g, text);
		}
	}
}

/* ---- edits to choose from ---- */

static const char *const scalar_paths[] = {
	"server.port", "proxy.keepalive", "server.tls.cert", "server.tls.key",
	"upstream_accounts[name=a].priority", "upstream_accounts[name=b].priority",
	"upstream_accounts[name=a].limits.rpm", "upstream_accounts[name=b].limits.tpm",
	"models.m.enabled", "models.\"p.q\".enabled", "rate_limit.enabled",
};
static const char *const text_paths[] = {
	"environment.no_proxy", "models.m.system_prompt", "models.n.system_prompt",
	"upstream_accounts[name=a].headers.X-A", "upstream_accounts[name=b].headers.X-C",
};
static const char *const texts[] = {
	"plain", "two words", "a: b # c", " lead", "", "x\ny\n", "\"q\"", "'s'", "[l]", "{m}",
	"true",
	"\xc3\xa4\xe2\x82\xac", "tab\there", "- d", "a, b", "\\", "#", "!", "%", "null", "1",
};
static const char *const removable_paths[] = {
	"server.tls", "server", "proxy", "models.m", "models", "logging",
	"upstream_accounts[name=a].limits", "upstream_accounts[name=b].headers", "environment",
};

struct choice {
	struct edit edit;
	const char *flat_value;         /* of a scalar that is set */
	const char *name;               /* of an account that is appended */
	char *owned_value;
	char *owned_path;
};

/* models."p.q" is flattened without its quotes. */
static char *flat_path(const char *path)
{
	char *copy = xstrdup(path);
	char *to = copy;

	for (const char *from = path; *from; from++) {
		if (*from != '"') {
			*to++ = *from;
		}
	}
	*to = '\0';
	return copy;
}

static void choose_text(struct choice *c)
{
	const char *text = texts[pick(ARRAY_LEN(texts))];
	const char *path = text_paths[pick(ARRAY_LEN(text_paths))];
	struct buf quoted = BUF_INIT(KIB);

	/* a header is one line */
	if (strstr(path, "headers") && strchr(text, '\n')) {
		text = "one line";
	}
	yaml_quote(&quoted, text);
	c->owned_value = buf_detach(&quoted);
	c->edit = (struct edit){ EDIT_SET, path, c->owned_value };
	c->flat_value = text;
}

static void choose_scalar(struct choice *c)
{
	const char *path = scalar_paths[pick(ARRAY_LEN(scalar_paths))];

	c->owned_value = strstr(path, "enabled") ? xstrdup(pick(2) ? "true" : "false")
						 : xasprintf("%u", 1 + pick(5000));
	c->edit = (struct edit){ EDIT_SET, path, c->owned_value };
	c->flat_value = c->owned_value;
}

static void choose_append(struct choice *c, unsigned serial)
{
	static const char *const names[] = { "a", "b" };

	c->owned_path = serial < 4 ? xstrdup(names[serial % 2]) : xasprintf("n%u", serial);
	c->name = c->owned_path;
	c->owned_value = xasprintf("name: %s\nprovider: demo\nmodels:\n  - \"x-*\"\n", c->name);
	c->edit = (struct edit){ EDIT_APPEND, "upstream_accounts", c->owned_value };
}

static void choose(struct choice *c, unsigned serial)
{
	static const char *const accounts[] = {
		"upstream_accounts[name=a]", "upstream_accounts[name=b]",
	};

	*c = (struct choice){ .name = NULL };
	switch (pick(8)) {
	case 0:
		c->edit = (struct edit){ EDIT_REMOVE, scalar_paths[pick(ARRAY_LEN(scalar_paths))],
					 NULL };
		break;
	case 1:
		c->edit = (struct edit){ EDIT_REMOVE,
					 removable_paths[pick(ARRAY_LEN(removable_paths))], NULL };
		break;
	case 2:
		c->edit = (struct edit){ EDIT_REMOVE, accounts[pick(2)], NULL };
		break;
	case 3:
		choose_append(c, serial);
		break;
	case 4:
	case 5:
		choose_text(c);
		break;
	default:
		choose_scalar(c);
		break;
	}
}

static void choice_release(struct choice *c)
{
	free(c->owned_value);
	free(c->owned_path);
}

static void apply_to_flat(struct vec *flat, const struct choice *c)
{
	char *path = flat_path(c->edit.path);
	char *below = xasprintf("%s[name=%s]", path, c->name ? c->name : "");

	if (c->name) {
		char *models = xasprintf("%s.models[0]", below);
		char *provider = xasprintf("%s.provider", below);
		char *name = xasprintf("%s.name", below);

		add_leaf(flat, models, "x-*");
		add_leaf(flat, provider, "demo");
		add_leaf(flat, name, c->name);
		free(models);
		free(provider);
		free(name);
	} else {
		flat_remove(flat, path);
		if (c->edit.kind == EDIT_SET) {
			add_leaf(flat, path, c->flat_value);
		}
	}
	free(below);
	free(path);
}

/* ---- lines ---- */

static size_t count_lines(const char *text, size_t len)
{
	size_t lines = 0;

	for (size_t i = 0; i < len; i++) {
		lines += text[i] == '\n';
	}
	return lines;
}

/* The lines, from 0, that an edit may touch: from the key of the deepest node
 * that the path reaches to the end of that node. */
static void allowed_lines(struct slice text, const char *where, size_t *first, size_t *last)
{
	struct arena arena;
	const struct node *root;
	struct found found;
	struct path path;

	arena_init(&arena, 16 * KIB);
	assert_true(path_parse(where, &arena, &path, NULL));
	assert_true(node_parse("t", text, &arena, &root, NULL));
	path_follow(&path, root, &found);
	*first = 0;
	*last = count_lines(text.ptr, text.len);
	if (found.depth > 0) {
		const struct node *parent = found.nodes[found.depth - 1];
		size_t slot = found.slots[found.depth - 1];
		const struct node *value = parent->items[slot];
		bool is_last_child = parent->count == 1 && found.depth == path.count;
		size_t start = parent->keys ? parent->keys[slot]->start : value->start;

		/* an item's dash may stand above it, a comma at the one before,
		 * an empty parent is closed */
		if (!parent->keys || is_last_child || parent->style == STYLE_FLOW) {
			start = slot ? parent->items[slot - 1]->end : 0;
		}
		*first = count_lines(text.ptr, start);
		*last = count_lines(text.ptr, is_last_child ? parent->end : value->end);
	}
	arena_release(&arena);
}

/* Everything before the first and behind the last allowed line is the same. */
static void assert_rest_is_same(struct slice before, struct slice after, const char *path)
{
	size_t first;
	size_t last;
	size_t head = 0;
	size_t tail = before.len;
	size_t line = 0;

	allowed_lines(before, path, &first, &last);
	while (head < before.len && line < first) {
		line += before.ptr[head++] == '\n';
	}
	for (size_t i = 0, at = 0; i < before.len; i++) {
		at += before.ptr[i] == '\n';
		if (at == last + 1) {
			tail = i + 1;
			break;
		}
	}
	if (after.len < head || memcmp(before.ptr, after.ptr, head) != 0) {
		fail_msg("%s changed lines above it:\n%s\n---\n%s", path, before.ptr, after.ptr);
	}
	if (after.len < before.len - tail ||
	    memcmp(before.ptr + tail, after.ptr + after.len - (before.len - tail),
		   before.len - tail) != 0) {
		fail_msg("%s changed lines below it:\n%s\n---\n%s", path, before.ptr, after.ptr);
	}
}

/* ---- the property ---- */

static void check_loads(const struct choice *c, struct slice text)
{
	struct err err = ERR_INIT;
	struct config *config = config_parse("t", text, &err);

	/* half a TLS pair and a second "a" are what the check must refuse */
	if (!config && !strstr(err.msg, "cert and key") && !strstr(err.msg, "is there twice") &&
	    !strstr(err.msg, "no model alias")) {
		fail_msg("%s: %s\n%s", c->edit.path, err.msg, text.ptr);
	}
	config_unref(config);
}

static bool has_account(const struct vec *flat, const char *name)
{
	char *leaf = xasprintf("upstream_accounts[name=%s].name=%s", name, name);
	bool found = false;

	for (size_t i = 0; i < flat->len; i++) {
		found = found || str_eq(flat->items[i], leaf);
	}
	free(leaf);
	return found;
}

static size_t refusals;
static size_t edits_done;

static void run_edit(struct buf *text, unsigned serial)
{
	struct buf after = BUF_INIT(MAX_CONFIG_BYTES);
	struct vec expected = { .len = 0 };
	struct vec got = { .len = 0 };
	struct err err = ERR_INIT;
	struct choice c;

	choose(&c, serial);
	flatten_text(&expected, buf_slice(text));
	if (c.name && has_account(&expected, c.name)) {
		goto out;
	}
	if (!config_edit_text(buf_slice(text), &c.edit, 1, &after, &err)) {
		if (err.kind != ERR_NOT_FOUND) {
			refusals++;
			print_message("refused: %s: %s\n%s\n", c.edit.path, err.msg,
				      buf_text(text));
		}
		goto out;
	}
	edits_done++;
	apply_to_flat(&expected, &c);
	flatten_text(&got, buf_slice(&after));
	assert_same_values(&expected, &got, buf_text(&after));
	assert_rest_is_same(buf_slice(text), buf_slice(&after), c.edit.path);
	check_loads(&c, buf_slice(&after));
	buf_clear(text);
	buf_add(text, after.ptr, after.len);
out:
	flat_release(&expected);
	flat_release(&got);
	buf_release(&after);
	choice_release(&c);
}

static void test_random_edits(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(samples); s++) {
		for (unsigned i = 0; i < SEQUENCES; i++) {
			struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

			random_state = 0x9e3779b97f4a7c15ULL * (s * SEQUENCES + i + 1);
			buf_adds(&text, samples[s]);
			for (unsigned k = 0; k < EDITS; k++) {
				run_edit(&text, k);
			}
			buf_release(&text);
		}
	}
	print_message("%zu edits, %zu refused\n", edits_done, refusals);
	assert_true(edits_done > 5000);
	assert_int_equal(refusals, 0);
}

/* Bytes of the samples are replaced at random: an edit of what is left comes
 * out as YAML again or is refused. */
static void test_damaged_files(void **state)
{
	static const char bytes[] = " \t\r\n#:-,[]{}\"'&*!|>?%@`~ab1\x01\x80\xc3\xff";

	(void)state;
	random_state = 1;
	for (unsigned i = 0; i < 8000; i++) {
		struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
		struct buf after = BUF_INIT(MAX_CONFIG_BYTES);
		struct vec values = { .len = 0 };
		struct choice c;

		buf_adds(&text, samples[pick(ARRAY_LEN(samples))]);
		for (unsigned k = pick(4); text.len && k > 0; k--) {
			text.ptr[pick((unsigned)text.len)] = bytes[pick(sizeof bytes - 1)];
		}
		choose(&c, i % EDITS);
		config_unref(config_parse("t", buf_slice(&text), NULL));
		if (config_edit_text(buf_slice(&text), &c.edit, 1, &after, NULL)) {
			flatten_text(&values, buf_slice(&after));
		}
		flat_release(&values);
		buf_release(&text);
		buf_release(&after);
		choice_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_edits),
		cmocka_unit_test(test_damaged_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
