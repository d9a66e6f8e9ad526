#include "cli/demo_traffic.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/str.h"

#define CLIENTS 3
#define STEP_MS 100             /* how soon an end is noticed */
#define MAX_HOST_BYTES 64

/* What a client asks, one after another, over and over; the demo upstream
 * knows these models (demo/demo_answer.h). */
struct ask {
	const char *path;
	const char *client;     /* user agent */
	const char *body;
	int pause_ms;           /* afterwards */
};

#define CHAT(model, text) \
	"{\"model\":\"" model "\",\"stream\":true,\"messages\":[{\"role\":\"user\"," \
	"\"content\":\"" text "\"}]}"
#define MESSAGE(model, text) \
	"{\"model\":\"" model "\",\"stream\":true,\"max_tokens\":400,\"messages\":" \
	"[{\"role\":\"user\",\"content\":\"" text "\"}]}"
#define RESPONSE(model, text) \
	"{\"model\":\"" model "\",\"stream\":true,\"input\":\"" text "\"}"

static const struct ask morning[] = {
	{ "/v1/messages", "claude-cli", MESSAGE("demo", "Explain this stack trace."), 1500 },
	{ "/v1/messages", "claude-cli", MESSAGE("demo-slow", "Refactor the parser."), 900 },
	{ "/v1/messages", "claude-cli", MESSAGE("demo", "Write the tests for it."), 4000 },
};
static const struct ask batch[] = {
	{ "/v1/chat/completions", "openai-python", CHAT("demo", "Summarise chapter one."), 700 },
	{ "/v1/chat/completions", "openai-python", CHAT("demo", "Summarise chapter two."), 700 },
	{ "/v1/chat/completions", "openai-python", CHAT("demo-429", "And the index."), 9000 },
	{ "/v1/chat/completions", "openai-python", CHAT("demo-500", "And the appendix."), 6000 },
};
static const struct ask agent[] = {
	{ "/v1/responses", "codex", RESPONSE("demo", "Which files use this function?"), 2500 },
	{ "/v1/responses", "codex", RESPONSE("demo-529", "Rename it everywhere."), 7000 },
	{ "/v1/responses", "codex", RESPONSE("demo-slow", "Run the linter and fix it."), 5000 },
};

struct client {
	struct demo_traffic *traffic;
	pthread_t thread;
	const struct ask *asks;
	size_t count;
};

struct demo_traffic {
	struct sockaddr_in address;
	struct secret key;
	atomic_bool is_ending;
	struct client clients[CLIENTS];
	size_t running;
};

static bool is_ending(const struct demo_traffic *t)
{
	return atomic_load_explicit(&t->is_ending, memory_order_relaxed);
}

static void pause_ms(const struct demo_traffic *t, int ms)
{
	const struct timespec step = { 0, STEP_MS * 1000000L };

	for (int gone = 0; gone < ms && !is_ending(t); gone += STEP_MS) {
		nanosleep(&step, NULL);
	}
}

static int dial(const struct demo_traffic *t)
{
	const struct timeval soon = { .tv_usec = STEP_MS * 1000L };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
	if (connect(fd, (const struct sockaddr *)&t->address, sizeof t->address) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Reads until the gateway closes; the answer is for nobody. */
static void read_all(const struct demo_traffic *t, int fd)
{
	char bytes[4096];
	ssize_t n = 1;

	while (n != 0 && !is_ending(t)) {
		n = recv(fd, bytes, sizeof bytes, 0);
	}
}

static void ask_once(const struct demo_traffic *t, const struct ask *ask)
{
	struct buf request = BUF_INIT(16 * KIB);
	struct slice key = secret_peek(&t->key);
	int fd = dial(t);

	if (fd < 0) {
		return;
	}
	buf_addf(&request,
		 "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUser-Agent: %s\r\n"
		 "Content-Type: application/json\r\nContent-Length: %zu\r\nAuthorization: Bearer ",
		 ask->path, ask->client, strlen(ask->body));
	buf_add(&request, key.ptr, key.len);
	buf_addf(&request, "\r\n\r\n%s", ask->body);
	if (send(fd, request.ptr, request.len, MSG_NOSIGNAL) == (ssize_t)request.len) {
		read_all(t, fd);
	}
	buf_wipe(&request);
	close(fd);
}

static void *work(void *arg)
{
	const struct client *c = arg;

	for (size_t i = 0; !is_ending(c->traffic); i = (i + 1) % c->count) {
		ask_once(c->traffic, &c->asks[i]);
		pause_ms(c->traffic, c->asks[i].pause_ms);
	}
	return NULL;
}

static bool read_address(const char *listen, struct sockaddr_in *out)
{
	const char *colon = strrchr(listen, ':');
	char host[MAX_HOST_BYTES];
	int64_t port;

	if (!colon || (size_t)(colon - listen) >= sizeof host || !str_to_i64(colon + 1, &port)) {
		return false;
	}
	memcpy(host, listen, (size_t)(colon - listen));
	host[colon - listen] = '\0';
	*out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	return inet_pton(AF_INET, host, &out->sin_addr) == 1;
}

struct demo_traffic *demo_traffic_start(const char *listen, const char *key)
{
	struct demo_traffic *t = xcalloc(1, sizeof *t);

	if (!read_address(listen, &t->address)) {
		free(t);
		return NULL;
	}
	secret_set(&t->key, slice_of(key));
	t->clients[0] = (struct client){ .asks = morning, .count = ARRAY_LEN(morning) };
	t->clients[1] = (struct client){ .asks = batch, .count = ARRAY_LEN(batch) };
	t->clients[2] = (struct client){ .asks = agent, .count = ARRAY_LEN(agent) };
	for (; t->running < CLIENTS; t->running++) {
		struct client *c = &t->clients[t->running];

		c->traffic = t;
		if (pthread_create(&c->thread, NULL, work, c) != 0) {
			break;
		}
	}
	return t;
}

void demo_traffic_stop(struct demo_traffic *t)
{
	if (!t) {
		return;
	}
	atomic_store(&t->is_ending, true);
	for (size_t i = 0; i < t->running; i++) {
		pthread_join(t->clients[i].thread, NULL);
	}
	secret_release(&t->key);
	free(t);
}
