/*
 * The part of doctor that looks at the machine and the network: the gateway,
 * its port, the clock, TLS roots, upstreams.
 */
#include "cli/checkup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/call.h"
#include "cli/out.h"
#include "control/client.h"

/* Can the address be listened on? 0, or the errno of the refusal. */
static int try_to_listen(const char *host, int port)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
				  .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char service[8];
	int failed = EADDRNOTAVAIL;
	int on = 1;
	int fd;

	snprintf(service, sizeof service, "%d", port);
	if (getaddrinfo(host, service, &hints, &found) != 0) {
		return failed;
	}
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		failed = bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
			 listen(fd, 1) == 0 ? 0 : errno;
		close(fd);
	}
	freeaddrinfo(found);
	return failed;
}

static void check_port(struct checkup *c)
{
	const char *host = c->config->server.host;
	int port = c->config->server.port;
	int failed = try_to_listen(host, port);

	if (!failed) {
		checkup_say(c, VERDICT_OK, "port", "%s:%d is free; start the gateway with "
			    "`llm-gateway server start --detach`", host, port);
	} else if (failed == EADDRINUSE) {
		checkup_say(c, VERDICT_PROBLEM, "port",
			    "another program listens on %s:%d; stop it, or choose another one: "
			    "`llm-gateway config set server.port N`", host, port);
	} else {
		checkup_say(c, VERDICT_PROBLEM, "port", "%s:%d cannot be listened on: %s", host,
			    port, strerror(failed));
	}
}

void checkup_gateway(struct checkup *c)
{
	struct err err = ERR_INIT;
	struct answer *a = call_api(c->inv, "GET", "/v1/status", NULL, &err);

	if (a) {
		checkup_say(c, VERDICT_OK, "gateway", "running on %s, version %s",
			    answer_text(a, "listen"), answer_text(a, "version"));
		if (!str_eq(answer_text(a, "version"), VERSION)) {
			checkup_say(c, VERDICT_WARN, "gateway",
				    "it is another version than this command (" VERSION
				    "); restart it");
		}
	} else if (err.kind == ERR_NOT_RUNNING) {
		checkup_say(c, VERDICT_OK, "gateway", "not running");
		if (c->config) {
			check_port(c);
		}
	} else {
		checkup_say(c, VERDICT_PROBLEM, "gateway", "%s%s%s", err.msg,
			    *err.hint ? "; " : "", err.hint);
	}
	answer_destroy(a);
}

static size_t usable_keys(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->key_count; i++) {
		const struct gateway_key *k = &config->keys[i];

		count += k->is_active &&
			 (!k->expires_at_ms || k->expires_at_ms > clock_wall_ms());
	}
	return count;
}

void checkup_keys(struct checkup *c)
{
	size_t count;

	if (!c->config) {
		return;
	}
	count = usable_keys(c->config);
	if (count) {
		checkup_say(c, VERDICT_OK, "gateway keys", "%zu can be used", count);
	} else if (c->config->server.auth_required) {
		checkup_say(c, VERDICT_WARN, "gateway keys",
			    "none: no client gets in; `llm-gateway apikey add --name=NAME`");
	} else {
		checkup_say(c, VERDICT_OK, "gateway keys", "none, and server.auth is optional");
	}
}

/* A wrong clock breaks TLS, tokens and quota resets. */
void checkup_clock(struct checkup *c)
{
	static const int64_t made_ms = INT64_C(1767225600000);  /* 2026-01-01 */
	struct timex state = { .modes = 0 };
	int answer = adjtimex(&state);

	if (clock_wall_ms() < made_ms) {
		checkup_say(c, VERDICT_PROBLEM, "clock", "is years behind; set it");
	} else if (answer == TIME_ERROR && (state.status & STA_UNSYNC)) {
		checkup_say(c, VERDICT_WARN, "clock",
			    "is not synchronised; a time service keeps it right");
	} else {
		checkup_say(c, VERDICT_OK, "clock", "plausible");
	}
}

void checkup_roots(struct checkup *c)
{
	static const char *const bundles[] = {
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem",
	};
	const char *extra = c->config ? c->config->proxy.ca_file : "";
	const char *found = NULL;
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(bundles) && !found; i++) {
		found = stat(bundles[i], &st) == 0 && st.st_size > 0 ? bundles[i] : NULL;
	}
	if (found) {
		checkup_say(c, VERDICT_OK, "TLS roots", "%s", found);
	} else {
		checkup_say(c, VERDICT_PROBLEM, "TLS roots",
			    "none found; install the package ca-certificates");
	}
	if (*extra && access(extra, R_OK) != 0) {
		checkup_say(c, VERDICT_PROBLEM, "TLS roots", "proxy.ca_file %s: %s", extra,
			    strerror(errno));
	}
}

static void check_upstream(struct checkup *c, const struct upstream_account *a)
{
	struct err err = ERR_INIT;
	struct answer *answer;

	if (!a->is_active) {
		checkup_say(c, VERDICT_OK, "upstream", "%s is disabled", a->name);
		return;
	}
	answer = call_object(c->inv, "POST", "/v1/upstreams", a->id, "test", &err);
	if (!answer) {
		checkup_say(c, err.kind == ERR_STORE || err.kind == ERR_SIGN_IN ? VERDICT_PROBLEM
									       : VERDICT_WARN,
			    "upstream", "%s could not be tested: %s", a->name, err.msg);
	} else if (answer_bool(answer, "ok")) {
		checkup_say(c, VERDICT_OK, "upstream", "%s answers: %s", a->name,
			    answer_text(answer, "message"));
	} else {
		checkup_say(c, VERDICT_PROBLEM, "upstream", "%s: %s", a->name,
			    answer_text(answer, "message"));
	}
	answer_destroy(answer);
}

void checkup_upstreams(struct checkup *c)
{
	if (!c->config) {
		return;
	}
	if (!c->config->account_count) {
		checkup_say(c, VERDICT_WARN, "upstream",
			    "none yet: `llm-gateway upstream add --provider=P --name=N --key=-`");
	}
	for (size_t i = 0; i < c->config->account_count; i++) {
		check_upstream(c, &c->config->accounts[i]);
	}
}
