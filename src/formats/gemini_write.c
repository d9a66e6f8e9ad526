/* Pieces of a Gemini answer, the same whole or streamed (C124, C143). */
#include "formats/gemini.h"

void gemini_text_part_write(struct json_writer *w, struct slice text, bool is_thought,
			    struct slice sig)
{
	json_object(w);
	json_key(w, "text");
	json_strn(w, text);
	if (is_thought) {
		json_kbool(w, "thought", true);
	}
	json_kslice(w, "thoughtSignature", sig);
	json_end(w);
}

void gemini_call_part_write(struct json_writer *w, struct arena *a,
			    const struct hub_block *call, struct slice args)
{
	struct slice id = call->tool_use.id;

	json_object(w);
	json_key(w, "functionCall");
	json_object(w);
	json_kslice(w, "id", id.len ? id : id_base62_new(a, "call_", 24));
	json_key(w, "name");
	json_strn(w, call->tool_use.name);
	json_key(w, "args");
	json_raw(w, json_one_line(a, args_object(a, args, NULL)));
	json_end(w);
	json_kslice(w, "thoughtSignature", gemini_sig_text(a, &call->sig));
	json_end(w);
}

void gemini_finish_write(struct json_writer *w, const struct hub_stop *stop)
{
	json_kstr(w, "finishReason", gemini_stop_name(stop->kind));
	if (stop->kind == STOP_REFUSAL) {
		json_kslice(w, "finishMessage", stop->text);
	}
}

void gemini_identity_write(struct json_writer *w, struct slice model, struct slice id)
{
	json_key(w, "modelVersion");
	json_strn(w, model);
	json_kslice(w, "responseId", id);
}

/* C8: 22 characters; the digits of base62 are base64url, too. */
struct slice gemini_answer_id(struct arena *a, const struct answer_head *head)
{
	if (head->format == FORMAT_GEMINI && head->id.len) {
		return head->id;
	}
	return id_base62_derive(a, "", 22, head->id);
}

bool gemini_has_part(const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_IMAGE:
	case BLOCK_DOCUMENT:
	case BLOCK_AUDIO:
	case BLOCK_VIDEO:
		return block->media.media.source == SOURCE_BASE64;
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		return block->foreign.origin == ORIGIN_GEMINI;
	default:
		return false;
	}
}

void gemini_other_part_write(struct json_writer *w, const struct hub_block *block)
{
	if (!gemini_is_media(block)) {
		json_raw(w, block->foreign.raw);
		return;
	}
	json_object(w);
	json_key(w, "inlineData");
	json_object(w);
	json_kslice(w, "mimeType", block->media.media.mime);
	json_kslice(w, "data", block->media.media.data);
	json_end(w);
	json_end(w);
}
