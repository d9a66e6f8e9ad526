/*
 * Sample traffic for a demo: a few clients that ask the gateway now and then,
 * in three formats, with failures among them, so that every screen has
 * something to show.
 */
#ifndef CLI_DEMO_TRAFFIC_H
#define CLI_DEMO_TRAFFIC_H

struct demo_traffic;

/* Begins at once, on threads of its own. `listen` is "host:port", `key` a
 * gateway key; both are copied. NULL when it cannot. */
struct demo_traffic *demo_traffic_start(const char *listen, const char *key);

/* Ends within a moment; what is in flight is given up. NULL is fine. */
void demo_traffic_stop(struct demo_traffic *t);

#endif
