/* What the dashboard does with the answers to its calls. */
#ifndef TUI_ANSWERS_H
#define TUI_ANSWERS_H

#include "tui/app.h"

/* A finished job; the caller destroys it. */
void answer_take(struct app *app, struct job *job);

#endif
