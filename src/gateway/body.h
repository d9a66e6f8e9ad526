/*
 * A request's body: stored once, sent as it came around a few replaced
 * values, without a second copy. In front of it room is kept free, so that a
 * value near its start (the model) may grow: what stands before it is moved,
 * what follows stays where it is.
 */
#ifndef GATEWAY_BODY_H
#define GATEWAY_BODY_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "gateway/budget.h"

struct body {
	struct budget *budget;  /* borrowed */
	char *storage;          /* owned */
	size_t capacity;        /* for the text, without the headroom */
	size_t len;
	size_t max;
	char *saved;            /* the original start while a patch is applied */
	size_t saved_len;
	char *rebuilt;          /* a patched copy, where moving was not enough */
	size_t rebuilt_capacity;
};

/* A value to replace. `range` points into body_text(); ranges do not overlap
 * and come in ascending order. An empty range inserts. */
struct body_edit {
	struct slice range;
	struct slice text;
};

void body_init(struct body *b, struct budget *budget, size_t max);
void body_release(struct body *b);

/* Makes room for what content-length announces. False: ERR_TOO_LARGE (413)
 * beyond max, ERR_FAILED (503) beyond the budget. */
bool body_expect(struct body *b, int64_t length, struct err *err);
/* Room for so many further bytes in what body_expect() took, for
 * body_filled(); NULL: it took less. */
char *body_room(struct body *b, size_t bytes);
void body_filled(struct body *b, size_t bytes);

bool body_add(struct body *b, struct slice bytes, struct err *err);

/* Replaces what was received by its decompressed form; copies. */
bool body_replace(struct body *b, struct slice text, struct err *err);

/* As received. Not while a patch is applied. */
struct slice body_text(const struct body *b);

/* The bytes to send; valid until the next patch or body_unpatch(). False when
 * the budget does not allow the copy that a far-away edit needs. */
bool body_patch(struct body *b, const struct body_edit *edits, size_t count,
		struct slice *out);
void body_unpatch(struct body *b);

#endif
