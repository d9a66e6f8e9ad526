/*
 * Does an upstream answer? The test is a real request, outside the data path;
 * what it shows is told to routing.
 */
#include "control/handlers.h"

#include "base/clock.h"
#include "base/limits.h"
#include "control/call.h"
#include "control/fields.h"
#include "credentials/key_ring.h"
#include "gateway/probe.h"
#include "routing/router.h"

/* A model may think before its first word. */
#define MODEL_TIMEOUT_MS 90000

/* The models list proves the credential; only a model's answer proves more. */
static void tell_routing(const struct call *call, const struct probe *p)
{
	const struct control_runtime *runtime = call->control->runtime;

	if (!runtime) {
		return;
	}
	if (p->model) {
		router_tested(runtime->router, p->account->id, p->model, &p->verdict,
			      p->began_mono_ms, clock_moment());
		return;
	}
	if (p->status / 100 == 2) {
		router_renewed(runtime->router, p->account->id, clock_moment());
	}
	if (p->is_ok) {
		router_probed(runtime->router, p->account->id, clock_moment());
	}
}

static void write_result(const struct probe *p, struct json_writer *w)
{
	json_object(w);
	json_kstr(w, "upstream", p->account->name);
	json_kstr(w, "model", p->model);
	json_kbool(w, "ok", p->is_ok);
	json_kstr(w, "message", p->message);
	json_kint(w, "status", p->status);
	json_kstr(w, "class", p->is_ok ? NULL : failure_name(p->verdict.class));
	json_kint(w, "ms", p->ms);
	json_end(w);
}

static bool has_key(const struct key_ring *keys, struct probe *p)
{
	const char *problem = NULL;

	p->key = key_ring_get(keys, p->account->id, &problem);
	if (!p->key) {
		str_copy(p->message, sizeof p->message, problem ? problem : "no key");
		p->verdict.class = FAILURE_AUTH;
	}
	return p->key;
}

static void test(struct call *call, struct probe *p, struct json_writer *w)
{
	struct key_ring *keys = call_keys(call);

	if (has_key(keys, p)) {
		probe_run(p, 1, call->config,
			  p->model ? MODEL_TIMEOUT_MS : call->config->health_check.timeout_ms,
			  NULL);
		tell_routing(call, p);
	}
	write_result(p, w);
	key_ring_unref(keys);
}

bool handle_upstream_test(struct call *call, struct json_writer *w, struct err *err)
{
	static const char *const fields[] = { "model", NULL };
	struct buf model = BUF_INIT(KIB);
	struct err why = ERR_INIT;
	struct probe p = { .account = call_upstream(call, call->param, err) };
	bool ok = p.account && fields_only(call->body, "a test", fields, err);

	if (ok && field_text(call->body, "model", &model, &why)) {
		p.model = buf_text(&model);
	} else if (ok && why.kind != ERR_NONE) {
		*err = why;
		ok = false;
	}
	if (ok) {
		test(call, &p, w);
	}
	buf_release(&model);
	return ok;
}
