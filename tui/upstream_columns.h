/* The list of upstreams, which two screens show with different columns. */
#ifndef TUI_UPSTREAM_COLUMNS_H
#define TUI_UPSTREAM_COLUMNS_H

#include "tui/list.h"

size_t upstream_count(const struct app *app);
const void *upstream_row(const struct app *app, size_t index);
const char *upstream_id(const void *row);
const char *upstream_name(const void *row);

void upstream_cell_name(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_provider(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_state(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_priority(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_auth(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_in_flight(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_per_minute(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_errors(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_ttft(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_p50(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_p95(const struct app *app, const void *row, struct cell_text *out);
void upstream_cell_note(const struct app *app, const void *row, struct cell_text *out);

/* Filled by the caller with the text of a number. */
void cell_number(struct cell_text *out, double value,
		 const char *(*show)(double value, char *out));

#endif
