/* Hub blocks -> content of Chat messages (the table of section 4, C70-C77). */
#include "formats/chat.h"

#include "formats/media.h"

/* The blocks that are left, while lists are walked. */
struct flattening {
	struct conversion *c;
	enum hub_role role;
	struct hub_blocks *out;
};

static void put_text(struct flattening *f, struct slice text, enum hub_cache cache)
{
	struct hub_block *b;

	if (text.len) {
		b = hub_text_new(f->c->arena, text);
		b->cache = cache;
		hub_append(f->out, b);
	}
}

/* The encoder's own copy, which it may correct; texts stay shared. */
static struct hub_block *put_copy(struct flattening *f, const struct hub_block *block)
{
	struct hub_block *copy = arena_alloc(f->c->arena, sizeof *copy);

	*copy = *block;
	hub_append(f->out, copy);
	return copy;
}

static bool refuse_media(struct flattening *f, const char *what)
{
	return encode_refuse(f->c, "messages", "messages: %s not supported by this upstream",
			     what);
}

static bool put_image(struct flattening *f, const struct hub_block *block)
{
	if (!f->c->options.images) {
		return refuse_media(f, "images are");
	}
	return file_is_ours(f->c, &block->media.media, ORIGIN_OPENAI) &&
	       image_prepare(f->c, &put_copy(f, block)->media.media, false);
}

/* C75: a text with its title. */
static void put_text_document(struct flattening *f, const struct hub_block *block,
			      struct slice text)
{
	struct slice title = block->media.title;

	if (title.len) {
		title = slice_cat(f->c->arena, title, slice_of("\n\n"));
		text = slice_cat(f->c->arena, title, text);
	}
	put_text(f, text, block->cache);
}

static bool put_base64_document(struct flattening *f, const struct hub_block *block)
{
	const struct hub_media *media = &block->media.media;
	struct slice text = media->data;

	if (mime_is_text(media->mime)) {
		if (!base64_to_text(f->c->arena, media->data, &text)) {
			return refuse_media(f, "document data that is not base64 is");
		}
		put_text_document(f, block, text);
		return true;
	}
	if (!clean_base64(f->c->arena, &text)) {
		return refuse_media(f, "document data that is not base64 is");
	}
	put_copy(f, block)->media.media.data = text;
	return true;
}

static bool put_list(struct flattening *f, const struct hub_blocks *blocks);

static bool put_document(struct flattening *f, const struct hub_block *block)
{
	const struct hub_media *media = &block->media.media;

	if (block->media.cite) {
		warn(f->c->warnings, WARN_DROPPED, "citations.enabled");
	}
	switch (media->source) {
	case SOURCE_TEXT:
		put_text_document(f, block, media->data);
		return true;
	case SOURCE_BASE64:
		return put_base64_document(f, block);
	case SOURCE_BLOCKS:
		return put_list(f, &media->blocks);
	case SOURCE_FILE:
		if (!file_is_ours(f->c, media, ORIGIN_OPENAI)) {
			return false;
		}
		put_copy(f, block);
		return true;
	case SOURCE_URL:
		break;
	}
	return refuse_media(f, "document URLs are");
}

static bool put_audio(struct flattening *f, const struct hub_block *block)
{
	static const struct {
		const char *mime;
		const char *format;
	} known[] = {
		{ "audio/wav", "wav" }, { "audio/x-wav", "wav" }, { "audio/wave", "wav" },
		{ "audio/mpeg", "mp3" }, { "audio/mp3", "mp3" },
	};
	const struct hub_media *media = &block->media.media;

	for (size_t i = 0; i < ARRAY_LEN(known) && media->source == SOURCE_BASE64; i++) {
		if (slice_ieq(media->mime, known[i].mime)) {
			put_copy(f, block)->media.media.mime = slice_of(known[i].format);
			return true;
		}
	}
	return refuse_media(f, "audio other than WAV and MP3 is");
}

/* What an assistant's message consists of is joined without gaps. */
static void put_digest(struct flattening *f, const struct hub_block *block)
{
	struct slice text = block->foreign.digest;

	if (f->role == ROLE_ASSISTANT) {
		text = slice_cat(f->c->arena, f->out->count ? slice_of("\n\n") : SLICE_NULL,
				 slice_cat(f->c->arena, text, slice_of("\n\n")));
	}
	put_text(f, text, block->cache);
}

static bool put_foreign(struct flattening *f, const struct hub_block *block)
{
	switch (foreign_fate(f->c, block, f->role, CHAT_PART_ORIGIN)) {
	case FOREIGN_KEEP:
		put_copy(f, block);
		return true;
	case FOREIGN_TEXT:
		put_digest(f, block);
		return true;
	case FOREIGN_DROP:
		return true;
	case FOREIGN_REFUSE:
		break;
	}
	return false;
}

static bool put_block(struct flattening *f, const struct hub_block *block)
{
	switch (block->kind) {
	case BLOCK_TEXT:
		put_text(f, block->text.text, block->cache);
		return true;
	case BLOCK_REFUSAL:
		/* At OpenAI it has a part of its own. */
		if (f->role != ROLE_ASSISTANT || !f->c->options.is_openai) {
			put_text(f, block->text.text, block->cache);
		}
		return true;
	case BLOCK_IMAGE:
		return put_image(f, block);
	case BLOCK_DOCUMENT:
		return put_document(f, block);
	case BLOCK_AUDIO:
		return put_audio(f, block);
	case BLOCK_VIDEO:
		return refuse_media(f, "video is");
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		return put_foreign(f, block);
	case BLOCK_THINKING:
	case BLOCK_TOOL_USE:
	case BLOCK_TOOL_RESULT:
		/* Members of the message, or messages of their own. */
		break;
	}
	return true;
}

static bool put_list(struct flattening *f, const struct hub_blocks *blocks)
{
	blocks_each(block, blocks) {
		if (!put_block(f, block)) {
			return false;
		}
	}
	return true;
}

bool chat_flatten(struct conversion *c, enum hub_role role, const struct hub_blocks *blocks,
		  struct hub_blocks *flat)
{
	struct flattening f = { c, role, flat };

	return put_list(&f, blocks);
}

/* ---- writing ---- */

static void write_image(struct conversion *c, struct json_writer *w,
			const struct hub_block *block)
{
	const struct hub_media *media = &block->media.media;
	struct slice url = media->data;

	if (media->source == SOURCE_BASE64) {
		url = data_url_make(c->arena, media->mime, media->data);
	}
	json_kstr(w, "type", "image_url");
	json_key(w, "image_url");
	json_object(w);
	json_key(w, "url");
	json_strn(w, url);
	json_kslice(w, "detail", block->media.detail);
	json_end(w);
}

static void write_file(struct conversion *c, struct json_writer *w,
		       const struct hub_block *block)
{
	const struct hub_media *media = &block->media.media;
	struct slice mime = media->mime.len ? media->mime : slice_of("application/pdf");
	struct slice name = block->media.filename;

	json_kstr(w, "type", "file");
	json_key(w, "file");
	json_object(w);
	if (media->source == SOURCE_FILE) {
		json_kslice(w, "file_id", media->data);
	} else {
		json_kslice(w, "filename", name.len ? name : slice_of("document.pdf"));
		json_kslice(w, "file_data", data_url_make(c->arena, mime, media->data));
	}
	json_end(w);
}

static void write_audio(struct json_writer *w, const struct hub_block *block)
{
	json_kstr(w, "type", "input_audio");
	json_key(w, "input_audio");
	json_object(w);
	json_kslice(w, "data", block->media.media.data);
	json_kslice(w, "format", block->media.media.mime);
	json_end(w);
}

static void write_members(struct conversion *c, struct json_writer *w,
			  const struct hub_block *block)
{
	bool is_file = block->kind == BLOCK_DOCUMENT ||
		       (block->kind == BLOCK_IMAGE && block->media.media.source == SOURCE_FILE);

	if (is_file) {
		write_file(c, w, block);
	} else if (block->kind == BLOCK_IMAGE) {
		write_image(c, w, block);
	} else if (block->kind == BLOCK_AUDIO) {
		write_audio(w, block);
	} else {
		json_kstr(w, "type", "text");
		json_kslice(w, "text", block->text.text);
	}
}

/* C56 */
static bool is_marked(const struct conversion *c, const struct hub_block *block)
{
	return c->options.openai_breakpoints && block->cache != CACHE_NONE;
}

static void write_part(struct conversion *c, struct json_writer *w,
		       const struct hub_block *block)
{
	if (block->kind == BLOCK_OPAQUE) {
		json_raw(w, block->foreign.raw);
		return;
	}
	json_object(w);
	write_members(c, w, block);
	if (is_marked(c, block)) {
		json_key(w, "prompt_cache_breakpoint");
		json_object(w);
		json_kstr(w, "mode", "explicit");
		json_end(w);
	}
	json_end(w);
}

/* Servers other than OpenAI's often take only a string where there is nothing
 * but text. */
static bool is_string(const struct conversion *c, const struct hub_blocks *flat)
{
	blocks_each(block, flat) {
		if (block->kind != BLOCK_TEXT || is_marked(c, block)) {
			return false;
		}
	}
	return flat->count == 1 || !c->options.is_openai;
}

void chat_content_write(struct conversion *c, struct json_writer *w,
			const struct hub_blocks *flat)
{
	if (is_string(c, flat)) {
		json_strn(w, hub_join_text(c->arena, flat, "\n\n"));
		return;
	}
	json_array(w);
	blocks_each(block, flat) {
		write_part(c, w, block);
	}
	json_end(w);
}
