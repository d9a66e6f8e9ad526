/* A Chat stream -> hub events (C133, C134a), of OpenAI and of the servers that
 * nearly speak like it (azure-and-compatible.md section 4). */
#include "formats/chat_stream.h"

#include "base/limits.h"

void chat_decoder_init(void *state, const struct answer_plan *plan,
		       const struct event_sink *sink)
{
	struct chat_decoder *d = state;

	(void)plan;
	d->sink = *sink;
	d->head.format = FORMAT_CHAT;
	d->usage = (struct hub_usage)HUB_USAGE_INIT;
	arena_init(&d->kept, 256);
}

void chat_decoder_release(void *state)
{
	struct chat_decoder *d = state;

	for (size_t i = 0; i < MAX_CHOICES; i++) {
		chat_choice_destroy(d->choices[i]);
	}
	arena_release(&d->kept);
}

static struct chat_choice *choice_of(struct chat_decoder *d, const struct json *v)
{
	int64_t index = 0;

	json_get_int(v, "index", &index);
	if (index < 0 || index >= MAX_CHOICES) {
		return NULL;
	}
	if (!d->choices[index]) {
		d->choices[index] = chat_choice_create(&d->sink, (unsigned)index);
		emit_start(&d->choices[index]->e, &d->head, d->has_usage ? &d->usage : NULL);
	}
	return d->choices[index];
}

/* ---- frames ---- */

static void keep_text(struct chat_decoder *d, struct slice *out, struct slice text)
{
	if (!out->len && text.len && text.len <= MAX_JSON_TEXT_BYTES) {
		*out = arena_slice(&d->kept, text);
	}
}

/* Azure's first chunk is empty, so the first of each that says something. */
static void read_head(struct chat_decoder *d, const struct json *frame)
{
	keep_text(d, &d->head.id, json_get_text(frame, "id"));
	keep_text(d, &d->head.model, json_get_text(frame, "model"));
	keep_text(d, &d->head.service_tier, json_get_text(frame, "service_tier"));
	if (d->head.created <= 0) {
		json_get_int(frame, "created", &d->head.created);
	}
}

static struct emitter *first_emitter(struct chat_decoder *d)
{
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		if (d->choices[i]) {
			return &d->choices[i]->e;
		}
	}
	return NULL;
}

static void on_usage(struct chat_decoder *d, const struct json *frame)
{
	struct hub_usage usage;
	struct emitter *e = first_emitter(d);

	if (!chat_usage_read(frame, &usage)) {
		return;
	}
	hub_usage_merge(&d->usage, &usage);
	d->has_usage = true;
	if (e) {
		emit_usage(e, &d->usage);
	}
}

/* For what concerns no choice, or comes before there is one. */
static struct emitter *any_emitter(struct chat_decoder *d, struct emitter *spare)
{
	struct emitter *e = first_emitter(d);

	*spare = (struct emitter){ .sink = d->sink };
	return e ? e : spare;
}

void chat_decode_frame(void *state, struct arena *scratch, const struct json *frame)
{
	struct chat_decoder *d = state;
	struct emitter spare;

	if (d->is_over) {
		return;
	}
	if (chat_emit_error(any_emitter(d, &spare), scratch, frame)) {
		d->is_over = true;
		return;
	}
	read_head(d, frame);
	on_usage(d, frame);
	json_each(v, json_get(frame, "choices")) {
		struct chat_choice *c = choice_of(d, v);

		if (c) {
			chat_choice_feed(c, scratch, v);
		}
	}
}

/* ---- the end ---- */

static bool lacks_finish(const struct chat_decoder *d)
{
	bool has_choice = false;

	for (size_t i = 0; i < MAX_CHOICES; i++) {
		if (d->choices[i] && !d->choices[i]->has_finish) {
			return true;
		}
		has_choice |= d->choices[i] != NULL;
	}
	return !has_choice;
}

static void end_all(struct chat_decoder *d)
{
	struct emitter spare;

	d->is_over = true;
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		if (d->choices[i]) {
			chat_choice_stop(d->choices[i]);
		}
	}
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		if (d->choices[i]) {
			emit_end(&d->choices[i]->e);
		}
	}
	if (!first_emitter(d)) {
		emit_end(any_emitter(d, &spare));
	}
}

/* Some servers say that they are done, but never why. */
void chat_decode_done(void *state)
{
	struct chat_decoder *d = state;

	if (!d->is_over) {
		end_all(d);
	}
}

void chat_decode_eof(void *state)
{
	struct chat_decoder *d = state;
	struct emitter spare;

	if (d->is_over) {
		return;
	}
	if (lacks_finish(d)) {
		emit_failure(any_emitter(d, &spare), ERROR_UPSTREAM_EOF,
			     "the upstream's stream broke off");
		return;
	}
	end_all(d);
}
