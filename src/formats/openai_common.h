/*
 * What the two OpenAI formats, Chat and Responses, share on their way out and
 * in: everything whose meaning is the same and only the member's place differs.
 */
#ifndef FORMATS_OPENAI_COMMON_H
#define FORMATS_OPENAI_COMMON_H

#include "formats/format.h"

/* C46: neither format has an error flag; the text says it, once. */
struct slice openai_error_mark(void);
struct slice openai_result_text(struct arena *a, const struct hub_block *result);
/* Takes the mark off the first text block of a decoded result, sets is_error. */
void openai_result_unmark(struct hub_block *result);

/* C129: the members of a url_citation. */
struct hub_citation *openai_citation_read(struct arena *a, const struct json *v);

/* C54: the value and the member's name; at OpenAI itself an id that is long
 * or JSON is hashed.
 * Absent: leave it out. */
struct slice openai_user_id(struct conversion *c, const char **member);

/* C56: the client's key, or at OpenAI itself one that stays the same for a
 * user's session, where the client tells one in its own way: requests that
 * share a prefix then meet the same cache. Absent: leave it out. */
struct slice openai_cache_key(struct conversion *c);

/* C110: the level to send, or NULL to leave it out; warns where the wish
 * cannot be met. */
const char *openai_effort(struct conversion *c);
/* C26, C32: a level of the client into thinking. */
void openai_effort_read(struct slice level, struct hub_thinking *out);

/* C91, C92: what `strict` becomes for a schema; UNSET: leave it out. */
enum hub_tri openai_strict(struct conversion *c, enum hub_tri wanted, struct slice schema,
			   const char *path);

/* C97: a schema's name in the format's grammar; "response" when none came. */
struct slice openai_schema_name(struct conversion *c, struct slice name);
/* C25, C32: {type, name, description, schema, strict} of either format. */
void openai_output_read(struct arena *a, const struct json *format, bool strict_by_default,
			struct hub_output *out);
/* C93: the schema that is sent. */
struct slice openai_output_schema(struct conversion *c);

/* C98: the sentence to add to what the vendor searches for the word JSON (the
 * messages, and in Chat the system text with them), or SLICE_NULL when it is
 * there already or nobody asks for it. */
struct slice openai_json_sentence(struct conversion *c);

#endif
