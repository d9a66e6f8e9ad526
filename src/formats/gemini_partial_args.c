/* Function calls whose arguments come in pieces with the path of each (Vertex
 * streamFunctionCallArguments; C137). */
#include "formats/gemini_stream.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "formats/json_path.h"

#define MAX_PATH_BYTES 1024

struct gemini_partial {
	struct arena kept;                /* id, name, signature */
	struct hub_block call;
	struct json_object *args;         /* json_path.h */
	size_t bytes;                     /* of all pieces */
	struct buf path;                  /* of the text that still grows */
	struct buf text;
};

struct gemini_partial *gemini_partial_create(void)
{
	struct gemini_partial *p = xcalloc(1, sizeof *p);

	arena_init(&p->kept, 256);
	p->call.kind = BLOCK_TOOL_USE;
	p->args = json_path_create();
	buf_init(&p->path, MAX_PATH_BYTES);
	buf_init(&p->text, MAX_KEPT_JSON_BYTES);
	return p;
}

void gemini_partial_destroy(struct gemini_partial *p)
{
	if (p) {
		arena_release(&p->kept);
		json_path_destroy(p->args);
		buf_release(&p->path);
		buf_release(&p->text);
		free(p);
	}
}

bool gemini_call_is_partial(const struct json *call)
{
	return gemini_get(call, "partialArgs") ||
	       json_is(gemini_get(call, "willContinue"), JSON_TRUE);
}

/* ---- values ---- */

static void flush_text(struct gemini_partial *p)
{
	struct buf quoted = BUF_INIT(8 * MAX_KEPT_JSON_BYTES);

	if (p->path.len) {
		json_quote(&quoted, buf_slice(&p->text));
		json_path_put(p->args, buf_slice(&p->path), buf_slice(&quoted));
	}
	buf_release(&quoted);
	buf_clear(&p->path);
	buf_clear(&p->text);
}

static void add_text(struct gemini_partial *p, struct slice path, struct slice text)
{
	if (!slice_same(path, buf_slice(&p->path))) {
		flush_text(p);
		buf_add(&p->path, path.ptr, path.len);
	}
	buf_add(&p->text, text.ptr, text.len);
}

static void add_piece(struct gemini_partial *p, const struct json *piece)
{
	struct slice path = gemini_text(piece, "jsonPath");
	const struct json *text = gemini_get(piece, "stringValue");
	const struct json *number = gemini_get(piece, "numberValue");
	const struct json *truth = gemini_get(piece, "boolValue");

	p->bytes += piece->raw.len;
	if (p->bytes > MAX_KEPT_JSON_BYTES || path.len >= MAX_PATH_BYTES) {
		return;
	}
	if (json_is(text, JSON_STRING)) {
		add_text(p, path, text->text);
		return;
	}
	flush_text(p);
	if (number || truth) {
		json_path_put(p->args, path, number ? number->raw : truth->raw);
	} else if (gemini_get(piece, "nullValue")) {
		json_path_put(p->args, path, slice_of("null"));
	}
}

static void keep(struct gemini_partial *p, struct slice text, struct slice *out)
{
	if (text.len && !out->len && text.len <= MAX_SIGNATURE_BYTES) {
		*out = arena_slice(&p->kept, text);
	}
}

void gemini_partial_add(struct gemini_partial *p, const struct json *call, struct hub_sig sig)
{
	keep(p, gemini_text(call, "id"), &p->call.tool_use.id);
	keep(p, gemini_text(call, "name"), &p->call.tool_use.name);
	keep(p, sig.data, &p->call.sig.data);
	p->call.sig.origin = p->call.sig.data.len ? ORIGIN_GEMINI : ORIGIN_NONE;
	json_each(piece, gemini_get(call, "partialArgs")) {
		add_piece(p, piece);
	}
}

void gemini_partial_end(struct gemini_partial *p, struct arena *a, struct hub_block *out)
{
	flush_text(p);
	*out = p->call;
	out->tool_use.args = json_path_text(a, p->args);
}
