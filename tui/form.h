/*
 * Forms: one column of fields, help for the one in focus, checks on leaving
 * and on saving, a real test, the call that saves. Which fields there are is
 * the business of form_upstream.c, form_key.c and form_model.c.
 */
#ifndef TUI_FORM_H
#define TUI_FORM_H

#include "base/json_write.h"
#include "tui/app.h"

enum field_kind {
	FIELD_TEXT,
	FIELD_SECRET,
	FIELD_CHOICE, /* Left and Right go through `choices` */
};

struct field {
	const char *name; /* member of the call's body */
	const char *label;
	enum field_kind kind;
	const char *const *choices; /* ends with NULL */
	const char *help;
	/* What is wrong with it, or NULL. */
	const char *(*check)(const char *text);
	/* Is it there, given the others? NULL: always. */
	bool (*applies)(const struct form *f);
};

#define MAX_FIELDS 16

struct form {
	char title[128];
	char object[LIST_ID_BYTES]; /* id of what is edited; "": new */
	const char *noun;	    /* "upstreams" */
	const struct field *fields;
	size_t count;
	struct line_edit values[MAX_FIELDS];
	char first[MAX_FIELDS][2048]; /* values at the start, without secrets */
	size_t focus;
	char problem[256];
	char tested[512]; /* what the test said */
	bool tests_ok;
	bool is_asking; /* throw changes away? */
	bool is_saving;
	bool tests_next; /* as soon as it is saved */
	bool can_test;
	struct buf diff; /* of the file, if it were saved now; empty: not asked */
	bool shows_diff; /* in full, as soon as it is there */
	/* Writes the members of the body; false: nothing to send. */
	void (*write)(const struct form *f, struct json_writer *w);
	const char *twin; /* "upstream add --name=" */
};

void form_open_upstream(struct app *app, const struct upstream_view *u); /* NULL: new */
void form_open_key(struct app *app, const struct key_view *k);
void form_open_model(struct app *app, const struct model_view *m);
void form_destroy(struct form *f); /* NULL is fine; wiped */

void form_key(struct app *app, int key);
void form_draw(struct app *app, struct pane p);
const char *form_hints(const struct app *app);

/* True: the job was the form's. */
bool form_take_job(struct app *app, const struct job *job);

/* --- for the forms themselves --- */

/* A form with its texts set; it opens. `values` as many as fields. */
struct form *form_create(struct app *app, const struct field *fields, size_t count,
			 const char *const *values);
const char *form_value(const struct form *f, const char *name);
bool form_changed(const struct form *f, const char *name);

/* Members for the fields that differ from the start (all, for a new object). */
void form_put_text(const struct form *f, struct json_writer *w, const char *name);
void form_put_int(const struct form *f, struct json_writer *w, const char *name);
void form_put_list(const struct form *f, struct json_writer *w, const char *name);
/* "limits": {…} of the fields whose names are limits. */
void form_put_limits(const struct form *f, struct json_writer *w);

const char *form_check_name(const char *text);
const char *form_check_count(const char *text); /* empty or a whole number */
const char *form_check_url(const char *text);	/* empty or http(s)://… */

#endif
