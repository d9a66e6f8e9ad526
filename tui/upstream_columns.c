#include "tui/upstream_columns.h"

#include <math.h>

#include "tui/screens.h"
#include "tui/show.h"

size_t upstream_count(const struct app *app)
{
	return app->snapshot->upstream_count;
}

const void *upstream_row(const struct app *app, size_t index)
{
	return &app->snapshot->upstreams[index];
}

const char *upstream_id(const void *row)
{
	const struct upstream_view *u = row;

	return u->id;
}

const char *upstream_name(const void *row)
{
	const struct upstream_view *u = row;

	return u->name;
}

void cell_number(struct cell_text *out, double value,
		 const char *(*show)(double value, char *out))
{
	char text[SHOW_BYTES];

	str_copy(out->text, sizeof out->text, show(value, text));
	out->sort = value;
}

void upstream_cell_name(const struct app *app, const void *row, struct cell_text *out)
{
	(void)app;
	str_copy(out->text, sizeof out->text, upstream_name(row));
}

void upstream_cell_provider(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;

	(void)app;
	str_copy(out->text, sizeof out->text, u->provider);
}

void upstream_cell_state(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;
	char text[SHOW_BYTES];

	(void)app;
	str_copy(out->text, sizeof out->text, show_state(u->state, text));
	out->style = state_style(u->state);
}

void upstream_cell_priority(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;

	(void)app;
	cell_number(out, u->priority, show_count);
}

void upstream_cell_auth(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;
	const char *auth = str_eq(u->type, "api-key")	  ? *u->key_env ? "env" : "key" :
			   str_eq(u->type, "passthrough") ? "pass" :
							    u->type;

	(void)app;
	str_copy(out->text, sizeof out->text, auth);
}

void upstream_cell_in_flight(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;

	(void)app;
	cell_number(out, u->traffic.in_flight, show_count);
}

void upstream_cell_per_minute(const struct app *app, const void *row, struct cell_text *out)
{
	cell_number(out, upstream_per_minute(app, row), show_rate);
}

/* All errors among all requests; from the last ten minutes where the gateway
 * does not count. */
void upstream_cell_errors(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;
	const struct series *s = history_upstream(&app->history, u->name);
	int64_t now = app->now_wall_ms / 1000;
	double requests = u->traffic.requests;
	double errors = u->traffic.errors;

	if (isnan(requests) && s) {
		requests = history_rate(s, HISTORY_REQUESTS, now, HISTORY_SECONDS);
		errors = history_rate(s, HISTORY_ERRORS, now, HISTORY_SECONDS);
	}
	cell_number(out, requests > 0 ? 100 * errors / requests : requests, show_rate);
	out->style = out->sort > 5 ? STYLE_WARN : STYLE_NONE;
}

void upstream_cell_ttft(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;

	(void)app;
	cell_number(out, u->traffic.ttft_p50, show_ms);
}

void upstream_cell_p50(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;

	(void)app;
	cell_number(out, u->traffic.total_p50, show_ms);
}

void upstream_cell_p95(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;

	(void)app;
	cell_number(out, u->traffic.total_p95, show_ms);
}

void upstream_cell_note(const struct app *app, const void *row, struct cell_text *out)
{
	const struct upstream_view *u = row;
	enum style style = state_style(u->state);

	upstream_note(app, u, out->text, sizeof out->text);
	out->style = style == STYLE_OK ? STYLE_NONE : style;
}
