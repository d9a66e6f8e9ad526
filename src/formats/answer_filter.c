#include "formats/answer_filter.h"

#include <string.h>

void answer_filter_init(struct answer_filter *f, const struct answer_plan *plan,
			const struct event_sink *next)
{
	*f = (struct answer_filter){ .plan = plan, .next = *next };
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		stop_scan_init(&f->scans[i], plan->stops);
	}
}

void answer_filter_release(struct answer_filter *f)
{
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		stop_scan_release(&f->scans[i]);
	}
}

static void pass(const struct answer_filter *f, const struct event *ev)
{
	event_push(&f->next, ev);
}

static void filter_start(struct answer_filter *f, const struct event *ev)
{
	struct answer_head head = *ev->head;
	struct event out = *ev;
	size_t len = head.model.len < MAX_UPSTREAM_MODEL - 1 ? head.model.len
							     : MAX_UPSTREAM_MODEL - 1;

	if (len) {
		memcpy(f->upstream_model, head.model.ptr, len);
		f->upstream_model[len] = '\0';
	}
	if (f->plan->asked_model.len) {
		head.model = f->plan->asked_model;
	}
	if (head.created <= 0) {
		head.created = f->plan->created;
	}
	out.head = &head;
	pass(f, &out);
}

static void filter_block_start(struct answer_filter *f, const struct event *ev)
{
	struct hub_block block = *ev->block;
	struct event out = *ev;
	const struct plan_tool *tool;

	out.block = &block;
	f->is_text[ev->choice] = false;
	if (block.kind == BLOCK_TOOL_USE) {
		if (f->plan->output_emulated &&
		    slice_eq(block.tool_use.name, EMULATED_TOOL)) {
			f->is_text[ev->choice] = true;
			block = (struct hub_block){ .kind = BLOCK_TEXT };
		} else if ((tool = answer_plan_tool(f->plan, block.tool_use.name))) {
			block.tool_use.name = tool->name;
			block.tool_use.name_space = tool->name_space;
			block.tool_use.is_custom |= tool->is_custom;
		}
	}
	pass(f, &out);
}

static void pass_ready(struct answer_filter *f, struct event *ev)
{
	struct stop_scan *scan = &f->scans[ev->choice];

	ev->kind = EVENT_DELTA;
	ev->delta = DELTA_TEXT;
	ev->text = stop_scan_ready(scan);
	if (ev->text.len) {
		pass(f, ev);
	}
	stop_scan_drop(scan);
}

/* The answer ends here, whatever the upstream still sends. */
static void cut(struct answer_filter *f, const struct event *ev, struct slice stop_text)
{
	const struct hub_stop stop = { .kind = STOP_SEQUENCE, .text = stop_text };
	struct event out = { .choice = ev->choice, .index = ev->index };

	out.kind = EVENT_BLOCK_STOP;
	pass(f, &out);
	out.kind = EVENT_STOP;
	out.stop = &stop;
	pass(f, &out);
	out.kind = EVENT_END;
	pass(f, &out);
	f->is_cut[ev->choice] = true;
}

static void filter_text(struct answer_filter *f, const struct event *ev)
{
	struct event out = *ev;
	const struct hub_name *hit;

	if (!f->plan->stops) {
		pass(f, ev);
		return;
	}
	hit = stop_scan_feed(&f->scans[ev->choice], ev->text);
	pass_ready(f, &out);
	if (hit) {
		cut(f, ev, hit->text);
	}
}

/* C58. The texts that end an answer early are known in characters only, so
 * which tokens they cut off is not. */
static bool passes_logprobs(const struct answer_filter *f)
{
	return f->plan->logprobs && !f->plan->stops;
}

static void filter_delta(struct answer_filter *f, const struct event *ev)
{
	struct event out = *ev;

	if (ev->delta == DELTA_LOGPROBS && !passes_logprobs(f)) {
		return;
	}
	if (ev->delta == DELTA_THINKING && f->plan->show == SHOW_NONE) {
		return;
	}
	if (ev->delta == DELTA_ARGS && f->is_text[ev->choice]) {
		out.delta = DELTA_TEXT;
	}
	if (out.delta == DELTA_TEXT) {
		filter_text(f, &out);
	} else {
		pass(f, &out);
	}
}

static void filter_block_stop(struct answer_filter *f, const struct event *ev)
{
	struct event held = *ev;

	stop_scan_flush(&f->scans[ev->choice]);
	pass_ready(f, &held);
	pass(f, ev);
}

static void filter_stop(struct answer_filter *f, const struct event *ev)
{
	struct hub_stop stop = *ev->stop;
	struct event out = *ev;

	if (stop.kind == STOP_TOOL_USE && f->plan->output_emulated) {
		stop.kind = STOP_END;
	}
	if (stop.kind == STOP_SEQUENCE && !stop.text.ptr) {
		stop.text = f->plan->only_stop;
	}
	out.stop = &stop;
	pass(f, &out);
}

void answer_filter_event(struct answer_filter *f, const struct event *ev)
{
	if (ev->choice >= MAX_CHOICES || f->is_cut[ev->choice]) {
		return;
	}
	switch (ev->kind) {
	case EVENT_START:
		filter_start(f, ev);
		break;
	case EVENT_BLOCK_START:
		filter_block_start(f, ev);
		break;
	case EVENT_DELTA:
		filter_delta(f, ev);
		break;
	case EVENT_BLOCK_STOP:
		filter_block_stop(f, ev);
		break;
	case EVENT_STOP:
		filter_stop(f, ev);
		break;
	default:
		pass(f, ev);
		break;
	}
}
