#include "config/splice.h"

#include <assert.h>

#include "base/limits.h"

void edit_work_release(struct edit_work *w)
{
	for (size_t i = 0; i < w->splice_count; i++) {
		buf_wipe(&w->splices[i].text);
	}
	w->splice_count = 0;
}

void splice_apply(const struct edit_work *w, struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < w->splice_count; i++) {
		const struct splice *s = &w->splices[i];

		assert(s->start >= at && s->end >= s->start && s->end <= w->text.len);
		buf_add(out, w->text.ptr + at, s->start - at);
		buf_add(out, s->text.ptr, s->text.len);
		at = s->end;
	}
	buf_add(out, w->text.ptr + at, w->text.len - at);
}

struct buf *splice_replace(struct edit_work *w, size_t start, size_t end)
{
	struct splice *s = &w->splices[w->splice_count++];

	assert(w->splice_count <= MAX_SPLICES);
	s->start = start;
	s->end = end;
	buf_init(&s->text, MAX_CONFIG_BYTES);
	return &s->text;
}
