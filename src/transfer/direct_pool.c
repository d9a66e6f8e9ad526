#include "transfer/direct_pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "transfer/curl_pool.h"

struct direct_pool *direct_pool_create(struct loop *loop, struct curl_pool *curl)
{
	struct direct_pool *p = xcalloc(1, sizeof *p);

	p->loop = loop;
	p->curl = curl;
	p->bytes = xmalloc(DIRECT_READ_BYTES);
	return p;
}

/* ---- idle connections ---- */

static void unlink_idle(struct direct_conn *c)
{
	struct direct_origin *o = c->origin;

	if (c->prev) {
		c->prev->next = c->next;
	} else {
		o->idle = c->next;
	}
	if (c->next) {
		c->next->prev = c->prev;
	} else {
		o->oldest = c->prev;
	}
	c->next = c->prev = NULL;
	o->idle_count--;
}

static void drop_idle(struct direct_conn *c)
{
	unlink_idle(c);
	direct_conn_destroy(c);
}

static bool is_too_old(const struct direct_pool *p, const struct direct_conn *c,
		       int64_t max_idle_ms)
{
	return loop_now_ms(p->loop) - c->idle_since_ms > (uint64_t)max_idle_ms;
}

struct direct_conn *direct_pool_take(struct direct_pool *p, struct direct_origin *o,
				     int64_t max_idle_ms)
{
	struct direct_conn *c;

	while (o->oldest && is_too_old(p, o->oldest, max_idle_ms)) {
		drop_idle(o->oldest);
	}
	c = o->idle;
	if (c) {
		unlink_idle(c);
	}
	return c;
}

static bool may_serve_others(const struct direct_conn *c)
{
	return !c->tls || (!c->origin->is_outdated && !tls_has_unread(c->tls) &&
			   tls_is_under(c->tls, c->origin->roots));
}

void direct_pool_keep(struct direct_pool *p, struct direct_conn *c)
{
	struct direct_origin *o = c->origin;

	c->user = NULL;
	if (!may_serve_others(c)) {
		direct_conn_destroy(c);
		return;
	}
	direct_conn_want(c, EPOLLIN);
	c->idle_since_ms = loop_now_ms(p->loop);
	c->prev = NULL;
	c->next = o->idle;
	if (c->next) {
		c->next->prev = c;
	} else {
		o->oldest = c;
	}
	o->idle = c;
	if (++o->idle_count > MAX_IDLE_UPSTREAM_CONNECTIONS) {
		drop_idle(o->oldest);
	}
}

/* Nobody asked for anything: it is over, or TLS has news of its own. */
void direct_pool_idle_event(struct direct_pool *p, struct direct_conn *c)
{
	size_t got;

	if (!c->tls || direct_conn_read(c, p->bytes, DIRECT_READ_BYTES, &got) != DIRECT_WAIT) {
		drop_idle(c);
	}
}

/* ---- origins and URLs ---- */

static void free_target(void *ctx, struct slice key, void *value)
{
	struct direct_target *target = value;

	(void)ctx;
	(void)key;
	free(target->target);
	free(target);
}

static void forget_targets(struct direct_pool *p)
{
	map_each(&p->targets, free_target, NULL);
	map_release(&p->targets);
}

static void free_origin(void *ctx, struct slice key, void *value)
{
	struct direct_origin *o = value;

	(void)ctx;
	(void)key;
	while (o->idle) {
		drop_idle(o->idle);
	}
	tls_roots_unref(o->roots);
	dial_url_release(&o->url);
	free(o);
}

static void free_roots(void *ctx, struct slice key, void *value)
{
	(void)ctx;
	(void)key;
	tls_roots_unref(value);
}

void direct_pool_destroy(struct direct_pool *p)
{
	if (!p) {
		return;
	}
	forget_targets(p);
	map_each(&p->origins, free_origin, NULL);
	map_release(&p->origins);
	map_each(&p->roots, free_roots, NULL);
	map_release(&p->roots);
	loop_run_deferred(p->loop);
	free(p->bytes);
	free(p);
}

/* Parsed once for each file: it is some hundred certificates. */
static struct tls_roots *roots_for(struct direct_pool *p, const char *ca_file, struct err *err)
{
	struct tls_roots *roots = map_get(&p->roots, slice_of(ca_file));
	const char *file;

	if (!roots) {
		file = curl_pool_roots(p->curl, ca_file, err);
		if (!file && *ca_file) {
			return NULL;
		}
		roots = tls_roots_create(file, err);
		if (roots) {
			map_put(&p->roots, slice_of(ca_file), roots);
		}
	}
	return roots ? tls_roots_ref(roots) : NULL;
}

/* Handshakes that are under way hold the old roots themselves. */
static bool renew_roots(struct direct_pool *p, struct direct_origin *o, const char *ca_file,
			struct err *err)
{
	struct tls_roots *roots = roots_for(p, ca_file, err);

	if (!roots) {
		return false;
	}
	tls_roots_unref(o->roots);
	o->roots = roots;
	o->is_outdated = false;
	return true;
}

static void outdate(void *ctx, struct slice key, void *value)
{
	struct direct_origin *o = value;

	(void)ctx;
	(void)key;
	while (o->roots && o->idle) {
		drop_idle(o->idle);
	}
	o->is_outdated = o->roots != NULL;
}

void direct_pool_refresh(struct direct_pool *p, const char *ca_file)
{
	struct file_mark mark = { .bytes = 0 };
	struct stat st;

	if (*ca_file && stat(ca_file, &st) == 0) {
		mark = (struct file_mark){ st.st_ino, st.st_size, st.st_mtim };
	}
	if (mark.inode == p->ca_mark.inode && mark.bytes == p->ca_mark.bytes &&
	    mark.changed.tv_sec == p->ca_mark.changed.tv_sec &&
	    mark.changed.tv_nsec == p->ca_mark.changed.tv_nsec) {
		return;
	}
	p->ca_mark = mark;
	curl_pool_forget_roots(p->curl);
	forget_targets(p);
	map_each(&p->roots, free_roots, NULL);
	map_release(&p->roots);
	map_each(&p->origins, outdate, NULL);
}

/* Takes `url` over. */
static struct direct_origin *origin_for(struct direct_pool *p, struct dial_url *url,
					const char *ca_file, struct err *err)
{
	struct buf key = BUF_INIT(MAX_URL_BYTES);
	struct direct_origin *o;

	buf_addf(&key, "%s %s:%u %s", url->is_tls ? "tls" : "tcp", url->host, url->port,
		 url->is_tls ? ca_file : "");
	o = map_get(&p->origins, buf_slice(&key));
	if (!o) {
		o = xcalloc(1, sizeof *o);
		o->pool = p;
		o->roots = url->is_tls ? roots_for(p, ca_file, err) : NULL;
		if (url->is_tls && !o->roots) {
			free(o);
			o = NULL;
		} else {
			o->url = *url;
			*url = (struct dial_url){ .host = NULL };
			map_put(&p->origins, buf_slice(&key), o);
		}
	} else if (o->is_outdated && !renew_roots(p, o, ca_file, err)) {
		o = NULL;
	}
	buf_release(&key);
	return o;
}

static struct direct_target *add_target(struct direct_pool *p, struct slice key,
					const char *text, const char *ca_file, struct err *err)
{
	struct direct_target *target;
	struct direct_origin *origin;
	struct dial_url url;
	char *path;

	if (!dial_url_parse(text, &url)) {
		return NULL;
	}
	path = xstrdup(url.target);
	origin = origin_for(p, &url, ca_file, err);
	dial_url_release(&url);
	if (!origin) {
		free(path);
		return NULL;
	}
	if (p->targets.len == MAX_PARSED_URLS) {
		forget_targets(p);
	}
	target = xcalloc(1, sizeof *target);
	target->origin = origin;
	target->target = path;
	map_put(&p->targets, key, target);
	return target;
}

const struct direct_target *direct_pool_target(struct direct_pool *p, const char *url,
					       const char *ca_file, struct err *err)
{
	struct buf key = BUF_INIT(2 * MAX_URL_BYTES);
	struct direct_target *target;

	/* The common case has no roots of its own: no key to put together. */
	if (!*ca_file) {
		target = map_get(&p->targets, slice_of(url));
		return target ? target : add_target(p, slice_of(url), url, ca_file, err);
	}
	buf_addf(&key, "%s %s", ca_file, url);
	target = map_get(&p->targets, buf_slice(&key));
	if (!target) {
		target = add_target(p, buf_slice(&key), url, ca_file, err);
	}
	buf_release(&key);
	return target;
}
