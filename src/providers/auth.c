#include "providers/auth.h"

#include <assert.h>

void auth_add(struct header_list *out, const char *name, const char *value)
{
	assert(out->count < ARRAY_LEN(out->items));
	out->items[out->count++] = (struct header){ name, value };
}

/* A key that was pasted with a line end must not become two header lines. */
static struct slice one_line(const struct secret *key)
{
	struct slice value = slice_trim(secret_peek(key));

	for (size_t i = 0; i < value.len; i++) {
		if ((unsigned char)value.ptr[i] < 0x20) {
			value.len = i;
		}
	}
	return value;
}

void auth_add_key(struct header_list *out, struct arena *a, const char *name,
		  const struct secret *key)
{
	struct slice value = one_line(key);

	if (value.len) {
		auth_add(out, name, arena_strndup(a, value.ptr, value.len));
	}
}

void auth_add_bearer(struct header_list *out, struct arena *a, const struct secret *key)
{
	struct slice value = one_line(key);

	if (value.len) {
		auth_add(out, "authorization",
			 arena_printf(a, "Bearer %.*s", (int)value.len, value.ptr));
	}
}

void auth_none(const struct provider_request *req, const struct secret *key, struct arena *a,
	       struct header_list *out)
{
	(void)req;
	(void)key;
	(void)a;
	(void)out;
}

void auth_add_anthropic_version(struct header_list *out, struct arena *a,
				const struct provider_request *req)
{
	const char *version = *req->anthropic_version ? req->anthropic_version : "2023-06-01";

	auth_add(out, "anthropic-version", arena_strdup(a, version));
}
