#include "formats/anthropic.h"

#include "formats/anthropic_stream.h"

const struct format format_anthropic = {
	.id = FORMAT_ANTHROPIC,
	.origin = ORIGIN_ANTHROPIC,
	.decode_request = anthropic_decode_request,
	.encode_request = anthropic_encode_request,
	.decode_answer = anthropic_decode_answer,
	.encode_answer = anthropic_encode_answer,
	.decoder_bytes = sizeof(struct anthropic_decoder),
	.decoder_init = anthropic_decoder_init,
	.decode_frame = anthropic_decode_frame,
	.decode_eof = anthropic_decode_eof,
	.decoder_release = anthropic_decoder_release,
	.encoder_bytes = sizeof(struct anthropic_encoder),
	.encoder_init = anthropic_encoder_init,
	.encode_event = anthropic_encode_event,
	.encoder_release = anthropic_encoder_release,
};

/* C125 */
static const struct {
	const char *name;
	enum hub_stop_kind kind;
} stops[] = {
	{ "end_turn", STOP_END },
	{ "max_tokens", STOP_MAX_TOKENS },
	{ "stop_sequence", STOP_SEQUENCE },
	{ "tool_use", STOP_TOOL_USE },
	{ "refusal", STOP_REFUSAL },
	{ "refusal", STOP_FILTER },     /* C126b: it reads back as the one above */
	{ "pause_turn", STOP_PAUSE },
	{ "model_context_window_exceeded", STOP_CONTEXT },
	{ "compaction", STOP_COMPACTION },
};

/* `v` is a message or a message_delta's delta. */
struct hub_stop anthropic_stop_read(const struct json *v)
{
	struct hub_stop stop = { .kind = STOP_END };
	struct slice reason = json_get_text(v, "stop_reason");
	const struct json *details = json_get(v, "stop_details");

	for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
		if (slice_eq(reason, stops[i].name)) {
			stop.kind = stops[i].kind;
			break;
		}
	}
	if (stop.kind == STOP_SEQUENCE) {
		stop.text = json_get_text(v, "stop_sequence");
	} else if (stop.kind == STOP_REFUSAL) {
		stop.text = json_get_text(details, "explanation");
		stop.category = json_get_text(details, "category");
	}
	return stop;
}

void anthropic_stop_write(struct json_writer *w, const struct hub_stop *stop)
{
	bool has_details = stop->kind == STOP_REFUSAL && (stop->text.ptr || stop->category.ptr);
	const char *name = "end_turn";

	for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
		name = stops[i].kind == stop->kind ? stops[i].name : name;
	}
	json_kstr(w, "stop_reason", name);
	json_kslice_or_null(w, "stop_sequence",
			    stop->kind == STOP_SEQUENCE ? stop->text : SLICE_NULL);
	json_key(w, "stop_details");
	if (!has_details) {
		json_null(w);
		return;
	}
	json_object(w);
	json_kstr(w, "type", "refusal");
	json_kslice_or_null(w, "category", stop->category);
	json_kslice_or_null(w, "explanation", stop->text);
	json_end(w);
}

void anthropic_usage_read(struct anthropic_usage *u, const struct json *v)
{
	json_get_count(v, "input_tokens", &u->uncached);
	json_get_count(v, "cache_read_input_tokens", &u->cache_read);
	json_get_count(v, "cache_creation_input_tokens", &u->cache_write);
	json_get_count(json_get(v, "cache_creation"), "ephemeral_1h_input_tokens",
		       &u->cache_write_1h);
	json_get_count(v, "output_tokens", &u->output);
	json_get_count(json_get(v, "output_tokens_details"), "thinking_tokens", &u->thinking);
	json_get_count(json_get(v, "server_tool_use"), "web_search_requests", &u->web_searches);
}

struct hub_usage anthropic_usage_hub(const struct anthropic_usage *u)
{
	struct hub_usage usage = HUB_USAGE_INIT;

	if (u->uncached >= 0) {
		usage.in_total = hub_count_add(u->uncached, hub_count(u->cache_read));
		usage.in_total = hub_count_add(usage.in_total, hub_count(u->cache_write));
	}
	usage.in_cached = u->cache_read;
	usage.in_cache_write = u->cache_write;
	usage.in_cache_write_1h = u->cache_write_1h;
	usage.out_total = u->output;
	usage.out_reasoning = u->thinking;
	usage.web_searches = u->web_searches;
	return usage;
}

void anthropic_usage_write(struct json_writer *w, const struct hub_usage *usage)
{
	int64_t cached = hub_count(usage->in_cached);
	int64_t written = hub_count(usage->in_cache_write);
	int64_t for_1h = hub_count(usage->in_cache_write_1h);

	json_object(w);
	json_kint(w, "input_tokens", hub_count(hub_count(usage->in_total) - cached - written));
	json_kint(w, "cache_creation_input_tokens", written);
	json_kint(w, "cache_read_input_tokens", cached);
	json_key(w, "cache_creation");
	json_object(w);
	json_kint(w, "ephemeral_5m_input_tokens", hub_count(written - for_1h));
	json_kint(w, "ephemeral_1h_input_tokens", for_1h);
	json_end(w);
	json_kint(w, "output_tokens", hub_count(usage->out_total));
	if (usage->out_reasoning > 0) {
		json_key(w, "output_tokens_details");
		json_object(w);
		json_kint(w, "thinking_tokens", usage->out_reasoning);
		json_end(w);
	}
	if (usage->web_searches > 0) {
		json_key(w, "server_tool_use");
		json_object(w);
		json_kint(w, "web_search_requests", usage->web_searches);
		json_kint(w, "web_fetch_requests", 0);
		json_end(w);
	}
	json_end(w);
}
