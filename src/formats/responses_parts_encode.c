/* Hub blocks -> input parts of Responses (C72-C75). */
#include "formats/responses.h"

#include "formats/media.h"

static void begin(struct json_writer *w, const char *type)
{
	json_object(w);
	json_kstr(w, "type", type);
}

static void write_text(struct json_writer *w, struct slice text)
{
	begin(w, "input_text");
	json_key(w, "text");
	json_strn(w, text);
	json_end(w);
}

static bool write_image(struct conversion *c, struct json_writer *w,
			const struct hub_block *block)
{
	struct hub_media media = block->media.media;
	struct slice detail = block->media.detail;

	if (!file_is_ours(c, &media, ORIGIN_OPENAI) || !image_prepare(c, &media, false)) {
		return false;
	}
	begin(w, "input_image");
	json_kslice(w, "detail", detail.len ? detail : slice_of("auto"));
	if (media.source == SOURCE_FILE) {
		json_kslice(w, "file_id", media.data);
	} else {
		json_kslice(w, "image_url", media.source == SOURCE_BASE64
			    ? data_url_make(c->arena, media.mime, media.data) : media.data);
	}
	json_end(w);
	return true;
}

/* C75: a text document is text under its title. */
static void write_document_text(struct conversion *c, struct json_writer *w,
				const struct hub_block *block, struct slice text)
{
	struct slice title = block->media.title;

	if (!title.len) {
		title = block->media.filename;
	}
	if (title.len) {
		text = slice_cat(c->arena, slice_cat(c->arena, title, slice_of("\n\n")), text);
	}
	write_text(w, text);
}

/* The vendor wants a name beside the data. */
static void write_file_data(struct conversion *c, struct json_writer *w,
			    const struct hub_block *block, const struct hub_media *media)
{
	struct slice name = block->media.filename;

	name = name.len ? name : block->media.title;
	begin(w, "input_file");
	json_kslice(w, "filename", name.len ? name : slice_of("document.pdf"));
	json_kslice(w, "file_data", data_url_make(c->arena, media->mime, media->data));
	json_end(w);
}

static bool write_base64_document(struct conversion *c, struct json_writer *w,
				  const struct hub_block *block)
{
	struct hub_media media = block->media.media;
	struct slice text;

	if (mime_is_text(media.mime)) {
		if (!base64_to_text(c->arena, media.data, &text)) {
			return encode_refuse(c, "messages",
					     "messages: document data is not base64");
		}
		write_document_text(c, w, block, text);
		return true;
	}
	if (!clean_base64(c->arena, &media.data)) {
		return encode_refuse(c, "messages", "messages: document data is not base64");
	}
	if (!media.mime.len) {
		media.mime = slice_of("application/pdf");
	}
	write_file_data(c, w, block, &media);
	return true;
}

static bool write_document(struct conversion *c, struct json_writer *w,
			   const struct hub_block *block)
{
	const struct hub_media *media = &block->media.media;

	if (block->media.cite) {
		warn(c->warnings, WARN_DROPPED, "messages.document.citations");
	}
	switch (media->source) {
	case SOURCE_BASE64:
		return write_base64_document(c, w, block);
	case SOURCE_TEXT:
		write_document_text(c, w, block, media->data);
		return true;
	case SOURCE_BLOCKS:
		return responses_parts_write(c, w, &media->blocks);
	case SOURCE_URL:
	case SOURCE_FILE:
		break;
	}
	if (!file_is_ours(c, media, ORIGIN_OPENAI)) {
		return false;
	}
	begin(w, "input_file");
	json_kslice(w, media->source == SOURCE_FILE ? "file_id" : "file_url", media->data);
	json_end(w);
	return true;
}

static bool write_audio(struct conversion *c, struct json_writer *w,
			const struct hub_block *block)
{
	struct hub_media media = block->media.media;
	bool is_wav = slice_eq(media.mime, "audio/wav") || slice_eq(media.mime, "audio/x-wav");
	bool is_mp3 = slice_eq(media.mime, "audio/mpeg") || slice_eq(media.mime, "audio/mp3");

	if (media.source != SOURCE_BASE64 || !(is_wav || is_mp3) ||
	    !clean_base64(c->arena, &media.data)) {
		return encode_refuse(c, "messages", "messages: audio other than base64 data of "
				     "type audio/wav or audio/mpeg is not supported by this "
				     "upstream");
	}
	begin(w, "input_audio");
	json_key(w, "input_audio");
	json_object(w);
	json_kslice(w, "data", media.data);
	json_kstr(w, "format", is_wav ? "wav" : "mp3");
	json_end(w);
	json_end(w);
	return true;
}

static bool write_foreign(struct conversion *c, struct json_writer *w,
			  const struct hub_block *block)
{
	switch (foreign_fate(c, block, ROLE_USER, ORIGIN_OPENAI)) {
	case FOREIGN_KEEP:
		json_raw(w, block->foreign.raw);
		return true;
	case FOREIGN_TEXT:
		write_text(w, block->foreign.digest);
		return true;
	case FOREIGN_DROP:
		return true;
	case FOREIGN_REFUSE:
		break;
	}
	return false;
}

bool responses_is_part(const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		return block->text.text.len > 0;
	case BLOCK_IMAGE:
	case BLOCK_DOCUMENT:
	case BLOCK_AUDIO:
	case BLOCK_VIDEO:
	case BLOCK_OPAQUE:
	case BLOCK_SERVER_RESULT:
		return true;
	default:
		return false;
	}
}

bool responses_part_write(struct conversion *c, struct json_writer *w,
			  const struct hub_block *block)
{
	if (!responses_is_part(block)) {
		return true;
	}
	switch (block->kind) {
	case BLOCK_IMAGE:
		return write_image(c, w, block);
	case BLOCK_DOCUMENT:
		return write_document(c, w, block);
	case BLOCK_AUDIO:
		return write_audio(c, w, block);
	case BLOCK_VIDEO:
		return encode_refuse(c, "messages", "messages: video is not supported by this "
				     "upstream");
	case BLOCK_OPAQUE:
	case BLOCK_SERVER_RESULT:
		return write_foreign(c, w, block);
	default:
		write_text(w, block->text.text);
		return true;
	}
}

bool responses_parts_write(struct conversion *c, struct json_writer *w,
			   const struct hub_blocks *blocks)
{
	blocks_each(block, blocks) {
		if (!responses_part_write(c, w, block)) {
			return false;
		}
	}
	return true;
}
