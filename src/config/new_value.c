#include "config/new_value.h"

#include "base/limits.h"
#include "config/edit.h"
#include "config/render.h"

static bool parse(struct new_value *v)
{
	struct err problem = ERR_INIT;

	if (!node_parse("value", buf_slice(&v->text), v->arena, &v->node, &problem)) {
		return err_setf(v->err, ERR_INVALID, "the new value does not parse: %.300s",
				problem.msg);
	}
	if (!v->node) {
		return err_setf(v->err, ERR_INVALID, "the new value is empty; expected one, or "
				"to remove the key");
	}
	return true;
}

/* One line, or the lines of a block collection; block scalars and values
 * broken over lines are written as one line. */
static void add_value_text(struct slice source, const struct node *n, struct buf *out)
{
	if (n->style == STYLE_BLOCK || (n->style != STYLE_LITERAL &&
					!memchr(source.ptr + n->start, '\n', n->end - n->start))) {
		render_node_text(source, n, out);
	} else {
		render_flow(n, out);
	}
}

bool new_value_init(struct new_value *v, const char *value, struct arena *arena, struct err *err)
{
	struct new_value given = { BUF_INIT(MAX_CONFIG_BYTES), .arena = arena, .err = err };
	bool ok;

	*v = given;
	buf_adds(&given.text, value);
	ok = parse(&given);
	if (ok) {
		add_value_text(buf_slice(&given.text), given.node, &v->text);
		ok = parse(v);
	}
	buf_wipe(&given.text);
	return ok;
}

void new_value_release(struct new_value *v)
{
	buf_wipe(&v->text);
}

bool new_value_is_block(const struct new_value *v)
{
	return v->node->style == STYLE_BLOCK;
}

bool new_value_wrap_in_key(struct new_value *v, const char *key)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

	yaml_quote(&text, key);
	if (new_value_is_block(v)) {
		buf_addf(&text, ":\n%*s", INDENT_STEP, "");
		render_indented(buf_slice(&v->text), INDENT_STEP, "\n", &text);
	} else {
		buf_addf(&text, ": %s", buf_text(&v->text));
	}
	buf_wipe(&v->text);
	v->text = text;
	return parse(v);
}

bool new_value_wrap_in_list(struct new_value *v)
{
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);

	buf_adds(&text, "- ");
	render_indented(buf_slice(&v->text), 2, "\n", &text);
	buf_wipe(&v->text);
	v->text = text;
	return parse(v);
}
