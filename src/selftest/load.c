#include "selftest/load.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "selftest/mock.h"

#define TURN_MS 30000           /* an answer that takes longer is lost */
#define LOOK_MS 100             /* how soon an end is noticed */
#define READ_BYTES 65536

static void line_reset(struct line *l)
{
	http1_answer_release(&l->head);
	arena_release(&l->arena);
	arena_init(&l->arena, 4 * KIB);
	http1_answer_init(&l->head, &l->arena, false);
	buf_clear(&l->body);
	l->looked = 0;
}

bool line_open(struct line *l, int port)
{
	const struct timeval look = { .tv_usec = LOOK_MS * 1000L };

	*l = (struct line){ .fd = loopback_dial(port) };
	arena_init(&l->arena, 4 * KIB);
	http1_answer_init(&l->head, &l->arena, false);
	buf_init(&l->body, MIB);
	if (l->fd >= 0) {
		setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
	}
	return l->fd >= 0;
}

void line_close(struct line *l)
{
	http1_answer_release(&l->head);
	arena_release(&l->arena);
	buf_release(&l->body);
	if (l->fd >= 0) {
		close(l->fd);
		l->fd = -1;
	}
}

static bool line_send(struct line *l, struct slice request)
{
	line_reset(l);
	l->sent_ns = clock_mono_ns();
	return send(l->fd, request.ptr, request.len, MSG_NOSIGNAL) == (ssize_t)request.len;
}

static void take_stamps(struct line *l, uint64_t now_ns, const struct times *times)
{
	bool is_first = l->looked == 0;
	uint64_t sent_ns;

	while (times->chunk && mock_stamp(&l->body, &l->looked, &sent_ns)) {
		if (is_first) {
			samples_add(times->first, now_ns - l->sent_ns);
		} else {
			samples_add(times->chunk, now_ns - sent_ns);
		}
		is_first = false;
	}
}

enum progress { ON_THE_WAY, COMPLETE, BROKEN };

/* What has just arrived. */
static enum progress line_take(struct line *l, struct slice bytes, const struct times *times)
{
	uint64_t now_ns = clock_mono_ns();
	enum progress progress = ON_THE_WAY;
	struct slice piece;

	for (;;) {
		enum http1_event event = http1_answer_next(&l->head, &bytes, &piece);

		if (event == HTTP1_BODY) {
			buf_add(&l->body, piece.ptr, piece.len);
		} else if (event != HTTP1_HEAD) {
			progress = event == HTTP1_END ? COMPLETE
				   : event == HTTP1_BAD ? BROKEN : ON_THE_WAY;
			break;
		}
	}
	if (progress == COMPLETE && l->head.status != 200) {
		return BROKEN;
	}
	take_stamps(l, now_ns, times);
	if (progress == COMPLETE && times->whole) {
		samples_add(times->whole, now_ns - l->sent_ns);
	}
	return progress;
}

static bool is_ending(const struct target *t)
{
	return t->is_ending && t->is_ending(t->ctx);
}

bool line_turn(struct line *l, const struct target *t, struct slice request,
	       const struct times *times)
{
	uint64_t deadline = clock_mono_ms() + TURN_MS;
	enum progress progress = ON_THE_WAY;
	char bytes[READ_BYTES];

	if (!line_send(l, request)) {
		return false;
	}
	while (progress == ON_THE_WAY && !is_ending(t) && clock_mono_ms() < deadline) {
		ssize_t n = recv(l->fd, bytes, sizeof bytes, 0);

		if (n > 0) {
			progress = line_take(l, (struct slice){ bytes, (size_t)n }, times);
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			progress = BROKEN;
		}
	}
	return progress == COMPLETE;
}

/* ---- all at once ---- */

/* Reads what is there; behind a complete answer it asks again. False: this
 * connection is lost. */
static bool rush_step(struct rush *r, struct line *l)
{
	const struct times times = { .whole = r->times };
	char bytes[READ_BYTES];
	ssize_t n = recv(l->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return true;
	}
	if (n <= 0) {
		return false;
	}
	switch (line_take(l, (struct slice){ bytes, (size_t)n }, &times)) {
	case ON_THE_WAY:
		return true;
	case COMPLETE:
		return line_send(l, r->request);
	default:
		return false;
	}
}

static void lose(struct rush *r, struct line *l, size_t *left)
{
	r->errors++;
	--*left;
	line_close(l);
	*l = (struct line){ .fd = -1 };
}

/* How many of the lines came up. */
static size_t open_lines(struct rush *r, struct line *lines, int epoll_fd)
{
	size_t left = r->connections;

	for (size_t i = 0; i < r->connections; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &lines[i] };

		if (!line_open(&lines[i], r->target->port) ||
		    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, lines[i].fd, &event) != 0 ||
		    !line_send(&lines[i], r->request)) {
			lose(r, &lines[i], &left);
		}
	}
	return left;
}

static void run_lines(struct rush *r, int epoll_fd, size_t left)
{
	uint64_t begin_ns = clock_mono_ns();
	uint64_t end_ns = begin_ns + (uint64_t)(r->seconds * 1e9);
	struct epoll_event events[64];

	while (left && clock_mono_ns() < end_ns && !is_ending(r->target)) {
		int count = epoll_wait(epoll_fd, events, ARRAY_LEN(events), LOOK_MS);

		for (int i = 0; i < count; i++) {
			if (!rush_step(r, events[i].data.ptr)) {
				lose(r, events[i].data.ptr, &left);
			}
		}
	}
	r->took_s = (double)(clock_mono_ns() - begin_ns) / 1e9;
}

void load_rush(struct rush *r)
{
	struct line *lines = xcalloc(r->connections, sizeof *lines);
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_fd >= 0) {
		run_lines(r, epoll_fd, open_lines(r, lines, epoll_fd));
		close(epoll_fd);
	}
	for (size_t i = 0; i < r->connections; i++) {
		line_close(&lines[i]);
	}
	free(lines);
}
