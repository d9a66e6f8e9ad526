#include "formats/fold.h"

#include "base/limits.h"
#include "formats/logprobs.h"

void fold_init(struct fold *f)
{
	*f = (struct fold){ .usage = HUB_USAGE_INIT };
	arena_init(&f->arena, 4 * KIB);
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		buf_init(&f->text[i], MAX_SSE_EVENT_BYTES);
	}
}

void fold_release(struct fold *f)
{
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		buf_release(&f->text[i]);
	}
	arena_release(&f->arena);
}

static struct slice copy(struct arena *a, struct slice s)
{
	return s.ptr ? arena_slice(a, s) : s;
}

static struct hub_sig copy_sig(struct arena *a, const struct hub_sig *sig)
{
	return (struct hub_sig){ sig->origin, copy(a, sig->data), copy(a, sig->item_id) };
}

struct hub_citation *hub_citation_copy(struct arena *a, const struct hub_citation *citation)
{
	struct hub_citation *c = arena_alloc(a, sizeof *c);

	*c = *citation;
	c->next = NULL;
	c->url = copy(a, c->url);
	c->title = copy(a, c->title);
	c->cited = copy(a, c->cited);
	c->raw = copy(a, c->raw);
	return c;
}

static void copy_text(struct arena *a, struct hub_block *b)
{
	struct hub_citation **tail = &b->text.citations;
	const struct hub_logprob *logprobs = b->text.logprobs.first;

	b->text.text = copy(a, b->text.text);
	for (const struct hub_citation *c = b->text.citations; c; c = c->next) {
		*tail = hub_citation_copy(a, c);
		tail = &(*tail)->next;
	}
	b->text.logprobs = (struct hub_logprobs){ .first = NULL };
	logprobs_add(a, &b->text.logprobs, logprobs);
}

static void copy_media(struct arena *a, struct hub_block *b)
{
	const struct hub_blocks inner = b->media.media.blocks;

	b->media.media.mime = copy(a, b->media.media.mime);
	b->media.media.data = copy(a, b->media.media.data);
	b->media.media.blocks = (struct hub_blocks){ .count = 0 };
	blocks_each(child, &inner) {
		hub_append(&b->media.media.blocks, hub_block_copy(a, child));
	}
	b->media.detail = copy(a, b->media.detail);
	b->media.title = copy(a, b->media.title);
	b->media.context = copy(a, b->media.context);
	b->media.filename = copy(a, b->media.filename);
}

static void copy_result(struct arena *a, struct hub_block *b)
{
	const struct hub_blocks inner = b->tool_result.blocks;

	b->tool_result.id = copy(a, b->tool_result.id);
	b->tool_result.name = copy(a, b->tool_result.name);
	b->tool_result.blocks = (struct hub_blocks){ .count = 0 };
	blocks_each(child, &inner) {
		hub_append(&b->tool_result.blocks, hub_block_copy(a, child));
	}
}

static void copy_foreign(struct arena *a, struct hub_block *b)
{
	b->foreign.type = copy(a, b->foreign.type);
	b->foreign.id = copy(a, b->foreign.id);
	b->foreign.name = copy(a, b->foreign.name);
	b->foreign.raw = copy(a, b->foreign.raw);
	b->foreign.digest = copy(a, b->foreign.digest);
}

struct hub_block *hub_block_copy(struct arena *a, const struct hub_block *block)
{
	struct hub_block *b = arena_alloc(a, sizeof *b);

	*b = *block;
	b->next = NULL;
	b->sig = copy_sig(a, &block->sig);
	switch (b->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		copy_text(a, b);
		break;
	case BLOCK_IMAGE:
	case BLOCK_DOCUMENT:
	case BLOCK_AUDIO:
	case BLOCK_VIDEO:
		copy_media(a, b);
		break;
	case BLOCK_THINKING:
		b->thinking.text = copy(a, b->thinking.text);
		break;
	case BLOCK_TOOL_USE:
		b->tool_use.id = copy(a, b->tool_use.id);
		b->tool_use.name = copy(a, b->tool_use.name);
		b->tool_use.args = copy(a, b->tool_use.args);
		b->tool_use.name_space = copy(a, b->tool_use.name_space);
		break;
	case BLOCK_TOOL_RESULT:
		copy_result(a, b);
		break;
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		copy_foreign(a, b);
		break;
	}
	return b;
}

static void add_citation(struct hub_block *block, struct hub_citation *citation)
{
	struct hub_citation **tail = &block->text.citations;

	while (*tail) {
		tail = &(*tail)->next;
	}
	*tail = citation;
}

static void fold_delta(struct fold *f, const struct event *ev)
{
	struct hub_block *block = f->open[ev->choice];

	if (!block) {
		return;
	}
	switch (ev->delta) {
	case DELTA_SIG:
		block->sig = copy_sig(&f->arena, ev->sig);
		break;
	case DELTA_CITE:
		add_citation(block, hub_citation_copy(&f->arena, ev->citation));
		break;
	case DELTA_LOGPROBS:
		logprobs_add(&f->arena, &block->text.logprobs, ev->logprobs);
		break;
	default:
		buf_add(&f->text[ev->choice], ev->text.ptr, ev->text.len);
		break;
	}
}

static void fold_stop_block(struct fold *f, unsigned choice)
{
	struct hub_block *block = f->open[choice];
	struct slice text = arena_slice(&f->arena, buf_slice(&f->text[choice]));

	buf_clear(&f->text[choice]);
	f->open[choice] = NULL;
	if (!block) {
		return;
	}
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		block->text.text = text;
		break;
	case BLOCK_THINKING:
		block->thinking.text = text;
		break;
	case BLOCK_TOOL_USE:
		block->tool_use.args = text;
		break;
	default:
		break;
	}
}

static void fold_start(struct fold *f, const struct event *ev)
{
	if (!f->count) {
		f->head = *ev->head;
		f->head.id = copy(&f->arena, ev->head->id);
		f->head.model = copy(&f->arena, ev->head->model);
		f->head.service_tier = copy(&f->arena, ev->head->service_tier);
	}
	f->answers[ev->choice].is_started = true;
	if (f->count <= ev->choice) {
		f->count = ev->choice + 1;
	}
	if (ev->usage) {
		hub_usage_merge(&f->usage, ev->usage);
	}
}

void fold_event(struct fold *f, const struct event *ev)
{
	struct answer *answer;

	if (ev->choice >= MAX_CHOICES) {
		return;
	}
	answer = &f->answers[ev->choice];
	switch (ev->kind) {
	case EVENT_START:
		fold_start(f, ev);
		break;
	case EVENT_BLOCK_START:
		f->open[ev->choice] = hub_block_copy(&f->arena, ev->block);
		hub_append(&answer->blocks, f->open[ev->choice]);
		break;
	case EVENT_DELTA:
		fold_delta(f, ev);
		break;
	case EVENT_BLOCK_STOP:
		fold_stop_block(f, ev->choice);
		break;
	case EVENT_USAGE:
		hub_usage_merge(&f->usage, ev->usage);
		break;
	case EVENT_STOP:
		answer->stop = *ev->stop;
		answer->stop.text = copy(&f->arena, ev->stop->text);
		answer->stop.category = copy(&f->arena, ev->stop->category);
		break;
	case EVENT_END:
		answer->is_complete = true;
		break;
	case EVENT_ERROR:
	case EVENT_PING:
		break;
	}
}

bool fold_is_complete(const struct fold *f)
{
	for (unsigned i = 0; i < f->count; i++) {
		if (f->answers[i].is_started && !f->answers[i].is_complete) {
			return false;
		}
	}
	return f->count > 0;
}
