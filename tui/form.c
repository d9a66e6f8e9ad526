#include "tui/form.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "tui/diff.h"
#include "tui/fields.h"
#include "tui/keys.h"
#include "tui/screens.h"

#define LABEL_COLUMNS 15

void form_destroy(struct form *f)
{
	if (f) {
		buf_release(&f->diff);
		mem_wipe(f, sizeof *f);
		free(f);
	}
}

struct form *form_create(struct app *app, const struct field *fields, size_t count,
			 const char *const *values)
{
	struct form *f = xcalloc(1, sizeof *f);

	f->fields = fields;
	f->count = count;
	buf_init(&f->diff, 4 * MAX_CONFIG_BYTES);
	for (size_t i = 0; i < count; i++) {
		line_edit_init(&f->values[i], values[i]);
		str_copy(f->first[i], sizeof f->first[i], values[i]);
		f->values[i].is_masked = fields[i].kind == FIELD_SECRET;
	}
	form_destroy(app->form);
	app->form = f;
	app->mode = MODE_FORM;
	return f;
}

static size_t index_of(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++) {
		if (str_eq(f->fields[i].name, name)) {
			return i;
		}
	}
	return f->count;
}

const char *form_value(const struct form *f, const char *name)
{
	size_t i = index_of(f, name);

	return i < f->count ? f->values[i].text : "";
}

bool form_changed(const struct form *f, const char *name)
{
	size_t i = index_of(f, name);

	return i < f->count && !str_eq(f->values[i].text, f->first[i]);
}

static bool is_changed(const struct form *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!str_eq(f->values[i].text, f->first[i])) {
			return true;
		}
	}
	return false;
}

/* A new object's empty texts are left out: the defaults are the gateway's. */
static bool goes_out(const struct form *f, const char *name)
{
	size_t i = index_of(f, name);

	if (i == f->count || (f->fields[i].applies && !f->fields[i].applies(f))) {
		return false;
	}
	return *f->object ? form_changed(f, name) : f->values[i].len > 0;
}

void form_put_text(const struct form *f, struct json_writer *w, const char *name)
{
	if (goes_out(f, name)) {
		json_kstr(w, name, form_value(f, name));
	}
}

void form_put_int(const struct form *f, struct json_writer *w, const char *name)
{
	int64_t number = 0;

	if (goes_out(f, name)) {
		str_to_i64(form_value(f, name), &number);
		json_kint(w, name, number);
	}
}

void form_put_list(const struct form *f, struct json_writer *w, const char *name)
{
	struct slice rest = slice_of(form_value(f, name));
	struct slice part;

	if (!goes_out(f, name)) {
		return;
	}
	json_key(w, name);
	json_array(w);
	while (slice_next(&rest, ',', &part)) {
		part = slice_trim(part);
		if (part.len && !slice_eq(part, "*")) {
			json_strn(w, part);
		}
	}
	json_end(w);
}

void form_put_limits(const struct form *f, struct json_writer *w)
{
	static const char *const names[] = { "rpm", "tpm", "rpd", "concurrency" };
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		any = any || goes_out(f, names[i]);
	}
	if (!any) {
		return;
	}
	json_key(w, "limits");
	json_object(w);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		form_put_int(f, w, names[i]);
	}
	json_end(w);
}

const char *form_check_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";

	return !*text			   ? "needs a name" :
	       text[strspn(text, allowed)] ? "letters, digits, dash, dot, underscore" :
					     NULL;
}

const char *form_check_count(const char *text)
{
	int64_t number;

	return *text && (!str_to_i64(text, &number) || number < 0) ? "a whole number, or empty" :
								     NULL;
}

const char *form_check_url(const char *text)
{
	return *text && !str_starts(text, "https://") && !str_starts(text, "http://") ?
		       "begins with https:// or http://" :
		       NULL;
}

/* --- keys --- */

static bool applies(const struct form *f, size_t i)
{
	return !f->fields[i].applies || f->fields[i].applies(f);
}

static const char *problem_of(const struct form *f, size_t i)
{
	return applies(f, i) && f->fields[i].check ? f->fields[i].check(f->values[i].text) : NULL;
}

static bool check_field(struct form *f, size_t i)
{
	const char *problem = problem_of(f, i);

	f->problem[0] = '\0';
	if (problem) {
		snprintf(f->problem, sizeof f->problem, "%s: %s", f->fields[i].label, problem);
	}
	return !problem;
}

static void move_focus(struct form *f, int step)
{
	check_field(f, f->focus);
	do {
		f->focus = (f->focus + f->count + (size_t)(step > 0 ? 1 : f->count - 1)) %
			   f->count;
	} while (!applies(f, f->focus));
}

static void choose(struct form *f, int step)
{
	const struct field *field = &f->fields[f->focus];
	struct line_edit *value = &f->values[f->focus];
	int count = 0;
	int at = 0;

	for (; field->choices[count]; count++) {
		if (str_eq(field->choices[count], value->text)) {
			at = count;
		}
	}
	line_edit_init(value, field->choices[(at + step + count) % count]);
}

static bool check_all(struct form *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!check_field(f, i)) {
			f->focus = i;
			return false;
		}
	}
	return true;
}

static void send_form(struct app *app, enum job_kind kind, const char *path, const char *method)
{
	struct form *f = app->form;
	struct job *job = job_create((int)kind, method, path);
	struct json_writer w;

	json_open(&w, &job->body);
	json_object(&w);
	f->write(f, &w);
	json_end(&w);
	app_send(app, job, form_value(f, "name"), "%s%s", f->twin,
		 *f->object ? f->object : form_value(f, "name"));
}

static char *own_path(const struct form *f)
{
	return *f->object ? app_path(f->noun, f->object, "") : xasprintf("/v1/%s", f->noun);
}

/* Asks what the file would be. */
static void try_out(struct app *app)
{
	struct form *f = app->form;
	char *path = own_path(f);
	char *trial = xasprintf("%s?dry_run=1", path);

	send_form(app, JOB_FORM_TRIAL, trial, *f->object ? "PATCH" : "POST");
	free(trial);
	free(path);
}

static void show_yaml(struct app *app)
{
	if (check_all(app->form)) {
		app->form->shows_diff = true;
		try_out(app);
	}
}

static void save(struct app *app)
{
	struct form *f = app->form;
	char *path;

	if (!check_all(f) || f->is_saving) {
		return;
	}
	path = own_path(f);
	f->is_saving = true;
	send_form(app, JOB_FORM_SAVE, path, *f->object ? "PATCH" : "POST");
	if (app->link == FEED_OFFLINE) {
		f->is_saving = false;
	}
	free(path);
}

static void send_test(struct app *app)
{
	struct form *f = app->form;
	char *path = app_path(f->noun, f->object, "test");

	str_copy(f->tested, sizeof f->tested, "testing ...");
	f->tests_ok = false;
	app_send(app, job_create(JOB_FORM_TEST, "POST", path), form_value(f, "name"),
		 "upstream test %s", form_value(f, "name"));
	free(path);
}

/* The gateway tests what it has in force, with the key in its store: changes
 * are saved first. */
static void test(struct app *app)
{
	struct form *f = app->form;

	if (!f->can_test) {
		return;
	}
	if (*f->object && !is_changed(f)) {
		send_test(app);
	} else {
		f->tests_next = true;
		save(app);
	}
}

static void close_form(struct app *app)
{
	form_destroy(app->form);
	app->form = NULL;
	app->mode = MODE_NORMAL;
}

static void leave(struct app *app)
{
	if (is_changed(app->form) && !app->form->is_asking) {
		app->form->is_asking = true;
		str_copy(app->form->problem, sizeof app->form->problem,
			 "Throw the changes away? y yes, any other key no");
	} else {
		close_form(app);
	}
}

static void edit_key(struct form *f, int key)
{
	if (f->fields[f->focus].kind == FIELD_CHOICE) {
		if (key == KEY_CODE_LEFT || key == KEY_CODE_RIGHT || key == ' ') {
			choose(f, key == KEY_CODE_LEFT ? -1 : 1);
		}
	} else if (key == KEY_CTRL('t') && f->fields[f->focus].kind == FIELD_SECRET) {
		f->values[f->focus].is_masked = !f->values[f->focus].is_masked;
	} else {
		line_edit_key(&f->values[f->focus], key);
	}
}

/* On leaving a field, where there is room to see it: is all of it right? */
static void preview(struct app *app, int key)
{
	bool moves = key == KEY_CODE_TAB || key == KEY_CODE_SHIFT_TAB || key == KEY_CODE_UP ||
		     key == KEY_CODE_DOWN || key == KEY_CODE_ENTER;

	if (!moves || app->mode != MODE_FORM || app->width < SPLIT_WIDTH || app->o.is_plain) {
		return;
	}
	for (size_t i = 0; i < app->form->count; i++) {
		if (problem_of(app->form, i)) {
			return;
		}
	}
	try_out(app);
}

void form_key(struct app *app, int key)
{
	struct form *f = app->form;

	if (f->is_asking) {
		f->is_asking = false;
		f->problem[0] = '\0';
		if (key == 'y') {
			close_form(app);
		}
		return;
	}
	if (key == KEY_CODE_ESC) {
		leave(app);
	} else if (key == KEY_CTRL('o')) {
		save(app);
	} else if (key == KEY_CTRL('r')) {
		test(app);
	} else if (key == KEY_CODE_F1 + 3 || key == KEY_CTRL('y')) {
		show_yaml(app);
	} else if (key == KEY_CODE_TAB || key == KEY_CODE_DOWN || key == KEY_CODE_ENTER) {
		move_focus(f, 1);
	} else if (key == KEY_CODE_SHIFT_TAB || key == KEY_CODE_UP) {
		move_focus(f, -1);
	} else {
		edit_key(f, key);
	}
	preview(app, key);
}

/* --- answers --- */

static void take_test(struct form *f, const struct job *job)
{
	struct arena a;
	const char *message;

	arena_init(&a, KIB);
	message = job->ok ? field_str(buf_slice(&job->answer), "message", &a) : job->err.msg;
	f->tests_ok = job->ok && field_is(buf_slice(&job->answer), "ok");
	snprintf(f->tested, sizeof f->tested, "%s%s%.400s", f->tests_ok ? "works" : "failed",
		 *message ? ": " : "", message);
	arena_release(&a);
}

/* What is saved is the new start; the form stays for the test's result. */
static void stay_saved(struct form *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->fields[i].kind == FIELD_SECRET) {
			line_edit_init(&f->values[i], "");
			f->values[i].is_masked = true;
		}
		str_copy(f->first[i], sizeof f->first[i], f->values[i].text);
	}
	str_copy(f->object, sizeof f->object, form_value(f, "name"));
	f->twin = "upstream edit ";
	f->tests_next = false;
}

static void take_save(struct app *app, const struct job *job)
{
	struct form *f = app->form;

	f->is_saving = false;
	if (!job->ok) {
		f->tests_next = false;
		snprintf(f->problem, sizeof f->problem, "%.200s", job->err.msg);
		return;
	}
	app_say(app, "saved %s = llm-gateway %s", job->object, job->twin);
	if (f->tests_next) {
		stay_saved(f);
		send_test(app);
	} else {
		close_form(app);
	}
}

static void take_trial(struct app *app, const struct job *job)
{
	struct form *f = app->form;
	struct slice json = buf_slice(&job->answer);
	struct arena a;

	buf_clear(&f->diff);
	if (!job->ok) {
		f->shows_diff = false;
		snprintf(f->problem, sizeof f->problem, "%.200s", job->err.msg);
		return;
	}
	arena_init(&a, 64 * KIB);
	diff_texts(slice_of(field_str(json, "before", &a)), slice_of(field_str(json, "after", &a)),
		   &f->diff);
	arena_release(&a);
	if (f->shows_diff) {
		f->shows_diff = false;
		app_show_text(app, "What saving would change in the file",
			      f->diff.len ? buf_slice(&f->diff) : slice_of("nothing"));
	}
}

bool form_take_job(struct app *app, const struct job *job)
{
	struct form *f = app->form;
	bool is_own = f && str_eq(form_value(f, "name"), job->object);

	if (job->kind == JOB_FORM_TRIAL) {
		if (is_own) {
			take_trial(app, job);
		}
		return true;
	}
	if (job->kind == JOB_FORM_TEST && is_own) {
		take_test(f, job);
	} else if (job->kind == JOB_FORM_SAVE && is_own) {
		take_save(app, job);
	}
	/* A new key's text is shown even when its form is closed already. */
	return job->kind == JOB_FORM_TEST ||
	       (job->kind == JOB_FORM_SAVE &&
		!(job->ok && field_value(buf_slice(&job->answer), "key").len));
}

/* --- drawing --- */

static void draw_value(const struct form *f, struct pane p, int y, size_t i)
{
	const struct field *field = &f->fields[i];
	bool has_focus = i == f->focus;
	struct buf shown = BUF_INIT(2 * MAX_LINE_EDIT_BYTES);
	size_t cursor = line_edit_shown(&f->values[i], &shown);
	int room = p.w - 2;
	int skip = (int)cursor > room - 1 ? (int)cursor - room + 1 : 0;

	if (field->kind == FIELD_CHOICE) {
		pane_textf(p, 0, y, has_focus ? STYLE_ACTIVE : STYLE_NONE, "< %s >",
			   buf_text(&shown));
	} else {
		pane_put(p, 0, y, STYLE_NONE, '[');
		for (int x = 1; x < p.w - 1; x++) {
			pane_put(p, x, y, STYLE_FIELD, ' ');
		}
		pane_text(pane_sub(p, 0, y, p.w - 1, 1), 1, 0, STYLE_FIELD,
			  buf_text(&shown) + (skip < (int)shown.len ? skip : 0));
		pane_put(p, p.w - 1, y, STYLE_NONE, ']');
	}
	if (has_focus) {
		pane_cursor(p, 1 + (int)cursor - skip, y, true);
	}
	buf_release(&shown);
}

static int draw_fields(const struct form *f, struct pane p)
{
	int width = p.w - LABEL_COLUMNS - 4 > 60 ? 60 : p.w - LABEL_COLUMNS - 4;
	int above = 0;
	int y = 0;

	for (size_t i = 0; i < f->focus; i++) {
		above += applies(f, i);
	}
	y = above >= p.h - 4 ? p.h - 5 - above : 0;
	for (size_t i = 0; i < f->count; i++) {
		if (!applies(f, i)) {
			continue;
		}
		if (y >= 0 && y < p.h - 4) {
			pane_text(p, 2, y, i == f->focus ? STYLE_TITLE : STYLE_NONE,
				  f->fields[i].label);
			draw_value(f, pane_sub(p, 2 + LABEL_COLUMNS, 0, width, p.h), y, i);
		}
		y++;
	}
	return y < p.h - 4 ? y : p.h - 4;
}

static unsigned diff_style(char sign)
{
	return sign == '+' ? STYLE_OK : sign == '-' ? STYLE_BAD : STYLE_DIM;
}

static void draw_preview(const struct form *f, struct pane p)
{
	struct slice rest = buf_slice(&f->diff);
	struct slice line;
	int y = 0;

	if (!rest.len) {
		pane_text(p, 1, 0, STYLE_DIM, "Shows once the fields are right (F4 asks).");
	}
	while (slice_next(&rest, '\n', &line) && y < p.h) {
		pane_textf(p, 1, y++, diff_style(line.len ? *line.ptr : ' '), "%.*s",
			   (int)line.len, line.ptr);
	}
}

void form_draw(struct app *app, struct pane p)
{
	const struct form *f = app->form;
	bool is_split = p.w >= SPLIT_WIDTH && !app->o.is_plain;
	int width = is_split ? p.w * 4 / 7 : p.w - 2;
	struct pane box = pane_sub(p, is_split ? 0 : 1, 0, width, p.h);
	int y;

	pane_fill(is_split ? p : box, STYLE_NONE, ' ');
	box = screen_box(app, box, f->title, NULL);
	y = draw_fields(f, pane_sub(box, 0, 1, box.w, box.h - 1)) + 2;
	pane_text(box, 2, box.h - 3 > y ? box.h - 3 : y, STYLE_DIM, f->fields[f->focus].help);
	if (*f->tested) {
		pane_textf(box, 2, box.h - 2, f->tests_ok ? STYLE_OK : STYLE_WARN, "Test: %s",
			   f->tested);
	}
	if (*f->problem) {
		pane_textf(box, 2, box.h - 1, STYLE_BAD, "! %s", f->problem);
	}
	if (is_split) {
		draw_preview(f, screen_box(app, pane_sub(p, width + 1, 0, p.w - width - 1, p.h),
					   "Preview (config.yaml)", NULL));
	}
}

const char *form_hints(const struct app *app)
{
	return app->form->can_test ?
		       "Tab next  S-Tab back  Left/Right choose  ^R test  ^O save  F4 YAML  "
		       "Esc cancel" :
		       "Tab next  S-Tab back  Left/Right choose  ^O save  F4 YAML  "
		       "Esc cancel";
}
