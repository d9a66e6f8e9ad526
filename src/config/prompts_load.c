#include "config/prompts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "config/decode.h"
#include "config/prompt_text.h"

#define NAME_BYTES 256
#define SCRATCH_BLOCK_BYTES (4 * KIB)
#define FIELD(member) .offset = offsetof(struct prompt, member)
#define WORDS(...) .words = (const char *const[]){ __VA_ARGS__, NULL }

/* The head of a file. */
static const struct schema_key head_keys[] = {
	{ "position", KEY_SWITCH, FIELD(is_after), .fallback = "before",
	  WORDS("before", "after") },
	{ "separator", KEY_TEXT, FIELD(separator), .fallback = "double-newline" },
	{ "custom_separator", KEY_TEXT, FIELD(custom_separator) },
	{ "models", KEY_LIST, FIELD(models) },
	{ "enabled", KEY_BOOL, FIELD(is_enabled), .fallback = "true" },
	{ "priority", KEY_INT, FIELD(priority), .fallback = "100", .max = 1000000 },
};
static const struct schema_table head_table = {
	.keys = head_keys, .count = ARRAY_LEN(head_keys), .bytes = sizeof(struct prompt),
};

/* One reading of everything there is. */
struct reading {
	struct config *config;
	const char *directory;
	struct vec prompts;             /* struct prompt *, in the snapshot's arena */
	struct vec warnings;            /* char *, likewise */
	size_t total_bytes;
};

static void complain(struct reading *r, const char *name, const char *why)
{
	vec_push(&r->warnings, arena_printf(&r->config->arena, "%s/%s is left out: %s",
					    r->directory, name, why));
}

/* ---- one text ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice without_space_around(struct slice s)
{
	while (s.len && is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_space(s.ptr[s.len - 1])) {
		s.len--;
	}
	return s;
}

static struct prompt *new_prompt(struct reading *r, const char *name)
{
	struct prompt *p = arena_zalloc(&r->config->arena, sizeof *p);

	decode_defaults(&r->config->arena, &head_table, p);
	p->name = arena_strdup(&r->config->arena, name);
	return p;
}

/* The words of the head stand for what is hard to write there. */
static const char *separator_text(const struct prompt *p)
{
	static const struct string_pair words[] = {
		{ "double-newline", "\n\n" }, { "newline", "\n" }, { "none", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq(p->separator, words[i].name)) {
			return words[i].value;
		}
	}
	return str_eq(p->separator, "custom") ? p->custom_separator : p->separator;
}

static void keep(struct reading *r, struct prompt *p, struct slice text, bool takes_variables)
{
	struct buf out = BUF_INIT(MAX_PROMPT_BYTES);

	prompt_text_read(without_space_around(text), takes_variables, &out);
	r->total_bytes += out.len;
	if (out.failed || r->total_bytes > MAX_PROMPTS_BYTES) {
		complain(r, p->name, "it is too long");
	} else if (p->is_enabled && out.len) {
		p->separator = separator_text(p);
		p->text = arena_slice(&r->config->arena, buf_slice(&out));
		vec_push(&r->prompts, p);
	}
	buf_release(&out);
}

static void add_aliases(struct reading *r)
{
	const struct config *c = r->config;

	for (size_t i = 0; i < c->alias_count; i++) {
		const struct model_alias *alias = &c->aliases[i];
		struct prompt *p;

		if (!str_empty(alias->system_prompt)) {
			p = new_prompt(r, alias->name);
			p->model = alias->name;
			keep(r, p, slice_of(alias->system_prompt), false);
		}
	}
}

/* ---- files ---- */

/* Cuts a head off `text`: from a first line of three dashes to the next. */
static bool cut_head(struct slice *text, struct slice *head)
{
	struct slice rest = *text;
	struct slice line;

	if (!slice_next(&rest, '\n', &line) ||
	    !slice_eq(without_space_around(line), "---")) {
		return false;
	}
	while (slice_next(&rest, '\n', &line)) {
		if (slice_eq(without_space_around(line), "---")) {
			*head = (struct slice){ text->ptr, (size_t)(line.ptr - text->ptr) };
			*text = rest;
			return true;
		}
	}
	return false;
}

static bool read_head(struct reading *r, struct slice head, struct prompt *p, struct err *err)
{
	struct load l = { .config = r->config, .name = p->name, .err = err };
	const struct node *root = NULL;
	struct arena nodes;
	bool ok;

	arena_init(&nodes, SCRATCH_BLOCK_BYTES);
	l.scratch = &nodes;
	ok = node_parse(p->name, head, &nodes, &root, err) &&
	     (!root || decode_table(&l, &head_table, root, "", p));
	arena_release(&nodes);
	vec_release(&l.warnings);
	return ok;
}

static void add_text(struct reading *r, const char *name, struct slice text)
{
	struct prompt *p = new_prompt(r, name);
	struct err err = ERR_INIT;
	struct slice head;

	if (slice_starts(text, "\xef\xbb\xbf")) {
		text.ptr += 3;
		text.len -= 3;
	}
	if (str_ends(name, ".txt")) {
		p->model = arena_strndup(&r->config->arena, name, strlen(name) - strlen(".txt"));
	} else if (cut_head(&text, &head) && !read_head(r, head, p, &err)) {
		complain(r, name, err.msg);
		return;
	}
	keep(r, p, text, true);
}

/* A pipe or device must not hold the keeper, so it is opened without waiting
 * and then seen to be none. */
static int open_file(int directory, const char *name, struct stat *st, const char **why)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		*why = errno == ELOOP ? "it is a symbolic link" : "it cannot be opened";
		return -1;
	}
	*why = fstat(fd, st) != 0 || !S_ISREG(st->st_mode) ? "it is no file" :
	       st->st_size > (off_t)MAX_PROMPT_BYTES ? "it is too long" : NULL;
	if (*why) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool read_all(int fd, struct buf *out)
{
	ssize_t got = 0;

	while (buf_reserve(out, 4096) && (got = read(fd, out->ptr + out->len, 4096)) != 0) {
		if (got < 0 && errno != EINTR) {
			return false;
		}
		out->len += got > 0 ? (size_t)got : 0;
	}
	return !out->failed;
}

static void add_file(struct reading *r, int directory, const char *name)
{
	struct buf text = BUF_INIT(MAX_PROMPT_BYTES + 8192);
	const char *why = NULL;
	struct stat st;
	int fd = open_file(directory, name, &st, &why);

	if (fd >= 0) {
		why = !read_all(fd, &text) ? "it cannot be read" :
		      !utf8_is_valid(buf_text(&text), text.len) ||
		      memchr(buf_text(&text), '\0', text.len) ? "it is not UTF-8 text" : NULL;
		close(fd);
	}
	if (why) {
		complain(r, name, why);
	} else {
		add_text(r, name, buf_slice(&text));
	}
	buf_release(&text);
}

static bool is_prompt_name(const char *name)
{
	return name[0] != '.' && strlen(name) < NAME_BYTES &&
	       (str_ends(name, ".txt") || str_ends(name, ".md"));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The order of a directory is nobody's: sorted, the same ones are read every
 * time should there be too many. */
static void list_names(struct reading *r, DIR *dir, struct vec *names)
{
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (is_prompt_name(entry->d_name)) {
			vec_push(names, arena_strdup(&r->config->arena, entry->d_name));
		}
	}
	if (names->len) {
		qsort(names->items, names->len, sizeof *names->items, compare_names);
	}
}

static void add_directory(struct reading *r)
{
	int fd = open(r->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct vec names = { .len = 0 };

	if (!dir) {
		vec_push(&r->warnings, arena_printf(&r->config->arena, "%s: no such directory; "
						    "expected the one of the system prompts",
						    r->directory));
		return;
	}
	list_names(r, dir, &names);
	for (size_t i = 0; i < names.len && i < MAX_PROMPT_FILES; i++) {
		add_file(r, fd, names.items[i]);
	}
	if (names.len > MAX_PROMPT_FILES) {
		complain(r, names.items[MAX_PROMPT_FILES], "there are too many files, and so "
			 "is what comes after it");
	}
	vec_release(&names);
	closedir(dir);
}

/* ---- all of them ---- */

static int compare_prompts(const void *a, const void *b)
{
	const struct prompt *x = *(const struct prompt *const *)a;
	const struct prompt *y = *(const struct prompt *const *)b;

	return x->priority != y->priority ? (x->priority > y->priority ? 1 : -1)
					  : strcmp(x->name, y->name);
}

static void publish(struct reading *r)
{
	struct config *c = r->config;
	struct string_list warnings = { .count = c->warnings.count };

	if (r->prompts.len) {
		qsort(r->prompts.items, r->prompts.len, sizeof *r->prompts.items,
		      compare_prompts);
	}
	c->prompts = arena_alloc(&c->arena, (r->prompts.len + 1) * sizeof *c->prompts);
	for (size_t i = 0; i < r->prompts.len; i++) {
		c->prompts[c->prompt_count++] = *(const struct prompt *)r->prompts.items[i];
	}
	warnings.items = arena_alloc(&c->arena, (warnings.count + r->warnings.len + 1) *
						sizeof *warnings.items);
	for (size_t i = 0; i < warnings.count; i++) {
		warnings.items[i] = c->warnings.items[i];
	}
	for (size_t i = 0; i < r->warnings.len; i++) {
		warnings.items[warnings.count++] = r->warnings.items[i];
	}
	c->warnings = warnings;
}

void prompts_load(struct config *c, const char *home)
{
	struct reading r = { .config = c };
	struct buf directory = BUF_INIT(MAX_ERR_MSG + 4 * KIB);

	add_aliases(&r);
	if (c->proxy.enable_system_prompt) {
		prompts_directory(c, home, &directory);
		r.directory = buf_text(&directory);
		add_directory(&r);
	}
	publish(&r);
	vec_release(&r.prompts);
	vec_release(&r.warnings);
	buf_release(&directory);
}
