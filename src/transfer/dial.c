#include "transfer/dial.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "transfer/curl_pool.h"

struct dial {
	struct curl_job job;
	struct curl_pool *pool;
	CURL *easy;
	dial_done done;
	void *ctx;
	struct deferred free;
	char detail[CURL_ERROR_SIZE];
};

/* ---- URLs ---- */

/* A part of a parsed URL as memory of our own; NULL when it has none. */
static char *part(CURLU *url, CURLUPart what)
{
	char *text = NULL;
	char *copy;

	if (curl_url_get(url, what, &text, what == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) !=
	    CURLUE_OK) {
		return NULL;
	}
	copy = xstrdup(text);
	curl_free(text);
	return copy;
}

static bool is_plain_host(const char *host)
{
	for (; *host; host++) {
		if ((unsigned char)*host >= 0x80 || *host == '%') {
			return false;
		}
	}
	return true;
}

static char *make_target(CURLU *url)
{
	char *path = part(url, CURLUPART_PATH);
	char *query = part(url, CURLUPART_QUERY);
	struct buf text = BUF_INIT(MAX_URL_BYTES);

	buf_adds(&text, path ? path : "/");
	if (query) {
		buf_addf(&text, "?%s", query);
	}
	free(path);
	free(query);
	return buf_detach(&text);
}

static char *make_authority(const struct dial_url *url)
{
	struct buf text = BUF_INIT(MAX_URL_BYTES);

	buf_adds(&text, url->host);
	if (url->port != (url->is_tls ? 443 : 80)) {
		buf_addf(&text, ":%u", url->port);
	}
	return buf_detach(&text);
}

static bool take_apart(CURLU *parsed, struct dial_url *url)
{
	char *scheme = part(parsed, CURLUPART_SCHEME);
	char *port = part(parsed, CURLUPART_PORT);
	char *user = part(parsed, CURLUPART_USER);
	uint64_t number = 0;
	bool ok = !user && port && str_to_u64(slice_of(port), &number) && number <= 65535 &&
		  (str_eq(scheme, "http") || str_eq(scheme, "https"));

	url->is_tls = str_eq(scheme, "https");
	url->port = (unsigned)number;
	url->host = part(parsed, CURLUPART_HOST);
	free(scheme);
	free(port);
	free(user);
	if (!ok || !url->host || !is_plain_host(url->host)) {
		return false;
	}
	url->target = make_target(parsed);
	url->authority = make_authority(url);
	return true;
}

bool dial_url_parse(const char *text, struct dial_url *url)
{
	CURLU *parsed = curl_url();
	bool ok;

	*url = (struct dial_url){ .host = NULL };
	ok = parsed && curl_url_set(parsed, CURLUPART_URL, text, 0) == CURLUE_OK &&
	     take_apart(parsed, url);
	curl_url_cleanup(parsed);
	if (!ok) {
		dial_url_release(url);
	}
	return ok;
}

void dial_url_release(struct dial_url *url)
{
	free(url->host);
	free(url->target);
	free(url->authority);
	*url = (struct dial_url){ .host = NULL };
}

/* ---- connecting ---- */

static void free_dial(struct deferred *deferred)
{
	struct dial *d = (struct dial *)((char *)deferred - offsetof(struct dial, free));

	curl_multi_remove_handle(d->pool->multi, d->easy);
	curl_easy_cleanup(d->easy);
	free(d);
}

static enum transfer_end end_of(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return TRANSFER_DNS;
	case CURLE_OPERATION_TIMEDOUT:
		return TRANSFER_TIMEOUT;
	default:
		return TRANSFER_CONNECT;
	}
}

/* libcurl closes its own descriptor with the handle; the copy stays. */
static int take_socket(struct dial *d)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (curl_easy_getinfo(d->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
	    fd == CURL_SOCKET_BAD) {
		return -1;
	}
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void on_end(struct curl_job *job, int code)
{
	struct dial *d = (struct dial *)((char *)job - offsetof(struct dial, job));
	int fd = code == CURLE_OK ? take_socket(d) : -1;
	const char *detail = d->detail[0] ? d->detail : curl_easy_strerror((CURLcode)code);

	curl_easy_setopt(d->easy, CURLOPT_PRIVATE, NULL);
	loop_defer(d->pool->loop, &d->free);
	d->done(d->ctx, fd, fd >= 0 ? TRANSFER_OK : end_of((CURLcode)code),
		fd >= 0 ? "" : code == CURLE_OK ? "no descriptor is left" : detail);
}

static CURL *make_easy(struct dial *d, const struct dial_url *url, int64_t timeout_ms)
{
	CURL *easy = curl_easy_init();
	char text[MAX_ERR_MSG];
	int len = snprintf(text, sizeof text, "http://%s:%u/", url->host, url->port);

	if (!easy || len < 0 || (size_t)len >= sizeof text) {
		curl_easy_cleanup(easy);
		return NULL;
	}
	curl_easy_setopt(easy, CURLOPT_URL, text);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, curl_pool_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, d->pool);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, d->detail);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, &d->job);
	return easy;
}

struct dial *dial_start(struct curl_pool *pool, const struct dial_url *url, int64_t timeout_ms,
			dial_done done, void *ctx)
{
	struct dial *d = xcalloc(1, sizeof *d);

	d->job.on_end = on_end;
	d->pool = pool;
	d->done = done;
	d->ctx = ctx;
	d->free.run = free_dial;
	d->easy = make_easy(d, url, timeout_ms);
	if (!d->easy || curl_multi_add_handle(pool->multi, d->easy) != CURLM_OK) {
		curl_easy_cleanup(d->easy);
		free(d);
		return NULL;
	}
	return d;
}

void dial_cancel(struct dial *d)
{
	curl_easy_setopt(d->easy, CURLOPT_PRIVATE, NULL);
	loop_defer(d->pool->loop, &d->free);
}
