#include "config/expand.h"

#include <ctype.h>
#include <stdlib.h>

/* The inside of ${...}. */
struct reference {
	char name[128];
	bool has_default;
	struct slice fallback;
};

static bool parse_reference(struct slice inside, struct reference *r)
{
	size_t len = 0;

	while (len < inside.len && (isalnum((unsigned char)inside.ptr[len]) ||
				    inside.ptr[len] == '_')) {
		len++;
	}
	if (len == 0 || len >= sizeof r->name || isdigit((unsigned char)inside.ptr[0])) {
		return false;
	}
	memcpy(r->name, inside.ptr, len);
	r->name[len] = '\0';
	inside.ptr += len;
	inside.len -= len;
	r->has_default = inside.len >= 2 && memcmp(inside.ptr, ":-", 2) == 0;
	r->fallback = SLICE_NULL;
	if (r->has_default) {
		r->fallback = (struct slice){ inside.ptr + 2, inside.len - 2 };
	}
	return r->has_default || inside.len == 0;
}

/* An empty variable counts as missing where there is a default, as in sh. */
static enum expand_result add_variable(const struct reference *r, struct buf *out,
				       struct err *err)
{
	const char *value = getenv(r->name);

	if (r->has_default && str_empty(value)) {
		buf_add(out, r->fallback.ptr, r->fallback.len);
		return EXPAND_OK;
	}
	if (!value) {
		err_setf(err, ERR_INVALID, "variable %s is not set; expected it in the "
			 "environment, or a default: ${%s:-...}", r->name, r->name);
		return EXPAND_MISSING;
	}
	buf_adds(out, value);
	return EXPAND_OK;
}

/* `*text` stands at "${"; goes behind the brace. */
static enum expand_result add_reference(const char **text, bool keeps_prompt_names,
					struct buf *out, struct err *err)
{
	const char *inside = *text + 2;
	const char *end = strchr(inside, '}');
	struct reference r;

	if (!end || !parse_reference((struct slice){ inside, (size_t)(end - inside) }, &r)) {
		err_setf(err, ERR_INVALID, "a ${ that names no variable; expected ${NAME} or "
			 "${NAME:-default}, or $${ for a plain ${");
		return EXPAND_INVALID;
	}
	if (keeps_prompt_names && r.name[0] == '_') {
		buf_add(out, *text, (size_t)(end + 1 - *text));
		*text = end + 1;
		return EXPAND_OK;
	}
	*text = end + 1;
	return add_variable(&r, out, err);
}

enum expand_result expand_text(const char *text, bool keeps_prompt_names, struct buf *out,
			       struct err *err)
{
	while (*text) {
		enum expand_result result = EXPAND_OK;

		if (str_starts(text, "$${")) {
			buf_adds(out, "${");
			text += 3;
		} else if (str_starts(text, "${")) {
			result = add_reference(&text, keeps_prompt_names, out, err);
		} else {
			buf_addc(out, *text++);
		}
		if (result != EXPAND_OK) {
			return result;
		}
	}
	if (out->failed) {
		err_setf(err, ERR_INVALID, "too long once its variables are filled in");
		return EXPAND_INVALID;
	}
	return EXPAND_OK;
}
