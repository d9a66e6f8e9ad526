#include "gateway/exchange.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "formats/errors.h"
#include "gateway/reply.h"

#define MAX_REFUSAL_BYTES 2048

static void describe(struct exchange *x, int status, const char *fmt, va_list ap,
		     struct buf *body)
{
	char message[MAX_REFUSAL_BYTES];
	struct api_error error;

	vsnprintf(message, sizeof message, fmt, ap);
	error = error_own(status, message);
	error.request_id = x->request_id;
	x->status = error_status(x->endpoint.family, &error);
	x->error = arena_strdup(&x->arena, message);
	error_write_body(x->endpoint.family, &error, body);
}

static struct reply_head head_for(struct exchange *x, int status)
{
	struct reply_head head = reply_head_make(x, NULL, "application/json");
	struct header *all = arena_alloc(&x->arena, (head.count + 2) * sizeof *all);

	memcpy(all, head.headers, head.count * sizeof *all);
	if (status == 405) {
		all[head.count++] = (struct header){ "allow", x->endpoint.allow };
	} else if (status == 503 || status == 429) {
		int64_t seconds = (x->retry_after_ms + 999) / 1000;

		all[head.count++] = (struct header){
			"retry-after",
			arena_printf(&x->arena, "%lld", (long long)(seconds > 0 ? seconds : 1)),
		};
	}
	head.headers = all;
	return head;
}

void refuse(struct exchange *x, int status, const char *fmt, ...)
{
	struct buf body = BUF_INIT(MAX_ERROR_BODY_BYTES);
	struct reply_head head;
	va_list ap;

	if (x->state == EXCHANGE_OVER) {
		return;
	}
	va_start(ap, fmt);
	describe(x, status, fmt, ap, &body);
	va_end(ap);
	head = head_for(x, status);
	x->bytes_out += (int64_t)body.len;
	if (str_eq(client_method(x->client), "HEAD")) {
		buf_clear(&body);
	}
	copy_head(x, head.headers, head.count);
	copy_body(x, buf_slice(&body));
	reply_whole(x, &head, buf_slice(&body));
	buf_release(&body);
	exchange_over(x);
}

static void describe_timeout(struct exchange *x, struct buf *body, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	describe(x, 408, fmt, ap, body);
	va_end(ap);
}

void refuse_slow_sender(struct exchange *x)
{
	struct buf body = BUF_INIT(MAX_ERROR_BODY_BYTES);
	struct reply_head head;

	describe_timeout(x, &body, "the request's body did not arrive in time");
	head = head_for(x, 408);
	client_refuse_now(x->client, 408, head.headers, head.count, buf_slice(&body));
	buf_release(&body);
	exchange_over(x);
}
