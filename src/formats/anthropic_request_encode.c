/* Hub request -> Anthropic Messages. Only members the vendor lists are
 * written: it refuses others. */
#include "formats/anthropic.h"

#define MAX_CACHE_MARKS 4

static unsigned count_marks(const struct hub_blocks *blocks)
{
	unsigned count = 0;

	blocks_each(block, blocks) {
		count += block->cache != CACHE_NONE;
		if (block->kind == BLOCK_TOOL_RESULT) {
			count += count_marks(&block->tool_result.blocks);
		}
	}
	return count;
}

/* C56: the last four stay; how many of the first ones go. */
static unsigned marks_to_skip(const struct hub_request *req)
{
	unsigned count = count_marks(&req->system);

	tools_each(tool, req) {
		count += tool->cache != CACHE_NONE;
	}
	messages_each(m, req) {
		count += count_marks(&m->blocks);
	}
	return count > MAX_CACHE_MARKS ? count - MAX_CACHE_MARKS : 0;
}

static bool has_content(const struct hub_blocks *blocks)
{
	blocks_each(block, blocks) {
		if (anthropic_block_has_content(block)) {
			return true;
		}
	}
	return false;
}

static bool write_system(struct conversion *c, struct json_writer *w, unsigned *skip_marks)
{
	const struct hub_blocks *system = &c->req->system;
	bool wants_json = c->req->output.kind == OUTPUT_JSON;
	struct hub_blocks all = *system;
	struct hub_block sentence = {
		.kind = BLOCK_TEXT,
		.text = { .text = slice_of(JSON_SENTENCE) },
	};

	if (wants_json) {
		struct hub_blocks copy = { .count = 0 };

		warn(c->warnings, WARN_EMULATED, "response_format");
		blocks_each(block, system) {
			hub_append(&copy, hub_block_copy(c->arena, block));
		}
		hub_append(&copy, &sentence);
		all = copy;
	}
	if (!has_content(&all)) {
		return true;
	}
	json_key(w, "system");
	if (all.count == 1 && all.first->kind == BLOCK_TEXT && all.first->cache == CACHE_NONE) {
		json_strn(w, all.first->text.text);
		return true;
	}
	return anthropic_blocks_write(c, w, &all, ROLE_SYSTEM, skip_marks);
}

static void write_output_config(struct conversion *c, const struct anthropic_thinking *t,
				struct json_writer *w)
{
	bool has_schema = c->req->output.kind == OUTPUT_SCHEMA && c->traits.structured;

	if (t->effort == EFFORT_UNSET && !has_schema) {
		return;
	}
	json_key(w, "output_config");
	json_object(w);
	if (t->effort != EFFORT_UNSET) {
		enum hub_effort level = t->effort < EFFORT_LOW ? EFFORT_LOW : t->effort;

		json_kstr(w, "effort", hub_effort_name(level));
	}
	if (has_schema) {
		json_key(w, "format");
		json_object(w);
		json_kstr(w, "type", "json_schema");
		json_kraw(w, "schema", c->req->output.schema);
		json_end(w);
	}
	json_end(w);
}

static void drop_number(struct conversion *c, const char *path, const struct hub_number *number,
			double harmless)
{
	if (hub_number_is_set(number) && number->value != harmless) {
		warn(c->warnings, WARN_DROPPED, "%s", path);
	}
}

/* C100, C101; thinking takes neither temperature nor top_k. */
static void write_sampling(struct conversion *c, struct json_writer *w, bool thinking_on)
{
	const struct hub_request *req = c->req;
	struct hub_number temperature;
	struct hub_number top_p;

	if (!c->traits.sampling || thinking_on) {
		drop_number(c, "temperature", &req->temperature, 1);
		drop_number(c, "top_p", &req->top_p, 1);
		if (req->top_k != HUB_UNSET_INT) {
			warn(c->warnings, WARN_DROPPED, "top_k");
		}
		return;
	}
	temperature = fit_number(c, &req->temperature, "temperature", 0, 1);
	top_p = fit_number(c, &req->top_p, "top_p", 0, 1);
	if (c->traits.one_sampling && hub_number_is_set(&temperature) &&
	    hub_number_is_set(&top_p)) {
		drop_number(c, "top_p", &top_p, 1);
		top_p.text = SLICE_NULL;
	}
	json_knumber(w, "temperature", &temperature);
	json_knumber(w, "top_p", &top_p);
	if (req->top_k != HUB_UNSET_INT) {
		json_kint(w, "top_k", req->top_k);
	}
	c->sends_sampling = hub_number_is_set(&temperature) || hub_number_is_set(&top_p) ||
			    req->top_k != HUB_UNSET_INT;
}

/* C106: stops of white space alone are refused by the vendor. */
static void write_stops(struct conversion *c, struct json_writer *w)
{
	bool begun = false;

	for (const struct hub_name *stop = c->req->stop; stop; stop = stop->next) {
		if (slice_is_blank(stop->text)) {
			continue;
		}
		if (!begun) {
			json_key(w, "stop_sequences");
			json_array(w);
			begun = true;
		}
		json_strn(w, stop->text);
	}
	if (begun) {
		json_end(w);
	}
}

/* C54, C55 */
static void write_account(struct conversion *c, struct json_writer *w)
{
	struct slice tier = c->req->service_tier;

	if (c->req->user_id.len) {
		json_key(w, "metadata");
		json_object(w);
		json_kslice(w, "user_id", c->req->user_id);
		json_end(w);
	}
	if (slice_eq(tier, "auto")) {
		json_kstr(w, "service_tier", "auto");
	} else if (slice_eq(tier, "default")) {
		json_kstr(w, "service_tier", "standard_only");
	}
}

/* C58, C102, C160, C161: what has no place here. */
static bool drop_or_refuse(struct conversion *c)
{
	const struct hub_request *req = c->req;

	if (req->n > 1) {
		return encode_refuse(c, "n", "n: this upstream gives one answer per request");
	}
	drop_number(c, "frequency_penalty", &req->frequency_penalty, 0);
	drop_number(c, "presence_penalty", &req->presence_penalty, 0);
	if (req->seed != HUB_UNSET_INT) {
		warn(c->warnings, WARN_DROPPED, "seed");
	}
	if (req->logprobs || req->top_logprobs > 0) {
		warn(c->warnings, WARN_DROPPED, "logprobs");
	}
	return true;
}

/* Our own members come back as they were (X -> hub -> X). */
static void write_ext(struct conversion *c, struct json_writer *w)
{
	for (const struct hub_ext *ext = c->req->ext; ext; ext = ext->next) {
		if (ext->format == FORMAT_ANTHROPIC && !str_eq(ext->path, "cache_control") &&
		    !str_eq(ext->path, "thinking")) {
			json_kraw(w, ext->path, ext->raw);
		}
	}
}

bool anthropic_encode_request(struct conversion *c, struct json_writer *w)
{
	unsigned skip_marks = marks_to_skip(c->req);
	struct anthropic_thinking thinking;
	bool thinking_on;

	anthropic_thinking_plan(c, &thinking);
	thinking_on = thinking.kind == ANTHROPIC_BUDGET || thinking.kind == ANTHROPIC_ADAPTIVE;
	json_object(w);
	json_kslice(w, "model", c->model);
	json_kint(w, "max_tokens", thinking.max_tokens);
	/* Marks count in the order in which the vendor caches: tools first. */
	if (!drop_or_refuse(c) || !anthropic_tools_write(c, w, &skip_marks, thinking_on) ||
	    !write_system(c, w, &skip_marks) || !anthropic_messages_write(c, w, &skip_marks)) {
		return false;
	}
	anthropic_thinking_write(&thinking, c->req->thinking.show, w);
	write_output_config(c, &thinking, w);
	write_sampling(c, w, thinking_on);
	write_stops(c, w);
	write_account(c, w);
	write_ext(c, w);
	if (c->stream) {
		json_kbool(w, "stream", true);
	}
	json_end(w);
	return true;
}
