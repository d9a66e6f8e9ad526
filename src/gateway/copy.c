/*
 * Copies of what the client sent and got, for whoever looks at the request
 * later; only while logging.capture asks for them.
 */
#include "gateway/exchange.h"

static void copy_header(void *ctx, const char *name, const char *value)
{
	capture_header(ctx, CAPTURE_REQUEST, name, value);
}

void copy_request(struct exchange *x)
{
	enum capture_mode mode = x->config->logging.capture;

	if (mode == CAPTURE_OFF) {
		return;
	}
	x->capture = stats_capture_begin(x->worker->shard, x->at_ms, x->trace_id,
					 mode == CAPTURE_FULL);
	if (x->capture) {
		client_each_header(x->client, copy_header, x->capture);
		capture_body(x->capture, CAPTURE_REQUEST, body_text(&x->body));
	}
}

void copy_head(struct exchange *x, const struct header *headers, size_t count)
{
	for (size_t i = 0; x->capture && i < count; i++) {
		capture_header(x->capture, CAPTURE_RESPONSE, headers[i].name, headers[i].value);
	}
}

void copy_body(struct exchange *x, struct slice bytes)
{
	if (x->capture) {
		capture_body(x->capture, CAPTURE_RESPONSE, bytes);
	}
}
