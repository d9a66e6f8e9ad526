/* Content parts of Chat requests -> hub (C23). */
#include "formats/chat.h"

#include "formats/media.h"

/* Where a part stands, for messages. */
struct place {
	struct decoding *d;
	size_t message;
	size_t part;
};

static bool refuse(const struct place *at, const char *what)
{
	return decode_refuse(at->d, "messages", "messages[%zu].content[%zu]%s", at->message,
			     at->part, what);
}

static struct hub_block *read_image(const struct place *at, const struct json *part)
{
	const struct json *image = json_get(part, "image_url");
	struct slice url = json_is(image, JSON_STRING) ? image->text
						       : json_get_text(image, "url");
	struct hub_block *b = hub_block_new(at->d->arena, BLOCK_IMAGE);
	struct hub_media *media = &b->media.media;

	b->media.detail = json_get_text(image, "detail");
	if (data_url_read(url, &media->mime, &media->data)) {
		media->source = SOURCE_BASE64;
		if (!media->mime.len) {
			media->mime = sniff_image(media->data);
		}
		return b;
	}
	media->source = SOURCE_URL;
	media->data = url;
	if (!url_is_http(url)) {
		refuse(at, ".image_url.url: neither an http(s) URL nor a base64 data URL");
		return NULL;
	}
	return b;
}

/* file_data is a data URL; some clients leave its head out. */
static struct hub_block *read_file(const struct place *at, const struct json *part)
{
	const struct json *file = json_get(part, "file");
	struct slice id = json_get_text(file, "file_id");
	struct slice data = json_get_text(file, "file_data");
	struct hub_block *b = hub_block_new(at->d->arena, BLOCK_DOCUMENT);
	struct hub_media *media = &b->media.media;

	b->media.filename = json_get_text(file, "filename");
	if (id.len) {
		media->source = SOURCE_FILE;
		media->data = id;
		media->provider = ORIGIN_OPENAI;
		return b;
	}
	media->source = SOURCE_BASE64;
	if (!data_url_read(data, &media->mime, &media->data)) {
		media->data = data;
	}
	if (!clean_base64(at->d->arena, &media->data)) {
		refuse(at, ".file: neither file_id nor base64 file_data");
		return NULL;
	}
	return b;
}

static struct hub_block *read_audio(const struct place *at, const struct json *part)
{
	const struct json *audio = json_get(part, "input_audio");
	struct slice format = json_get_text(audio, "format");
	struct hub_block *b = hub_block_new(at->d->arena, BLOCK_AUDIO);
	struct hub_media *media = &b->media.media;

	media->source = SOURCE_BASE64;
	media->data = json_get_text(audio, "data");
	if (!slice_eq(format, "wav") && !slice_eq(format, "mp3")) {
		refuse(at, ".input_audio.format: neither wav nor mp3");
		return NULL;
	}
	if (!clean_base64(at->d->arena, &media->data)) {
		refuse(at, ".input_audio.data: not base64");
		return NULL;
	}
	media->mime = slice_of(slice_eq(format, "wav") ? "audio/wav" : "audio/mpeg");
	return b;
}

static struct hub_block *read_opaque(const struct place *at, const struct json *part,
				     struct slice type)
{
	if (!type.len) {
		refuse(at, ".type: Field required");
		return NULL;
	}
	return chat_opaque_read(at->d->arena, part, type);
}

/* NULL: refused. */
static struct hub_block *read_part(const struct place *at, const struct json *part)
{
	struct slice type = json_get_text(part, "type");

	if (slice_eq(type, "text")) {
		return hub_text_new(at->d->arena, json_get_text(part, "text"));
	}
	if (slice_eq(type, "image_url")) {
		return read_image(at, part);
	}
	if (slice_eq(type, "file")) {
		return read_file(at, part);
	}
	if (slice_eq(type, "input_audio")) {
		return read_audio(at, part);
	}
	return read_opaque(at, part, type);
}

bool chat_content_read(struct decoding *d, const struct json *content, size_t index,
		       struct hub_blocks *out)
{
	struct place at = { d, index, 0 };

	if (json_is(content, JSON_STRING)) {
		hub_append(out, hub_text_new(d->arena, content->text));
		return true;
	}
	if (!json_is(content, JSON_ARRAY)) {
		return decode_refuse(d, "messages", "messages[%zu].content: neither a string "
				     "nor a list of parts", index);
	}
	json_each(part, content) {
		struct hub_block *block = read_part(&at, part);

		if (!block) {
			return false;
		}
		hub_append(out, block);
		at.part++;
	}
	return true;
}
