#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_init_fixed(struct buf *b, char *storage, size_t size)
{
	*b = (struct buf){ .ptr = storage, .capacity = size, .max = size - 1 };
	storage[0] = '\0';
}

void buf_release(struct buf *b)
{
	free(b->ptr);
	*b = (struct buf){ .max = b->max };
}

void buf_wipe(struct buf *b)
{
	if (b->ptr) {
		mem_wipe(b->ptr, b->capacity);
	}
	buf_release(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->ptr) {
		b->ptr[0] = '\0';
	}
}

bool buf_reserve(struct buf *b, size_t more)
{
	size_t need = b->len + more + 1;
	size_t capacity = b->capacity ? b->capacity : 64;

	if (b->failed || more > b->max || b->len + more > b->max) {
		b->failed = true;
		return false;
	}
	if (need <= b->capacity) {
		return true;
	}
	while (capacity < need) {
		capacity *= 2;
	}
	b->ptr = xrealloc(b->ptr, capacity);
	b->capacity = capacity;
	return true;
}

void buf_add(struct buf *b, const void *ptr, size_t len)
{
	if (!buf_reserve(b, len)) {
		return;
	}
	if (len) {
		memcpy(b->ptr + b->len, ptr, len);
	}
	b->len += len;
	b->ptr[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_addc(struct buf *b, char c)
{
	if (buf_reserve(b, 1)) {
		b->ptr[b->len++] = c;
		b->ptr[b->len] = '\0';
	}
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	char small[128];
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(small, sizeof small, fmt, ap);
	if (len >= 0 && (size_t)len < sizeof small) {
		buf_add(b, small, (size_t)len);
	} else if (len >= 0 && buf_reserve(b, (size_t)len)) {
		vsnprintf(b->ptr + b->len, (size_t)len + 1, fmt, again);
		b->len += (size_t)len;
	}
	va_end(again);
}

void buf_drop(struct buf *b, size_t len)
{
	if (len >= b->len) {
		b->len = 0;
	} else {
		memmove(b->ptr, b->ptr + len, b->len - len);
		b->len -= len;
	}
	if (b->ptr) {
		b->ptr[b->len] = '\0';
	}
}

const char *buf_text(const struct buf *b)
{
	return b->ptr ? b->ptr : "";
}

struct slice buf_slice(const struct buf *b)
{
	return (struct slice){ buf_text(b), b->len };
}

char *buf_detach(struct buf *b)
{
	char *text = b->ptr ? b->ptr : xstrdup("");

	*b = (struct buf){ .max = b->max };
	return text;
}
