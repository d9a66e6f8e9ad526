#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void secret_set(struct secret *s, struct slice value)
{
	char *copy = xstrndup(value.ptr, value.len);

	secret_release(s);
	s->ptr = copy;
	s->len = value.len;
}

void secret_release(struct secret *s)
{
	if (s->ptr) {
		mem_wipe(s->ptr, s->len);
		free(s->ptr);
	}
	*s = (struct secret)SECRET_INIT;
}

bool secret_is_empty(const struct secret *s)
{
	return s->len == 0;
}

struct slice secret_peek(const struct secret *s)
{
	return (struct slice){ s->ptr ? s->ptr : "", s->len };
}

/* Four characters of a long random key tell keys apart and help nobody. */
void secret_mask(struct slice value, char out[SECRET_MASK_BYTES])
{
	if (value.len < 20) {
		snprintf(out, SECRET_MASK_BYTES, "***");
		return;
	}
	snprintf(out, SECRET_MASK_BYTES, "%.3s...%.4s", value.ptr,
		 value.ptr + value.len - 4);
}
