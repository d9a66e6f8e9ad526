#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mask.h"
#include "base/mem.h"

#define RING_LINES 2000
#define PENDING_MAX (8 * MIB)

struct line {
	enum log_level level;
	bool is_request;
	uint32_t json_len;
	uint32_t text_len;
	/* json and console text follow, unterminated */
};

static struct {
	pthread_mutex_t lock;          /* guards all below; never held over I/O */
	struct log_options options;
	struct buf pending;            /* struct line + bytes, back to back */
	uint64_t lost;                 /* lines that did not fit into pending */
	char *ring[RING_LINES];
	uint64_t sequence;
	log_sink sink;
	void *sink_ctx;
	pthread_mutex_t write_lock;    /* one writer at a time, held over I/O */
} logger = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.write_lock = PTHREAD_MUTEX_INITIALIZER,
	.options = { .level = LOG_INFO, .console_level = LOG_WARN, .mask = true },
	.pending = BUF_INIT(PENDING_MAX),
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

bool log_level_by_name(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
		if (str_ieq(name, level_names[i])) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

void log_configure(const struct log_options *options)
{
	pthread_mutex_lock(&logger.lock);
	logger.options = *options;
	pthread_mutex_unlock(&logger.lock);
}

void log_set_sink(log_sink sink, void *ctx)
{
	pthread_mutex_lock(&logger.write_lock);
	logger.sink = sink;
	logger.sink_ctx = ctx;
	pthread_mutex_unlock(&logger.write_lock);
}

static struct log_options current_options(void)
{
	struct log_options options;

	pthread_mutex_lock(&logger.lock);
	options = logger.options;
	pthread_mutex_unlock(&logger.lock);
	return options;
}

bool log_enabled(enum log_level level)
{
	struct log_options options = current_options();

	return level >= options.level || level >= options.console_level;
}

/* What a line says, masked once for both of its forms. */
struct content {
	enum log_level level;
	const char *area;
	const char *msg;
	const struct log_field *fields;
	size_t count;
	int64_t now_ms;
};

static void write_json(struct buf *out, const struct content *c)
{
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	json_ktime(&w, "ts", c->now_ms);
	json_kstr(&w, "level", log_level_name(c->level));
	json_kstr(&w, "area", c->area);
	json_kstr(&w, "msg", c->msg);
	for (size_t i = 0; i < c->count; i++) {
		const struct log_field *f = &c->fields[i];

		if (f->kind == LOG_FIELD_STR && !f->str) {
			continue;
		}
		json_key(&w, f->name);
		if (f->kind == LOG_FIELD_STR) {
			json_str(&w, f->str);
		} else if (f->kind == LOG_FIELD_INT) {
			json_int(&w, f->num);
		} else {
			json_double(&w, f->real);
		}
	}
	json_end(&w);
	buf_addc(out, '\n');
}

/* Control bytes would move the cursor of the terminal that shows the log. */
static void add_visible(struct buf *out, const char *text)
{
	for (;;) {
		size_t plain = 0;

		while ((unsigned char)text[plain] >= 0x20 && text[plain] != 0x7f) {
			plain++;
		}
		buf_add(out, text, plain);
		if (!text[plain]) {
			return;
		}
		buf_addf(out, "\\x%02x", (unsigned char)text[plain]);
		text += plain + 1;
	}
}

static void write_text(struct buf *out, const struct content *c)
{
	char when[CLOCK_TEXT_BYTES];

	clock_format(c->now_ms, when);
	buf_addf(out, "%.12s %-5s %s: ", when + 11, log_level_name(c->level), c->area);
	add_visible(out, c->msg);
	for (size_t i = 0; i < c->count; i++) {
		const struct log_field *f = &c->fields[i];

		if (f->kind == LOG_FIELD_STR && !f->str) {
			continue;
		}
		buf_addc(out, ' ');
		buf_adds(out, f->name);
		buf_addc(out, '=');
		if (f->kind == LOG_FIELD_STR) {
			add_visible(out, f->str);
		} else if (f->kind == LOG_FIELD_INT) {
			buf_addf(out, "%lld", (long long)f->num);
		} else {
			buf_addf(out, "%.3f", f->real);
		}
	}
	buf_addc(out, '\n');
}

/* Cut to a sane length, masked, NUL-terminated in the scratch arena. */
static const char *clean(struct arena *a, const char *text, bool mask)
{
	struct buf masked = BUF_INIT(MAX_LOG_LINE_BYTES);
	struct slice in = slice_of(text);
	const char *copy;

	if (in.len > MAX_LOG_LINE_BYTES / 2) {
		in.len = MAX_LOG_LINE_BYTES / 2;
	} else if (!mask) {
		return text;
	}
	if (mask) {
		mask_text(in, &masked);
		in = buf_slice(&masked);
	}
	copy = arena_strndup(a, in.ptr, in.len);
	buf_release(&masked);
	return copy;
}

static void clean_content(struct content *c, struct arena *a, bool mask)
{
	struct log_field *fields = arena_alloc(a, c->count * sizeof *fields);

	c->msg = clean(a, c->msg, mask);
	for (size_t i = 0; i < c->count; i++) {
		fields[i] = c->fields[i];
		if (fields[i].kind == LOG_FIELD_STR && fields[i].str) {
			fields[i].str = clean(a, fields[i].str, mask);
		}
	}
	c->fields = fields;
}

static void remember(enum log_level level, bool is_request, const struct buf *json,
		     const struct buf *text)
{
	struct line head = {
		.level = level,
		.is_request = is_request,
		.json_len = (uint32_t)json->len,
		.text_len = (uint32_t)text->len,
	};
	char **slot;

	pthread_mutex_lock(&logger.lock);
	if (buf_reserve(&logger.pending, sizeof head + json->len + text->len)) {
		buf_add(&logger.pending, &head, sizeof head);
		buf_add(&logger.pending, buf_text(json), json->len);
		buf_add(&logger.pending, buf_text(text), text->len);
	} else {
		logger.pending.failed = false;
		logger.lost++;
	}
	if (json->len) {
		slot = &logger.ring[logger.sequence++ % RING_LINES];
		free(*slot);
		*slot = xstrndup(buf_text(json), json->len);
	}
	pthread_mutex_unlock(&logger.lock);
}

static void emit(enum log_level level, bool is_request, const char *area, const char *msg,
		 const struct log_field *fields, size_t count)
{
	struct log_options options = current_options();
	struct buf json = BUF_INIT(4 * MAX_LOG_LINE_BYTES);
	struct buf text = BUF_INIT(4 * MAX_LOG_LINE_BYTES);
	struct arena scratch;
	struct content content = { level, area, msg, fields, count, clock_wall_ms() };

	arena_init(&scratch, 2 * KIB);
	clean_content(&content, &scratch, options.mask);
	if (level >= options.level) {
		buf_reserve(&json, 512);
		write_json(&json, &content);
	}
	if (level >= options.console_level) {
		buf_reserve(&text, 512);
		(options.console_json ? write_json : write_text)(&text, &content);
	}
	if (json.len || text.len) {
		remember(level, is_request, &json, &text);
	}
	buf_release(&json);
	buf_release(&text);
	arena_release(&scratch);
	if (!options.buffered) {
		log_flush();
	}
}

void log_event(enum log_level level, const char *area, const char *msg,
	       const struct log_field *fields, size_t count)
{
	if (log_enabled(level)) {
		emit(level, false, area, msg, fields, count);
	}
}

void log_request(enum log_level level, const char *msg,
		 const struct log_field *fields, size_t count)
{
	if (log_enabled(level)) {
		emit(level, true, "request", msg, fields, count);
	}
}

void log_msg(enum log_level level, const char *area, const char *fmt, ...)
{
	char msg[1024];
	va_list ap;

	if (!log_enabled(level)) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	emit(level, false, area, msg, NULL, 0);
}

static void write_console(const char *ptr, size_t len)
{
	while (len) {
		ssize_t put = write(STDERR_FILENO, ptr, len);

		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put <= 0) {
			return;
		}
		ptr += put;
		len -= (size_t)put;
	}
}

static void write_lines(const struct buf *pending)
{
	size_t at = 0;
	struct buf console = BUF_INIT(PENDING_MAX);

	while (at + sizeof(struct line) <= pending->len) {
		struct line head;
		const char *json;

		memcpy(&head, pending->ptr + at, sizeof head);
		json = pending->ptr + at + sizeof head;
		at += sizeof head + head.json_len + head.text_len;
		if (head.json_len && logger.sink) {
			logger.sink(logger.sink_ctx, head.level, head.is_request, json,
				    head.json_len);
		}
		buf_add(&console, json + head.json_len, head.text_len);
	}
	if (pending->len && logger.sink) {
		logger.sink(logger.sink_ctx, LOG_DEBUG, false, NULL, 0);
	}
	write_console(buf_text(&console), console.len);
	buf_release(&console);
}

void log_flush(void)
{
	struct buf pending;
	uint64_t lost;

	pthread_mutex_lock(&logger.write_lock);
	pthread_mutex_lock(&logger.lock);
	pending = logger.pending;
	buf_init(&logger.pending, PENDING_MAX);
	lost = logger.lost;
	logger.lost = 0;
	pthread_mutex_unlock(&logger.lock);
	write_lines(&pending);
	buf_release(&pending);
	pthread_mutex_unlock(&logger.write_lock);
	if (lost) {
		log_msg(LOG_WARN, "log", "%llu lines were lost: written faster than stored",
			(unsigned long long)lost);
	}
}

uint64_t log_recent(uint64_t after, size_t max_lines, struct buf *out)
{
	uint64_t newest;
	uint64_t from;

	pthread_mutex_lock(&logger.lock);
	newest = logger.sequence;
	from = newest > RING_LINES ? newest - RING_LINES : 0;
	if (from < after) {
		from = after;
	}
	if (newest - from > max_lines) {
		from = newest - max_lines;
	}
	for (; from < newest; from++) {
		buf_adds(out, logger.ring[from % RING_LINES]);
	}
	pthread_mutex_unlock(&logger.lock);
	return newest;
}
