/*
 * The ledger of cooldowns: list, set by hand, clear.
 */
#include "control/handlers.h"

#include "base/json_scan.h"
#include "base/limits.h"
#include "control/call.h"
#include "control/fields.h"
#include "routing/router.h"

/* By hand no longer than what an upstream may say (product: §7). */
#define MOST_SECONDS (7 * 24 * 3600 + 3600)

static struct router *router_of(const struct call *call)
{
	return call->control->runtime->router;
}

bool handle_cooldowns_list(struct call *call, struct json_writer *w, struct err *err)
{
	(void)err;
	router_write_cooldowns(router_of(call), NULL, w, clock_moment());
	return true;
}

static bool read_seconds(const struct call *call, int64_t *seconds, struct err *err)
{
	struct json_member m;
	uint64_t value;

	if (!json_find(call->body, "seconds", &m) || !json_to_u64(m.value, &value) || !value) {
		return err_setf(err, ERR_INVALID, "\"seconds\" is not a whole number above 0");
	}
	if (value > MOST_SECONDS) {
		return err_setf(err, ERR_INVALID, "a cooldown lasts 7 days and an hour at most");
	}
	*seconds = (int64_t)value;
	return true;
}

static void write_set(const struct upstream_account *a, const char *model, int64_t seconds,
		      struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "upstream", a->name);
	json_kstr(w, "model", model);
	json_ktime(w, "until", clock_wall_ms() + seconds * 1000);
	json_kint(w, "remaining_seconds", seconds);
	json_end(w);
}

bool handle_cooldowns_set(struct call *call, struct json_writer *w, struct err *err)
{
	static const char *const fields[] = { "upstream", "model", "seconds", NULL };
	struct buf who = BUF_INIT(KIB);
	struct buf model = BUF_INIT(KIB);
	const struct upstream_account *a = NULL;
	struct err why = ERR_INIT;
	int64_t seconds = 0;
	bool ok = fields_only(call->body, "a cooldown", fields, err) &&
		  field_need(call->body, "upstream", &who, err) &&
		  read_seconds(call, &seconds, err) &&
		  (a = call_upstream(call, buf_text(&who), err));

	if (ok && !field_text(call->body, "model", &model, &why) && why.kind != ERR_NONE) {
		*err = why;
		ok = false;
	}
	if (ok) {
		router_set(router_of(call), a->id, buf_text(&model), seconds * 1000,
			   clock_moment());
		write_set(a, buf_text(&model), seconds, w);
	}
	buf_release(&who);
	buf_release(&model);
	return ok;
}

static void write_cleared(size_t count, struct json_writer *w)
{
	json_object(w);
	json_kint(w, "cleared", (int64_t)count);
	json_end(w);
}

bool handle_cooldowns_clear(struct call *call, struct json_writer *w, struct err *err)
{
	const char *who = call_query(call, "upstream");
	const char *model = call_query(call, "model");
	const struct upstream_account *a = NULL;

	if (who && !(a = call_upstream(call, who, err))) {
		return false;
	}
	if (model && !a) {
		return err_setf(err, ERR_USAGE, "model= needs upstream=");
	}
	write_cleared(router_clear(router_of(call), a ? a->id : NULL, model, clock_moment()), w);
	return true;
}

bool handle_cooldown_clear(struct call *call, struct json_writer *w, struct err *err)
{
	if (!router_clear_id(router_of(call), call->param, clock_moment())) {
		return err_setf(err, ERR_NOT_FOUND, "no cooldown \"%s\"", call->param);
	}
	write_cleared(1, w);
	return true;
}
