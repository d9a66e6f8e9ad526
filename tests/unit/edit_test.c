/*
 * Edits of the configuration's text: each shape of file with the exact bytes
 * that come out, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/edit.c"

struct example {
	const char *before;
	enum edit_kind kind;
	const char *path;
	const char *value;
	const char *after;      /* NULL: refused */
};

static const struct example sets[] = {
	/* scalars in place */
	{ "server:\n  port: 1 # one\n", EDIT_SET, "server.port", "2",
	  "server:\n  port: 2 # one\n" },
	{ "server:\n  host:   'a'   # h\n", EDIT_SET, "server.host", "b",
	  "server:\n  host:   b   # h\n" },
	{ "server: {port: 1, host: a}\n", EDIT_SET, "server.port", "22",
	  "server: {port: 22, host: a}\n" },
	{ "\"server\":\r\n    'port' : 1\r\n", EDIT_SET, "server.port", "2",
	  "\"server\":\r\n    'port' : 2\r\n" },
	{ "server:\n  host: h\xc3\xa4\xe2\x82\xac # \xc3\xa4\n  port: 1\n", EDIT_SET, "server.port",
	  "2", "server:\n  host: h\xc3\xa4\xe2\x82\xac # \xc3\xa4\n  port: 2\n" },
	{ "\xef\xbb\xbfserver: {port: 1}", EDIT_SET, "server.port", "2",
	  "\xef\xbb\xbfserver: {port: 2}" },
	{ "{\"server\":{\"port\":1}}", EDIT_SET, "server.port", "2", "{\"server\":{\"port\": 2}}" },
	/* nothing there yet */
	{ "server:\n  host:\n  port: 1\n", EDIT_SET, "server.host", "b",
	  "server:\n  host: b\n  port: 1\n" },
	{ "server: {host: , port: 1}\n", EDIT_SET, "server.host", "b",
	  "server: {host: b, port: 1}\n" },
	{ "server:\n  host: a\n  # last\nproxy: {}\n", EDIT_SET, "server.port", "2",
	  "server:\n  host: a\n  port: 2\n  # last\nproxy: {}\n" },
	{ "server:\n    host: a", EDIT_SET, "server.port", "2",
	  "server:\n    host: a\n    port: 2\n" },
	{ "server:\r\n  host: a\r\n", EDIT_SET, "server.port", "2",
	  "server:\r\n  host: a\r\n  port: 2\r\n" },
	{ "server: # s\n\nproxy: {}\n", EDIT_SET, "server.port", "2",
	  "server: # s\n  port: 2\n\nproxy: {}\n" },
	{ "server: ~\n", EDIT_SET, "server.port", "2", "server:\n  port: 2\n" },
	{ "server: {}\n", EDIT_SET, "server.port", "2", "server:\n  port: 2\n" },
	{ "server:\n  tls: {} # t\n", EDIT_SET, "server.tls.cert", "c",
	  "server:\n  tls: {cert: c} # t\n" },
	{ "server: {host: a} # s\n", EDIT_SET, "server.tls.cert", "c",
	  "server: {host: a, tls: {cert: c}} # s\n" },
	{ "", EDIT_SET, "server.tls.cert", "c", "server:\n  tls:\n    cert: c\n" },
	{ "# only\n# comments", EDIT_SET, "server.port", "2",
	  "# only\n# comments\nserver:\n  port: 2\n" },
	{ "---\n", EDIT_SET, "server.port", "2", "---\nserver:\n  port: 2\n" },
	{ "server:\n  port: 1\n...\n", EDIT_SET, "proxy.keepalive", "2",
	  "server:\n  port: 1\nproxy:\n  keepalive: 2\n...\n" },
	{ "{}\n", EDIT_SET, "server.port", "2", "{server: {port: 2}}\n" },
	{ "models: {}\n", EDIT_SET, "models.\"gpt-5.2\".enabled", "false",
	  "models:\n  gpt-5.2:\n    enabled: false\n" },
	{ "models:\n  a b: {enabled: true}\n", EDIT_SET, "models.a b.enabled", "false",
	  "models:\n  a b: {enabled: false}\n" },
	/* lists and maps as values */
	{ "u:\n- name: a\n  models:   # m\n  # all\n  - x\n  - y # last\n  type: t\n", EDIT_SET,
	  "u[name=a].models", "[z]", "u:\n- name: a\n  models: [z]   # m\n  # all\n  type: t\n" },
	{ "u:\n- name: a\n  models: [x,\n    y]   # m\n  type: t\n", EDIT_SET, "u[name=a].models",
	  "[z]", "u:\n- name: a\n  models: [z]   # m\n  type: t\n" },
	{ "m:\n  a:\n    routes: []\n", EDIT_SET, "m.a.routes", "- {u: 1}\n- {u: 2}\n",
	  "m:\n  a:\n    routes:\n      - {u: 1}\n      - {u: 2}\n" },
	{ "m:\n  a:\n    routes:\n    - {u: 1}\n    # c\n    x: 1\n", EDIT_SET, "m.a.routes",
	  "- {u: 3}\n- {u: 4}\n", "m:\n  a:\n    routes:\n    - {u: 3}\n    - {u: 4}\n    # c\n"
	  "    x: 1\n" },
	{ "m: {a: {routes: [1]}}\n", EDIT_SET, "m.a.routes", "- {u: 1}\n- \"x, y\"\n",
	  "m: {a: {routes: [{u: 1}, \"x, y\"]}}\n" },
	{ "m: {a: 1}\n", EDIT_SET, "m.a", "x, y", "m: {a: \"x, y\"}\n" },
	{ "m:\n", EDIT_SET, "m.a", "k: 1\nl:\n- 2\n", "m:\n  a:\n    k: 1\n    l:\n    - 2\n" },
	/* block scalars */
	{ "m:\n  p: |\n    one\n    two\n\n  q: 1\n", EDIT_SET, "m.p", "x",
	  "m:\n  p: x\n\n  q: 1\n" },
	{ "m:\n  p: |\n    one\n    two\n\n  q: 1\n", EDIT_SET, "m.p", "|\n  a\n  b\n",
	  "m:\n  p: \"a\\nb\\n\"\n\n  q: 1\n" },
	{ "m:\n  p: |+\n    one\n\nq: 1\n", EDIT_SET, "m.r", "2",
	  "m:\n  p: |+\n    one\n\n  r: 2\nq: 1\n" },
	{ "m:\n  p: |\n    one\n\nq: 1\n", EDIT_SET, "m.r", "2",
	  "m:\n  p: |\n    one\n  r: 2\n\nq: 1\n" },
	/* by selector */
	{ "u:\n  - id: i1\n    name: a\n  - id: i2\n    name: b\n", EDIT_SET, "u[id=i2].name", "c",
	  "u:\n  - id: i1\n    name: a\n  - id: i2\n    name: c\n" },
	{ "u:\n  - {name: a}\n  - {name: b}\n", EDIT_SET, "u[1].x", "1",
	  "u:\n  - {name: a}\n  - {name: b, x: 1}\n" },
	{ "u:\n- name: a\n\n- name: b\n", EDIT_SET, "u[name=a].limits.rpm", "5",
	  "u:\n- name: a\n  limits:\n    rpm: 5\n\n- name: b\n" },
	{ "u:\n-\n  name: a\n", EDIT_SET, "u[0].x", "1", "u:\n-\n  name: a\n  x: 1\n" },
};

static const struct example appends[] = {
	{ "k: []\n", EDIT_APPEND, "k", "id: 1\nname: a\n", "k:\n  - id: 1\n    name: a\n" },
	{ "k: [] # keys\nz: 1\n", EDIT_APPEND, "k", "id: 1\n", "k: # keys\n  - id: 1\nz: 1\n" },
	{ "k:\nz: 1\n", EDIT_APPEND, "k", "id: 1\n", "k:\n  - id: 1\nz: 1\n" },
	{ "z: 1\n", EDIT_APPEND, "k", "id: 1\n", "z: 1\nk:\n  - id: 1\n" },
	{ "", EDIT_APPEND, "k", "id: 1\n", "k:\n  - id: 1\n" },
	{ "k:\n- id: 1\n  l:\n  - x # c\n\n# next\nz: 1\n", EDIT_APPEND, "k", "id: 2\nm: 3\n",
	  "k:\n- id: 1\n  l:\n  - x # c\n- id: 2\n  m: 3\n\n# next\nz: 1\n" },
	{ "k:\n    - id: 1", EDIT_APPEND, "k", "id: 2\nm: 3\n",
	  "k:\n    - id: 1\n    - id: 2\n      m: 3\n" },
	{ "k:\r\n  - id: 1\r\n", EDIT_APPEND, "k", "id: 2\nm: 3\n",
	  "k:\r\n  - id: 1\r\n  - id: 2\r\n    m: 3\r\n" },
	{ "k: [{id: 1}]\n", EDIT_APPEND, "k", "id: 2\nm: [a, \"b c\"]\n",
	  "k: [{id: 1}, {id: 2, m: [a, b c]}]\n" },
	{ "k: [\n  {id: 1},   # one\n  {id: 2}    # two\n]\n", EDIT_APPEND, "k", "id: 3\n",
	  "k: [\n  {id: 1},   # one\n  {id: 2}, {id: 3}    # two\n]\n" },
	{ "m: {a: {l: []}}\n", EDIT_APPEND, "m.a.l", "x", "m: {a: {l: [x]}}\n" },
	{ "m:\n  a:\n    l: [x]\n", EDIT_APPEND, "m.a.l", "y", "m:\n  a:\n    l: [x, y]\n" },
	{ "m:\n  a:\n    l:\n    - x\n", EDIT_APPEND, "m.a.l", "y",
	  "m:\n  a:\n    l:\n    - x\n    - y\n" },
	{ "m:\n  a: {}\n", EDIT_APPEND, "m.a.l", "y", "m:\n  a:\n    l:\n      - y\n" },
};

static const struct example removals[] = {
	{ "a: 1\nb: 2\nc: 3\n", EDIT_REMOVE, "b", NULL, "a: 1\nc: 3\n" },
	{ "a: 1\nb:\n  x: 1\n  # in\n  y: 2 # y\n# c\nc: 3\n", EDIT_REMOVE, "b", NULL,
	  "a: 1\n# c\nc: 3\n" },
	{ "a: 1\nb: 2", EDIT_REMOVE, "b", NULL, "a: 1\n" },
	{ "a: 1\r\nb:\r\n- 2\r\nc: 3\r\n", EDIT_REMOVE, "b", NULL, "a: 1\r\nc: 3\r\n" },
	{ "# top\na: 1\n# end\n", EDIT_REMOVE, "a", NULL, "# top\n# end\n" },
	{ "a:\n  b: 1\nc: 2\n", EDIT_REMOVE, "a.b", NULL, "a: {}\nc: 2\n" },
	{ "a: # x\n  # y\n  - b\nc: 2\n", EDIT_REMOVE, "a[0]", NULL, "a: [] # x\n  # y\nc: 2\n" },
	{ "a: {b: 1}\n", EDIT_REMOVE, "a.b", NULL, "a: {}\n" },
	{ "a: {b: 1, c: 2}\n", EDIT_REMOVE, "a.b", NULL, "a: {c: 2}\n" },
	{ "a: {b: 1, c: 2}\n", EDIT_REMOVE, "a.c", NULL, "a: {b: 1}\n" },
	{ "a: {b: 1 , c: 2, d: 3}\n", EDIT_REMOVE, "a.c", NULL, "a: {b: 1, d: 3}\n" },
	{ "a: [\n  b, # b\n  c, # c\n  d # d\n]\n", EDIT_REMOVE, "a[0]", NULL,
	  "a: [\n  # b\n  c, # c\n  d # d\n]\n" },
	{ "a: [\n  b,\n  c,\n  d\n]\n", EDIT_REMOVE, "a[0]", NULL, "a: [\n  c,\n  d\n]\n" },
	{ "a: [\n  b,\n  c,\n  d\n]\n", EDIT_REMOVE, "a[1]", NULL, "a: [\n  b,\n  d\n]\n" },
	{ "a: [\n  b,\n  c,\n  d\n]\n", EDIT_REMOVE, "a[2]", NULL, "a: [\n  b,\n  c\n]\n" },
	{ "a: [b,\r\n  c]\r\n", EDIT_REMOVE, "a[0]", NULL, "a: [\r\n  c]\r\n" },
	{ "a: [\n  b, # b\n  c, # c\n  d # d\n]\n", EDIT_REMOVE, "a[2]", NULL,
	  "a: [\n  b, # b\n  c, # c\n   # d\n]\n" },
	{ "u:\n- name: a\n  x: 1\n# b's\n- name: b\n- name: c\n", EDIT_REMOVE, "u[name=b]", NULL,
	  "u:\n- name: a\n  x: 1\n# b's\n- name: c\n" },
	{ "u:\n  # one\n  - name: a\n    x: 1\n\n  - name: b\n", EDIT_REMOVE, "u[name=a]", NULL,
	  "u:\n  # one\n\n  - name: b\n" },
	{ "u:\n  -\n    # in\n    name: a\n  - name: b\n", EDIT_REMOVE, "u[name=a]", NULL,
	  "u:\n  - name: b\n" },
	{ "u:\n- id: 1\n  name: a\n", EDIT_REMOVE, "u[0].id", NULL, "u:\n- name: a\n" },
	{ "u:\n- id: 1 # i\n  # n\n  name: a\n", EDIT_REMOVE, "u[0].id", NULL,
	  "u:\n- # n\n  name: a\n" },
	{ "u:\n- id: 1\n  name: a\n", EDIT_REMOVE, "u[0].name", NULL, "u:\n- id: 1\n" },
	{ "u:\n- id: 1\n- 2\n", EDIT_REMOVE, "u[0].id", NULL, "u:\n- {}\n- 2\n" },
	{ "p: |\n  a\n\n  b\n\nq: 1\n", EDIT_REMOVE, "p", NULL, "\nq: 1\n" },
	{ "m: {\"a.b\": 1, c: 2}\n", EDIT_REMOVE, "m.\"a.b\"", NULL, "m: {c: 2}\n" },
};

static void check_examples(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct example *e = &examples[i];
		struct edit edit = { e->kind, e->path, e->value };
		struct buf out = BUF_INIT(MAX_CONFIG_BYTES);
		struct err err = ERR_INIT;

		if (!config_edit_text(slice_of(e->before), &edit, 1, &out, &err)) {
			fail_msg("%s\n%s: %s", e->before, e->path, err.msg);
		}
		assert_string_equal(buf_text(&out), e->after);
		buf_release(&out);
	}
}

static void test_set(void **state)
{
	(void)state;
	check_examples(sets, ARRAY_LEN(sets));
}

static void test_append(void **state)
{
	(void)state;
	check_examples(appends, ARRAY_LEN(appends));
}

static void test_remove(void **state)
{
	(void)state;
	check_examples(removals, ARRAY_LEN(removals));
}

static const struct {
	const char *text;
	struct edit edit;
	enum err_kind kind;
} refused[] = {
	{ "a: 1\n", { EDIT_REMOVE, "b", NULL }, ERR_NOT_FOUND },
	{ "a: 1\n", { EDIT_REMOVE, "a.b", NULL }, ERR_NOT_FOUND },
	{ "", { EDIT_REMOVE, "a", NULL }, ERR_NOT_FOUND },
	{ "u:\n- name: a\n", { EDIT_SET, "u[name=b].x", "1" }, ERR_NOT_FOUND },
	{ "u:\n- name: a\n", { EDIT_SET, "u[1].x", "1" }, ERR_NOT_FOUND },
	{ "u:\n- name: a\n", { EDIT_REMOVE, "u[name=b]", NULL }, ERR_NOT_FOUND },
	{ "", { EDIT_SET, "u[name=b].x", "1" }, ERR_NOT_FOUND },
	{ "a: 1\n", { EDIT_SET, "a.b", "1" }, ERR_INVALID },
	{ "a: [1]\n", { EDIT_SET, "a.b", "1" }, ERR_INVALID },
	{ "a: {b: 1}\n", { EDIT_APPEND, "a", "1" }, ERR_INVALID },
	{ "a: 1\n", { EDIT_SET, "a", "" }, ERR_INVALID },
	{ "a: 1\n", { EDIT_SET, "a", "[" }, ERR_INVALID },
	{ "a: 1\n", { EDIT_SET, "a", "1\n--- 2" }, ERR_INVALID },
	{ "a: [\n", { EDIT_SET, "a", "1" }, ERR_INVALID },
	{ "a: &x 1\nb: *x\n", { EDIT_SET, "a", "2" }, ERR_INVALID },
	{ "a: &x {c: 1}\nb: *x\n", { EDIT_SET, "b.c", "2" }, ERR_INVALID },
	{ "a: &x {c: 1}\nb: *x\n", { EDIT_REMOVE, "b.c", NULL }, ERR_INVALID },
	{ "a: &x [1]\nb: *x\n", { EDIT_APPEND, "b", "2" }, ERR_INVALID },
	{ "a: &x {c: 1}\nb: *x\n", { EDIT_SET, "a.c", "2" }, ERR_INVALID },
	{ "? a\n: 1\n", { EDIT_SET, "a", "b: 1" }, ERR_INVALID },
	{ "a: 1\n", { EDIT_SET, "", "1" }, ERR_USAGE },
	{ "a: 1\n", { EDIT_SET, "a..b", "1" }, ERR_USAGE },
	{ "a: 1\n", { EDIT_SET, "a.", "1" }, ERR_USAGE },
	{ "a: 1\n", { EDIT_SET, "[0]", "1" }, ERR_USAGE },
	{ "a: 1\n", { EDIT_SET, "a[", "1" }, ERR_USAGE },
	{ "a: 1\n", { EDIT_SET, "a[x]", "1" }, ERR_USAGE },
	{ "a: 1\n", { EDIT_SET, "a[n=", "1" }, ERR_USAGE },
	{ "a: 1\n", { EDIT_SET, "\"a", "1" }, ERR_USAGE },
	{ "a: 1\n", { EDIT_SET, "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", "1" }, ERR_USAGE },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct buf out = BUF_INIT(MAX_CONFIG_BYTES);
		struct err err = ERR_INIT;

		if (config_edit_text(slice_of(refused[i].text), &refused[i].edit, 1, &out, &err)) {
			fail_msg("%s%s gave\n%s", refused[i].text, refused[i].edit.path,
				 buf_text(&out));
		}
		if (err.kind != refused[i].kind) {
			fail_msg("%s%s: %s", refused[i].text, refused[i].edit.path, err.msg);
		}
		assert_int_equal(out.len, 0);
		buf_release(&out);
	}
}

static void test_edits_build_on_each_other(void **state)
{
	const struct edit edits[] = {
		{ EDIT_APPEND, "u", "name: a" },
		{ EDIT_SET, "u[name=a].type", "x" },
		{ EDIT_APPEND, "u", "name: b" },
		{ EDIT_SET, "u[name=a].name", "c" },
		{ EDIT_REMOVE, "u[name=b]", NULL },
	};
	struct buf out = BUF_INIT(MAX_CONFIG_BYTES);

	(void)state;
	assert_true(config_edit_text(slice_of("# top\n"), edits, ARRAY_LEN(edits), &out, NULL));
	assert_string_equal(buf_text(&out), "# top\nu:\n  - name: c\n    type: x\n");
	buf_release(&out);
}

static void test_get_gives_what_the_file_has(void **state)
{
	static const struct {
		const char *path;
		const char *expected;
	} gets[] = {
		{ "a", "\"x\"" }, { "b.c", "[1, 2]" }, { "b", "c: [1, 2]  # c\nd:\n  - e: 1" },
		{ "b.d", "- e: 1" }, { "b.d[0].e", "1" }, { "n", "" },
	};
	static const char text[] = "a: \"x\"\nb:\n  c: [1, 2]  # c\n  d:\n    - e: 1\nn:\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gets); i++) {
		struct buf out = BUF_INIT(KIB);

		assert_true(config_get_text(slice_of(text), gets[i].path, &out, NULL));
		assert_string_equal(buf_text(&out), gets[i].expected);
		buf_release(&out);
	}
	assert_false(config_get_text(slice_of(text), "b.x", NULL, NULL));
}

/* ---- quoting ---- */

static void test_quote_reads_back(void **state)
{
	static const char *const texts[] = {
		"", "a", "a b", " a", "a ", "a: b", "a:b", "a:", "a #b", "#a", "a#b", "- a", "-a",
		"*",
		"*a", "claude-*", "&a", "!a", "%a", "@a", "`a", "|", ">", "a, b", "[a]", "{a}",
		"'a'", "\"a\"", "a\"b", "a\\b", "a\nb", "a\tb", "\r", "\x01", "\x7f", "true", "No",
		"null", "~", "1", "1.5", "0x1f", "1e3", "1_0", "-5", "+1", ".5",
		".nan", "0b1", "127.0.0.1", "1.2.3", "2024-10-21", "12:30", "?", "? a", "=", "<<",
		"\xc3\xa4", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xc2\x85", "\xf0\x9f\x98\x80", "---",
		"...", "--- a", "https://x.test/v1", "${VAR}", "${VAR:-x y}", "sk-a_b",
		"a\xe2\x82\xac",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf text = BUF_INIT(KIB);
		struct arena arena;
		const struct node *root;

		arena_init(&arena, KIB);
		buf_adds(&text, "{a: [");
		yaml_quote(&text, texts[i]);
		buf_adds(&text, "], b:\n  ");
		yaml_quote(&text, texts[i]);
		buf_adds(&text, "}");
		assert_true(node_parse("t", buf_slice(&text), &arena, &root, NULL));
		assert_string_equal(root->items[0]->items[0]->text, texts[i]);
		assert_string_equal(root->items[1]->text, texts[i]);
		assert_false(node_is_null(root->items[1]));
		arena_release(&arena);
		buf_release(&text);
	}
}

static void test_quote_only_where_needed(void **state)
{
	static const struct {
		const char *value;
		const char *yaml;
	} cases[] = {
		{ "main", "main" }, { "claude-*", "claude-*" },
		{ "https://x.test/v1", "https://x.test/v1" },
		{ "gpt-5.2", "gpt-5.2" }, { "a b", "a b" }, { "12", "\"12\"" },
		{ "127.0.0.1", "127.0.0.1" }, { "30s", "30s" }, { "2024-10-21", "\"2024-10-21\"" },
		{ "a, b", "\"a, b\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = BUF_INIT(KIB);

		yaml_quote(&out, cases[i].value);
		assert_string_equal(buf_text(&out), cases[i].yaml);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_edits_build_on_each_other),
		cmocka_unit_test(test_get_gives_what_the_file_has),
		cmocka_unit_test(test_quote_reads_back),
		cmocka_unit_test(test_quote_only_where_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
