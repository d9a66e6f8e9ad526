#include "tui/feed.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/client.h"
#include "tui/fields.h"

#define MAX_WAITING_LINES 500  /* a crowd of them may not keep a key waiting */
#define MAX_REMEMBERED 200     /* finished requests known from their log lines */
#define FIRST_LINES 500

struct feed {
	pthread_mutex_t lock;
	int users; /* the dashboard and the thread */
	bool is_ending;
	int fd;
	int64_t interval_ms;
	bool has_new_interval;
	enum feed_link link;
	uint64_t heard_ms;
	int64_t next_ms; /* … at the latest in so long; 0: at the interval's pace */
	struct snapshot *latest;
	char *lines[MAX_WAITING_LINES]; /* a ring */
	size_t first_line;
	size_t line_count;
	uint64_t dropped;

	/* The thread's own. */
	struct control_client *client;
	char *finished[MAX_REMEMBERED]; /* a ring of log lines, newest at finished_next - 1 */
	size_t finished_next;
	bool has_records; /* the gateway serves /v1/requests */
	struct buf records; /* JSON of the last requests … */
	double records_total; /* … when so many had ended */
};

static void release(struct feed *f)
{
	bool is_last;

	pthread_mutex_lock(&f->lock);
	is_last = --f->users == 0;
	pthread_mutex_unlock(&f->lock);
	if (!is_last) {
		return;
	}
	for (size_t i = 0; i < f->line_count; i++) {
		free(f->lines[(f->first_line + i) % MAX_WAITING_LINES]);
	}
	for (size_t i = 0; i < MAX_REMEMBERED; i++) {
		free(f->finished[i]);
	}
	snapshot_unref(f->latest);
	control_client_destroy(f->client);
	buf_release(&f->records);
	close(f->fd);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static void wake(struct feed *f)
{
	const uint64_t one = 1;

	if (write(f->fd, &one, sizeof one) < 0) {
		return; /* full: it is readable already */
	}
}

/* `next_ms`: the gateway has promised to be heard again by then; 0: at the
 * pace of the interval. */
static void set_link(struct feed *f, enum feed_link link, int64_t next_ms)
{
	bool is_new;

	pthread_mutex_lock(&f->lock);
	is_new = f->link != link;
	f->link = link;
	f->heard_ms = link == FEED_LIVE ? clock_mono_ms() : f->heard_ms;
	f->next_ms = next_ms;
	pthread_mutex_unlock(&f->lock);
	if (is_new) {
		wake(f);
	}
}

static void publish(struct feed *f, struct snapshot *s)
{
	struct snapshot *old;

	pthread_mutex_lock(&f->lock);
	old = f->latest;
	f->latest = s;
	pthread_mutex_unlock(&f->lock);
	snapshot_unref(old);
	wake(f);
}

/* What the log said of finished requests, newest first. */
static void requests_from_log(struct feed *f, struct snapshot *s)
{
	struct buf array = BUF_INIT(MAX_REMEMBERED * 2 * MAX_LOG_LINE_BYTES);

	buf_addc(&array, '[');
	for (size_t i = 1; i <= MAX_REMEMBERED; i++) {
		const char *line =
			f->finished[(f->finished_next + MAX_REMEMBERED - i) % MAX_REMEMBERED];

		if (line) {
			buf_addf(&array, "%s%s", array.len > 1 ? "," : "", line);
		}
	}
	buf_addc(&array, ']');
	snapshot_add_requests(s, buf_slice(&array));
	buf_release(&array);
}

/* Asked anew when another request has ended. */
static bool fetch_records(struct feed *f, const struct snapshot *s)
{
	struct buf answer = BUF_INIT(MAX_CONTROL_BYTES);
	struct err err = ERR_INIT;

	if (f->records.len && s->totals.requests == f->records_total) {
		return true;
	}
	if (!control_call(f->client, "GET", "/v1/requests?limit=200", SLICE_NULL, &answer,
			  &err)) {
		f->has_records = err.kind != ERR_NOT_FOUND;
		buf_release(&answer);
		return false;
	}
	buf_release(&f->records);
	f->records = answer;
	f->records_total = s->totals.requests;
	return true;
}

/* What runs, then the gateway's own records where it serves them. */
static void add_requests(struct feed *f, struct snapshot *s, struct slice running)
{
	snapshot_add_requests(s, running);
	if (f->has_records && fetch_records(f, s)) {
		snapshot_add_requests(s, slice_trim(buf_slice(&f->records)));
		s->request_total = s->totals.requests;
	} else {
		requests_from_log(f, s);
	}
}

static void take_snapshot(struct feed *f, struct slice json)
{
	struct snapshot *s = snapshot_read(json, NULL);

	set_link(f, FEED_LIVE, 0);
	if (s) {
		add_requests(f, s, field_value(json, "running"));
		publish(f, s);
	}
}

static void remember_finished(struct feed *f, struct slice line)
{
	char **slot = &f->finished[f->finished_next++ % MAX_REMEMBERED];

	free(*slot);
	*slot = xstrndup(line.ptr, line.len);
}

static void take_line(struct feed *f, struct slice line)
{
	size_t at;

	if (line.len > 2 * MAX_LOG_LINE_BYTES) {
		return;
	}
	if (field_value(line, "duration_ms").len) {
		remember_finished(f, line);
	}
	pthread_mutex_lock(&f->lock);
	if (f->line_count == MAX_WAITING_LINES) {
		free(f->lines[f->first_line]);
		f->first_line = (f->first_line + 1) % MAX_WAITING_LINES;
		f->line_count--;
		f->dropped++;
	}
	at = (f->first_line + f->line_count++) % MAX_WAITING_LINES;
	f->lines[at] = xstrndup(line.ptr, line.len);
	pthread_mutex_unlock(&f->lock);
	wake(f);
}

static bool on_event(void *ctx, const char *event, struct slice data)
{
	struct feed *f = ctx;
	bool goes_on;

	if (str_eq(event, "snapshot")) {
		take_snapshot(f, data);
	} else if (str_eq(event, "alive")) {
		set_link(f, FEED_LIVE, (int64_t)field_num(data, "next_ms"));
	} else if (data.len && *data.ptr == '{') {
		take_line(f, data);
	}
	pthread_mutex_lock(&f->lock);
	goes_on = !f->is_ending && !f->has_new_interval;
	pthread_mutex_unlock(&f->lock);
	return goes_on;
}

/* False: the dashboard is gone. */
static bool next_path(struct feed *f, bool is_first, char *path, size_t size)
{
	bool goes_on;

	pthread_mutex_lock(&f->lock);
	snprintf(path, size, "/v1/events?interval_ms=%lld&tail=%d", (long long)f->interval_ms,
		 is_first ? FIRST_LINES : 0);
	f->has_new_interval = false;
	goes_on = !f->is_ending;
	pthread_mutex_unlock(&f->lock);
	return goes_on;
}

/* In short steps, so that nobody waits for the thread's end. */
static void pause_seconds(struct feed *f, int seconds)
{
	const struct timespec step = { 0, 100 * 1000000 };
	bool goes_on = true;

	for (int i = 0; goes_on && i < seconds * 10; i++) {
		nanosleep(&step, NULL);
		pthread_mutex_lock(&f->lock);
		goes_on = !f->is_ending;
		pthread_mutex_unlock(&f->lock);
	}
}

static void *follow(void *arg)
{
	static const int waits[] = { 1, 2, 5, 10 };
	struct feed *f = arg;
	size_t failures = 0;
	bool is_first = true;
	char path[96];

	while (next_path(f, is_first, path, sizeof path)) {
		bool ok = control_stream(f->client, path, on_event, f, NULL);

		is_first = false;
		f->has_records = true;
		pthread_mutex_lock(&f->lock);
		failures = f->link == FEED_LIVE ? 0 : failures + 1;
		ok = ok && (f->has_new_interval || f->is_ending);
		pthread_mutex_unlock(&f->lock);
		if (!ok) {
			set_link(f, FEED_OFFLINE, 0);
			buf_clear(&f->records);
			pause_seconds(f, waits[failures < ARRAY_LEN(waits) ? failures : 3]);
		}
	}
	release(f);
	return NULL;
}

struct feed *feed_create(const char *home, const char *config_path, int64_t interval_ms)
{
	struct feed *f = xcalloc(1, sizeof *f);
	pthread_t thread;

	pthread_mutex_init(&f->lock, NULL);
	f->users = 2;
	f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->interval_ms = interval_ms;
	f->has_records = true;
	f->client = control_client_create(home, config_path);
	buf_init(&f->records, MAX_CONTROL_BYTES);
	if (pthread_create(&thread, NULL, follow, f) == 0) {
		pthread_detach(thread);
	} else {
		f->users = 1;
		f->link = FEED_OFFLINE;
	}
	return f;
}

void feed_destroy(struct feed *f)
{
	if (!f) {
		return;
	}
	pthread_mutex_lock(&f->lock);
	f->is_ending = true;
	pthread_mutex_unlock(&f->lock);
	release(f);
}

int feed_fd(const struct feed *f)
{
	return f->fd;
}

struct snapshot *feed_take(struct feed *f)
{
	struct snapshot *s;
	uint64_t count;

	if (read(f->fd, &count, sizeof count) < 0) {
		count = 0; /* nothing new; the latest is still the answer */
	}
	pthread_mutex_lock(&f->lock);
	s = f->latest ? snapshot_ref(f->latest) : NULL;
	pthread_mutex_unlock(&f->lock);
	return s;
}

enum feed_link feed_link(struct feed *f)
{
	enum feed_link link;

	pthread_mutex_lock(&f->lock);
	link = f->link;
	pthread_mutex_unlock(&f->lock);
	return link;
}

uint64_t feed_heard_ms(struct feed *f)
{
	uint64_t at;

	pthread_mutex_lock(&f->lock);
	at = f->heard_ms;
	pthread_mutex_unlock(&f->lock);
	return at;
}

int64_t feed_pace_ms(struct feed *f)
{
	int64_t pace_ms;

	pthread_mutex_lock(&f->lock);
	pace_ms = f->next_ms > f->interval_ms ? f->next_ms : f->interval_ms;
	pthread_mutex_unlock(&f->lock);
	return pace_ms;
}

char *feed_take_line(struct feed *f)
{
	char *line = NULL;

	pthread_mutex_lock(&f->lock);
	if (f->line_count) {
		line = f->lines[f->first_line];
		f->first_line = (f->first_line + 1) % MAX_WAITING_LINES;
		f->line_count--;
	}
	pthread_mutex_unlock(&f->lock);
	return line;
}

uint64_t feed_dropped(struct feed *f)
{
	uint64_t dropped;

	pthread_mutex_lock(&f->lock);
	dropped = f->dropped;
	pthread_mutex_unlock(&f->lock);
	return dropped;
}

void feed_set_interval(struct feed *f, int64_t interval_ms)
{
	pthread_mutex_lock(&f->lock);
	f->interval_ms = interval_ms;
	f->has_new_interval = true;
	pthread_mutex_unlock(&f->lock);
}
