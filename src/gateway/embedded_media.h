/*
 * Images and files that stand in a request as base64. Their length tells
 * nothing about the tokens they take, so the prompt's estimate counts them
 * apart. Found by looking at a few places only. Pure function.
 */
#ifndef GATEWAY_EMBEDDED_MEDIA_H
#define GATEWAY_EMBEDDED_MEDIA_H

#include "base/str.h"

/* What one takes, about (C115). */
#define EMBEDDED_MEDIA_TOKENS 1500

struct embedded_media {
	size_t bytes;           /* of all of them */
	size_t count;
};

/* Those that have some length; the others weigh nothing anyway. */
struct embedded_media embedded_media_find(struct slice text);

#endif
