/*
 * The answer's way out: to the client as it is, or sealed when the request
 * came so. In place of the functions of client.h, with the same meaning.
 */
#ifndef GATEWAY_REPLY_H
#define GATEWAY_REPLY_H

#include "gateway/exchange.h"

/* sealed_reply.c */
void sealed_reply_whole(struct exchange *x, const struct reply_head *head, struct slice body);
void sealed_reply_start(struct exchange *x, const struct reply_head *head);
size_t sealed_reply_write(struct exchange *x, struct slice bytes);
void sealed_reply_finish(struct exchange *x, bool is_clean);

static inline void reply_whole(struct exchange *x, const struct reply_head *head,
			       struct slice body)
{
	if (x->sealed) {
		sealed_reply_whole(x, head, body);
	} else {
		client_respond(x->client, x->status, head->headers, head->count, body);
	}
}

static inline void reply_start(struct exchange *x, const struct reply_head *head,
			       int64_t length)
{
	if (x->sealed) {
		sealed_reply_start(x, head);
	} else {
		client_start(x->client, x->status, head->headers, head->count, length);
	}
}

static inline size_t reply_write(struct exchange *x, struct slice bytes)
{
	return x->sealed ? sealed_reply_write(x, bytes) : client_write(x->client, bytes);
}

static inline void reply_finish(struct exchange *x, bool is_clean)
{
	if (x->sealed) {
		sealed_reply_finish(x, is_clean);
	} else {
		client_finish(x->client, is_clean);
	}
}

#endif
