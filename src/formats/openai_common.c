#include "formats/openai_common.h"

#include <string.h>

#include "base/crypto.h"
#include "formats/effort.h"
#include "formats/schema.h"

static const char error_mark[] = "[tool error] ";
#define MAX_USER_ID_BYTES 64

struct slice openai_error_mark(void)
{
	return slice_of(error_mark);
}

static bool has_mark(struct slice text)
{
	size_t len = strlen(error_mark);

	return text.len >= len && memcmp(text.ptr, error_mark, len) == 0;
}

struct slice openai_result_text(struct arena *a, const struct hub_block *result)
{
	struct slice text = hub_join_text(a, &result->tool_result.blocks, "\n\n");

	if (!result->tool_result.is_error || has_mark(text)) {
		return text;
	}
	return slice_cat(a, openai_error_mark(), text);
}

void openai_result_unmark(struct hub_block *result)
{
	struct hub_block *first = result->tool_result.blocks.first;

	if (first && first->kind == BLOCK_TEXT && has_mark(first->text.text)) {
		first->text.text.ptr += strlen(error_mark);
		first->text.text.len -= strlen(error_mark);
		result->tool_result.is_error = true;
	}
}

struct hub_citation *openai_citation_read(struct arena *a, const struct json *v)
{
	struct hub_citation *c = arena_zalloc(a, sizeof *c);

	c->kind = CITE_URL;
	c->origin = ORIGIN_OPENAI;
	c->url = json_get_text(v, "url");
	c->title = json_get_text(v, "title");
	c->start = c->end = -1;
	json_get_int(v, "start_index", &c->start);
	json_get_int(v, "end_index", &c->end);
	return c;
}

static struct slice hashed(struct conversion *c, struct slice id)
{
	char hex[SHA256_HEX_BYTES];

	crypto_sha256_hex(id, hex);
	return slice_of(arena_strdup(c->arena, hex));
}

/* What is JSON says more of a person than their name. */
static bool is_small_id(struct slice id)
{
	return id.len <= MAX_USER_ID_BYTES && id.ptr[0] != '{';
}

struct slice openai_user_id(struct conversion *c, const char **member)
{
	struct slice id = c->req->user_id;

	*member = c->options.safety_identifier ? "safety_identifier" : "user";
	if (!id.len) {
		return SLICE_NULL;
	}
	return c->options.safety_identifier && !is_small_id(id) ? hashed(c, id) : id;
}

/* Anthropic's user id names the session as well (claude-code.md). */
struct slice openai_cache_key(struct conversion *c)
{
	struct slice id = c->req->user_id;

	if (c->req->cache_key.len) {
		return c->req->cache_key;
	}
	if (c->req->format != FORMAT_ANTHROPIC || !id.len || !c->options.safety_identifier) {
		return SLICE_NULL;
	}
	return hashed(c, id);
}

/* Off, for a model that may not know it. */
static const char *effort_off(struct conversion *c)
{
	if (c->traits.can_disable) {
		return "none";
	}
	warn(c->warnings, WARN_CLAMPED, "reasoning_effort");
	return c->traits.effort_min == EFFORT_MINIMAL ? "minimal" : NULL;
}

const char *openai_effort(struct conversion *c)
{
	enum hub_effort wanted = effort_wanted(&c->req->thinking);

	if (c->traits.thinking == STYLE_NONE) {
		if (wanted != EFFORT_UNSET && wanted != EFFORT_NONE) {
			warn(c->warnings, WARN_DROPPED, "reasoning_effort");
		}
		return NULL;
	}
	if (wanted == EFFORT_UNSET) {
		return NULL;
	}
	if (wanted == EFFORT_NONE) {
		return effort_off(c);
	}
	return hub_effort_name(effort_fit(wanted, &c->traits));
}

void openai_effort_read(struct slice level, struct hub_thinking *out)
{
	enum hub_effort effort = hub_effort_by_name(level);

	if (effort == EFFORT_UNSET) {
		return;
	}
	out->effort = effort;
	out->mode = effort == EFFORT_NONE ? THINK_OFF : THINK_EFFORT;
}

/* Schemas of the family itself are the upstream's to judge. */
enum hub_tri openai_strict(struct conversion *c, enum hub_tri wanted, struct slice schema,
			   const char *path)
{
	enum format_id from = c->req->format;

	if (wanted != TRI_TRUE || from == FORMAT_CHAT || from == FORMAT_RESPONSES ||
	    schema_is_strict(schema)) {
		return wanted;
	}
	warn(c->warnings, WARN_REWRITTEN, "%s.strict", path);
	return TRI_FALSE;
}

struct slice openai_schema_name(struct conversion *c, struct slice name)
{
	struct wire_map names;
	struct slice clean;

	if (!name.len) {
		return slice_of("response");
	}
	wire_map_init(&names, c->arena, WIRE_NAME_64);
	clean = wire_map_get(&names, name);
	wire_map_release(&names);
	return clean;
}

void openai_output_read(struct arena *a, const struct json *format, bool strict_by_default,
			struct hub_output *out)
{
	const struct json *type = json_get(format, "type");
	const struct json *inner = json_get(format, "json_schema");
	const struct json *v = inner ? inner : format;

	if (json_is_text(type, "json_object")) {
		out->kind = OUTPUT_JSON;
	}
	if (!json_is_text(type, "json_schema")) {
		return;
	}
	out->kind = OUTPUT_SCHEMA;
	out->name = json_get_text(v, "name");
	out->description = json_get_text(v, "description");
	out->schema = json_one_line(a, json_raw_of(json_get(v, "schema")));
	out->strict = json_get_bool(v, "strict", strict_by_default);
}

struct slice openai_output_schema(struct conversion *c)
{
	enum format_id from = c->req->format;
	bool is_foreign = from == FORMAT_ANTHROPIC || from == FORMAT_GEMINI;

	if (c->options.make_strict && is_foreign) {
		return schema_make_strict(c->arena, c->req->output.schema);
	}
	return c->req->output.schema;
}

static bool mentions_json(const struct hub_blocks *blocks)
{
	blocks_each(block, blocks) {
		if (block->kind == BLOCK_TEXT && block->text.text.len &&
		    str_ifind(block->text.text.ptr, block->text.text.len, "json")) {
			return true;
		}
	}
	return false;
}

struct slice openai_json_sentence(struct conversion *c)
{
	const struct hub_request *req = c->req;
	bool counts_system = c->upstream != FORMAT_RESPONSES;

	if (req->output.kind != OUTPUT_JSON || !c->options.word_json ||
	    (counts_system && mentions_json(&req->system))) {
		return SLICE_NULL;
	}
	messages_each(m, req) {
		if (mentions_json(&m->blocks)) {
			return SLICE_NULL;
		}
	}
	warn(c->warnings, WARN_EMULATED, "response_format");
	return slice_of(JSON_SENTENCE);
}
