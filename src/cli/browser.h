/* Opens a web page in the person's browser. */
#ifndef CLI_BROWSER_H
#define CLI_BROWSER_H

#include <stdbool.h>

/* Starts $BROWSER, xdg-open, wslview or open, without a shell and without
 * waiting for it; only https, and http to this machine. False when none of
 * them could be started: the person opens the page by hand. */
bool browser_open(const char *url);

#endif
