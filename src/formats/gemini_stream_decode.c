/* A stream of Gemini -> hub events (C136, C137). */
#include "formats/gemini_stream.h"

#include <string.h>

#include "base/limits.h"
#include "formats/logprobs.h"

#define MAX_ID_BYTES 256

void gemini_decoder_start(struct gemini_decoder *d, struct emitter *e)
{
	*d = (struct gemini_decoder){ .e = e, .usage = HUB_USAGE_INIT };
	buf_init(&d->id, MAX_ID_BYTES);
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		buf_init(&d->candidates[i].text, MAX_CITED_TEXT_BYTES);
		buf_init(&d->candidates[i].sig, MAX_SIGNATURE_BYTES);
		buf_init(&d->candidates[i].grounding, MAX_KEPT_JSON_BYTES);
	}
}

void gemini_decoder_init(void *state, const struct answer_plan *plan,
			 const struct event_sink *sink)
{
	struct gemini_decoder *d = state;

	(void)plan;
	gemini_decoder_start(d, d->own);
	for (unsigned i = 0; i < MAX_CHOICES; i++) {
		d->own[i].sink = *sink;
		d->own[i].choice = i;
	}
}

void gemini_decoder_release(void *state)
{
	struct gemini_decoder *d = state;

	buf_release(&d->id);
	for (size_t i = 0; i < MAX_CHOICES; i++) {
		buf_release(&d->candidates[i].text);
		buf_release(&d->candidates[i].sig);
		buf_release(&d->candidates[i].grounding);
		gemini_partial_destroy(d->candidates[i].partial);
	}
}

/* ---- one candidate ---- */

struct candidate {
	struct gemini_decoder *d;
	struct gemini_candidate *kept;
	struct emitter *e;
	struct arena *scratch;
	const struct hub_logprob *logprobs;   /* of this frame, not yet passed on */
};

/* What an upstream signs is its own affair: an envelope in it is not ours. */
static struct hub_sig part_sig(const struct json *part)
{
	struct slice text = gemini_text(part, "thoughtSignature");

	return (struct hub_sig){ .origin = text.len ? ORIGIN_GEMINI : ORIGIN_NONE, .data = text };
}

static void keep_sig(struct candidate *c, const struct hub_sig *sig)
{
	if (sig->origin != ORIGIN_NONE) {
		buf_clear(&c->kept->sig);
		buf_add(&c->kept->sig, sig->data.ptr, sig->data.len);
	}
}

static void close_block(struct candidate *c)
{
	struct hub_sig sig = { .origin = ORIGIN_GEMINI, .data = buf_slice(&c->kept->sig) };

	if (c->kept->joiner.high) {
		emit_delta(c->e, c->e->open_kind == BLOCK_THINKING ? DELTA_THINKING : DELTA_TEXT,
			   slice_of("\xef\xbf\xbd"));
		c->kept->joiner.high = 0;
	}
	if (sig.data.len && !c->kept->sig.failed) {
		emit_sig(c->e, &sig);
	}
	buf_release(&c->kept->sig);
	emit_close(c->e);
}

/* A signature closes its text: what follows is another block. */
static void want_block(struct candidate *c, enum hub_block_kind kind)
{
	struct hub_block block = { .kind = kind };

	if (c->e->is_open && c->e->open_kind == kind && !c->kept->sig.len) {
		return;
	}
	close_block(c);
	if (kind == BLOCK_THINKING) {
		block.thinking.is_summary = true;
	} else {
		c->kept->block_from = c->kept->text.len;
	}
	emit_open(c->e, &block);
}

/* C58 */
static void pass_logprobs(struct candidate *c)
{
	emit_logprobs(c->e, c->logprobs);
	c->logprobs = NULL;
}

static void take_text(struct candidate *c, const struct json *part, const struct json *text)
{
	bool is_thought = json_is(gemini_get(part, "thought"), JSON_TRUE);
	enum hub_block_kind kind = is_thought ? BLOCK_THINKING : BLOCK_TEXT;
	struct hub_sig sig = part_sig(part);
	struct slice piece;

	if (!text->text.len) {
		if (sig.origin != ORIGIN_NONE && !c->e->is_open) {
			want_block(c, BLOCK_THINKING);
		}
		keep_sig(c, &sig);
		return;
	}
	want_block(c, kind);
	if (!is_thought) {
		pass_logprobs(c);
	}
	piece = text_join(&c->kept->joiner, c->scratch, text);
	emit_delta(c->e, is_thought ? DELTA_THINKING : DELTA_TEXT, piece);
	if (!is_thought) {
		buf_add(&c->kept->text, piece.ptr, piece.len);
	}
	keep_sig(c, &sig);
}

/* A call without an id still needs a stable one: results come back by it. */
static struct slice make_id(struct candidate *c)
{
	const char *seed;

	if (!c->d->id.len) {
		return id_base62_new(c->scratch, "call_", 24);
	}
	seed = arena_printf(c->scratch, "%s:%u:%u", buf_text(&c->d->id), c->e->choice,
			    c->kept->calls);
	return id_base62_derive(c->scratch, "call_", 24, slice_of(seed));
}

static void emit_call(struct candidate *c, struct hub_block *call)
{
	if (!call->tool_use.id.len) {
		call->tool_use.id = make_id(c);
	}
	c->kept->calls++;
	close_block(c);
	emit_block(c->e, call);
}

static void end_partial(struct candidate *c)
{
	struct hub_block call;

	if (c->kept->partial) {
		gemini_partial_end(c->kept->partial, c->scratch, &call);
		emit_call(c, &call);
		gemini_partial_destroy(c->kept->partial);
		c->kept->partial = NULL;
	}
}

static void take_call(struct candidate *c, const struct json *part, const struct json *v)
{
	bool is_whole = !gemini_call_is_partial(v);
	struct hub_block *call;

	if (is_whole && (!c->kept->partial || gemini_get(v, "name"))) {
		end_partial(c);
		call = gemini_part_read(c->scratch, part);
		call->sig = part_sig(part);
		emit_call(c, call);
		return;
	}
	if (gemini_get(v, "name")) {
		end_partial(c);
	}
	if (!c->kept->partial) {
		c->kept->partial = gemini_partial_create();
	}
	gemini_partial_add(c->kept->partial, v, part_sig(part));
	if (is_whole || !json_is(gemini_get(v, "willContinue"), JSON_TRUE)) {
		end_partial(c);
	}
}

static void take_part(struct candidate *c, const struct json *part)
{
	const struct json *text = gemini_get(part, "text");
	const struct json *call = gemini_get(part, "functionCall");
	struct hub_block *block;

	if (json_is(text, JSON_STRING)) {
		take_text(c, part, text);
		return;
	}
	if (json_is(call, JSON_OBJECT)) {
		take_call(c, part, call);
		return;
	}
	block = gemini_part_read(c->scratch, part);
	if (!block || block->kind == BLOCK_TOOL_RESULT) {
		return;
	}
	close_block(c);
	emit_block(c->e, block);
}

static void take_reason(struct candidate *c, struct slice reason)
{
	if (reason.len && reason.len < sizeof c->kept->reason) {
		memcpy(c->kept->reason, reason.ptr, reason.len);
		c->kept->reason[reason.len] = '\0';
	} else if (reason.len) {
		str_copy(c->kept->reason, sizeof c->kept->reason, "OTHER");
	}
}

/* Sent late and whole: the last one counts. */
static void take_grounding(struct candidate *c, const struct json *metadata)
{
	if (metadata) {
		buf_release(&c->kept->grounding);
		buf_init(&c->kept->grounding, MAX_KEPT_JSON_BYTES);
		buf_add(&c->kept->grounding, metadata->raw.ptr, metadata->raw.len);
	}
}

static void emit_citations(struct candidate *c)
{
	const struct json *metadata;
	struct hub_citation *list;

	if (!c->kept->grounding.len || c->kept->text.failed || !c->e->is_open ||
	    c->e->open_kind != BLOCK_TEXT) {
		return;
	}
	metadata = json_read(c->scratch, buf_slice(&c->kept->grounding), NULL);
	list = gemini_grounding_read(c->scratch, metadata, buf_slice(&c->kept->text),
				     c->kept->block_from);
	for (; list; list = list->next) {
		emit_cite(c->e, list);
	}
}

/* ---- frames ---- */

static void start(struct gemini_decoder *d, unsigned choice, const struct json *frame)
{
	const struct answer_head head = {
		.id = gemini_text(frame, "responseId"),
		.model = gemini_text(frame, "modelVersion"),
		.service_tier = gemini_text(gemini_get(frame, "usageMetadata"), "serviceTier"),
		.format = FORMAT_GEMINI,
	};

	emit_start(&d->e[choice], &head, &d->usage);
}

static void take_candidate(struct gemini_decoder *d, struct arena *scratch,
			   const struct json *frame, const struct json *v)
{
	int64_t index = 0;
	struct candidate c = { .d = d, .scratch = scratch };

	gemini_int(v, "index", &index);
	if (index < 0 || index >= MAX_CHOICES) {
		return;
	}
	c.kept = &d->candidates[index];
	c.e = &d->e[index];
	start(d, (unsigned)index, frame);
	c.logprobs = logprobs_read_gemini(scratch, gemini_get(v, "logprobsResult")).first;
	json_each(part, gemini_get(gemini_get(v, "content"), "parts")) {
		take_part(&c, part);
	}
	pass_logprobs(&c);
	take_reason(&c, gemini_text(v, "finishReason"));
	take_grounding(&c, gemini_get(v, "groundingMetadata"));
}

/* Counts may come in every frame; the last ones are the whole (C127). */
static void take_usage(struct gemini_decoder *d, const struct json *v)
{
	struct hub_usage usage = gemini_usage_read(v);

	hub_usage_merge(&d->usage, &usage);
	for (unsigned i = 0; v && i < MAX_CHOICES; i++) {
		if (d->e[i].is_started) {
			emit_usage(&d->e[i], &d->usage);
			return;
		}
	}
}

void gemini_decode_frame(void *state, struct arena *scratch, const struct json *frame)
{
	struct gemini_decoder *d = state;
	struct slice id = gemini_text(frame, "responseId");
	struct api_error error;

	if (gemini_get(frame, "error")) {
		error_read(200, frame->raw, scratch, &error);
		emit_error(&d->e[0], &error);
		return;
	}
	if (!d->id.len) {
		buf_add(&d->id, id.ptr, id.len);
	}
	take_usage(d, gemini_get(frame, "usageMetadata"));
	json_each(candidate, gemini_get(frame, "candidates")) {
		take_candidate(d, scratch, frame, candidate);
	}
	if (gemini_text(gemini_get(frame, "promptFeedback"), "blockReason").len) {
		d->is_blocked = true;
		start(d, 0, frame);
	}
}

/* ---- the end ---- */

/* False: the answer failed, and the error was pushed. */
static bool finish(struct gemini_decoder *d, unsigned choice, struct arena *scratch)
{
	struct candidate c = {
		.d = d,
		.kept = &d->candidates[choice],
		.e = &d->e[choice],
		.scratch = scratch,
	};
	struct hub_stop stop = { .kind = STOP_FILTER };
	struct slice reason = slice_of(c.kept->reason);

	end_partial(&c);
	emit_citations(&c);
	close_block(&c);
	if (!reason.len && !d->is_blocked) {
		emit_failure(c.e, ERROR_UPSTREAM_EOF, "the upstream's stream broke off");
		return false;
	}
	if (reason.len &&
	    !gemini_stop_read(reason, c.e->has_tool_use, c.e->has_block, &stop)) {
		emit_failure(c.e, ERROR_UPSTREAM_BAD,
			     arena_printf(scratch, "the model gave no answer: %s",
					  c.kept->reason));
		return false;
	}
	emit_stop(c.e, &stop);
	return true;
}

void gemini_decode_eof(void *state)
{
	struct gemini_decoder *d = state;
	bool is_started = false;
	bool ok = true;
	struct arena scratch;

	arena_init(&scratch, 1 * KIB);
	for (unsigned i = 0; i < MAX_CHOICES && ok; i++) {
		is_started |= d->e[i].is_started;
		ok = !d->e[i].is_started || finish(d, i, &scratch);
	}
	for (unsigned i = 0; i < MAX_CHOICES && ok; i++) {
		if (d->e[i].is_started) {
			emit_end(&d->e[i]);
		}
	}
	if (!is_started) {
		emit_failure(&d->e[0], ERROR_UPSTREAM_EOF, "the upstream's answer is empty");
	}
	arena_release(&scratch);
}
