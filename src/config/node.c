#include "config/node.h"

#include <assert.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/mask.h"
#include "base/utf8.h"
#include "base/vec.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct anchor {
	const char *name;
	const struct node *node;
};

struct parse {
	yaml_parser_t parser;
	yaml_event_t event;     /* the one being looked at */
	const char *name;       /* of the file, for messages */
	struct slice text;
	struct arena *arena;
	struct err *err;
	struct vec anchors;     /* struct anchor, in the arena */
	size_t nodes;
	int depth;
	size_t at_index;        /* libyaml's character index that at_byte stands for */
	size_t at_byte;
};

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* libyaml counts characters, the editor needs bytes. Marks move forward
 * nearly always, so walking from the last one is linear on the whole. */
static size_t byte_of(struct parse *p, size_t index)
{
	const char *ptr = p->text.ptr;

	while (p->at_index < index && p->at_byte < p->text.len) {
		do {
			p->at_byte++;
		} while (p->at_byte < p->text.len && is_continuation(ptr[p->at_byte]));
		p->at_index++;
	}
	while (p->at_index > index) {
		do {
			p->at_byte--;
		} while (is_continuation(ptr[p->at_byte]));
		p->at_index--;
	}
	return p->at_byte;
}

static bool refuse(struct parse *p, const yaml_mark_t *mark, const char *what)
{
	return err_setf(p->err, ERR_INVALID, "%s:%zu:%zu: %s", p->name,
			mark->line + 1, mark->column + 1, what);
}

static bool refuse_syntax(struct parse *p)
{
	const yaml_parser_t *y = &p->parser;
	const char *context = y->context ? y->context : "";
	size_t at = byte_of(p, y->problem_mark.index);

	if (at < p->text.len && p->text.ptr[at] == '\t') {
		return refuse(p, &y->problem_mark, "a tab; expected spaces");
	}
	return err_setf(p->err, ERR_INVALID, "%s:%zu:%zu: %s%s%s%s; expected YAML", p->name,
			y->problem_mark.line + 1, y->problem_mark.column + 1,
			y->problem ? y->problem : "does not parse",
			*context ? " (" : "", context, *context ? ")" : "");
}

static bool next(struct parse *p)
{
	yaml_event_delete(&p->event);
	return yaml_parser_parse(&p->parser, &p->event) || refuse_syntax(p);
}

static bool skip(struct parse *p, yaml_event_type_t type)
{
	assert(p->event.type == type);
	(void)type;
	return next(p);
}

/* A node that begins where the current event does. */
static struct node *node_new(struct parse *p, enum node_kind kind, enum node_style style)
{
	struct node *n;

	if (++p->nodes > MAX_CONFIG_NODES) {
		refuse(p, &p->event.start_mark, "more values than a configuration may have");
		return NULL;
	}
	n = arena_zalloc(p->arena, sizeof *n);
	n->kind = kind;
	n->style = style;
	n->start = byte_of(p, p->event.start_mark.index);
	n->end = byte_of(p, p->event.end_mark.index);
	n->line = (int)p->event.start_mark.line + 1;
	n->column = (int)p->event.start_mark.column + 1;
	n->size = 1;
	n->text = "";
	return n;
}

static void remember_anchor(struct parse *p, const char *name, const struct node *n)
{
	struct anchor *anchor;

	if (name) {
		anchor = arena_alloc(p->arena, sizeof *anchor);
		anchor->name = name;
		anchor->node = n;
		vec_push(&p->anchors, anchor);
	}
}

/* The newest anchor of a name counts, as YAML has it. */
static const struct node *anchored(const struct parse *p, const char *name)
{
	for (size_t i = p->anchors.len; i > 0; i--) {
		const struct anchor *anchor = p->anchors.items[i - 1];

		if (str_eq(anchor->name, name)) {
			return anchor->node;
		}
	}
	return NULL;
}

/* The copy shares its children, but each use is paid for with the whole
 * size: a "billion laughs" file is over the limit at once. */
static const struct node *parse_alias(struct parse *p)
{
	const struct node *target = anchored(p, (const char *)p->event.data.alias.anchor);
	struct node *n;

	if (!target) {
		refuse(p, &p->event.start_mark, "alias without its anchor before it");
		return NULL;
	}
	p->nodes += target->size;
	n = node_new(p, target->kind, target->style);
	if (n) {
		n->is_alias = true;
		n->text = target->text;
		n->size = target->size;
		n->count = target->count;
		n->keys = target->keys;
		n->items = target->items;
	}
	return n;
}

static enum node_style scalar_style(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return STYLE_QUOTED;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return STYLE_LITERAL;
	default:
		return STYLE_PLAIN;
	}
}

/* libyaml ends a block scalar at the line after it, trailing blank lines
 * included; those belong to it only where it says "keep" (+). */
static void trim_literal(const struct parse *p, struct node *n)
{
	struct slice all = { p->text.ptr + n->start, n->end - n->start };
	struct slice header;

	slice_next(&all, '\n', &header);
	if (memchr(header.ptr, '+', header.len)) {
		return;
	}
	while (n->end > n->start + header.len && strchr(" \t\r\n", p->text.ptr[n->end - 1])) {
		n->end--;
	}
}

static const struct node *parse_scalar(struct parse *p)
{
	const char *value = (const char *)p->event.data.scalar.value;
	size_t len = p->event.data.scalar.length;
	struct node *n = node_new(p, NODE_SCALAR, scalar_style(p->event.data.scalar.style));

	if (!n) {
		return NULL;
	}
	if (memchr(value, '\0', len)) {
		refuse(p, &p->event.start_mark, "a NUL character; expected text");
		return NULL;
	}
	n->text = arena_strndup(p->arena, value, len);
	if (n->style == STYLE_LITERAL) {
		trim_literal(p, n);
	}
	return n;
}

static const struct node *parse_node(struct parse *p);

static const struct node **adopt(struct parse *p, const struct vec *v)
{
	const struct node **copy = arena_alloc(p->arena, (v->len + 1) * sizeof *copy);

	for (size_t i = 0; i < v->len; i++) {
		copy[i] = v->items[i];
	}
	return copy;
}

/* libyaml ends a block collection at whatever comes next; comments and blank
 * lines behind its last child are not part of it. A flow collection ends at
 * its bracket, which is the event that is being looked at. */
static void close_collection(struct parse *p, struct node *n)
{
	if (n->style == STYLE_FLOW) {
		n->end = byte_of(p, p->event.end_mark.index);
	} else {
		n->end = n->count ? n->items[n->count - 1]->end : n->start;
	}
	for (size_t i = 0; i < n->count; i++) {
		n->size += n->items[i]->size + (n->keys ? 1 : 0);
	}
}

static bool take_item(struct parse *p, struct vec *items)
{
	const struct node *item = parse_node(p);

	if (item) {
		vec_push(items, (void *)item);
	}
	return item && next(p);
}

static const struct node *parse_list(struct parse *p)
{
	bool is_flow = p->event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	struct node *n = node_new(p, NODE_LIST, is_flow ? STYLE_FLOW : STYLE_BLOCK);
	struct vec items = { .len = 0 };
	bool ok = n && next(p);

	while (ok && p->event.type != YAML_SEQUENCE_END_EVENT) {
		ok = take_item(p, &items);
	}
	if (ok) {
		n->count = items.len;
		n->items = adopt(p, &items);
		close_collection(p, n);
	}
	vec_release(&items);
	return ok ? n : NULL;
}

static bool refuse_repeated(struct parse *p, const struct node *first)
{
	struct buf masked = BUF_INIT(MAX_ERR_MSG);

	mask_text(slice_of(first->text), &masked);
	err_setf(p->err, ERR_INVALID, "%s:%zu:%zu: key \"%.100s\" again; expected it once, "
		 "and line %d has it", p->name, p->event.start_mark.line + 1,
		 p->event.start_mark.column + 1, buf_text(&masked), first->line);
	buf_release(&masked);
	return false;
}

static bool take_key(struct parse *p, struct vec *keys, struct map *seen)
{
	const struct node *key;
	const struct node *first;

	if (p->event.type != YAML_SCALAR_EVENT) {
		return refuse(p, &p->event.start_mark, "expected a plain name as key");
	}
	key = parse_node(p);
	if (!key) {
		return false;
	}
	if (key->style == STYLE_PLAIN && str_eq(key->text, "<<")) {
		return refuse(p, &p->event.start_mark, "merge keys (<<) are not supported; "
			      "expected the keys themselves");
	}
	first = map_put(seen, slice_of(key->text), (void *)key);
	if (first) {
		return refuse_repeated(p, first);
	}
	vec_push(keys, (void *)key);
	return next(p);
}

static const struct node *parse_map(struct parse *p)
{
	bool is_flow = p->event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	struct node *n = node_new(p, NODE_MAP, is_flow ? STYLE_FLOW : STYLE_BLOCK);
	struct vec keys = { .len = 0 };
	struct vec items = { .len = 0 };
	struct map seen = { .len = 0 };
	bool ok = n && next(p);

	while (ok && p->event.type != YAML_MAPPING_END_EVENT) {
		ok = take_key(p, &keys, &seen) && take_item(p, &items);
	}
	if (ok) {
		n->count = items.len;
		n->keys = adopt(p, &keys);
		n->items = adopt(p, &items);
		close_collection(p, n);
	}
	map_release(&seen);
	vec_release(&keys);
	vec_release(&items);
	return ok ? n : NULL;
}

/* Anchor and tag of the current event, whichever kind it is. */
static void properties(const yaml_event_t *e, const yaml_char_t **anchor, const yaml_char_t **tag)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		*anchor = e->data.scalar.anchor;
		*tag = e->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		*anchor = e->data.sequence_start.anchor;
		*tag = e->data.sequence_start.tag;
		break;
	default:
		assert(e->type == YAML_MAPPING_START_EVENT);
		*anchor = e->data.mapping_start.anchor;
		*tag = e->data.mapping_start.tag;
		break;
	}
}

static const struct node *parse_untagged(struct parse *p)
{
	switch (p->event.type) {
	case YAML_SCALAR_EVENT:
		return parse_scalar(p);
	case YAML_SEQUENCE_START_EVENT:
		return parse_list(p);
	default:
		return parse_map(p);
	}
}

/* The current event is the node's last one afterwards. */
static const struct node *parse_node(struct parse *p)
{
	const yaml_char_t *anchor = NULL;
	const yaml_char_t *tag = NULL;
	const struct node *n;
	const char *name;

	if (p->event.type == YAML_ALIAS_EVENT) {
		return parse_alias(p);
	}
	properties(&p->event, &anchor, &tag);
	if (tag) {
		refuse(p, &p->event.start_mark, "tags (!) are not supported; expected a value");
		return NULL;
	}
	if (p->depth == MAX_CONFIG_DEPTH) {
		refuse(p, &p->event.start_mark, "nested too deep");
		return NULL;
	}
	name = arena_strdup(p->arena, (const char *)anchor);
	p->depth++;
	n = parse_untagged(p);
	p->depth--;
	if (n) {
		remember_anchor(p, name, n);
	}
	return n;
}

static bool parse_document(struct parse *p, const struct node **root)
{
	*root = NULL;
	if (!skip(p, YAML_NO_EVENT) || !skip(p, YAML_STREAM_START_EVENT)) {
		return false;
	}
	if (p->event.type == YAML_STREAM_END_EVENT) {
		return true;
	}
	if (!skip(p, YAML_DOCUMENT_START_EVENT)) {
		return false;
	}
	*root = parse_node(p);
	if (!*root || !next(p) || !skip(p, YAML_DOCUMENT_END_EVENT)) {
		return false;
	}
	if (p->event.type != YAML_STREAM_END_EVENT) {
		return refuse(p, &p->event.start_mark, "a second document; expected one");
	}
	if (node_is_null(*root)) {
		*root = NULL;
	}
	return true;
}

static bool check_encoding(const char *name, struct slice text, struct err *err)
{
	int line = 1;
	size_t i = 0;

	while (i < text.len) {
		size_t width = utf8_valid_length(text.ptr + i, text.len - i);

		if (!width) {
			return err_setf(err, ERR_INVALID, "%s:%d:1: bytes that are no text; "
					"expected UTF-8", name, line);
		}
		line += text.ptr[i] == '\n';
		i += width;
	}
	return true;
}

bool node_parse(const char *name, struct slice text, struct arena *arena,
		const struct node **root, struct err *err)
{
	struct parse p = { .name = name, .text = text, .arena = arena, .err = err };
	size_t bom = text.len >= 3 && memcmp(text.ptr, BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
	bool ok;

	if (text.len > MAX_CONFIG_BYTES) {
		return err_setf(err, ERR_TOO_LARGE, "%s: larger than %lu bytes", name,
				MAX_CONFIG_BYTES);
	}
	if (!check_encoding(name, text, err)) {
		return false;
	}
	if (!yaml_parser_initialize(&p.parser)) {
		return err_setf(err, ERR_FAILED, "%s: cannot start the YAML parser", name);
	}
	p.at_byte = bom;
	yaml_parser_set_encoding(&p.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p.parser, (const unsigned char *)text.ptr + bom,
				     text.len - bom);
	ok = parse_document(&p, root);
	yaml_event_delete(&p.event);
	yaml_parser_delete(&p.parser);
	vec_release(&p.anchors);
	return ok;
}

const struct node *node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP) {
		return NULL;
	}
	for (size_t i = 0; i < map->count; i++) {
		if (str_eq(map->keys[i]->text, key)) {
			return map->items[i];
		}
	}
	return NULL;
}

bool node_is_null(const struct node *n)
{
	return n->kind == NODE_SCALAR && n->style == STYLE_PLAIN &&
	       (str_empty(n->text) || str_eq(n->text, "~") || str_eq(n->text, "null"));
}

bool node_equal(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || a->count != b->count || !str_eq(a->text, b->text)) {
		return false;
	}
	for (size_t i = 0; i < a->count; i++) {
		if (a->keys && !str_eq(a->keys[i]->text, b->keys[i]->text)) {
			return false;
		}
		if (!node_equal(a->items[i], b->items[i])) {
			return false;
		}
	}
	return true;
}
