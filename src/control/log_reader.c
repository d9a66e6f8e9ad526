/*
 * Reads the log files of a home (their writer: server/log_files.c). General
 * lines and request lines lie apart, so they are merged by time. Only the end
 * of each of the newest files is looked at.
 */
#include "control/log_lines.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"

/* Of one file, its end; of all, the newest. */
#define TAIL_BYTES (4 * MIB)
#define MOST_FILES 32

struct log_file {
	char *path;
	int64_t changed_ms;
};

/* One line; both borrowed from the file's text. */
struct log_line {
	struct slice ts;
	struct slice text;
	size_t order;
};

struct lines {
	struct log_line *items;
	size_t count;
	size_t capacity;
};

static int newest_first(const void *a, const void *b)
{
	const struct log_file *x = *(struct log_file *const *)a;
	const struct log_file *y = *(struct log_file *const *)b;

	return (x->changed_ms < y->changed_ms) - (x->changed_ms > y->changed_ms);
}

static void find_files(const char *dir, int64_t since_ms, struct vec *files)
{
	DIR *open = opendir(dir);
	struct dirent *entry;
	struct stat st;

	while (open && (entry = readdir(open))) {
		char *path = xasprintf("%s/%s", dir, entry->d_name);
		bool fits = str_ends(entry->d_name, ".log") && stat(path, &st) == 0 &&
			    S_ISREG(st.st_mode);
		int64_t changed_ms = fits ? st.st_mtim.tv_sec * 1000LL + 999 : 0;
		struct log_file *file;

		if (!fits || changed_ms < since_ms) {
			free(path);
			continue;
		}
		file = xmalloc(sizeof *file);
		*file = (struct log_file){ path, changed_ms };
		vec_push(files, file);
	}
	if (open) {
		closedir(open);
	}
}

/* The end of the file, from the beginning of a line. */
static void read_tail(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
	off_t from = size > (off_t)TAIL_BYTES ? size - (off_t)TAIL_BYTES : 0;
	const char *first;

	while (size > from && buf_reserve(out, (size_t)(size - from))) {
		ssize_t got = pread(fd, out->ptr + out->len, (size_t)(size - from),
				    from + (off_t)out->len);

		if (got <= 0) {
			break;
		}
		out->len += (size_t)got;
		out->ptr[out->len] = '\0';
		size -= got;
	}
	if (fd >= 0) {
		close(fd);
	}
	first = from && out->len ? memchr(out->ptr, '\n', out->len) : NULL;
	if (first) {
		buf_drop(out, (size_t)(first + 1 - out->ptr));
	}
}

/* Every line begins with its time, in either format of the files:
 * {"ts":"2026-…Z", or 2026-…Z; as text it is compared. */
static bool line_time(struct slice line, struct slice *ts)
{
	static const char json[] = "{\"ts\":\"";
	size_t skip = sizeof json - 1;
	size_t width = strlen("2026-01-01T00:00:00.000Z");

	if (line.len > skip && memcmp(line.ptr, json, skip) == 0) {
		line.ptr += skip;
		line.len -= skip;
	}
	*ts = (struct slice){ line.ptr, width };
	return line.len > width && line.ptr[width - 1] == 'Z';
}

static void add_lines(struct slice text, struct lines *lines)
{
	struct slice line;

	while (slice_next(&text, '\n', &line)) {
		struct slice ts;

		if (!line_time(line, &ts)) {
			continue;
		}
		if (lines->count == lines->capacity) {
			lines->capacity = lines->capacity ? 2 * lines->capacity : 256;
			lines->items = xrealloc(lines->items,
						lines->capacity * sizeof *lines->items);
		}
		lines->items[lines->count] = (struct log_line){ ts, line, lines->count };
		lines->count++;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct log_line *x = a;
	const struct log_line *y = b;
	int diff = memcmp(x->ts.ptr, y->ts.ptr, x->ts.len);

	return diff ? diff : (x->order > y->order) - (x->order < y->order);
}

/* "2026-…Z level area: message fields" as the JSON line it was. */
static void text_to_json(const struct log_line *line, struct buf *out)
{
	struct slice rest = { line->text.ptr + line->ts.len,
			      line->text.len - line->ts.len };
	struct slice level;
	struct json_writer w;

	rest = slice_trim(rest);
	if (!slice_next(&rest, ' ', &level)) {
		level = slice_of("info");
	}
	json_open(&w, out);
	json_object(&w);
	json_key(&w, "ts");
	json_strn(&w, line->ts);
	json_key(&w, "level");
	json_strn(&w, level);
	json_key(&w, "msg");
	json_strn(&w, slice_trim(rest));
	json_end(&w);
}

/* The newest `limit` that pass, oldest first. */
static void write_lines(const struct lines *lines, const struct log_filter *filter,
			struct json_writer *w)
{
	struct vec taken = { 0 };

	for (size_t i = lines->count; i-- && taken.len < filter->limit;) {
		const struct log_line *line = &lines->items[i];
		struct buf json = BUF_INIT(64 * KIB);

		if (line->text.ptr[0] == '{') {
			buf_add(&json, line->text.ptr, line->text.len);
		} else {
			text_to_json(line, &json);
		}
		if (json.len && log_filter_takes(filter, buf_slice(&json))) {
			vec_push(&taken, buf_detach(&json));
		}
		buf_release(&json);
	}
	json_array(w);
	while (taken.len) {
		char *text = vec_pop(&taken);

		json_raw(w, slice_of(text));
		free(text);
	}
	json_end(w);
	vec_release(&taken);
}

void log_read_files(const char *dir, const struct log_filter *filter, struct json_writer *w)
{
	struct vec files = { 0 };
	struct lines lines = { 0 };
	struct buf texts[MOST_FILES];
	char *requests = xasprintf("%s/requests", dir);

	find_files(dir, filter->since_ms, &files);
	find_files(requests, filter->since_ms, &files);
	if (files.len) {
		qsort(files.items, files.len, sizeof *files.items, newest_first);
	}
	for (size_t i = 0; i < files.len; i++) {
		struct log_file *file = files.items[i];

		if (i < MOST_FILES) {
			buf_init(&texts[i], TAIL_BYTES + 1);
			read_tail(file->path, &texts[i]);
			add_lines(buf_slice(&texts[i]), &lines);
		}
		free(file->path);
		free(file);
	}
	if (lines.count) {
		qsort(lines.items, lines.count, sizeof *lines.items, by_time);
	}
	write_lines(&lines, filter, w);
	for (size_t i = 0; i < files.len && i < MOST_FILES; i++) {
		buf_release(&texts[i]);
	}
	free(lines.items);
	free(requests);
	vec_release(&files);
}
