/*
 * Kept cheap on purpose (measured): easy handles are reused fully set up;
 * CURLOPT_CAPATH is NULL, because only then the certificate store is cached
 * across connections.
 */
#include "transfer/transfer_curl.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/limits.h"
#include "base/mem.h"
#include "transfer/curl_pool.h"
#include "transfer/public_address.h"

#define MAX_SPARE_HANDLES 256
#define READ_BUFFER_BYTES 16384L
#define STREAM_BUFFER_BYTES 4096L   /* events are small; saves memory a stream */

struct curl_transfer {
	struct transfer base;           /* first: the interface */
	struct curl_job job;
	struct curl_pool *pool;
	CURL *easy;
	struct curl_slist *headers;
	const struct transfer_events *events;
	void *ctx;
	struct transfer_spec spec;
	struct header *head;            /* in the arena, made when the head begins */
	size_t head_count;
	size_t head_bytes;
	int status;
	int64_t content_length;
	int64_t received;               /* of the answer's body */
	bool has_head;
	bool is_early;                  /* the answer is whole, the request is not */
	bool is_paused;
	bool is_aborted;
	bool is_in_callback;
	bool is_refused;                /* its address is not public */
	struct timer connect_timer;
	struct deferred free;
	char detail[CURL_ERROR_SIZE];
};

/* ---- one transfer ---- */

static void add_head_line(struct curl_transfer *t, const char *line, size_t len)
{
	struct slice rest = { line, len };
	struct slice name;

	if (!t->head || t->head_count == MAX_UPSTREAM_HEADERS || !slice_next(&rest, ':', &name) ||
	    !rest.ptr) {
		return;
	}
	rest = slice_trim(rest);
	t->head[t->head_count++] = (struct header){
		.name = arena_strndup(t->spec.arena, name.ptr, name.len),
		.value = arena_strndup(t->spec.arena, rest.ptr, rest.len),
	};
	if (slice_ieq(name, "content-length")) {
		uint64_t value;

		if (str_to_u64(rest, &value) && value < INT64_MAX) {
			t->content_length = (int64_t)value;
		}
	}
}

static void begin_head(struct curl_transfer *t)
{
	if (!t->head) {
		t->head = arena_alloc(t->spec.arena, MAX_UPSTREAM_HEADERS * sizeof *t->head);
	}
	t->head_count = 0;
	t->content_length = -1;
}

static void report_head(struct curl_transfer *t)
{
	struct transfer_head head = {
		.headers = t->head,
		.header_count = t->head_count,
		.content_length = t->content_length,
	};
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200) {
		return;
	}
	t->has_head = true;
	head.status = (int)status;
	t->events->on_head(t->ctx, &head);
}

/* libcurl gives whole lines, those of 1xx answers and proxies' CONNECT too. */
static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct curl_transfer *t = ctx;
	size_t len = size * count;

	t->head_bytes += len;
	if (t->is_aborted || t->head_bytes > MAX_UPSTREAM_HEAD_BYTES) {
		return 0;
	}
	if (t->has_head) {
		return len;             /* trailers */
	}
	if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
		begin_head(t);
	} else if (len <= 2 && (line[0] == '\r' || line[0] == '\n')) {
		t->is_in_callback = true;
		report_head(t);
		t->is_in_callback = false;
	} else {
		add_head_line(t, line, len);
	}
	return t->is_aborted ? 0 : len;
}

static bool is_sent(const struct transfer *base)
{
	const struct curl_transfer *t = (const struct curl_transfer *)base;
	curl_off_t sent = 0;

	curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	return !t->spec.has_body || (size_t)sent >= t->spec.body.len;
}

static size_t on_write(char *data, size_t size, size_t count, void *ctx)
{
	struct curl_transfer *t = ctx;
	size_t len = size * count;

	if (t->is_aborted) {
		return 0;
	}
	if (t->is_paused) {
		return CURL_WRITEFUNC_PAUSE;
	}
	t->is_in_callback = true;
	t->events->on_body(t->ctx, (struct slice){ data, len });
	t->is_in_callback = false;
	t->received += (int64_t)len;
	t->is_early = t->received == t->content_length && !is_sent(&t->base);
	return t->is_aborted || t->is_early ? 0 : len;
}

/* libcurl asks with the address that it is about to connect to, so that no
 * name can mean something else a moment later. */
static curl_socket_t open_public_socket(void *ctx, curlsocktype purpose,
					struct curl_sockaddr *to)
{
	struct curl_transfer *t = ctx;

	(void)purpose;
	if (!address_is_public(&to->addr)) {
		t->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to->protocol);
}

/* A kept connection would lead where nobody looked. */
static void set_guard(struct curl_transfer *t)
{
	bool is_guarded = t->spec.is_public_only;

	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION,
			 is_guarded ? open_public_socket : NULL);
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, is_guarded ? 1L : 0L);
	curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, is_guarded ? 1L : 0L);
}

static CURL *new_easy(struct curl_pool *p)
{
	CURL *easy = curl_easy_init();

	if (!easy) {
		return NULL;
	}
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, curl_pool_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, p);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	return easy;
}

/* An empty value needs libcurl's semicolon form to be sent at all. */
static void add_header_line(struct curl_transfer *t, const struct header *h)
{
	size_t name = strlen(h->name);
	size_t value = strlen(h->value);
	char *line = arena_alloc(t->spec.arena, name + value + 3);

	memcpy(line, h->name, name);
	if (value) {
		memcpy(line + name, ": ", 2);
		memcpy(line + name + 2, h->value, value + 1);
	} else {
		memcpy(line + name, ";", 2);
	}
	t->headers = curl_slist_append(t->headers, line);
}

static bool has_header(const struct transfer_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->header_count; i++) {
		if (str_ieq(spec->headers[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* libcurl's own defaults are taken out, and so is waiting for 100-continue. */
static void set_headers(struct curl_transfer *t)
{
	static const char *const defaults[] = { "Accept", "Content-Type" };

	for (size_t i = 0; i < t->spec.header_count; i++) {
		add_header_line(t, &t->spec.headers[i]);
	}
	t->headers = curl_slist_append(t->headers, "Expect:");
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		if (!has_header(&t->spec, defaults[i])) {
			t->headers = curl_slist_append(
				t->headers, arena_printf(t->spec.arena, "%s:", defaults[i]));
		}
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static void set_method(CURL *easy, const struct transfer_spec *spec)
{
	if (spec->has_body) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)spec->body.len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, spec->body.ptr ? spec->body.ptr : "");
	} else {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(easy, CURLOPT_NOBODY, str_eq(spec->method, "HEAD") ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
			 str_eq(spec->method, spec->has_body ? "POST" : "GET") ? NULL
									       : spec->method);
}

static bool set_roots(struct curl_transfer *t)
{
	struct err err = ERR_INIT;
	const char *file = NULL;

	if (str_starts(t->spec.url, "http:")) {
		return true;
	}
	file = curl_pool_roots(t->pool, t->spec.ca_file, &err);
	curl_easy_setopt(t->easy, CURLOPT_CAINFO, file);
	return file || !*t->spec.ca_file;
}

static bool set_options(struct curl_transfer *t)
{
	CURL *easy = t->easy;
	const struct transfer_spec *spec = &t->spec;
	long connect_ms = (long)(spec->connect_timeout_ms + spec->tls_timeout_ms);

	CURLU *url = curl_pool_url(t->pool, spec->url);

	if (!url || curl_easy_setopt(easy, CURLOPT_CURLU, url) != CURLE_OK) {
		return false;
	}
	set_method(easy, spec);
	set_guard(t);
	set_headers(t);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, &t->job);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail);
	curl_easy_setopt(easy, CURLOPT_PROXY, spec->proxy);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, spec->no_proxy);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)(spec->idle_timeout_ms / 1000));
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
			 spec->is_stream ? STREAM_BUFFER_BYTES : READ_BUFFER_BYTES);
	return set_roots(t);
}

/* The header lines hold the credential. */
static void wipe_headers(struct curl_slist *list)
{
	for (struct curl_slist *item = list; item; item = item->next) {
		mem_wipe(item->data, strlen(item->data));
	}
	curl_slist_free_all(list);
}

static void free_transfer(struct deferred *d)
{
	struct curl_transfer *t =
		(struct curl_transfer *)((char *)d - offsetof(struct curl_transfer, free));
	struct curl_pool *p = t->pool;

	loop_timer_clear(p->loop, &t->connect_timer);
	curl_multi_remove_handle(p->multi, t->easy);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, NULL);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, NULL);
	if (p->spare.len < MAX_SPARE_HANDLES) {
		vec_push(&p->spare, t->easy);
	} else {
		curl_easy_cleanup(t->easy);
	}
	wipe_headers(t->headers);
	free(t);
}

/* Inside one of libcurl's callbacks a handle cannot be removed: the callback
 * then fails, and the rest happens at the end of the turn. */
static void abort_transfer(struct curl_transfer *t)
{
	if (t->is_aborted) {
		return;
	}
	t->is_aborted = true;
	t->free.run = free_transfer;
	if (t->is_in_callback) {
		loop_defer(t->pool->loop, &t->free);
	} else {
		free_transfer(&t->free);
	}
}

static void pause_transfer(struct transfer *base)
{
	struct curl_transfer *t = (struct curl_transfer *)base;

	t->is_paused = true;
}

static void resume_transfer(struct transfer *base)
{
	struct curl_transfer *t = (struct curl_transfer *)base;

	if (t->is_paused) {
		t->is_paused = false;
		curl_easy_pause(t->easy, CURLPAUSE_CONT);
	}
}

static void abort_base(struct transfer *base)
{
	abort_transfer((struct curl_transfer *)base);
}

static bool is_connected(const struct transfer *base)
{
	const struct curl_transfer *t = (const struct curl_transfer *)base;
	curl_off_t since_start_us = 0;

	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &since_start_us);
	return since_start_us > 0;
}

static const struct transfer_ops ops = {
	.abort = abort_base,
	.pause = pause_transfer,
	.resume = resume_transfer,
	.is_connected = is_connected,
	.is_sent = is_sent,
};

/* TCP has its own, shorter limit inside libcurl's for the whole set-up. */
static void on_connect_timer(struct timer *timer)
{
	size_t offset = offsetof(struct curl_transfer, connect_timer);
	struct curl_transfer *t = (struct curl_transfer *)((char *)timer - offset);
	curl_off_t connected = 0;

	curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected);
	if (!connected && !t->has_head) {
		const struct transfer_events *events = t->events;
		void *ctx = t->ctx;

		abort_transfer(t);
		events->on_done(ctx, TRANSFER_TIMEOUT, "no connection in time");
	}
}

static enum transfer_end end_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return TRANSFER_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return TRANSFER_DNS;
	case CURLE_COULDNT_CONNECT:
		return TRANSFER_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return TRANSFER_TLS;
	case CURLE_OPERATION_TIMEDOUT:
		return TRANSFER_TIMEOUT;
	case CURLE_WRITE_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return TRANSFER_PROTOCOL;
	default:
		return TRANSFER_CLOSED;
	}
}

static void on_end(struct curl_job *job, int code)
{
	struct curl_transfer *t =
		(struct curl_transfer *)((char *)job - offsetof(struct curl_transfer, job));
	char detail[CURL_ERROR_SIZE];

	if (t->is_aborted) {
		return;
	}
	code = t->is_early ? CURLE_OK : code;
	str_copy(detail, sizeof detail,
		 t->is_refused ? "its address is not public" :
		 t->detail[0] ? t->detail : curl_easy_strerror((CURLcode)code));
	t->is_aborted = true;
	t->free.run = free_transfer;
	loop_defer(t->pool->loop, &t->free);
	t->events->on_done(t->ctx, end_of((CURLcode)code), code == CURLE_OK ? "" : detail);
}

struct transfer *curl_transfer_start(struct curl_pool *p, const struct transfer_spec *spec,
				     const struct transfer_events *events, void *ctx,
				     struct err *err)
{
	struct curl_transfer *t = xcalloc(1, sizeof *t);

	t->base.ops = &ops;
	t->job.on_end = on_end;
	t->pool = p;
	t->spec = *spec;
	t->events = events;
	t->ctx = ctx;
	t->content_length = -1;
	t->easy = vec_pop(&p->spare);
	if (!t->easy) {
		t->easy = new_easy(p);
	}
	if (!t->easy || !set_options(t) ||
	    curl_multi_add_handle(p->multi, t->easy) != CURLM_OK) {
		err_setf(err, ERR_FAILED, "the upstream's URL is not usable");
		if (t->easy) {
			curl_easy_cleanup(t->easy);
		}
		curl_slist_free_all(t->headers);
		free(t);
		return NULL;
	}
	t->connect_timer.on_fire = on_connect_timer;
	loop_timer_set(p->loop, &t->connect_timer, (uint64_t)spec->connect_timeout_ms);
	return &t->base;
}

const char *curl_redirect(const char *base, const char *location, struct arena *a)
{
	CURLU *url = curl_url();
	char *text = NULL;
	const char *copy = NULL;

	if (url && curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_URL, location, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK) {
		copy = arena_strdup(a, text);
	}
	curl_free(text);
	curl_url_cleanup(url);
	return copy;
}
