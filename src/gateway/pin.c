/*
 * State that lives at one upstream: an answer that a later request goes on
 * from, a conversation, a container in which code ran, an uploaded file.
 * Whoever refers to it goes there and nowhere else.
 */
#define _GNU_SOURCE     /* memmem */
#include "gateway/exchange.h"

#include "base/clock.h"
#include "base/json_scan.h"

/* An answer names itself at its beginning; a stream's first frame may repeat
 * the whole request behind that. */
#define LOOK_BYTES 4096

#define MAX_ID_BYTES 256

/* What begins behind the first `key`; the quotes around a key in somebody's
 * prose are escaped, so they do not match. */
static struct slice value_behind(struct slice text, const char *key)
{
	const char *end = text.ptr + text.len;
	const char *at = text.len ? memmem(text.ptr, text.len, key, strlen(key)) : NULL;

	if (!at) {
		return SLICE_NULL;
	}
	at += strlen(key);
	while (at < end && (*at == ':' || *at == ' ' || *at == '\n' || *at == '\t')) {
		at++;
	}
	return (struct slice){ at, (size_t)(end - at) };
}

/* The string at the beginning of the text. */
static struct slice string_at(struct slice text)
{
	const char *close = text.len && *text.ptr == '"' ?
			    memchr(text.ptr + 1, '"', text.len - 1) : NULL;

	if (!close || close - text.ptr - 1 > MAX_ID_BYTES) {
		return SLICE_NULL;
	}
	return (struct slice){ text.ptr + 1, (size_t)(close - text.ptr - 1) };
}

static struct slice string_behind(struct slice text, const char *key)
{
	return string_at(value_behind(text, key));
}

/* At the beginning of the text: the id itself, or an object that has it. */
static struct slice id_at(struct slice text)
{
	const char *close = text.len && *text.ptr == '{' ? memchr(text.ptr, '}', text.len) : NULL;

	if (!close) {
		return string_at(text);
	}
	return string_behind((struct slice){ text.ptr, (size_t)(close - text.ptr) }, "\"id\"");
}

static const char *owner_of(struct exchange *x, struct slice id)
{
	return id.len ? router_pinned(x->worker->shared->router, id, clock_moment()) : NULL;
}

/* Does the request let the model run code where files stay behind? */
static bool uses_containers(const struct scan *s)
{
	static const char *const tools[] = { "\"code_execution", "\"code_interpreter\"" };

	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		if (s->tools.len &&
		    memmem(s->tools.ptr, s->tools.len, tools[i], strlen(tools[i]))) {
			return true;
		}
	}
	return s->container.len > 0;
}

/* conversations/ID/items, responses/ID/cancel */
static const char *owner_of_path(struct exchange *x)
{
	struct slice rest = slice_of(x->endpoint.op == OP_OTHER ? x->endpoint.path : NULL);
	struct slice part;
	const char *owner = NULL;

	while (!owner && slice_next(&rest, '/', &part)) {
		owner = owner_of(x, part);
	}
	return owner;
}

const char *pin_find(struct exchange *x)
{
	const struct scan *s = &x->scan;
	const char *owner = owner_of(x, id_at(s->previous_response));

	x->has_container = uses_containers(s);
	if (!owner) {
		owner = owner_of_path(x);
	}
	if (!owner) {
		owner = owner_of(x, id_at(s->conversation));
	}
	if (!owner) {
		owner = owner_of(x, id_at(s->container));
	}
	if (!owner && x->has_container) {
		owner = owner_of(x, string_behind(s->tools, "\"container\""));
	}
	if (!owner && s->text.len && router_has_files(x->worker->shared->router)) {
		owner = owner_of(x, string_behind(s->text, "file_id\""));
	}
	return owner;
}

/* Does the answer name what was made and stays there? */
static bool is_creation(const struct exchange *x)
{
	static const char *const places[] = { "/files", "/containers", "/conversations" };

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (x->endpoint.op == OP_OTHER && str_ends(x->endpoint.path, places[i])) {
			return true;
		}
	}
	return false;
}

static void pin(struct exchange *x, struct slice id)
{
	if (id.len) {
		router_pin(x->worker->shared->router, id, x->call.candidate->account->id,
			   clock_moment());
	}
}

void pin_answer(struct exchange *x)
{
	struct slice start = buf_slice(&x->call.held);

	if (x->call.is_converted ||
	    (x->call.format != FORMAT_RESPONSES && !is_creation(x))) {
		return;
	}
	start.len = start.len < LOOK_BYTES ? start.len : LOOK_BYTES;
	pin(x, string_behind(start, "\"id\""));
	pin(x, id_at(value_behind(start, "\"conversation\"")));
}

void pin_container(struct exchange *x, struct slice bytes)
{
	if (x->has_container && x->call.candidate) {
		pin(x, string_behind(bytes, "\"container_id\""));
		pin(x, id_at(value_behind(bytes, "\"container\"")));
	}
}
