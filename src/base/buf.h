/*
 * Growing byte buffer with a maximum. Text in it is always NUL-terminated
 * behind `len`. Going beyond the maximum sets `failed`, keeps what was there
 * and makes every later append a no-op, so a caller checks once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf {
	char *ptr;          /* owned; "" when empty and never allocated */
	size_t len;
	size_t capacity;
	size_t max;
	bool failed;
};

#define BUF_INIT(limit) { .ptr = NULL, .max = (limit) }

void buf_init(struct buf *b, size_t max);
/* In the caller's memory, of `size` bytes with the NUL: never grows, and
 * neither release nor detach may follow. */
void buf_init_fixed(struct buf *b, char *storage, size_t size);
void buf_release(struct buf *b);              /* zeroed afterwards */
void buf_wipe(struct buf *b);                 /* release after overwriting */
void buf_clear(struct buf *b);                /* len 0, storage stays */

bool buf_reserve(struct buf *b, size_t more); /* room for `more` and a NUL */
void buf_add(struct buf *b, const void *ptr, size_t len);
void buf_adds(struct buf *b, const char *text);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void buf_drop(struct buf *b, size_t len);     /* removes from the front */

/* Never NULL, NUL-terminated. Borrowed. */
const char *buf_text(const struct buf *b);
struct slice buf_slice(const struct buf *b);

/* Gives the storage (NUL-terminated, to be freed) and leaves `b` empty. */
char *buf_detach(struct buf *b);

#endif
