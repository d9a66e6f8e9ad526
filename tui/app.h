/*
 * The dashboard without a terminal: what it shows, which question is open,
 * what a key does. Keys, data and the time come in; frames (canvas) and wishes
 * go out. tui.c connects it to a terminal, tests to nothing. One thread.
 *
 * The body is public for the files of this room only.
 */
#ifndef TUI_APP_H
#define TUI_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/agent.h"
#include "tui/canvas.h"
#include "tui/config_rows.h"
#include "tui/feed.h"
#include "tui/history.h"
#include "tui/keymap.h"
#include "tui/line_edit.h"
#include "tui/list.h"
#include "tui/log_ring.h"
#include "tui/snapshot.h"
#include "tui/term.h"

enum screen_id {
	SCREEN_OVERVIEW,
	SCREEN_UPSTREAMS,
	SCREEN_REQUESTS,
	SCREEN_KEYS,
	SCREEN_MODELS,
	SCREEN_LOGS,
	SCREEN_CONFIG,
	SCREEN_COUNT,
};

#define ON(screen) (1u << (screen))
#define ON_ALL ((1u << SCREEN_COUNT) - 1)

enum mode {
	MODE_NORMAL,
	MODE_FILTER,  /* typing a filter */
	MODE_COMMAND, /* typing after ":" */
	MODE_ASK,     /* [y/N] */
	MODE_NAME,    /* typing a name to confirm */
	MODE_QUIT,    /* the gateway is in this process: stop or keep? */
	MODE_HELP,
	MODE_SORT,   /* choosing a column */
	MODE_SEARCH, /* typing what to find in a text */
	MODE_SAVE,   /* typing a file's name */
	MODE_VALUE,  /* typing a setting's value */
	MODE_TEXT, /* bare text without borders, to select with the mouse */
	MODE_FORM,
	MODE_WIZARD,
};

/* What the answer to a job is for. */
enum job_kind {
	JOB_SAY,    /* say how it went */
	JOB_QUIET,  /* only failures are said */
	JOB_DETAIL, /* a request's record */
	JOB_RESOLVE,
	JOB_ORDER,   /* the same for the model that was asked for last */
	JOB_CONFIG,
	JOB_CONFIG_TEXT,
	JOB_KEY_TEXT, /* the answer has a key's text, shown once */
	JOB_TEST,
	JOB_COMMAND, /* a command line; its answer is what it printed */
	JOB_FORM_TEST,
	JOB_FORM_SAVE,
	JOB_FORM_TRIAL, /* what the file would be */
	JOB_OAUTH_START,
	JOB_OAUTH_LOOK,
	JOB_OAUTH_CODE,
};

/* What the terminal's side shall do, asked for by keys. */
struct wishes {
	bool quit;
	bool keep_running; /* quit, but the gateway goes on in the background */
	bool redraw;
	bool suspend;
	bool edit_config; /* $EDITOR */
	struct buf run;   /* a command that gets the terminal; empty: none */
	bool new_mouse;
	bool new_theme;
	bool new_interval;
	bool look_now;	 /* ask the gateway now */
	struct buf copy; /* into the clipboard; empty: nothing */
	struct buf open; /* URL for a browser; empty: none */
};

struct app_options {
	bool is_own;   /* the gateway lives in this process */
	bool is_plain; /* no borders, no graphs, visible cursor */
	bool is_demo;
	enum glyph_tier tier;
	enum term_theme theme;
	bool mouse;
	int64_t interval_ms;
	const char *home;			    /* borrowed, as all texts here */
	bool (*submit)(void *ctx, struct job *job); /* takes the job */
	/* What may follow a command line, one candidate a line; NULL: nothing. */
	void (*complete)(void *ctx, const char *line, struct buf *out);
	void *ctx;
};

struct form;
struct wizard;
struct action;

struct app {
	struct app_options o;
	struct wishes wishes;
	struct keymap keymap;
	int width, height;
	int64_t now_wall_ms;
	uint64_t now_mono_ms;

	struct snapshot *snapshot; /* a reference; NULL before the first */
	enum feed_link link;
	uint64_t heard_ms; /* monotonic; 0: never */
	int64_t pace_ms;   /* how long the gateway may be silent */
	int64_t eventful_ms; /* wall clock, when anything was last heard or pressed */
	struct history history;
	struct log_ring logs;
	bool is_paused;

	enum screen_id screen;
	enum screen_id last_screen;
	bool is_detail; /* the detail fills the screen (narrow ones, zoom) */
	bool hides_graphs;
	bool errors_only;
	struct list lists[SCREEN_COUNT];
	bool followed; /* before a request was opened: the list goes on with it */
	bool is_detail_focused; /* side by side: the keys scroll the detail */
	int detail_top;	   /* scrolling of the detail */
	struct buf detail; /* JSON of /v1/requests/ID */
	char detail_id[LIST_ID_BYTES];
	bool is_detail_asked; /* its answer is on its way */
	bool is_detail_old;   /* the request has gone on since */
	struct buf resolve; /* JSON of /v1/resolve */
	char resolve_name[LIST_ID_BYTES];
	struct buf order;   /* JSON of /v1/resolve: who would get the next request */
	char order_name[LIST_ID_BYTES];
	bool is_order_asked;
	bool is_order_old;
	struct buf config;	   /* JSON of /v1/config */
	struct arena config_arena; /* of the rows */
	struct config_row config_rows[MAX_CONFIG_ROWS];
	size_t config_row_count;
	int log_level; /* least level shown */
	bool wraps;

	enum mode mode;
	struct line_edit line;
	struct line_history filters;
	struct line_history commands;
	const struct action *asked; /* what the open question is about */
	char target[LIST_ID_BYTES]; /* frozen when the question opened */
	char target_name[LIST_ID_BYTES];
	char message[512];
	bool is_error;
	uint64_t message_until_ms; /* 0: stays until a key */
	struct buf text;	   /* MODE_TEXT: wiped when it closes */
	size_t text_copied;	   /* bytes of it that a copy takes; 0: all */
	char text_title[256];
	size_t overlay_at; /* line of the cursor */
	size_t overlay_top;
	char overlay_filter[64];
	bool is_overlay_typing;
	char search[128];
	bool searches_text; /* the search was begun in MODE_TEXT */
	struct form *form;
	struct wizard *wizard;
	bool is_pasting; /* the key in hand was pasted */
};

void app_init(struct app *app, const struct app_options *options);
void app_release(struct app *app);

void app_resize(struct app *app, int width, int height);
void app_set_time(struct app *app, int64_t wall_ms, uint64_t mono_ms);

/* Takes a reference of its own. */
void app_take_snapshot(struct app *app, struct snapshot *s);
void app_set_link(struct app *app, enum feed_link link, uint64_t heard_ms, int64_t pace_ms);
void app_take_line(struct app *app, struct slice json);
void app_take_job(struct app *app, struct job *job); /* destroys it */

void app_key(struct app *app, int key);
void app_paste(struct app *app, int key); /* a pasted character: never a command */
void app_click(struct app *app, int x, int y);
void app_wheel(struct app *app, int step);

/* Before a frame: asks for what it is to show and what is not there yet. */
void app_settle(struct app *app);

/* Draws the whole frame. */
void app_draw(struct app *app, struct canvas *c);

/* When the picture changes by itself (a countdown, an age): milliseconds from
 * now; -1: never. */
int64_t app_next_tick_ms(const struct app *app);

/* --- for screens, actions, forms --- */

void app_say(struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void app_complain(struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sends a job about `object`; its CLI twin is formatted. */
void app_send(struct app *app, struct job *job, const char *object, const char *twin_fmt, ...)
	__attribute__((format(printf, 4, 5)));

void app_go(struct app *app, enum screen_id screen);

/* Shows text bare, without borders; taken by copy. */
void app_show_text(struct app *app, const char *title, struct slice text);

/* "/v1/upstreams/NAME/action", percent-encoded, malloc'd; action may be "". */
char *app_path(const char *noun, const char *name, const char *action);

/* Is the gateway silent for three intervals? */
bool app_is_stale(const struct app *app);

#endif
