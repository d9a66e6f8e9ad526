/* A Chat request -> hub (C20-C28). */
#include "formats/chat.h"

#include "formats/openai_common.h"

/* C28: members that only Chat knows. `provider` is how OpenRouter is told whom
 * to ask. */
static const char *const ext_members[] = {
	"logit_bias", "prediction", "moderation", "prompt_cache_options",
	"prompt_cache_retention", "provider",
};

/* OpenRouter's `reasoning` and DeepSeek's `thinking` beside OpenAI's member
 * (C26). */
static void read_thinking(struct decoding *d, const struct json *body)
{
	struct hub_thinking *t = &d->req->thinking;
	const struct json *reasoning = json_get(body, "reasoning");
	const struct json *thinking = json_get(body, "thinking");
	struct slice type = json_get_text(thinking, "type");
	bool is_on = json_get_bool(reasoning, "enabled", slice_eq(type, "enabled"));
	bool is_off = !json_get_bool(reasoning, "enabled", true) || slice_eq(type, "disabled");

	openai_effort_read(json_get_text(body, "reasoning_effort"), t);
	openai_effort_read(json_get_text(reasoning, "effort"), t);
	if (json_get_int(reasoning, "max_tokens", &t->budget) ||
	    json_get_int(thinking, "budget_tokens", &t->budget)) {
		t->mode = t->budget > 0 ? THINK_BUDGET : THINK_OFF;
	} else if (is_on && t->mode == THINK_UNSET) {
		t->mode = THINK_ADAPTIVE;
	}
	if (is_off) {
		t->mode = THINK_OFF;
	}
	if (json_get_bool(reasoning, "exclude", false)) {
		t->show = SHOW_NONE;
	}
}

/* C24: the newer name wins. */
static void read_max_tokens(struct decoding *d, const struct json *body)
{
	if (!json_get_int(body, "max_completion_tokens", &d->req->max_tokens)) {
		json_get_int(body, "max_tokens", &d->req->max_tokens);
	}
}

static bool read_n(struct decoding *d, const struct json *body)
{
	json_get_int(body, "n", &d->req->n);
	if (d->req->n < 1 || d->req->n > 128) {
		return decode_refuse(d, "n", "n: must be between 1 and 128");
	}
	return true;
}

static void read_account(struct decoding *d, const struct json *body)
{
	struct hub_request *req = d->req;

	req->user_id = json_get_text(body, "safety_identifier");
	if (!req->user_id.len) {
		req->user_id = json_get_text(body, "user");
	}
	req->cache_key = json_get_text(body, "prompt_cache_key");
	req->service_tier = json_get_text(body, "service_tier");
	if (json_get(body, "store")) {
		req->store = json_get_bool(body, "store", false) ? TRI_TRUE : TRI_FALSE;
	}
	if (json_is(json_get(body, "metadata"), JSON_OBJECT)) {
		req->metadata = json_one_line(d->arena, json_get(body, "metadata")->raw);
	}
}

bool chat_scalars_read(struct decoding *d, const struct json *body)
{
	struct hub_request *req = d->req;

	req->model = d->path_model.len ? d->path_model : json_get_text(body, "model");
	req->stream = json_get_bool(body, "stream", false);
	req->include_usage = json_get_bool(json_get(body, "stream_options"), "include_usage",
					   false);
	decode_number(body, "temperature", &req->temperature);
	decode_number(body, "top_p", &req->top_p);
	decode_number(body, "frequency_penalty", &req->frequency_penalty);
	decode_number(body, "presence_penalty", &req->presence_penalty);
	if (json_get_int(body, "top_k", &req->top_k) && req->top_k <= 0) {
		req->top_k = HUB_UNSET_INT;
	}
	json_get_int(body, "seed", &req->seed);
	read_max_tokens(d, body);
	read_account(d, body);
	return read_n(d, body) && decode_names(d, json_get(body, "stop"), "stop", &req->stop);
}

static void read_ext(struct decoding *d, const struct json *body)
{
	const struct json *audio = json_get(body, "audio");

	for (size_t i = 0; i < ARRAY_LEN(ext_members); i++) {
		const struct json *v = json_get(body, ext_members[i]);

		if (v) {
			hub_ext_add(d->req, ext_members[i], v->raw);
		}
	}
	json_each(mode, json_get(body, "modalities")) {
		if (json_is_text(mode, "audio")) {
			/* Not what is asked for can be left out, but the answer's form. */
			hub_ext_add(d->req, "modalities", json_get(body, "modalities")->raw);
			hub_ext_add(d->req, "audio", audio ? audio->raw : slice_of("{}"));
			break;
		}
	}
}

bool chat_decode_request(struct decoding *d, const struct json *body)
{
	struct hub_request *req = d->req;

	if (req->text_completion) {
		return chat_completion_read(d, body);
	}
	if (!chat_scalars_read(d, body)) {
		return false;
	}
	req->logprobs = json_get_bool(body, "logprobs", false);
	json_get_count(body, "top_logprobs", &req->top_logprobs);
	req->verbosity = json_get_text(body, "verbosity");
	read_thinking(d, body);
	openai_output_read(d->arena, json_get(body, "response_format"), false, &req->output);
	read_ext(d, body);
	return chat_tools_read(d, body) && chat_messages_read(d, body);
}
