#include "formats/sse.h"

#include <string.h>

#include "base/limits.h"

struct feed {
	struct sse_parser *p;
	sse_callback on_event;
	void *ctx;
};

void sse_init(struct sse_parser *p)
{
	*p = (struct sse_parser){ .has_data = false };
	buf_init(&p->line, MAX_SSE_EVENT_BYTES);
	buf_init(&p->data, MAX_SSE_EVENT_BYTES);
}

void sse_release(struct sse_parser *p)
{
	buf_release(&p->line);
	buf_release(&p->data);
}

static void report(const struct feed *f, struct slice name, struct slice data, bool is_comment)
{
	const struct sse_event ev = { name, data, is_comment };

	f->on_event(f->ctx, &ev);
}

/* Kept storage is given back: an idle stream holds no megabytes. */
static void forget_event(struct sse_parser *p)
{
	if (p->data.capacity > 4 * KIB) {
		buf_release(&p->data);
	}
	buf_clear(&p->data);
	p->borrowed = SLICE_NULL;
	p->name[0] = '\0';
	p->has_data = false;
}

static void dispatch(const struct feed *f)
{
	struct sse_parser *p = f->p;
	struct slice data = p->borrowed.ptr ? p->borrowed : buf_slice(&p->data);

	if (p->has_data && data.len) {
		report(f, slice_of(p->name), data, false);
	}
	forget_event(p);
}

static void keep_borrowed(struct sse_parser *p)
{
	if (p->borrowed.ptr) {
		buf_add(&p->data, p->borrowed.ptr, p->borrowed.len);
		p->borrowed = SLICE_NULL;
	}
}

static void add_data(struct sse_parser *p, struct slice value, bool can_borrow)
{
	if (!p->has_data && can_borrow) {
		p->borrowed = value;
	} else {
		keep_borrowed(p);
		if (p->has_data) {
			buf_addc(&p->data, '\n');
		}
		buf_add(&p->data, value.ptr, value.len);
	}
	p->has_data = true;
}

static void set_name(struct sse_parser *p, struct slice value)
{
	size_t len = value.len < sizeof p->name - 1 ? value.len : sizeof p->name - 1;

	memcpy(p->name, value.ptr, len);
	p->name[len] = '\0';
}

static void handle_field(struct sse_parser *p, struct slice line, bool can_borrow)
{
	const char *colon = memchr(line.ptr, ':', line.len);
	size_t name_len = colon ? (size_t)(colon - line.ptr) : line.len;
	struct slice name = { line.ptr, name_len };
	struct slice value = { line.ptr + line.len, 0 };

	if (colon) {
		value = (struct slice){ colon + 1, line.len - name_len - 1 };
	}
	if (value.len && value.ptr[0] == ' ') {
		value.ptr++;
		value.len--;
	}
	if (slice_eq(name, "data")) {
		add_data(p, value, can_borrow);
	} else if (slice_eq(name, "event")) {
		set_name(p, value);
	}
}

static void handle_line(const struct feed *f, struct slice line, bool can_borrow)
{
	struct sse_parser *p = f->p;

	if (!p->is_begun) {
		p->is_begun = true;
		if (line.len >= 3 && memcmp(line.ptr, "\xef\xbb\xbf", 3) == 0) {
			line.ptr += 3;
			line.len -= 3;
		}
	}
	if (!line.len) {
		dispatch(f);
	} else if (line.ptr[0] == ':') {
		report(f, SLICE_NULL, (struct slice){ line.ptr + 1, line.len - 1 }, true);
	} else if (line.ptr[0] == '{') {
		dispatch(f);
		report(f, SLICE_NULL, line, false);
	} else {
		handle_field(p, line, can_borrow);
	}
}

static const char *find_line_end(const char *ptr, const char *end)
{
	const char *lf = memchr(ptr, '\n', (size_t)(end - ptr));
	const char *cr = memchr(ptr, '\r', (size_t)((lf ? lf : end) - ptr));

	return cr ? cr : lf;
}

static void end_line(const struct feed *f, const char *ptr, size_t len)
{
	struct buf *kept = &f->p->line;

	if (!kept->len) {
		handle_line(f, (struct slice){ ptr, len }, true);
		return;
	}
	buf_add(kept, ptr, len);
	handle_line(f, buf_slice(kept), false);
	if (kept->capacity > 4 * KIB) {
		buf_release(kept);
	}
	kept->len = 0;
}

bool sse_feed(struct sse_parser *p, const char *ptr, size_t len, sse_callback on_event,
	      void *ctx)
{
	const struct feed f = { p, on_event, ctx };
	const char *end = ptr + len;

	while (ptr < end) {
		const char *stop;

		if (p->skip_lf) {
			p->skip_lf = false;
			if (*ptr == '\n') {
				ptr++;
				continue;
			}
		}
		stop = find_line_end(ptr, end);
		if (!stop) {
			buf_add(&p->line, ptr, (size_t)(end - ptr));
			break;
		}
		end_line(&f, ptr, (size_t)(stop - ptr));
		p->skip_lf = *stop == '\r';
		ptr = stop + 1;
	}
	keep_borrowed(p);
	return !p->line.failed && !p->data.failed;
}

void sse_finish(struct sse_parser *p, sse_callback on_event, void *ctx)
{
	const struct feed f = { p, on_event, ctx };

	if (p->line.len) {
		end_line(&f, "", 0);
	}
	dispatch(&f);
}

void sse_begin(struct buf *out, const char *name)
{
	if (name) {
		buf_addf(out, "event: %s\n", name);
	}
	buf_adds(out, "data: ");
}

void sse_end(struct buf *out)
{
	buf_adds(out, "\n\n");
}

void sse_comment(struct buf *out, const char *text)
{
	buf_addf(out, ": %s\n\n", text);
}
