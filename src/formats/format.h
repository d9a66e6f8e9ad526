/*
 * What one wire format must be able to do, as a table of functions: four of
 * these (anthropic.c, chat.c, responses.c, gemini.c) and the hub make the
 * whole matrix. Called by convert.c only. No function knows another format.
 *
 *	request: bytes -> json_read -> decode_request -> hub -> encode_request
 *	answer:  bytes -> sse, json_read -> decode_frame -> events -> encode_event
 *	whole answers: decode_answer -> events -> fold -> encode_answer
 *
 * Reading is by json_tree (raw text kept), writing by base/json_write straight
 * into the output: no tree is built for writing. Errors are read and written by
 * errors.h, inside a stream too.
 */
#ifndef FORMATS_FORMAT_H
#define FORMATS_FORMAT_H

#include "base/json_write.h"
#include "formats/answer_plan.h"
#include "formats/event.h"
#include "formats/fold.h"
#include "formats/hub.h"
#include "formats/ids.h"
#include "formats/json_tree.h"
#include "formats/model_traits.h"
#include "formats/route_options.h"
#include "formats/warnings.h"

/* A request on its way in. */
struct decoding {
	struct arena *arena;
	struct hub_request *req;          /* being filled */
	struct warnings *warnings;
	struct api_error *error;          /* set when a decoder returns false */
	struct slice path_model;          /* Gemini, Azure: model of the URL; else absent */
	bool path_stream;                 /* Gemini: streamGenerateContent */
	bool is_count;                    /* nothing will be answered: no max_tokens needed */
};

/* A request on its way out to one upstream. */
struct conversion {
	struct arena *arena;
	const struct hub_request *req;
	enum format_id upstream;
	struct slice model;               /* the upstream's name for it */
	bool stream;                      /* asked of the upstream */
	struct route_options options;
	struct model_traits traits;       /* of that model */
	struct wire_map ids;              /* C84: call ids, for calls and results */
	struct wire_map names;            /* C89: for tools, calls, choices */
	struct warnings *warnings;
	struct api_error *error;
	struct answer_plan *plan;
	bool sends_sampling;              /* A: out; decides anthropic-version (2.1) */
};

struct format {
	enum format_id id;
	enum hub_origin origin;

	/* `body` is an object. False: *d->error says which JSON path is wrong. */
	bool (*decode_request)(struct decoding *d, const struct json *body);

	/* Writes the one object. False: refused (C160), *c->error says why.
	 * Members that only another format knows were dealt with before (ext.h).
	 * Warns by `warn(c->warnings, ...)` (C161); silent drops are C162. */
	bool (*encode_request)(struct conversion *c, struct json_writer *w);

	/* A complete 200 answer: pushes START … END, or ERROR. One emitter per
	 * choice, MAX_CHOICES of them, sinks and choices set. Here as in a
	 * stream, no choice ENDs before every choice has STARTed. */
	void (*decode_answer)(struct arena *a, const struct json *body, struct emitter *e);
	bool answer_may_be_array;                 /* `body` may be one of objects, too */

	/* The whole answer for a client that does not stream (C121-C129). */
	void (*encode_answer)(const struct answer_plan *plan, const struct fold *fold,
			      struct json_writer *w);

	/* Reading a stream. The state is zeroed memory of `decoder_bytes`; its
	 * emitters push to `sink`. `scratch` dies after the call. */
	size_t decoder_bytes;
	void (*decoder_init)(void *state, const struct answer_plan *plan,
			     const struct event_sink *sink);
	void (*decode_frame)(void *state, struct arena *scratch, const struct json *frame);
	void (*decode_done)(void *state);         /* "[DONE]"; may be NULL */
	void (*decode_eof)(void *state);          /* the upstream closed the stream */
	void (*decoder_release)(void *state);     /* may be NULL */

	/* Writing a stream: every event becomes zero or more whole frames. The
	 * state is zeroed memory of `encoder_bytes`. ERROR after START writes the
	 * in-stream error of C156; before START it does not arrive here. */
	size_t encoder_bytes;
	void (*encoder_init)(void *state, const struct answer_plan *plan);
	void (*encode_event)(void *state, const struct event *ev, struct buf *out);
	void (*encoder_release)(void *state);     /* may be NULL */
};

/* NULL for FORMAT_NONE. */
const struct format *format_find(enum format_id id);

/* Each in its own .c file; listed in format.c. */
extern const struct format format_anthropic;
extern const struct format format_chat;
extern const struct format format_gemini;
extern const struct format format_responses;

/* ---- what several encoders share ---- */

/* Refuses: class invalid for the client's own faults, unsupported for what
 * the target cannot take. Return false, for `return refuse(...)`. */
bool decode_refuse(struct decoding *d, const char *param, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool encode_refuse(struct conversion *c, const char *param, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The non-empty texts of a JSON array (or of one text) into a list: stop texts,
 * allowed names. More than MAX_NAMES are refused. */
#define MAX_NAMES 256
bool decode_names(struct decoding *d, const struct json *list, const char *path,
		  struct hub_name **out);
/* A number member with its digits. */
void decode_number(const struct json *object, const char *name, struct hub_number *out);

/* Names and ids as the upstream takes them. */
struct slice wire_id(struct conversion *c, struct slice id);
struct slice wire_name(struct conversion *c, struct slice name);

/* A tool call's arguments as a JSON object (C5): `{}` for blank text,
 * {"_raw":text} with a warning (may be NULL) for what is no object. */
struct slice args_object(struct arena *a, struct slice args, struct warnings *warnings);
/* The text in {"input": text} of a custom call, else the args themselves (C48). */
struct slice custom_input(struct arena *a, struct slice args);
/* {"input": text} */
struct slice custom_args(struct arena *a, struct slice text);
/* The function schema that stands for a custom tool, and its description with
 * the grammar (C48). */
#define CUSTOM_TOOL_SCHEMA \
	"{\"type\":\"object\",\"properties\":{\"input\":{\"type\":\"string\"}}," \
	"\"required\":[\"input\"],\"additionalProperties\":false}"
struct slice custom_description(struct arena *a, const struct hub_tool *tool);

/* Temperature and top_p as this target takes them (C100, C101), with
 * warnings; not set: leave the member out. `max` is the target's highest. */
struct hub_number fit_number(struct conversion *c, const struct hub_number *number,
			     const char *path, double min, double max);
void json_knumber(struct json_writer *w, const char *name, const struct hub_number *number);
void json_kslice(struct json_writer *w, const char *name, struct slice text); /* absent: left out */
void json_kraw(struct json_writer *w, const char *name, struct slice raw);    /* absent: left out */
void json_kslice_or_null(struct json_writer *w, const char *name, struct slice text);

/* C98: asks for JSON where the format has no way to. */
#define JSON_SENTENCE "Respond with a single JSON object and nothing else."

bool slice_is_blank(struct slice s);          /* empty or only white space */

/* What becomes of a server, opaque or redacted block (C13, C70, C71), warned
 * about here. TEXT: its digest stands for it. REFUSE: *c->error is set. */
enum foreign_fate { FOREIGN_KEEP, FOREIGN_TEXT, FOREIGN_DROP, FOREIGN_REFUSE };
enum foreign_fate foreign_fate(struct conversion *c, const struct hub_block *block,
			       enum hub_role role, enum hub_origin own);

#endif
