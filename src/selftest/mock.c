#include "selftest/mock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/vec.h"
#include "selftest/client.h"

#define STAMP "sent="
#define STAMP_DIGITS 20
#define MAX_REQUEST_BYTES (256 * KIB)
#define INTERVAL_NS 1000000

struct peer {
	int fd;
	struct buf in;
	struct buf out;                 /* not yet taken by the other side */
	unsigned chunks_left;
	uint64_t next_ns;               /* when the next one is due */
};

struct mock {
	int listen_fd;
	int epoll_fd;
	int stop_fd;
	pthread_t thread;
	struct vec peers;               /* struct peer, owned */
};

static const char answer[] =
	"{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,"
	"\"model\":\"whole\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
	"\"content\":\"The quick brown fox jumps over the lazy dog.\"},"
	"\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":12,"
	"\"completion_tokens\":10,\"total_tokens\":22}}";

bool mock_stamp(const struct buf *text, size_t *at, uint64_t *ns)
{
	const char *found = strstr(buf_text(text) + *at, STAMP);
	struct slice digits = { found ? found + strlen(STAMP) : NULL, STAMP_DIGITS };

	if (!found || strlen(digits.ptr) < STAMP_DIGITS || !str_to_u64(digits, ns)) {
		return false;
	}
	*at = (size_t)(digits.ptr + STAMP_DIGITS - buf_text(text));
	return true;
}

/* ---- answers ---- */

static void add_chunk(struct peer *p, const char *delta, const char *finish)
{
	struct buf data = BUF_INIT(KIB);

	buf_addf(&data,
		 "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,"
		 "\"model\":\"stream\",\"choices\":[{\"index\":0,\"delta\":%s,"
		 "\"finish_reason\":%s}]}\n\n", delta, finish);
	buf_addf(&p->out, "%zx\r\n%s\r\n", data.len, buf_text(&data));
	buf_release(&data);
}

static void add_next_chunk(struct peer *p, uint64_t now_ns)
{
	static const char done[] = "data: [DONE]\n\n";
	char delta[96];

	snprintf(delta, sizeof delta, "{\"content\":\"" STAMP "%0*llu \"}", STAMP_DIGITS,
		 (unsigned long long)now_ns);
	add_chunk(p, delta, "null");
	p->next_ns = now_ns + INTERVAL_NS;
	if (--p->chunks_left == 0) {
		add_chunk(p, "{}", "\"stop\"");
		buf_addf(&p->out, "%zx\r\n%s\r\n0\r\n\r\n", sizeof done - 1, done);
	}
}

static bool flush(struct mock *m, struct peer *p)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = p };

	while (p->out.len) {
		ssize_t n = send(p->fd, p->out.ptr, p->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN) {
			return false;
		}
		if (n < 0) {
			event.events |= EPOLLOUT;
			break;
		}
		buf_drop(&p->out, (size_t)n);
		if (!p->out.len) {
			return true;
		}
	}
	return epoll_ctl(m->epoll_fd, EPOLL_CTL_MOD, p->fd, &event) == 0;
}

static void begin_answer(struct peer *p, const char *body)
{
	if (!strstr(body, "\"model\":\"stream\"")) {
		buf_addf(&p->out,
			 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\n\r\n%s", sizeof answer - 1, answer);
		return;
	}
	buf_adds(&p->out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
			  "Transfer-Encoding: chunked\r\n\r\n");
	p->chunks_left = BENCH_CHUNKS;
	add_next_chunk(p, clock_mono_ns());
}

/* ---- requests ---- */

/* Answers the request when all of it is there; one at a time. */
static void take_request(struct peer *p)
{
	const char *end = strstr(buf_text(&p->in), "\r\n\r\n");
	const char *length;
	size_t total;

	if (!end || p->chunks_left) {
		return;
	}
	length = str_ifind(p->in.ptr, (size_t)(end - p->in.ptr), "\r\ncontent-length:");
	total = (size_t)(end + 4 - p->in.ptr) + (length ? strtoul(length + 17, NULL, 10) : 0);
	if (p->in.len >= total) {
		begin_answer(p, end);
		buf_drop(&p->in, total);
	}
}

static bool read_more(struct mock *m, struct peer *p)
{
	char bytes[16384];
	ssize_t n = recv(p->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		return false;
	}
	buf_add(&p->in, bytes, n > 0 ? (size_t)n : 0);
	take_request(p);
	return !p->in.failed && flush(m, p);
}

/* ---- the loop ---- */

static void forget(struct mock *m, struct peer *p)
{
	for (size_t i = 0; i < m->peers.len; i++) {
		if (m->peers.items[i] == p) {
			vec_remove(&m->peers, i);
			break;
		}
	}
	close(p->fd);
	buf_release(&p->in);
	buf_release(&p->out);
	free(p);
}

static void accept_peer(struct mock *m)
{
	int fd = accept(m->listen_fd, NULL, NULL);
	struct epoll_event event = { .events = EPOLLIN };
	struct peer *p;
	int on = 1;

	if (fd < 0) {
		return;
	}
	p = xcalloc(1, sizeof *p);
	p->fd = fd;
	buf_init(&p->in, MAX_REQUEST_BYTES);
	buf_init(&p->out, MIB);
	event.data.ptr = p;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	vec_push(&m->peers, p);
	epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Sends the chunks that are due; milliseconds until the next one, -1: none. */
static int run_streams(struct mock *m)
{
	uint64_t now = clock_mono_ns();
	bool has_stream = false;

	for (size_t i = m->peers.len; i-- > 0;) {
		struct peer *p = m->peers.items[i];

		if (p->chunks_left && p->next_ns <= now) {
			add_next_chunk(p, now);
			if (!flush(m, p)) {
				forget(m, p);
				continue;
			}
		}
		has_stream = has_stream || p->chunks_left;
	}
	return has_stream ? 1 : -1;
}

static void on_event(struct mock *m, const struct epoll_event *event)
{
	struct peer *p = event->data.ptr;

	if ((event->events & EPOLLOUT && !flush(m, p)) ||
	    (event->events & ~(unsigned)EPOLLOUT && !read_more(m, p))) {
		forget(m, p);
	}
}

static void *serve(void *arg)
{
	struct mock *m = arg;
	struct epoll_event events[64];

	for (;;) {
		int count = epoll_wait(m->epoll_fd, events, ARRAY_LEN(events), run_streams(m));

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr == &m->stop_fd) {
				return NULL;
			}
			if (events[i].data.ptr == &m->listen_fd) {
				accept_peer(m);
			} else {
				on_event(m, &events[i]);
			}
		}
	}
}

static void watch(struct mock *m, int fd, void *mark)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = mark };

	epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void destroy(struct mock *m)
{
	while (m->peers.len) {
		forget(m, m->peers.items[0]);
	}
	vec_release(&m->peers);
	close(m->listen_fd);
	close(m->epoll_fd);
	close(m->stop_fd);
	free(m);
}

struct mock *mock_start(int fd, struct err *err)
{
	struct mock *m = xcalloc(1, sizeof *m);

	m->listen_fd = fd;
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	m->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (m->epoll_fd >= 0 && m->stop_fd >= 0 && listen(fd, SOMAXCONN) == 0) {
		watch(m, m->listen_fd, &m->listen_fd);
		watch(m, m->stop_fd, &m->stop_fd);
		if (pthread_create(&m->thread, NULL, serve, m) == 0) {
			return m;
		}
	}
	err_errno(err, "the benchmark's upstream does not start");
	destroy(m);
	return NULL;
}

void mock_stop(struct mock *m)
{
	const uint64_t one = 1;

	if (!m) {
		return;
	}
	if (write(m->stop_fd, &one, sizeof one) == (ssize_t)sizeof one) {
		pthread_join(m->thread, NULL);
	}
	destroy(m);
}
