/* The messages of a hub request -> Gemini's contents (C41-C47, C61). */
#include "formats/gemini.h"

#include "base/map.h"

/* One block on its way out, with the signature that travels on it. */
struct part {
	struct part *next;
	const struct hub_block *block;
	struct slice sig;
};

struct parts {
	struct part *first;
	struct part *last;
};

struct encoder {
	struct conversion *c;
	struct json_writer *w;
	struct map names;                 /* call id -> const struct hub_block *: the call */
	const struct hub_message *turn;   /* first message of the current turn (C61) */
	bool in_turn;
	size_t count;                     /* contents written */
	bool is_model;                    /* whose content is being made */
	bool signs;                       /* its calls must be signed */
	struct parts parts;               /* of it, so far */
	struct parts run;                 /* of the messages being collected */
};

/* ---- collecting ---- */

static void append(struct parts *list, const struct parts *more)
{
	if (list->first) {
		list->last->next = more->first;
	} else {
		list->first = more->first;
	}
	list->last = more->last;
}

static void add_part(struct encoder *e, const struct hub_block *block)
{
	struct part *part = arena_zalloc(e->c->arena, sizeof *part);
	const struct parts one = { part, part };

	part->block = block;
	append(&e->run, &one);
}

/* Digests and documents of blocks are texts to Gemini; whatever leaves nothing
 * behind is not collected, so that no content is empty (C42). False: refused. */
static bool collect(struct encoder *e, const struct hub_block *block, enum hub_role role)
{
	switch (block->kind) {
	case BLOCK_TEXT:
	case BLOCK_REFUSAL:
		if (!slice_is_blank(block->text.text)) {
			add_part(e, block);
		}
		return true;
	case BLOCK_THINKING:
		/* C61: only the signature goes back. */
		if (block->sig.origin == ORIGIN_GEMINI && block->sig.data.len) {
			add_part(e, block);
		}
		return true;
	case BLOCK_REDACTED:
	case BLOCK_SERVER_USE:
	case BLOCK_SERVER_RESULT:
	case BLOCK_OPAQUE:
		break;
	default:
		add_part(e, block);
		return true;
	}
	switch (foreign_fate(e->c, block, role, ORIGIN_GEMINI)) {
	case FOREIGN_KEEP:
		add_part(e, block);
		break;
	case FOREIGN_TEXT:
		add_part(e, hub_text_new(e->c->arena, block->foreign.digest));
		break;
	case FOREIGN_REFUSE:
		return false;
	case FOREIGN_DROP:
		break;
	}
	return true;
}

/* C41: in place, marked as what it is. */
static void collect_system(struct encoder *e, const struct hub_message *m)
{
	struct arena *a = e->c->arena;
	struct slice text = hub_join_text(a, &m->blocks, "\n\n");

	if (slice_is_blank(text)) {
		return;
	}
	warn(e->c->warnings, WARN_REWRITTEN, "messages.system");
	text = slice_cat(a, slice_of("<system>\n"), text);
	add_part(e, hub_text_new(a, slice_cat(a, text, slice_of("\n</system>"))));
}

static bool collect_message(struct encoder *e, const struct hub_message *m, bool want_results)
{
	if (m->role == ROLE_SYSTEM) {
		if (!want_results) {
			collect_system(e, m);
		}
		return true;
	}
	blocks_each(block, &m->blocks) {
		bool is_result = block->kind == BLOCK_TOOL_RESULT;

		if ((m->role == ROLE_ASSISTANT || is_result == want_results) &&
		    !collect(e, block, m->role)) {
			return false;
		}
	}
	return true;
}

/* ---- signatures (C61) ---- */

static bool is_own_signed(const struct hub_block *block)
{
	return block->sig.origin == ORIGIN_GEMINI && block->sig.data.len > 0;
}

/* The part that carries the signature of a thinking block: the next call, if
 * it has none of its own; the text right behind it; the text before it. */
static struct part *find_carrier(struct part *thinking, struct part *text_before)
{
	struct part *next = thinking->next;

	for (struct part *p = next; p && p->block->kind != BLOCK_THINKING; p = p->next) {
		if (p->block->kind == BLOCK_TOOL_USE) {
			if (!is_own_signed(p->block)) {
				return p;
			}
			break;
		}
	}
	if (next && next->block->kind == BLOCK_TEXT && !is_own_signed(next->block)) {
		return next;
	}
	return text_before && !text_before->sig.len ? text_before : NULL;
}

static void place_signatures(struct encoder *e)
{
	struct part *text_before = NULL;
	struct part **link = &e->parts.first;

	while (*link) {
		struct part *p = *link;
		struct part *carrier = NULL;

		if (is_own_signed(p->block)) {
			p->sig = p->block->sig.data;
		}
		if (p->block->kind == BLOCK_THINKING) {
			carrier = find_carrier(p, text_before);
		}
		if (carrier) {
			carrier->sig = p->sig;
			*link = p->next;
			continue;
		}
		text_before = p->block->kind == BLOCK_TEXT ? p : text_before;
		link = &p->next;
	}
}

/* Gemini 3 refuses a call of the current turn that nobody signed. */
static void sign_first_call(struct encoder *e)
{
	for (struct part *p = e->parts.first; p; p = p->next) {
		if (p->block->kind == BLOCK_TOOL_USE) {
			if (!p->sig.len) {
				p->sig = slice_of(GEMINI_NO_SIGNATURE);
			}
			return;
		}
	}
}

/* ---- writing ---- */

static void open_content(struct encoder *e, bool is_model)
{
	json_object(e->w);
	json_kstr(e->w, "role", is_model ? "model" : "user");
	json_key(e->w, "parts");
	json_array(e->w);
	e->count++;
}

static void close_content(struct encoder *e)
{
	json_end(e->w);
	json_end(e->w);
}

static struct slice call_name(const struct encoder *e, const struct hub_block *result)
{
	const struct hub_block *call = map_get(&e->names, result->tool_result.id);

	return call ? call->tool_use.name : result->tool_result.name;
}

/* C45: level models take media inside the result. */
static bool write_result_media(struct encoder *e)
{
	for (struct part *p = e->parts.first; p && !e->c->traits.is_level_gemini; p = p->next) {
		if (p->block->kind == BLOCK_TOOL_RESULT &&
		    !gemini_result_media_write(e->c, e->w, p->block)) {
			return false;
		}
	}
	return true;
}

static bool write_parts(struct encoder *e)
{
	bool results_done = false;

	for (struct part *p = e->parts.first; p; p = p->next) {
		bool is_result = p->block->kind == BLOCK_TOOL_RESULT;

		if (!is_result && !results_done) {
			results_done = true;
			if (!write_result_media(e)) {
				return false;
			}
		}
		if (!gemini_part_write(e->c, e->w, p->block,
				       is_result ? call_name(e, p->block) : SLICE_NULL,
				       p->sig)) {
			return false;
		}
	}
	return results_done || write_result_media(e);
}

/* The content that was made; a conversation begins with the user (C42). */
static bool flush_content(struct encoder *e)
{
	bool ok;

	if (!e->parts.first) {
		return true;
	}
	if (e->is_model) {
		place_signatures(e);
	}
	if (e->signs) {
		sign_first_call(e);
	}
	if (e->is_model && !e->count) {
		warn(e->c->warnings, WARN_REWRITTEN, "messages");
		open_content(e, false);
		gemini_text_part_write(e->w, slice_of("(continued)"), false, SLICE_NULL);
		close_content(e);
	}
	open_content(e, e->is_model);
	ok = write_parts(e);
	close_content(e);
	return ok;
}

/* ---- the walk ---- */

static void learn_names(struct encoder *e)
{
	messages_each(m, e->c->req) {
		blocks_each(block, &m->blocks) {
			if (block->kind == BLOCK_TOOL_USE) {
				map_put(&e->names, block->tool_use.id, (void *)block);
			}
		}
	}
}

/* The current turn begins behind the user's last own words (C61). */
static void find_turn(struct encoder *e)
{
	e->turn = e->c->req->messages;
	messages_each(m, e->c->req) {
		blocks_each(block, &m->blocks) {
			if (m->role == ROLE_USER && block->kind != BLOCK_TOOL_RESULT) {
				e->turn = m;
			}
		}
	}
}

static bool collect_run(struct encoder *e, const struct hub_message *first,
			const struct hub_message *end)
{
	for (int pass = 0; pass < 2; pass++) {
		bool want_results = pass == 0;

		if (first->role == ROLE_ASSISTANT && want_results) {
			continue;
		}
		for (const struct hub_message *m = first; m != end; m = m->next) {
			if (!collect_message(e, m, want_results)) {
				return false;
			}
		}
	}
	return true;
}

/* Begins a content, unless the one before is of the same role: neighbours are
 * one, also when what stood between them left nothing behind (C42). */
static bool take_run(struct encoder *e, bool is_model)
{
	if (!e->run.first) {
		return true;
	}
	if (!e->parts.first || e->is_model != is_model) {
		if (!flush_content(e)) {
			return false;
		}
		e->parts = (struct parts){ NULL, NULL };
		e->is_model = is_model;
		e->signs = is_model && e->in_turn && e->c->traits.is_level_gemini;
	}
	append(&e->parts, &e->run);
	return true;
}

/* A run of messages of one role. *m ends behind it. */
static bool put_run(struct encoder *e, const struct hub_message **m)
{
	const struct hub_message *first = *m;
	bool is_model = first->role == ROLE_ASSISTANT;
	const struct hub_message *end = first;

	for (; end && (end->role == ROLE_ASSISTANT) == is_model; end = end->next) {
		e->in_turn |= end == e->turn;
	}
	*m = end;
	e->run = (struct parts){ NULL, NULL };
	return collect_run(e, first, end) && take_run(e, is_model);
}

static bool put_all(struct encoder *e)
{
	const struct hub_message *m = e->c->req->messages;

	while (m) {
		if (!put_run(e, &m)) {
			return false;
		}
	}
	return flush_content(e);
}

bool gemini_contents_write(struct conversion *c, struct json_writer *w)
{
	struct encoder e = { .c = c, .w = w };
	const struct hub_message *last = c->req->last_message;
	bool ok;

	/* C43: taken as history, not continued. */
	if (last && last->role == ROLE_ASSISTANT) {
		warn(c->warnings, WARN_EMULATED, "messages");
	}
	json_key(w, "contents");
	json_array(w);
	learn_names(&e);
	find_turn(&e);
	ok = put_all(&e);
	map_release(&e.names);
	json_end(w);
	if (ok && !e.count) {
		return encode_refuse(c, "messages", "messages: at least one message is required");
	}
	return ok;
}
