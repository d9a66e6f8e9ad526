#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Larger ones may come from the kernel, zeroed already. */
#define CLEARED_BYTES 4096

static void *checked(void *ptr)
{
	if (!ptr) {
		fputs("llm-gateway: out of memory\n", stderr);
		abort();
	}
	return ptr;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

/* glibc's calloc passes by its thread caches, and what is small is zeroed
 * faster than it is found elsewhere. */
void *xcalloc(size_t count, size_t size)
{
	if (size && count <= CLEARED_BYTES / size) {
		return memset(xmalloc(count * size), 0, count * size);
	}
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *ptr, size_t size)
{
	return checked(realloc(ptr, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return text ? xstrndup(text, strlen(text)) : NULL;
}

char *xstrndup(const char *ptr, size_t len)
{
	char *copy = xmalloc(len + 1);

	if (len) {
		memcpy(copy, ptr, len);
	}
	copy[len] = '\0';
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	va_list again;
	int len;
	char *text;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = xmalloc((size_t)(len < 0 ? 0 : len) + 1);
	text[0] = '\0';
	if (len > 0) {
		vsnprintf(text, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	return text;
}

void mem_wipe(void *ptr, size_t len)
{
	if (len) {
		explicit_bzero(ptr, len);
	}
}
