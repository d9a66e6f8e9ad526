/*
 * From a request to its handler and back: matches the table of routes, reads
 * the configuration in force, turns failures into JSON.
 */
#include "control/control.h"

#include <stdlib.h>

#include "base/json_write.h"
#include "base/mem.h"
#include "base/uri.h"
#include "config/load.h"
#include "control/call.h"
#include "control/fields.h"
#include "control/routes.h"
#include "credentials/store.h"
#include "oauth/oauth.h"

/* What a request matched. */
struct match {
	const struct control_route *route;
	struct slice param;             /* raw; SLICE_NULL: the route has none */
	bool is_path_known;             /* some route has this path */
	struct slice path;
	const char *query;
};

struct control *control_create(const char *home, const char *config_path,
			       const struct control_runtime *runtime)
{
	struct control *c = xcalloc(1, sizeof *c);

	c->home = xstrdup(home);
	c->config_path = xstrdup(config_path);
	c->runtime = runtime;
	return c;
}

void control_destroy(struct control *c)
{
	if (!c) {
		return;
	}
	oauth_destroy(c->oauth);
	store_close(c->store);
	free(c->home);
	free(c->config_path);
	free(c);
}

/* Segment by segment; "*" takes one that is not empty. */
static bool path_matches(const char *pattern, struct slice path, struct slice *param)
{
	struct slice want = slice_of(pattern);
	struct slice want_part;
	struct slice part;

	*param = SLICE_NULL;
	while (slice_next(&want, '/', &want_part)) {
		if (!slice_next(&path, '/', &part)) {
			return false;
		}
		if (slice_eq(want_part, "*")) {
			*param = part;
		} else if (want_part.len != part.len ||
			   memcmp(want_part.ptr, part.ptr, part.len) != 0) {
			return false;
		}
		if (slice_eq(want_part, "*") && !part.len) {
			return false;
		}
	}
	return !path.len;
}

static void find_route(const struct control_request *req, struct match *m)
{
	const char *mark = strchr(req->target, '?');

	*m = (struct match){
		.path = { req->target, strcspn(req->target, "?") },
		.query = mark ? mark + 1 : "",
	};
	for (size_t i = 0; i < control_route_count && !m->route; i++) {
		const struct control_route *route = &control_routes[i];
		struct slice param;

		if (!path_matches(route->path, m->path, &param)) {
			continue;
		}
		m->is_path_known = true;
		if (str_eq(route->method, req->method)) {
			m->route = route;
			m->param = param;
		}
	}
}

static bool begin_trial(struct call *call, const struct control_route *route, struct err *err)
{
	int64_t is_trial;

	if (!call_query_int(call, "dry_run", 0, &is_trial, err)) {
		return false;
	}
	call->is_trial = is_trial != 0;
	return !call->is_trial || (route->flags & ROUTE_TRIAL) ||
	       err_setf(err, ERR_USAGE, "this call cannot be tried out");
}

/* What the file would be, instead of the call's own answer. */
static void write_trial(const struct call *call, struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	json_kstr(&w, "before", buf_text(&call->trial_before));
	json_kstr(&w, "after", buf_text(&call->trial_after));
	json_end(&w);
}

static bool begin_call(struct call *call, const struct match *m, struct err *err)
{
	if (!m->is_path_known) {
		return err_setf(err, ERR_NOT_FOUND, "the control API has no %.*s",
				(int)(m->path.len < 200 ? m->path.len : 200), m->path.ptr);
	}
	if (!m->route) {
		return err_setf(err, ERR_USAGE, "%.*s does not take this method",
				(int)(m->path.len < 200 ? m->path.len : 200), m->path.ptr);
	}
	if ((m->route->flags & ROUTE_RUNNING) && !call_is_running(call)) {
		err_setf(err, ERR_NOT_RUNNING, "no gateway is running for %s",
			 call->control->home);
		return err_hintf(err, "start one with: llm-gateway server start");
	}
	call->query = m->query;
	if (!begin_trial(call, m->route, err)) {
		return false;
	}
	call->param = m->param.ptr ? uri_decode(m->param, &call->arena) : NULL;
	if (m->param.ptr && !call->param) {
		return err_setf(err, ERR_USAGE, "the path holds a control character");
	}
	if (!fields_check(call->body, err)) {
		return false;
	}
	if (!call_load_config(call, &call->config_err) &&
	    !((m->route->flags & ROUTE_KEYLESS) && call_load_keyless(call)) &&
	    !(m->route->flags & ROUTE_BROKEN_CONFIG)) {
		*err = call->config_err;
		return false;
	}
	return true;
}

int control_write_error(const struct err *err, struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	json_key(&w, "error");
	json_object(&w);
	json_kstr(&w, "code", err_code_name(err->kind));
	json_kstr(&w, "message", err->msg);
	json_kstr(&w, "hint", err->hint);
	json_end(&w);
	json_end(&w);
	return err_http_status(err->kind);
}

static void init_call(struct call *call, struct control *c, const struct control_request *req)
{
	*call = (struct call){ .control = c,
			       .body = slice_trim(req->body),
			       .trial_before = BUF_INIT(2 * MAX_CONFIG_BYTES),
			       .trial_after = BUF_INIT(2 * MAX_CONFIG_BYTES) };
	arena_init(&call->arena, KIB);
}

static void end_call(struct call *call)
{
	config_unref(call->config);
	config_unref(call->before);
	call_forget_report(call);
	buf_release(&call->trial_before);
	buf_release(&call->trial_after);
	arena_release(&call->arena);
}

static bool handle(struct call *call, const struct control_route *route,
		   struct json_writer *w, struct err *err)
{
	if (!route->handle) {
		return err_setf(err, ERR_USAGE, "this path only streams");
	}
	return route->handle(call, w, err);
}

int control_dispatch(struct control *c, const struct control_request *req, struct buf *out)
{
	struct call call;
	struct err err = ERR_INIT;
	struct match m;
	struct json_writer w;
	size_t start = out->len;
	int status = 200;
	bool ok;

	init_call(&call, c, req);
	find_route(req, &m);
	json_open(&w, out);
	ok = begin_call(&call, &m, &err) && handle(&call, m.route, &w, &err);
	if (ok && call.is_trial) {
		mem_wipe(out->ptr ? out->ptr + start : NULL, out->len - start);
		out->len = start;
		write_trial(&call, out);
	}
	if (ok && out->failed) {
		ok = err_setf(&err, ERR_TOO_LARGE, "the answer is too large; ask for less");
	}
	if (!ok) {
		mem_wipe(out->ptr ? out->ptr + start : NULL, out->len - start);
		out->len = start;
		out->failed = false;
		status = control_write_error(&err, out);
	}
	end_call(&call);
	return status;
}

bool control_is_stream(const struct control_request *req)
{
	struct match m;
	struct slice value;

	find_route(req, &m);
	if (!m.route || !m.route->follow) {
		return false;
	}
	return !m.route->handle || (uri_parameter(m.query, "follow", &value) &&
				    !slice_eq(value, "0"));
}

int control_follow(struct control *c, const struct control_request *req,
		   const struct control_sink *sink, struct buf *out)
{
	struct call call;
	struct err err = ERR_INIT;
	struct match m;
	int status = 200;

	init_call(&call, c, req);
	find_route(req, &m);
	if (!begin_call(&call, &m, &err) || !m.route || !m.route->follow(&call, sink, &err)) {
		status = control_write_error(&err, out);
	}
	end_call(&call);
	return status;
}
