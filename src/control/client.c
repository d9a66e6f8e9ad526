#include "control/client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json_text.h"
#include "base/limits.h"
#include "base/mem.h"
#include "control/control.h"
#include "control/http.h"
#include "control/socket.h"

/* A handler may wait for a person (a keyring that asks) or a probe. */
#define ANSWER_TIMEOUT_S 120

struct control_client {
	char *home;
	char *config_path;
	struct control *local;          /* the router in this process; made when needed */
};

struct control_client *control_client_create(const char *home, const char *config_path)
{
	struct control_client *c = xcalloc(1, sizeof *c);

	c->home = xstrdup(home);
	c->config_path = xstrdup(config_path);
	return c;
}

void control_client_destroy(struct control_client *c)
{
	if (!c) {
		return;
	}
	control_destroy(c->local);
	free(c->home);
	free(c->config_path);
	free(c);
}

static int not_running(const struct control_client *c, struct err *err)
{
	err_setf(err, ERR_NOT_RUNNING, "no gateway is running for %s", c->home);
	err_hintf(err, "start one with: llm-gateway server start");
	return -1;
}

/* A connected socket, or -1: ERR_NOT_RUNNING when nobody listens. */
static int dial(const struct control_client *c, struct err *err)
{
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct sockaddr_un address;
	int fd;

	if (!control_socket_address(c->home, &address, NULL)) {
		return not_running(c, err);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err_errno(err, "control socket");
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
		if (control_socket_peer_is_own(fd)) {
			return fd;
		}
		err_setf(err, ERR_FAILED, "%s belongs to another user", address.sun_path);
	} else if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) {
		not_running(c, err);
	} else {
		err_errno(err, "%s", address.sun_path);
	}
	close(fd);
	return -1;
}

bool control_client_is_running(struct control_client *c)
{
	int fd = dial(c, NULL);

	if (fd >= 0) {
		close(fd);
	}
	return fd >= 0;
}

/* {"error":{code,message,hint}} as the error it was. Returns false. */
static bool take_error(struct slice body, struct err *err)
{
	struct json_member error;
	struct arena arena;

	arena_init(&arena, 4 * KIB);
	if (json_find_kind(slice_trim(body), "error", JSON_OBJECT, &error)) {
		err_setf(err, err_kind_by_name(json_find_text(error.value, "code", &arena)), "%s",
			 json_find_text(error.value, "message", &arena));
		err_hintf(err, "%s", json_find_text(error.value, "hint", &arena));
	} else {
		err_setf(err, ERR_FAILED, "the control API failed without a reason");
	}
	arena_release(&arena);
	return false;
}

static bool send_request(int fd, const struct control_request *req, struct err *err)
{
	struct buf out = BUF_INIT(MAX_CONTROL_BYTES + MAX_CONTROL_HEAD_BYTES);
	bool ok;

	buf_reserve(&out, req->body.len + 512 + strlen(req->target));
	buf_addf(&out, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", req->method,
		 req->target);
	if (req->body.len) {
		buf_addf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			 req->body.len);
	}
	buf_adds(&out, "\r\n");
	buf_add(&out, req->body.ptr, req->body.len);
	if (out.failed) {
		ok = err_setf(err, ERR_TOO_LARGE, "the request is larger than %zu bytes", out.max);
	} else {
		ok = http_write(fd, buf_slice(&out)) ||
		     err_setf(err, ERR_FAILED, "the gateway closed its control socket");
	}
	buf_wipe(&out);
	return ok;
}

/* Everything until the peer closes. */
static bool read_rest(int fd, struct buf *in, struct err *err)
{
	size_t got = 1;

	while (got) {
		if (!http_read_some(fd, in, &got, err)) {
			return false;
		}
	}
	return true;
}

static bool read_answer(int fd, struct buf *out, struct err *err)
{
	struct buf in = BUF_INIT(MAX_CONTROL_BYTES + MAX_CONTROL_HEAD_BYTES);
	struct http_head head;
	size_t size = http_read_head(fd, &in, err);
	bool ok = size && http_parse_answer((struct slice){ in.ptr, size }, &head, err) &&
		  (head.has_length ? http_read_to(fd, &in, size + (size_t)head.length, err) :
				     read_rest(fd, &in, err));

	if (ok) {
		struct slice body = { in.ptr + size, in.len - size };

		if (head.status / 100 == 2) {
			buf_add(out, body.ptr, body.len);
		} else {
			ok = take_error(body, err);
		}
	}
	buf_wipe(&in);
	return ok;
}

static bool call_local(struct control_client *c, const struct control_request *req,
		       struct buf *out, struct err *err)
{
	struct buf body = BUF_INIT(MAX_CONTROL_BYTES);
	bool ok = true;

	if (!c->local) {
		c->local = control_create(c->home, c->config_path, NULL);
	}
	if (control_dispatch(c->local, req, &body) / 100 == 2) {
		buf_add(out, buf_text(&body), body.len);
	} else {
		ok = take_error(buf_slice(&body), err);
	}
	buf_wipe(&body);
	return ok;
}

bool control_call(struct control_client *c, const char *method, const char *path,
		  struct slice body, struct buf *answer, struct err *err)
{
	const struct control_request req = { method, path, body };
	struct err problem = ERR_INIT;
	int fd = dial(c, &problem);
	bool ok;

	if (fd < 0 && problem.kind == ERR_NOT_RUNNING) {
		return call_local(c, &req, answer, err);
	}
	if (fd < 0) {
		if (err) {
			*err = problem;
		}
		return false;
	}
	ok = send_request(fd, &req, err) && read_answer(fd, answer, err);
	close(fd);
	return ok;
}

/* One event's text, without its blank line; false: the reader has enough. */
static bool give_event(struct slice text,
		       bool (*on_event)(void *ctx, const char *event, struct slice data),
		       void *ctx)
{
	char name[32] = "message";
	struct slice data = SLICE_NULL;
	struct slice line;

	while (slice_next(&text, '\n', &line)) {
		struct slice value = line;
		struct slice field;

		if (!slice_next(&value, ':', &field) || !value.ptr) {
			continue;
		}
		value = slice_trim(value);
		if (slice_eq(field, "event") && value.len < sizeof name) {
			memcpy(name, value.ptr, value.len);
			name[value.len] = '\0';
		} else if (slice_eq(field, "data")) {
			data = value;
		}
	}
	return !data.ptr || on_event(ctx, name, data);
}

static bool follow(int fd, struct buf *in,
		   bool (*on_event)(void *ctx, const char *event, struct slice data),
		   void *ctx, struct err *err)
{
	size_t got = 1;

	while (got) {
		const char *end;

		while ((end = in->len ? strstr(in->ptr, "\n\n") : NULL)) {
			size_t size = (size_t)(end - in->ptr);

			if (!give_event((struct slice){ in->ptr, size }, on_event, ctx)) {
				return true;
			}
			buf_drop(in, size + 2);
		}
		if (!http_read_some(fd, in, &got, err)) {
			return false;
		}
	}
	return true;
}

bool control_stream(struct control_client *c, const char *path,
		    bool (*on_event)(void *ctx, const char *event, struct slice data),
		    void *ctx, struct err *err)
{
	const struct control_request req = { "GET", path, SLICE_NULL };
	const struct timeval forever = { 0 };
	struct buf in = BUF_INIT(MAX_CONTROL_BYTES + MAX_CONTROL_HEAD_BYTES);
	struct http_head head;
	size_t size = 0;
	bool ok;
	int fd = dial(c, err);

	if (fd < 0) {
		return false;
	}
	ok = send_request(fd, &req, err) && (size = http_read_head(fd, &in, err)) &&
	     http_parse_answer((struct slice){ in.ptr, size }, &head, err);
	if (ok && head.status / 100 != 2) {
		ok = read_rest(fd, &in, err) &&
		     take_error((struct slice){ in.ptr + size, in.len - size }, err);
	} else if (ok) {
		buf_drop(&in, size);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
		ok = follow(fd, &in, on_event, ctx, err);
	}
	close(fd);
	buf_wipe(&in);
	return ok;
}
