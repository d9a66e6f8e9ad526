/* One hub block -> parts of a Gemini content (C45-C47, C72-C77, C88). */
#include "formats/gemini.h"

#include <string.h>

#include "formats/media.h"

/* ---- media ---- */

bool gemini_is_media(const struct hub_block *block)
{
	return block->kind == BLOCK_IMAGE || block->kind == BLOCK_DOCUMENT ||
	       block->kind == BLOCK_AUDIO || block->kind == BLOCK_VIDEO;
}

static struct slice default_mime(enum hub_block_kind kind)
{
	switch (kind) {
	case BLOCK_IMAGE:
		return slice_of("image/jpeg");
	case BLOCK_AUDIO:
		return slice_of("audio/wav");
	case BLOCK_VIDEO:
		return slice_of("video/mp4");
	default:
		return slice_of("application/pdf");
	}
}

/* The path without query and fragment. */
static struct slice path_of(struct slice url)
{
	for (size_t i = 0; i < url.len; i++) {
		if (url.ptr[i] == '?' || url.ptr[i] == '#') {
			url.len = i;
		}
	}
	return url;
}

static bool ends_with(struct slice s, const char *end)
{
	size_t len = strlen(end);

	return s.len >= len && slice_ieq((struct slice){ s.ptr + s.len - len, len }, end);
}

/* C76: the service wants a type, and a URL only hints at one. */
static struct slice mime_of_url(struct slice url, enum hub_block_kind kind)
{
	static const struct {
		const char *extension;
		const char *mime;
	} types[] = {
		{ ".png", "image/png" },     { ".jpg", "image/jpeg" },
		{ ".jpeg", "image/jpeg" },   { ".gif", "image/gif" },
		{ ".webp", "image/webp" },   { ".heic", "image/heic" },
		{ ".pdf", "application/pdf" }, { ".txt", "text/plain" },
		{ ".md", "text/markdown" },  { ".html", "text/html" },
		{ ".csv", "text/csv" },      { ".mp3", "audio/mpeg" },
		{ ".wav", "audio/wav" },     { ".mp4", "video/mp4" },
		{ ".webm", "video/webm" },
	};
	struct slice path = path_of(url);

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (ends_with(path, types[i].extension)) {
			return slice_of(types[i].mime);
		}
	}
	return default_mime(kind);
}

static const char *kind_word(enum hub_block_kind kind)
{
	switch (kind) {
	case BLOCK_IMAGE:
		return "image";
	case BLOCK_AUDIO:
		return "audio";
	case BLOCK_VIDEO:
		return "video";
	default:
		return "document";
	}
}

static void write_data(struct json_writer *w, const char *member, const struct hub_media *media,
		       const char *data_name)
{
	json_object(w);
	json_key(w, member);
	json_object(w);
	json_kslice(w, "mimeType", media->mime);
	json_kslice(w, data_name, media->data);
	json_end(w);
	json_end(w);
}

/* C76: only https, and only where the service fetches it itself. */
static bool url_goes(struct conversion *c, const struct hub_block *block)
{
	const char *word = kind_word(block->kind);

	if (c->options.url_media != URL_MEDIA_PASS) {
		return encode_refuse(c, "messages", "messages: %s URLs are not supported by this "
				     "upstream", word);
	}
	if (!url_is_https(block->media.media.data)) {
		return encode_refuse(c, "messages", "messages: %s URLs must begin with https://",
				     word);
	}
	return true;
}

static bool write_base64(struct conversion *c, struct json_writer *w,
			 const struct hub_block *block)
{
	struct hub_media media = block->media.media;

	if (block->kind == BLOCK_IMAGE) {
		if (!image_prepare(c, &media, false)) {
			return false;
		}
	} else if (!clean_base64(c->arena, &media.data)) {
		return encode_refuse(c, "messages", "messages: %s data is not base64",
				     kind_word(block->kind));
	}
	if (!media.mime.len) {
		media.mime = default_mime(block->kind);
	}
	write_data(w, "inlineData", &media, "data");
	return true;
}

static bool write_uri(struct conversion *c, struct json_writer *w, const struct hub_block *block)
{
	struct hub_media media = block->media.media;
	bool ok = media.source == SOURCE_URL ? url_goes(c, block)
					     : file_is_ours(c, &media, ORIGIN_GEMINI);

	if (ok && !media.mime.len) {
		media.mime = mime_of_url(media.data, block->kind);
	}
	if (ok) {
		write_data(w, "fileData", &media, "fileUri");
	}
	return ok;
}

/* C75 */
static struct slice document_text(struct conversion *c, const struct hub_block *block)
{
	struct slice title = block->media.title.len ? block->media.title
						    : block->media.filename;

	if (!title.len) {
		return block->media.media.data;
	}
	return slice_cat(c->arena, slice_cat(c->arena, title, slice_of("\n\n")),
			 block->media.media.data);
}

static bool write_media(struct conversion *c, struct json_writer *w,
			const struct hub_block *block)
{
	if (block->media.cite) {
		warn(c->warnings, WARN_DROPPED, "citations");
	}
	switch (block->media.media.source) {
	case SOURCE_BASE64:
		return write_base64(c, w, block);
	case SOURCE_URL:
	case SOURCE_FILE:
		return write_uri(c, w, block);
	case SOURCE_TEXT:
		gemini_text_part_write(w, document_text(c, block), false, SLICE_NULL);
		return true;
	case SOURCE_BLOCKS:
		break;
	}
	blocks_each(inner, &block->media.media.blocks) {
		if (!gemini_part_write(c, w, inner, SLICE_NULL, SLICE_NULL)) {
			return false;
		}
	}
	return true;
}

/* ---- calls and results ---- */

static void write_call(struct conversion *c, struct json_writer *w,
		       const struct hub_block *block, struct slice sig)
{
	json_object(w);
	json_key(w, "functionCall");
	json_object(w);
	if (c->traits.is_level_gemini) {
		json_kslice(w, "id", wire_id(c, block->tool_use.id));
	}
	json_key(w, "name");
	json_strn(w, wire_name(c, block->tool_use.name));
	json_key(w, "args");
	json_raw(w, args_object(c->arena, block->tool_use.args, c->warnings));
	json_end(w);
	json_kslice(w, "thoughtSignature", sig);
	json_end(w);
}

/* What a result says, and what it shows. */
struct result {
	struct hub_blocks texts;
	struct hub_blocks media;
};

static void add_copy(struct conversion *c, struct hub_blocks *list, const struct hub_block *block)
{
	struct hub_block *copy = arena_alloc(c->arena, sizeof *copy);

	*copy = *block;
	copy->next = NULL;
	hub_append(list, copy);
}

/* False: a block of the client's would be lost (C71). */
static bool add_foreign(struct conversion *c, const struct hub_block *block,
			struct result *out)
{
	switch (foreign_fate(c, block, ROLE_USER, ORIGIN_GEMINI)) {
	case FOREIGN_REFUSE:
		return false;
	case FOREIGN_TEXT:
		hub_append(&out->texts, hub_text_new(c->arena, block->foreign.digest));
		break;
	case FOREIGN_KEEP:
	case FOREIGN_DROP:
		break;
	}
	return true;
}

static bool split_blocks(struct conversion *c, const struct hub_blocks *blocks,
			 struct result *out);

static bool add_media(struct conversion *c, const struct hub_block *block, struct result *out)
{
	switch (block->media.media.source) {
	case SOURCE_TEXT:
		hub_append(&out->texts, hub_text_new(c->arena, document_text(c, block)));
		return true;
	case SOURCE_BLOCKS:
		return split_blocks(c, &block->media.media.blocks, out);
	case SOURCE_BASE64:
	case SOURCE_URL:
	case SOURCE_FILE:
		break;
	}
	add_copy(c, &out->media, block);
	return true;
}

static bool split_blocks(struct conversion *c, const struct hub_blocks *blocks,
			 struct result *out)
{
	blocks_each(block, blocks) {
		bool ok = true;

		if (block->kind == BLOCK_TEXT) {
			add_copy(c, &out->texts, block);
		} else if (gemini_is_media(block)) {
			ok = add_media(c, block, out);
		} else {
			ok = add_foreign(c, block, out);
		}
		if (!ok) {
			return false;
		}
	}
	return true;
}

static bool write_all_media(struct conversion *c, struct json_writer *w,
			    const struct hub_blocks *media)
{
	blocks_each(block, media) {
		if (!write_media(c, w, block)) {
			return false;
		}
	}
	return true;
}

bool gemini_result_media_write(struct conversion *c, struct json_writer *w,
			       const struct hub_block *result)
{
	struct result out = { .texts.count = 0 };

	return split_blocks(c, &result->tool_result.blocks, &out) &&
	       write_all_media(c, w, &out.media);
}

/* C46, C47: text of a result is never absent. */
static bool write_response(struct conversion *c, struct json_writer *w,
			   const struct hub_block *block)
{
	struct result out = { .texts.count = 0 };

	if (!split_blocks(c, &block->tool_result.blocks, &out)) {
		return false;
	}
	json_key(w, "response");
	json_object(w);
	json_key(w, block->tool_result.is_error ? "error" : "output");
	json_strn(w, hub_join_text(c->arena, &out.texts, "\n\n"));
	json_end(w);
	if (!out.media.count) {
		return true;
	}
	if (!c->traits.is_level_gemini) {
		warn(c->warnings, WARN_REWRITTEN, "messages.tool_result");
		return true;
	}
	json_key(w, "parts");
	json_array(w);
	if (!write_all_media(c, w, &out.media)) {
		return false;
	}
	json_end(w);
	return true;
}

static bool write_result(struct conversion *c, struct json_writer *w,
			 const struct hub_block *block, struct slice name)
{
	bool ok;

	json_object(w);
	json_key(w, "functionResponse");
	json_object(w);
	if (c->traits.is_level_gemini) {
		json_kslice(w, "id", wire_id(c, block->tool_result.id));
	}
	json_key(w, "name");
	json_strn(w, wire_name(c, name));
	ok = write_response(c, w, block);
	json_end(w);
	json_end(w);
	return ok;
}

bool gemini_part_write(struct conversion *c, struct json_writer *w,
		       const struct hub_block *block, struct slice name, struct slice sig)
{
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		gemini_text_part_write(w, block->text.text, false, sig);
		return true;
	case BLOCK_THINKING:
		/* C61: its text is not replayed. */
		gemini_text_part_write(w, slice_of(""), false, sig);
		return true;
	case BLOCK_IMAGE:
	case BLOCK_DOCUMENT:
	case BLOCK_AUDIO:
	case BLOCK_VIDEO:
		return write_media(c, w, block);
	case BLOCK_TOOL_USE:
		write_call(c, w, block, sig);
		return true;
	case BLOCK_TOOL_RESULT:
		return write_result(c, w, block, name);
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		if (block->foreign.origin == ORIGIN_GEMINI) {
			json_raw(w, block->foreign.raw);
		}
		return true;
	}
	return true;
}
