#include "tui/wizard.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "tui/fields.h"
#include "tui/keys.h"
#include "tui/screens.h"
#include "tui/show.h"

#define MAX_ADDRESS_BYTES (16 * KIB)
#define LOOK_MS 2000
#define WAIT_MS (15 * 60 * 1000) /* as long as the gateway keeps a sign-in */

enum step {
	STEP_NOTICE, /* the vendor's terms; goes on with Enter */
	STEP_SIGN_IN,
	STEP_DONE,
};

struct wizard {
	char name[LIST_ID_BYTES];
	enum step step;
	bool is_waiting; /* for an answer of the gateway */
	char address[MAX_ADDRESS_BYTES];
	struct line_edit code;
	char problem[512];
	uint64_t looked_ms;
	uint64_t began_ms;
};

void wizard_destroy(struct wizard *w)
{
	if (w) {
		mem_wipe(w, sizeof *w);
		free(w);
	}
}

void wizard_open(struct app *app)
{
	struct wizard *w = xcalloc(1, sizeof *w);

	str_copy(w->name, sizeof w->name, app->target_name);
	wizard_destroy(app->wizard);
	app->wizard = w;
	app->mode = MODE_WIZARD;
}

static void close_wizard(struct app *app)
{
	wizard_destroy(app->wizard);
	app->wizard = NULL;
	app->mode = MODE_NORMAL;
}

static void send(struct app *app, enum job_kind kind, const char *method, const char *action,
		 const char *code)
{
	struct wizard *w = app->wizard;
	char *path = app_path("oauth", w->name, action);
	struct job *job = job_create((int)kind, method, path);
	struct json_writer json;

	if (str_eq(method, "POST")) {
		json_open(&json, &job->body);
		json_object(&json);
		if (code) {
			json_kstr(&json, "code", code);
		} else {
			json_kbool(&json, "browser", false);
		}
		json_end(&json);
	}
	w->problem[0] = '\0';
	app_send(app, job, w->name, "oauth start %s", w->name);
	free(path);
}

void wizard_look(struct app *app)
{
	struct wizard *w = app->wizard;

	if (w && w->step == STEP_SIGN_IN && !w->is_waiting && app->link == FEED_LIVE &&
	    app->now_mono_ms >= w->looked_ms + LOOK_MS) {
		w->looked_ms = app->now_mono_ms;
		send(app, JOB_OAUTH_LOOK, "GET", "", NULL);
	}
}

static void begin(struct app *app)
{
	struct wizard *w = app->wizard;

	w->step = STEP_SIGN_IN;
	w->is_waiting = true;
	w->began_ms = app->now_mono_ms;
	send(app, JOB_OAUTH_START, "POST", "start", NULL);
}

/* With an empty code field letters are commands; a pasted code begins with
 * none of them being pressed alone. */
static bool command_key(struct app *app, int key)
{
	struct wizard *w = app->wizard;

	if (w->code.len) {
		return false;
	}
	switch (key) {
	case 'o':
		buf_clear(&app->wishes.open);
		buf_adds(&app->wishes.open, w->address);
		return true;
	case 'y':
		buf_clear(&app->wishes.copy);
		buf_adds(&app->wishes.copy, w->address);
		app_say(app, "copied the address");
		return true;
	case 'u':
		app_show_text(app, w->name, slice_of(w->address));
		return true;
	default:
		return false;
	}
}

static void sign_in_key(struct app *app, int key, bool is_pasted)
{
	struct wizard *w = app->wizard;

	if (key == KEY_CODE_ENTER && w->code.len && !w->is_waiting) {
		w->is_waiting = true;
		send(app, JOB_OAUTH_CODE, "POST", "code", w->code.text);
	} else if (is_pasted || !command_key(app, key)) {
		line_edit_key(&w->code, key);
	}
}

void wizard_key(struct app *app, int key)
{
	struct wizard *w = app->wizard;

	if (key == KEY_CODE_ESC) {
		close_wizard(app);
		app_say(app, "sign-in cancelled; nothing was changed");
	} else if (w->step == STEP_NOTICE && key == KEY_CODE_ENTER) {
		begin(app);
	} else if (w->step == STEP_SIGN_IN) {
		sign_in_key(app, key, app->is_pasting);
	} else if (w->step == STEP_DONE) {
		close_wizard(app);
	}
}

/* --- answers --- */

static void finish(struct app *app)
{
	app->wizard->step = STEP_DONE;
	line_edit_init(&app->wizard->code, "");
	app_say(app, "%s is signed in = llm-gateway oauth start %s", app->wizard->name,
		app->wizard->name);
}

static void take_start(struct wizard *w, const struct job *job)
{
	struct arena a;

	arena_init(&a, 4 * KIB);
	str_copy(w->address, sizeof w->address,
		 field_either(buf_slice(&job->answer), "url", "authorize_url", &a));
	arena_wipe(&a);
}

static bool is_signed_in(const struct job *job)
{
	return slice_eq(field_value(buf_slice(&job->answer), "state"), "\"signed_in\"");
}

bool wizard_take_job(struct app *app, const struct job *job)
{
	struct wizard *w = app->wizard;

	if (job->kind != JOB_OAUTH_START && job->kind != JOB_OAUTH_LOOK &&
	    job->kind != JOB_OAUTH_CODE) {
		return false;
	}
	if (!w || !str_eq(w->name, job->object)) {
		return true;
	}
	w->is_waiting = w->is_waiting && job->kind == JOB_OAUTH_LOOK;
	if (!job->ok && job->kind != JOB_OAUTH_LOOK) {
		snprintf(w->problem, sizeof w->problem, "%s", job->err.msg);
	} else if (job->ok && job->kind == JOB_OAUTH_START) {
		take_start(w, job);
	} else if (job->ok && (job->kind == JOB_OAUTH_CODE || is_signed_in(job))) {
		finish(app);
	}
	return true;
}

/* --- drawing --- */

static void draw_steps(const struct wizard *w, struct pane p)
{
	static const char *const names[] = { "Notice", "Sign in", "Done" };
	int x = 2;

	x += pane_textf(p, x, 1, STYLE_TITLE, "Step %d of 3  ", (int)w->step + 1);
	for (int i = 0; i < 3; i++) {
		x += pane_textf(p, x, 1, i == (int)w->step ? STYLE_VALUE : STYLE_DIM, " [%s] %s ",
				i < (int)w->step || w->step == STEP_DONE ? "x" :
				i == (int)w->step			 ? ">" :
									   " ",
				names[i]);
	}
}

static void draw_notice(struct pane p)
{
	pane_text(p, 2, 3, STYLE_NONE,
		  "You sign in on the vendor's own page, with your own account.");
	pane_text(p, 2, 4, STYLE_NONE,
		  "The vendor's terms decide which programs a subscription may");
	pane_text(p, 2, 5, STYLE_NONE,
		  "be used with: please read them; an API key has no such limits.");
	pane_text(p, 2, 7, STYLE_NONE,
		  "Stored: access and refresh token, in the credential store.");
	pane_text(p, 2, 8, STYLE_NONE,
		  "Not stored: your password. Cancel leaves everything as it was.");
	pane_text(p, 2, 10, STYLE_TITLE, "Enter goes on, Esc leaves.");
}

/* The address goes over as many lines as it needs. */
static int draw_address(const struct wizard *w, struct pane p, int y)
{
	size_t room = p.w > 8 ? (size_t)p.w - 6 : 1;

	if (!*w->address) {
		pane_text(p, 4, y, STYLE_DIM,
			  w->is_waiting ? "asking the gateway ..." : "no address");
		return y + 1;
	}
	for (size_t at = 0; at < strlen(w->address) && y < p.h - 5; at += room) {
		pane_textf(p, 4, y++, STYLE_VALUE, "%.*s", (int)room, w->address + at);
	}
	return y;
}

static void draw_sign_in(const struct app *app, struct pane p)
{
	const struct wizard *w = app->wizard;
	struct buf shown = BUF_INIT(2 * MAX_LINE_EDIT_BYTES);
	size_t cursor = line_edit_shown(&w->code, &shown);
	int width = p.w - 8 > 4 ? p.w - 8 : 4;
	int skip = (int)cursor > width - 3 ? (int)cursor - width + 3 : 0;
	char left[SHOW_BYTES];
	int64_t gone = (int64_t)(app->now_mono_ms - w->began_ms);
	int y;

	pane_text(p, 2, 3, STYLE_NONE, "Open this address in a browser, on any machine:");
	y = draw_address(w, p, 4);
	pane_text(p, 4, y, STYLE_DIM, "o open browser here   y copy address   u bare text");
	pane_textf(p, 2, y + 2, STYLE_NONE, "Waiting for the browser to come back (%s more).",
		   show_left(WAIT_MS - gone, left));
	pane_text(p, 2, y + 3, STYLE_NONE,
		  "The page shows a code instead? Paste it here, then Enter:");
	pane_put(p, 4, y + 4, STYLE_NONE, '[');
	for (int x = 1; x < width - 1; x++) {
		pane_put(p, 4 + x, y + 4, STYLE_FIELD, ' ');
	}
	pane_text(pane_sub(p, 0, 0, 4 + width - 1, p.h), 5, y + 4, STYLE_FIELD,
		  buf_text(&shown) + (skip < (int)shown.len ? skip : 0));
	pane_put(p, 4 + width - 1, y + 4, STYLE_NONE, ']');
	pane_cursor(p, 5 + (int)cursor - skip, y + 4, true);
	buf_wipe(&shown);
}

void wizard_draw(struct app *app, struct pane p)
{
	const struct wizard *w = app->wizard;
	int width = p.w > 104 ? 100 : p.w - 2;
	int height = p.h > 22 ? 22 : p.h;
	struct pane box = pane_sub(p, (p.w - width) / 2, (p.h - height) / 3, width, height);
	char title[LIST_ID_BYTES + 16];

	snprintf(title, sizeof title, "OAuth login: %s", w->name);
	pane_fill(box, STYLE_NONE, ' ');
	box = screen_box(app, box, title, NULL);
	draw_steps(w, box);
	if (w->step == STEP_NOTICE) {
		draw_notice(box);
	} else if (w->step == STEP_SIGN_IN) {
		draw_sign_in(app, box);
	} else {
		pane_textf(box, 2, 3, STYLE_OK, "+ %s is signed in. Any key closes.", w->name);
	}
	if (*w->problem) {
		pane_textf(box, 2, box.h - 1, STYLE_BAD, "! %s", w->problem);
	}
}

const char *wizard_hints(void)
{
	return "Enter next  Esc cancel  o open browser  y copy address  u bare text";
}
