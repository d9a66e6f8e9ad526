/*
 * What the answer's side of a conversion must remember of its request, copied
 * into an own small arena: the request's body and hub can be given back as
 * soon as the upstream has taken the body, and an idle stream stays small.
 */
#ifndef FORMATS_ANSWER_PLAN_H
#define FORMATS_ANSWER_PLAN_H

#include "formats/hub.h"
#include "formats/ids.h"
#include "formats/route_options.h"

/* A tool whose call in the answer has to be changed back. */
struct plan_tool {
	struct plan_tool *next;
	struct slice wire;                /* its name upstream */
	struct slice name;                /* the client's own (C89) */
	struct slice name_space;          /* ... of which this is the first part (C32) */
	bool is_custom;                   /* was sent as a function (C48) */
};

struct answer_plan {
	struct arena arena;               /* of everything below */
	enum format_id client;            /* FORMAT_NONE: only watch, write nothing */
	enum format_id upstream;
	struct slice asked_model;         /* C7 */
	int64_t created;                  /* Unix seconds, when the upstream tells none */
	bool client_stream;
	bool include_usage;               /* C59, C141 */
	bool wants_blobs;                 /* C62 */
	bool gemini_array;                /* a stream without alt=sse (C143) */
	bool text_completion;             /* a Chat client of /v1/completions (C113) */
	unsigned choices;                 /* answers asked for; more are thrown away (C136) */
	unsigned rounds;                  /* calls of the upstream that share them (C58, C113) */
	bool show_reasoning;              /* C66 */
	bool think_parse;                 /* C134b */
	bool logprobs;                    /* C58: the client asked for them */
	int64_t top_logprobs;
	struct sig_memory *signatures;    /* C66: where those of calls are kept; NULL: not */
	struct slice owner;               /* ... and whose they are */
	bool output_emulated;             /* C97: the answer is a call of json_response */
	enum hub_show show;               /* C67 */
	struct hub_name *stops;           /* that the gateway looks for itself (C106) */
	struct slice only_stop;           /* C126: the one that was sent; absent: not one */
	struct plan_tool *tools;
	/* Echoed in Responses objects. */
	int64_t max_tokens;
	struct hub_number temperature;
	struct hub_number top_p;
	enum hub_effort effort;
	enum hub_tri parallel;
	struct slice metadata;
	enum hub_choice_mode choice;
	struct slice chosen;              /* CHOICE_NAMED: a function's name */
	enum hub_output_kind output;
	struct slice verbosity;
	struct slice cache_key;
	struct slice user_id;
};

/* Name of the tool that stands for structured output (C97). */
#define EMULATED_TOOL "json_response"

/* A plan for `req`; the encoder of the request adds to it. */
struct answer_plan *answer_plan_create(const struct hub_request *req, enum format_id upstream,
				       struct slice asked_model,
				       const struct route_options *options);
/* A plan that only watches an upstream's own stream: usage, content, errors. */
struct answer_plan *answer_plan_watch(enum format_id upstream);
void answer_plan_destroy(struct answer_plan *plan);

/* Remembers renamed, custom and namespace tools, once the request is encoded. */
void answer_plan_tools(struct answer_plan *plan, const struct hub_request *req,
		       struct wire_map *names, bool custom_native);
/* The gateway scans for the request's stop texts itself (C106). */
void answer_plan_scan_stops(struct answer_plan *plan, const struct hub_request *req);

/* NULL: the call needs no change. */
const struct plan_tool *answer_plan_tool(const struct answer_plan *plan, struct slice wire);

#endif
