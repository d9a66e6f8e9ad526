#include "gateway/media_fetch.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "formats/media.h"
#include "gateway/upstream_body.h"
#include "transfer/transfer_curl.h"

#define FETCH_MS 10000          /* for one, redirects included */
#define MAX_REDIRECTS 3

struct media_fetch {
	struct exchange *x;
	struct hub_block *blocks[MAX_FETCHED_MEDIA];
	size_t count;
	size_t at;                      /* the one that is being fetched */
	const char *url;
	unsigned redirects;
	int status;
	const char *location;           /* of a redirect; NULL: none */
	struct slice type;              /* of the content; in the arena */
	struct buf data;
	size_t data_bytes;              /* of it, taken from the budget */
	size_t total_bytes;             /* of all so far */
	struct timer timer;
};

static const struct transfer_events *events(void);

/* ---- one hop ---- */

static void fail(struct media_fetch *f, const char *why)
{
	struct exchange *x = f->x;
	struct err err = ERR_INIT;

	err_setf(&err, ERR_INVALID, "messages: %.200s could not be fetched: %s", f->url, why);
	attempt_refuse(x, &err);        /* ends the call, and this with it */
}

static void drop_data(struct media_fetch *f)
{
	buf_release(&f->data);
	buf_init(&f->data, MAX_FETCHED_BYTES);
	budget_give(&f->x->worker->shared->budget, f->data_bytes);
	f->data_bytes = 0;
}

static bool start(struct media_fetch *f)
{
	static const struct header headers[] = {
		{ "User-Agent", "llm-gateway" },
		{ "Accept", "*/*" },
		{ "Accept-Encoding", "identity" },
	};
	struct exchange *x = f->x;
	const struct proxy_config *p = &x->config->proxy;
	struct transfer_spec spec = {
		.method = "GET",
		.url = f->url,
		.headers = headers,
		.header_count = ARRAY_LEN(headers),
		.proxy = "",
		.no_proxy = "",
		.ca_file = p->ca_file,
		.connect_timeout_ms = p->connect_timeout_ms,
		.tls_timeout_ms = p->tls_timeout_ms,
		.idle_timeout_ms = p->idle_conn_timeout_ms,
		.arena = &x->arena,
		.is_public_only = true,
	};

	f->status = 0;
	f->location = NULL;
	drop_data(f);
	x->call.transfer = curl_transfer_start(x->worker->curl, &spec, events(), f, NULL);
	return x->call.transfer;
}

/* Names and passwords in a URL would be sent to whoever it leads to. */
static bool is_allowed(const char *url)
{
	size_t host = strlen("https://");

	return str_starts(url, "https://") &&
	       !memchr(url + host, '@', strcspn(url + host, "/?#"));
}

/* Every address that is followed passes here. */
static void go_to(struct media_fetch *f, const char *url)
{
	f->url = url;
	if (!is_allowed(url)) {
		fail(f, "only https:// addresses are, without a user in them");
	} else if (!start(f)) {
		fail(f, "it is no usable address");
	}
}

/* ---- one of the media ---- */

static bool fits(enum hub_block_kind kind, struct slice type)
{
	return kind == BLOCK_IMAGE ? slice_starts(type, "image/") :
	       slice_eq(type, "application/pdf") || mime_is_text(type);
}

static void begin_item(struct media_fetch *f)
{
	struct exchange *x = f->x;
	struct slice url = f->blocks[f->at]->media.media.data;

	f->redirects = 0;
	loop_timer_set(x->worker->loop, &f->timer, FETCH_MS);
	go_to(f, arena_strndup(&x->arena, url.ptr, url.len));
}

/* Into the hub, where it is as if the client had sent it. */
static bool keep(struct media_fetch *f)
{
	struct exchange *x = f->x;
	struct hub_media *media = &f->blocks[f->at]->media.media;
	struct buf base64 = BUF_INIT(2 * MAX_FETCHED_BYTES);
	bool ok;

	crypto_base64(buf_slice(&f->data), &base64);
	ok = !base64.failed && budget_take(&x->worker->shared->budget, base64.len);
	if (ok) {
		x->fetched_bytes += base64.len;
		media->source = SOURCE_BASE64;
		media->mime = arena_slice(&x->hub_arena, f->type);
		media->data = arena_slice(&x->hub_arena, buf_slice(&base64));
	}
	buf_release(&base64);
	return ok;
}

static void finish_item(struct media_fetch *f)
{
	struct exchange *x = f->x;

	if (f->status != 200) {
		fail(f, arena_printf(&x->arena, "its server answered %d", f->status));
	} else if (!fits(f->blocks[f->at]->kind, f->type)) {
		fail(f, arena_printf(&x->arena, "it is %.60s", f->type.len ? f->type.ptr
									    : "of no known type"));
	} else if (!keep(f)) {
		fail(f, "the gateway's memory budget is used up");
	} else if (++f->at < f->count) {
		begin_item(f);
	} else {
		media_fetch_end(x);
		attempt_again(x);
	}
}

static void follow(struct media_fetch *f)
{
	const char *url = curl_redirect(f->url, f->location, &f->x->arena);

	if (f->redirects++ == MAX_REDIRECTS) {
		fail(f, "it is redirected too often");
	} else if (!url) {
		fail(f, "its redirect leads nowhere");
	} else {
		go_to(f, url);
	}
}

/* ---- what the transfer reports ---- */

static void on_head(void *ctx, const struct transfer_head *head)
{
	struct media_fetch *f = ctx;
	struct slice type = slice_of(head_get(head, "content-type"));
	const char *end = type.len ? memchr(type.ptr, ';', type.len) : NULL;

	if (end) {
		type.len = (size_t)(end - type.ptr);
	}
	f->type = arena_slice(&f->x->arena, slice_trim(type));
	f->status = head->status;
	if (head->status >= 300 && head->status < 400) {
		f->location = head_get(head, "location");
	}
}

/* No other transfer can begin inside one. */
static void on_too_large(struct deferred *d)
{
	struct exchange *x = (struct exchange *)((char *)d - offsetof(struct exchange, again));

	if (x->fetch && x->state != EXCHANGE_OVER) {
		fail(x->fetch, "it is too large");
	}
}

static void on_body(void *ctx, struct slice bytes)
{
	struct media_fetch *f = ctx;
	struct exchange *x = f->x;

	if (f->status != 200) {
		return;
	}
	f->total_bytes += bytes.len;
	if (f->total_bytes <= MAX_FETCHED_BYTES &&
	    budget_take(&x->worker->shared->budget, bytes.len)) {
		f->data_bytes += bytes.len;
		buf_add(&f->data, bytes.ptr, bytes.len);
		return;
	}
	transfer_abort(x->call.transfer);
	x->call.transfer = NULL;
	x->again.run = on_too_large;
	loop_defer(x->worker->loop, &x->again);
}

static void on_done(void *ctx, enum transfer_end end, const char *detail)
{
	struct media_fetch *f = ctx;

	f->x->call.transfer = NULL;
	if (end != TRANSFER_OK) {
		fail(f, detail);
	} else if (f->location) {
		follow(f);
	} else {
		finish_item(f);
	}
}

static const struct transfer_events *events(void)
{
	static const struct transfer_events own = { on_head, on_body, on_done };

	return &own;
}

static void on_timer(struct timer *t)
{
	struct media_fetch *f =
		(struct media_fetch *)((char *)t - offsetof(struct media_fetch, timer));

	fail(f, "its server took too long");
}

/* ---- all of them ---- */

static bool is_wanted(const struct exchange *x)
{
	const struct upstream_account *account = x->call.candidate->account;

	return x->endpoint.op == OP_GENERATE && x->format != FORMAT_GEMINI &&
	       str_eq(pair_get(&account->options, "url_media"), "fetch") &&
	       provider_format(account, x->format, x->endpoint.op) == FORMAT_GEMINI;
}

bool media_fetch_begin(struct exchange *x, struct err *err)
{
	struct hub_block *blocks[MAX_FETCHED_MEDIA];
	struct media_fetch *f;
	size_t count;

	if (!is_wanted(x) || !upstream_body_decode(x, err)) {
		return false;
	}
	count = media_urls(x->hub, blocks, MAX_FETCHED_MEDIA);
	if (count > MAX_FETCHED_MEDIA) {
		return err_setf(err, ERR_INVALID, "messages: more than %d media by URL",
				MAX_FETCHED_MEDIA);
	}
	if (!count) {
		return false;
	}
	f = xcalloc(1, sizeof *f);
	f->x = x;
	f->count = count;
	memcpy(f->blocks, blocks, count * sizeof *blocks);
	f->timer.on_fire = on_timer;
	x->fetch = f;
	begin_item(f);
	return true;
}

void media_fetch_end(struct exchange *x)
{
	struct media_fetch *f = x->fetch;

	if (f) {
		x->fetch = NULL;
		loop_timer_clear(x->worker->loop, &f->timer);
		drop_data(f);
		free(f);
	}
}
