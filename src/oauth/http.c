/*
 * The only file of this room with libcurl; the data path has its own
 * (gateway/), which never blocks.
 */
#include "oauth/http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "base/limits.h"
#include "base/mem.h"

#define CONNECT_TIMEOUT_MS 10000L
#define USER_AGENT "llm-gateway/" VERSION

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Counted by curl: the data path may have done it already. */
static void init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	return str_ieq(host, "localhost") || str_eq(host, "[::1]") ||
	       (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

/* http:// to this machine is for tests and for servers behind a local proxy. */
static bool check_url(const char *url, struct err *err)
{
	CURLU *parsed = curl_url();
	char *scheme = NULL;
	char *host = NULL;
	bool ok = parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
		  curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK;

	if (!ok) {
		err_setf(err, ERR_INVALID, "%s is not an address", url);
	} else if (!str_eq(scheme, "https") &&
		   !(str_eq(scheme, "http") && is_loopback(host))) {
		ok = err_setf(err, ERR_INVALID, "%s: tokens are sent over https only", url);
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parsed);
	return ok;
}

static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
	struct web_answer *a = ctx;

	buf_add(&a->body, data, size * count);
	return a->body.failed ? 0 : size * count;
}

static void add_header(struct curl_slist **list, const char *name, struct slice value)
{
	char *line = xasprintf("%s: %.*s", name, (int)value.len, value.ptr);
	struct curl_slist *longer = curl_slist_append(*list, line);

	mem_wipe(line, strlen(line));
	free(line);
	if (!longer) {
		abort();
	}
	*list = longer;
}

static struct curl_slist *headers_of(const struct web_request *req)
{
	struct curl_slist *list = NULL;
	char *bearer;

	add_header(&list, "Accept", slice_of("application/json"));
	if (req->json.len) {
		add_header(&list, "Content-Type", slice_of("application/json"));
	}
	if (req->bearer) {
		bearer = xasprintf("Bearer %s", secret_peek(req->bearer).ptr);
		add_header(&list, "Authorization", slice_of(bearer));
		mem_wipe(bearer, strlen(bearer));
		free(bearer);
	}
	return list;
}

static void wipe_headers(struct curl_slist *list)
{
	for (struct curl_slist *at = list; at; at = at->next) {
		mem_wipe(at->data, strlen(at->data));
	}
	curl_slist_free_all(list);
}

static void set_route(CURL *easy, const struct web_request *req)
{
	const struct web_route *r = req->route;
	bool is_tls = str_starts(req->url, "https:");

	curl_easy_setopt(easy, CURLOPT_PROXY, is_tls ? r->https_proxy : r->http_proxy);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, r->no_proxy);
	if (!str_empty(r->ca_file)) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, r->ca_file);
	}
}

static void set_options(CURL *easy, const struct web_request *req, struct web_answer *out,
			struct curl_slist *headers)
{
	curl_easy_setopt(easy, CURLOPT_URL, req->url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, USER_AGENT);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, req->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, out);
	if (req->json.len) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)req->json.len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, req->json.ptr);
	}
	set_route(easy, req);
}

static bool perform(CURL *easy, const struct web_request *req, struct web_answer *out,
		    struct err *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	curl_off_t wait_s = 0;
	CURLcode code;

	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
	code = curl_easy_perform(easy);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
	if (out->body.failed) {
		return err_setf(err, ERR_FAILED, "%s: the answer is larger than %lu bytes",
				req->url, MAX_OAUTH_ANSWER_BYTES);
	}
	if (code != CURLE_OK) {
		return err_setf(err, ERR_FAILED, "%s: %s", req->url,
				*detail ? detail : curl_easy_strerror(code));
	}
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &out->status);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait_s);
	out->retry_after_ms = (int64_t)wait_s * 1000;
	return true;
}

bool web_call(const struct web_request *req, struct web_answer *out, struct err *err)
{
	struct curl_slist *headers;
	CURL *easy;
	bool ok;

	*out = (struct web_answer){ .status = 0 };
	buf_init(&out->body, MAX_OAUTH_ANSWER_BYTES);
	pthread_once(&once, init_curl);
	if (!check_url(req->url, err)) {
		return false;
	}
	easy = curl_easy_init();
	if (!easy) {
		abort();
	}
	/* Reserved whole: growing would leave copies behind in freed memory. */
	buf_reserve(&out->body, MAX_OAUTH_ANSWER_BYTES);
	headers = headers_of(req);
	set_options(easy, req, out, headers);
	ok = perform(easy, req, out, err);
	curl_easy_cleanup(easy);
	wipe_headers(headers);
	return ok;
}

void web_answer_release(struct web_answer *a)
{
	buf_wipe(&a->body);
}
