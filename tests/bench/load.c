/*
 * The clients of the benchmark. Prints one JSON object.
 *
 *   load rush  KEY BODY_BYTES MODEL CONNECTIONS SECONDS TARGET
 *        keep-alive connections, each sends its next request when the answer
 *        to the last one is complete
 *   load turns KEY BODY_BYTES MODEL ROUNDS TARGET...
 *        one request to each target in turn, so that the machine's moods hit
 *        all of them alike
 *   load hold  KEY BODY_BYTES MODEL CONNECTIONS TARGET
 *        opens the connections, sends the requests, waits for the first bytes
 *        of each answer (model "silent": for none), says so, and holds them
 *        without reading any further until stdin ends
 *
 * TARGET is a port of 127.0.0.1.
 */
#define _GNU_SOURCE     /* memmem */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#define MAX_REQUEST_BYTES (64UL * 1024 * 1024)
#define STAMP "\"t\":"
#define STAMP_DIGITS 20
#define CARRY_BYTES 32          /* a stamp may be cut by a border */

struct samples {
	double *us;
	size_t count;
	size_t capacity;
};

struct client {
	int fd;
	struct answer answer;
	uint64_t sent_ns;
	uint64_t now_ns;                /* when the bytes being fed arrived */
	size_t unsent;
	bool has_first;
	char carry[CARRY_BYTES + 1];
	size_t carry_len;
	struct samples totals;
	struct samples firsts;          /* sending to first stamp seen */
	struct samples delays;          /* mock's sending to our receiving, later chunks */
};

struct job {
	struct buf request;
	int port;
	unsigned long errors;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void samples_add(struct samples *s, double us)
{
	if (s->count == s->capacity) {
		s->capacity = s->capacity ? s->capacity * 2 : 1024;
		s->us = xrealloc(s->us, s->capacity * sizeof *s->us);
	}
	s->us[s->count++] = us;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double samples_quantile(struct samples *s, double q)
{
	if (s->count == 0) {
		return 0;
	}
	qsort(s->us, s->count, sizeof *s->us, compare);
	return s->us[(size_t)(q * (double)(s->count - 1))];
}

static void on_stamp(struct client *c, const char *digits)
{
	uint64_t stamp = strtoull(digits, NULL, 10);

	if (c->has_first) {
		samples_add(&c->delays, (double)(c->now_ns - stamp) / 1000);
	} else {
		c->has_first = true;
		samples_add(&c->firsts, (double)(c->now_ns - c->sent_ns) / 1000);
	}
}

/* Looks for stamps in the body, also in one that a border cuts. */
static void on_body(void *ctx, const char *ptr, size_t len)
{
	struct client *c = ctx;
	size_t whole = strlen(STAMP) + STAMP_DIGITS;
	char joined[2 * CARRY_BYTES + 1];

	if (c->carry_len) {
		size_t take = len < whole ? len : whole;

		memcpy(joined, c->carry, c->carry_len);
		memcpy(joined + c->carry_len, ptr, take);
		joined[c->carry_len + take] = '\0';
		const char *at = strstr(joined, STAMP);

		if (at && at < joined + c->carry_len && strlen(at) >= whole) {
			on_stamp(c, at + strlen(STAMP));
		}
	}
	for (const char *end = ptr + len; len >= whole;) {
		const char *at = memmem(ptr, (size_t)(end - ptr), STAMP, strlen(STAMP));

		if (!at || (size_t)(end - at) < whole) {
			break;
		}
		on_stamp(c, at + strlen(STAMP));
		ptr = at + whole;
		len = (size_t)(end - ptr);
	}
	c->carry_len = len < whole - 1 ? len : whole - 1;
	memcpy(c->carry, ptr + len - c->carry_len, c->carry_len);
}

static void connect_client(struct client *c, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0) {
		die("connect");
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c->answer.on_body = on_body;
	c->answer.ctx = c;
}

static void make_request(struct job *job, const char *key, size_t body_bytes, const char *model)
{
	struct buf body = BUF_INIT(MAX_REQUEST_BYTES);
	bool is_stream = !str_eq(model, "json");

	buf_addf(&body, "{\"model\":\"%s\",%s\"messages\":[{\"role\":\"user\",\"content\":\"",
		 model, is_stream ? "\"stream\":true," : "");
	while (body.len + 4 < body_bytes) {
		buf_adds(&body, "word and ");
	}
	buf_adds(&body, "\"}]}");
	buf_init(&job->request, MAX_REQUEST_BYTES);
	buf_addf(&job->request, "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		 "Content-Type: application/json\r\nAuthorization: Bearer %s\r\n"
		 "Content-Length: %zu\r\n\r\n", key, body.len);
	buf_add(&job->request, body.ptr, body.len);
	buf_release(&body);
}

static void begin_request(struct client *c, const struct job *job)
{
	answer_begin(&c->answer);
	c->has_first = false;
	c->carry_len = 0;
	c->unsent = job->request.len;
	c->sent_ns = clock_mono_ns();
}

/* Sends what the socket takes; false when the peer is gone. */
static bool send_more(struct client *c, const struct job *job)
{
	while (c->unsent) {
		ssize_t n = send(c->fd, job->request.ptr + job->request.len - c->unsent,
				 c->unsent, MSG_NOSIGNAL);

		if (n < 0) {
			return errno == EAGAIN;
		}
		c->unsent -= (size_t)n;
	}
	return true;
}

/* ---- turns ---- */

static void one_turn(struct client *c, struct job *job)
{
	static char input[262144];
	bool is_done = false;

	begin_request(c, job);
	if (!send_more(c, job)) {
		die("send");
	}
	while (!is_done) {
		ssize_t n = recv(c->fd, input, sizeof input, 0);

		if (n <= 0) {
			die("recv");
		}
		c->now_ns = clock_mono_ns();
		is_done = answer_feed(&c->answer, input, (size_t)n);
	}
	samples_add(&c->totals, (double)(c->now_ns - c->sent_ns) / 1000);
	job->errors += c->answer.status != 200;
}

static void run_turns(struct job *job, int rounds, char **ports, int count)
{
	struct client *clients = xcalloc((size_t)count, sizeof *clients);
	int warm_up = rounds / 10 + 5;

	for (int i = 0; i < count; i++) {
		connect_client(&clients[i], (int)strtol(ports[i], NULL, 10));
	}
	for (int round = -warm_up; round < rounds; round++) {
		for (int i = 0; i < count; i++) {
			one_turn(&clients[i], job);
		}
		for (int i = 0; round == -1 && i < count; i++) {
			clients[i].totals.count = 0;
			clients[i].firsts.count = 0;
			clients[i].delays.count = 0;
		}
	}
	printf("{\"errors\":%lu,\"targets\":[", job->errors);
	for (int i = 0; i < count; i++) {
		printf("%s{\"total_us\":%.1f,\"first_us\":%.1f,\"delay_us\":%.1f,"
		       "\"delay_p99_us\":%.1f}", i ? "," : "",
		       samples_quantile(&clients[i].totals, 0.5),
		       samples_quantile(&clients[i].firsts, 0.5),
		       samples_quantile(&clients[i].delays, 0.5),
		       samples_quantile(&clients[i].delays, 0.99));
	}
	puts("]}");
}

/* ---- rush and hold ---- */

static struct client *connect_many(const struct job *job, int count, int epoll_fd)
{
	struct client *clients = xcalloc((size_t)count, sizeof *clients);

	for (int i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
					     .data.ptr = &clients[i] };

		connect_client(&clients[i], job->port);
		fcntl(clients[i].fd, F_SETFL, O_NONBLOCK);
		begin_request(&clients[i], job);
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, clients[i].fd, &event);
	}
	return clients;
}

/* Reads all there is; counts complete answers and sends the next request. */
static void rush_step(struct client *c, struct job *job, unsigned long *requests)
{
	static char input[262144];
	ssize_t n;

	if (!send_more(c, job)) {
		die("send");
	}
	while ((n = recv(c->fd, input, sizeof input, 0)) > 0) {
		c->now_ns = clock_mono_ns();
		if (!answer_feed(&c->answer, input, (size_t)n)) {
			continue;
		}
		samples_add(&c->totals, (double)(c->now_ns - c->sent_ns) / 1000);
		job->errors += c->answer.status != 200;
		++*requests;
		begin_request(c, job);
		if (!send_more(c, job)) {
			die("send");
		}
	}
	if (n == 0 || errno != EAGAIN) {
		fprintf(stderr, "load: connection lost\n");
		exit(1);
	}
}

static void run_rush(struct job *job, int connections, double seconds)
{
	int epoll_fd = epoll_create1(0);
	struct client *clients = connect_many(job, connections, epoll_fd);
	struct samples all = { 0 };
	unsigned long requests = 0;
	uint64_t begin = clock_mono_ns();
	uint64_t end = begin + (uint64_t)(seconds * 1e9);
	struct epoll_event events[256];

	while (clock_mono_ns() < end) {
		int count = epoll_wait(epoll_fd, events, 256, 100);

		for (int i = 0; i < count; i++) {
			rush_step(events[i].data.ptr, job, &requests);
		}
	}
	seconds = (double)(clock_mono_ns() - begin) / 1e9;
	for (int i = 0; i < connections; i++) {
		for (size_t j = 0; j < clients[i].totals.count; j++) {
			samples_add(&all, clients[i].totals.us[j]);
		}
	}
	printf("{\"errors\":%lu,\"requests\":%lu,\"seconds\":%.3f,\"p50_us\":%.1f,"
	       "\"p99_us\":%.1f}\n", job->errors, requests, seconds,
	       samples_quantile(&all, 0.5), samples_quantile(&all, 0.99));
}

/* Sends, and reads one piece; true when this client is where it should be. */
static bool hold_step(struct client *c, const struct job *job, bool wants_bytes)
{
	char input[4096];
	ssize_t n;

	if (!send_more(c, job)) {
		die("send");
	}
	if (c->has_first || c->unsent) {
		return false;
	}
	if (wants_bytes) {
		n = recv(c->fd, input, sizeof input, 0);
		if (n <= 0) {
			return false;
		}
		if (!str_starts(input, "HTTP/1.1 200")) {
			fprintf(stderr, "load: %.*s\n", (int)n, input);
			exit(1);
		}
	}
	c->has_first = true;
	return true;
}

static void run_hold(struct job *job, int connections, bool wants_bytes)
{
	int epoll_fd = epoll_create1(0);
	struct client *clients = connect_many(job, connections, epoll_fd);
	struct epoll_event events[256];
	char byte;

	for (int held = 0; held < connections;) {
		int count = epoll_wait(epoll_fd, events, 256, 10000);

		if (count == 0) {
			fprintf(stderr, "load: only %d of %d came up\n", held, connections);
			exit(1);
		}
		for (int i = 0; i < count; i++) {
			held += hold_step(events[i].data.ptr, job, wants_bytes);
		}
	}
	printf("{\"held\":%d}\n", connections);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0) {
		continue;
	}
	free(clients);
}

int main(int argc, char **argv)
{
	struct rlimit files;
	struct job job = { 0 };

	if (argc < 7) {
		fputs("usage: load rush|turns|hold KEY BODY_BYTES MODEL ...\n", stderr);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	make_request(&job, argv[2], strtoul(argv[3], NULL, 10), argv[4]);
	job.port = (int)strtol(argv[argc - 1], NULL, 10);
	if (str_eq(argv[1], "turns")) {
		run_turns(&job, (int)strtol(argv[5], NULL, 10), argv + 6, argc - 6);
	} else if (str_eq(argv[1], "rush") && argc == 8) {
		run_rush(&job, (int)strtol(argv[5], NULL, 10), strtod(argv[6], NULL));
	} else if (str_eq(argv[1], "hold")) {
		run_hold(&job, (int)strtol(argv[5], NULL, 10), !str_eq(argv[4], "silent"));
	} else {
		return 2;
	}
	buf_release(&job.request);
	return 0;
}
