#include "formats/media.h"

#include <string.h>

#include "base/crypto.h"
#include "base/limits.h"

static bool is_base64_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Length without white space, or SIZE_MAX when it is not base64. */
static size_t measure_base64(struct slice data)
{
	size_t len = 0;
	size_t padding = 0;

	for (size_t i = 0; i < data.len; i++) {
		char c = data.ptr[i];

		if (is_space(c)) {
			continue;
		}
		padding += c == '=';
		if (c != '=' && (padding || !is_base64_char(c))) {
			return SIZE_MAX;
		}
		len++;
	}
	return len && len % 4 == 0 && padding <= 2 ? len : SIZE_MAX;
}

bool clean_base64(struct arena *a, struct slice *data)
{
	size_t len = measure_base64(*data);
	char *clean;
	size_t at = 0;

	if (len == SIZE_MAX) {
		return false;
	}
	if (len == data->len) {
		return true;
	}
	clean = arena_alloc(a, len + 1);
	for (size_t i = 0; i < data->len; i++) {
		if (!is_space(data->ptr[i])) {
			clean[at++] = data->ptr[i];
		}
	}
	clean[at] = '\0';
	*data = (struct slice){ clean, at };
	return true;
}

struct slice sniff_image(struct slice base64)
{
	static const struct {
		const char *magic;
		size_t len;
		size_t at;
		const char *mime;
	} kinds[] = {
		{ "\x89PNG", 4, 0, "image/png" },
		{ "\xff\xd8\xff", 3, 0, "image/jpeg" },
		{ "GIF8", 4, 0, "image/gif" },
		{ "WEBP", 4, 8, "image/webp" },
	};
	/* 16 characters decode to 12 bytes: enough for the four types. */
	struct slice head = { base64.ptr, base64.len < 16 ? base64.len / 4 * 4 : 16 };
	struct buf bytes = BUF_INIT(16);
	struct slice mime = SLICE_NULL;

	if (crypto_base64_decode(head, &bytes)) {
		for (size_t i = 0; i < ARRAY_LEN(kinds) && !mime.ptr; i++) {
			if (bytes.len >= kinds[i].at + kinds[i].len &&
			    memcmp(bytes.ptr + kinds[i].at, kinds[i].magic, kinds[i].len) == 0) {
				mime = slice_of(kinds[i].mime);
			}
		}
	}
	buf_release(&bytes);
	return mime;
}

bool data_url_read(struct slice url, struct slice *mime, struct slice *base64)
{
	static const char marker[] = ";base64";
	const char *comma = url.len ? memchr(url.ptr, ',', url.len) : NULL;
	struct slice head;
	const char *parameters;

	if (url.len < 5 || memcmp(url.ptr, "data:", 5) != 0 || !comma) {
		return false;
	}
	head = (struct slice){ url.ptr + 5, (size_t)(comma - url.ptr) - 5 };
	if (head.len < strlen(marker) ||
	    memcmp(head.ptr + head.len - strlen(marker), marker, strlen(marker)) != 0) {
		return false;
	}
	head.len -= strlen(marker);
	parameters = head.len ? memchr(head.ptr, ';', head.len) : NULL;
	head.len = parameters ? (size_t)(parameters - head.ptr) : head.len;
	*mime = head;
	*base64 = (struct slice){ comma + 1, (size_t)(url.ptr + url.len - comma) - 1 };
	return base64->len > 0;
}

struct slice data_url_make(struct arena *a, struct slice mime, struct slice base64)
{
	struct slice head = slice_of(arena_printf(a, "data:%.*s;base64,", (int)mime.len,
						  mime.len ? mime.ptr : ""));

	return slice_cat(a, head, base64);
}

bool url_is_http(struct slice url)
{
	return url_is_https(url) || (url.len > 7 && memcmp(url.ptr, "http://", 7) == 0);
}

bool url_is_https(struct slice url)
{
	return url.len > 8 && memcmp(url.ptr, "https://", 8) == 0;
}

static bool is_vision_mime(struct slice mime)
{
	return slice_eq(mime, "image/png") || slice_eq(mime, "image/jpeg") ||
	       slice_eq(mime, "image/gif") || slice_eq(mime, "image/webp");
}

/* Another image type (heic, svg…) stays as declared: some targets take it. */
bool image_prepare(struct conversion *c, struct hub_media *media, bool four_types_only)
{
	struct slice found;

	if (media->source != SOURCE_BASE64) {
		return true;
	}
	if (!clean_base64(c->arena, &media->data)) {
		return encode_refuse(c, "messages", "messages: image data is not base64");
	}
	found = sniff_image(media->data);
	if (found.ptr && !slice_same(found, media->mime)) {
		if (media->mime.len) {
			warn(c->warnings, WARN_REWRITTEN, "messages.image.media_type");
		}
		media->mime = found;
	}
	if (slice_eq(media->mime, "image/jpg")) {
		media->mime = slice_of("image/jpeg");
	}
	if (four_types_only && !is_vision_mime(media->mime)) {
		return encode_refuse(c, "messages", "messages: images of type `%.*s` are not "
				     "supported by this upstream", (int)media->mime.len,
				     media->mime.len ? media->mime.ptr : "");
	}
	return true;
}

bool file_is_ours(struct conversion *c, const struct hub_media *media, enum hub_origin own)
{
	if (media->source != SOURCE_FILE || media->provider == own) {
		return true;
	}
	return encode_refuse(c, "messages", "messages: the file `%.*s` was uploaded to another "
			     "provider", (int)(media->data.len > 128 ? 128 : media->data.len),
			     media->data.len ? media->data.ptr : "");
}

bool base64_to_text(struct arena *a, struct slice base64, struct slice *text)
{
	struct buf plain = BUF_INIT(MAX_SSE_EVENT_BYTES);
	bool ok = clean_base64(a, &base64) && crypto_base64_decode(base64, &plain);

	if (ok) {
		*text = arena_slice(a, buf_slice(&plain));
	}
	buf_release(&plain);
	return ok;
}

bool mime_is_text(struct slice mime)
{
	return mime.len >= 5 && memcmp(mime.ptr, "text/", 5) == 0;
}

/* ---- by URL ---- */

struct url_list {
	struct hub_block **items;
	size_t count;
	size_t max;
};

static void collect_urls(const struct hub_blocks *blocks, struct url_list *list)
{
	for (struct hub_block *b = blocks->first; b; b = b->next) {
		if (b->kind == BLOCK_TOOL_RESULT) {
			collect_urls(&b->tool_result.blocks, list);
		} else if (b->kind == BLOCK_IMAGE || b->kind == BLOCK_DOCUMENT) {
			collect_urls(&b->media.media.blocks, list);
			if (b->media.media.source != SOURCE_URL) {
				continue;
			}
			if (list->count < list->max) {
				list->items[list->count] = b;
			}
			list->count++;
		}
	}
}

size_t media_urls(struct hub_request *req, struct hub_block **out, size_t max)
{
	struct url_list list = { out, 0, max };

	collect_urls(&req->system, &list);
	messages_each(message, req) {
		collect_urls(&message->blocks, &list);
	}
	return list.count;
}
