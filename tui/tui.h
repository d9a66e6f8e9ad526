/*
 * The dashboard: a full screen on the terminal of stdin and stdout, a client
 * of the control API of one home. Runs in the main thread until the person
 * leaves.
 */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct tui_options {
	const char *home; /* borrowed, as all of these */
	const char *config_path;
	bool is_own; /* the gateway runs in this process */
	bool is_plain;
	bool is_demo;
	bool no_color;
	bool is_ascii;
	const char *theme; /* NULL: as configured */
	/* Opens a browser; false: none could be started. NULL: never. */
	bool (*open_url)(const char *url);
	/* Lets a person edit the configuration, on a terminal that is theirs
	 * meanwhile. NULL: never. */
	bool (*edit_config)(void *ctx, struct err *err);
	/* Runs a line of the command `llm-gateway` on this home. `out` takes what
	 * it prints (another thread calls then), or with NULL it has the terminal.
	 * False + err: it failed; NULL: never. */
	bool (*run_command)(void *ctx, const char *line, struct buf *out, struct err *err);
	/* Appends what may follow the line, one candidate a line. NULL: never. */
	void (*complete)(void *ctx, const char *line, struct buf *out);
	void *ctx;
};

enum tui_end {
	TUI_QUIT,   /* the person left */
	TUI_KEEP,   /* and wants the gateway to go on in the background */
	TUI_ENDED,  /* a signal, or the terminal is gone */
	TUI_FAILED, /* could not begin; err says why */
};

/* The caller has blocked SIGTERM, SIGINT, SIGHUP and SIGWINCH in all threads
 * and has set the locale of characters. */
enum tui_end tui_main(const struct tui_options *options, struct err *err);

#endif
