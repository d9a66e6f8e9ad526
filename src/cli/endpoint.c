#include "cli/endpoint.h"

#include <stdlib.h>

#include "base/limits.h"
#include "cli/answer.h"
#include "cli/ask.h"
#include "cli/call.h"
#include "config/load.h"

/* An address that clients on this machine can use for what is listened on. */
static void add_host(struct buf *out, struct slice host)
{
	if (!host.len || slice_eq(host, "0.0.0.0") || slice_eq(host, "::") ||
	    slice_eq(host, "[::]")) {
		host = slice_of("127.0.0.1");
	}
	buf_addf(out, memchr(host.ptr, ':', host.len) && host.ptr[0] != '[' ? "[%.*s]" : "%.*s",
		 (int)host.len, host.ptr);
}

/* A gateway may have been started with another address than the file has. */
static void add_address(struct buf *out, const char *listen, const struct server_config *server)
{
	const char *colon = strrchr(listen, ':');

	if (colon) {
		add_host(out, (struct slice){ listen, (size_t)(colon - listen) });
		buf_adds(out, colon);
	} else {
		add_host(out, slice_of(server->host));
		buf_addf(out, ":%d", server->port);
	}
}

bool endpoint_url(const struct invocation *inv, struct buf *out, struct err *err)
{
	struct config *config = config_load(inv->config_path, err);
	struct answer *status;

	if (!config) {
		return false;
	}
	status = call_api(inv, "GET", "/v1/status", NULL, NULL);
	buf_adds(out, *config->server.tls_cert ? "https://" : "http://");
	add_address(out, answer_text(status, "listen"), &config->server);
	answer_destroy(status);
	config_unref(config);
	return true;
}

bool endpoint_key(const struct invocation *inv, struct secret *out, struct err *err)
{
	const char *from_env = getenv("LLM_GATEWAY_KEY");

	if (!ask_key(inv, "Gateway key", out, err)) {
		return false;
	}
	if (secret_is_empty(out) && !str_empty(from_env)) {
		secret_set(out, slice_of(from_env));
	}
	if (secret_is_empty(out)) {
		err_setf(err, ERR_USAGE, "no gateway key");
		return err_hintf(err, "make one with `llm-gateway apikey add --name=NAME` and give "
				      "it with --key=- or in LLM_GATEWAY_KEY");
	}
	return true;
}
