#include "formats/event.h"

#include <assert.h>

void event_check(struct event_check *check, const struct event *ev)
{
#ifdef DEBUG
	assert(!check->is_over || ev->kind == EVENT_PING);
	switch (ev->kind) {
	case EVENT_START:
		assert(!check->is_started && ev->head);
		check->is_started = true;
		break;
	case EVENT_BLOCK_START:
		assert(check->is_started && !check->is_open && !check->is_stopped);
		assert(ev->block && ev->index == check->next_index);
		check->is_open = true;
		break;
	case EVENT_DELTA:
		assert(check->is_open && ev->index == check->next_index);
		assert(ev->text.len || ev->sig || ev->citation || ev->logprobs);
		break;
	case EVENT_BLOCK_STOP:
		assert(check->is_open && ev->index == check->next_index);
		check->is_open = false;
		check->next_index++;
		break;
	case EVENT_USAGE:
		assert(check->is_started && ev->usage);
		break;
	case EVENT_STOP:
		assert(check->is_started && !check->is_open && !check->is_stopped && ev->stop);
		check->is_stopped = true;
		break;
	case EVENT_END:
		assert(check->is_stopped);
		check->is_over = true;
		break;
	case EVENT_ERROR:
		assert(ev->error);
		check->is_over = true;
		break;
	case EVENT_PING:
		break;
	}
#else
	(void)check;
	(void)ev;
#endif
}

static void push(struct emitter *e, struct event ev)
{
	if (e->is_over) {
		return;
	}
	ev.choice = e->choice;
	ev.index = e->next_index;
	event_push(&e->sink, &ev);
}

/* Blocks and deltas count only between START and STOP. */
static bool accepts_blocks(const struct emitter *e)
{
	return e->is_started && !e->is_stopped && !e->is_over;
}

void emit_start(struct emitter *e, const struct answer_head *head,
		const struct hub_usage *usage)
{
	if (e->is_started) {
		return;
	}
	push(e, (struct event){ .kind = EVENT_START, .head = head, .usage = usage });
	e->is_started = true;
}

void emit_open(struct emitter *e, const struct hub_block *block)
{
	emit_close(e);
	if (!accepts_blocks(e)) {
		return;
	}
	push(e, (struct event){ .kind = EVENT_BLOCK_START, .block = block });
	e->is_open = true;
	e->open_kind = block->kind;
	e->has_block = true;
	e->has_tool_use |= block->kind == BLOCK_TOOL_USE;
	e->has_refusal |= block->kind == BLOCK_REFUSAL;
}

void emit_ensure(struct emitter *e, enum hub_block_kind kind)
{
	const struct hub_block empty = { .kind = kind };

	if (!e->is_open || e->open_kind != kind) {
		emit_open(e, &empty);
	}
}

static bool fits(enum hub_block_kind kind, enum delta_kind delta)
{
	switch (delta) {
	case DELTA_TEXT:
	case DELTA_CITE:
		return kind == BLOCK_TEXT;
	case DELTA_THINKING:
		return kind == BLOCK_THINKING;
	case DELTA_REFUSAL:
		return kind == BLOCK_REFUSAL;
	case DELTA_ARGS:
		return kind == BLOCK_TOOL_USE;
	case DELTA_LOGPROBS:
		return kind == BLOCK_TEXT || kind == BLOCK_REFUSAL;
	case DELTA_SIG:
		return kind == BLOCK_THINKING || kind == BLOCK_TEXT;
	}
	return false;
}

static bool accepts_delta(const struct emitter *e, enum delta_kind kind)
{
	return e->is_open && fits(e->open_kind, kind);
}

void emit_delta(struct emitter *e, enum delta_kind kind, struct slice text)
{
	if (text.len && accepts_delta(e, kind)) {
		push(e, (struct event){ .kind = EVENT_DELTA, .delta = kind, .text = text });
	}
}

void emit_sig(struct emitter *e, const struct hub_sig *sig)
{
	if (sig->origin != ORIGIN_NONE && accepts_delta(e, DELTA_SIG)) {
		push(e, (struct event){ .kind = EVENT_DELTA, .delta = DELTA_SIG, .sig = sig });
	}
}

void emit_cite(struct emitter *e, const struct hub_citation *citation)
{
	if (accepts_delta(e, DELTA_CITE)) {
		push(e, (struct event){ .kind = EVENT_DELTA, .delta = DELTA_CITE,
					.citation = citation });
	}
}

void emit_logprobs(struct emitter *e, const struct hub_logprob *logprobs)
{
	if (logprobs && accepts_delta(e, DELTA_LOGPROBS)) {
		push(e, (struct event){ .kind = EVENT_DELTA, .delta = DELTA_LOGPROBS,
					.logprobs = logprobs });
	}
}

void emit_close(struct emitter *e)
{
	if (!e->is_open) {
		return;
	}
	push(e, (struct event){ .kind = EVENT_BLOCK_STOP });
	e->is_open = false;
	e->next_index++;
}

/* The block as it is announced: what comes in deltas is taken out. */
static struct hub_block announced(const struct hub_block *block)
{
	struct hub_block head = *block;

	head.next = NULL;
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		head.text.text = SLICE_NULL;
		head.text.citations = NULL;
		head.text.logprobs = (struct hub_logprobs){ .first = NULL };
		head.sig.origin = ORIGIN_NONE;
		break;
	case BLOCK_THINKING:
		head.thinking.text = SLICE_NULL;
		head.sig.origin = ORIGIN_NONE;
		break;
	case BLOCK_TOOL_USE:
		head.tool_use.args = SLICE_NULL;
		break;
	default:
		break;
	}
	return head;
}

void emit_block(struct emitter *e, const struct hub_block *block)
{
	const struct hub_block head = announced(block);

	emit_open(e, &head);
	switch (block->kind) {
	case BLOCK_TEXT:
		emit_logprobs(e, block->text.logprobs.first);
		emit_delta(e, DELTA_TEXT, block->text.text);
		for (struct hub_citation *c = block->text.citations; c; c = c->next) {
			emit_cite(e, c);
		}
		break;
	case BLOCK_REFUSAL:
		emit_logprobs(e, block->text.logprobs.first);
		emit_delta(e, DELTA_REFUSAL, block->text.text);
		break;
	case BLOCK_THINKING:
		emit_delta(e, DELTA_THINKING, block->thinking.text);
		break;
	case BLOCK_TOOL_USE:
		emit_delta(e, DELTA_ARGS, block->tool_use.args);
		break;
	default:
		break;
	}
	emit_sig(e, &block->sig);
	emit_close(e);
}

void emit_usage(struct emitter *e, const struct hub_usage *usage)
{
	if (e->is_started) {
		push(e, (struct event){ .kind = EVENT_USAGE, .usage = usage });
	}
}

void emit_stop(struct emitter *e, const struct hub_stop *stop)
{
	emit_close(e);
	if (!accepts_blocks(e)) {
		return;
	}
	push(e, (struct event){ .kind = EVENT_STOP, .stop = stop });
	e->is_stopped = true;
}

void emit_end(struct emitter *e)
{
	const struct hub_stop end = { .kind = STOP_END };

	if (!e->is_started) {
		emit_failure(e, ERROR_UPSTREAM_EOF, "the upstream's answer is empty");
		return;
	}
	emit_stop(e, &end);
	push(e, (struct event){ .kind = EVENT_END });
	e->is_over = true;
}

void emit_error(struct emitter *e, const struct api_error *error)
{
	push(e, (struct event){ .kind = EVENT_ERROR, .error = error });
	e->is_over = true;
}

void emit_failure(struct emitter *e, enum error_class class, const char *message)
{
	const struct api_error error = hub_error_of(class, message);

	emit_error(e, &error);
}

void emit_ping(struct emitter *e)
{
	push(e, (struct event){ .kind = EVENT_PING });
}
