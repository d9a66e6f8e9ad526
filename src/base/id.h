/*
 * Random identifiers. Lengths include the terminator.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stddef.h>

#define ID_TRACE_BYTES 33       /* 32 hex digits, as in W3C traceparent */
#define ID_SPAN_BYTES 17
#define ID_OBJECT_BYTES 33      /* upstream_…, gw_… */
#define ID_SEALED_KEY_BYTES 128 /* lgw_sealed_ + an id + _ + 43 base64url characters */
#define ID_GATEWAY_KEY_BYTES 48 /* lgw_ + 43 base64url characters */

void id_trace(char out[ID_TRACE_BYTES]);
void id_span(char out[ID_SPAN_BYTES]);

/* `prefix` + 12 hex digits: ids of accounts and keys in the configuration. */
void id_object(const char *prefix, char out[ID_OBJECT_BYTES]);

/* `prefix` + `count` base62 characters: ids shown to clients (C8). */
void id_base62(const char *prefix, size_t count, char *out, size_t size);

/* A fresh gateway key: 256 random bits. The caller wipes it. */
void id_gateway_key(char out[ID_GATEWAY_KEY_BYTES]);

/* The same for one that seals requests; it names its id. Of an id longer than
 * 64 characters it is cut. */
void id_sealed_key(const char *id, char out[ID_SEALED_KEY_BYTES]);

/* 1-64 characters of [A-Za-z0-9_.:-]: an id that a client may choose. */
bool id_is_safe(const char *text);

#endif
