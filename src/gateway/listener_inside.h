/*
 * What the two files that know libmicrohttpd share: listener.c (its daemon,
 * requests coming in) and client.c (answers going out). Nobody else's.
 */
#ifndef GATEWAY_LISTENER_INSIDE_H
#define GATEWAY_LISTENER_INSIDE_H

#include "gateway/conn.h"
#include "gateway/head_view.h"
#include "gateway/listener.h"
#include "gateway/socket_out.h"

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;

struct listener {
	struct MHD_Daemon *daemon;
	struct loop *loop;
	const struct client_events *events;
	void *ctx;
	struct watch watch;             /* libmicrohttpd's epoll inside ours */
	bool is_due;                    /* MHD_run has something to do */
	bool is_tls;
	unsigned timeout_s;
	uint64_t run_at_ms;             /* libmicrohttpd's own next timeout */
	struct client *suspended;       /* doubly linked */
	unsigned open_heads;            /* requests whose head is not complete */
	struct client *last_head;       /* the newest of them */
	bool has_acted;                 /* libmicrohttpd called back in this run */
	unsigned idle_runs;             /* in a row without that, though due */
};

/* How the bytes behind the head reach the client. */
enum way {
	WAY_MHD,        /* through the content reader, resumed for each piece */
	WAY_CHUNKS,     /* straight to the socket, framed */
};

struct client {
	struct listener *l;
	struct conn *conn;
	struct MHD_Connection *mhd;
	struct client *next;            /* of those suspended */
	struct client *prev;
	void *user;
	const char *method;
	char *uri;                      /* owned; path, NUL, query */
	const char *query;
	struct head_view head;

	bool is_http10;
	bool is_announced;              /* on_request was called */
	bool in_handler;
	bool is_last_call;              /* the body is complete */
	bool is_ahead;                  /* it is, and libmicrohttpd still reads it */
	bool is_suspended;
	bool is_gone;
	bool must_close;
	bool is_refused;                /* answered past libmicrohttpd, draining */
	size_t expected;                /* bytes of body; 0: none, or not told */
	size_t received;
	size_t drained;

	struct MHD_Response *answer;    /* kept until it may be queued */
	int status;
	bool is_queued;

	enum way way;
	bool is_direct;                 /* head is out, connection suspended */
	bool is_ended;
	bool is_clean;
	struct buf pending;             /* not yet handed to libmicrohttpd */
	struct socket_out out;
};

/* Suspended, libmicrohttpd neither watches nor times the connection. */
void client_suspend(struct client *c);
void client_resume(struct client *c);

/* The client has left: nothing more is sent, libmicrohttpd may close. */
void client_lose(struct client *c);

/* The direct way is over when all has been taken. */
void client_finish_direct(struct client *c);

/* What waited has shrunk below half of the mark: the upstream may go on. */
void client_tell_room(struct client *c, size_t before, size_t after);

/* Hands c->answer over; inside the handler, or suspended. */
bool client_queue_answer(struct client *c);

#endif
