#include "tui/diff.h"

#include <stdlib.h>

#include "base/mem.h"

#define AROUND 3

/* Larger changes than this show as one block out, one block in. */
#define MAX_CELLS (4UL * 1024 * 1024)

struct lines {
	struct slice *items; /* owned */
	size_t count;
};

struct diff {
	struct lines a, b;
	size_t head; /* equal lines at the begin … */
	size_t tail; /* … and at the end */
	struct buf *out;
	size_t differing;
};

static struct lines split(struct slice text)
{
	struct lines l = { .count = 0 };
	struct slice rest = text;
	struct slice line;
	size_t room = 1;

	for (size_t i = 0; i < text.len; i++) {
		room += text.ptr[i] == '\n';
	}
	l.items = xcalloc(room, sizeof *l.items);
	while (l.count < room && slice_next(&rest, '\n', &line)) {
		l.items[l.count++] = line;
	}
	if (l.count && !l.items[l.count - 1].len) {
		l.count--; /* behind the last line's end */
	}
	return l;
}

static bool is_same(struct slice a, struct slice b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void put(struct diff *d, char sign, struct slice line)
{
	buf_addf(d->out, "%c %.*s\n", sign, (int)line.len, line.len ? line.ptr : "");
}

static void trim(struct diff *d)
{
	size_t least = d->a.count < d->b.count ? d->a.count : d->b.count;

	while (d->head < least && is_same(d->a.items[d->head], d->b.items[d->head])) {
		d->head++;
	}
	while (d->tail < least - d->head &&
	       is_same(d->a.items[d->a.count - 1 - d->tail],
		       d->b.items[d->b.count - 1 - d->tail])) {
		d->tail++;
	}
}

/* common[i * (m + 1) + j]: the longest common sequence of what follows. */
static uint16_t *measure(const struct diff *d, size_t n, size_t m)
{
	const struct slice *a = d->a.items + d->head;
	const struct slice *b = d->b.items + d->head;
	uint16_t *common;

	if ((n + 1) * (m + 1) > MAX_CELLS) {
		return NULL;
	}
	common = xcalloc((n + 1) * (m + 1), sizeof *common);
	for (size_t i = n; i-- > 0;) {
		for (size_t j = m; j-- > 0;) {
			uint16_t down = common[(i + 1) * (m + 1) + j];
			uint16_t right = common[i * (m + 1) + j + 1];

			common[i * (m + 1) + j] =
				is_same(a[i], b[j]) ? common[(i + 1) * (m + 1) + j + 1] + 1 :
				down > right	    ? down :
						      right;
		}
	}
	return common;
}

static void walk(struct diff *d, const uint16_t *common, size_t n, size_t m)
{
	const struct slice *a = d->a.items + d->head;
	const struct slice *b = d->b.items + d->head;
	size_t i = 0;
	size_t j = 0;

	while (i < n || j < m) {
		if (common && i < n && j < m && is_same(a[i], b[j])) {
			put(d, ' ', a[i++]);
			j++;
		} else if (i < n && (j == m || !common || common[(i + 1) * (m + 1) + j] >=
								  common[i * (m + 1) + j + 1])) {
			put(d, '-', a[i++]);
			d->differing++;
		} else {
			put(d, '+', b[j++]);
			d->differing++;
		}
	}
}

static void put_middle(struct diff *d)
{
	size_t n = d->a.count - d->head - d->tail;
	size_t m = d->b.count - d->head - d->tail;
	uint16_t *common = n && m ? measure(d, n, m) : NULL;

	for (size_t i = d->head > AROUND ? d->head - AROUND : 0; i < d->head; i++) {
		put(d, ' ', d->a.items[i]);
	}
	walk(d, common, n, m);
	for (size_t i = 0; i < d->tail && i < AROUND; i++) {
		put(d, ' ', d->a.items[d->a.count - d->tail + i]);
	}
	free(common);
}

size_t diff_texts(struct slice before, struct slice after, struct buf *out)
{
	struct diff d = { .a = split(before), .b = split(after), .out = out };

	trim(&d);
	if (d.head < d.a.count || d.head < d.b.count) {
		put_middle(&d);
	}
	free(d.a.items);
	free(d.b.items);
	return d.differing;
}
