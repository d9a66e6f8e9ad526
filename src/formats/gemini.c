#include "formats/gemini.h"

#include <string.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "formats/envelope.h"
#include "formats/gemini_stream.h"

const struct format format_gemini = {
	.id = FORMAT_GEMINI,
	.origin = ORIGIN_GEMINI,
	.decode_request = gemini_decode_request,
	.encode_request = gemini_encode_request,
	.decode_answer = gemini_decode_answer,
	.answer_may_be_array = true,
	.encode_answer = gemini_encode_answer,
	.decoder_bytes = sizeof(struct gemini_decoder),
	.decoder_init = gemini_decoder_init,
	.decode_frame = gemini_decode_frame,
	.decode_eof = gemini_decode_eof,
	.decoder_release = gemini_decoder_release,
	.encoder_bytes = sizeof(struct gemini_encoder),
	.encoder_init = gemini_encoder_init,
	.encode_event = gemini_encode_event,
	.encoder_release = gemini_encoder_release,
};

/* ---- members ---- */

/* "thoughtSignature" is also "thought_signature". */
static bool is_called(struct slice key, const char *camel)
{
	size_t at = 0;

	for (; *camel; camel++) {
		char c = *camel;

		if (c >= 'A' && c <= 'Z' && at < key.len && key.ptr[at] == '_') {
			at++;
			c = (char)(c + 32);
		}
		if (at == key.len || key.ptr[at++] != c) {
			return false;
		}
	}
	return at == key.len;
}

const struct json *gemini_get(const struct json *object, const char *camel)
{
	const struct json *found = NULL;

	if (!json_is(object, JSON_OBJECT)) {
		return NULL;
	}
	json_each(member, object) {
		if (member->kind != JSON_NULL && is_called(member->key, camel)) {
			found = member;
		}
	}
	return found;
}

struct slice gemini_text(const struct json *object, const char *camel)
{
	const struct json *v = gemini_get(object, camel);

	return json_is(v, JSON_STRING) ? v->text : SLICE_NULL;
}

bool gemini_int(const struct json *object, const char *camel, int64_t *out)
{
	const struct json *v = gemini_get(object, camel);
	char digits[24];

	if (!json_is(v, JSON_STRING)) {
		return json_to_int(v, out);
	}
	if (v->text.len >= sizeof digits) {
		return false;
	}
	memcpy(digits, v->text.ptr, v->text.len);
	digits[v->text.len] = '\0';
	return str_to_i64(digits, out);
}

/* ---- stops ---- */

enum outcome { OUTCOME_STOP, OUTCOME_NEEDS_CONTENT, OUTCOME_NEEDS_CALL };

/* C125; what is not listed is an end, if there is any content. */
static const struct {
	const char *name;
	enum hub_stop_kind kind;
	enum outcome outcome;
} reasons[] = {
	{ "STOP", STOP_END, OUTCOME_STOP },
	{ "MAX_TOKENS", STOP_MAX_TOKENS, OUTCOME_STOP },
	{ "CONTINUATION", STOP_MAX_TOKENS, OUTCOME_STOP },
	{ "TOO_MANY_TOOL_CALLS", STOP_END, OUTCOME_STOP },
	{ "SAFETY", STOP_FILTER, OUTCOME_STOP },
	{ "RECITATION", STOP_FILTER, OUTCOME_STOP },
	{ "BLOCKLIST", STOP_FILTER, OUTCOME_STOP },
	{ "PROHIBITED_CONTENT", STOP_FILTER, OUTCOME_STOP },
	{ "SPII", STOP_FILTER, OUTCOME_STOP },
	{ "IMAGE_SAFETY", STOP_FILTER, OUTCOME_STOP },
	{ "IMAGE_PROHIBITED_CONTENT", STOP_FILTER, OUTCOME_STOP },
	{ "IMAGE_RECITATION", STOP_FILTER, OUTCOME_STOP },
	{ "IMAGE_OTHER", STOP_FILTER, OUTCOME_STOP },
	{ "MALFORMED_FUNCTION_CALL", STOP_TOOL_USE, OUTCOME_NEEDS_CALL },
	{ "UNEXPECTED_TOOL_CALL", STOP_TOOL_USE, OUTCOME_NEEDS_CALL },
};

bool gemini_stop_read(struct slice reason, bool has_tool_use, bool has_content,
		      struct hub_stop *stop)
{
	enum outcome outcome = OUTCOME_NEEDS_CONTENT;

	*stop = (struct hub_stop){ .kind = STOP_END };
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (slice_eq(reason, reasons[i].name)) {
			stop->kind = reasons[i].kind;
			outcome = reasons[i].outcome;
		}
	}
	if (stop->kind == STOP_END && has_tool_use) {
		stop->kind = STOP_TOOL_USE;
	}
	return outcome == OUTCOME_STOP || (outcome == OUTCOME_NEEDS_CALL ? has_tool_use
									 : has_content);
}

const char *gemini_stop_name(enum hub_stop_kind kind)
{
	switch (kind) {
	case STOP_MAX_TOKENS:
	case STOP_CONTEXT:
		return "MAX_TOKENS";
	case STOP_FILTER:
	case STOP_REFUSAL:
		return "SAFETY";
	case STOP_ERROR:
		return "OTHER";
	case STOP_END:
	case STOP_SEQUENCE:
	case STOP_TOOL_USE:
	case STOP_PAUSE:
	case STOP_COMPACTION:
		break;
	}
	return "STOP";
}

/* ---- usage ---- */

static int64_t read_count(const struct json *usage, const char *name)
{
	int64_t count;

	return gemini_int(usage, name, &count) && count >= 0 ? count : -1;
}

/* Of two counts of which either may not be told: zeros are left out. */
static int64_t add_counts(int64_t a, int64_t b)
{
	return a < 0 && b < 0 ? -1 : hub_count_add(hub_count(a), hub_count(b));
}

struct hub_usage gemini_usage_read(const struct json *metadata)
{
	struct hub_usage usage = HUB_USAGE_INIT;
	int64_t prompt = read_count(metadata, "promptTokenCount");

	usage.tool_prompt = read_count(metadata, "toolUsePromptTokenCount");
	usage.in_total = prompt < 0 ? -1 : add_counts(prompt, usage.tool_prompt);
	usage.in_cached = read_count(metadata, "cachedContentTokenCount");
	usage.out_reasoning = read_count(metadata, "thoughtsTokenCount");
	usage.out_total = add_counts(read_count(metadata, "candidatesTokenCount"),
				     usage.out_reasoning);
	return usage;
}

static void write_optional(struct json_writer *w, const char *name, int64_t count)
{
	if (count > 0) {
		json_kint(w, name, count);
	}
}

void gemini_usage_write(struct json_writer *w, const struct hub_usage *usage)
{
	int64_t in = hub_count(usage->in_total);
	int64_t out = hub_count(usage->out_total);
	int64_t tool_prompt = hub_count(usage->tool_prompt);
	int64_t thoughts = hub_count(usage->out_reasoning);

	json_object(w);
	json_kint(w, "promptTokenCount", hub_count(in - tool_prompt));
	json_kint(w, "candidatesTokenCount", hub_count(out - thoughts));
	json_kint(w, "totalTokenCount", hub_count_add(in, out));
	write_optional(w, "cachedContentTokenCount", usage->in_cached);
	write_optional(w, "thoughtsTokenCount", thoughts);
	write_optional(w, "toolUsePromptTokenCount", tool_prompt);
	json_end(w);
}

/* ---- signatures ---- */

/* Longer than any envelope in base64. */
#define MAX_SIG_BYTES (2 * MIB)

struct hub_sig gemini_sig_read(struct arena *a, struct slice text)
{
	struct buf plain = BUF_INIT(MAX_SIG_BYTES);
	struct hub_sig sig = { .origin = text.len ? ORIGIN_GEMINI : ORIGIN_NONE, .data = text };

	if (crypto_base64_decode(text, &plain) && str_starts(buf_text(&plain), "gw1.")) {
		sig = envelope_open(a, arena_slice(a, buf_slice(&plain)), ORIGIN_GEMINI);
	}
	buf_release(&plain);
	return sig;
}

struct slice gemini_sig_text(struct arena *a, const struct hub_sig *sig)
{
	struct slice sealed = envelope_seal(a, sig, ORIGIN_GEMINI);
	struct buf text = BUF_INIT(MAX_SIG_BYTES);

	if (sig->origin == ORIGIN_NONE || !sealed.len) {
		return SLICE_NULL;
	}
	if (sig->origin != ORIGIN_GEMINI) {
		crypto_base64(sealed, &text);
		sealed = arena_slice(a, buf_slice(&text));
	}
	buf_release(&text);
	return sealed;
}
