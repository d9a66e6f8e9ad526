/*
 * Which routes a request for a name would try, in order, and why the others
 * are passed over.
 */
#include "control/handlers.h"

#include "base/limits.h"
#include "control/call.h"
#include "providers/provider.h"
#include "routing/plan.h"

static void write_candidates(const struct plan *plan, struct json_writer *w)
{
	json_key(w, "candidates");
	json_array(w);
	for (size_t i = 0; i < plan->count; i++) {
		const struct candidate *c = &plan->candidates[i];

		json_object(w);
		json_kint(w, "position", (int64_t)i + 1);
		json_kstr(w, "upstream", c->account->name);
		json_kstr(w, "model", c->model);
		json_kstr(w, "alias", c->alias ? c->alias->name : NULL);
		json_kint(w, "level", c->level);
		json_kint(w, "priority", c->priority);
		json_kint(w, "weight", c->weight);
		json_end(w);
	}
	json_end(w);
}

static void write_skipped(const struct plan *plan, struct json_writer *w)
{
	json_key(w, "skipped");
	json_array(w);
	for (size_t i = 0; i < plan->skipped_count; i++) {
		const struct skipped *s = &plan->skipped[i];

		json_object(w);
		json_kstr(w, "upstream", s->account->name);
		json_kstr(w, "model", s->model);
		json_kstr(w, "reason", skip_text(s->reason));
		json_end(w);
	}
	json_end(w);
}

static bool explain(const struct plan *plan, struct err *err)
{
	struct buf why = BUF_INIT(4 * KIB);

	plan_explain(plan, &why);
	err_setf(err, ERR_NOT_FOUND, "%s", buf_text(&why));
	buf_release(&why);
	return false;
}

bool handle_resolve(struct call *call, struct json_writer *w, struct err *err)
{
	struct plan plan;
	const struct plan_input input = {
		.config = call->config,
		.name = call_query(call, "name"),
		.has_client_credential = true,
		.serves = provider_serves,
	};

	if (str_empty(input.name)) {
		return err_setf(err, ERR_USAGE, "the query has no name");
	}
	plan_make(&input, &call->arena, &plan);
	if (plan.status != PLAN_OK && plan.status != PLAN_NOTHING_LEFT) {
		return explain(&plan, err);
	}
	json_object(w);
	json_kstr(w, "name", input.name);
	write_candidates(&plan, w);
	write_skipped(&plan, w);
	json_end(w);
	return true;
}
