#include "demo/demo_upstream.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "demo/demo_answer.h"

struct demo_transfer {
	struct transfer base;           /* first: the interface */
	struct loop *loop;
	const struct transfer_events *events;
	void *ctx;
	struct demo_answer *answer;     /* in the arena: its head outlives the transfer */
	size_t next_frame;
	bool has_head;
	bool is_paused;
	bool is_over;
	struct timer timer;
	struct deferred free;
};

static void free_transfer(struct deferred *d)
{
	free((char *)d - offsetof(struct demo_transfer, free));
}

static void end(struct demo_transfer *t)
{
	t->is_over = true;
	loop_timer_clear(t->loop, &t->timer);
	loop_defer(t->loop, &t->free);
}

static void abort_transfer(struct transfer *base)
{
	struct demo_transfer *t = (struct demo_transfer *)base;

	if (!t->is_over) {
		end(t);
	}
}

static void schedule(struct demo_transfer *t)
{
	uint64_t in_ms = 0;

	if (t->is_over || t->is_paused) {
		return;
	}
	if (t->next_frame < t->answer->frame_count) {
		in_ms = (uint64_t)t->answer->frames[t->next_frame].delay_ms;
	}
	loop_timer_set(t->loop, &t->timer, in_ms);
}

static void pause_transfer(struct transfer *base)
{
	struct demo_transfer *t = (struct demo_transfer *)base;

	t->is_paused = true;
	loop_timer_clear(t->loop, &t->timer);
}

static void resume_transfer(struct transfer *base)
{
	struct demo_transfer *t = (struct demo_transfer *)base;

	t->is_paused = false;
	schedule(t);
}

static void send_head(struct demo_transfer *t)
{
	struct transfer_head head = {
		.status = t->answer->status,
		.headers = t->answer->headers.items,
		.header_count = t->answer->headers.count,
		.content_length = -1,
	};

	t->has_head = true;
	t->events->on_head(t->ctx, &head);
}

static void on_timer(struct timer *timer)
{
	struct demo_transfer *t =
		(struct demo_transfer *)((char *)timer - offsetof(struct demo_transfer, timer));
	const struct transfer_events *events = t->events;
	void *ctx = t->ctx;

	if (!t->has_head) {
		send_head(t);
	}
	if (!t->is_over && t->next_frame < t->answer->frame_count) {
		const struct demo_frame *frame = &t->answer->frames[t->next_frame++];

		events->on_body(ctx, frame->bytes);
	}
	if (!t->is_over && t->next_frame == t->answer->frame_count) {
		bool is_cut = t->answer->is_cut;

		end(t);
		events->on_done(ctx, is_cut ? TRANSFER_CLOSED : TRANSFER_OK,
				is_cut ? "the demo upstream cut this answer on purpose" : "");
		return;
	}
	schedule(t);
}

struct transfer *demo_upstream_start(struct loop *loop, const struct transfer_spec *spec,
				     const struct transfer_events *events, void *ctx)
{
	static const struct transfer_ops ops = {
		.abort = abort_transfer,
		.pause = pause_transfer,
		.resume = resume_transfer,
	};
	struct demo_transfer *t = xcalloc(1, sizeof *t);
	struct demo_request request = {
		.method = spec->method,
		.url = spec->url,
		.body = spec->body,
		.now_s = clock_wall_ms() / 1000,
	};

	crypto_random(&request.serial, sizeof request.serial);
	t->base.ops = &ops;
	t->loop = loop;
	t->events = events;
	t->ctx = ctx;
	t->timer.on_fire = on_timer;
	t->free.run = free_transfer;
	t->answer = arena_zalloc(spec->arena, sizeof *t->answer);
	demo_answer(&request, spec->arena, t->answer);
	schedule(t);
	return &t->base;
}
