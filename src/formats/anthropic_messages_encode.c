/* The messages of a hub request -> Anthropic's (C41-C47). */
#include "formats/anthropic.h"

#include "base/limits.h"

struct encoder {
	struct conversion *c;
	struct json_writer *w;
	unsigned *skip_marks;
	bool is_open;                     /* a message's content array is being written */
	enum hub_role role;               /* of the last message begun */
	size_t count;                     /* messages begun */
	const struct hub_block *trim;     /* last text of a prefill (C43) */
};

/* C41: only some models take system messages in the conversation. */
static enum hub_role wire_role(const struct conversion *c, const struct hub_message *m)
{
	if (m->role == ROLE_SYSTEM && !c->traits.mid_system) {
		return ROLE_USER;
	}
	return m->role;
}

static void close_message(struct encoder *e)
{
	if (e->is_open) {
		json_end(e->w);
		json_end(e->w);
		e->is_open = false;
	}
}

static void open_message(struct encoder *e, enum hub_role role)
{
	static const char *const names[] = {
		[ROLE_USER] = "user",
		[ROLE_ASSISTANT] = "assistant",
		[ROLE_SYSTEM] = "system",
	};

	close_message(e);
	json_object(e->w);
	json_kstr(e->w, "role", names[role]);
	json_key(e->w, "content");
	json_array(e->w);
	e->is_open = true;
	e->role = role;
	e->count++;
}

/* The message that the next block belongs to (C42). */
static void want_message(struct encoder *e, enum hub_role role)
{
	const struct hub_block continued = {
		.kind = BLOCK_TEXT,
		.text = { .text = slice_of("(continued)") },
	};
	bool failed = false;
	unsigned skip = 0;

	if (e->is_open && e->role == role && role != ROLE_SYSTEM) {
		return;
	}
	if (!e->count && role == ROLE_ASSISTANT) {
		warn(e->c->warnings, WARN_REWRITTEN, "messages");
		open_message(e, ROLE_USER);
		anthropic_block_write(e->c, e->w, &continued, ROLE_USER, &skip, &failed);
	}
	open_message(e, role);
}

/* The message is begun before its first block is known to be written: blocks
 * that leave nothing behind are asked for first. */
static bool leaves_something(struct encoder *e, const struct hub_block *block,
			     enum hub_role role)
{
	if (hub_is_foreign(block) && block->foreign.origin != ORIGIN_ANTHROPIC) {
		return foreign_fate(e->c, block, role, ORIGIN_ANTHROPIC) != FOREIGN_DROP;
	}
	return anthropic_block_has_content(block);
}

static struct slice trim_end(struct slice text)
{
	while (text.len && slice_is_blank((struct slice){ text.ptr + text.len - 1, 1 })) {
		text.len--;
	}
	return text;
}

static bool put_block(struct encoder *e, const struct hub_block *block, enum hub_role role)
{
	struct hub_block trimmed;
	bool failed = false;

	if (!leaves_something(e, block, role)) {
		return true;
	}
	if (block == e->trim) {
		trimmed = *block;
		trimmed.text.text = trim_end(block->text.text);
		block = &trimmed;
	}
	want_message(e, role);
	anthropic_block_write(e->c, e->w, block, role, e->skip_marks, &failed);
	return !failed;
}

/* C41: in place, marked as what it is. */
static bool put_system_text(struct encoder *e, const struct hub_message *m)
{
	struct slice text = hub_join_text(e->c->arena, &m->blocks, "\n\n");
	struct hub_block block = { .kind = BLOCK_TEXT };

	if (slice_is_blank(text)) {
		return true;
	}
	warn(e->c->warnings, WARN_REWRITTEN, "messages.system");
	text = slice_cat(e->c->arena, slice_of("<system>\n"), text);
	block.text.text = slice_cat(e->c->arena, text, slice_of("\n</system>"));
	return put_block(e, &block, ROLE_USER);
}

static bool put_message(struct encoder *e, const struct hub_message *m, enum hub_role role,
			bool want_results)
{
	if (m->role == ROLE_SYSTEM && role == ROLE_USER) {
		return want_results || put_system_text(e, m);
	}
	blocks_each(block, &m->blocks) {
		bool is_result = block->kind == BLOCK_TOOL_RESULT;

		if (role == ROLE_USER && is_result != want_results) {
			continue;
		}
		if (!put_block(e, block, role)) {
			return false;
		}
	}
	return true;
}

/* Neighbours of one role become one message; of the user's, all results come
 * first (C44). *m ends behind the run. */
static bool put_run(struct encoder *e, const struct hub_message **m)
{
	const struct hub_message *first = *m;
	enum hub_role role = wire_role(e->c, first);
	const struct hub_message *end = first;

	while (end && wire_role(e->c, end) == role) {
		end = end->next;
	}
	if (role == ROLE_USER) {
		for (const struct hub_message *at = first; at != end; at = at->next) {
			if (!put_message(e, at, role, true)) {
				return false;
			}
		}
	}
	for (const struct hub_message *at = first; at != end; at = at->next) {
		if (!put_message(e, at, role, false)) {
			return false;
		}
		if (role == ROLE_SYSTEM) {
			close_message(e);
		}
	}
	*m = end;
	return true;
}

/* C43 */
static bool check_prefill(struct encoder *e)
{
	const struct hub_message *last = e->c->req->last_message;

	if (!last || last->role != ROLE_ASSISTANT) {
		return true;
	}
	if (!e->c->traits.prefill) {
		return encode_refuse(e->c, "messages", "messages: the last message is the "
				     "assistant's, and this model does not continue one");
	}
	if (last->blocks.last && last->blocks.last->kind == BLOCK_TEXT) {
		e->trim = last->blocks.last;
	}
	return true;
}

bool anthropic_messages_write(struct conversion *c, struct json_writer *w,
			      unsigned *skip_marks)
{
	struct encoder e = { .c = c, .w = w, .skip_marks = skip_marks };
	const struct hub_message *m = c->req->messages;

	if (!check_prefill(&e)) {
		return false;
	}
	json_key(w, "messages");
	json_array(w);
	while (m) {
		if (!put_run(&e, &m)) {
			return false;
		}
	}
	close_message(&e);
	json_end(w);
	if (!e.count) {
		return encode_refuse(c, "messages", "messages: at least one message is required");
	}
	return true;
}

bool anthropic_blocks_write(struct conversion *c, struct json_writer *w,
			    const struct hub_blocks *blocks, enum hub_role role,
			    unsigned *skip_marks)
{
	bool failed = false;

	json_array(w);
	blocks_each(block, blocks) {
		anthropic_block_write(c, w, block, role, skip_marks, &failed);
		if (failed) {
			return false;
		}
	}
	json_end(w);
	return true;
}
