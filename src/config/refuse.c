#include "config/refuse.h"

#include <stdarg.h>

#include "base/limits.h"
#include "base/mask.h"
#include "config/scalar.h"

bool load_refuse(struct load *l, const struct node *at, const char *fmt, ...)
{
	char what[MAX_ERR_MSG];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	return err_setf(l->err, ERR_INVALID, "%s:%d:%d: %s", l->name,
			at->line, at->column, what);
}

void load_warn(struct load *l, const struct node *at, const char *fmt, ...)
{
	char what[MAX_ERR_MSG];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	vec_push(&l->warnings, arena_printf(&l->config->arena, "%s:%d:%d: %s", l->name,
					    at->line, at->column, what));
}

static const char *nearest_word(const char *const *words, const char *text)
{
	size_t count = 0;

	while (words && words[count]) {
		count++;
	}
	return count ? str_nearest(text, words, count) : NULL;
}

static void add_key_names(const struct schema_table *table, struct buf *out)
{
	for (size_t i = 0; i < table->count; i++) {
		buf_addf(out, "%s%s", i ? ", " : "", table->keys[i].name);
	}
}

bool refuse_unknown(struct load *l, const struct schema_table *table,
		    const struct node *key, const char *path)
{
	const char *nearest = schema_nearest(table, key->text);
	struct buf name = BUF_INIT(MAX_CONFIG_BYTES);
	struct buf hint = BUF_INIT(MAX_ERR_MSG);

	mask_text(slice_of(key->text), &name);
	if (nearest) {
		buf_addf(&hint, "did you mean \"%s\"?", nearest);
	} else {
		buf_adds(&hint, "expected one of ");
		add_key_names(table, &hint);
	}
	load_refuse(l, key, "unknown key \"%.60s\"%s%s; %s", buf_text(&name),
		    *path ? " in " : "", path, buf_text(&hint));
	buf_release(&name);
	buf_release(&hint);
	return false;
}

/* Only short words are worth repeating, and nothing that may be secret. */
static void add_refused_value(const struct schema_key *key, const char *raw, struct buf *out)
{
	bool quotes = key->kind <= KEY_TIME && !(key->flags & KEY_SECRET) && *raw &&
		      strlen(raw) <= 40 && !strstr(raw, "${");

	if (!quotes) {
		buf_adds(out, " does not fit");
		return;
	}
	buf_adds(out, " is \"");
	mask_text(slice_of(raw), out);
	buf_addc(out, '"');
}

/* "server.port is "x"; expected a whole number from 0 to 65535" */
static void describe_refusal(const struct schema_key *key, const char *raw, const char *value,
			     struct buf *out)
{
	const char *nearest = nearest_word(key->words, raw);

	add_refused_value(key, raw, out);
	buf_adds(out, "; expected ");
	scalar_expected(key, value, out);
	if (nearest && *nearest) {
		buf_addf(out, "; did you mean \"%s\"?", nearest);
	}
}

bool refuse_value(struct load *l, const struct schema_key *key, const struct node *n,
		  const char *path, const char *value)
{
	struct buf what = BUF_INIT(MAX_ERR_MSG);

	describe_refusal(key, n->kind == NODE_SCALAR ? n->text : "", value, &what);
	load_refuse(l, n, "%s%s", path, buf_text(&what));
	buf_wipe(&what);
	return false;
}

bool refuse_kind(struct load *l, const struct schema_key *key, const struct node *n,
		 const char *path)
{
	static const char *const kinds[] = {
		[NODE_SCALAR] = "a single value", [NODE_MAP] = "a mapping", [NODE_LIST] = "a list",
	};
	struct buf expected = BUF_INIT(MAX_ERR_MSG);

	scalar_expected(key, NULL, &expected);
	load_refuse(l, n, "%s is %s; expected %s", path, kinds[n->kind], buf_text(&expected));
	buf_release(&expected);
	return false;
}
