#include "formats/convert.h"

#include "base/clock.h"
#include "base/limits.h"
#include "formats/ext.h"
#include "formats/format.h"
#include "formats/hub_check.h"
#include "formats/prompt_splice.h"
#include "formats/sig_memory.h"

/* anthropic-messages.md section 2.1: the newer version refuses sampling. */
static const char version_with_sampling[] = "2023-06-01";
static const char version_newest[] = "2026-10-21";

/* C66: Chat never has one, Responses only when asked for blobs. Without tools
 * there is nothing to keep them by. */
static bool has_no_place_for_signatures(const struct hub_request *req)
{
	return req->tools && (req->format == FORMAT_CHAT ||
			      (req->format == FORMAT_RESPONSES && !req->wants_blobs));
}

struct hub_request *convert_decode(const struct convert_source *source, struct arena *a,
				   struct warnings *warnings, struct api_error *error)
{
	const struct format *format = format_find(source->format);
	struct json_fault fault;
	const struct json *body = json_read(a, source->body, &fault);
	struct decoding d = {
		.arena = a,
		.req = hub_request_new(a, source->format),
		.warnings = warnings,
		.error = error,
		.path_model = slice_of(source->path_model),
		.path_stream = source->path_stream,
		.is_count = source->is_count,
	};

	warnings_init(warnings, a);
	if (!body) {
		decode_refuse(&d, NULL, "the body is not JSON: %s at byte %zu", fault.why,
			      fault.offset);
		return NULL;
	}
	if (!json_is(body, JSON_OBJECT)) {
		decode_refuse(&d, NULL, "the body is not a JSON object");
		return NULL;
	}
	if (!format) {
		decode_refuse(&d, NULL, "requests of this kind are not converted");
		return NULL;
	}
	d.req->gemini_array = source->gemini_array;
	d.req->text_completion = source->text_completion;
	if (!format->decode_request(&d, body) || !hub_check_places(d.req, error)) {
		return NULL;
	}
	if (source->signatures && has_no_place_for_signatures(d.req)) {
		d.req->signatures = source->signatures;
		sig_memory_restore(source->signatures, d.req, (int64_t)clock_mono_ms());
	}
	return d.req;
}

static enum wire_rule id_rule(enum format_id format, const struct route_options *options)
{
	static const enum wire_rule chat_rules[] = {
		[TOOL_ID_KEEP] = WIRE_KEEP,
		[TOOL_ID_MISTRAL9] = WIRE_ID_MISTRAL,
		[TOOL_ID_MAX40] = WIRE_ID_40,
	};

	switch (format) {
	case FORMAT_ANTHROPIC:
		return WIRE_ID_ANTHROPIC;
	case FORMAT_CHAT:
		return chat_rules[options->tool_id_style];
	case FORMAT_RESPONSES:
		return WIRE_ID_64;
	default:
		return WIRE_KEEP;
	}
}

static enum wire_rule name_rule(enum format_id format)
{
	switch (format) {
	case FORMAT_RESPONSES:
		return WIRE_NAME_128;
	case FORMAT_GEMINI:
		return WIRE_NAME_GEMINI;
	default:
		return WIRE_NAME_64;
	}
}

static bool check_strict(const struct conversion *c)
{
	if (!c->options.strict || !c->warnings->lossy) {
		return true;
	}
	return hub_refuse(c->error, c->arena, ERROR_UNSUPPORTED, c->warnings->lossy,
			  "%s cannot be carried to this upstream without loss, and the "
			  "upstream is configured to be strict", c->warnings->lossy);
}

static bool encode_body(struct conversion *c, struct converted *out)
{
	const struct format *format = format_find(c->upstream);
	struct json_writer w;

	if (!format) {
		return encode_refuse(c, NULL, "this upstream takes no converted requests");
	}
	json_open(&w, &out->body);
	if (!format->encode_request(c, &w)) {
		return false;
	}
	if (out->body.failed) {
		return hub_refuse(c->error, c->arena, ERROR_TOO_LARGE, NULL,
				  "the converted request is too large");
	}
	return true;
}

/* Claude Code's first system text tells Anthropic what to bill. It changes
 * with every release, and to other models it is noise. */
static void skip_attribution(struct hub_request *req)
{
	const struct hub_block *first = req->system.first;

	if (req->format == FORMAT_ANTHROPIC && first && first->kind == BLOCK_TEXT &&
	    prompt_is_attribution(first->text.text)) {
		req->system.first = first->next;
		req->system.last = first->next ? req->system.last : NULL;
		req->system.count--;
	}
}

/* Several answers come of one call, or of as many calls where the route has it
 * so; each prompt is a call, or as many, in order (C58, C113). */
static bool share_out(struct conversion *c, struct hub_request *req, unsigned round,
		      struct hub_request *seen)
{
	bool is_native = c->upstream == FORMAT_GEMINI ||
			 (c->upstream == FORMAT_CHAT && c->options.send_n);
	bool fans_out = req->n > 1 && !is_native && c->options.fanout_n;
	size_t prompts = req->prompts ? hub_name_count(req->prompts) : 1;
	size_t calls = fans_out && req->n <= MAX_CHOICES ? (size_t)req->n : 1;
	const struct hub_name *prompt = req->prompts;

	if (prompts * (size_t)req->n > MAX_CHOICES && (fans_out || req->prompts)) {
		return encode_refuse(c, "n", "n: at most %d answers come of one request",
				     MAX_CHOICES);
	}
	c->plan->rounds = (unsigned)(prompts * calls);
	c->plan->choices *= (unsigned)prompts;
	for (size_t i = 0; prompt && i < round / calls; i++) {
		prompt = prompt->next;
	}
	if (prompt) {
		req->messages->blocks.first->text.text = prompt->text;
	}
	if (fans_out) {
		seen->n = 1;
		warn(c->warnings, WARN_EMULATED, "n");
	}
	return true;
}

static bool run(struct conversion *c, struct hub_request *req, unsigned round,
		struct converted *out)
{
	bool is_custom_native = c->upstream == FORMAT_RESPONSES ||
				(c->upstream == FORMAT_CHAT && c->options.custom_tools);
	struct hub_request seen;

	/* What only one format has comes first: a request that continues a stored
	 * conversation has results without calls. */
	if (!ext_check(c, c->upstream) ||
	    !hub_check(req, c->options.repair_tools, c->warnings, c->error)) {
		return false;
	}
	seen = *req;
	c->req = &seen;
	if (c->upstream != FORMAT_ANTHROPIC) {
		skip_attribution(&seen);
	}
	if (!share_out(c, req, round, &seen) || !encode_body(c, out) || !check_strict(c)) {
		return false;
	}
	out->rounds = c->plan->rounds;
	answer_plan_tools(c->plan, req, &c->names, is_custom_native);
	if (c->upstream == FORMAT_ANTHROPIC) {
		out->anthropic_version = c->sends_sampling ? version_with_sampling
							   : version_newest;
	}
	warnings_text(c->warnings, &out->warnings);
	return true;
}

bool convert_encode(struct hub_request *req, const struct convert_target *target,
		    const struct warnings *warnings, struct converted *out,
		    struct api_error *error)
{
	struct warnings all = *warnings;
	struct conversion c = {
		.arena = req->arena,
		.req = req,
		.upstream = target->format,
		.model = slice_of(target->model),
		.stream = req->stream,
		.warnings = &all,
		.error = error,
	};
	bool ok;

	hub_assert(req);
	*out = (struct converted){ .stream = req->stream };
	buf_init(&out->body, MAX_ARENA_BYTES);
	buf_init(&out->warnings, 2 * MAX_WARNINGS_BYTES);
	route_options_read(target->account, &c.options);
	model_traits_find(target->format, c.model, &c.traits);
	out->plan = answer_plan_create(req, target->format, slice_of(target->asked_model),
				       &c.options);
	c.plan = out->plan;
	wire_map_init(&c.ids, c.arena, id_rule(target->format, &c.options));
	wire_map_init(&c.names, c.arena, name_rule(target->format));
	ok = run(&c, req, target->round, out);
	wire_map_release(&c.ids);
	wire_map_release(&c.names);
	if (!ok) {
		converted_release(out);
	}
	return ok;
}

void converted_release(struct converted *c)
{
	buf_release(&c->body);
	buf_release(&c->warnings);
	answer_plan_destroy(c->plan);
	c->plan = NULL;
}
