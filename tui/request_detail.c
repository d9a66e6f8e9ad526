#include "tui/request_detail.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "tui/fields.h"
#include "tui/screens.h"
#include "tui/show.h"

static int draw_head(struct pane p, int y, const struct request_view *r)
{
	char total[SHOW_BYTES];
	char status[32];

	snprintf(status, sizeof status, "%.0f", r->status);
	pane_textf(p, 1, y, r->is_running ? STYLE_KEY : status_style(r->status),
		   "%s  %s  %s  %s -> %s -> %s", r->id, r->is_running ? "running" : status,
		   show_ms(r->total_ms, total), *r->key ? r->key : "-", r->model,
		   *r->upstream ? r->upstream : "none");
	return y + 2;
}

/* --- attempts --- */

static int draw_attempts(struct pane p, int y, struct slice attempts, struct arena *a)
{
	struct json_scan scan;
	struct json_member m;
	int number = 0;

	json_scan_init(&scan, attempts);
	if (!attempts.len || *attempts.ptr != '[') {
		return y;
	}
	y = detail_heading(p, y, "ATTEMPTS");
	while (json_scan_next(&scan, &m)) {
		double status = field_num(m.value, "status");
		char ms[SHOW_BYTES];

		pane_textf(p, 3, y++, status_style(status), "%d %-14s %-20s %4.0f  %6s  %s",
			   ++number, field_str(m.value, "upstream", a),
			   field_str(m.value, "model", a), isnan(status) ? 0 : status,
			   show_ms(field_num(m.value, "ms"), ms),
			   field_str(m.value, "reason", a));
	}
	return y + 1;
}

/* Attempts one below the other on one time axis: '.' waits, '#' streams, 'x'
 * ends in an error. The last one's first token is where '#' begins. */
static void draw_bar(struct pane p, int y, double from, double to, double first, bool failed)
{
	int begin = (int)(from * p.w);
	int end = (int)(to * p.w);

	end = end <= begin ? begin + 1 : end;
	for (int x = begin; x < end; x++) {
		bool streams = !failed && (double)x / p.w >= first;

		pane_put(p, x, y, streams ? STYLE_GRAPH : STYLE_DIM, streams ? '#' : '.');
	}
	if (failed) {
		pane_put(p, end - 1 < p.w ? end - 1 : p.w - 1, y, STYLE_BAD, 'x');
	}
}

static int draw_timeline(struct pane p, int y, const struct request_view *r,
			 struct slice attempts, struct arena *a)
{
	struct json_scan scan;
	struct json_member m;
	struct pane axis = pane_sub(p, 20, 0, p.w - 22, p.h);
	char total[SHOW_BYTES];
	double at = 0;

	if (!(r->total_ms > 0) || axis.w < 10 || !attempts.len || *attempts.ptr != '[') {
		return y;
	}
	pane_text(p, 1, y, STYLE_TITLE, "TIMELINE");
	pane_text(axis, 0, y, STYLE_DIM, "0 s");
	pane_text_right(axis, axis.w, y++, STYLE_DIM, show_ms(r->total_ms, total));
	json_scan_init(&scan, attempts);
	while (json_scan_next(&scan, &m)) {
		double status = field_num(m.value, "status");
		double ms = field_num(m.value, "ms");
		bool failed = !(status >= 200 && status < 300);

		ms = isnan(ms) ? 0 : ms;
		pane_textf(pane_sub(p, 0, y, 19, 1), 3, 0, STYLE_NONE, "%s",
			   field_str(m.value, "upstream", a));
		/* Its ms end with the head; the answer itself goes on to the end. */
		draw_bar(axis, y++, at / r->total_ms, failed ? (at + ms) / r->total_ms : 1,
			 isnan(r->ttft_ms) ? 1 : r->ttft_ms / r->total_ms, failed);
		at += ms;
	}
	pane_text(axis, 0, y, STYLE_DIM, ". waiting  # streaming  x error");
	return y + 2;
}

/* --- the rest --- */

static int draw_numbers(struct pane p, int y, const struct request_view *r, struct slice json)
{
	char a[SHOW_BYTES];
	char b[SHOW_BYTES];
	char c[SHOW_BYTES];
	char d[SHOW_BYTES];

	y = detail_line(p, y, "Time", STYLE_NONE, "first token %s  total %s  own %s us",
			show_ms(r->ttft_ms, a), show_ms(r->total_ms, b),
			show_number(field_num(json, "overhead_us"), c));
	y = detail_line(p, y, "Tokens", STYLE_NONE, "in %s  cached %s  out %s  reasoning %s",
			show_number(r->tokens_in, a),
			show_number(field_num(json, "tokens.cache_read"), b),
			show_number(r->tokens_out, c),
			show_number(field_num(json, "tokens.reasoning"), d));
	y = detail_line(p, y, "Cost", STYLE_NONE, "%s USD", show_usd(r->cost_usd, a));
	return detail_line(p, y, "Bytes", STYLE_NONE, "in %s  out %s  chunks %s",
			   show_count(field_num(json, "bytes_in"), a),
			   show_count(field_num(json, "bytes_out"), b),
			   show_number(field_num(json, "chunks"), c));
}

static int draw_texts(struct pane p, int y, const struct request_view *r, struct slice json,
		      struct arena *a)
{
	y = detail_line(p, y, "Client", STYLE_NONE, "%s  key %s  %s %s", r->client, r->key,
			field_str(json, "method", a), r->path);
	y = detail_line(p, y, "Model", STYLE_NONE, "asked %s  used %s", r->model,
			*r->model_used ? r->model_used : "-");
	y = detail_line(p, y, "Format", STYLE_NONE, "%s -> %s%s",
			*r->format_in ? r->format_in : "-", *r->format_out ? r->format_out : "-",
			str_eq(r->format_in, r->format_out) ? " (pass-through)" : "");
	if (*r->error) {
		y = detail_line(p, y, "Error", STYLE_BAD, "%s", r->error);
	}
	if (*r->warnings) {
		y = detail_line(p, y, "Warnings", STYLE_WARN, "%s", r->warnings);
	}
	return y;
}

static int draw_trace(struct pane p, int y, struct slice trace, struct arena *a)
{
	struct json_scan scan;
	struct json_member m;

	if (!trace.len || *trace.ptr != '[') {
		return y;
	}
	y = detail_heading(p, y + 1, "ROUTE");
	json_scan_init(&scan, trace);
	while (json_scan_next(&scan, &m)) {
		const char *outcome = field_str(m.value, "outcome", a);
		const char *reason = field_str(m.value, "reason", a);

		pane_textf(p, 3, y++, *reason ? STYLE_DIM : STYLE_NONE, "%-16s %-20s %s",
			   field_str(m.value, "upstream", a), field_str(m.value, "model", a),
			   *reason ? reason : outcome);
	}
	return y;
}

static int draw_members(struct pane p, int y, const char *title, struct slice object,
			struct arena *a)
{
	struct json_scan scan;
	struct json_member m;

	if (!object.len || *object.ptr != '{') {
		return y;
	}
	y = detail_heading(p, y + 1, title);
	json_scan_init(&scan, object);
	while (json_scan_next(&scan, &m)) {
		pane_textf(p, 3, y++, STYLE_NONE, "%.*s: %s", (int)m.key.len, m.key.ptr,
			   member_text(&m, a));
	}
	return y;
}

static int draw_body(struct pane p, int y, const char *title, const char *body)
{
	struct slice rest = slice_of(body);
	struct slice line;

	if (!*body) {
		return y;
	}
	y = detail_heading(p, y + 1, title);
	while (slice_next(&rest, '\n', &line) && y < p.h) {
		pane_textf(p, 3, y++, STYLE_NONE, "%.*s", (int)line.len, line.ptr);
	}
	return y;
}

void request_detail_draw(const struct app *app, struct pane p, const struct request_view *r)
{
	request_detail_draw_from(app, p, r, app->detail_top);
}

void request_detail_draw_from(const struct app *app, struct pane p, const struct request_view *r,
			      int top)
{
	bool has_record = app->detail.len && str_eq(app->detail_id, r->id);
	struct slice json = has_record ? buf_slice(&app->detail) : SLICE_NULL;
	struct slice attempts = field_value(json, "attempts");
	struct arena a;
	int y = -top;

	arena_init(&a, 16 * KIB);
	y = draw_head(p, y, r);
	y = draw_attempts(p, y, attempts, &a);
	y = draw_timeline(p, y, r, attempts, &a);
	y = draw_numbers(p, y, r, json);
	y = draw_texts(p, y, r, json, &a);
	y = draw_trace(p, y, field_value(json, "candidates"), &a);
	y = draw_members(p, y, "REQUEST HEADERS (redacted)", field_value(json, "request_headers"),
			 &a);
	y = draw_members(p, y, "RESPONSE HEADERS", field_value(json, "response_headers"), &a);
	y = draw_body(p, y, "REQUEST BODY", field_str(json, "request_body", &a));
	y = draw_body(p, y, "RESPONSE BODY", field_str(json, "response_body", &a));
	if (!has_record) {
		pane_text(p, 1, y + 1, STYLE_DIM, "Enter asks the gateway for its record.");
	} else if (!field_value(json, "request_body").len) {
		pane_text(p, 1, y + 1, STYLE_DIM,
			  "Bodies are not captured (logging.capture: full).");
	}
	arena_release(&a);
}
