#include "cli/facts.h"

#include <stdarg.h>

#include "cli/out.h"
#include "cli/text.h"

#define NAME_WIDTH 16

void facts_add(struct facts *f, const char *name, enum tint tint, const char *value)
{
	struct buf clean = BUF_INIT(MIB);

	if (str_empty(value)) {
		return;
	}
	text_clean(&clean, value);
	buf_addf(&f->text, "%-*s ", NAME_WIDTH, name);
	tint_add(&f->text, f->screen->color, tint, buf_text(&clean));
	buf_addc(&f->text, '\n');
	buf_release(&clean);
}

void facts_addf(struct facts *f, const char *name, const char *fmt, ...)
{
	struct buf value = BUF_INIT(MIB);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&value, fmt, ap);
	va_end(ap);
	facts_add(f, name, TINT_NONE, buf_text(&value));
	buf_release(&value);
}

void facts_from(struct facts *f, const char *name, const struct answer *a, const char *path)
{
	facts_add(f, name, TINT_NONE, answer_text(a, path));
}

void facts_print(struct facts *f)
{
	out_put(&f->text);
	buf_release(&f->text);
}

void facts_list(struct facts *f, const char *name, const struct answer *a, const char *path)
{
	struct buf text = BUF_INIT(64 * KIB);

	answer_join(a, path, ", ", &text);
	facts_add(f, name, TINT_NONE, buf_text(&text));
	buf_release(&text);
}

struct joined {
	struct buf text;
	const char *glue;
};

static void join_member(void *ctx, const char *name, const struct answer *value)
{
	struct joined *j = ctx;

	buf_addf(&j->text, "%s%s%s%s", j->text.len ? ", " : "", name, j->glue,
		 answer_text(value, ""));
}

void facts_members(struct facts *f, const char *name, const struct answer *a, const char *path,
		  const char *glue)
{
	struct joined j = { .text = BUF_INIT(64 * KIB), .glue = glue };

	answer_each(a, path, join_member, &j);
	facts_add(f, name, TINT_NONE, buf_text(&j.text));
	buf_release(&j.text);
}

static void join_limit(void *ctx, const char *name, const struct answer *value)
{
	struct joined *j = ctx;

	if (answer_int(value, "") > 0) {
		join_member(j, name, value);
	}
}

void facts_limits(struct facts *f, const struct answer *a)
{
	struct joined j = { .text = BUF_INIT(4 * KIB), .glue = " " };

	answer_each(a, "limits", join_limit, &j);
	facts_add(f, "limits", TINT_NONE, buf_text(&j.text));
	buf_release(&j.text);
}
