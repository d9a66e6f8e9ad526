#include "server/log_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json_scan.h"
#include "base/limits.h"
#include "base/mem.h"

/* Lines of one flush; beyond it they go out early. */
#define BATCH_BYTES (256 * KIB)

enum stream_id { STREAM_GENERAL, STREAM_REQUESTS, STREAM_ERRORS, STREAM_COUNT };

/* One file that is being written. */
struct stream {
	const char *folder;             /* below the base; "": in it */
	char date[CLOCK_TEXT_BYTES];    /* of the open file; "" for general.log */
	char *path;
	int fd;                         /* -1: not open */
	int64_t size_bytes;
	struct buf pending;
	bool has_failed;                /* already said so */
};

struct log_files {
	pthread_mutex_t lock;           /* guards all below, held over I/O */
	char *dir;                      /* NULL: not configured yet */
	bool is_separate;
	bool is_json;
	int64_t max_file_bytes;
	int64_t max_age_ms;
	struct stream streams[STREAM_COUNT];
};

struct log_files *log_files_create(void)
{
	static const char *const folders[] = { "", "requests", "errors" };
	struct log_files *f = xcalloc(1, sizeof *f);

	pthread_mutex_init(&f->lock, NULL);
	for (int i = 0; i < STREAM_COUNT; i++) {
		f->streams[i].folder = folders[i];
		f->streams[i].fd = -1;
		buf_init(&f->streams[i].pending, 2 * BATCH_BYTES);
	}
	return f;
}

static void close_stream(struct stream *s)
{
	if (s->fd >= 0) {
		close(s->fd);
	}
	s->fd = -1;
	free(s->path);
	s->path = NULL;
}

void log_files_destroy(struct log_files *f)
{
	if (!f) {
		return;
	}
	for (int i = 0; i < STREAM_COUNT; i++) {
		close_stream(&f->streams[i]);
		buf_release(&f->streams[i].pending);
	}
	pthread_mutex_destroy(&f->lock);
	free(f->dir);
	free(f);
}

void log_files_configure(struct log_files *f, const char *home,
			 const struct logging_config *config)
{
	char *dir = config->base_dir[0] == '/' ? xstrdup(config->base_dir) :
						 xasprintf("%s/%s", home, config->base_dir);
	char *general = xasprintf("%s/general.log", dir);

	log_on_crash(general);
	free(general);
	pthread_mutex_lock(&f->lock);
	if (!str_eq(dir, f->dir)) {
		for (int i = 0; i < STREAM_COUNT; i++) {
			close_stream(&f->streams[i]);
			f->streams[i].has_failed = false;
		}
	}
	free(f->dir);
	f->dir = dir;
	f->is_separate = config->separate_files;
	f->is_json = config->format_json;
	f->max_file_bytes = config->max_file_bytes;
	f->max_age_ms = config->max_age_ms;
	pthread_mutex_unlock(&f->lock);
}

/* "general.log", "requests/2026-11-21.log", or with a suffix once full. */
static char *stream_path(const struct log_files *f, const struct stream *s,
			 const char *suffix)
{
	if (!*s->folder) {
		return xasprintf("%s/general%s.log", f->dir, suffix);
	}
	return xasprintf("%s/%s/%s%s.log", f->dir, s->folder, s->date, suffix);
}

static bool open_stream(struct log_files *f, struct stream *s, struct err *err)
{
	char *dir = xasprintf("%s/%s", f->dir, s->folder);
	bool ok = file_make_dir(dir, 0700, err);
	struct stat st;

	free(dir);
	if (!ok) {
		return false;
	}
	s->path = stream_path(f, s, "");
	s->fd = open(s->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (s->fd < 0) {
		err_errno(err, "%s", s->path);
		close_stream(s);
		return false;
	}
	s->size_bytes = fstat(s->fd, &st) == 0 ? st.st_size : 0;
	return true;
}

/* Gives a full file the name of this moment and begins anew. */
static void rotate(struct log_files *f, struct stream *s)
{
	char suffix[64];
	char *full;

	snprintf(suffix, sizeof suffix, "-%lld", (long long)clock_wall_ms());
	full = stream_path(f, s, suffix);
	rename(s->path, full);
	free(full);
	close_stream(s);
}

static bool write_out(struct stream *s, struct err *err)
{
	struct slice rest = buf_slice(&s->pending);

	while (rest.len) {
		ssize_t put = write(s->fd, rest.ptr, rest.len);

		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put <= 0) {
			return err_errno(err, "%s", s->path);
		}
		rest.ptr += put;
		rest.len -= (size_t)put;
		s->size_bytes += put;
	}
	return true;
}

/* A full disk costs log lines, never requests; it is said once. */
static void flush_stream(struct log_files *f, struct stream *s)
{
	char today[CLOCK_TEXT_BYTES] = "";
	struct err err = ERR_INIT;
	bool ok;

	if (!s->pending.len || !f->dir) {
		return;
	}
	if (*s->folder) {
		clock_local_date(clock_wall_ms(), today);
	}
	if (s->fd >= 0 && !str_eq(today, s->date)) {
		close_stream(s);
	}
	str_copy(s->date, sizeof s->date, today);
	ok = (s->fd >= 0 || open_stream(f, s, &err)) && write_out(s, &err);
	buf_clear(&s->pending);
	s->pending.failed = false;
	if (!ok && !s->has_failed) {
		log_warn("log", "log lines are lost: %s", err.msg);
	}
	s->has_failed = !ok;
	if (ok && f->max_file_bytes && s->size_bytes >= f->max_file_bytes) {
		rotate(f, s);
	}
}

static void add_text_value(struct buf *out, const struct json_member *m)
{
	struct buf plain = BUF_INIT(m->value.len + 8);

	if (m->kind == JSON_STRING && json_unquote(m->value, &plain)) {
		for (size_t i = 0; i < plain.len; i++) {
			unsigned char c = (unsigned char)plain.ptr[i];

			if (c < 0x20 || c == 0x7f) {
				buf_addf(out, "\\x%02x", c);
			} else {
				buf_addc(out, (char)c);
			}
		}
	} else {
		buf_add(out, m->value.ptr, m->value.len);
	}
	buf_release(&plain);
}

/* A JSON line as "time level area: message name=value…". */
static void add_as_text(struct slice json, struct buf *out)
{
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, json);
	while (json_scan_next(&scan, &m)) {
		if (json_key_is(&m, "ts")) {
			add_text_value(out, &m);
		} else if (json_key_is(&m, "level") || json_key_is(&m, "area")) {
			buf_addc(out, ' ');
			add_text_value(out, &m);
		} else if (json_key_is(&m, "msg")) {
			buf_adds(out, ": ");
			add_text_value(out, &m);
		} else {
			buf_addf(out, " %.*s=", (int)m.key.len, m.key.ptr);
			add_text_value(out, &m);
		}
	}
	buf_addc(out, '\n');
}

static void add_line(struct log_files *f, enum stream_id id, struct slice json)
{
	struct stream *s = &f->streams[id];

	if (f->is_json) {
		buf_add(&s->pending, json.ptr, json.len);
	} else {
		add_as_text(json, &s->pending);
	}
	if (s->pending.len >= BATCH_BYTES) {
		flush_stream(f, s);
	}
}

void log_files_write(void *ctx, enum log_level level, bool is_request,
		     const char *json_line, size_t len)
{
	struct log_files *f = ctx;
	const struct slice line = { json_line, len };

	pthread_mutex_lock(&f->lock);
	if (!json_line) {
		for (int i = 0; i < STREAM_COUNT; i++) {
			flush_stream(f, &f->streams[i]);
		}
	} else {
		add_line(f, is_request && f->is_separate ? STREAM_REQUESTS : STREAM_GENERAL,
			 line);
		if (level == LOG_ERROR && f->is_separate) {
			add_line(f, STREAM_ERRORS, line);
		}
	}
	pthread_mutex_unlock(&f->lock);
}

/* Only what this module names like its own, so that a base_dir with other
 * files in it loses none of them. */
static bool is_log_name(const char *name, bool is_general)
{
	if (!str_ends(name, ".log")) {
		return false;
	}
	return is_general ? str_starts(name, "general-") : name[0] >= '0' && name[0] <= '9';
}

static void sweep_dir(const char *dir, bool is_general, int64_t before_ms)
{
	DIR *open = opendir(dir);
	struct dirent *entry;

	while (open && (entry = readdir(open))) {
		char *path = xasprintf("%s/%s", dir, entry->d_name);
		struct stat st;

		if (is_log_name(entry->d_name, is_general) && stat(path, &st) == 0 &&
		    st.st_mtim.tv_sec * 1000LL < before_ms) {
			unlink(path);
		}
		free(path);
	}
	if (open) {
		closedir(open);
	}
}

void log_files_sweep(struct log_files *f, int64_t now_ms)
{
	pthread_mutex_lock(&f->lock);
	for (int i = 0; f->dir && f->max_age_ms && i < STREAM_COUNT; i++) {
		char *dir = xasprintf("%s/%s", f->dir, f->streams[i].folder);

		sweep_dir(dir, i == STREAM_GENERAL, now_ms - f->max_age_ms);
		free(dir);
	}
	pthread_mutex_unlock(&f->lock);
}
