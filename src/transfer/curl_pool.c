/*
 * Sockets of libcurl stay registered in the worker's epoll between two
 * transfers of a connection, which saves two system calls a request.
 */
#include "transfer/curl_pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"

/* A socket of libcurl in our epoll. Outlives single transfers. */
struct curl_socket {
	struct watch watch;
	struct deferred free;
	struct curl_pool *pool;
	uint32_t events;
	bool is_idle;           /* libcurl does not ask for events now */
};

/* ---- the multi handle on the loop ---- */

static void finish_jobs(struct curl_pool *p)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(p->multi, &left)) != NULL) {
		struct curl_job *job = NULL;
		CURLcode code = msg->data.result;

		if (msg->msg == CURLMSG_DONE) {
			curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&job);
		}
		if (job) {
			job->on_end(job, (int)code);
		}
	}
}

static void drive(struct curl_pool *p, curl_socket_t fd, int mask)
{
	int running;

	curl_multi_socket_action(p->multi, fd, mask, &running);
	finish_jobs(p);
}

static void on_socket_ready(struct watch *w, uint32_t events)
{
	struct curl_socket *s = (struct curl_socket *)w;   /* first member */
	int mask = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
		   (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);

	if (s->is_idle) {
		/* The peer closed a kept connection, or sent what nobody asked
		 * for: libcurl finds out when it wants to use it. */
		loop_unwatch(s->pool->loop, w);
		s->events = 0;
		return;
	}
	drive(s->pool, w->fd, mask);
}

static struct curl_socket *socket_for(struct curl_pool *p, curl_socket_t fd)
{
	size_t need = (size_t)fd + 1;

	if (need > p->socket_count) {
		size_t count = need + 64;

		p->sockets = xrealloc(p->sockets, count * sizeof(struct curl_socket *));
		memset(p->sockets + p->socket_count, 0,
		       (count - p->socket_count) * sizeof(struct curl_socket *));
		p->socket_count = count;
	}
	if (!p->sockets[fd]) {
		struct curl_socket *s = xcalloc(1, sizeof *s);

		s->pool = p;
		s->watch = (struct watch){ .fd = -1, .on_ready = on_socket_ready };
		p->sockets[fd] = s;
	}
	return p->sockets[fd];
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *ours)
{
	struct curl_pool *p = ctx;
	struct curl_socket *s = socket_for(p, fd);
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0u) |
			  (what & CURL_POLL_OUT ? EPOLLOUT : 0u);

	(void)easy;
	(void)ours;
	s->is_idle = what == CURL_POLL_REMOVE;
	if (s->is_idle || (s->watch.fd >= 0 && s->events == events)) {
		return 0;
	}
	s->events = events;
	if (s->watch.fd < 0) {
		s->watch.fd = fd;
		loop_watch(p->loop, &s->watch, events);
	} else {
		loop_rewatch(p->loop, &s->watch, events);
	}
	return 0;
}

static void free_socket(struct deferred *d)
{
	struct curl_socket *s =
		(struct curl_socket *)((char *)d - offsetof(struct curl_socket, free));

	free(s);
}

/* Descriptor numbers are reused, so what is known of one ends with it. */
int curl_pool_close_socket(void *ctx, int fd)
{
	struct curl_pool *p = ctx;

	if ((size_t)fd < p->socket_count && p->sockets[fd]) {
		struct curl_socket *s = p->sockets[fd];

		p->sockets[fd] = NULL;
		loop_unwatch(p->loop, &s->watch);
		s->free.run = free_socket;
		loop_defer(p->loop, &s->free);
	}
	return close(fd);
}

static void on_kick(struct deferred *d)
{
	struct curl_pool *p =
		(struct curl_pool *)((char *)d - offsetof(struct curl_pool, kick));

	drive(p, CURL_SOCKET_TIMEOUT, 0);
}

static void on_timer(struct timer *t)
{
	struct curl_pool *p =
		(struct curl_pool *)((char *)t - offsetof(struct curl_pool, timer));

	drive(p, CURL_SOCKET_TIMEOUT, 0);
}

static int on_curl_timer(CURLM *multi, long in_ms, void *ctx)
{
	struct curl_pool *p = ctx;

	(void)multi;
	if (in_ms < 0) {
		loop_timer_clear(p->loop, &p->timer);
	} else if (in_ms == 0) {
		loop_timer_clear(p->loop, &p->timer);
		loop_defer(p->loop, &p->kick);
	} else {
		loop_timer_set(p->loop, &p->timer, (uint64_t)in_ms);
	}
	return 0;
}

void curl_pool_init_process(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void free_url(void *ctx, struct slice key, void *value)
{
	(void)ctx;
	(void)key;
	curl_url_cleanup(value);
}

/* libcurl works on copies, so running transfers do not mind. */
static void forget_urls(struct curl_pool *p)
{
	map_each(&p->urls, free_url, NULL);
	map_release(&p->urls);
}

struct curl_pool *curl_pool_create(struct loop *loop, struct err *err)
{
	struct curl_pool *p = xcalloc(1, sizeof *p);

	p->loop = loop;
	p->timer.on_fire = on_timer;
	p->kick.run = on_kick;
	p->bundle.fd = -1;
	p->system_ca = curl_version_info(CURLVERSION_NOW)->cainfo;
	p->multi = curl_multi_init();
	if (!p->multi) {
		err_setf(err, ERR_FAILED, "libcurl does not start");
		free(p);
		return NULL;
	}
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)MAX_IDLE_UPSTREAM_CONNECTIONS);
	curl_multi_setopt(p->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return p;
}

void curl_pool_destroy(struct curl_pool *p)
{
	CURL *easy;

	if (!p) {
		return;
	}
	loop_run_deferred(p->loop);
	while ((easy = vec_pop(&p->spare)) != NULL) {
		curl_easy_cleanup(easy);
	}
	vec_release(&p->spare);
	curl_multi_cleanup(p->multi);
	loop_timer_clear(p->loop, &p->timer);
	loop_run_deferred(p->loop);
	for (size_t fd = 0; fd < p->socket_count; fd++) {
		free(p->sockets[fd]);
	}
	free(p->sockets);
	forget_urls(p);
	free(p->extra_ca);
	ca_bundle_release(&p->bundle);
	free(p);
}

/* ---- what its users share ---- */

/* The bundle is made again only when another file is configured. */
const char *curl_pool_roots(struct curl_pool *p, const char *extra, struct err *err)
{
	struct ca_bundle fresh;

	if (!*extra) {
		return p->system_ca;
	}
	if (!str_eq(p->extra_ca, extra)) {
		if (!ca_bundle_create(&fresh, p->system_ca, extra, err)) {
			log_error("upstream", "proxy.ca_file: %s", err->msg);
			return NULL;
		}
		ca_bundle_release(&p->bundle);
		p->bundle = fresh;
		free(p->extra_ca);
		p->extra_ca = xstrdup(extra);
	}
	return p->bundle.path;
}

void curl_pool_forget_roots(struct curl_pool *p)
{
	free(p->extra_ca);
	p->extra_ca = NULL;
}

/* A gateway asks a handful of URLs again and again; parsing is not cheap. */
void *curl_pool_url(struct curl_pool *p, const char *text)
{
	struct slice key = slice_of(text);
	CURLU *url = map_get(&p->urls, key);

	if (url) {
		return url;
	}
	if (p->urls.len == MAX_PARSED_URLS) {
		forget_urls(p);
	}
	url = curl_url();
	if (!url || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
		curl_url_cleanup(url);
		return NULL;
	}
	map_put(&p->urls, key, url);
	return url;
}
