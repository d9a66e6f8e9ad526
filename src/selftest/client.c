#include "selftest/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"

#define DEADLINE_MS 60000       /* far beyond anything the demo upstream does */
#define LOOK_MS 100             /* how soon an end is noticed */
#define MAX_REPLY_BYTES (16 * MIB)

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

int loopback_dial(int port)
{
	const struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
		close(fd);
		return -1;
	}
	if (fd >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	}
	return fd;
}

int loopback_bind(int *port, struct err *err)
{
	struct sockaddr_in address = loopback(0);
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
		err_errno(err, "no port of 127.0.0.1");
		if (fd >= 0) {
			close(fd);
		}
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

void client_write_post(const struct target *t, const char *path, struct slice body,
		       const char *connection, struct buf *out)
{
	buf_addf(out,
		 "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: %s\r\n"
		 "User-Agent: llm-gateway-selftest\r\nContent-Type: application/json\r\n"
		 "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n",
		 path, t->port, connection, t->key, body.len);
	buf_add(out, body.ptr, body.len);
}

static bool is_ending(const struct target *t)
{
	return t->is_ending && t->is_ending(t->ctx);
}

static bool send_all(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (n <= 0) {
			return false;
		}
		bytes.ptr += n;
		bytes.len -= (size_t)n;
	}
	return true;
}

/* True when the answer is over, one way or the other. */
static bool take(struct reply *r, struct slice bytes)
{
	struct slice piece;

	for (;;) {
		switch (http1_answer_next(&r->head, &bytes, &piece)) {
		case HTTP1_MORE:
			return false;
		case HTTP1_HEAD:
			break;
		case HTTP1_BODY:
			buf_add(&r->body, piece.ptr, piece.len);
			break;
		case HTTP1_END:
			r->problem = r->body.failed ? "the answer is too long" : "";
			return true;
		case HTTP1_BAD:
			r->problem = r->head.problem;
			return true;
		}
	}
}

static void receive(const struct target *t, int fd, struct reply *r)
{
	const struct timeval look = { .tv_usec = LOOK_MS * 1000L };
	uint64_t deadline = clock_mono_ms() + DEADLINE_MS;
	char bytes[16384];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
	r->problem = "the gateway took too long";
	while (clock_mono_ms() < deadline && !is_ending(t)) {
		ssize_t n = recv(fd, bytes, sizeof bytes, 0);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
			continue;
		}
		if (n <= 0) {
			r->problem = n == 0 && http1_answer_ends_here(&r->head)
					     ? "" : "the connection broke";
			return;
		}
		if (take(r, (struct slice){ bytes, (size_t)n })) {
			return;
		}
	}
}

void client_post(const struct target *t, const char *path, struct slice body,
		 struct reply *reply)
{
	struct buf request = BUF_INIT(MIB);
	int fd = loopback_dial(t->port);

	arena_init(&reply->arena, 16 * KIB);
	http1_answer_init(&reply->head, &reply->arena, false);
	buf_init(&reply->body, MAX_REPLY_BYTES);
	client_write_post(t, path, body, "close", &request);
	if (fd < 0 || !send_all(fd, buf_slice(&request))) {
		reply->problem = "the gateway does not take the request";
	} else {
		receive(t, fd, reply);
	}
	if (fd >= 0) {
		close(fd);
	}
	buf_wipe(&request);
}

void reply_release(struct reply *r)
{
	http1_answer_release(&r->head);
	buf_release(&r->body);
	arena_release(&r->arena);
}

const char *reply_header(const struct reply *r, const char *name)
{
	for (size_t i = 0; i < r->head.header_count; i++) {
		if (str_ieq(r->head.headers[i].name, name)) {
			return r->head.headers[i].value;
		}
	}
	return "";
}
