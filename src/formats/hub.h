/*
 * The hub: one model of a conversation that every format decodes to and
 * encodes from, so that four formats need four decoders and four encoders and
 * no pairs (C2). It holds what must survive a trip between formats; what only
 * one vendor knows is kept as `ext` or `opaque` and goes back to nobody else.
 *
 * Everything lives in one arena, beside the body it was decoded from: slices
 * may point into that body, which must outlive the hub. Decoders fill it,
 * encoders read it and never change it (the same request may be encoded for a
 * second upstream). Not thread-safe; belongs to one exchange.
 *
 * Texts are slices: SLICE_NULL (ptr NULL) means absent, an empty slice with a
 * pointer means present and empty.
 */
#ifndef FORMATS_HUB_H
#define FORMATS_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "config/config.h"
#include "formats/errors.h"

/* Who made something that only its maker understands: signatures, encrypted
 * blobs, server tools, file ids (C13). The letter is the one of C64. */
enum hub_origin {
	ORIGIN_NONE = 0,
	ORIGIN_ANTHROPIC = 'a',
	ORIGIN_OPENAI = 'o',
	ORIGIN_GEMINI = 'g',
	ORIGIN_OPENROUTER = 'r',
	ORIGIN_MISTRAL = 'm',
};

enum hub_tri { TRI_UNSET, TRI_FALSE, TRI_TRUE };

/* A number with the digits it came with (C4); `text` empty: not set. */
struct hub_number {
	struct slice text;
	double value;
};

/* ---- blocks ---- */

enum hub_block_kind {
	BLOCK_TEXT,
	BLOCK_IMAGE,
	BLOCK_DOCUMENT,
	BLOCK_AUDIO,
	BLOCK_VIDEO,
	BLOCK_THINKING,
	BLOCK_REDACTED,
	BLOCK_TOOL_USE,
	BLOCK_TOOL_RESULT,
	BLOCK_REFUSAL,
	BLOCK_SERVER_USE,
	BLOCK_SERVER_RESULT,
	BLOCK_OPAQUE,
};

/* A cache mark of Anthropic: also 5M when it is said explicitly (C56). */
enum hub_cache { CACHE_NONE, CACHE_DEFAULT, CACHE_5M, CACHE_1H };

struct hub_sig {
	enum hub_origin origin;
	struct slice data;
	struct slice item_id;             /* id of an OpenAI reasoning item; may be absent */
};

enum hub_citation_kind { CITE_URL, CITE_CHAR, CITE_PAGE, CITE_BLOCK, CITE_FILE };

struct hub_citation {
	struct hub_citation *next;
	enum hub_citation_kind kind;
	enum hub_origin origin;
	struct slice url;
	struct slice title;
	struct slice cited;
	int64_t start;                    /* code points in the block's text; -1 unknown */
	int64_t end;                      /* exclusive; -1 unknown */
	struct slice raw;                 /* JSON of the origin's own object */
};

/* One token of a text, or one that could have stood there (C58). */
struct hub_logprob {
	struct hub_logprob *next;
	struct slice token;
	struct slice bytes;               /* absent: those of `token` */
	struct hub_number logprob;
	struct hub_logprob *top;          /* the likeliest here, if they were asked for */
};

struct hub_logprobs {
	struct hub_logprob *first;
	struct hub_logprob *last;
	size_t bytes;                     /* of a copied list, about */
};

struct hub_block;

struct hub_blocks {
	struct hub_block *first;
	struct hub_block *last;
	size_t count;
};

enum hub_source { SOURCE_URL, SOURCE_BASE64, SOURCE_FILE, SOURCE_TEXT, SOURCE_BLOCKS };

struct hub_media {
	enum hub_source source;
	struct slice mime;
	struct slice data;                /* base64, url, file id or text */
	enum hub_origin provider;         /* SOURCE_FILE: who issued the id (C77) */
	struct hub_blocks blocks;         /* SOURCE_BLOCKS, documents only */
};

struct hub_block {
	struct hub_block *next;
	enum hub_block_kind kind;
	enum hub_cache cache;
	struct hub_sig sig;               /* thinking, tool_use, text (Gemini); origin NONE: none */
	union {
		struct {                              /* TEXT, REFUSAL */
			struct slice text;
			struct hub_citation *citations;
			struct hub_logprobs logprobs;
		} text;
		struct {                              /* IMAGE, DOCUMENT, AUDIO, VIDEO */
			struct hub_media media;
			struct slice detail;          /* image: auto, low, high, original */
			struct slice title;           /* document, and below */
			struct slice context;
			struct slice filename;
			bool cite;
		} media;
		struct {                              /* THINKING */
			struct slice text;
			bool is_summary;
		} thinking;
		struct {                              /* TOOL_USE */
			struct slice id;
			struct slice name;
			struct slice args;            /* raw text, perhaps no JSON (C5) */
			struct slice name_space;      /* R: part of the name, as in hub_tool */
			bool is_custom;               /* args = {"input": text} (C31) */
		} tool_use;
		struct {                              /* TOOL_RESULT */
			struct slice id;
			struct slice name;
			struct hub_blocks blocks;
			bool is_error;
		} tool_result;
		struct {                        /* SERVER_USE, SERVER_RESULT, REDACTED, OPAQUE */
			enum hub_origin origin;
			struct slice type;            /* the origin's name of the block type */
			struct slice id;
			struct slice name;
			struct slice raw;             /* JSON of the block; REDACTED: its data */
			struct slice digest;          /* as text for others (C70, C71) */
		} foreign;
	};
};

enum hub_role { ROLE_USER, ROLE_ASSISTANT, ROLE_SYSTEM };

struct hub_message {
	struct hub_message *next;
	enum hub_role role;
	struct hub_blocks blocks;
	struct slice phase;               /* R only: commentary, final_answer */
	struct slice name;
};

/* ---- requests ---- */

enum hub_tool_kind { TOOL_FUNCTION, TOOL_CUSTOM, TOOL_SERVER, TOOL_OPAQUE };

struct hub_tool {
	struct hub_tool *next;
	enum hub_tool_kind kind;
	struct slice type;                /* SERVER, OPAQUE: the origin's, "web_search_20260318" */
	struct slice name;                /* in a namespace: "namespace__name" (C32) */
	struct slice name_space;          /* R; absent: none */
	struct slice description;
	struct slice schema;              /* raw JSON; absent: none given */
	enum hub_tri strict;
	struct slice grammar_syntax;      /* custom: "lark", "regex"; absent: plain text */
	struct slice grammar;
	enum hub_cache cache;
	enum hub_origin origin;
	struct slice raw;                 /* JSON of the whole definition */
};

enum hub_choice_mode {
	CHOICE_UNSET,
	CHOICE_AUTO,
	CHOICE_NONE,
	CHOICE_ANY,
	CHOICE_NAMED,
	CHOICE_ALLOWED,
};

struct hub_name {
	struct hub_name *next;
	struct slice text;
};

struct hub_tool_choice {
	enum hub_choice_mode mode;
	struct slice name;                /* NAMED */
	struct hub_name *allowed;         /* ALLOWED */
	bool allowed_required;
};

enum hub_thinking_mode { THINK_UNSET, THINK_OFF, THINK_BUDGET, THINK_EFFORT, THINK_ADAPTIVE };
enum hub_show { SHOW_UNSET, SHOW_NONE, SHOW_SUMMARY };

/* C107's levels in order; EFFORT_UNSET when none was asked for. */
enum hub_effort {
	EFFORT_UNSET,
	EFFORT_NONE,
	EFFORT_MINIMAL,
	EFFORT_LOW,
	EFFORT_MEDIUM,
	EFFORT_HIGH,
	EFFORT_XHIGH,
	EFFORT_MAX,
};

struct hub_thinking {
	enum hub_thinking_mode mode;
	int64_t budget;                   /* tokens, for THINK_BUDGET */
	enum hub_effort effort;           /* may be set beside ADAPTIVE as well */
	enum hub_show show;
};

enum hub_output_kind { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_SCHEMA };

struct hub_output {
	enum hub_output_kind kind;
	struct slice name;
	struct slice description;
	struct slice schema;              /* raw JSON */
	bool strict;
};

/* A member that only its own format knows. */
struct hub_ext {
	struct hub_ext *next;
	enum format_id format;
	const char *path;                 /* "context_management" */
	struct slice raw;
};

struct sig_scope;

#define HUB_UNSET_INT INT64_MIN

struct hub_request {
	struct arena *arena;              /* borrowed; all of this lives in it */
	enum format_id format;            /* it was decoded from */
	struct slice model;
	bool stream;
	bool gemini_array;                /* a Gemini stream without alt=sse (C143) */
	bool text_completion;             /* of /v1/completions (C113) */
	bool include_usage;               /* C59: the client wants the usage chunk */
	bool wants_blobs;                 /* C34: include reasoning.encrypted_content */
	int64_t max_tokens;               /* HUB_UNSET_INT */
	struct hub_number temperature;
	struct hub_number top_p;
	int64_t top_k;                    /* HUB_UNSET_INT */
	struct hub_number frequency_penalty;
	struct hub_number presence_penalty;
	int64_t seed;                     /* HUB_UNSET_INT */
	struct hub_name *stop;
	int64_t n;                        /* 1 */
	struct hub_name *prompts;         /* of a text completion with several (C113); the
					   * first message holds one after the other */
	bool logprobs;
	int64_t top_logprobs;             /* 0 */
	struct hub_blocks system;
	struct hub_message *messages;
	struct hub_message *last_message;
	size_t message_count;
	struct hub_tool *tools;
	struct hub_tool *last_tool;
	struct hub_tool_choice tool_choice;
	enum hub_tri parallel;
	struct hub_thinking thinking;
	struct hub_output output;
	struct slice verbosity;
	struct slice user_id;
	struct slice metadata;            /* raw JSON object */
	struct slice service_tier;        /* auto, default, flex, priority, other names */
	struct slice cache_key;
	enum hub_tri store;
	struct hub_ext *ext;
	const struct sig_scope *signatures;       /* C66; NULL: nothing is remembered */
};

/* ---- answers ---- */

enum hub_stop_kind {
	STOP_END,
	STOP_MAX_TOKENS,
	STOP_SEQUENCE,
	STOP_TOOL_USE,
	STOP_FILTER,
	STOP_REFUSAL,
	STOP_PAUSE,
	STOP_CONTEXT,
	STOP_ERROR,
	STOP_COMPACTION,
};

struct hub_stop {
	enum hub_stop_kind kind;
	struct slice text;                /* SEQUENCE: which one; REFUSAL: explanation */
	struct slice category;            /* REFUSAL */
};

/* Tokens; -1: not told. `in_total` includes cached and cache-write tokens,
 * `out_total` includes reasoning (C11). */
struct hub_usage {
	int64_t in_total;
	int64_t in_cached;
	int64_t in_cache_write;
	int64_t in_cache_write_1h;
	int64_t out_total;
	int64_t out_reasoning;
	int64_t tool_prompt;              /* Gemini: results of server tools, part of in_total */
	int64_t web_searches;
};

#define HUB_USAGE_INIT { -1, -1, -1, -1, -1, -1, -1, -1 }

/* ---- constructors; all in the arena `a`, zeroed, numbers unset ---- */

struct hub_request *hub_request_new(struct arena *a, enum format_id format);
struct hub_block *hub_block_new(struct arena *a, enum hub_block_kind kind);
struct hub_block *hub_text_new(struct arena *a, struct slice text);

void hub_append(struct hub_blocks *list, struct hub_block *block);
/* Tool results come first, the rest after them, each in their order (C15, C30). */
void hub_results_first(struct hub_blocks *list);

/* A message at the end of the request. */
struct hub_message *hub_message_new(struct hub_request *req, enum hub_role role);
/* The last message when it has this role, else a new one. */
struct hub_message *hub_message_continue(struct hub_request *req, enum hub_role role);
/* A message right behind `before`. */
struct hub_message *hub_message_after(struct hub_request *req, struct hub_message *before,
				      enum hub_role role);
struct hub_tool *hub_tool_new(struct hub_request *req, enum hub_tool_kind kind);
void hub_ext_add(struct hub_request *req, const char *path, struct slice raw);
/* Raw JSON of an ext member of the request's own format, or SLICE_NULL. */
struct slice hub_ext_get(const struct hub_request *req, const char *path);
void hub_name_add(struct arena *a, struct hub_name **list, struct slice text);
size_t hub_name_count(const struct hub_name *list);
bool hub_has_name(const struct hub_name *list, struct slice text);

/* ---- questions that several encoders ask ---- */

#define blocks_each(b, list) \
	for (const struct hub_block *b = (list)->first; b; b = b->next)
#define messages_each(m, req) \
	for (const struct hub_message *m = (req)->messages; m; m = m->next)
#define tools_each(t, req) \
	for (const struct hub_tool *t = (req)->tools; t; t = t->next)

struct hub_number hub_number_of(struct arena *a, double value);
bool hub_number_is_set(const struct hub_number *number);
bool slice_same(struct slice a, struct slice b);
struct slice slice_cat(struct arena *a, struct slice x, struct slice y);

/* The tool called `name`, or NULL. */
const struct hub_tool *hub_tool_find(const struct hub_request *req, struct slice name);
/* Only its maker knows what it is: `foreign` is the member in use. */
bool hub_is_foreign(const struct hub_block *block);
bool hub_blocks_have(const struct hub_blocks *list, enum hub_block_kind kind);

/* Texts of the text blocks, with `separator` between them. */
struct slice hub_join_text(struct arena *a, const struct hub_blocks *list,
			   const char *separator);

/* Per field: what `more` knows replaces what `usage` knew. */
void hub_usage_merge(struct hub_usage *usage, const struct hub_usage *more);
int64_t hub_count(int64_t tokens);            /* -1 becomes 0 */
/* Of two counts >= 0: a stranger's may be anything up to int64, sums stay inside. */
int64_t hub_count_add(int64_t a, int64_t b);

/* An error of the gateway's own making; `message` is borrowed. */
struct api_error hub_error_of(enum error_class class, const char *message);

/* Fills *error with a copy of the printf text; `param` may be NULL. Returns
 * false. */
bool hub_refuse(struct api_error *error, struct arena *a, enum error_class class,
		const char *param, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Names as on the wire. */
const char *hub_effort_name(enum hub_effort effort);          /* "medium" */
enum hub_effort hub_effort_by_name(struct slice name);        /* EFFORT_UNSET: unknown */

#endif
