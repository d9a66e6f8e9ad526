#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log_lanes.h"
#include "base/log_line.h"
#include "base/mask.h"
#include "base/mem.h"

#define RING_LINES 2000

/* Written to the console at once; larger buffers are given back. */
#define CONSOLE_BYTES (64 * KIB)

/* A line as it was remembered; its storage is used again. */
struct kept_line {
	char *ptr;
	size_t len;
	size_t capacity;
};

static struct {
	enum log_level level;           /* atomic, as are the next two */
	enum log_level console_level;
	bool is_buffered;

	pthread_mutex_t lock;           /* guards the rest; held over I/O */
	bool is_masking;
	bool console_json;
	log_sink sink;
	void *sink_ctx;
	struct kept_line ring[RING_LINES];
	uint64_t sequence;
	struct buf json;                /* the line in work */
	struct buf console;
	pthread_t writer;
	bool is_writing;                /* atomic */
} logger = {
	.level = LOG_INFO,
	.console_level = LOG_WARN,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.is_masking = true,
	.json = BUF_INIT(16 * MAX_LOG_LINE_BYTES),
	.console = BUF_INIT(MIB),
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
	__atomic_store_n(&logger.level, options->level, __ATOMIC_RELAXED);
	__atomic_store_n(&logger.console_level, options->console_level, __ATOMIC_RELAXED);
	__atomic_store_n(&logger.is_buffered, options->buffered, __ATOMIC_RELAXED);
	pthread_mutex_lock(&logger.lock);
	logger.is_masking = options->mask;
	logger.console_json = options->console_json;
	pthread_mutex_unlock(&logger.lock);
}

void log_set_sink(log_sink sink, void *ctx)
{
	pthread_mutex_lock(&logger.lock);
	logger.sink = sink;
	logger.sink_ctx = ctx;
	pthread_mutex_unlock(&logger.lock);
}

static bool is_stored(enum log_level level)
{
	return level >= __atomic_load_n(&logger.level, __ATOMIC_RELAXED);
}

static bool is_shown(enum log_level level)
{
	return level >= __atomic_load_n(&logger.console_level, __ATOMIC_RELAXED);
}

bool log_enabled(enum log_level level)
{
	return is_stored(level) || is_shown(level);
}

/* ---- collecting ---- */

static void collect(struct log_line *line)
{
	if (!log_enabled(line->level)) {
		return;
	}
	line->at_ms = clock_wall_ms();
	log_lanes_add(line);
	if (!__atomic_load_n(&logger.is_buffered, __ATOMIC_RELAXED)) {
		log_flush();
	}
}

void log_event(enum log_level level, const char *area, const char *msg,
	       const struct log_field *fields, size_t count)
{
	collect(&(struct log_line){ .level = level, .area = area, .msg = msg,
				    .fields = fields, .count = count });
}

void log_request(enum log_level level, const char *msg,
		 const struct log_field *fields, size_t count)
{
	collect(&(struct log_line){ .level = level, .is_request = true, .area = "request",
				    .msg = msg, .fields = fields, .count = count });
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
	collect(&(struct log_line){ .level = level, .area = area, .msg = msg });
}

/* ---- writing ---- */

static void write_console(void)
{
	struct slice rest = buf_slice(&logger.console);

	while (rest.len) {
		ssize_t put = write(STDERR_FILENO, rest.ptr, rest.len);

		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put <= 0) {
			break;
		}
		rest.ptr += put;
		rest.len -= (size_t)put;
	}
	buf_clear(&logger.console);
}

static void remember(struct slice json)
{
	struct kept_line *kept = &logger.ring[logger.sequence++ % RING_LINES];

	if (kept->capacity < json.len) {
		free(kept->ptr);
		kept->ptr = xmalloc(json.len);
		kept->capacity = json.len;
	}
	memcpy(kept->ptr, json.ptr, json.len);
	kept->len = json.len;
}

static void show(const struct log_line *line)
{
	if (logger.console_json) {
		log_line_json(line, &logger.console);
	} else {
		log_line_text(line, &logger.console);
	}
	if (logger.console.len >= CONSOLE_BYTES) {
		write_console();
	}
}

/* For log_lanes_take(), with the lock. */
static void write_line(void *ctx, struct log_line *line, struct log_field *fields)
{
	struct arena *scratch = ctx;

	if (logger.is_masking) {
		log_line_mask(line, fields, scratch);
	}
	if (is_stored(line->level)) {
		buf_clear(&logger.json);
		log_line_json(line, &logger.json);
		remember(buf_slice(&logger.json));
		if (logger.sink) {
			logger.sink(logger.sink_ctx, line->level, line->is_request,
				    logger.json.ptr, logger.json.len);
		}
	}
	if (is_shown(line->level)) {
		show(line);
	}
	arena_release(scratch);
}

void log_flush(void)
{
	struct arena scratch;
	uint64_t lost;

	arena_init(&scratch, MAX_LOG_LINE_BYTES);
	pthread_mutex_lock(&logger.lock);
	logger.writer = pthread_self();
	__atomic_store_n(&logger.is_writing, true, __ATOMIC_RELEASE);
	if (log_lanes_take(write_line, &scratch, &lost) && logger.sink) {
		logger.sink(logger.sink_ctx, LOG_DEBUG, false, NULL, 0);
	}
	write_console();
	__atomic_store_n(&logger.is_writing, false, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&logger.lock);
	if (lost) {
		log_warn("log", "%llu lines were lost: written faster than stored",
			 (unsigned long long)lost);
	}
}

uint64_t log_recent(uint64_t after, size_t max_lines, struct buf *out)
{
	uint64_t newest;
	uint64_t from;

	log_flush();
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
		const struct kept_line *kept = &logger.ring[from % RING_LINES];

		buf_add(out, kept->ptr, kept->len);
	}
	pthread_mutex_unlock(&logger.lock);
	return newest;
}

/* ---- crashing ---- */

/* What a signal handler needs: no lock, no memory. */
static struct {
	char path[PATH_MAX];
	char storage[64 * KIB];
	struct sigaction before[NSIG];
} crash;

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* Masking would take memory: what needs it is not shown. */
static void hide_secrets(struct log_line *line, struct log_field *fields)
{
	if (mask_is_needed(slice_of(line->msg))) {
		line->msg = "***";
	}
	for (size_t i = 0; i < line->count; i++) {
		if (fields[i].kind == LOG_FIELD_STR && mask_is_needed(slice_of(fields[i].str))) {
			fields[i].str = "***";
		}
	}
}

static void append_line(void *ctx, struct log_line *line, struct log_field *fields)
{
	const int *fd = ctx;
	struct buf json = { .ptr = crash.storage, .capacity = sizeof crash.storage,
			    .max = sizeof crash.storage - 1 };

	hide_secrets(line, fields);
	log_line_json(line, &json);
	if (!json.failed && write(*fd, json.ptr, json.len) < 0) {
		return;         /* nothing more can be done */
	}
}

/* Another thread that writes is given a moment to finish. */
static void wait_for_writer(void)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	for (int i = 0; i < 40 && __atomic_load_n(&logger.is_writing, __ATOMIC_ACQUIRE) &&
			!pthread_equal(logger.writer, pthread_self()); i++) {
		nanosleep(&pause, NULL);
	}
}

/* Back in the code that crashed, the same fault meets who was here before; a
 * signal that somebody sent has to be sent again. */
static void on_crash(int number, siginfo_t *info, void *context)
{
	struct log_field field = LOG_INT("signal", number);
	struct log_line last = { .at_ms = clock_wall_ms(), .level = LOG_ERROR, .area = "server",
				 .msg = "crashed", .fields = &field, .count = 1 };
	int fd = *crash.path ?
		open(crash.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	(void)context;
	sigaction(number, &crash.before[number], NULL);
	alarm(5);               /* should even this hang */
	if (fd >= 0) {
		wait_for_writer();
		log_lanes_peek(append_line, &fd);
		append_line(&fd, &last, &field);
		close(fd);
	}
	if (info->si_code <= 0) {
		raise(number);
	}
}

static void watch_signals(void)
{
	struct sigaction action = { .sa_sigaction = on_crash,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(crash_signals); i++) {
		sigaction(crash_signals[i], &action, &crash.before[crash_signals[i]]);
	}
}

void log_on_crash(const char *path)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	str_copy(crash.path, sizeof crash.path, path ? path : "");
	pthread_once(&once, watch_signals);
}
