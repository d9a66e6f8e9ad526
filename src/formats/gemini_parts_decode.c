/* Parts of a Gemini content -> hub blocks, for requests and answers (C36, C37). */
#include "formats/gemini.h"

#include "base/limits.h"

/* Empty text says nothing but may carry a signature. */
static struct hub_block *read_text(struct arena *a, const struct json *part, struct slice text)
{
	const struct json *thought = gemini_get(part, "thought");
	struct hub_sig sig = gemini_sig_read(a, gemini_text(part, "thoughtSignature"));
	struct hub_block *b;

	if (!text.len && sig.origin == ORIGIN_NONE) {
		return NULL;
	}
	if (json_is(thought, JSON_TRUE) || !text.len) {
		b = hub_block_new(a, BLOCK_THINKING);
		b->thinking.text = text;
		b->thinking.is_summary = true;
	} else {
		b = hub_text_new(a, text);
	}
	b->sig = sig;
	return b;
}

static enum hub_block_kind kind_of_mime(struct slice mime)
{
	if (slice_starts(mime, "image/")) {
		return BLOCK_IMAGE;
	}
	if (slice_starts(mime, "audio/")) {
		return BLOCK_AUDIO;
	}
	return slice_starts(mime, "video/") ? BLOCK_VIDEO : BLOCK_DOCUMENT;
}

static struct hub_block *read_inline(struct arena *a, const struct json *v)
{
	struct slice mime = gemini_text(v, "mimeType");
	struct hub_block *b = hub_block_new(a, kind_of_mime(mime));

	b->media.media.source = SOURCE_BASE64;
	b->media.media.mime = mime;
	b->media.media.data = gemini_text(v, "data");
	b->media.filename = gemini_text(v, "displayName");
	return b;
}

/* What only Google can open: its Files API and its storage. */
static bool is_google_file(struct slice uri)
{
	static const char host[] = "https://generativelanguage.googleapis.com/";

	return slice_starts(uri, host) || slice_starts(uri, "gs://") ||
	       !(slice_starts(uri, "https://") || slice_starts(uri, "http://"));
}

static struct hub_block *read_file(struct arena *a, const struct json *v)
{
	struct slice mime = gemini_text(v, "mimeType");
	struct hub_block *b = hub_block_new(a, kind_of_mime(mime));
	struct hub_media *media = &b->media.media;

	media->mime = mime;
	media->data = gemini_text(v, "fileUri");
	media->source = SOURCE_URL;
	if (is_google_file(media->data)) {
		media->source = SOURCE_FILE;
		media->provider = ORIGIN_GEMINI;
	}
	b->media.filename = gemini_text(v, "displayName");
	return b;
}

static struct hub_block *read_call(struct arena *a, const struct json *part,
				   const struct json *v)
{
	struct hub_block *b = hub_block_new(a, BLOCK_TOOL_USE);
	const struct json *args = gemini_get(v, "args");

	b->tool_use.id = gemini_text(v, "id");
	b->tool_use.name = gemini_text(v, "name");
	b->tool_use.args = args ? json_one_line(a, args->raw) : slice_of("{}");
	b->sig = gemini_sig_read(a, gemini_text(part, "thoughtSignature"));
	return b;
}

/* C37: `output` and `error` alone are what the vendor documents. */
static struct hub_block *response_text(struct arena *a, const struct json *response,
				       bool *is_error)
{
	const struct json *only = json_is(response, JSON_OBJECT) && response->count == 1
					  ? response->first : NULL;
	bool is_output = only && slice_eq(only->key, "output");

	*is_error = only && slice_eq(only->key, "error");
	if (!is_output && !*is_error) {
		return hub_text_new(a, response ? json_one_line(a, response->raw)
						: slice_of(""));
	}
	return hub_text_new(a, json_is(only, JSON_STRING) ? only->text
							  : json_one_line(a, only->raw));
}

static struct hub_block *read_response(struct arena *a, const struct json *v)
{
	struct hub_block *b = hub_block_new(a, BLOCK_TOOL_RESULT);

	b->tool_result.id = gemini_text(v, "id");
	b->tool_result.name = gemini_text(v, "name");
	hub_append(&b->tool_result.blocks, response_text(a, gemini_get(v, "response"),
							 &b->tool_result.is_error));
	json_each(item, gemini_get(v, "parts")) {
		struct hub_block *media = gemini_part_read(a, item);

		if (media && gemini_is_media(media)) {
			hub_append(&b->tool_result.blocks, media);
		}
	}
	return b;
}

/* C70: what a model of another vendor can read of the code's output. */
static struct slice code_digest(struct arena *a, const struct json *v)
{
	struct slice fence = slice_of("```\n");
	struct slice output = gemini_text(v, "output");

	return output.len ? slice_cat(a, slice_cat(a, fence, output), slice_of("\n```"))
			  : SLICE_NULL;
}

/* A part that Google's own tools made, or one we do not know. */
static struct hub_block *read_foreign(struct arena *a, const struct json *part,
				      const struct json *v, enum hub_block_kind kind)
{
	struct hub_block *b = hub_block_new(a, kind);

	b->foreign.origin = ORIGIN_GEMINI;
	b->foreign.type = v->key;
	b->foreign.id = gemini_text(v, "id");
	b->foreign.name = gemini_text(v, "toolType");
	b->foreign.raw = json_one_line(a, part->raw);
	if (kind == BLOCK_SERVER_RESULT) {
		b->foreign.digest = code_digest(a, v);
	}
	return b;
}

static struct hub_block *read_server(struct arena *a, const struct json *part)
{
	static const struct {
		const char *name;
		enum hub_block_kind kind;
	} members[] = {
		{ "executableCode", BLOCK_SERVER_USE },
		{ "codeExecutionResult", BLOCK_SERVER_RESULT },
		{ "toolCall", BLOCK_SERVER_USE },
		{ "toolResponse", BLOCK_SERVER_RESULT },
	};

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const struct json *v = gemini_get(part, members[i].name);

		if (v) {
			return read_foreign(a, part, v, members[i].kind);
		}
	}
	return NULL;
}

/* Modifiers of a part alone are no content. */
static const struct json *unknown_member(const struct json *part)
{
	static const char *const modifiers[] = {
		"thought", "thoughtSignature", "mediaResolution", "videoMetadata",
		"partMetadata", "mediaProcessing",
	};

	json_each(member, part) {
		bool is_modifier = false;

		for (size_t i = 0; i < ARRAY_LEN(modifiers); i++) {
			is_modifier |= gemini_get(part, modifiers[i]) == member;
		}
		if (!is_modifier && member->kind == JSON_OBJECT) {
			return member;
		}
	}
	return NULL;
}

struct hub_block *gemini_part_read(struct arena *a, const struct json *part)
{
	const struct json *v;
	struct hub_block *b;

	if ((v = gemini_get(part, "text")) && v->kind == JSON_STRING) {
		return read_text(a, part, v->text);
	}
	if ((v = gemini_get(part, "functionCall"))) {
		return read_call(a, part, v);
	}
	if ((v = gemini_get(part, "functionResponse"))) {
		return read_response(a, v);
	}
	if ((v = gemini_get(part, "inlineData"))) {
		return read_inline(a, v);
	}
	if ((v = gemini_get(part, "fileData"))) {
		return read_file(a, v);
	}
	if ((b = read_server(a, part))) {
		return b;
	}
	v = unknown_member(part);
	return v ? read_foreign(a, part, v, BLOCK_OPAQUE) : read_text(a, part, slice_of(""));
}
