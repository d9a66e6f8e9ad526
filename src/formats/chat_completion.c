/*
 * Requests of /v1/completions -> hub (C113): a prompt is one message of the
 * user. What continues or measures the prompt itself has no counterpart in a
 * conversation and is refused.
 */
#include "formats/chat.h"

/* openai-chat.md section 7 */
#define DEFAULT_MAX_TOKENS 16

/* They are answered one after the other. */
static bool read_prompts(struct decoding *d, const struct json *prompts)
{
	if (prompts->count > MAX_CHOICES) {
		return decode_refuse(d, "prompt", "prompt: this upstream takes at most %d prompts "
				     "per request", MAX_CHOICES);
	}
	json_each(prompt, prompts) {
		if (prompt->kind != JSON_STRING) {
			return decode_refuse(d, "prompt", "prompt: each must be text");
		}
		hub_name_add(d->arena, &d->req->prompts, prompt->text);
	}
	return true;
}

static bool read_prompt(struct decoding *d, const struct json *body)
{
	const struct json *prompt = json_get(body, "prompt");
	struct hub_message *m;

	if (json_is(prompt, JSON_ARRAY) && prompt->count > 1 &&
	    json_is(prompt->first, JSON_STRING) && !read_prompts(d, prompt)) {
		return false;
	}
	if (json_is(prompt, JSON_ARRAY) && (prompt->count == 1 || d->req->prompts)) {
		prompt = prompt->first;
	}
	if (!prompt) {
		return decode_refuse(d, "prompt", "prompt: Field required");
	}
	if (prompt->kind != JSON_STRING) {
		return decode_refuse(d, "prompt", "prompt: this upstream takes text, not tokens");
	}
	m = hub_message_new(d->req, ROLE_USER);
	hub_append(&m->blocks, hub_text_new(d->arena, prompt->text));
	return true;
}

static bool refuse_member(struct decoding *d, const char *name)
{
	return decode_refuse(d, name, "%s: not supported by this upstream", name);
}

bool chat_completion_read(struct decoding *d, const struct json *body)
{
	const struct json *bias = json_get(body, "logit_bias");
	int64_t best_of = 1;

	json_get_int(body, "best_of", &best_of);
	if (best_of > 1) {
		return refuse_member(d, "best_of");
	}
	if (json_get_text(body, "suffix").len) {
		return refuse_member(d, "suffix");
	}
	if (json_get_bool(body, "echo", false)) {
		return refuse_member(d, "echo");
	}
	if (json_get(body, "logprobs")) {
		return refuse_member(d, "logprobs");
	}
	if (!chat_scalars_read(d, body)) {
		return false;
	}
	if (d->req->max_tokens == HUB_UNSET_INT) {
		d->req->max_tokens = DEFAULT_MAX_TOKENS;
	}
	if (bias) {
		hub_ext_add(d->req, "logit_bias", bias->raw);
	}
	return read_prompt(d, body);
}
