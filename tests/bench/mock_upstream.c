/*
 * The upstream of the benchmark: one thread, as little work as possible, so
 * that what is measured is what stands in front of it. Listens on a plain and
 * a TLS port of 127.0.0.1, prints "PLAIN TLS", ends when stdin does.
 *
 * The request's model says what comes back:
 *   json         a small JSON answer
 *   sse-N-MS     N stream chunks, one every MS milliseconds, each with the
 *                monotonic time of its sending ("t":NANOSECONDS)
 *   idle         one chunk, then silence with the stream open; in the format
 *                that the path belongs to
 *   flood        chunks without end, as fast as they are taken
 *   silent       no answer at all
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define HEAD_BYTES 16384
#define BODY_START_BYTES 256    /* the model stands at the body's beginning */
#define OUT_BYTES (256 * 1024)

enum reply { REPLY_JSON, REPLY_SSE, REPLY_IDLE, REPLY_FLOOD, REPLY_SILENT };

enum state { READING_HEAD, READING_BODY, ANSWERING };

struct connection {
	int fd;                         /* -1: the slot is free */
	SSL *tls;                       /* NULL: plain */
	enum state state;
	char head[HEAD_BYTES + 1];
	size_t head_len;
	char body_start[BODY_START_BYTES + 1];
	size_t body_start_len;
	size_t body_left;
	enum reply reply;
	unsigned chunks_left;
	uint64_t interval_ns;
	uint64_t next_ns;               /* when the next chunk is due */
	struct buf out;                 /* not yet taken by the peer */
	bool wants_out;
	struct connection *next;        /* in the list of streams or of free slots */
};

struct mock {
	int epoll_fd;
	int plain_fd;
	int tls_fd;
	SSL_CTX *tls;
	struct connection *streams;     /* with chunks due */
};

static const char JSON_ANSWER[] =
	"{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,"
	"\"model\":\"json\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
	"\"content\":\"The quick brown fox jumps over the lazy dog.\"},"
	"\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":12,"
	"\"completion_tokens\":10,\"total_tokens\":22}}";

static const char STREAM_HEAD[] =
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	"Transfer-Encoding: chunked\r\n\r\n";

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void watch(struct mock *m, struct connection *c, bool wants_out)
{
	struct epoll_event event = { .events = EPOLLIN | (wants_out ? EPOLLOUT : 0),
				     .data.ptr = c };

	if (c->wants_out != wants_out) {
		c->wants_out = wants_out;
		epoll_ctl(m->epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
	}
}

static ssize_t transport_write(struct connection *c, const char *ptr, size_t len)
{
	int n;

	if (!c->tls) {
		return send(c->fd, ptr, len, MSG_NOSIGNAL);
	}
	n = SSL_write(c->tls, ptr, (int)len);
	if (n <= 0) {
		int why = SSL_get_error(c->tls, n);

		errno = why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ ? EAGAIN : EIO;
		return -1;
	}
	return n;
}

static ssize_t transport_read(struct connection *c, char *ptr, size_t len)
{
	int n;

	if (!c->tls) {
		return recv(c->fd, ptr, len, 0);
	}
	n = SSL_read(c->tls, ptr, (int)len);
	if (n <= 0) {
		int why = SSL_get_error(c->tls, n);

		errno = why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ ? EAGAIN : EIO;
		return why == SSL_ERROR_ZERO_RETURN ? 0 : -1;
	}
	return n;
}

/* Sends what is waiting; false when the peer is gone. */
static bool flush(struct mock *m, struct connection *c)
{
	while (c->out.len) {
		ssize_t n = transport_write(c, c->out.ptr, c->out.len);

		if (n < 0) {
			if (errno != EAGAIN) {
				return false;
			}
			break;
		}
		buf_drop(&c->out, (size_t)n);
	}
	watch(m, c, c->out.len > 0 || c->reply == REPLY_FLOOD);
	return true;
}

static void add_chunk(struct buf *out, const char *data)
{
	buf_addf(out, "%zx\r\n%s\r\n", strlen(data), data);
}

static void add_stamped_chunk(struct buf *out)
{
	char data[256];

	snprintf(data, sizeof data,
		 "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,"
		 "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"},"
		 "\"finish_reason\":null}],\"t\":%020llu}\n\n",
		 (unsigned long long)clock_mono_ns());
	add_chunk(out, data);
}

/* A first chunk in another format than Chat's; NULL: it is Chat. */
static const char *foreign_chunk(const char *head)
{
	if (str_starts(head, "POST /v1/messages")) {
		return "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":"
		       "\"x\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n"
		       "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
		       "{\"type\":\"text\",\"text\":\"\"}}\n\n"
		       "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
		       "{\"type\":\"text_delta\",\"text\":\"word \"}}\n\n";
	}
	if (str_starts(head, "POST /v1/responses")) {
		return "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\","
		       "\"model\":\"x\"}}\n\n"
		       "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,"
		       "\"delta\":\"word \"}\n\n";
	}
	if (str_starts(head, "POST /v1beta/")) {
		return "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":"
		       "\"word \"}]}}]}\n\n";
	}
	return NULL;
}

static void await_next_request(struct connection *c)
{
	c->state = READING_HEAD;
	c->head_len = 0;
	c->body_start_len = 0;
	c->reply = REPLY_JSON;
}

static void stream_step(struct connection *c, uint64_t now)
{
	add_stamped_chunk(&c->out);
	c->next_ns = now + c->interval_ns;
	if (c->reply == REPLY_SSE && --c->chunks_left == 0) {
		add_chunk(&c->out, "data: [DONE]\n\n");
		buf_adds(&c->out, "0\r\n\r\n");
		await_next_request(c);
	}
}

static void choose_reply(struct connection *c)
{
	const char *model = strstr(c->body_start, "\"model\":\"");
	const char *path_model = strstr(c->head, "/models/");
	unsigned long interval_ms = 0;
	char *end;

	model = path_model ? path_model + strlen("/models/")
			   : model ? model + strlen("\"model\":\"") : "";
	c->reply = REPLY_JSON;
	if (str_starts(model, "sse-")) {
		c->reply = REPLY_SSE;
		c->chunks_left = (unsigned)strtoul(model + 4, &end, 10);
		interval_ms = *end == '-' ? strtoul(end + 1, NULL, 10) : 0;
	} else if (str_starts(model, "idle")) {
		c->reply = REPLY_IDLE;
	} else if (str_starts(model, "flood")) {
		c->reply = REPLY_FLOOD;
	} else if (str_starts(model, "silent")) {
		c->reply = REPLY_SILENT;
	}
	c->interval_ns = interval_ms * 1000000;
}

static void begin_answer(struct mock *m, struct connection *c)
{
	choose_reply(c);
	c->state = ANSWERING;
	switch (c->reply) {
	case REPLY_JSON:
		buf_addf(&c->out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			 "Content-Length: %zu\r\n\r\n%s", sizeof JSON_ANSWER - 1, JSON_ANSWER);
		await_next_request(c);
		break;
	case REPLY_SSE:
	case REPLY_IDLE:
	case REPLY_FLOOD:
		buf_adds(&c->out, STREAM_HEAD);
		if (c->reply == REPLY_IDLE && foreign_chunk(c->head)) {
			add_chunk(&c->out, foreign_chunk(c->head));
			break;
		}
		stream_step(c, clock_mono_ns());
		if (c->reply == REPLY_SSE && c->state == ANSWERING) {
			c->next = m->streams;
			m->streams = c;
		}
		break;
	case REPLY_SILENT:
		break;
	}
}

static void take_body(struct mock *m, struct connection *c, const char *ptr, size_t len)
{
	size_t keep = BODY_START_BYTES - c->body_start_len;

	keep = keep < len ? keep : len;
	memcpy(c->body_start + c->body_start_len, ptr, keep);
	c->body_start_len += keep;
	c->body_start[c->body_start_len] = '\0';
	c->body_left -= len < c->body_left ? len : c->body_left;
	if (c->body_left == 0) {
		begin_answer(m, c);
	}
}

/* Head bytes; once it is complete, what follows is the body's beginning. */
static bool take_head(struct mock *m, struct connection *c, const char *ptr, size_t len)
{
	const char *length;
	char *end;
	size_t rest;

	if (c->head_len + len > HEAD_BYTES) {
		return false;
	}
	memcpy(c->head + c->head_len, ptr, len);
	c->head_len += len;
	c->head[c->head_len] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (!end) {
		return true;
	}
	length = str_ifind(c->head, (size_t)(end - c->head), "content-length:");
	c->body_left = length ? strtoul(length + strlen("content-length:"), NULL, 10) : 0;
	rest = c->head_len - (size_t)(end + 4 - c->head);
	c->state = READING_BODY;
	take_body(m, c, end + 4, rest);
	return true;
}

static bool on_readable(struct mock *m, struct connection *c)
{
	static char input[HEAD_BYTES * 16];

	for (;;) {
		size_t room = c->state == READING_HEAD ? HEAD_BYTES - c->head_len : sizeof input;
		ssize_t n = transport_read(c, input, room);

		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			return false;
		}
		if (n < 0) {
			return true;
		}
		if (c->state == READING_BODY) {
			take_body(m, c, input, (size_t)n);
		} else if (c->state == READING_HEAD && !take_head(m, c, input, (size_t)n)) {
			return false;
		}
		if (!flush(m, c)) {
			return false;
		}
	}
}

static void forget(struct mock *m, struct connection *c)
{
	for (struct connection **at = &m->streams; *at; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			break;
		}
	}
	if (c->tls) {
		SSL_free(c->tls);
	}
	close(c->fd);
	buf_release(&c->out);
	free(c);
}

static void on_event(struct mock *m, struct connection *c, uint32_t events)
{
	bool alive = true;

	if (events & EPOLLOUT) {
		if (c->reply == REPLY_FLOOD && c->state == ANSWERING && c->out.len < 65536) {
			stream_step(c, 0);
		}
		alive = flush(m, c);
	}
	if (alive && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
		alive = on_readable(m, c);
	}
	if (!alive) {
		forget(m, c);
	}
}

static void accept_all(struct mock *m, int listen_fd, bool is_tls)
{
	int fd;

	while ((fd = accept(listen_fd, NULL, NULL)) >= 0) {
		struct connection *c = xcalloc(1, sizeof *c);
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
		int on = 1;

		fcntl(fd, F_SETFL, O_NONBLOCK);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		c->fd = fd;
		buf_init(&c->out, OUT_BYTES);
		if (is_tls) {
			c->tls = SSL_new(m->tls);
			SSL_set_fd(c->tls, fd);
			SSL_set_accept_state(c->tls);
		}
		await_next_request(c);
		epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &event);
	}
}

/* Sends the chunks that are due; milliseconds until the next one, -1: none. */
static int run_streams(struct mock *m)
{
	struct connection **at = &m->streams;
	uint64_t now = clock_mono_ns();
	uint64_t soonest = UINT64_MAX;

	while (*at) {
		struct connection *c = *at;

		if (c->next_ns <= now) {
			stream_step(c, now);
			flush(m, c);
		}
		if (c->state != ANSWERING) {
			*at = c->next;
			continue;
		}
		soonest = c->next_ns < soonest ? c->next_ns : soonest;
		at = &c->next;
	}
	if (soonest == UINT64_MAX) {
		return -1;
	}
	return soonest <= now ? 0 : (int)((soonest - now + 999999) / 1000000);
}

static int listen_anywhere(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
	    listen(fd, 4096) != 0) {
		die("listen");
	}
	getsockname(fd, (struct sockaddr *)&address, &len);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	*port = ntohs(address.sin_port);
	return fd;
}

static void add_fd(struct mock *m, int fd, void *mark)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = mark };

	epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static SSL_CTX *load_tls(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
		fputs("mock_upstream: certificate or key cannot be used\n", stderr);
		exit(1);
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
			 SSL_MODE_RELEASE_BUFFERS);
	return ctx;
}

static void serve(struct mock *m)
{
	struct epoll_event events[256];

	for (;;) {
		int count = epoll_wait(m->epoll_fd, events, 256, run_streams(m));

		for (int i = 0; i < count; i++) {
			void *who = events[i].data.ptr;

			if (who == &m->plain_fd || who == &m->tls_fd) {
				accept_all(m, *(int *)who, who == &m->tls_fd);
			} else if (!who) {
				return;         /* stdin ended */
			} else {
				on_event(m, who, events[i].events);
			}
		}
	}
}

int main(int argc, char **argv)
{
	struct mock m = { .epoll_fd = epoll_create1(0) };
	struct rlimit files;
	int plain_port;
	int tls_port;

	if (argc != 3) {
		fputs("usage: mock_upstream CERT KEY\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	m.tls = load_tls(argv[1], argv[2]);
	m.plain_fd = listen_anywhere(&plain_port);
	m.tls_fd = listen_anywhere(&tls_port);
	add_fd(&m, m.plain_fd, &m.plain_fd);
	add_fd(&m, m.tls_fd, &m.tls_fd);
	add_fd(&m, STDIN_FILENO, NULL);
	printf("%d %d\n", plain_port, tls_port);
	fflush(stdout);
	serve(&m);
	SSL_CTX_free(m.tls);
	return 0;
}
