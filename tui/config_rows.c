#include "tui/config_rows.h"

#include "base/json_scan.h"
#include "tui/fields.h"

#define MAX_DEPTH 6 /* the schema has four */

struct flattening {
	struct arena *arena;
	struct config_row *rows;
	size_t count;
};

static void add(struct flattening *f, const char *path, const char *value)
{
	if (f->count < MAX_CONFIG_ROWS) {
		f->rows[f->count++] = (struct config_row){ path, value };
	}
}

static bool has_objects(struct slice array)
{
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, array);
	return json_scan_next(&scan, &m) && m.kind == JSON_OBJECT;
}

static size_t entries(struct slice value)
{
	struct json_scan scan;
	struct json_member m;
	size_t count = 0;

	json_scan_init(&scan, value);
	while (json_scan_next(&scan, &m)) {
		count++;
	}
	return count;
}

static void flatten(struct flattening *f, const char *prefix, struct slice object, int depth)
{
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, object);
	while (json_scan_next(&scan, &m)) {
		const char *path = arena_printf(f->arena, "%s%s%.*s", prefix, *prefix ? "." : "",
						(int)m.key.len, m.key.ptr);

		if (m.kind == JSON_OBJECT && depth < MAX_DEPTH && entries(m.value)) {
			flatten(f, path, m.value, depth + 1);
		} else if (m.kind == JSON_ARRAY && has_objects(m.value)) {
			add(f, path, arena_printf(f->arena, "%zu entries", entries(m.value)));
		} else {
			add(f, path, member_text(&m, f->arena));
		}
	}
}

size_t config_rows(struct slice effective, struct arena *a, struct config_row *rows)
{
	struct flattening f = { .arena = a, .rows = rows };

	if (effective.len && *effective.ptr == '{') {
		flatten(&f, "", effective, 0);
	}
	return f.count;
}
