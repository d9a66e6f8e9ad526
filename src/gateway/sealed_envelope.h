/*
 * Sealed transport (llm-gateway-api(7), "Sealed requests"): bodies under
 * AES-256-GCM for ways on which TLS ends before the gateway does. This file
 * knows the envelopes and nothing of what is in them: text in, text out, no
 * clock, no memory. Any thread.
 *
 * What the tag covers beside the body, one line each, without a last LF:
 *
 *	request   1 METHOD path   kid ts nonce
 *	answer    1 status type   kid ts nonce           of the request it answers
 *	event     1 status type   kid ts nonce seq more|last
 */
#ifndef GATEWAY_SEALED_ENVELOPE_H
#define GATEWAY_SEALED_ENVELOPE_H

#include "base/crypto.h"
#include "base/err.h"

#define SEALED_TYPE "application/vnd.llm-gateway.sealed+json"
/* What an answer's Content-Encoding is called while it is sealed. */
#define SEALED_ENCODING_HEADER "x-sealed-content-encoding"
#define SEALED_KID_BYTES 65             /* ids have up to 64 characters */
#define SEALED_NONCE_BYTES 16
#define SEALED_MEDIA_BYTES 256          /* a Content-Type */

/* Beside the plain text: members, names, and base64url's third more. */
#define SEALED_MAX_BYTES(plain) ((plain) / 3 * 4 + 2 * SEALED_MEDIA_BYTES + 1024)

struct sealed_key {
	char kid[SEALED_KID_BYTES];
	unsigned char bytes[AES_KEY_BYTES];     /* whoever has one wipes it */
};

/* Which request: its own, or the one that is answered. */
struct sealed_stamp {
	uint64_t ts_ms;                 /* Unix time */
	unsigned char nonce[SEALED_NONCE_BYTES];
};

/* An envelope as it was read, not yet believed. */
struct sealed_envelope {
	char kid[SEALED_KID_BYTES];     /* "" in an event */
	struct sealed_stamp stamp;
	unsigned char iv[AES_IV_BYTES];
	struct slice ct;                /* base64url, in the text that was read */
	char type[SEALED_MEDIA_BYTES];  /* answers and events: of the plain text */
	uint64_t seq;                   /* events */
	bool is_last;
};

/* A key's text as `apikey add --sealed` shows it: lgw_sealed_KID_KEY. */
bool sealed_key_read(struct slice text, struct sealed_key *out);

/* Now, and a nonce that nobody has had. */
struct sealed_stamp sealed_stamp_make(uint64_t now_ms);

/* ERR_INVALID names the member that is missing or wrong. `text` must stay as
 * long as the envelope. */
bool sealed_read_request(struct slice text, struct sealed_envelope *out, struct err *err);
bool sealed_read_answer(struct slice text, struct sealed_envelope *out, struct err *err);
bool sealed_read_event(struct slice text, struct sealed_envelope *out, struct err *err);

/* Appends the plain text. False, with nothing appended: another key, or
 * something was changed. An answer is opened by what was asked, whatever it
 * says itself. */
bool sealed_open_request(const struct sealed_key *key, const struct sealed_envelope *e,
			 const char *method, const char *path, struct buf *plain);
bool sealed_open_answer(const struct sealed_key *key, const struct sealed_stamp *asked,
			int status, const struct sealed_envelope *e, struct buf *plain);
bool sealed_open_event(const struct sealed_key *key, const struct sealed_stamp *asked,
		       int status, const struct sealed_envelope *e, struct buf *plain);

/* What is sealed, and how it is bound. */
struct sealed_request {
	const char *method;
	const char *path;               /* as sent, without the query */
	struct slice plain;
};

struct sealed_answer {
	int status;
	const char *type;               /* of the plain text; an odd one is not told */
	struct slice plain;
	uint64_t seq;                   /* events */
	bool is_last;
};

/* Appends the envelope with this iv, which must be new for the key. */
bool sealed_write_request(const struct sealed_key *key, const struct sealed_stamp *stamp,
			  const unsigned char iv[AES_IV_BYTES],
			  const struct sealed_request *request, struct buf *out);
bool sealed_write_answer(const struct sealed_key *key, const struct sealed_stamp *asked,
			 const unsigned char iv[AES_IV_BYTES],
			 const struct sealed_answer *answer, struct buf *out);
/* The same as one event of an SSE stream. */
bool sealed_write_event(const struct sealed_key *key, const struct sealed_stamp *asked,
			const unsigned char iv[AES_IV_BYTES],
			const struct sealed_answer *answer, struct buf *out);

/* Of a stream that is to be sealed: the length of its first whole event,
 * through the blank line; 0: there is none yet. */
size_t sealed_event_length(struct slice text);

#endif
