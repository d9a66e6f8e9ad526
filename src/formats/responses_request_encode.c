/* Hub request -> Responses. Only members the vendor lists are written: it
 * refuses others. */
#include "formats/responses.h"

#include "formats/logprobs.h"
#include "formats/openai_common.h"

/* C104: the vendor's lowest. */
#define MIN_MAX_TOKENS 16

static void write_limits(struct conversion *c, struct json_writer *w)
{
	int64_t max_tokens = c->req->max_tokens;

	if (max_tokens == HUB_UNSET_INT) {
		return;
	}
	if (max_tokens < MIN_MAX_TOKENS) {
		warn(c->warnings, WARN_CLAMPED, "max_tokens");
		max_tokens = MIN_MAX_TOKENS;
	}
	json_kint(w, "max_output_tokens", max_tokens);
}

/* C100: reasoning models take nothing but the default. */
static void write_number(struct conversion *c, struct json_writer *w, const char *name,
			 const struct hub_number *number)
{
	double max = str_eq(name, "top_p") ? 1 : c->options.temperature_max;
	struct hub_number fitted;

	if (!c->traits.sampling) {
		if (hub_number_is_set(number) && number->value != 1) {
			warn(c->warnings, WARN_DROPPED, "%s", name);
		}
		return;
	}
	fitted = fit_number(c, number, name, 0, max);
	json_knumber(w, name, &fitted);
}

static void drop_number(struct conversion *c, const char *path, const struct hub_number *number)
{
	if (hub_number_is_set(number) && number->value != 0) {
		warn(c->warnings, WARN_DROPPED, "%s", path);
	}
}

/* C58: models that reason refuse them, and where the gateway looks for stop
 * texts itself it cuts between other pieces than the tokens. */
static bool wants_logprobs(const struct conversion *c)
{
	return c->req->logprobs && c->traits.sampling && !c->req->stop;
}

/* C58, C101, C102: what has no place here. */
static bool drop_or_refuse(struct conversion *c)
{
	const struct hub_request *req = c->req;

	if (req->n > 1) {
		return encode_refuse(c, "n", "n: this upstream gives one answer per request");
	}
	if (req->top_k != HUB_UNSET_INT) {
		warn(c->warnings, WARN_DROPPED, "top_k");
	}
	drop_number(c, "frequency_penalty", &req->frequency_penalty);
	drop_number(c, "presence_penalty", &req->presence_penalty);
	if (req->seed != HUB_UNSET_INT) {
		warn(c->warnings, WARN_DROPPED, "seed");
	}
	if (!wants_logprobs(c) && (req->logprobs || req->top_logprobs > 0)) {
		warn(c->warnings, WARN_DROPPED, "logprobs");
	}
	return true;
}

static void write_reasoning(struct conversion *c, struct json_writer *w)
{
	const char *effort = openai_effort(c);
	bool shows = c->req->thinking.show == SHOW_SUMMARY;

	if (!effort && !shows) {
		return;
	}
	json_key(w, "reasoning");
	json_object(w);
	if (effort) {
		json_kstr(w, "effort", effort);
	}
	if (shows) {
		json_kstr(w, "summary", "auto");
	}
	json_end(w);
}

/* C97 */
static void write_schema(struct conversion *c, struct json_writer *w)
{
	const struct hub_output *output = &c->req->output;
	struct slice schema = openai_output_schema(c);
	enum hub_tri strict = openai_strict(c, output->strict ? TRI_TRUE : TRI_FALSE, schema,
					    "text.format");

	json_kstr(w, "type", "json_schema");
	json_kslice(w, "name", openai_schema_name(c, output->name));
	json_kslice(w, "description", output->description.len ? output->description
							      : SLICE_NULL);
	json_kraw(w, "schema", schema);
	json_kbool(w, "strict", strict == TRI_TRUE);
}

static void write_text(struct conversion *c, struct json_writer *w)
{
	const struct hub_request *req = c->req;

	if (req->output.kind == OUTPUT_TEXT && !req->verbosity.len) {
		return;
	}
	json_key(w, "text");
	json_object(w);
	if (req->output.kind != OUTPUT_TEXT) {
		json_key(w, "format");
		json_object(w);
		if (req->output.kind == OUTPUT_SCHEMA) {
			write_schema(c, w);
		} else {
			json_kstr(w, "type", "json_object");
		}
		json_end(w);
	}
	json_kslice(w, "verbosity", req->verbosity.len ? req->verbosity : SLICE_NULL);
	json_end(w);
}

/* C110: nothing is stored, so reasoning has to travel. Models that do not
 * reason refuse to be asked for it. */
static void write_include(struct conversion *c, struct json_writer *w)
{
	const struct json *more = json_read(c->arena, hub_ext_get(c->req, "include"), NULL);
	bool wants_blobs = c->req->wants_blobs ||
			   (!c->traits.sampling && c->req->store != TRI_TRUE);

	if (!wants_blobs && !more && !wants_logprobs(c)) {
		return;
	}
	json_key(w, "include");
	json_array(w);
	if (wants_blobs) {
		json_str(w, "reasoning.encrypted_content");
	}
	if (wants_logprobs(c)) {
		json_str(w, "message.output_text.logprobs");
	}
	json_each(item, more) {
		if (!json_is_text(item, "reasoning.encrypted_content") &&
		    !json_is_text(item, "message.output_text.logprobs")) {
			json_raw(w, item->raw);
		}
	}
	json_end(w);
}

static void write_top_logprobs(struct conversion *c, struct json_writer *w)
{
	if (wants_logprobs(c) && c->req->top_logprobs > 0) {
		json_kint(w, "top_logprobs", logprobs_fit_top(c));
	}
}

static bool is_openai_client(const struct conversion *c)
{
	return c->req->format == FORMAT_CHAT || c->req->format == FORMAT_RESPONSES;
}

/* C55: names that only another vendor knows say nothing here. */
static bool is_known_tier(struct slice tier)
{
	return slice_eq(tier, "auto") || slice_eq(tier, "default") || slice_eq(tier, "flex") ||
	       slice_eq(tier, "priority");
}

/* C54-C57 */
static void write_account(struct conversion *c, struct json_writer *w)
{
	const struct hub_request *req = c->req;
	const char *member;
	struct slice user_id = openai_user_id(c, &member);
	bool is_stored = req->store == TRI_TRUE;

	json_kbool(w, "store", is_stored);
	if (is_stored) {
		json_kraw(w, "metadata", req->metadata);
	}
	json_kslice(w, member, user_id);
	json_kslice(w, "prompt_cache_key", openai_cache_key(c));
	if (is_openai_client(c) || is_known_tier(req->service_tier)) {
		json_kslice(w, "service_tier", req->service_tier);
	}
}

/* Members that were written where they belong. */
static bool is_placed_ext(const char *path)
{
	return str_eq(path, "include") || str_eq(path, "item_reference") ||
	       str_starts(path, "reasoning.");
}

/* Chat spells these the same. */
static bool is_family_ext(const struct hub_ext *ext)
{
	return ext->format == FORMAT_CHAT && (str_eq(ext->path, "prompt_cache_options") ||
					      str_eq(ext->path, "prompt_cache_retention"));
}

static void write_ext(struct conversion *c, struct json_writer *w)
{
	for (const struct hub_ext *ext = c->req->ext; ext; ext = ext->next) {
		if ((ext->format == FORMAT_RESPONSES && !is_placed_ext(ext->path)) ||
		    is_family_ext(ext)) {
			json_kraw(w, ext->path, ext->raw);
		}
	}
}

bool responses_encode_request(struct conversion *c, struct json_writer *w)
{
	struct slice instructions = hub_join_text(c->arena, &c->req->system, "\n\n");

	json_object(w);
	json_kslice(w, "model", c->model);
	json_kslice(w, "instructions", instructions.len ? instructions : SLICE_NULL);
	if (!drop_or_refuse(c) || !responses_tools_write(c, w) || !responses_input_write(c, w)) {
		return false;
	}
	write_limits(c, w);
	write_number(c, w, "temperature", &c->req->temperature);
	write_number(c, w, "top_p", &c->req->top_p);
	write_reasoning(c, w);
	write_text(c, w);
	write_include(c, w);
	write_top_logprobs(c, w);
	write_account(c, w);
	write_ext(c, w);
	if (c->stream) {
		json_kbool(w, "stream", true);
	}
	json_end(w);
	/* C106: no model behind this format looks for stop texts. */
	answer_plan_scan_stops(c->plan, c->req);
	return true;
}
