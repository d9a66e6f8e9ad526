/*
 * Allocation that does not fail: out of memory ends the process with a
 * message, so no caller handles it. What a stranger can make large is bounded
 * first (base/limits.h), and big bodies are counted (base/budget.h).
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *ptr, size_t size);
char *xstrdup(const char *text);             /* NULL stays NULL */
char *xstrndup(const char *ptr, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Overwrites memory in a way the compiler may not remove. */
void mem_wipe(void *ptr, size_t len);

#endif
