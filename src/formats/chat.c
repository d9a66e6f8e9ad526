#include "formats/chat.h"

#include "formats/chat_stream.h"

const struct format format_chat = {
	.id = FORMAT_CHAT,
	.origin = ORIGIN_OPENAI,
	.decode_request = chat_decode_request,
	.encode_request = chat_encode_request,
	.decode_answer = chat_decode_answer,
	.encode_answer = chat_encode_answer,
	.decoder_bytes = sizeof(struct chat_decoder),
	.decoder_init = chat_decoder_init,
	.decode_frame = chat_decode_frame,
	.decode_done = chat_decode_done,
	.decode_eof = chat_decode_eof,
	.decoder_release = chat_decoder_release,
	.encoder_bytes = sizeof(struct chat_encoder),
	.encoder_init = chat_encoder_init,
	.encode_event = chat_encode_event,
	.encoder_release = chat_encoder_release,
};

/* ---- the end of an answer ---- */

static const struct {
	const char *reason;
	enum hub_stop_kind kind;
} stops[] = {
	{ "length", STOP_MAX_TOKENS },
	{ "max_tokens", STOP_MAX_TOKENS },
	{ "model_length", STOP_MAX_TOKENS },
	{ "tool_calls", STOP_TOOL_USE },
	{ "function_call", STOP_TOOL_USE },
	{ "tool_use", STOP_TOOL_USE },
	{ "content_filter", STOP_FILTER },
	{ "safety", STOP_FILTER },
	{ "sensitive", STOP_FILTER },
	{ "error", STOP_ERROR },
	{ "insufficient_system_resource", STOP_ERROR },
	{ "abort", STOP_ERROR },
	{ "network_error", STOP_ERROR },
};

enum hub_stop_kind chat_stop_read(struct slice reason)
{
	for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
		if (slice_ieq(reason, stops[i].reason)) {
			return stops[i].kind;
		}
	}
	return STOP_END;
}

enum hub_stop_kind chat_stop_adjust(enum hub_stop_kind kind, bool has_calls, bool has_refusal)
{
	if (kind != STOP_END) {
		return kind;
	}
	if (has_calls) {
		return STOP_TOOL_USE;
	}
	return has_refusal ? STOP_REFUSAL : STOP_END;
}

const char *chat_stop_name(enum hub_stop_kind kind, bool has_calls, bool has_refusal)
{
	switch (kind) {
	case STOP_MAX_TOKENS:
	case STOP_CONTEXT:
		return "length";
	case STOP_TOOL_USE:
		return has_calls ? "tool_calls" : "stop";
	case STOP_FILTER:
		return "content_filter";
	case STOP_REFUSAL:
		return has_refusal ? "stop" : "content_filter";
	case STOP_END:
	case STOP_SEQUENCE:
	case STOP_PAUSE:
	case STOP_ERROR:
	case STOP_COMPACTION:
		break;
	}
	return "stop";
}

void chat_stop_fail(struct emitter *e, struct slice reason)
{
	bool is_busy = slice_eq(reason, "insufficient_system_resource");

	emit_failure(e, is_busy ? ERROR_OVERLOADED : ERROR_UPSTREAM_BAD,
		     is_busy ? "the upstream has too little capacity for this answer"
			     : "the upstream broke the answer off with an error");
}

bool chat_is_mistral(const struct conversion *c)
{
	return c->options.tool_id_style == TOOL_ID_MISTRAL9;
}

struct slice chat_refusal_text(const struct hub_stop *stop)
{
	return stop->text.len ? stop->text : slice_of("The request was declined.");
}

/* ---- usage (C127) ---- */

bool chat_usage_read(const struct json *frame, struct hub_usage *out)
{
	const struct json *usage = json_get(frame, "usage");
	const struct json *prompt;

	if (!json_is(usage, JSON_OBJECT)) {
		usage = json_get(json_get(frame, "x_groq"), "usage");
	}
	if (!json_is(usage, JSON_OBJECT)) {
		return false;
	}
	*out = (struct hub_usage)HUB_USAGE_INIT;
	prompt = json_get(usage, "prompt_tokens_details");
	json_get_count(usage, "prompt_tokens", &out->in_total);
	json_get_count(usage, "completion_tokens", &out->out_total);
	if (!json_get_count(prompt, "cached_tokens", &out->in_cached)) {
		json_get_count(usage, "prompt_cache_hit_tokens", &out->in_cached);
	}
	json_get_count(prompt, "cache_write_tokens", &out->in_cache_write);
	json_get_count(json_get(usage, "completion_tokens_details"), "reasoning_tokens",
		       &out->out_reasoning);
	return true;
}

void chat_usage_write(struct json_writer *w, const struct hub_usage *usage)
{
	int64_t in = hub_count(usage->in_total);
	int64_t out = hub_count(usage->out_total);

	json_object(w);
	json_kint(w, "prompt_tokens", in);
	json_kint(w, "completion_tokens", out);
	json_kint(w, "total_tokens", hub_count_add(in, out));
	json_key(w, "prompt_tokens_details");
	json_object(w);
	json_kint(w, "cached_tokens", hub_count(usage->in_cached));
	json_kint(w, "cache_write_tokens", hub_count(usage->in_cache_write));
	json_kint(w, "audio_tokens", 0);
	json_end(w);
	json_key(w, "completion_tokens_details");
	json_object(w);
	json_kint(w, "reasoning_tokens", hub_count(usage->out_reasoning));
	json_kint(w, "audio_tokens", 0);
	json_kint(w, "accepted_prediction_tokens", 0);
	json_kint(w, "rejected_prediction_tokens", 0);
	json_end(w);
	json_end(w);
}

/* ---- heads ---- */

/* vLLM says {"object":"error","message":…}, Groq hides it in x_groq, OpenRouter
 * may put it into the choice. */
static const struct json *find_error(const struct json *frame)
{
	const struct json *groq = json_get(frame, "x_groq");

	if (json_get(frame, "error") || json_is_text(json_get(frame, "object"), "error") ||
	    json_is_text(json_get(frame, "type"), "error")) {
		return frame;
	}
	if (json_get(groq, "error")) {
		return groq;
	}
	json_each(choice, json_get(frame, "choices")) {
		if (json_is(json_get(choice, "error"), JSON_OBJECT)) {
			return choice;
		}
	}
	return NULL;
}

bool chat_emit_error(struct emitter *e, struct arena *a, const struct json *frame)
{
	const struct json *holder = find_error(frame);
	struct api_error error;

	if (!holder) {
		return false;
	}
	error_read(200, holder->raw, a, &error);
	emit_error(e, &error);
	return true;
}

struct slice chat_answer_id(struct arena *a, const struct answer_plan *plan,
			    const struct answer_head *head)
{
	const char *prefix = plan->text_completion ? "cmpl-" : "chatcmpl-";

	if (head->format == FORMAT_CHAT && head->id.len && !plan->text_completion) {
		return arena_slice(a, head->id);
	}
	return id_base62_derive(a, prefix, 29, head->id);
}

/* C128: only the family knows these names; text completions have none. */
static bool shows_tier(const struct answer_plan *plan, const struct answer_head *head)
{
	return head->service_tier.len && !plan->text_completion &&
	       (head->format == FORMAT_CHAT || head->format == FORMAT_RESPONSES);
}

void chat_head_write(struct json_writer *w, const struct answer_plan *plan,
		     const struct answer_head *head, bool is_chunk)
{
	const char *object = is_chunk ? "chat.completion.chunk" : "chat.completion";

	json_key(w, "id");
	json_strn(w, head->id);
	json_kstr(w, "object", plan->text_completion ? "text_completion" : object);
	json_kint(w, "created", head->created);
	json_key(w, "model");
	json_strn(w, head->model);
	if (shows_tier(plan, head)) {
		json_kslice(w, "service_tier", head->service_tier);
	}
	json_kstr(w, "system_fingerprint", NULL);
}
