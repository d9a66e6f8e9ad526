#include "formats/think_filter.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/fold.h"
#include "formats/format.h"

static const char open_tag[] = "<think>";
static const char close_tag[] = "</think>";

enum place {
	PLACE_BEFORE,                     /* no text yet but white space */
	PLACE_INSIDE,                     /* the opening tag is behind */
	PLACE_GAP,                        /* line breaks behind the closing tag */
	PLACE_AFTER,
};

struct choice {
	struct emitter e;                 /* counts the blocks anew */
	enum place place;
	struct buf held;                  /* text that may be part of a tag */
};

struct think_filter {
	struct choice choices[MAX_CHOICES];
};

struct think_filter *think_filter_create(const struct event_sink *next)
{
	struct think_filter *f = xcalloc(1, sizeof *f);

	for (unsigned i = 0; i < MAX_CHOICES; i++) {
		f->choices[i].e.sink = *next;
		f->choices[i].e.choice = i;
		buf_init(&f->choices[i].held, MAX_SSE_EVENT_BYTES);
	}
	return f;
}

void think_filter_destroy(struct think_filter *f)
{
	if (!f) {
		return;
	}
	for (unsigned i = 0; i < MAX_CHOICES; i++) {
		buf_release(&f->choices[i].held);
	}
	free(f);
}

static bool is_line_break(char c)
{
	return c == '\n' || c == '\r';
}

static void put(struct choice *c, enum hub_block_kind kind, struct slice text)
{
	if (text.len) {
		emit_ensure(&c->e, kind);
		emit_delta(&c->e, kind == BLOCK_TEXT ? DELTA_TEXT : DELTA_THINKING, text);
	}
}

/* Length of the longest end of `text` that a tag could begin with. */
static size_t tag_begun(struct slice text, const char *tag)
{
	size_t longest = strlen(tag) - 1;

	for (size_t len = longest < text.len ? longest : text.len; len; len--) {
		if (memcmp(text.ptr + text.len - len, tag, len) == 0) {
			return len;
		}
	}
	return 0;
}

static size_t without_breaks(struct slice text, size_t len)
{
	while (len && is_line_break(text.ptr[len - 1])) {
		len--;
	}
	return len;
}

/* Texts may hold NUL, so this is no strstr. */
static const char *find_tag(struct slice text, const char *tag)
{
	const char *end = text.ptr + text.len;
	const char *at = text.ptr;
	size_t len = strlen(tag);

	while (at && (size_t)(end - at) >= len) {
		if (memcmp(at, tag, len) == 0) {
			return at;
		}
		at = memchr(at + 1, tag[0], (size_t)(end - at) - 1);
	}
	return NULL;
}

static void drop_breaks(struct buf *held)
{
	size_t count = 0;

	while (count < held->len && is_line_break(held->ptr[count])) {
		count++;
	}
	buf_drop(held, count);
}

/* True when the place changed and what is held must be looked at again. */
static bool step_before(struct choice *c)
{
	struct slice text = buf_slice(&c->held);
	size_t blank = 0;
	size_t len = strlen(open_tag);

	while (blank < text.len && strchr(" \t\r\n", text.ptr[blank])) {
		blank++;
	}
	len = text.len - blank < len ? text.len - blank : len;
	if (memcmp(text.ptr + blank, open_tag, len) != 0) {
		c->place = PLACE_AFTER;
		return true;
	}
	if (len < strlen(open_tag)) {
		return false;
	}
	buf_drop(&c->held, blank + len);
	c->place = PLACE_INSIDE;
	return true;
}

/* Line breaks next to a tag are layout, not thought. */
static bool step_inside(struct choice *c)
{
	struct slice text;
	const char *end;
	size_t len;

	if (!c->e.is_open || c->e.open_kind != BLOCK_THINKING) {
		drop_breaks(&c->held);
	}
	text = buf_slice(&c->held);
	end = find_tag(text, close_tag);
	len = end ? (size_t)(end - text.ptr) : text.len - tag_begun(text, close_tag);
	len = without_breaks(text, len);
	put(c, BLOCK_THINKING, (struct slice){ text.ptr, len });
	if (end) {
		len = (size_t)(end - text.ptr) + strlen(close_tag);
		c->place = PLACE_GAP;
	}
	buf_drop(&c->held, len);
	return end != NULL;
}

static void feed(struct choice *c, struct slice text)
{
	bool again = true;

	buf_add(&c->held, text.ptr, text.len);
	while (again) {
		switch (c->place) {
		case PLACE_BEFORE:
			again = step_before(c);
			break;
		case PLACE_INSIDE:
			again = step_inside(c);
			break;
		case PLACE_GAP:
			drop_breaks(&c->held);
			again = c->held.len > 0;
			c->place = again ? PLACE_AFTER : PLACE_GAP;
			break;
		case PLACE_AFTER:
			put(c, BLOCK_TEXT, buf_slice(&c->held));
			buf_clear(&c->held);
			again = false;
			break;
		}
	}
}

/* The text block ends: an unclosed thought is all thought. */
static void flush(struct choice *c)
{
	put(c, c->place == PLACE_INSIDE ? BLOCK_THINKING : BLOCK_TEXT, buf_slice(&c->held));
	if (c->place != PLACE_BEFORE || !slice_is_blank(buf_slice(&c->held))) {
		c->place = PLACE_AFTER;
	}
	buf_clear(&c->held);
	emit_close(&c->e);
}

static void on_delta(struct choice *c, const struct event *ev)
{
	switch (ev->delta) {
	case DELTA_TEXT:
		feed(c, ev->text);
		break;
	case DELTA_SIG:
		emit_sig(&c->e, ev->sig);
		break;
	case DELTA_CITE:
		emit_cite(&c->e, ev->citation);
		break;
	default:
		emit_delta(&c->e, ev->delta, ev->text);
		break;
	}
}

static void push(void *ctx, const struct event *ev)
{
	struct think_filter *f = ctx;
	struct choice *c;

	if (ev->choice >= MAX_CHOICES) {
		return;
	}
	c = &f->choices[ev->choice];
	switch (ev->kind) {
	case EVENT_START:
		emit_start(&c->e, ev->head, ev->usage);
		break;
	case EVENT_BLOCK_START:
		if (ev->block->kind != BLOCK_TEXT) {
			emit_open(&c->e, ev->block);
		}
		break;
	case EVENT_DELTA:
		on_delta(c, ev);
		break;
	case EVENT_BLOCK_STOP:
		flush(c);
		break;
	case EVENT_USAGE:
		emit_usage(&c->e, ev->usage);
		break;
	case EVENT_STOP:
		emit_stop(&c->e, ev->stop);
		break;
	case EVENT_END:
		emit_end(&c->e);
		break;
	case EVENT_ERROR:
		emit_error(&c->e, ev->error);
		break;
	case EVENT_PING:
		emit_ping(&c->e);
		break;
	}
}

struct event_sink think_filter_sink(struct think_filter *f)
{
	return (struct event_sink){ push, f };
}
