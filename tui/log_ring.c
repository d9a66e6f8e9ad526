#include "tui/log_ring.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "tui/fields.h"

static void clear(struct log_entry *e)
{
	free(e->area);
	free(e->text);
	free(e->trace_id);
	*e = (struct log_entry){ 0 };
}

void log_ring_release(struct log_ring *r)
{
	for (size_t i = 0; i < r->count; i++) {
		clear(&r->entries[(r->first + i) % LOG_RING_LINES]);
	}
	free(r->entries);
	*r = (struct log_ring){ 0 };
}

static struct log_entry *next_entry(struct log_ring *r)
{
	struct log_entry *e;

	if (!r->entries) {
		r->entries = xcalloc(LOG_RING_LINES, sizeof *r->entries);
	}
	if (r->count == LOG_RING_LINES) {
		clear(&r->entries[r->first]);
		r->first = (r->first + 1) % LOG_RING_LINES;
		r->count--;
	}
	e = &r->entries[(r->first + r->count++) % LOG_RING_LINES];
	e->number = ++r->taken;
	snprintf(e->id, sizeof e->id, "%llu", (unsigned long long)e->number);
	return e;
}

static bool is_own_column(const struct json_member *m)
{
	return json_key_is(m, "ts") || json_key_is(m, "level") || json_key_is(m, "area") ||
	       json_key_is(m, "msg");
}

/* "message key=value key=value". */
static void line_text(struct slice json, struct buf *out, struct arena *a)
{
	struct json_scan scan;
	struct json_member m;

	buf_adds(out, field_str(json, "msg", a));
	json_scan_init(&scan, json);
	while (json_scan_next(&scan, &m)) {
		if (!is_own_column(&m) && m.kind != JSON_NULL) {
			buf_addf(out, " %.*s=%s", (int)m.key.len, m.key.ptr, member_text(&m, a));
		}
	}
}

void log_ring_add(struct log_ring *r, struct slice json)
{
	struct log_entry *e = next_entry(r);
	struct buf text = BUF_INIT(4 * MAX_LOG_LINE_BYTES);
	enum log_level level = LOG_INFO;
	struct arena arena;

	arena_init(&arena, 4 * KIB);
	line_text(json, &text, &arena);
	log_level_by_name(field_str(json, "level", &arena), &level);
	e->level = (int)level;
	e->at_ms = field_time(json, "ts");
	e->area = xstrdup(field_str(json, "area", &arena));
	e->trace_id = xstrdup(field_str(json, "trace_id", &arena));
	e->text = buf_detach(&text);
	arena_release(&arena);
}

void log_ring_say(struct log_ring *r, int64_t at_ms, int level, const char *text)
{
	struct log_entry *e = next_entry(r);

	e->at_ms = at_ms;
	e->level = level;
	e->area = xstrdup("tui");
	e->text = xstrdup(text);
	e->trace_id = xstrdup("");
}

const struct log_entry *log_ring_at(const struct log_ring *r, size_t index)
{
	return &r->entries[(r->first + r->count - 1 - index) % LOG_RING_LINES];
}
