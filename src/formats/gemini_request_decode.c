/* A generateContent request -> hub (C35, C38-C40). */
#include "formats/gemini.h"

#include "base/limits.h"
#include "formats/schema.h"

struct ext_member {
	const char *name;
	const char *path;                 /* of the ext, for warnings and the way back */
};

/* C40, C161: what only Gemini knows. */
static const struct ext_member top_members[] = {
	{ "safetySettings", "safetySettings" },
	{ "cachedContent", "cachedContent" },
	{ "labels", "labels" },
	{ "continuationToken", "continuationToken" },
};

static const struct ext_member config_members[] = {
	{ "responseModalities", "generationConfig.responseModalities" },
	{ "mediaResolution", "generationConfig.mediaResolution" },
	{ "speechConfig", "generationConfig.speechConfig" },
	{ "imageConfig", "generationConfig.imageConfig" },
	{ "audioTranscriptionConfig", "generationConfig.audioTranscriptionConfig" },
	{ "enableEnhancedCivicAnswers", "generationConfig.enableEnhancedCivicAnswers" },
};

static const struct ext_member tool_config_members[] = {
	{ "retrievalConfig", "toolConfig.retrievalConfig" },
	{ "includeServerSideToolInvocations", "toolConfig.includeServerSideToolInvocations" },
};

static void read_ext(struct decoding *d, const struct json *object,
		     const struct ext_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct json *v = gemini_get(object, members[i].name);

		if (v) {
			hub_ext_add(d->req, members[i].path, json_one_line(d->arena, v->raw));
		}
	}
}

static void read_system(struct decoding *d, const struct json *body)
{
	const struct json *system = gemini_get(body, "systemInstruction");

	if (json_is(system, JSON_STRING)) {
		hub_append(&d->req->system, hub_text_new(d->arena, system->text));
	}
	json_each(part, gemini_get(system, "parts")) {
		struct slice text = gemini_text(part, "text");

		if (text.ptr) {
			hub_append(&d->req->system, hub_text_new(d->arena, text));
		}
	}
}

static void read_number(const struct json *config, const char *name, struct hub_number *out)
{
	const struct json *v = gemini_get(config, name);

	if (json_to_double(v, &out->value)) {
		out->text = v->raw;
	}
}

static void read_sampling(struct decoding *d, const struct json *config)
{
	struct hub_request *req = d->req;

	gemini_int(config, "maxOutputTokens", &req->max_tokens);
	read_number(config, "temperature", &req->temperature);
	read_number(config, "topP", &req->top_p);
	if (gemini_int(config, "topK", &req->top_k) && req->top_k <= 0) {
		req->top_k = HUB_UNSET_INT;
	}
	read_number(config, "frequencyPenalty", &req->frequency_penalty);
	read_number(config, "presencePenalty", &req->presence_penalty);
	gemini_int(config, "seed", &req->seed);
	gemini_int(config, "candidateCount", &req->n);
	req->n = req->n < 1 ? 1 : req->n;
	req->logprobs = json_is(gemini_get(config, "responseLogprobs"), JSON_TRUE);
	gemini_int(config, "logprobs", &req->top_logprobs);
	req->top_logprobs = req->top_logprobs < 0 ? 0 : req->top_logprobs;
}

/* C39. Effort is told by name; THINKING_LEVEL_UNSPECIFIED is none. */
static void read_thinking(struct decoding *d, const struct json *config)
{
	struct hub_thinking *t = &d->req->thinking;
	const struct json *v = gemini_get(config, "thinkingConfig");
	int64_t budget;

	t->show = json_is(gemini_get(v, "includeThoughts"), JSON_TRUE) ? SHOW_SUMMARY
								       : SHOW_NONE;
	if (gemini_int(v, "thinkingBudget", &budget)) {
		t->mode = budget == 0 ? THINK_OFF : budget < 0 ? THINK_ADAPTIVE : THINK_BUDGET;
		t->budget = budget > 0 ? budget : 0;
	}
	t->effort = hub_effort_by_name(gemini_text(v, "thinkingLevel"));
	if (t->effort != EFFORT_UNSET) {
		t->mode = THINK_EFFORT;
	}
}

/* The enum of text/x.enum is a string with its choices (C38). */
static struct slice read_schema(struct decoding *d, const struct json *config, bool is_enum)
{
	const struct json *classic = gemini_get(config, "responseSchema");
	const struct json *json = gemini_get(config, "responseJsonSchema");

	json = json ? json : json_get(config, "_responseJsonSchema");
	if (json) {
		return json_one_line(d->arena, json->raw);
	}
	if (classic) {
		return schema_from_gemini(d->arena, classic->raw);
	}
	return is_enum ? slice_of("{\"type\":\"string\"}") : SLICE_NULL;
}

static void read_output(struct decoding *d, const struct json *config)
{
	struct slice mime = gemini_text(config, "responseMimeType");
	struct hub_output *out = &d->req->output;
	bool is_enum = slice_starts(mime, "text/x.enum");

	out->schema = read_schema(d, config, is_enum);
	if (out->schema.len && (is_enum || !slice_starts(mime, "text/plain"))) {
		out->kind = OUTPUT_SCHEMA;
		out->strict = true;
	} else if (slice_starts(mime, "application/json")) {
		out->kind = OUTPUT_JSON;
	}
}

/* C55 */
static void read_account(struct decoding *d, const struct json *body)
{
	struct slice tier = gemini_text(body, "serviceTier");
	const struct json *store = gemini_get(body, "store");

	if (slice_ieq(tier, "standard")) {
		d->req->service_tier = slice_of("default");
	} else if (!slice_ieq(tier, "unspecified")) {
		d->req->service_tier = tier;
	}
	if (json_is(store, JSON_TRUE) || json_is(store, JSON_FALSE)) {
		d->req->store = store->kind == JSON_TRUE ? TRI_TRUE : TRI_FALSE;
	}
}

bool gemini_decode_request(struct decoding *d, const struct json *body)
{
	const struct json *config = gemini_get(body, "generationConfig");

	d->req->model = d->path_model.len ? d->path_model : gemini_text(body, "model");
	d->req->stream = d->path_stream;
	d->req->include_usage = true;
	read_system(d, body);
	if (!gemini_contents_read(d, body) ||
	    !decode_names(d, gemini_get(config, "stopSequences"),
			  "generationConfig.stopSequences", &d->req->stop) ||
	    !gemini_choice_read(d, body)) {
		return false;
	}
	gemini_tools_read(d, body);
	read_sampling(d, config);
	read_thinking(d, config);
	read_output(d, config);
	read_account(d, body);
	read_ext(d, body, top_members, ARRAY_LEN(top_members));
	read_ext(d, config, config_members, ARRAY_LEN(config_members));
	read_ext(d, gemini_get(body, "toolConfig"), tool_config_members,
		 ARRAY_LEN(tool_config_members));
	return true;
}
