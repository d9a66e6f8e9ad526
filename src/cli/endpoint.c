#include "cli/endpoint.h"

#include <stdlib.h>

#include "base/limits.h"
#include "cli/answer.h"
#include "cli/ask.h"
#include "cli/call.h"
#include "config/load.h"

/* An address that clients on this machine can use for what is listened on. */
static void add_host(struct buf *out, const char *host)
{
	if (str_empty(host) || str_eq(host, "0.0.0.0") || str_eq(host, "::") ||
	    str_eq(host, "*")) {
		host = "127.0.0.1";
	}
	buf_addf(out, strchr(host, ':') && host[0] != '[' ? "[%s]" : "%s", host);
}

bool endpoint_url(const struct invocation *inv, struct buf *out, struct err *err)
{
	struct config *config = config_load(inv->config_path, err);
	struct answer *status;
	int64_t port;
	const char *colon;

	if (!config) {
		return false;
	}
	port = config->server.port;
	status = call_api(inv, "GET", "/v1/status", NULL, NULL);
	colon = strrchr(answer_text(status, "listen"), ':');
	if (colon) {
		str_to_i64(colon + 1, &port);
	}
	buf_adds(out, *config->server.tls_cert ? "https://" : "http://");
	add_host(out, config->server.host);
	buf_addf(out, ":%d", (int)port);
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
