/* Questions and input on the message line: filter, command, [y/N], names. */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "tui/app.h"

void prompt_open(struct app *app, enum mode mode, const char *text);
/* The question's text; "%s" in it is the target's name. */
void prompt_question(struct app *app, const char *question);

void prompt_key(struct app *app, int key);

/* Draws the open prompt and its hints into the foot; false: none is open. */
bool prompt_draw(struct app *app, struct pane p);

/* Runs what was typed after ":". */
void command_run(struct app *app, const char *line);

/* Completes the first word; false: there is nothing or too much to choose. */
bool command_complete(struct app *app);

#endif
