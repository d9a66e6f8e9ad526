#include "config/prompts.h"

#include "base/limits.h"
#include "config/prompt_text.h"

void prompts_directory(const struct config *c, const char *home, struct buf *out)
{
	if (c->proxy.system_prompts[0] != '/') {
		buf_addf(out, "%s/", home);
	}
	buf_adds(out, c->proxy.system_prompts);
}

static bool same_text(const struct prompt *a, const struct prompt *b)
{
	return str_eq(a->name, b->name) && str_eq(a->model, b->model) &&
	       a->is_after == b->is_after && a->priority == b->priority &&
	       str_eq(a->separator, b->separator) && slice_eq(a->text, b->text.ptr);
}

static bool same_list(const struct string_list *a, const struct string_list *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++) {
		same = str_eq(a->items[i], b->items[i]);
	}
	return same;
}

bool prompts_same(const struct config *a, const struct config *b)
{
	bool same = a->prompt_count == b->prompt_count && same_list(&a->warnings, &b->warnings);

	for (size_t i = 0; same && i < a->prompt_count; i++) {
		same = same_text(&a->prompts[i], &b->prompts[i]) &&
		       same_list(&a->prompts[i].models, &b->prompts[i].models);
	}
	return same;
}

static bool is_for(const struct prompt *p, const char *model)
{
	if (p->model) {
		return str_eq(p->model, model);
	}
	return !p->models.count || list_matches(&p->models, model);
}

/* Joins the texts of one side; *gap is what stands between them and the
 * request's own. */
static struct slice join(const struct config *c, const char *model, bool is_after,
			 int64_t wall_ms, struct arena *a, struct slice *gap)
{
	struct buf text = BUF_INIT(2 * MAX_PROMPTS_BYTES);
	const char *last = NULL;
	struct slice all;

	*gap = SLICE_NULL;
	for (size_t i = 0; i < c->prompt_count; i++) {
		const struct prompt *p = &c->prompts[i];

		if (p->is_after != is_after || !is_for(p, model)) {
			continue;
		}
		if (last) {
			buf_adds(&text, is_after ? p->separator : last);
		} else if (is_after) {
			*gap = slice_of(p->separator);
		}
		prompt_text_write(p->text, wall_ms, &text);
		last = p->separator;
	}
	if (!is_after) {
		*gap = slice_of(last);
	}
	all = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return all;
}

const struct prompt_texts *prompts_for(const struct config *c, const char *model,
				       int64_t wall_ms, struct arena *a)
{
	struct prompt_texts *texts;

	if (!c->prompt_count || !model) {
		return NULL;
	}
	texts = arena_zalloc(a, sizeof *texts);
	texts->before = join(c, model, false, wall_ms, a, &texts->before_gap);
	texts->after = join(c, model, true, wall_ms, a, &texts->after_gap);
	return texts->before.len || texts->after.len ? texts : NULL;
}
