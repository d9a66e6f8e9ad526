/*
 * One question of the self-test: asks the gateway, reads the answer, compares.
 */
#ifndef SELFTEST_CHECK_H
#define SELFTEST_CHECK_H

#include "selftest/ask.h"
#include "selftest/client.h"
#include "selftest/seen.h"
#include "selftest/selftest.h"

/* A question and the answer to it. */
struct question {
	enum format_id format;          /* the client's */
	enum ask_kind kind;
	const char *model;              /* as the client calls it */
	bool is_stream;
	struct reply reply;
	struct seen seen;
};

/* Fills reply and seen; release the question. */
void question_ask(struct question *q, const struct target *t);
void question_release(struct question *q);

/* Fails the check, once: the first reason stays. Returns false. */
bool check_fail(struct selftest_check *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Is it a whole answer of its format, status 200, with the model's name as the
 * client knows it, that stopped for this reason? */
bool check_answer(struct selftest_check *c, const struct question *q, enum seen_stop stop);

/* Is it an error of this status in the client's own envelope, with these words
 * in it? */
bool check_error(struct selftest_check *c, const struct question *q, int status,
		 const char *words);

/* Does its text have these words? */
bool check_words(struct selftest_check *c, const struct question *q, const char *words);

/* What a case of the matrix demands of an answer; `upstream` is the format the
 * gateway had to ask in. */
void check_case(struct selftest_check *c, enum selftest_case which, const struct question *q,
		enum format_id upstream);

#endif
