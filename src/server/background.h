/*
 * How a gateway in the background tells the command that started it whether it
 * is ready: over a pipe whose descriptor an environment variable names.
 */
#ifndef SERVER_BACKGROUND_H
#define SERVER_BACKGROUND_H

#include "base/err.h"

struct background_report {
	int fd;         /* -1: nobody waits */
};

/* In the gateway: takes the descriptor out of the environment. */
void background_report_open(struct background_report *r);

/* Each closes it. */
void background_report_ready(struct background_report *r, const char *listen);
void background_report_failed(struct background_report *r, const struct err *err);

#endif
