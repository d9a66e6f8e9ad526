/* Hub request -> generateContent. The model and whether to stream are in the
 * URL; the vendor refuses members it does not know. */
#include "formats/gemini.h"

static void write_system(struct conversion *c, struct json_writer *w)
{
	bool begun = false;

	blocks_each(block, &c->req->system) {
		if (block->kind != BLOCK_TEXT || slice_is_blank(block->text.text)) {
			continue;
		}
		if (!begun) {
			json_key(w, "systemInstruction");
			json_object(w);
			json_key(w, "parts");
			json_array(w);
			begun = true;
		}
		gemini_text_part_write(w, block->text.text, false, SLICE_NULL);
	}
	if (begun) {
		json_end(w);
		json_end(w);
	}
}

/* C55 */
static void write_account(struct conversion *c, struct json_writer *w)
{
	struct slice tier = c->req->service_tier;

	if (slice_eq(tier, "default")) {
		json_kstr(w, "serviceTier", "standard");
	} else if (slice_eq(tier, "flex") || slice_eq(tier, "priority")) {
		json_kslice(w, "serviceTier", tier);
	}
	/* Another format's `store` asks for its own vendor's storage. */
	if (c->req->store != TRI_UNSET && c->req->format == FORMAT_GEMINI) {
		json_kbool(w, "store", c->req->store == TRI_TRUE);
	}
}

/* Members of the top level; the others stand where they came from. */
static void write_ext(struct conversion *c, struct json_writer *w)
{
	for (const struct hub_ext *ext = c->req->ext; ext; ext = ext->next) {
		if (ext->format == FORMAT_GEMINI && !strchr(ext->path, '.')) {
			json_kraw(w, ext->path, ext->raw);
		}
	}
}

bool gemini_encode_request(struct conversion *c, struct json_writer *w)
{
	json_object(w);
	write_system(c, w);
	if (!gemini_contents_write(c, w) || !gemini_tools_write(c, w) ||
	    !gemini_config_write(c, w)) {
		return false;
	}
	write_account(c, w);
	write_ext(c, w);
	json_end(w);
	return true;
}
