#include "cli/client_files.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/mem.h"

/* Beside the file: what it was before, or that it was not there. */
#define BACKUP_SUFFIX ".before-llm-gateway"
#define MARK_SUFFIX ".made-by-llm-gateway"

/* One settings file on its way through connect or undo. */
struct work {
	const struct client_file *file;
	struct buf path;
	struct buf backup_path;
	struct buf mark_path;
	struct buf text;                /* of the file; may hold keys */
	struct buf before;              /* of the backup */
	bool exists;
	bool has_backup;
	bool has_mark;
};

void client_fill(struct buf *out, const char *text, const struct client_values *values)
{
	while (*text) {
		if (str_starts(text, "{url}")) {
			buf_adds(out, values->url);
			text += 5;
		} else if (str_starts(text, "{key}")) {
			buf_adds(out, values->key);
			text += 5;
		} else {
			buf_addc(out, *text++);
		}
	}
}

bool client_file_path(const struct client_file *file, struct buf *path)
{
	const char *chosen = file->variable ? getenv(file->variable) : NULL;
	const char *home = getenv("HOME");

	if (!str_empty(chosen)) {
		buf_addf(path, "%s/%s", chosen, file->name);
		return true;
	}
	if (str_empty(home)) {
		return false;
	}
	buf_addf(path, "%s/%s%s%s", home, file->directory, *file->directory ? "/" : "",
		 file->name);
	return true;
}

static bool set_one(enum settings_format format, const char *path, const char *value,
		    struct buf *text, struct err *err)
{
	struct buf raw = BUF_INIT(MAX_SECRET_BYTES);
	struct buf next = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok;

	settings_quote(format, value, &raw);
	ok = settings_set(format, buf_slice(text), path, buf_slice(&raw), &next, err);
	if (ok) {
		buf_wipe(text);
		*text = next;
	} else {
		buf_wipe(&next);
	}
	buf_wipe(&raw);
	return ok;
}

static bool set_all(const struct client_file *file, const struct client_values *values,
		    struct buf *text, struct err *err)
{
	for (const struct client_setting *s = file->settings; s->path; s++) {
		struct buf value = BUF_INIT(MAX_SECRET_BYTES);
		bool ok;

		client_fill(&value, s->value, values);
		ok = set_one(file->format, s->path, buf_text(&value), text, err);
		buf_wipe(&value);
		if (!ok) {
			return false;
		}
	}
	return true;
}

bool client_file_preview(const struct client_file *file, const struct client_values *values,
			 struct buf *out, struct err *err)
{
	return set_all(file, values, out, err);
}

static void work_release(struct work *w)
{
	buf_release(&w->path);
	buf_release(&w->backup_path);
	buf_release(&w->mark_path);
	buf_wipe(&w->text);
	buf_wipe(&w->before);
}

static bool work_begin(struct work *w, const struct client_file *file, struct err *err)
{
	*w = (struct work){
		.file = file,
		.path = BUF_INIT(8 * KIB),
		.backup_path = BUF_INIT(8 * KIB),
		.mark_path = BUF_INIT(8 * KIB),
		.text = BUF_INIT(MAX_CONFIG_BYTES),
		.before = BUF_INIT(MAX_CONFIG_BYTES),
	};
	if (!client_file_path(file, &w->path)) {
		return err_setf(err, ERR_FAILED, "no home directory: HOME is not set");
	}
	buf_addf(&w->backup_path, "%s" BACKUP_SUFFIX, buf_text(&w->path));
	buf_addf(&w->mark_path, "%s" MARK_SUFFIX, buf_text(&w->path));
	w->exists = file_exists(buf_text(&w->path));
	w->has_backup = file_exists(buf_text(&w->backup_path));
	w->has_mark = file_exists(buf_text(&w->mark_path));
	return (!w->exists || file_read(buf_text(&w->path), &w->text, err)) &&
	       (!w->has_backup || file_read(buf_text(&w->backup_path), &w->before, err));
}

static bool make_directory(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *directory = xstrndup(path, slash ? (size_t)(slash - path) : 0);
	bool ok = !*directory || file_exists(directory) || file_make_dir(directory, 0700, err);

	free(directory);
	return ok;
}

/* With a key in it the file is for its owner alone. */
static mode_t private_mode(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 0700 : 0600;
}

/* Before the first change only: connecting again keeps what was there before
 * all of it. */
static bool remember(const struct work *w, struct err *err)
{
	if (w->has_backup || w->has_mark) {
		return true;
	}
	if (w->exists) {
		return file_write(buf_text(&w->backup_path), buf_slice(&w->text),
				  private_mode(buf_text(&w->path)), err);
	}
	return file_write(buf_text(&w->mark_path), SLICE_NULL, 0600, err);
}

static bool write_connected(struct work *w, const struct client_values *values,
			    struct err *err)
{
	const char *path = buf_text(&w->path);
	struct buf text = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok;

	buf_add(&text, buf_text(&w->text), w->text.len);
	ok = set_all(w->file, values, &text, err);
	if (!ok) {
		err_wrapf(err, "%s", path);
		err_hintf(err, "set it by hand; --print shows what");
	}
	ok = ok && make_directory(path, err) && remember(w, err) &&
	     file_write(path, buf_slice(&text), private_mode(path), err);
	buf_wipe(&text);
	return ok;
}

bool client_file_connect(const struct client_file *file, const struct client_values *values,
			 struct err *err)
{
	struct work w;
	bool ok = work_begin(&w, file, err) && write_connected(&w, values, err);

	work_release(&w);
	return ok;
}

/* Would connect, with the values that the file has now, have made exactly
 * this file? Then nobody else changed it. */
static bool is_untouched(const struct work *w)
{
	struct buf made = BUF_INIT(MAX_CONFIG_BYTES);
	bool same = true;

	buf_add(&made, buf_text(&w->before), w->before.len);
	for (const struct client_setting *s = w->file->settings; same && s->path; s++) {
		struct buf raw = BUF_INIT(MAX_SECRET_BYTES);
		struct buf next = BUF_INIT(MAX_CONFIG_BYTES);

		same = settings_get(w->file->format, buf_slice(&w->text), s->path, &raw) &&
		       settings_set(w->file->format, buf_slice(&made), s->path, buf_slice(&raw),
				    &next, NULL);
		buf_wipe(&raw);
		buf_wipe(&made);
		made = next;
	}
	same = same && made.len == w->text.len &&
	       memcmp(buf_text(&made), buf_text(&w->text), made.len) == 0;
	buf_wipe(&made);
	return same;
}

static bool restore_all(struct work *w, struct err *err)
{
	const char *path = buf_text(&w->path);

	if (w->has_backup) {
		return rename(buf_text(&w->backup_path), path) == 0 ||
		       err_errno(err, "cannot put back %s", path);
	}
	if (w->exists && unlink(path) != 0) {
		return err_errno(err, "cannot remove %s", path);
	}
	unlink(buf_text(&w->mark_path));
	return true;
}

static bool restore_one(struct work *w, const struct client_setting *s, struct err *err)
{
	enum settings_format format = w->file->format;
	struct buf raw = BUF_INIT(MAX_SECRET_BYTES);
	struct buf next = BUF_INIT(MAX_CONFIG_BYTES);
	bool ok;

	if (settings_get(format, buf_slice(&w->before), s->path, &raw)) {
		ok = settings_set(format, buf_slice(&w->text), s->path, buf_slice(&raw), &next,
				  err);
	} else {
		ok = settings_remove(format, buf_slice(&w->text), s->path, &next, err);
	}
	buf_wipe(&raw);
	if (ok) {
		buf_wipe(&w->text);
		w->text = next;
	}
	return ok;
}

static bool restore_values(struct work *w, struct err *err)
{
	const char *path = buf_text(&w->path);

	for (const struct client_setting *s = w->file->settings; s->path; s++) {
		if (!restore_one(w, s, err)) {
			return err_wrapf(err, "%s", path);
		}
	}
	if (!file_write(path, buf_slice(&w->text), private_mode(path), err)) {
		return false;
	}
	unlink(buf_text(w->has_backup ? &w->backup_path : &w->mark_path));
	return true;
}

bool client_file_undo(const struct client_file *file, bool *was_connected, struct err *err)
{
	struct work w;
	bool ok = work_begin(&w, file, err);

	*was_connected = ok && (w.has_backup || w.has_mark);
	if (*was_connected) {
		ok = !w.exists || is_untouched(&w) ? restore_all(&w, err)
						   : restore_values(&w, err);
	}
	work_release(&w);
	return ok;
}

bool client_file_is_connected(const struct client_file *file, const char *url)
{
	const struct client_values values = { url, "" };
	struct work w;
	bool connected = work_begin(&w, file, NULL) && w.exists;

	for (const struct client_setting *s = file->settings; connected && s->path; s++) {
		struct buf want = BUF_INIT(8 * KIB);
		struct buf quoted = BUF_INIT(8 * KIB);
		struct buf raw = BUF_INIT(MAX_SECRET_BYTES);

		client_fill(&want, s->value, &values);
		settings_quote(file->format, buf_text(&want), &quoted);
		connected = settings_get(file->format, buf_slice(&w.text), s->path, &raw) &&
			    (strstr(s->value, "{key}") ||
			     str_eq(buf_text(&raw), buf_text(&quoted)));
		buf_release(&want);
		buf_release(&quoted);
		buf_wipe(&raw);
	}
	work_release(&w);
	return connected;
}
