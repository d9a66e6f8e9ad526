#include "formats/responses.h"

#include "formats/responses_stream.h"

const struct format format_responses = {
	.id = FORMAT_RESPONSES,
	.origin = ORIGIN_OPENAI,
	.decode_request = responses_decode_request,
	.encode_request = responses_encode_request,
	.decode_answer = responses_decode_answer,
	.encode_answer = responses_encode_answer,
	.decoder_bytes = sizeof(struct responses_decoder),
	.decoder_init = responses_decoder_init,
	.decode_frame = responses_decode_frame,
	.decode_eof = responses_decode_eof,
	.decoder_release = responses_decoder_release,
	.encoder_bytes = sizeof(struct responses_encoder),
	.encoder_init = responses_encoder_init,
	.encode_event = responses_encode_event,
	.encoder_release = responses_encoder_release,
};

/* A cut answer stays cut, whatever calls are in it (C125). */
struct hub_stop responses_stop_read(const struct json *response, const struct emitter *e)
{
	struct hub_stop stop = { .kind = STOP_END };
	struct slice status = json_get_text(response, "status");
	struct slice reason = json_get_text(json_get(response, "incomplete_details"), "reason");

	if (slice_eq(status, "incomplete") && slice_eq(reason, "max_output_tokens")) {
		stop.kind = STOP_MAX_TOKENS;
	} else if (slice_eq(status, "incomplete") && slice_eq(reason, "content_filter")) {
		stop.kind = STOP_FILTER;
	} else if (e->has_tool_use) {
		stop.kind = STOP_TOOL_USE;
	} else if (e->has_refusal) {
		stop.kind = STOP_REFUSAL;
	}
	return stop;
}

const char *responses_stop_reason(const struct hub_stop *stop)
{
	switch (stop->kind) {
	case STOP_MAX_TOKENS:
	case STOP_CONTEXT:
		return "max_output_tokens";
	case STOP_FILTER:
		return "content_filter";
	default:
		return NULL;
	}
}

bool responses_stop_is_cut(const struct hub_stop *stop)
{
	return responses_stop_reason(stop) != NULL;
}

const char *responses_status(const struct hub_stop *stop)
{
	if (stop->kind == STOP_ERROR) {
		return "failed";
	}
	return responses_stop_is_cut(stop) ? "incomplete" : "completed";
}

void responses_usage_read(const struct json *v, struct hub_usage *out)
{
	const struct json *in = json_get(v, "input_tokens_details");
	const struct json *details = json_get(v, "output_tokens_details");

	*out = (struct hub_usage)HUB_USAGE_INIT;
	json_get_count(v, "input_tokens", &out->in_total);
	json_get_count(in, "cached_tokens", &out->in_cached);
	json_get_count(in, "cache_write_tokens", &out->in_cache_write);
	json_get_count(v, "output_tokens", &out->out_total);
	json_get_count(details, "reasoning_tokens", &out->out_reasoning);
}

void responses_usage_write(struct json_writer *w, const struct hub_usage *usage)
{
	int64_t in = hub_count(usage->in_total);
	int64_t out = hub_count(usage->out_total);

	json_object(w);
	json_kint(w, "input_tokens", in);
	json_key(w, "input_tokens_details");
	json_object(w);
	json_kint(w, "cached_tokens", hub_count(usage->in_cached));
	json_kint(w, "cache_write_tokens", hub_count(usage->in_cache_write));
	json_end(w);
	json_kint(w, "output_tokens", out);
	json_key(w, "output_tokens_details");
	json_object(w);
	json_kint(w, "reasoning_tokens", hub_count(usage->out_reasoning));
	json_end(w);
	json_kint(w, "total_tokens", hub_count_add(in, out));
	json_end(w);
}

struct answer_head responses_head_read(const struct json *response)
{
	struct answer_head head = {
		.id = json_get_text(response, "id"),
		.model = json_get_text(response, "model"),
		.service_tier = json_get_text(response, "service_tier"),
		.format = FORMAT_RESPONSES,
	};

	json_get_int(response, "created_at", &head.created);
	return head;
}
