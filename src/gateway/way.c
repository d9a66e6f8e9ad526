#include "gateway/way.h"

/* The account's own proxy is meant for all its requests: no exceptions then. */
void way_set(struct transfer_spec *spec, const struct config *c,
	     const struct upstream_account *account)
{
	const struct environment_config *env = &c->environment;
	bool is_tls = str_starts(spec->url, "https:");

	spec->proxy = is_tls ? env->https_proxy : env->http_proxy;
	spec->no_proxy = env->no_proxy;
	if (*account->proxy) {
		spec->proxy = account->proxy;
		spec->no_proxy = "";
	}
	spec->ca_file = c->proxy.ca_file;
	spec->connect_timeout_ms = c->proxy.connect_timeout_ms;
	spec->tls_timeout_ms = c->proxy.tls_timeout_ms;
	spec->idle_timeout_ms = c->proxy.idle_conn_timeout_ms;
}

enum transport_failure way_failure(enum transfer_end end, bool has_head)
{
	switch (end) {
	case TRANSFER_OK:
		return TRANSPORT_OK;
	case TRANSFER_DNS:
		return TRANSPORT_DNS;
	case TRANSFER_CONNECT:
		return TRANSPORT_CONNECT;
	case TRANSFER_TLS:
		return TRANSPORT_TLS;
	case TRANSFER_TIMEOUT:
		return TRANSPORT_TIMEOUT;
	case TRANSFER_CLOSED:
	case TRANSFER_PROTOCOL:
		break;
	}
	return has_head ? TRANSPORT_BROKEN : TRANSPORT_RESET;
}
