#include "formats/answer_plan.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "formats/fold.h"
#include "formats/sig_memory.h"

/* Most plans hold a model name and a few tool names. */
#define PLAN_BLOCK_BYTES 512
/* Echoes are a courtesy; a stream's memory is not spent on large ones. */
#define MAX_ECHO_BYTES 1024

static struct slice keep(struct answer_plan *plan, struct slice s)
{
	return s.ptr ? arena_slice(&plan->arena, s) : s;
}

static struct slice keep_small(struct answer_plan *plan, struct slice s)
{
	return s.len <= MAX_ECHO_BYTES ? keep(plan, s) : SLICE_NULL;
}

/* What Responses objects repeat of their request. */
static void keep_echoes(struct answer_plan *plan, const struct hub_request *req)
{
	plan->max_tokens = req->max_tokens;
	plan->temperature = req->temperature;
	plan->temperature.text = keep(plan, req->temperature.text);
	plan->top_p = req->top_p;
	plan->top_p.text = keep(plan, req->top_p.text);
	plan->effort = req->thinking.effort;
	plan->parallel = req->parallel;
	plan->metadata = keep_small(plan, req->metadata);
	plan->choice = req->tool_choice.mode;
	plan->chosen = keep_small(plan, req->tool_choice.name);
	plan->output = req->output.kind;
	plan->verbosity = keep_small(plan, req->verbosity);
	plan->cache_key = keep_small(plan, req->cache_key);
	plan->user_id = keep_small(plan, req->user_id);
}

static struct answer_plan *plan_new(enum format_id client, enum format_id upstream)
{
	struct answer_plan *plan = xcalloc(1, sizeof *plan);

	arena_init(&plan->arena, PLAN_BLOCK_BYTES);
	plan->client = client;
	plan->upstream = upstream;
	plan->created = clock_wall_ms() / 1000;
	plan->choices = MAX_CHOICES;
	plan->rounds = 1;
	return plan;
}

struct answer_plan *answer_plan_create(const struct hub_request *req, enum format_id upstream,
				       struct slice asked_model,
				       const struct route_options *options)
{
	struct answer_plan *plan = plan_new(req->format, upstream);

	plan->asked_model = keep(plan, asked_model);
	plan->client_stream = req->stream;
	plan->gemini_array = req->gemini_array;
	plan->text_completion = req->text_completion;
	plan->choices = req->n > 1 && req->n <= MAX_CHOICES ? (unsigned)req->n : 1;
	plan->include_usage = req->include_usage;
	plan->wants_blobs = req->wants_blobs;
	plan->show = req->thinking.show;
	plan->show_reasoning = options->show_reasoning;
	plan->think_parse = options->inline_think_parse;
	plan->logprobs = req->logprobs;
	plan->top_logprobs = req->top_logprobs;
	if (req->signatures) {
		plan->signatures = req->signatures->memory;
		plan->owner = keep(plan, slice_of(req->signatures->owner));
	}
	if (req->format == FORMAT_RESPONSES) {
		keep_echoes(plan, req);
	}
	if (hub_name_count(req->stop) == 1) {
		plan->only_stop = keep(plan, req->stop->text);
	}
	return plan;
}

struct answer_plan *answer_plan_watch(enum format_id upstream)
{
	return plan_new(FORMAT_NONE, upstream);
}

void answer_plan_destroy(struct answer_plan *plan)
{
	if (plan) {
		arena_release(&plan->arena);
		free(plan);
	}
}

static struct plan_tool *add_tool(struct answer_plan *plan, struct slice wire,
				  struct slice name)
{
	struct plan_tool *entry = arena_zalloc(&plan->arena, sizeof *entry);

	entry->wire = keep(plan, wire);
	entry->name = keep(plan, name);
	entry->next = plan->tools;
	plan->tools = entry;
	return entry;
}

/* What tools are stands before the mere names, and so is found first. */
void answer_plan_tools(struct answer_plan *plan, const struct hub_request *req,
		       struct wire_map *names, bool custom_native)
{
	for (const struct wire_pair *pair = names->changed; pair; pair = pair->next) {
		add_tool(plan, pair->wire, pair->original);
	}
	tools_each(tool, req) {
		bool is_custom = tool->kind == TOOL_CUSTOM && !custom_native;

		if (is_custom || tool->name_space.len) {
			struct plan_tool *entry = add_tool(plan, wire_map_get(names, tool->name),
							   tool->name);

			entry->name_space = keep(plan, tool->name_space);
			entry->is_custom = is_custom;
		}
	}
}

void answer_plan_scan_stops(struct answer_plan *plan, const struct hub_request *req)
{
	for (const struct hub_name *stop = req->stop; stop; stop = stop->next) {
		if (stop->text.len) {
			hub_name_add(&plan->arena, &plan->stops, keep(plan, stop->text));
		}
	}
}

const struct plan_tool *answer_plan_tool(const struct answer_plan *plan, struct slice wire)
{
	for (const struct plan_tool *tool = plan->tools; tool; tool = tool->next) {
		if (slice_same(tool->wire, wire)) {
			return tool;
		}
	}
	return NULL;
}
