/* The response object, in whole answers and in the frames of streams. */
#include "formats/responses.h"

static void write_incomplete(struct json_writer *w, const struct hub_stop *stop)
{
	const char *reason = stop ? responses_stop_reason(stop) : NULL;

	json_key(w, "incomplete_details");
	if (!reason) {
		json_null(w);
		return;
	}
	json_object(w);
	json_kstr(w, "reason", reason);
	json_end(w);
}

static void write_error(struct json_writer *w, const struct hub_stop *stop)
{
	json_key(w, "error");
	if (!stop || stop->kind != STOP_ERROR) {
		json_null(w);
		return;
	}
	json_object(w);
	json_kstr(w, "code", "server_error");
	json_kstr(w, "message", RESPONSES_FAILURE);
	json_end(w);
}

/* The vendor's default where the client asked for nothing. */
static void write_number(struct json_writer *w, const char *name, const struct hub_number *number)
{
	json_kraw(w, name, hub_number_is_set(number) ? number->text : slice_of("1"));
}

static void write_reasoning(struct json_writer *w, const struct answer_plan *plan)
{
	json_key(w, "reasoning");
	json_object(w);
	json_kstr(w, "effort", hub_effort_name(plan->effort));
	json_kstr(w, "summary", plan->show == SHOW_SUMMARY ? "auto" : NULL);
	json_end(w);
}

/* A schema may be large, and its owner has it. */
static void write_text(struct json_writer *w, const struct answer_plan *plan)
{
	json_key(w, "text");
	json_object(w);
	json_key(w, "format");
	json_object(w);
	json_kstr(w, "type", plan->output == OUTPUT_JSON ? "json_object" : "text");
	json_end(w);
	json_key(w, "verbosity");
	json_strn(w, plan->verbosity.len ? plan->verbosity : slice_of("medium"));
	json_end(w);
}

static void write_tool_choice(struct json_writer *w, const struct answer_plan *plan)
{
	json_key(w, "tool_choice");
	switch (plan->choice) {
	case CHOICE_NONE:
		json_str(w, "none");
		return;
	case CHOICE_ANY:
		json_str(w, "required");
		return;
	case CHOICE_NAMED:
		json_object(w);
		json_kstr(w, "type", "function");
		json_key(w, "name");
		json_strn(w, plan->chosen);
		json_end(w);
		return;
	case CHOICE_AUTO:
	case CHOICE_ALLOWED:
	case CHOICE_UNSET:
		json_str(w, "auto");
		return;
	}
}

/* What this conversion never has, and what the request asked for. */
static void write_echoes(struct json_writer *w, const struct answer_plan *plan)
{
	json_kstr(w, "instructions", NULL);
	json_key(w, "max_output_tokens");
	if (plan->max_tokens > 0) {
		json_int(w, plan->max_tokens);
	} else {
		json_null(w);
	}
	json_kstr(w, "max_tool_calls", NULL);
	json_kbool(w, "parallel_tool_calls", plan->parallel != TRI_FALSE);
	json_kstr(w, "previous_response_id", NULL);
	json_kslice_or_null(w, "prompt_cache_key", plan->cache_key);
	write_reasoning(w, plan);
	json_kslice_or_null(w, "safety_identifier", plan->user_id);
	json_kbool(w, "store", false);
	write_number(w, "temperature", &plan->temperature);
	write_text(w, plan);
	write_tool_choice(w, plan);
	json_kraw(w, "tools", slice_of("[]"));
	json_kint(w, "top_logprobs", plan->top_logprobs);
	write_number(w, "top_p", &plan->top_p);
	json_kstr(w, "truncation", "disabled");
	json_kstr(w, "user", NULL);
	json_kraw(w, "metadata", plan->metadata.len ? plan->metadata : slice_of("{}"));
}

/* C128: a tier of the other OpenAI format means the same here. */
static struct slice family_tier(const struct answer_head *head)
{
	bool is_family = head->format == FORMAT_CHAT || head->format == FORMAT_RESPONSES;

	return is_family ? head->service_tier : SLICE_NULL;
}

static void write_items(struct json_writer *w, struct slice items)
{
	json_key(w, "output");
	json_array(w);
	if (items.len) {
		json_raw(w, items);
	}
	json_end(w);
}

void responses_object_write(struct json_writer *w, const struct answer_plan *plan,
			    const struct responses_object *object)
{
	const struct answer_head *head = object->head;

	json_object(w);
	json_kslice(w, "id", head->id);
	json_kstr(w, "object", "response");
	json_kint(w, "created_at", head->created);
	json_kstr(w, "status", object->status);
	json_kbool(w, "background", false);
	write_error(w, object->stop);
	write_incomplete(w, object->stop);
	json_key(w, "model");
	json_strn(w, head->model);
	write_items(w, object->items);
	write_echoes(w, plan);
	json_kslice_or_null(w, "service_tier", family_tier(head));
	json_key(w, "usage");
	if (object->usage) {
		responses_usage_write(w, object->usage);
	} else {
		json_null(w);
	}
	json_end(w);
}

struct slice responses_answer_id(struct arena *a, const struct answer_head *head)
{
	if (head->format == FORMAT_RESPONSES && head->id.len) {
		return head->id;
	}
	return id_hex_derive(a, "resp_", head->id);
}
