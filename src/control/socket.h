/*
 * The control API on the home's Unix socket (0600, peers of the same user
 * only). The keeper watches the listening descriptor; each connection is one
 * request on a thread of its own, so that a slow handler (a keyring that asks,
 * a probe) holds up nobody else.
 */
#ifndef CONTROL_SOCKET_H
#define CONTROL_SOCKET_H

#include <stdbool.h>

#include "base/err.h"

struct control;
struct control_socket;

/* Binds the socket, replacing a stale one: the caller holds the home's lock.
 * `c` is borrowed. NULL + err. */
struct control_socket *control_socket_create(struct control *c, const char *home,
					     struct err *err);

/* Becomes readable when somebody connects; the other then takes all who do. -1 while as
 * many calls run as may at once: who comes then waits in the kernel's queue. */
int control_socket_fd(struct control_socket *s);
void control_socket_accept(struct control_socket *s);

/* Removes the socket, ends streams, waits a few seconds for calls that are
 * being answered, frees. NULL is fine. False: a call still runs (a keyring
 * that asks); nothing is freed, and what the control uses must stay. */
bool control_socket_destroy(struct control_socket *s);

/* The address as bytes for bind and connect; control/client.c needs it too.
 * ERR_INVALID when the path does not fit. */
struct sockaddr_un;
bool control_socket_address(const char *home, struct sockaddr_un *out, struct err *err);

/* Is the other end a process of this user (or root)? */
bool control_socket_peer_is_own(int fd);

#endif
