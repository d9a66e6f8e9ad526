/*
 * groundingMetadata <-> citations (C129). Gemini counts UTF-8 bytes of the
 * whole answer's text, the hub code points of one block's.
 */
#include "formats/gemini.h"

#include "base/limits.h"
#include "base/utf8.h"

/* Citations of one answer; vendors give some dozens. Each costs a walk over the
 * text and the list of sources. */
#define MAX_CITATIONS 256

/* ---- reading ---- */

static const struct json *nth(const struct json *list, int64_t index)
{
	if (index < 0 || index >= MAX_CITATIONS) {
		return NULL;
	}
	json_each(item, list) {
		if (index-- == 0) {
			return item;
		}
	}
	return NULL;
}

/* web, retrievedContext, maps: whatever has an address. */
static const struct json *source_of(const struct json *chunk)
{
	json_each(member, chunk) {
		if (gemini_text(member, "uri").len) {
			return member;
		}
	}
	return NULL;
}

/* False: the segment lies outside of the block. */
static bool read_span(const struct json *segment, struct slice text, size_t from,
		      struct hub_citation *out)
{
	int64_t start = 0;
	int64_t end = 0;

	gemini_int(segment, "startIndex", &start);
	gemini_int(segment, "endIndex", &end);
	if (start < (int64_t)from || end < start || end > (int64_t)text.len) {
		return false;
	}
	out->start = utf8_count((struct slice){ text.ptr + from, (size_t)start - from });
	out->end = utf8_count((struct slice){ text.ptr + from, (size_t)end - from });
	return true;
}

static struct hub_citation *read_citation(struct arena *a, const struct json *chunk,
					  const struct hub_citation *span)
{
	const struct json *source = source_of(chunk);
	struct hub_citation *c;

	if (!source) {
		return NULL;
	}
	c = arena_zalloc(a, sizeof *c);
	*c = *span;
	c->kind = CITE_URL;
	c->origin = ORIGIN_GEMINI;
	c->url = gemini_text(source, "uri");
	c->title = gemini_text(source, "title");
	c->raw = json_one_line(a, chunk->raw);
	return c;
}

struct hub_citation *gemini_grounding_read(struct arena *a, const struct json *metadata,
					   struct slice text, size_t from)
{
	const struct json *chunks = gemini_get(metadata, "groundingChunks");
	struct hub_citation *first = NULL;
	struct hub_citation **tail = &first;
	size_t supports = 0;
	size_t count = 0;

	json_each(support, gemini_get(metadata, "groundingSupports")) {
		const struct json *segment = gemini_get(support, "segment");
		struct hub_citation span = { .cited = gemini_text(segment, "text") };

		if (supports++ == MAX_CITATIONS) {
			break;
		}
		if (!read_span(segment, text, from, &span)) {
			continue;
		}
		json_each(index, gemini_get(support, "groundingChunkIndices")) {
			int64_t at = -1;

			if (json_to_int(index, &at) && count++ < MAX_CITATIONS) {
				*tail = read_citation(a, nth(chunks, at), &span);
				tail = *tail ? &(*tail)->next : tail;
			}
		}
	}
	return first;
}

/* ---- writing ---- */

struct gemini_source {
	struct gemini_source *next;
	struct slice url;
	struct slice title;
	size_t index;
};

struct gemini_support {
	struct gemini_support *next;
	const struct gemini_source *source;
	size_t start;                     /* bytes of the answer's text */
	size_t end;
	struct slice cited;
};

void gemini_grounding_init(struct gemini_grounding *g)
{
	*g = (struct gemini_grounding){ .source_count = 0 };
	arena_init(&g->arena, 1 * KIB);
}

void gemini_grounding_release(struct gemini_grounding *g)
{
	arena_release(&g->arena);
}

static const struct gemini_source *source_for(struct gemini_grounding *g,
					      const struct hub_citation *citation)
{
	struct gemini_source **at = &g->sources;

	for (; *at; at = &(*at)->next) {
		if (slice_same((*at)->url, citation->url)) {
			return *at;
		}
	}
	*at = arena_zalloc(&g->arena, sizeof **at);
	(*at)->url = arena_slice(&g->arena, citation->url);
	(*at)->title = arena_slice(&g->arena, citation->title);
	(*at)->index = g->source_count++;
	return *at;
}

/* Bytes that the first `points` characters take. */
static size_t byte_offset(struct slice text, int64_t points)
{
	size_t at = 0;

	while (at < text.len && points-- > 0) {
		at++;
		while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80) {
			at++;
		}
	}
	return at;
}

/* Anthropic's citations have no offsets: they stand for their whole block. */
void gemini_grounding_add(struct gemini_grounding *g, const struct hub_citation *citation,
			  struct slice text, size_t from)
{
	struct gemini_support **tail = &g->supports;
	struct gemini_support *s;

	if (citation->kind != CITE_URL || !citation->url.len ||
	    g->support_count == MAX_CITATIONS) {
		return;
	}
	s = arena_zalloc(&g->arena, sizeof *s);
	s->source = source_for(g, citation);
	s->start = from + (citation->start > 0 ? byte_offset(text, citation->start) : 0);
	s->end = from + (citation->end >= 0 ? byte_offset(text, citation->end) : text.len);
	s->end = s->end < s->start ? s->start : s->end;
	s->cited = arena_slice(&g->arena, (struct slice){ text.ptr + (s->start - from),
							  s->end - s->start });
	while (*tail) {
		tail = &(*tail)->next;
	}
	*tail = s;
	g->support_count++;
}

static void write_source(struct json_writer *w, const struct gemini_source *s)
{
	json_object(w);
	json_key(w, "web");
	json_object(w);
	json_kslice(w, "uri", s->url);
	json_kslice(w, "title", s->title);
	json_end(w);
	json_end(w);
}

static void write_support(struct json_writer *w, const struct gemini_support *s)
{
	json_object(w);
	json_key(w, "segment");
	json_object(w);
	json_kint(w, "startIndex", (int64_t)s->start);
	json_kint(w, "endIndex", (int64_t)s->end);
	json_kslice(w, "text", s->cited);
	json_end(w);
	json_key(w, "groundingChunkIndices");
	json_array(w);
	json_int(w, (int64_t)s->source->index);
	json_end(w);
	json_end(w);
}

void gemini_grounding_write(struct json_writer *w, const struct gemini_grounding *g)
{
	if (!g->supports) {
		return;
	}
	json_key(w, "groundingMetadata");
	json_object(w);
	json_key(w, "groundingChunks");
	json_array(w);
	for (const struct gemini_source *s = g->sources; s; s = s->next) {
		write_source(w, s);
	}
	json_end(w);
	json_key(w, "groundingSupports");
	json_array(w);
	for (const struct gemini_support *s = g->supports; s; s = s->next) {
		write_support(w, s);
	}
	json_end(w);
	json_end(w);
}
