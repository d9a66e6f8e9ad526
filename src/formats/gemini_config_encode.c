/* A hub request's settings -> generationConfig (C58, C97-C106, C111). */
#include "formats/gemini.h"

#include "base/limits.h"
#include "formats/effort.h"
#include "formats/logprobs.h"
#include "formats/schema.h"

/* C58 */
#define MAX_CANDIDATES 8

#define MAX_STOPS 5
#define BUDGET_DYNAMIC (-1)
/* The vendor takes less than 2. */
#define MAX_PENALTY 1.999

static void write_penalty(struct conversion *c, struct json_writer *w, const char *name,
			  const struct hub_number *number)
{
	struct hub_number fitted;

	if (!hub_number_is_set(number)) {
		return;
	}
	if (!c->traits.penalties) {
		if (number->value != 0) {
			warn(c->warnings, WARN_DROPPED, "%s", name);
		}
		return;
	}
	fitted = fit_number(c, number, name, -2, MAX_PENALTY);
	json_knumber(w, name, &fitted);
}

/* C100-C102. A seed is 32 bits here: the same one stays the same. */
static void write_sampling(struct conversion *c, struct json_writer *w)
{
	const struct hub_request *req = c->req;
	struct hub_number temperature = fit_number(c, &req->temperature, "temperature", 0, 2);
	struct hub_number top_p = fit_number(c, &req->top_p, "topP", 0, 1);

	json_knumber(w, "temperature", &temperature);
	json_knumber(w, "topP", &top_p);
	if (req->top_k != HUB_UNSET_INT) {
		json_kint(w, "topK", req->top_k);
	}
	if (req->seed != HUB_UNSET_INT) {
		json_kint(w, "seed", (int32_t)(uint32_t)(uint64_t)req->seed);
	}
	write_penalty(c, w, "presencePenalty", &req->presence_penalty);
	write_penalty(c, w, "frequencyPenalty", &req->frequency_penalty);
}

/* C106 */
static void write_stops(struct conversion *c, struct json_writer *w)
{
	size_t count = 0;

	for (const struct hub_name *stop = c->req->stop; stop; stop = stop->next) {
		if (!stop->text.len) {
			continue;
		}
		if (count == MAX_STOPS) {
			warn(c->warnings, WARN_DROPPED, "stop");
			break;
		}
		if (!count++) {
			json_key(w, "stopSequences");
			json_array(w);
		}
		json_strn(w, stop->text);
	}
	if (count) {
		json_end(w);
	}
}

/* C58; thoughts count here as they do elsewhere (C105) */
static void write_counts(struct conversion *c, struct json_writer *w)
{
	const struct hub_request *req = c->req;

	if (req->max_tokens != HUB_UNSET_INT) {
		json_kint(w, "maxOutputTokens", req->max_tokens);
	}
	if (req->n > 1) {
		json_kint(w, "candidateCount", req->n);
	}
	if (req->logprobs) {
		json_kbool(w, "responseLogprobs", true);
		if (req->top_logprobs > 0) {
			json_kint(w, "logprobs", logprobs_fit_top(c));
		}
	} else if (req->top_logprobs > 0) {
		warn(c->warnings, WARN_DROPPED, "logprobs");
	}
}

/* ---- thinking (C111) ---- */

static int64_t fit_budget(struct conversion *c, int64_t budget)
{
	int64_t fitted = budget;

	if (fitted < c->traits.budget_min) {
		fitted = c->traits.budget_min;
	}
	if (c->traits.budget_max && fitted > c->traits.budget_max) {
		fitted = c->traits.budget_max;
	}
	if (fitted != budget) {
		warn(c->warnings, WARN_CLAMPED, "thinkingBudget");
	}
	return fitted;
}

/* False: nothing is asked for. */
static bool plan_budget(struct conversion *c, int64_t *budget)
{
	const struct hub_thinking *t = &c->req->thinking;
	enum hub_effort effort = effort_wanted(t);

	if (t->mode == THINK_OFF || effort == EFFORT_NONE) {
		*budget = c->traits.can_disable ? 0 : fit_budget(c, 0);
		return true;
	}
	switch (t->mode) {
	case THINK_BUDGET:
		*budget = fit_budget(c, t->budget);
		return true;
	case THINK_ADAPTIVE:
		*budget = BUDGET_DYNAMIC;
		return true;
	case THINK_EFFORT:
		*budget = fit_budget(c, effort_to_budget(t->effort));
		return true;
	case THINK_OFF:
	case THINK_UNSET:
		break;
	}
	return false;
}

/* NULL: the model decides. There is no "off" here: the lowest level is near. */
static const char *plan_level(struct conversion *c)
{
	enum hub_effort effort = effort_wanted(&c->req->thinking);

	if (effort == EFFORT_UNSET) {
		return NULL;
	}
	if (effort == EFFORT_NONE) {
		warn(c->warnings, WARN_CLAMPED, "thinkingLevel");
		effort = EFFORT_MINIMAL;
	}
	switch (effort_fit(effort, &c->traits)) {
	case EFFORT_MINIMAL:
		return "MINIMAL";
	case EFFORT_LOW:
		return "LOW";
	case EFFORT_MEDIUM:
		return "MEDIUM";
	default:
		return "HIGH";
	}
}

static void write_thinking(struct conversion *c, struct json_writer *w)
{
	const struct hub_thinking *t = &c->req->thinking;
	bool is_budget = c->traits.thinking == STYLE_BUDGET;
	int64_t budget = 0;
	bool has_budget = is_budget && plan_budget(c, &budget);
	const char *level = c->traits.thinking == STYLE_LEVEL ? plan_level(c) : NULL;
	bool shows = t->show != SHOW_NONE && !(has_budget && budget == 0);

	if (c->traits.thinking == STYLE_NONE) {
		if (t->mode != THINK_UNSET && t->mode != THINK_OFF) {
			warn(c->warnings, WARN_DROPPED, "thinking");
		}
		return;
	}
	if (!has_budget && !level && !shows) {
		return;
	}
	json_key(w, "thinkingConfig");
	json_object(w);
	if (has_budget) {
		json_kint(w, "thinkingBudget", budget);
	}
	if (level) {
		json_kstr(w, "thinkingLevel", level);
	}
	if (shows) {
		json_kbool(w, "includeThoughts", true);
	}
	json_end(w);
}

/* ---- the answer's form ---- */

/* C97-C99 */
static void write_output(struct conversion *c, struct json_writer *w)
{
	const struct hub_output *out = &c->req->output;
	bool is_json = c->traits.is_level_gemini || c->options.json_schema_params;

	if (out->kind == OUTPUT_TEXT) {
		return;
	}
	if (!c->traits.is_level_gemini && gemini_has_functions(c->req)) {
		warn(c->warnings, WARN_DROPPED, "response_format");
		return;
	}
	json_kstr(w, "responseMimeType", "application/json");
	if (out->kind == OUTPUT_SCHEMA && is_json) {
		json_kraw(w, "responseJsonSchema",
			  schema_for_gemini_json(c->arena, out->schema));
	} else if (out->kind == OUTPUT_SCHEMA) {
		json_kraw(w, "responseSchema", schema_for_gemini(c->arena, out->schema, false));
	}
}

/* C74: one setting for all images, so only when all agree. */
static void count_details(const struct hub_blocks *blocks, size_t *images, size_t *low)
{
	blocks_each(block, blocks) {
		if (block->kind == BLOCK_TOOL_RESULT) {
			count_details(&block->tool_result.blocks, images, low);
		} else if (block->kind == BLOCK_IMAGE) {
			(*images)++;
			*low += slice_eq(block->media.detail, "low");
		}
	}
}

static void write_resolution(struct conversion *c, struct json_writer *w)
{
	size_t images = 0;
	size_t low = 0;

	messages_each(m, c->req) {
		count_details(&m->blocks, &images, &low);
	}
	if (images && images == low) {
		json_kstr(w, "mediaResolution", "MEDIA_RESOLUTION_LOW");
	}
}

/* Our own settings come back as they were. */
static void write_ext(struct conversion *c, struct json_writer *w)
{
	static const char prefix[] = "generationConfig.";

	for (const struct hub_ext *ext = c->req->ext; ext; ext = ext->next) {
		if (ext->format == FORMAT_GEMINI && str_starts(ext->path, prefix)) {
			json_kraw(w, ext->path + sizeof prefix - 1, ext->raw);
		}
	}
}

bool gemini_config_write(struct conversion *c, struct json_writer *w)
{
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);
	struct json_writer config;

	if (c->req->n > MAX_CANDIDATES) {
		return encode_refuse(c, "n", "n: this upstream gives at most %d answers",
				     MAX_CANDIDATES);
	}
	json_open(&config, &text);
	json_object(&config);
	write_counts(c, &config);
	write_sampling(c, &config);
	write_stops(c, &config);
	write_output(c, &config);
	write_thinking(c, &config);
	write_resolution(c, &config);
	write_ext(c, &config);
	json_end(&config);
	if (!slice_eq(buf_slice(&text), "{}")) {
		json_kraw(w, "generationConfig", buf_slice(&text));
	}
	buf_release(&text);
	return true;
}
