#include "oauth/loopback.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/percent.h"

/* Browsers open connections ahead of need and leave them silent: the one that
 * asks must not wait behind them. Beyond these the oldest is dropped. */
#define MAX_CONNECTIONS 8

struct visitor {
	int fd;
	struct buf head;
};

struct loopback {
	int fd;
	int wake[2];                    /* a byte ends the thread */
	char url[64];
	pthread_t thread;
	bool is_started;
	atomic_bool is_awaiting;
	struct oauth *oauth;
	struct oauth_settings settings;
	uint64_t end_mono_ms;
	struct visitor visitors[MAX_CONNECTIONS];   /* oldest first */
	size_t count;
};

static int bind_loopback(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	}
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
			listen(fd, MAX_CONNECTIONS) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_in address = { .sin_port = 0 };
	socklen_t len = sizeof address;

	getsockname(fd, (struct sockaddr *)&address, &len);
	return ntohs(address.sin_port);
}

struct loopback *loopback_open(int port, struct err *err)
{
	int fd = bind_loopback(port);
	struct loopback *l;
	int wake[2];

	if (fd < 0 || pipe(wake) != 0) {
		err_setf(err, ERR_CONFLICT, "port %d of this machine cannot be had for the "
			 "browser's way back", port);
		err_hintf(err, "free it, or set redirect_port to 0, or sign in with --no-browser");
		if (fd >= 0) {
			close(fd);
		}
		return NULL;
	}
	l = xcalloc(1, sizeof *l);
	l->fd = fd;
	memcpy(l->wake, wake, sizeof wake);
	fcntl(wake[0], F_SETFD, FD_CLOEXEC);
	fcntl(wake[1], F_SETFD, FD_CLOEXEC);
	/* The vendor has "localhost" on its list, by that name. */
	snprintf(l->url, sizeof l->url, "http://localhost:%d/callback", port_of(fd));
	return l;
}

const char *loopback_url(const struct loopback *l)
{
	return l->url;
}

/* ---- answers to the browser ---- */

static void add_html(struct buf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<': buf_adds(out, "&lt;"); break;
		case '>': buf_adds(out, "&gt;"); break;
		case '&': buf_adds(out, "&amp;"); break;
		default:  buf_addc(out, *text); break;
		}
	}
}

static void send_page(int fd, const char *status, const char *title, const char *text)
{
	struct buf page = BUF_INIT(8 * KIB);
	struct buf out = BUF_INIT(8 * KIB);

	buf_addf(&page, "<!doctype html><meta charset=utf-8><title>llm-gateway</title>"
		 "<h1>%s</h1><p>", title);
	add_html(&page, text);
	buf_adds(&page, "</p>\n");
	buf_addf(&out, "HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\n"
		 "Content-Length: %zu\r\nCache-Control: no-store\r\n"
		 "Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n%s",
		 status, page.len, buf_text(&page));
	/* Small enough for a fresh socket's buffer. */
	if (send(fd, out.ptr, out.len, MSG_NOSIGNAL) < 0) {
		log_debug("oauth", "the browser did not wait for its page");
	}
	shutdown(fd, SHUT_WR);
	buf_release(&page);
	buf_release(&out);
}

/* ---- the request ---- */

/* "GET /callback?… HTTP/1.1": the query, or false. */
static bool callback_query(struct slice head, struct slice *query)
{
	struct slice method;
	struct slice path;

	return slice_next(&head, ' ', &method) && slice_eq(method, "GET") &&
	       slice_next(&head, ' ', query) && slice_next(query, '?', &path) &&
	       slice_eq(path, "/callback");
}

static void refuse(struct loopback *l, int fd)
{
	struct err why = ERR_INIT;

	err_setf(&why, ERR_SIGN_IN, "the sign-in was not granted on the vendor's page");
	oauth_set_outcome(l->oauth, oauth_account_of(l->oauth, l->settings.account_id), &why);
	send_page(fd, "200 OK", "Not signed in", "The sign-in was not granted.");
}

static void complete(struct loopback *l, int fd, const struct buf *code,
		     const struct buf *state)
{
	struct sign_in_answer answer = {
		.code = buf_slice(code),
		.state = buf_slice(state),
		.redirect_url = slice_of(l->url),
	};
	struct err why = ERR_INIT;

	if (authorise_complete(l->oauth, &l->settings, &answer, &why)) {
		atomic_store(&l->is_awaiting, false);
		send_page(fd, "200 OK", "Signed in", "You can close this page.");
	} else {
		send_page(fd, "400 Bad Request", "Not signed in", why.msg);
	}
}

static void answer_request(struct loopback *l, int fd, struct slice head)
{
	struct buf code = BUF_INIT(MAX_OAUTH_CALLBACK_BYTES);
	struct buf state = BUF_INIT(MAX_OAUTH_CALLBACK_BYTES);
	struct slice query;

	if (!callback_query(head, &query)) {
		send_page(fd, "404 Not Found", "Nothing here", "This is not the page.");
	} else if (percent_query_get(query, "code", &code) &&
		   percent_query_get(query, "state", &state)) {
		complete(l, fd, &code, &state);
	} else {
		refuse(l, fd);
	}
	buf_wipe(&code);
	buf_wipe(&state);
}

/* ---- connections ---- */

static void drop_visitor(struct loopback *l, size_t index)
{
	close(l->visitors[index].fd);
	buf_wipe(&l->visitors[index].head);
	l->count--;
	memmove(&l->visitors[index], &l->visitors[index + 1],
		(l->count - index) * sizeof l->visitors[0]);
}

static void take_visitor(struct loopback *l)
{
	int fd = accept(l->fd, NULL, NULL);

	if (fd < 0) {
		return;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (l->count == MAX_CONNECTIONS) {
		drop_visitor(l, 0);
	}
	l->visitors[l->count].fd = fd;
	buf_init(&l->visitors[l->count].head, MAX_OAUTH_CALLBACK_BYTES);
	l->count++;
}

/* True when the visitor is through: answered, gone, or talking too much. */
static bool read_visitor(struct loopback *l, struct visitor *v)
{
	char chunk[2048];
	ssize_t got = read(v->fd, chunk, sizeof chunk);

	if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
		return false;
	}
	if (got <= 0) {
		return true;
	}
	buf_add(&v->head, chunk, (size_t)got);
	mem_wipe(chunk, sizeof chunk);
	if (v->head.failed) {
		return true;
	}
	if (!strstr(buf_text(&v->head), "\r\n\r\n")) {
		return false;
	}
	answer_request(l, v->fd, buf_slice(&v->head));
	return true;
}

/* False: it is time to end. */
static bool wait_and_answer(struct loopback *l)
{
	struct pollfd fds[2 + MAX_CONNECTIONS] = {
		{ .fd = l->wake[0], .events = POLLIN },
		{ .fd = l->fd, .events = POLLIN },
	};
	uint64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < l->count; i++) {
		fds[2 + i] = (struct pollfd){ .fd = l->visitors[i].fd, .events = POLLIN };
	}
	if (now_ms >= l->end_mono_ms) {
		return false;
	}
	if (poll(fds, 2 + l->count, (int)(l->end_mono_ms - now_ms)) < 0) {
		return errno == EINTR;
	}
	if (fds[0].revents) {
		return false;
	}
	/* From the end, so that dropping one moves none that is still to come. */
	for (size_t i = l->count; i-- > 0;) {
		if (fds[2 + i].revents && read_visitor(l, &l->visitors[i])) {
			drop_visitor(l, i);
		}
	}
	if (fds[1].revents) {
		take_visitor(l);
	}
	return true;
}

static void *serve(void *arg)
{
	struct loopback *l = arg;

	while (atomic_load(&l->is_awaiting) && wait_and_answer(l)) {
		/* one round */
	}
	atomic_store(&l->is_awaiting, false);
	while (l->count) {
		drop_visitor(l, l->count - 1);
	}
	close(l->fd);
	l->fd = -1;
	return NULL;
}

void loopback_serve(struct loopback *l, struct oauth *o, struct oauth_settings *s)
{
	l->oauth = o;
	l->settings = *s;
	l->end_mono_ms = clock_mono_ms() + OAUTH_SIGN_IN_MS;
	atomic_store(&l->is_awaiting, true);
	l->is_started = oauth_start_thread(&l->thread, serve, l);
	if (!l->is_started) {
		atomic_store(&l->is_awaiting, false);
		log_warn("oauth", "no thread for the browser's way back; paste the code instead");
	}
}

bool loopback_is_awaiting(const struct loopback *l)
{
	return l && atomic_load(&l->is_awaiting);
}

void loopback_close(struct loopback *l)
{
	if (!l) {
		return;
	}
	if (l->is_started) {
		if (write(l->wake[1], "x", 1) != 1) {
			log_error("oauth", "the sign-in's listener cannot be woken");
		}
		pthread_join(l->thread, NULL);
		oauth_settings_release(&l->settings);
	}
	if (l->fd >= 0) {
		close(l->fd);
	}
	close(l->wake[0]);
	close(l->wake[1]);
	free(l);
}
