/*
 * State that lives at one upstream: an answer that a later request goes on
 * from, an uploaded file. Whoever refers to it goes there and nowhere else.
 */
#define _GNU_SOURCE     /* memmem */
#include "gateway/exchange.h"

#include "base/clock.h"
#include "base/json_scan.h"

/* An answer names itself at its beginning; a stream's first frame may repeat
 * the whole request behind that. */
#define LOOK_BYTES 4096

#define MAX_ID_BYTES 256

/* The string behind the first `key` in the text; the quotes around a key in
 * somebody's prose are escaped, so they do not match. */
static struct slice string_behind(struct slice text, const char *key)
{
	const char *end = text.ptr + text.len;
	const char *at = text.len ? memmem(text.ptr, text.len, key, strlen(key)) : NULL;
	const char *close;

	if (!at) {
		return SLICE_NULL;
	}
	at += strlen(key);
	while (at < end && (*at == ':' || *at == ' ' || *at == '\n' || *at == '\t')) {
		at++;
	}
	close = at < end && *at == '"' ? memchr(at + 1, '"', (size_t)(end - at - 1)) : NULL;
	if (!close || close - at - 1 > MAX_ID_BYTES) {
		return SLICE_NULL;
	}
	return (struct slice){ at + 1, (size_t)(close - at - 1) };
}

static const char *owner_of(struct exchange *x, struct slice id)
{
	return id.len ? router_pinned(x->worker->shared->router, id, clock_moment()) : NULL;
}

const char *pin_find(struct exchange *x)
{
	struct slice answer = x->scan.previous_response;
	const char *owner = NULL;

	if (answer.len > 2 && answer.ptr[0] == '"') {
		owner = owner_of(x, (struct slice){ answer.ptr + 1, answer.len - 2 });
	}
	if (!owner && x->scan.text.len && router_has_files(x->worker->shared->router)) {
		owner = owner_of(x, string_behind(x->scan.text, "file_id\""));
	}
	return owner;
}

static bool is_upload(const struct exchange *x)
{
	size_t len = strlen(x->endpoint.path);

	return x->endpoint.op == OP_OTHER && len >= 6 &&
	       str_eq(x->endpoint.path + len - 6, "/files");
}

void pin_answer(struct exchange *x)
{
	struct slice start = buf_slice(&x->call.held);
	struct slice id;

	if (x->call.is_converted ||
	    (x->call.format != FORMAT_RESPONSES && !is_upload(x))) {
		return;
	}
	start.len = start.len < LOOK_BYTES ? start.len : LOOK_BYTES;
	id = string_behind(start, "\"id\"");
	if (id.len) {
		router_pin(x->worker->shared->router, id, x->call.candidate->account->id,
			   clock_moment());
	}
}
