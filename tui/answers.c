#include "tui/answers.h"

#include "base/limits.h"
#include "tui/diff.h"
#include "tui/fields.h"
#include "tui/form.h"
#include "tui/show.h"
#include "tui/wizard.h"

/* "disabled openai-main = llm-gateway upstream disable openai-main" */
static void say_done(struct app *app, const struct job *job)
{
	struct arena arena;
	const char *warning;

	arena_init(&arena, KIB);
	warning = field_joined(buf_slice(&job->answer), "warnings", &arena);
	app_say(app, "done: %s%s%s = llm-gateway %s", job->object, *warning ? "; " : "", warning,
		job->twin);
	arena_release(&arena);
}

static void keep(struct buf *to, const struct job *job)
{
	struct slice json = slice_trim(buf_slice(&job->answer));

	buf_clear(to);
	buf_add(to, json.ptr, json.len);
}

static void keep_config(struct app *app, const struct job *job)
{
	keep(&app->config, job);
	arena_release(&app->config_arena);
	arena_init(&app->config_arena, 16 * KIB);
	app->config_row_count = config_rows(field_value(buf_slice(&app->config), "effective"),
					    &app->config_arena, app->config_rows);
	if (*job->object) {
		say_done(app, job);
	}
}

static void show_key(struct app *app, const struct job *job)
{
	struct buf text = BUF_INIT(4 * KIB);
	struct arena arena;
	const char *key;

	arena_init(&arena, KIB);
	key = field_str(buf_slice(&job->answer), "key", &arena);
	buf_addf(
		&text,
		"%s\n\nThis text shows once. Copy it now (y); the gateway keeps only its hash.\n",
		key);
	app_show_text(app, job->object, buf_slice(&text));
	app->text_copied = strlen(key);
	app_say(app, "new key %s = llm-gateway %s", job->object, job->twin);
	arena_wipe(&arena);
	buf_wipe(&text);
}

/* One line is a message, more are a text. */
static void show_output(struct app *app, const struct job *job)
{
	struct slice text = slice_trim(buf_slice(&job->answer));
	const char *end;

	while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == ' ')) {
		text.len--;
	}
	end = text.len ? memchr(text.ptr, '\n', text.len) : NULL;
	if (end) {
		app_show_text(app, job->object, text);
	} else if (job->ok) {
		app_say(app, "%.*s = llm-gateway %s", (int)text.len, text.len ? text.ptr : "done",
			job->object);
	}
	if (!job->ok) {
		app_complain(app, "%.*s", (int)(text.len && !end ? text.len : strlen(job->err.msg)),
			     text.len && !end ? text.ptr : job->err.msg);
	}
}

/* The difference between what runs and what the file says, or the file. */
static void show_config_text(struct app *app, const struct job *job)
{
	struct slice json = buf_slice(&job->answer);
	struct buf diff = BUF_INIT(4 * MAX_CONFIG_BYTES);
	struct arena arena;
	const char *text;

	arena_init(&arena, 64 * KIB);
	text = field_str(json, "text", &arena);
	if (field_value(json, "in_force").len &&
	    diff_texts(slice_of(field_str(json, "in_force", &arena)), slice_of(text), &diff)) {
		app_show_text(app, "config.yaml: - in force, + in the file", buf_slice(&diff));
	} else {
		app_show_text(app, "config.yaml: all of it is in force", slice_of(text));
	}
	buf_wipe(&diff);
	arena_wipe(&arena);
}

/* {ok, message, status, ms} of a test. */
static void say_test(struct app *app, const struct job *job)
{
	struct slice json = buf_slice(&job->answer);
	struct arena arena;
	const char *message;
	char time[SHOW_BYTES];

	arena_init(&arena, KIB);
	message = field_str(json, "message", &arena);
	show_ms(field_num(json, "ms"), time);
	if (field_is(json, "ok")) {
		app_say(app, "%s works, %s%s%s = llm-gateway %s", job->object, time,
			*message ? ": " : "", message, job->twin);
	} else {
		app_complain(app, "%s: %s", job->object, *message ? message : "the test failed");
	}
	arena_release(&arena);
}

static void take_ok(struct app *app, struct job *job)
{
	switch ((enum job_kind)job->kind) {
	case JOB_DETAIL:
		keep(&app->detail, job);
		break;
	case JOB_RESOLVE:
		keep(&app->resolve, job);
		app_say(app, "%s = llm-gateway %s", job->object, job->twin);
		break;
	case JOB_CONFIG:
		keep_config(app, job);
		break;
	case JOB_CONFIG_TEXT:
		show_config_text(app, job);
		break;
	case JOB_KEY_TEXT:
	case JOB_FORM_SAVE: /* a key's form leaves its text to be shown */
		show_key(app, job);
		break;
	case JOB_TEST:
		say_test(app, job);
		break;
	case JOB_SAY:
		say_done(app, job);
		break;
	default:
		break;
	}
}

void answer_take(struct app *app, struct job *job)
{
	if (form_take_job(app, job) || wizard_take_job(app, job)) {
		return;
	}
	if (job->kind == JOB_ORDER) {
		app->is_order_asked = false;
		keep(&app->order, job);
		return;
	}
	if (job->kind == JOB_DETAIL) {
		app->is_detail_asked = false;
		if (!str_eq(job->object, app->detail_id)) {
			return; /* the cursor has gone on */
		}
	}
	if (job->kind == JOB_COMMAND) {
		show_output(app, job);
	} else if (job->ok) {
		take_ok(app, job);
	} else if (job->kind == JOB_DETAIL) {
		buf_clear(&app->detail); /* what the list knows is shown */
	} else if (job->kind != JOB_QUIET) {
		if (job->kind == JOB_RESOLVE) {
			buf_clear(&app->resolve);
		}
		app_complain(app, "%s%s%s%s%s", job->object, *job->object ? ": " : "",
			     job->err.msg, *job->err.hint ? "; " : "", job->err.hint);
	}
}
