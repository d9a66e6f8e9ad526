/* Changing the gateway: each a call of the control API with its CLI twin. */
#include "tui/acts.h"

#include <math.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/limits.h"
#include "tui/form.h"
#include "tui/screens.h"
#include "tui/wizard.h"

/* A call about the target: METHOD /v1/NOUN/ID[/action]. */
static void send(struct app *app, enum job_kind kind, const char *method, const char *noun,
		 const char *action, const char *twin)
{
	char *path = app_path(noun, app->target, action);

	app_send(app, job_create((int)kind, method, path), app->target_name, "%s %s", twin,
		 app->target_name);
	free(path);
}

static const struct upstream_view *target_upstream(const struct app *app)
{
	for (size_t i = 0; i < app->snapshot->upstream_count; i++) {
		if (str_eq(app->snapshot->upstreams[i].id, app->target)) {
			return &app->snapshot->upstreams[i];
		}
	}
	return NULL;
}

static const struct key_view *target_key(const struct app *app)
{
	for (size_t i = 0; i < app->snapshot->key_count; i++) {
		if (str_eq(app->snapshot->keys[i].id, app->target)) {
			return &app->snapshot->keys[i];
		}
	}
	return NULL;
}

/* --- upstreams --- */

void act_upstream_add(struct app *app)
{
	form_open_upstream(app, NULL);
}

void act_upstream_edit(struct app *app)
{
	form_open_upstream(app, target_upstream(app));
}

void act_upstream_toggle(struct app *app)
{
	const struct upstream_view *u = target_upstream(app);

	if (u && str_eq(u->status, "disabled")) {
		send(app, JOB_SAY, "POST", "upstreams", "enable", "upstream enable");
	} else {
		send(app, JOB_SAY, "POST", "upstreams", "disable", "upstream disable");
	}
}

static void clear_cooldown(struct app *app, const struct cooldown_view *c)
{
	char *path = app_path("cooldowns", c->id, "");

	app_send(app, job_create(JOB_SAY, "DELETE", path), app->target_name,
		 "cooldown clear %s%s%s", app->target_name, *c->model ? " --model=" : "",
		 c->model);
	free(path);
}

void act_upstream_clear(struct app *app)
{
	const struct upstream_view *u = target_upstream(app);

	if (!u || !u->cooldown_count) {
		app_say(app, "%s has no cooldown", app->target_name);
		return;
	}
	for (size_t i = 0; i < u->cooldown_count; i++) {
		clear_cooldown(app, &u->cooldowns[i]);
	}
}

void act_upstream_login(struct app *app)
{
	const struct upstream_view *u = target_upstream(app);

	if (u && !str_eq(u->type, "oauth")) {
		app_complain(app, "%s signs in with a key, not with OAuth (e edits it)", u->name);
	} else {
		wizard_open(app);
	}
}

void act_upstream_test(struct app *app)
{
	app_say(app, "testing %s ...", app->target_name);
	send(app, JOB_TEST, "POST", "upstreams", "test", "upstream test");
}

static void set_priority(struct app *app, int step)
{
	const struct upstream_view *u = target_upstream(app);
	double priority = u && !isnan(u->priority) ? u->priority + step : 1;
	char *path = app_path("upstreams", app->target, "");
	struct job *job = job_create(JOB_SAY, "PATCH", path);

	priority = priority < 1 ? 1 : priority;
	buf_addf(&job->body, "{\"priority\":%.0f}", priority);
	app_send(app, job, app->target_name, "upstream edit %s --priority=%.0f", app->target_name,
		 priority);
	free(path);
}

void act_upstream_later(struct app *app)
{
	set_priority(app, 1);
}

void act_upstream_earlier(struct app *app)
{
	set_priority(app, -1);
}

void act_upstream_remove(struct app *app)
{
	send(app, JOB_SAY, "DELETE", "upstreams", "", "upstream remove");
}

/* --- requests --- */

static const struct request_view *target_request(const struct app *app)
{
	for (size_t i = 0; i < app->snapshot->request_count; i++) {
		if (str_eq(app->snapshot->requests[i].id, app->target)) {
			return &app->snapshot->requests[i];
		}
	}
	return NULL;
}

const char *refuse_request_cancel(const struct app *app)
{
	const struct request_view *r = target_request(app);

	return r && !r->is_running ? "it has ended already" : NULL;
}

void act_request_cancel(struct app *app)
{
	send(app, JOB_SAY, "POST", "requests", "cancel", "request cancel");
}

static void step_request(struct app *app, long step)
{
	struct list *list = &app->lists[SCREEN_REQUESTS];

	list->follows = false;
	list_move(list, screen_requests.source, app, step);
	app->detail_top = 0;
}

void act_request_next(struct app *app)
{
	step_request(app, 1);
}

void act_request_previous(struct app *app)
{
	step_request(app, -1);
}

/* --- keys --- */

void act_key_add(struct app *app)
{
	form_open_key(app, NULL);
}

void act_key_edit(struct app *app)
{
	form_open_key(app, target_key(app));
}

void act_key_toggle(struct app *app)
{
	const struct key_view *k = target_key(app);

	if (k && str_eq(k->state, "disabled")) {
		send(app, JOB_SAY, "POST", "keys", "enable", "apikey enable");
	} else {
		send(app, JOB_SAY, "POST", "keys", "disable", "apikey disable");
	}
}

void act_key_rotate(struct app *app)
{
	send(app, JOB_KEY_TEXT, "POST", "keys", "rotate", "apikey rotate");
}

void act_key_remove(struct app *app)
{
	send(app, JOB_SAY, "DELETE", "keys", "", "apikey remove");
}

/* --- models --- */

static const struct model_view *target_model(const struct app *app)
{
	for (size_t i = 0; i < app->snapshot->model_count; i++) {
		if (str_eq(app->snapshot->models[i].name, app->target)) {
			return &app->snapshot->models[i];
		}
	}
	return NULL;
}

void act_model_add(struct app *app)
{
	form_open_model(app, NULL);
}

void act_model_edit(struct app *app)
{
	form_open_model(app, target_model(app));
}

void act_model_try(struct app *app)
{
	struct buf path = BUF_INIT(4 * KIB);
	char *name = app_path("", app->target, "");

	/* "/v1//NAME": the encoded name is what stands behind it. */
	buf_addf(&path, "/v1/resolve?name=%s", name + strlen("/v1//"));
	str_copy(app->resolve_name, sizeof app->resolve_name, app->target);
	app_send(app, job_create(JOB_RESOLVE, "GET", buf_text(&path)), app->target,
		 "model resolve %s", app->target);
	buf_release(&path);
	free(name);
}

void act_model_remove(struct app *app)
{
	send(app, JOB_SAY, "DELETE", "models", "", "model remove");
}

/* --- logs --- */

void act_log_level(struct app *app)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	app->log_level = (app->log_level + 1) % 4;
	app_say(app, "level >= %s = llm-gateway logs --level=%s", names[app->log_level],
		names[app->log_level]);
}

void act_log_wrap(struct app *app)
{
	app->wraps = !app->wraps;
	app_say(app, app->wraps ? "long lines go on below" : "one line each");
}

void act_log_line(struct app *app)
{
	const struct log_entry *e = list_selected(&app->lists[SCREEN_LOGS], screen_logs.source,
						  app);

	if (e) {
		app_show_text(app, "Log line", slice_of(e->text));
	}
}

/* --- config --- */

void act_config_edit(struct app *app)
{
	app->wishes.edit_config = true;
}

void act_config_check(struct app *app)
{
	app_send(app, job_create(JOB_CONFIG, "GET", "/v1/config"), "configuration",
		 "config check");
}

void act_config_text(struct app *app)
{
	app_send(app, job_create(JOB_CONFIG_TEXT, "GET", "/v1/config?text=1"), "configuration",
		 "config show");
}

void act_config_reload(struct app *app)
{
	app_send(app, job_create(JOB_SAY, "POST", "/v1/reload"), "configuration",
		 "server reload");
}

/* The file's own undo: doing it twice brings the change again. */
void act_undo(struct app *app)
{
	app_send(app, job_create(JOB_SAY, "POST", "/v1/config/undo"),
		 "the last change is taken back", "config undo");
}
