/*
 * Envelope of a foreign signature or encrypted blob (C64): how a client that
 * only knows its own format's opaque field carries it until the next turn.
 * Text "gw1." + origin letter + "." + base64url of {"d":data,"i":item id}.
 */
#ifndef FORMATS_ENVELOPE_H
#define FORMATS_ENVELOPE_H

#include "formats/hub.h"

/* Longer blobs are not sealed (C64). */
#define MAX_ENVELOPE_BYTES (64 * 1024)

/* The text for `sig`, in the arena; SLICE_NULL when it has no data or is too
 * large. A sig of origin `native` is its data as it is. */
struct slice envelope_seal(struct arena *a, const struct hub_sig *sig, enum hub_origin native);

/* Reads a client's opaque field: an envelope gives its sig back, anything else
 * is data of origin `native`. A broken envelope and an empty text give origin
 * NONE (C64: dropped). */
struct hub_sig envelope_open(struct arena *a, struct slice text, enum hub_origin native);

#endif
