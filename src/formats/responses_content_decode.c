/* Content parts of a request's messages and tool outputs -> hub blocks. */
#include "formats/responses.h"

#include "formats/media.h"

/* A part with its place, for refusals. */
struct part {
	struct decoding *d;
	const struct json *v;
	const char *path;
};

static bool refuse_part(const struct part *p, const char *member, const char *why)
{
	return decode_refuse(p->d, p->path, "%s.%s: %s", p->path, member, why);
}

/* C23: a data URL, or one that the vendor fetches. */
static bool read_url(const struct part *p, const char *member, struct hub_media *media)
{
	struct slice url = json_get_text(p->v, member);

	if (data_url_read(url, &media->mime, &media->data)) {
		media->source = SOURCE_BASE64;
		return true;
	}
	if (!url_is_http(url)) {
		return refuse_part(p, member, "expected a base64 data URL or an http(s) URL");
	}
	media->source = SOURCE_URL;
	media->data = url;
	return true;
}

static void read_file_id(const struct part *p, struct hub_media *media)
{
	media->source = SOURCE_FILE;
	media->data = json_get_text(p->v, "file_id");
	media->provider = ORIGIN_OPENAI;
}

static struct hub_block *read_image(const struct part *p)
{
	struct hub_block *b = hub_block_new(p->d->arena, BLOCK_IMAGE);
	struct hub_media *media = &b->media.media;

	b->media.detail = json_get_text(p->v, "detail");
	if (json_get(p->v, "file_id")) {
		read_file_id(p, media);
		return b;
	}
	if (!read_url(p, "image_url", media)) {
		return NULL;
	}
	if (media->source == SOURCE_BASE64 && !media->mime.len) {
		media->mime = sniff_image(media->data);
	}
	return b;
}

/* The data may stand without the data URL around it. */
static bool read_file_data(const struct part *p, struct hub_media *media)
{
	struct slice data = json_get_text(p->v, "file_data");

	media->source = SOURCE_BASE64;
	if (data_url_read(data, &media->mime, &media->data)) {
		return true;
	}
	media->data = data;
	media->mime = slice_of("application/pdf");
	return clean_base64(p->d->arena, &media->data) ||
	       refuse_part(p, "file_data", "expected base64 data");
}

static struct hub_block *read_file(const struct part *p)
{
	struct hub_block *b = hub_block_new(p->d->arena, BLOCK_DOCUMENT);
	struct hub_media *media = &b->media.media;

	b->media.filename = json_get_text(p->v, "filename");
	if (json_get(p->v, "file_id")) {
		read_file_id(p, media);
		return b;
	}
	if (json_get(p->v, "file_data")) {
		return read_file_data(p, media) ? b : NULL;
	}
	return read_url(p, "file_url", media) ? b : NULL;
}

static struct hub_block *read_audio(const struct part *p)
{
	struct hub_block *b = hub_block_new(p->d->arena, BLOCK_AUDIO);
	const struct json *inner = json_get(p->v, "input_audio");
	const struct json *v = inner ? inner : p->v;

	b->media.media.source = SOURCE_BASE64;
	b->media.media.data = json_get_text(v, "data");
	b->media.media.mime = slice_of(json_is_text(json_get(v, "format"), "wav") ? "audio/wav"
										  : "audio/mpeg");
	return b;
}

static struct hub_block *read_unknown(const struct part *p, struct slice type)
{
	struct hub_block *b = hub_block_new(p->d->arena, BLOCK_OPAQUE);

	b->foreign.origin = ORIGIN_OPENAI;
	b->foreign.type = type;
	b->foreign.raw = p->v->raw;
	return b;
}

/* NULL: refused. */
static struct hub_block *read_part(const struct part *p)
{
	struct slice type = json_get_text(p->v, "type");
	struct hub_block *b = responses_output_part_read(p->d->arena, p->v);

	if (b) {
		return b;
	}
	if (slice_eq(type, "input_text") || slice_eq(type, "text")) {
		return hub_text_new(p->d->arena, json_get_text(p->v, "text"));
	}
	if (slice_eq(type, "input_image")) {
		return read_image(p);
	}
	if (slice_eq(type, "input_file")) {
		return read_file(p);
	}
	if (slice_eq(type, "input_audio")) {
		return read_audio(p);
	}
	if (!type.len) {
		refuse_part(p, "type", "Field required");
		return NULL;
	}
	return read_unknown(p, type);
}

bool responses_content_read(struct decoding *d, const struct json *content, const char *path,
			    struct hub_blocks *out)
{
	size_t index = 0;

	if (json_is(content, JSON_STRING)) {
		hub_append(out, hub_text_new(d->arena, content->text));
		return true;
	}
	if (!json_is(content, JSON_ARRAY)) {
		return decode_refuse(d, path, "%s: expected a string or an array of parts", path);
	}
	json_each(v, content) {
		const struct part part = {
			.d = d,
			.v = v,
			.path = arena_printf(d->arena, "%s[%zu]", path, index++),
		};
		struct hub_block *block = read_part(&part);

		if (!block) {
			return false;
		}
		hub_append(out, block);
	}
	return true;
}
