/*
 * What `doctor` looks at, one function a subject. Each says what it found;
 * with --fix it repairs what can be repaired without a question.
 */
#ifndef CLI_CHECKUP_H
#define CLI_CHECKUP_H

#include "cli/parse.h"
#include "config/config.h"

struct checkup {
	const struct invocation *inv;
	struct config *config;          /* NULL: the file does not load */
	bool fixes;
	unsigned problems;
	unsigned warnings;
};

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_PROBLEM, VERDICT_FIXED };

/* One line: verdict, subject, what was found and what to do. */
void checkup_say(struct checkup *c, enum verdict verdict, const char *subject,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

void checkup_home(struct checkup *c);
void checkup_config(struct checkup *c);         /* sets c->config */
void checkup_plain_keys(struct checkup *c);
void checkup_store(struct checkup *c);
void checkup_gateway(struct checkup *c);        /* running, or is the port free */
void checkup_clock(struct checkup *c);
void checkup_roots(struct checkup *c);          /* TLS roots */
void checkup_keys(struct checkup *c);           /* can any client get in */
void checkup_upstreams(struct checkup *c);

#endif
