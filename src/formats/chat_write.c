#include "formats/chat_write.h"

static int64_t clamp(int64_t at, int64_t max)
{
	return at > max ? max : at;
}

void chat_annotation_add(struct buf *list, const struct hub_citation *c,
			 const struct chat_span *span)
{
	int64_t start = c->start < 0 ? 0 : clamp(c->start, span->length);
	int64_t end = c->end < 0 ? span->length : clamp(c->end, span->length);
	struct json_writer w;

	if (c->kind != CITE_URL || !c->url.len) {
		return;
	}
	buf_adds(list, list->len ? "," : "");
	json_open(&w, list);
	json_object(&w);
	json_kstr(&w, "type", "url_citation");
	json_key(&w, "url_citation");
	json_object(&w);
	json_kint(&w, "start_index", span->from + start);
	json_kint(&w, "end_index", span->from + end);
	json_kslice(&w, "url", c->url);
	json_kslice(&w, "title", c->title.ptr ? c->title : slice_of(""));
	json_end(&w);
	json_end(&w);
}

void chat_annotations_write(struct json_writer *w, const struct buf *list)
{
	/* Cut off at its maximum it is no JSON. */
	struct slice items = list->failed ? SLICE_NULL : buf_slice(list);

	json_key(w, "annotations");
	json_array(w);
	if (items.len) {
		json_raw(w, items);
	}
	json_end(w);
}

struct slice chat_call_id(struct arena *a, const struct hub_block *call)
{
	return call->tool_use.id.len ? call->tool_use.id : id_base62_new(a, "call_", 24);
}

const char *chat_call_type(const struct hub_block *call)
{
	return call->tool_use.is_custom ? "custom" : "function";
}
