/*
 * Gives the terminal back when the process dies of a signal: one prepared
 * write and one ioctl, nothing that a broken heap could stop.
 */
#ifndef TUI_CRASH_H
#define TUI_CRASH_H

#include <termios.h>

#include "base/str.h"

/* From now on SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL write `restore` to
 * `fd`, set its modes to `modes`, say which signal it was and whether this
 * thread died of it, and go on to whoever handled them before. */
void crash_arm(int fd, struct slice restore, const struct termios *modes);

/* What this thread begins to do ("drawing", "reading a key"), for that report;
 * a constant. */
void crash_doing(const char *what);
void crash_disarm(void);

#endif
