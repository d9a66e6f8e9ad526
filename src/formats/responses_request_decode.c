/* A Responses request -> hub (C29-C34). */
#include "formats/responses.h"

#include "formats/openai_common.h"

/* Members that only Responses knows. Their loss is a warning or a refusal when
 * the target is another (C33, C160-C162). */
static const char *const ext_members[] = {
	"previous_response_id", "conversation", "prompt", "max_tool_calls", "moderation",
	"context_management", "prompt_cache_options", "prompt_cache_retention", "image",
	"access_programs",
};

static void read_scalars(struct decoding *d, const struct json *body)
{
	struct hub_request *req = d->req;
	const struct json *store = json_get(body, "store");
	const struct json *parallel = json_get(body, "parallel_tool_calls");
	struct slice user = json_get_text(body, "safety_identifier");

	req->model = d->path_model.len ? d->path_model : json_get_text(body, "model");
	req->stream = json_get_bool(body, "stream", false);
	req->include_usage = true;
	json_get_int(body, "max_output_tokens", &req->max_tokens);
	decode_number(body, "temperature", &req->temperature);
	decode_number(body, "top_p", &req->top_p);
	json_get_count(body, "top_logprobs", &req->top_logprobs);
	if (parallel) {
		req->parallel = parallel->kind == JSON_FALSE ? TRI_FALSE : TRI_TRUE;
	}
	if (store) {
		req->store = store->kind == JSON_FALSE ? TRI_FALSE : TRI_TRUE;
	}
	req->user_id = user.len ? user : json_get_text(body, "user");
	req->service_tier = json_get_text(body, "service_tier");
	req->cache_key = json_get_text(body, "prompt_cache_key");
	req->metadata = json_one_line(d->arena, json_raw_of(json_get(body, "metadata")));
}

/* C34 */
static void read_include(struct decoding *d, const struct json *body)
{
	const struct json *include = json_get(body, "include");
	bool has_more = false;

	json_each(item, include) {
		if (json_is_text(item, "reasoning.encrypted_content")) {
			d->req->wants_blobs = true;
		} else {
			d->req->logprobs |= json_is_text(item, "message.output_text.logprobs");
			has_more = true;
		}
	}
	if (has_more) {
		hub_ext_add(d->req, "include", include->raw);
	}
}

static void add_ext(struct decoding *d, const struct json *object, const char *name,
		    const char *path)
{
	const struct json *v = json_get(object, name);

	if (v) {
		hub_ext_add(d->req, path, v->raw);
	}
}

void responses_settings_read(struct decoding *d, const struct json *v)
{
	const struct json *reasoning = json_get(v, "reasoning");
	const struct json *text = json_get(v, "text");

	openai_effort_read(json_get_text(reasoning, "effort"), &d->req->thinking);
	if (json_get(reasoning, "summary") || json_get(reasoning, "generate_summary")) {
		d->req->thinking.show = SHOW_SUMMARY;
	}
	add_ext(d, reasoning, "context", "reasoning.context");
	add_ext(d, reasoning, "mode", "reasoning.mode");
	openai_output_read(d->arena, json_get(text, "format"), true, &d->req->output);
	if (json_get(text, "verbosity")) {
		d->req->verbosity = json_get_text(text, "verbosity");
	}
}

/* What says only what is so anyway is no loss. */
static void read_ext(struct decoding *d, const struct json *body)
{
	for (size_t i = 0; i < ARRAY_LEN(ext_members); i++) {
		add_ext(d, body, ext_members[i], ext_members[i]);
	}
	if (json_get_bool(body, "background", false)) {
		add_ext(d, body, "background", "background");
	}
	if (!json_is_text(json_get(body, "truncation"), "disabled")) {
		add_ext(d, body, "truncation", "truncation");
	}
}

bool responses_decode_request(struct decoding *d, const struct json *body)
{
	struct slice instructions = json_get_text(body, "instructions");

	read_scalars(d, body);
	read_include(d, body);
	read_ext(d, body);
	/* C32 (P): a client that wants to see thinking says so. */
	d->req->thinking.show = SHOW_NONE;
	responses_settings_read(d, body);
	if (instructions.len) {
		hub_append(&d->req->system, hub_text_new(d->arena, instructions));
	}
	return responses_tools_read(d, body) && responses_input_read(d, body);
}
