/* Hub request -> Chat. OpenAI gets every member of its reference; of other
 * servers only what each of them is known to take, for many refuse a request
 * with a member they do not know. */
#include "formats/chat.h"

#include "formats/effort.h"
#include "formats/logprobs.h"
#include "formats/openai_common.h"

/* ---- answers asked for ---- */

/* C58. More than MAX_CHOICES would not come back. */
static bool write_n(struct conversion *c, struct json_writer *w)
{
	int64_t n = c->req->n;

	if (n <= 1) {
		return true;
	}
	if (!c->options.send_n) {
		return encode_refuse(c, "n", "n: this upstream gives one answer per request");
	}
	if (n > MAX_CHOICES) {
		return encode_refuse(c, "n", "n: at most %d answers are converted", MAX_CHOICES);
	}
	json_kint(w, "n", n);
	return true;
}

/* C59: asked for whatever the client wants, so that the usage is known. */
static void write_stream(struct conversion *c, struct json_writer *w)
{
	if (!c->stream) {
		return;
	}
	json_kbool(w, "stream", true);
	if (c->options.send_stream_options) {
		json_key(w, "stream_options");
		json_object(w);
		json_kbool(w, "include_usage", true);
		json_end(w);
	}
}

/* C103, C104 */
static void write_max_tokens(struct conversion *c, struct json_writer *w)
{
	int64_t wanted = c->req->max_tokens;
	bool is_new = c->options.max_tokens_field == FIELD_MAX_COMPLETION_TOKENS;

	if (wanted == HUB_UNSET_INT) {
		return;
	}
	if (wanted < 1) {
		warn(c->warnings, WARN_CLAMPED, "max_tokens");
		wanted = 1;
	}
	json_kint(w, is_new ? "max_completion_tokens" : "max_tokens", wanted);
}

/* ---- sampling ---- */

/* C100, C101: reasoning models take only the default. */
static void write_fitted(struct conversion *c, struct json_writer *w, const char *name,
			 const struct hub_number *number, double max)
{
	struct hub_number fitted;

	if (hub_number_is_set(number) && !c->traits.sampling && number->value != 1) {
		warn(c->warnings, WARN_DROPPED, "%s", name);
		return;
	}
	fitted = fit_number(c, number, name, 0, max);
	json_knumber(w, name, &fitted);
}

/* C102 */
static void write_penalty(struct conversion *c, struct json_writer *w, const char *name,
			  const struct hub_number *number)
{
	struct hub_number fitted;

	if (!hub_number_is_set(number)) {
		return;
	}
	if (!c->options.send_penalties || !c->traits.penalties) {
		if (number->value != 0) {
			warn(c->warnings, WARN_DROPPED, "%s", name);
		}
		return;
	}
	fitted = fit_number(c, number, name, -2, 2);
	json_knumber(w, name, &fitted);
}

static void write_seed(struct conversion *c, struct json_writer *w)
{
	if (c->req->seed == HUB_UNSET_INT) {
		return;
	}
	if (c->options.send_seed) {
		json_kint(w, chat_is_mistral(c) ? "random_seed" : "seed", c->req->seed);
	} else {
		warn(c->warnings, WARN_DROPPED, "seed");
	}
}

static void write_sampling(struct conversion *c, struct json_writer *w)
{
	const struct hub_request *req = c->req;

	write_fitted(c, w, "temperature", &req->temperature, c->options.temperature_max);
	write_fitted(c, w, "top_p", &req->top_p, 1);
	write_penalty(c, w, "frequency_penalty", &req->frequency_penalty);
	write_penalty(c, w, "presence_penalty", &req->presence_penalty);
	write_seed(c, w);
	if (req->top_k != HUB_UNSET_INT) {
		if (c->options.send_top_k) {
			json_kint(w, "top_k", req->top_k);
		} else {
			warn(c->warnings, WARN_DROPPED, "top_k");
		}
	}
}

/* C106: the gateway looks for the stop texts itself. */
static bool scans_stops(const struct conversion *c)
{
	return c->req->stop && (!c->traits.stop || c->options.stop_max < 1);
}

/* C58: not where the gateway cuts the text in other pieces than the tokens. */
static void write_logprobs(struct conversion *c, struct json_writer *w)
{
	const struct hub_request *req = c->req;
	bool is_known = c->options.send_logprobs && c->traits.sampling;
	bool is_cut = c->options.inline_think_parse || scans_stops(c);

	if (!req->logprobs && req->top_logprobs <= 0) {
		return;
	}
	if (!req->logprobs || !is_known || is_cut) {
		warn(c->warnings, WARN_DROPPED, "logprobs");
		return;
	}
	json_kbool(w, "logprobs", true);
	if (req->top_logprobs > 0) {
		json_kint(w, "top_logprobs", logprobs_fit_top(c));
	}
}

/* C106 */
static void write_stops(struct conversion *c, struct json_writer *w)
{
	int64_t room = c->options.stop_max;

	if (!c->req->stop) {
		return;
	}
	if (scans_stops(c)) {
		answer_plan_scan_stops(c->plan, c->req);
		return;
	}
	json_key(w, "stop");
	json_array(w);
	for (const struct hub_name *stop = c->req->stop; stop; stop = stop->next) {
		if (room-- > 0) {
			json_strn(w, stop->text);
		} else {
			warn(c->warnings, WARN_DROPPED, "stop");
		}
	}
	json_end(w);
}

/* ---- thinking (C110) ---- */

static bool is_off(const struct hub_thinking *t)
{
	return t->mode == THINK_OFF || (t->mode != THINK_BUDGET && t->effort == EFFORT_NONE);
}

/* OpenRouter's one object says it all, a budget in tokens as well, as long as
 * it leaves room for the answer. */
static void write_reasoning(struct conversion *c, struct json_writer *w)
{
	const struct hub_thinking *t = &c->req->thinking;
	bool fits = c->req->max_tokens == HUB_UNSET_INT || t->budget < c->req->max_tokens;
	enum hub_effort effort = effort_fit(effort_wanted(t), &c->traits);

	json_key(w, "reasoning");
	json_object(w);
	if (is_off(t)) {
		json_kbool(w, "enabled", false);
	} else if (t->mode == THINK_BUDGET && fits) {
		json_kint(w, "max_tokens", t->budget);
	} else if (effort != EFFORT_UNSET) {
		json_kstr(w, "effort", hub_effort_name(effort));
	} else {
		json_kbool(w, "enabled", true);
	}
	json_end(w);
}

static void write_toggle(struct conversion *c, struct json_writer *w, bool is_on)
{
	if (c->options.think_toggle == TOGGLE_THINKING) {
		json_key(w, "thinking");
		json_object(w);
		json_kstr(w, "type", is_on ? "enabled" : "disabled");
		json_end(w);
	} else {
		json_key(w, "chat_template_kwargs");
		json_object(w);
		json_kbool(w, "enable_thinking", is_on);
		json_end(w);
	}
}

static void write_thinking(struct conversion *c, struct json_writer *w)
{
	const struct hub_thinking *t = &c->req->thinking;
	enum think_toggle toggle = c->options.think_toggle;
	const char *effort;

	if (t->mode == THINK_UNSET && t->effort == EFFORT_UNSET) {
		return;
	}
	if (toggle == TOGGLE_REASONING) {
		write_reasoning(c, w);
		return;
	}
	if (toggle != TOGGLE_NONE) {
		write_toggle(c, w, !is_off(t));
		if (is_off(t)) {
			return;
		}
	}
	effort = openai_effort(c);
	if (effort) {
		json_kstr(w, "reasoning_effort", effort);
	}
}

/* ---- the form of the answer (C97, C98) ---- */

static void write_schema(struct conversion *c, struct json_writer *w)
{
	const struct hub_output *output = &c->req->output;
	struct slice schema = openai_output_schema(c);
	enum hub_tri wanted = output->strict ? TRI_TRUE : TRI_FALSE;

	json_key(w, "response_format");
	json_object(w);
	json_kstr(w, "type", "json_schema");
	json_key(w, "json_schema");
	json_object(w);
	json_key(w, "name");
	json_strn(w, openai_schema_name(c, output->name));
	if (output->description.len) {
		json_kslice(w, "description", output->description);
	}
	json_kraw(w, "schema", schema);
	json_kbool(w, "strict",
		   openai_strict(c, wanted, schema, "response_format") == TRI_TRUE);
	json_end(w);
	json_end(w);
}

static void write_output(struct conversion *c, struct json_writer *w)
{
	enum hub_output_kind kind = c->req->output.kind;

	if (kind == OUTPUT_TEXT || c->options.response_format == RESPONSE_NONE) {
		return;
	}
	if (kind == OUTPUT_SCHEMA && c->options.response_format == RESPONSE_SCHEMA) {
		write_schema(c, w);
		return;
	}
	json_kraw(w, "response_format", slice_of("{\"type\":\"json_object\"}"));
}

/* ---- the rest ---- */

/* C54-C57 */
static void write_account(struct conversion *c, struct json_writer *w)
{
	const struct hub_request *req = c->req;
	const char *member;
	struct slice user = openai_user_id(c, &member);

	if (!chat_is_mistral(c)) {
		json_kslice(w, member, user);
	}
	if (!c->options.is_openai) {
		return;
	}
	if (req->verbosity.len) {
		json_kslice(w, "verbosity", req->verbosity);
	}
	if (req->service_tier.len) {
		json_kslice(w, "service_tier", req->service_tier);
	}
	if (req->cache_key.len) {
		json_kslice(w, "prompt_cache_key", req->cache_key);
	}
	if (req->store == TRI_TRUE) {
		json_kbool(w, "store", true);
		json_kraw(w, "metadata", req->metadata);
	}
}

/* Our own members come back as they were (X -> hub -> X). */
static void write_ext(struct conversion *c, struct json_writer *w)
{
	for (const struct hub_ext *ext = c->req->ext; ext; ext = ext->next) {
		if (ext->format == FORMAT_CHAT) {
			json_kraw(w, ext->path, json_one_line(c->arena, ext->raw));
		}
	}
}

bool chat_encode_request(struct conversion *c, struct json_writer *w)
{
	json_object(w);
	json_kslice(w, "model", c->model);
	if (!write_n(c, w) || !chat_messages_write(c, w) || !chat_tools_write(c, w)) {
		return false;
	}
	write_max_tokens(c, w);
	write_thinking(c, w);
	write_output(c, w);
	write_sampling(c, w);
	write_logprobs(c, w);
	write_stops(c, w);
	write_account(c, w);
	write_ext(c, w);
	write_stream(c, w);
	json_end(w);
	return true;
}
