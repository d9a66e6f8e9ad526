/* max_tokens, thinking and effort towards Anthropic. */
#include "formats/anthropic.h"

#include "formats/effort.h"

/* C103 for names that the table does not know. */
#define UNKNOWN_MODEL_MAX_TOKENS 8192
#define MIN_BUDGET 1024
#define ADAPTIVE_BUDGET 8192

static int64_t plan_max_tokens(struct conversion *c)
{
	int64_t ceiling = c->traits.max_output;
	int64_t wanted = c->req->max_tokens;

	if (wanted == HUB_UNSET_INT) {
		wanted = ceiling ? c->options.default_max_tokens : UNKNOWN_MODEL_MAX_TOKENS;
		return ceiling && wanted > ceiling ? ceiling : wanted;
	}
	if (wanted < 1 && c->req->format != FORMAT_ANTHROPIC) {
		warn(c->warnings, WARN_CLAMPED, "max_tokens");
		wanted = 1;
	}
	if (ceiling && wanted > ceiling) {
		warn(c->warnings, WARN_CLAMPED, "max_tokens");
		wanted = ceiling;
	}
	return wanted;
}

/* C108 */
static void plan_adaptive(struct conversion *c, struct anthropic_thinking *out)
{
	enum hub_effort wanted = effort_wanted(&c->req->thinking);
	bool is_off = c->req->thinking.mode == THINK_OFF || wanted == EFFORT_NONE;

	if (!is_off) {
		out->kind = c->req->thinking.mode == THINK_UNSET ? ANTHROPIC_OMIT
								 : ANTHROPIC_ADAPTIVE;
		out->effort = c->traits.has_effort ? effort_fit(wanted, &c->traits)
						   : EFFORT_UNSET;
		return;
	}
	if (c->traits.can_disable) {
		out->kind = ANTHROPIC_OFF;
	} else if (c->traits.between_tools) {
		out->kind = ANTHROPIC_BETWEEN;
	} else {
		out->effort = EFFORT_LOW;
		warn(c->warnings, WARN_EMULATED, "thinking");
	}
}

static int64_t wanted_budget(const struct hub_thinking *t)
{
	switch (t->mode) {
	case THINK_BUDGET:
		return t->budget;
	case THINK_EFFORT:
		return effort_to_budget(t->effort);
	case THINK_ADAPTIVE:
		return ADAPTIVE_BUDGET;
	case THINK_OFF:
	case THINK_UNSET:
		break;
	}
	return 0;
}

/* C104: the budget lies below max_tokens, whichever has to give way. */
static void fit_budget(struct conversion *c, struct anthropic_thinking *out)
{
	int64_t ceiling = c->traits.max_output;
	int64_t answer = out->max_tokens > MIN_BUDGET ? out->max_tokens : MIN_BUDGET;

	if (out->budget < MIN_BUDGET) {
		out->budget = MIN_BUDGET;
	}
	if (out->budget < out->max_tokens) {
		return;
	}
	out->max_tokens = out->budget + answer;
	if (ceiling && out->max_tokens > ceiling) {
		out->max_tokens = ceiling;
	}
	warn(c->warnings, WARN_CLAMPED, "max_tokens");
	if (out->budget >= out->max_tokens) {
		out->budget = out->max_tokens - MIN_BUDGET;
	}
}

/* C60: in a running tool loop a budget model must see its own thinking again. */
static bool loop_lacks_thinking(const struct hub_request *req)
{
	const struct hub_message *last = req->last_message;
	const struct hub_message *caller = NULL;

	if (!last || !hub_blocks_have(&last->blocks, BLOCK_TOOL_RESULT)) {
		return false;
	}
	messages_each(m, req) {
		caller = m->role == ROLE_ASSISTANT ? m : caller;
	}
	if (!caller) {
		return false;
	}
	blocks_each(block, &caller->blocks) {
		if (block->kind == BLOCK_REDACTED ||
		    (block->kind == BLOCK_THINKING && block->sig.origin == ORIGIN_ANTHROPIC)) {
			return false;
		}
	}
	return true;
}

/* C52: a forced tool and thinking that the client did not ask for. */
static bool yields_to_forced_tool(const struct conversion *c)
{
	enum hub_choice_mode mode = c->req->tool_choice.mode;

	return c->traits.no_forced_with_thinking && c->req->thinking.mode != THINK_BUDGET &&
	       (mode == CHOICE_ANY || mode == CHOICE_NAMED);
}

/* C109 */
static void plan_budget(struct conversion *c, struct anthropic_thinking *out)
{
	out->budget = wanted_budget(&c->req->thinking);
	if (c->traits.has_effort) {
		out->effort = effort_fit(c->req->thinking.effort, &c->traits);
		out->effort = out->effort == EFFORT_NONE ? EFFORT_UNSET : out->effort;
	}
	if (out->budget <= 0) {
		return;
	}
	if (loop_lacks_thinking(c->req) || yields_to_forced_tool(c)) {
		warn(c->warnings, WARN_EMULATED, "thinking");
		return;
	}
	fit_budget(c, out);
	if (out->budget >= MIN_BUDGET) {
		out->kind = ANTHROPIC_BUDGET;
	}
}

void anthropic_thinking_plan(struct conversion *c, struct anthropic_thinking *out)
{
	enum hub_thinking_mode mode = c->req->thinking.mode;

	*out = (struct anthropic_thinking){
		.kind = ANTHROPIC_OMIT,
		.max_tokens = plan_max_tokens(c),
	};
	switch (c->traits.thinking) {
	case STYLE_LEVEL:
		plan_adaptive(c, out);
		break;
	case STYLE_BUDGET:
		plan_budget(c, out);
		break;
	case STYLE_NONE:
		if (mode != THINK_UNSET && mode != THINK_OFF) {
			warn(c->warnings, WARN_DROPPED, "thinking");
		}
		break;
	}
}

void anthropic_thinking_write(const struct anthropic_thinking *t, enum hub_show show,
			      struct json_writer *w)
{
	static const char *const types[] = {
		[ANTHROPIC_OMIT] = NULL,
		[ANTHROPIC_OFF] = "disabled",
		[ANTHROPIC_BETWEEN] = "between_tools",
		[ANTHROPIC_BUDGET] = "enabled",
		[ANTHROPIC_ADAPTIVE] = "adaptive",
	};
	bool is_on = t->kind == ANTHROPIC_BUDGET || t->kind == ANTHROPIC_ADAPTIVE;

	if (!types[t->kind]) {
		return;
	}
	json_key(w, "thinking");
	json_object(w);
	json_kstr(w, "type", types[t->kind]);
	if (t->kind == ANTHROPIC_BUDGET) {
		json_kint(w, "budget_tokens", t->budget);
	}
	if (is_on && show != SHOW_UNSET) {      /* C112 */
		json_kstr(w, "display", show == SHOW_SUMMARY ? "summarized" : "omitted");
	}
	json_end(w);
}
