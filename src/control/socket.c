#define _GNU_SOURCE   /* accept4 */
#include "control/socket.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/control.h"
#include "control/http.h"

/* Dashboards, tails and commands of one user. */
#define MAX_CONNECTIONS 64

/* Callers that wait for their turn. */
#define BACKLOG 1024

/* A peer that is silent inside a request, or does not read its answer. */
#define PEER_TIMEOUT_S 10

/* The deepest handlers parse a configuration or talk to the keyring. */
#define STACK_BYTES MIB

struct connection {
	struct control_socket *socket;
	struct connection *next;
	int fd;
	bool head_sent;                 /* of a stream */
};

struct control_socket {
	struct control *control;        /* borrowed */
	struct sockaddr_un address;
	int fd;
	int stop_fd;                    /* eventfd; readable for good once it ends */
	pthread_mutex_t lock;           /* guards the rest */
	pthread_cond_t none_left;
	struct connection *connections;
	size_t count;
};

static void send_answer(int fd, int status, struct buf *body)
{
	struct buf head = BUF_INIT(4 * KIB);

	buf_addc(body, '\n');
	http_answer_head(&head, status, (int64_t)body->len);
	if (http_write(fd, buf_slice(&head))) {
		http_write(fd, buf_slice(body));
	}
	buf_release(&head);
}

/* The head waits for the first event: until then it may become an error. */
static bool sink_send(void *ctx, struct slice bytes)
{
	struct connection *c = ctx;
	struct buf head = BUF_INIT(4 * KIB);
	bool ok = true;

	if (!c->head_sent) {
		c->head_sent = true;
		http_answer_head(&head, 200, -1);
		ok = http_write(c->fd, buf_slice(&head));
	}
	buf_release(&head);
	return ok && http_write(c->fd, bytes);
}

/* The peer sends nothing more, so anything readable is its end. */
static bool sink_wait(void *ctx, int timeout_ms)
{
	const struct connection *c = ctx;
	struct pollfd watched[] = {
		{ .fd = c->fd, .events = POLLIN | POLLRDHUP },
		{ .fd = c->socket->stop_fd, .events = POLLIN },
	};
	int ready = poll(watched, ARRAY_LEN(watched), timeout_ms);

	return ready == 0 || (ready < 0 && errno == EINTR);
}

static int answer(struct connection *c, const struct control_request *req, struct buf *out)
{
	const struct control_sink sink = { c, sink_send, sink_wait };

	return control_is_stream(req) ? control_follow(c->socket->control, req, &sink, out) :
					control_dispatch(c->socket->control, req, out);
}

static bool check_head(const struct http_head *head, struct err *err)
{
	if (head->is_from_a_page) {
		return err_setf(err, ERR_USAGE, "requests of web pages are refused: there must "
				"be no Origin, and the Host must be localhost");
	}
	if (head->is_chunked) {
		return err_setf(err, ERR_USAGE, "a body needs a content-length here");
	}
	if (head->length > MAX_CONTROL_BYTES) {
		return err_setf(err, ERR_TOO_LARGE, "the body is larger than %lu bytes",
				MAX_CONTROL_BYTES);
	}
	return true;
}

/* Reads the whole request; its parts lie in `in`. */
static bool read_request(int fd, struct buf *in, struct http_head *head, struct slice *body,
			 struct err *err)
{
	size_t size = http_read_head(fd, in, err);

	if (!size || !http_parse_request((struct slice){ in->ptr, size }, head, err) ||
	    !check_head(head, err)) {
		return false;
	}
	if (head->expects_continue) {
		http_write(fd, slice_of("HTTP/1.1 100 Continue\r\n\r\n"));
	}
	/* Growing the buffer moves it: parse again where it lies then. */
	if (!http_read_to(fd, in, size + (size_t)head->length, err) ||
	    !http_parse_request((struct slice){ in->ptr, size }, head, err)) {
		return false;
	}
	*body = (struct slice){ in->ptr + size, (size_t)head->length };
	return true;
}

static void serve_request(struct connection *c)
{
	struct buf in = BUF_INIT(MAX_CONTROL_HEAD_BYTES + MAX_CONTROL_BYTES);
	struct buf out = BUF_INIT(MAX_CONTROL_BYTES);
	struct err err = ERR_INIT;
	struct http_head head;
	struct slice body;
	int status;

	if (read_request(c->fd, &in, &head, &body, &err)) {
		char *method = xstrndup(head.method.ptr, head.method.len);
		char *target = xstrndup(head.target.ptr, head.target.len);

		status = answer(c, &(struct control_request){ method, target, body }, &out);
		free(method);
		free(target);
	} else {
		status = control_write_error(&err, &out);
	}
	if (!c->head_sent) {
		send_answer(c->fd, status, &out);
	}
	buf_wipe(&in);
	buf_wipe(&out);
}

static void forget(struct connection *c)
{
	struct control_socket *s = c->socket;
	struct connection **at = &s->connections;

	pthread_mutex_lock(&s->lock);
	while (*at != c) {
		at = &(*at)->next;
	}
	*at = c->next;
	close(c->fd);
	s->count--;
	pthread_cond_signal(&s->none_left);
	pthread_mutex_unlock(&s->lock);
	free(c);
}

static void *serve(void *arg)
{
	struct connection *c = arg;

	serve_request(c);
	forget(c);
	return NULL;
}

static bool start_thread(struct connection *c)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool ok;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ok = pthread_create(&thread, &attr, serve, c) == 0;
	pthread_attr_destroy(&attr);
	return ok;
}

static void start_connection(struct control_socket *s, int fd)
{
	const struct timeval timeout = { .tv_sec = PEER_TIMEOUT_S };
	struct connection *c = xcalloc(1, sizeof *c);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	c->socket = s;
	c->fd = fd;
	pthread_mutex_lock(&s->lock);
	c->next = s->connections;
	s->connections = c;
	s->count++;
	pthread_mutex_unlock(&s->lock);
	if (!start_thread(c)) {
		log_warn("control", "no thread for a connection");
		forget(c);
	}
}

int control_socket_fd(struct control_socket *s)
{
	bool is_full;

	pthread_mutex_lock(&s->lock);
	is_full = s->count >= MAX_CONNECTIONS;
	pthread_mutex_unlock(&s->lock);
	return is_full ? -1 : s->fd;
}

void control_socket_accept(struct control_socket *s)
{
	int fd;

	while (control_socket_fd(s) >= 0 &&
	       (fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		if (control_socket_peer_is_own(fd)) {
			start_connection(s, fd);
		} else {
			log_warn("control", "refused a connection of another user");
			close(fd);
		}
	}
}

/* The mode is set before the name exists: there is no moment with more. */
static bool listen_at(struct control_socket *s, struct err *err)
{
	const struct sockaddr *address = (const struct sockaddr *)&s->address;

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0 || fchmod(s->fd, 0600) < 0) {
		return err_errno(err, "control socket");
	}
	unlink(s->address.sun_path);
	if (bind(s->fd, address, sizeof s->address) < 0 || listen(s->fd, BACKLOG) < 0) {
		return err_errno(err, "%s", s->address.sun_path);
	}
	return true;
}

struct control_socket *control_socket_create(struct control *c, const char *home,
					     struct err *err)
{
	struct control_socket *s = xcalloc(1, sizeof *s);

	s->control = c;
	s->fd = -1;
	s->stop_fd = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->none_left, NULL);
	if (s->stop_fd < 0) {
		err_errno(err, "eventfd");
	} else if (control_socket_address(home, &s->address, err) && listen_at(s, err)) {
		return s;
	}
	control_socket_destroy(s);
	return NULL;
}

/* Readers get the end of their stream, writers finish. */
static bool end_connections(struct control_socket *s)
{
	const uint64_t one = 1;
	struct timespec until;
	int rc = 0;
	bool ended;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PEER_TIMEOUT_S / 2;
	if (s->stop_fd >= 0 && write(s->stop_fd, &one, sizeof one) < 0) {
		log_warn("control", "streams cannot be told to end");
	}
	pthread_mutex_lock(&s->lock);
	for (struct connection *c = s->connections; c; c = c->next) {
		shutdown(c->fd, SHUT_RD);
	}
	while (s->count && rc == 0) {
		rc = pthread_cond_timedwait(&s->none_left, &s->lock, &until);
	}
	ended = s->count == 0;
	pthread_mutex_unlock(&s->lock);
	return ended;
}

bool control_socket_destroy(struct control_socket *s)
{
	if (!s) {
		return true;
	}
	if (s->fd >= 0) {
		close(s->fd);
		unlink(s->address.sun_path);
	}
	if (!end_connections(s)) {
		return false;
	}
	if (s->stop_fd >= 0) {
		close(s->stop_fd);
	}
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->none_left);
	free(s);
	return true;
}
