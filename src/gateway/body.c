#include "gateway/body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* How much a value may grow in place, and how far from the start it may be. */
#define HEADROOM 512
#define MOVABLE 8192
#define FIRST_CAPACITY 4096

void body_init(struct body *b, struct budget *budget, size_t max)
{
	*b = (struct body){ .budget = budget, .max = max };
}

void body_release(struct body *b)
{
	body_unpatch(b);
	if (b->storage) {
		budget_give(b->budget, b->capacity);
	}
	free(b->storage);
	free(b->saved);
	*b = (struct body){ .budget = b->budget, .max = b->max };
}

static bool too_large(const struct body *b, struct err *err)
{
	return err_setf(err, ERR_TOO_LARGE, "the request's body is larger than %zu bytes",
			b->max);
}

static bool set_capacity(struct body *b, size_t capacity, struct err *err)
{
	size_t more = capacity - b->capacity;

	if (!budget_take(b->budget, more)) {
		return err_setf(err, ERR_FAILED,
				"the gateway's memory budget is used up; try again shortly");
	}
	b->storage = xrealloc(b->storage, HEADROOM + capacity + 1);
	b->capacity = capacity;
	return true;
}

bool body_expect(struct body *b, int64_t length, struct err *err)
{
	if (length < 0) {
		return true;
	}
	if ((uint64_t)length > b->max) {
		return too_large(b, err);
	}
	return (size_t)length <= b->capacity || set_capacity(b, (size_t)length, err);
}

bool body_add(struct body *b, struct slice bytes, struct err *err)
{
	size_t need = b->len + bytes.len;

	if (need > b->max) {
		return too_large(b, err);
	}
	if (need > b->capacity) {
		size_t capacity = b->capacity ? 2 * b->capacity : FIRST_CAPACITY;

		while (capacity < need) {
			capacity *= 2;
		}
		if (!set_capacity(b, capacity < b->max ? capacity : b->max, err)) {
			return false;
		}
	}
	memcpy(b->storage + HEADROOM + b->len, bytes.ptr, bytes.len);
	b->len = need;
	return true;
}

char *body_room(struct body *b, size_t bytes)
{
	return bytes <= b->capacity - b->len ? b->storage + HEADROOM + b->len : NULL;
}

void body_filled(struct body *b, size_t bytes)
{
	assert(bytes <= b->capacity - b->len);
	b->len += bytes;
}

bool body_replace(struct body *b, struct slice text, struct err *err)
{
	b->len = 0;
	return body_add(b, text, err);
}

static char *text_start(const struct body *b)
{
	return b->storage + HEADROOM;
}

struct slice body_text(const struct body *b)
{
	assert(!b->saved_len && !b->rebuilt);
	return b->storage ? (struct slice){ text_start(b), b->len } : (struct slice){ "", 0 };
}

/* Writes text[0 … end) with the edits applied; returns behind it. */
static char *write_edited(char *out, const char *text, size_t end,
			  const struct body_edit *edits, size_t count)
{
	const char *from = text;

	for (size_t i = 0; i < count; i++) {
		size_t keep = (size_t)(edits[i].range.ptr - from);

		memcpy(out, from, keep);
		out += keep;
		memcpy(out, edits[i].text.ptr, edits[i].text.len);
		out += edits[i].text.len;
		from = edits[i].range.ptr + edits[i].range.len;
	}
	memcpy(out, from, (size_t)(text + end - from));
	return out + (text + end - from);
}

static size_t edited_length(size_t len, const struct body_edit *edits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		len = len - edits[i].range.len + edits[i].text.len;
	}
	return len;
}

/* The part up to the last edit is short: rewrite it against what follows. */
static struct slice patch_in_place(struct body *b, const struct body_edit *edits,
				   size_t count, size_t end)
{
	char *text = text_start(b);
	size_t new_len = edited_length(end, edits, count);
	char edited[MOVABLE + HEADROOM];
	char *start = text + end - new_len;

	b->saved = xrealloc(b->saved, end);
	memcpy(b->saved, text, end);
	b->saved_len = end;
	write_edited(edited, text, end, edits, count);
	memcpy(start, edited, new_len);
	return (struct slice){ start, new_len + b->len - end };
}

bool body_patch(struct body *b, const struct body_edit *edits, size_t count,
		struct slice *out)
{
	size_t end;
	size_t total;

	if (!count) {
		*out = body_text(b);
		return true;
	}
	end = (size_t)(edits[count - 1].range.ptr + edits[count - 1].range.len - text_start(b));
	if (end && end <= MOVABLE && edited_length(end, edits, count) <= end + HEADROOM) {
		*out = patch_in_place(b, edits, count, end);
		return true;
	}
	total = edited_length(b->len, edits, count);
	if (!budget_take(b->budget, total)) {
		return false;
	}
	b->rebuilt = xmalloc(total + 1);
	b->rebuilt_capacity = total;
	write_edited(b->rebuilt, text_start(b), b->len, edits, count);
	*out = (struct slice){ b->rebuilt, total };
	return true;
}

void body_unpatch(struct body *b)
{
	if (b->saved_len) {
		memcpy(text_start(b), b->saved, b->saved_len);
		b->saved_len = 0;
	}
	if (b->rebuilt) {
		free(b->rebuilt);
		b->rebuilt = NULL;
		budget_give(b->budget, b->rebuilt_capacity);
	}
}
