/* One hub block -> one Anthropic content block. */
#include "formats/anthropic.h"

#include "formats/media.h"

static void begin(struct json_writer *w, const char *type)
{
	json_object(w);
	json_kstr(w, "type", type);
}

static void end(struct json_writer *w, const struct hub_block *block, unsigned *skip_marks)
{
	anthropic_cache_write(w, block->cache, skip_marks);
	json_end(w);
}

/* Citations only go back to who made them (C70, C129). */
static void write_citations(struct json_writer *w, const struct hub_citation *list)
{
	bool begun = false;

	for (; list; list = list->next) {
		if (list->origin != ORIGIN_ANTHROPIC || !list->raw.len) {
			continue;
		}
		if (!begun) {
			json_key(w, "citations");
			json_array(w);
			begun = true;
		}
		json_raw(w, list->raw);
	}
	if (begun) {
		json_end(w);
	}
}

static void write_text(struct json_writer *w, const struct hub_block *block,
		       struct slice text, unsigned *skip_marks)
{
	begin(w, "text");
	json_key(w, "text");
	json_strn(w, text);
	if (block->kind == BLOCK_TEXT) {
		write_citations(w, block->text.citations);
	}
	end(w, block, skip_marks);
}

static void write_source(struct json_writer *w, const struct hub_media *media)
{
	static const struct {
		const char *type;
		const char *member;
	} kinds[] = {
		[SOURCE_URL] = { "url", "url" },
		[SOURCE_BASE64] = { "base64", "data" },
		[SOURCE_FILE] = { "file", "file_id" },
		[SOURCE_TEXT] = { "text", "data" },
	};

	json_key(w, "source");
	json_object(w);
	json_kstr(w, "type", kinds[media->source].type);
	if (media->source == SOURCE_TEXT) {
		json_kstr(w, "media_type", "text/plain");
	} else if (media->source == SOURCE_BASE64) {
		json_kslice(w, "media_type", media->mime);
	}
	json_key(w, kinds[media->source].member);
	json_strn(w, media->data);
	json_end(w);
}

static bool write_image(struct conversion *c, struct json_writer *w,
			const struct hub_block *block, unsigned *skip_marks)
{
	struct hub_media media = block->media.media;

	if (!file_is_ours(c, &media, ORIGIN_ANTHROPIC) || !image_prepare(c, &media, true)) {
		return false;
	}
	begin(w, "image");
	write_source(w, &media);
	end(w, block, skip_marks);
	return true;
}

/* What Anthropic takes as a document: PDF, plain text, blocks, a URL, a file. */
static bool prepare_document(struct conversion *c, struct hub_media *media)
{
	struct slice text;

	if (!file_is_ours(c, media, ORIGIN_ANTHROPIC)) {
		return false;
	}
	if (media->source != SOURCE_BASE64) {
		return true;
	}
	if (mime_is_text(media->mime)) {
		if (!base64_to_text(c->arena, media->data, &text)) {
			return encode_refuse(c, "messages",
					     "messages: document data is not base64");
		}
		media->source = SOURCE_TEXT;
		media->data = text;
		return true;
	}
	if (!clean_base64(c->arena, &media->data)) {
		return encode_refuse(c, "messages", "messages: document data is not base64");
	}
	if (!media->mime.len) {
		media->mime = slice_of("application/pdf");
	}
	if (!slice_eq(media->mime, "application/pdf")) {
		return encode_refuse(c, "messages", "messages: documents of type `%.*s` are not "
				     "supported by this upstream", (int)media->mime.len,
				     media->mime.ptr);
	}
	return true;
}

static bool write_content_source(struct conversion *c, struct json_writer *w,
				 const struct hub_media *media, enum hub_role role)
{
	unsigned no_marks = 0;
	bool ok;

	json_key(w, "source");
	json_object(w);
	json_kstr(w, "type", "content");
	json_key(w, "content");
	ok = anthropic_blocks_write(c, w, &media->blocks, role, &no_marks);
	json_end(w);
	return ok;
}

static bool write_document(struct conversion *c, struct json_writer *w,
			   const struct hub_block *block, enum hub_role role,
			   unsigned *skip_marks)
{
	struct hub_media media = block->media.media;
	struct slice title = block->media.title;

	if (!prepare_document(c, &media)) {
		return false;
	}
	begin(w, "document");
	if (media.source != SOURCE_BLOCKS) {
		write_source(w, &media);
	} else if (!write_content_source(c, w, &media, role)) {
		return false;
	}
	json_kslice(w, "title", title.ptr ? title : block->media.filename);
	json_kslice(w, "context", block->media.context);
	if (block->media.cite) {
		json_key(w, "citations");
		json_object(w);
		json_kbool(w, "enabled", true);
		json_end(w);
	}
	end(w, block, skip_marks);
	return true;
}

static void write_thinking(struct json_writer *w, const struct hub_block *block)
{
	begin(w, "thinking");
	json_key(w, "thinking");
	json_strn(w, block->thinking.text);
	json_key(w, "signature");
	json_strn(w, block->sig.data);
	json_end(w);
}

static void write_redacted(struct json_writer *w, const struct hub_block *block)
{
	begin(w, "redacted_thinking");
	json_key(w, "data");
	json_strn(w, block->foreign.raw);
	json_end(w);
}

static void write_tool_use(struct conversion *c, struct json_writer *w,
			   const struct hub_block *block, unsigned *skip_marks)
{
	begin(w, "tool_use");
	json_key(w, "id");
	json_strn(w, wire_id(c, block->tool_use.id));
	json_key(w, "name");
	json_strn(w, wire_name(c, block->tool_use.name));
	json_key(w, "input");
	json_raw(w, args_object(c->arena, block->tool_use.args, c->warnings));
	end(w, block, skip_marks);
}

/* C47: an empty result has no content member. */
static bool write_tool_result(struct conversion *c, struct json_writer *w,
			      const struct hub_block *block, unsigned *skip_marks)
{
	const struct hub_blocks *blocks = &block->tool_result.blocks;
	bool is_plain = blocks->count == 1 && blocks->first->kind == BLOCK_TEXT &&
			blocks->first->cache == CACHE_NONE;
	bool is_empty = true;

	blocks_each(inner, blocks) {
		is_empty &= !anthropic_block_has_content(inner);
	}
	begin(w, "tool_result");
	json_key(w, "tool_use_id");
	json_strn(w, wire_id(c, block->tool_result.id));
	if (is_empty) {
		is_plain = false;
	} else if (is_plain) {
		json_kslice(w, "content", blocks->first->text.text);
	} else {
		json_key(w, "content");
		if (!anthropic_blocks_write(c, w, blocks, ROLE_USER, skip_marks)) {
			return false;
		}
	}
	if (block->tool_result.is_error) {
		json_kbool(w, "is_error", true);
	}
	end(w, block, skip_marks);
	return true;
}

/* C60: only with its own signature, otherwise not at all. */
static bool is_own_thinking(const struct hub_block *block)
{
	return block->sig.origin == ORIGIN_ANTHROPIC && block->sig.data.len > 0;
}

/* True when something was written. */
static bool write_foreign(struct conversion *c, struct json_writer *w,
			  const struct hub_block *block, enum hub_role role,
			  unsigned *skip_marks, bool *failed)
{
	switch (foreign_fate(c, block, role, ORIGIN_ANTHROPIC)) {
	case FOREIGN_KEEP:
		if (block->kind == BLOCK_REDACTED) {
			write_redacted(w, block);
		} else {
			json_raw(w, block->foreign.raw);
		}
		return true;
	case FOREIGN_TEXT:
		write_text(w, block, block->foreign.digest, skip_marks);
		return true;
	case FOREIGN_REFUSE:
		*failed = true;
		return false;
	case FOREIGN_DROP:
		break;
	}
	return false;
}

bool anthropic_block_has_content(const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		return !slice_is_blank(block->text.text);
	case BLOCK_THINKING:
		return is_own_thinking(block);
	default:
		return true;
	}
}

bool anthropic_block_write(struct conversion *c, struct json_writer *w,
			   const struct hub_block *block, enum hub_role role,
			   unsigned *skip_marks, bool *failed)
{
	if (!anthropic_block_has_content(block)) {
		return false;
	}
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		write_text(w, block, block->text.text, skip_marks);
		return true;
	case BLOCK_IMAGE:
		*failed = !write_image(c, w, block, skip_marks);
		return !*failed;
	case BLOCK_DOCUMENT:
		*failed = !write_document(c, w, block, role, skip_marks);
		return !*failed;
	case BLOCK_AUDIO:
	case BLOCK_VIDEO:
		*failed = !encode_refuse(c, "messages", "messages: %s is not supported by this "
					 "upstream",
					 block->kind == BLOCK_AUDIO ? "audio" : "video");
		return false;
	case BLOCK_THINKING:
		write_thinking(w, block);
		return true;
	case BLOCK_TOOL_USE:
		write_tool_use(c, w, block, skip_marks);
		return true;
	case BLOCK_TOOL_RESULT:
		*failed = !write_tool_result(c, w, block, skip_marks);
		return !*failed;
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		return write_foreign(c, w, block, role, skip_marks, failed);
	}
	return false;
}
