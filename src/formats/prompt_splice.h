/*
 * The user's own system text (config/prompts.h) in a request: spliced into the
 * bytes of a body that passes in its own format, where every other byte stays;
 * or put into the hub, from which any other format is encoded. Pure functions,
 * any thread.
 *
 * Where the system text is one string, the texts are joined to it. Where it is
 * a list of blocks, parts or messages, they become entries of their own: what
 * the client marked for its cache, and how many marks there are, stays so.
 * Texts that a vendor reads by their place (Claude Code's first blocks) keep
 * it.
 */
#ifndef FORMATS_PROMPT_SPLICE_H
#define FORMATS_PROMPT_SPLICE_H

#include "base/arena.h"
#include "config/prompts.h"
#include "formats/hub.h"

#define PROMPT_MAX_EDITS 4

struct prompt_edit {
	struct slice range;     /* in the body; empty: an insertion */
	struct slice text;
};

struct prompt_splice {
	struct arena *arena;
	const struct prompt_texts *texts;
	enum format_id format;
	bool is_count;          /* OP_COUNT_TOKENS */
	const char *role;       /* Chat, Responses: of a message that instructs */
	const char *model;      /* Gemini's counting: the upstream's name */
	struct prompt_edit edits[PROMPT_MAX_EDITS];
	size_t count;           /* of edits */
};

/* Fills `edits`, in any order; the caller has filled the rest. None when the
 * body is not what the format wants: the upstream says so. */
void prompt_splice(struct prompt_splice *s, struct slice body);

/* Puts the texts around req->system. They must live as long as `req`. */
void prompt_into_hub(struct hub_request *req, const struct prompt_texts *texts);

/* Claude Code's first system text, which tells Anthropic what to bill. */
bool prompt_is_attribution(struct slice text);

#endif
