/*
 * The one table of everything a key can do. It feeds dispatch, the hint bar,
 * the help overlay, completion behind ":" and the manual page's check; a test
 * holds it to: no key twice on a screen, help and a CLI twin for each.
 */
#ifndef TUI_ACTIONS_H
#define TUI_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/app.h"

enum confirm {
	CONFIRM_NONE, /* can be taken back */
	CONFIRM_ASK,  /* [y/N] */
	CONFIRM_NAME, /* the name, typed */
};

struct action {
	const char *id; /* "upstream-disable", for ":" and tui.keys */
	int keys[ACTION_KEYS];
	unsigned screens; /* ON(…) */
	bool needs_row;	  /* works on the selected object */
	enum confirm confirm;
	const char *question; /* what is asked, about %s */
	const char *label;    /* in the hint bar; NULL: not there */
	const char *help;
	const char *twin;	      /* the command that does the same; "" where none could */
	void (*run)(struct app *app); /* the object: app->target, app->target_name */
	bool is_marked_too;	      /* works on all marked rows */
	/* Why it cannot be done to the target, or NULL. NULL: it always can. */
	const char *(*refusal)(const struct app *app);
};

extern const struct action actions[];
extern const size_t action_count;

/* The table's own keys. */
void keymap_init(struct keymap *map);

/* tui.keys: another key for an action, "none" takes it away. False: there is
 * no such action or key, or the key is taken on one of its screens. */
bool keymap_bind(struct keymap *map, const char *id, const char *key);

/* What the key does on this screen; NULL: nothing. */
const struct action *action_for_key(const struct keymap *map, int key, enum screen_id screen);
const struct action *action_by_id(const char *id);

/* The key that help shows first; KEY_NOTHING: none. */
int action_key(const struct keymap *map, const struct action *a);

/* Does it here and now: finds its object, asks first where it must. */
void action_start(struct app *app, const struct action *a);

/* The open question was answered with yes. */
void action_confirmed(struct app *app);

#endif
