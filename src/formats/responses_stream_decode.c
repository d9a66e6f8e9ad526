/*
 * A stream of OpenAI Responses -> hub events (C135).
 *
 * Items come one after the other (responses_stream_items.c). One that begins
 * while another is open waits, its frames kept as they are.
 */
#include "formats/responses_stream.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"

void responses_decoder_init(void *state, const struct answer_plan *plan,
			    const struct event_sink *sink)
{
	struct responses_decoder *d = state;

	(void)plan;
	d->e.sink = *sink;
	d->index = -1;
}

static void waiting_free(struct waiting_item *item)
{
	buf_release(&item->frames);
	free(item);
}

void responses_decoder_release(void *state)
{
	struct responses_decoder *d = state;

	while (d->waiting) {
		struct waiting_item *item = d->waiting;

		d->waiting = item->next;
		waiting_free(item);
	}
}

/* ---- items that overlap ---- */

static struct waiting_item *find_waiting(struct responses_decoder *d, int64_t index)
{
	struct waiting_item *item = d->waiting;

	while (item && item->index != index) {
		item = item->next;
	}
	return item;
}

static struct waiting_item *add_waiting(struct responses_decoder *d, int64_t index)
{
	struct waiting_item *item = xcalloc(1, sizeof *item);
	struct waiting_item **tail = &d->waiting;

	item->index = index;
	buf_init(&item->frames, MAX_WAITING_BYTES);
	while (*tail) {
		tail = &(*tail)->next;
	}
	*tail = item;
	d->waiting_count++;
	return item;
}

/* Frames of an item that was never announced are nobody's. */
static void keep_waiting(struct responses_decoder *d, struct arena *scratch,
			 const struct json *frame, int64_t index)
{
	struct waiting_item *item = find_waiting(d, index);
	struct slice line = json_one_line(scratch, frame->raw);

	if (!item && !json_is_text(json_get(frame, "type"), "response.output_item.added")) {
		return;
	}
	d->waiting_bytes += line.len + 1;
	if (d->waiting_bytes > MAX_WAITING_BYTES ||
	    (!item && d->waiting_count >= MAX_WAITING_ITEMS)) {
		emit_failure(&d->e, ERROR_UPSTREAM_BAD,
			     "the upstream mixes too many items of its answer");
		return;
	}
	item = item ? item : add_waiting(d, index);
	buf_add(&item->frames, line.ptr, line.len);
	buf_addc(&item->frames, '\n');
}

static void replay(struct responses_decoder *d, const struct waiting_item *item)
{
	struct slice rest = buf_slice(&item->frames);
	struct slice line;

	while (slice_next(&rest, '\n', &line)) {
		struct arena scratch;
		const struct json *frame;

		arena_init(&scratch, 4 * KIB);
		frame = json_read(&scratch, line, NULL);
		responses_item_frame(d, &scratch, frame, item->index);
		arena_release(&scratch);
	}
}

/* The next ones in order, until one is not finished yet. */
static void resume_waiting(struct responses_decoder *d)
{
	while (!d->has_item && d->waiting) {
		struct waiting_item *item = d->waiting;

		d->waiting = item->next;
		d->waiting_count--;
		d->waiting_bytes -= item->frames.len;
		replay(d, item);
		waiting_free(item);
	}
}

/* Frames behind an item's end are late; only servers that announce no items
 * send others outside of one. */
static bool is_late(const struct responses_decoder *d, const struct json *frame, int64_t index)
{
	return !d->has_item && index <= d->index &&
	       !json_is_text(json_get(frame, "type"), "response.output_item.added");
}

static void route_item_frame(struct responses_decoder *d, struct arena *scratch,
			     const struct json *frame)
{
	int64_t index = d->has_item ? d->index : d->index + 1;

	json_get_int(frame, "output_index", &index);
	if (d->has_item && index != d->index) {
		keep_waiting(d, scratch, frame, index);
	} else if (!is_late(d, frame, index)) {
		responses_item_frame(d, scratch, frame, index);
		resume_waiting(d);
	}
}

/* ---- frames of the whole response ---- */

static void on_response(struct responses_decoder *d, const struct json *frame)
{
	const struct answer_head head = responses_head_read(json_get(frame, "response"));

	emit_start(&d->e, &head, NULL);
}

static void on_error(struct responses_decoder *d, struct arena *scratch,
		     const struct json *frame)
{
	struct api_error error;

	error_read(200, frame->raw, scratch, &error);
	emit_error(&d->e, &error);
}

static void end_items(struct responses_decoder *d, struct arena *scratch)
{
	while (d->has_item || d->waiting) {
		if (d->has_item) {
			responses_finish_item(d, scratch, NULL);
		}
		resume_waiting(d);
	}
	responses_close_block(d);
}

/* Servers that only announce and complete have everything in the last frame. */
static void on_end(struct responses_decoder *d, struct arena *scratch,
		   const struct json *frame)
{
	const struct json *response = json_get(frame, "response");
	struct hub_usage usage;
	struct hub_stop stop;

	on_response(d, frame);
	end_items(d, scratch);
	if (!d->e.has_block) {
		json_each(item, json_get(response, "output")) {
			responses_item_emit(scratch, &d->e, item);
		}
	}
	responses_usage_read(json_get(response, "usage"), &usage);
	emit_usage(&d->e, &usage);
	stop = responses_stop_read(response, &d->e);
	emit_stop(&d->e, &stop);
	emit_end(&d->e);
}

void responses_decode_frame(void *state, struct arena *scratch, const struct json *frame)
{
	struct responses_decoder *d = state;
	struct slice type = json_get_text(frame, "type");

	if (slice_eq(type, "response.created") || slice_eq(type, "response.in_progress") ||
	    slice_eq(type, "response.queued")) {
		on_response(d, frame);
	} else if (slice_eq(type, "response.completed") ||
		   slice_eq(type, "response.incomplete")) {
		on_end(d, scratch, frame);
	} else if (slice_eq(type, "error") || slice_eq(type, "response.failed") ||
		   slice_eq(type, "response.cancelled") || (!type.len &&
							    error_is_frame(frame->raw))) {
		on_error(d, scratch, frame);
	} else if (slice_eq(type, "keepalive")) {
		emit_ping(&d->e);
	} else if (type.len) {
		route_item_frame(d, scratch, frame);
	}
}

void responses_decode_eof(void *state)
{
	struct responses_decoder *d = state;

	emit_failure(&d->e, ERROR_UPSTREAM_EOF, "the upstream's stream broke off");
}
