/* Whole Chat answers (C120-C129). */
#include "formats/chat.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "formats/chat_write.h"
#include "formats/logprobs.h"

/* ---- reading ---- */

/* C58: a choice tells them for the whole of its text. */
static void read_logprobs(struct arena *a, const struct json *choice, struct hub_blocks *blocks)
{
	const struct json *v = json_get(choice, "logprobs");
	struct hub_logprobs text = logprobs_read_openai(a, json_get(v, "content"));
	struct hub_logprobs refusal = logprobs_read_openai(a, json_get(v, "refusal"));

	for (struct hub_block *b = blocks->first; b; b = b->next) {
		struct hub_logprobs *from = b->kind == BLOCK_TEXT ? &text
					  : b->kind == BLOCK_REFUSAL ? &refusal : NULL;

		if (from) {
			b->text.logprobs = *from;
			*from = (struct hub_logprobs){ .first = NULL };
		}
	}
}

static void read_choice(struct arena *a, const struct json *choice, struct emitter *e)
{
	struct hub_stop stop = { .kind = chat_stop_read(json_get_text(choice, "finish_reason")) };
	struct hub_blocks blocks = { .count = 0 };

	if (stop.kind == STOP_ERROR) {
		chat_stop_fail(e, json_get_text(choice, "finish_reason"));
		return;
	}
	chat_assistant_read(a, json_get(choice, "message"), SLICE_NULL, &blocks);
	read_logprobs(a, choice, &blocks);
	blocks_each(block, &blocks) {
		emit_block(e, block);
	}
	stop.kind = chat_stop_adjust(stop.kind, e->has_tool_use, e->has_refusal);
	emit_stop(e, &stop);
}

/* The emitter of a choice, or NULL for more than there is room for. */
static struct emitter *emitter_of(const struct json *choice, unsigned position,
				  struct emitter *e)
{
	int64_t index = position;

	json_get_int(choice, "index", &index);
	return index >= 0 && index < MAX_CHOICES ? &e[index] : NULL;
}

static void start_all(const struct json *choices, const struct answer_head *head,
		      const struct hub_usage *usage, struct emitter *e)
{
	unsigned position = 0;

	json_each(choice, choices) {
		struct emitter *one = emitter_of(choice, position++, e);

		if (one) {
			emit_start(one, head, usage);
			usage = NULL;
		}
	}
}

void chat_decode_answer(struct arena *a, const struct json *body, struct emitter *e)
{
	const struct json *choices = json_get(body, "choices");
	struct hub_usage usage;
	struct answer_head head = {
		.id = json_get_text(body, "id"),
		.model = json_get_text(body, "model"),
		.service_tier = json_get_text(body, "service_tier"),
		.format = FORMAT_CHAT,
	};
	unsigned position = 0;

	if (chat_emit_error(e, a, body)) {
		return;
	}
	if (!json_is(choices, JSON_ARRAY) || !choices->count) {
		emit_failure(e, ERROR_UPSTREAM_BAD, "the upstream's answer has no choices");
		return;
	}
	json_get_int(body, "created", &head.created);
	start_all(choices, &head, chat_usage_read(body, &usage) ? &usage : NULL, e);
	json_each(choice, choices) {
		struct emitter *one = emitter_of(choice, position++, e);

		if (one) {
			read_choice(a, choice, one);
		}
	}
	for (unsigned i = 0; i < MAX_CHOICES; i++) {
		if (e[i].is_started) {
			emit_end(&e[i]);
		}
	}
}

/* ---- writing ---- */

/* What one answer comes down to in a message (C122). */
struct message {
	struct buf text;
	struct buf refusal;
	struct buf thinking;
	struct buf annotations;           /* JSON, comma-separated */
	size_t calls;
};

static void message_init(struct message *m)
{
	*m = (struct message){ .calls = 0 };
	buf_init(&m->text, MAX_ARENA_BYTES);
	buf_init(&m->refusal, MAX_ARENA_BYTES);
	buf_init(&m->thinking, MAX_ARENA_BYTES);
	buf_init(&m->annotations, MAX_ANNOTATIONS_BYTES);
}

static void message_release(struct message *m)
{
	buf_release(&m->text);
	buf_release(&m->refusal);
	buf_release(&m->thinking);
	buf_release(&m->annotations);
}

static void add_text(struct message *m, const struct hub_block *block)
{
	struct chat_span span = {
		.from = utf8_count(buf_slice(&m->text)),
		.length = utf8_count(block->text.text),
	};

	for (const struct hub_citation *c = block->text.citations; c; c = c->next) {
		chat_annotation_add(&m->annotations, c, &span);
	}
	buf_add(&m->text, block->text.text.ptr, block->text.text.len);
}

static void collect(const struct answer *answer, struct message *m)
{
	blocks_each(block, &answer->blocks) {
		switch (block->kind) {
		case BLOCK_TEXT:
			add_text(m, block);
			break;
		case BLOCK_REFUSAL:
			buf_add(&m->refusal, block->text.text.ptr, block->text.text.len);
			break;
		case BLOCK_THINKING:
			if (block->thinking.text.len) {
				buf_adds(&m->thinking, m->thinking.len ? "\n\n" : "");
				buf_add(&m->thinking, block->thinking.text.ptr,
					block->thinking.text.len);
			}
			break;
		case BLOCK_TOOL_USE:
			m->calls++;
			break;
		default:
			break;
		}
	}
	if (answer->stop.kind == STOP_REFUSAL && !m->refusal.len && !m->text.len) {
		struct slice text = chat_refusal_text(&answer->stop);

		buf_add(&m->refusal, text.ptr, text.len);
	}
}

static void write_content(struct json_writer *w, const struct message *m)
{
	json_key(w, "content");
	if (!m->text.len && (m->calls || m->refusal.len)) {
		json_null(w);
	} else {
		json_strn(w, buf_slice(&m->text));
	}
	json_key(w, "refusal");
	if (m->refusal.len) {
		json_strn(w, buf_slice(&m->refusal));
	} else {
		json_null(w);
	}
}

static void write_call(struct json_writer *w, struct arena *a, const struct hub_block *call)
{
	struct slice args = call->tool_use.args;

	json_object(w);
	json_key(w, "id");
	json_strn(w, chat_call_id(a, call));
	json_kstr(w, "type", chat_call_type(call));
	json_key(w, chat_call_type(call));
	json_object(w);
	json_key(w, "name");
	json_strn(w, call->tool_use.name);
	if (call->tool_use.is_custom) {
		json_key(w, "input");
		json_strn(w, custom_input(a, args));
	} else {
		json_key(w, "arguments");
		json_strn(w, slice_is_blank(args) ? slice_of("{}") : args);
	}
	json_end(w);
	json_end(w);
}

static void write_calls(struct json_writer *w, struct arena *a, const struct answer *answer)
{
	json_key(w, "tool_calls");
	json_array(w);
	blocks_each(block, &answer->blocks) {
		if (block->kind == BLOCK_TOOL_USE) {
			write_call(w, a, block);
		}
	}
	json_end(w);
}

static void write_message(struct json_writer *w, struct arena *a, const struct answer *answer,
			  const struct message *m, bool show_reasoning)
{
	json_key(w, "message");
	json_object(w);
	json_kstr(w, "role", "assistant");
	write_content(w, m);
	if (show_reasoning && m->thinking.len) {
		json_kslice(w, "reasoning_content", buf_slice(&m->thinking));
	}
	chat_annotations_write(w, &m->annotations);
	if (m->calls) {
		write_calls(w, a, answer);
	}
	json_end(w);
}

static void write_tokens(struct json_writer *w, const struct answer *answer,
			 enum hub_block_kind kind, const char *member)
{
	bool is_open = false;

	json_key(w, member);
	blocks_each(block, &answer->blocks) {
		if (block->kind != kind || !block->text.logprobs.first) {
			continue;
		}
		if (!is_open) {
			json_array(w);
		}
		is_open = true;
		logprobs_write_openai(w, block->text.logprobs.first);
	}
	if (is_open) {
		json_end(w);
	} else {
		json_null(w);
	}
}

static bool has_logprobs(const struct answer *answer)
{
	blocks_each(block, &answer->blocks) {
		if ((block->kind == BLOCK_TEXT || block->kind == BLOCK_REFUSAL) &&
		    block->text.logprobs.first) {
			return true;
		}
	}
	return false;
}

/* C58 */
static void write_logprobs(struct json_writer *w, const struct answer *answer)
{
	json_key(w, "logprobs");
	if (!has_logprobs(answer)) {
		json_null(w);
		return;
	}
	json_object(w);
	write_tokens(w, answer, BLOCK_TEXT, "content");
	write_tokens(w, answer, BLOCK_REFUSAL, "refusal");
	json_end(w);
}

/* A refusal is what the text says where there is only text (C113). */
static void write_completion(struct json_writer *w, const struct message *m)
{
	json_key(w, "text");
	json_strn(w, buf_slice(m->text.len ? &m->text : &m->refusal));
}

static void write_choice(struct json_writer *w, const struct answer_plan *plan,
			 const struct answer *answer, unsigned index)
{
	struct message m;
	struct arena a;

	arena_init(&a, 4 * KIB);
	message_init(&m);
	collect(answer, &m);
	json_object(w);
	json_kint(w, "index", index);
	if (plan->text_completion) {
		write_completion(w, &m);
	} else {
		write_message(w, &a, answer, &m, plan->show_reasoning);
	}
	write_logprobs(w, answer);
	json_kstr(w, "finish_reason",
		  chat_stop_name(answer->stop.kind, m.calls && !plan->text_completion,
				 m.refusal.len > 0));
	json_end(w);
	message_release(&m);
	arena_release(&a);
}

void chat_encode_answer(const struct answer_plan *plan, const struct fold *fold,
			struct json_writer *w)
{
	struct answer_head head = fold->head;
	struct arena a;

	arena_init(&a, 256);
	head.id = chat_answer_id(&a, plan, &head);
	json_object(w);
	chat_head_write(w, plan, &head, false);
	json_key(w, "choices");
	json_array(w);
	for (unsigned i = 0; i < fold->count; i++) {
		if (fold->answers[i].is_started) {
			write_choice(w, plan, &fold->answers[i], i);
		}
	}
	json_end(w);
	json_key(w, "usage");
	chat_usage_write(w, &fold->usage);
	json_end(w);
	arena_release(&a);
}
