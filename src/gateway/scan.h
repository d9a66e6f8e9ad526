/*
 * What the gateway needs to know of a request's body, found without parsing
 * it (base/json_scan.h). Worker thread.
 */
#ifndef GATEWAY_SCAN_H
#define GATEWAY_SCAN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json_scan.h"
#include "base/str.h"
#include "formats/detect.h"

/* Duplicates of `model` beyond this many are refused. */
#define SCAN_MAX_MODELS 8

struct scan {
	struct slice text;              /* the whole body */
	const char *model;              /* decoded, arena; NULL when absent */
	struct slice models[SCAN_MAX_MODELS];   /* raw values, in order */
	size_t model_count;             /* more than 1: duplicates, the last one counts */
	bool is_stream;
	const char *provider;           /* explicit choice in the body, or NULL */
	struct slice parameters;        /* raw object: of the unified body */
	bool is_stored;                 /* store: true */
	struct slice stream_options;    /* raw object, empty when absent */
	struct slice system;            /* raw: system, instructions, systemInstruction */
	struct slice messages;          /* raw: messages, input, contents */
	struct slice tools;             /* raw array */
	struct slice thinking;          /* raw: thinking, reasoning, reasoning_effort,
	                                 * generationConfig */
	struct slice metadata;          /* raw object */
	struct slice cache_key;         /* raw string: prompt_cache_key, session_id */
	uint64_t max_tokens;            /* 0: not given */
	struct slice previous_response; /* raw string: previous_response_id */
	struct slice conversation;      /* raw string or object */
	struct slice container;         /* raw string or object */
	struct body_signs signs;        /* which format it looks like */
};

/* False with ERR_INVALID and the byte offset in the message when the top
 * level is not a JSON object. Any JSON value in unknown members is fine. */
bool scan_body(struct slice text, struct arena *a, struct scan *out, struct err *err);

#endif
