/* Content blocks of Anthropic Messages -> hub, for requests and answers. */
#include "formats/anthropic.h"

#include "base/limits.h"
#include "formats/envelope.h"

static struct slice text_of(const struct json *v, const char *name)
{
	return json_get_text(v, name);
}

enum hub_cache anthropic_cache_read(const struct json *v)
{
	const struct json *mark = json_get(v, "cache_control");

	if (!json_is(mark, JSON_OBJECT)) {
		return CACHE_NONE;
	}
	if (json_is_text(json_get(mark, "ttl"), "1h")) {
		return CACHE_1H;
	}
	return json_is_text(json_get(mark, "ttl"), "5m") ? CACHE_5M : CACHE_DEFAULT;
}

static enum hub_citation_kind citation_kind(const struct json *v)
{
	const struct json *type = json_get(v, "type");

	if (json_is_text(type, "char_location")) {
		return CITE_CHAR;
	}
	if (json_is_text(type, "page_location")) {
		return CITE_PAGE;
	}
	if (json_is_text(type, "content_block_location")) {
		return CITE_BLOCK;
	}
	return CITE_URL;
}

struct hub_citation *anthropic_citation_read(struct arena *a, const struct json *v)
{
	struct hub_citation *c;

	if (!json_is(v, JSON_OBJECT)) {
		return NULL;
	}
	c = arena_zalloc(a, sizeof *c);
	c->kind = citation_kind(v);
	c->origin = ORIGIN_ANTHROPIC;
	c->url = text_of(v, "url");
	if (!c->url.ptr) {
		c->url = text_of(v, "source");
	}
	c->title = text_of(v, "title");
	c->cited = text_of(v, "cited_text");
	c->start = c->end = -1;
	c->raw = json_one_line(a, v->raw);
	return c;
}

static struct hub_block *read_text(struct arena *a, const struct json *v)
{
	struct hub_block *b = hub_text_new(a, text_of(v, "text"));
	struct hub_citation **tail = &b->text.citations;

	json_each(item, json_get(v, "citations")) {
		*tail = anthropic_citation_read(a, item);
		tail = *tail ? &(*tail)->next : tail;
	}
	return b;
}

static void read_source(struct arena *a, const struct json *source, struct hub_media *media)
{
	const struct json *type = json_get(source, "type");

	media->mime = text_of(source, "media_type");
	if (json_is_text(type, "base64")) {
		media->source = SOURCE_BASE64;
		media->data = text_of(source, "data");
	} else if (json_is_text(type, "text")) {
		media->source = SOURCE_TEXT;
		media->data = text_of(source, "data");
	} else if (json_is_text(type, "file")) {
		media->source = SOURCE_FILE;
		media->data = text_of(source, "file_id");
		media->provider = ORIGIN_ANTHROPIC;
	} else if (json_is_text(type, "content")) {
		media->source = SOURCE_BLOCKS;
		anthropic_content_read(a, json_get(source, "content"), &media->blocks);
	} else {
		media->source = SOURCE_URL;
		media->data = text_of(source, "url");
	}
}

static struct hub_block *read_media(struct arena *a, const struct json *v,
				    enum hub_block_kind kind)
{
	struct hub_block *b = hub_block_new(a, kind);

	read_source(a, json_get(v, "source"), &b->media.media);
	b->media.title = text_of(v, "title");
	b->media.context = text_of(v, "context");
	b->media.cite = json_get_bool(json_get(v, "citations"), "enabled", false);
	return b;
}

static struct hub_block *read_thinking(struct arena *a, const struct json *v)
{
	struct hub_block *b = hub_block_new(a, BLOCK_THINKING);

	b->thinking.text = text_of(v, "thinking");
	b->sig = envelope_open(a, text_of(v, "signature"), ORIGIN_ANTHROPIC);
	return b;
}

static struct hub_block *read_redacted(struct arena *a, const struct json *v)
{
	struct hub_block *b = hub_block_new(a, BLOCK_REDACTED);

	b->foreign.origin = ORIGIN_ANTHROPIC;
	b->foreign.type = slice_of("redacted_thinking");
	b->foreign.raw = text_of(v, "data");
	return b;
}

static struct hub_block *read_tool_use(struct arena *a, const struct json *v)
{
	struct hub_block *b = hub_block_new(a, BLOCK_TOOL_USE);
	const struct json *input = json_get(v, "input");

	b->tool_use.id = text_of(v, "id");
	b->tool_use.name = text_of(v, "name");
	b->tool_use.args = input ? json_one_line(a, input->raw) : slice_of("{}");
	return b;
}

static struct hub_block *read_tool_result(struct arena *a, const struct json *v)
{
	struct hub_block *b = hub_block_new(a, BLOCK_TOOL_RESULT);

	b->tool_result.id = text_of(v, "tool_use_id");
	b->tool_result.is_error = json_get_bool(v, "is_error", false);
	anthropic_content_read(a, json_get(v, "content"), &b->tool_result.blocks);
	return b;
}

static void print(struct buf *out, struct slice s)
{
	buf_add(out, s.ptr, s.len);
}

static void digest_web_search(const struct json *content, struct buf *out)
{
	buf_adds(out, "Search results:");
	json_each(hit, content) {
		buf_adds(out, "\n- ");
		print(out, text_of(hit, "title"));
		buf_adds(out, " (");
		print(out, text_of(hit, "url"));
		buf_adds(out, ")");
	}
}

static void digest_code(struct slice stdout_text, struct slice stderr_text, struct buf *out)
{
	buf_adds(out, "```\n");
	print(out, stdout_text);
	buf_adds(out, "\n");
	print(out, stderr_text);
	buf_adds(out, "\n```");
}

static void digest_search_result(const struct json *v, struct buf *out)
{
	print(out, text_of(v, "title"));
	buf_adds(out, " (");
	print(out, text_of(v, "source"));
	buf_adds(out, ")");
	json_each(part, json_get(v, "content")) {
		buf_adds(out, "\n");
		print(out, text_of(part, "text"));
	}
}

/* C70, C71: what a model of another vendor can read of a server tool's result,
 * of a search result and of a pointer to a tool that the request defines. */
static struct slice digest_of(struct arena *a, const struct json *v)
{
	const struct json *type = json_get(v, "type");
	const struct json *content = json_get(v, "content");
	struct slice out = text_of(content, "stdout");
	struct slice err = text_of(content, "stderr");
	struct buf text = BUF_INIT(MAX_SSE_EVENT_BYTES);
	struct slice digest = SLICE_NULL;

	if (json_is_text(type, "web_search_tool_result") && json_is(content, JSON_ARRAY)) {
		digest_web_search(content, &text);
	} else if (json_is_text(type, "search_result") && content) {
		digest_search_result(v, &text);
	} else if (json_is_text(type, "tool_reference") && text_of(v, "tool_name").len) {
		buf_adds(&text, "Tool available: ");
		print(&text, text_of(v, "tool_name"));
	} else if (out.len || err.len) {
		digest_code(out, err, &text);
	}
	if (text.len) {
		digest = arena_slice(a, buf_slice(&text));
	}
	buf_release(&text);
	return digest;
}

struct hub_block *anthropic_foreign_read(struct arena *a, const struct json *v)
{
	struct slice type = text_of(v, "type");
	enum hub_block_kind kind = BLOCK_OPAQUE;
	struct hub_block *b;

	if (slice_eq(type, "server_tool_use") || slice_eq(type, "mcp_tool_use")) {
		kind = BLOCK_SERVER_USE;
	} else if (slice_ends(type, "_tool_result")) {
		kind = BLOCK_SERVER_RESULT;
	}
	b = hub_block_new(a, kind);
	b->foreign.origin = ORIGIN_ANTHROPIC;
	b->foreign.type = type;
	b->foreign.id = text_of(v, kind == BLOCK_SERVER_RESULT ? "tool_use_id" : "id");
	b->foreign.name = text_of(v, "name");
	b->foreign.raw = json_one_line(a, v->raw);
	if (kind != BLOCK_SERVER_USE) {
		b->foreign.digest = digest_of(a, v);
	}
	return b;
}

struct hub_block *anthropic_block_read(struct arena *a, const struct json *v)
{
	struct slice type = text_of(v, "type");
	struct hub_block *b;

	if (slice_eq(type, "text")) {
		b = read_text(a, v);
	} else if (slice_eq(type, "image")) {
		b = read_media(a, v, BLOCK_IMAGE);
	} else if (slice_eq(type, "document")) {
		b = read_media(a, v, BLOCK_DOCUMENT);
	} else if (slice_eq(type, "thinking")) {
		b = read_thinking(a, v);
	} else if (slice_eq(type, "redacted_thinking")) {
		b = read_redacted(a, v);
	} else if (slice_eq(type, "tool_use")) {
		b = read_tool_use(a, v);
	} else if (slice_eq(type, "tool_result")) {
		b = read_tool_result(a, v);
	} else if (type.len) {
		/* Its JSON is kept whole, the cache mark with it. */
		return anthropic_foreign_read(a, v);
	} else {
		return NULL;
	}
	b->cache = anthropic_cache_read(v);
	return b;
}

void anthropic_content_read(struct arena *a, const struct json *content,
			    struct hub_blocks *out)
{
	if (json_is(content, JSON_STRING)) {
		hub_append(out, hub_text_new(a, content->text));
		return;
	}
	if (!json_is(content, JSON_ARRAY)) {
		return;
	}
	json_each(item, content) {
		struct hub_block *block = anthropic_block_read(a, item);

		if (block) {
			hub_append(out, block);
		}
	}
}
