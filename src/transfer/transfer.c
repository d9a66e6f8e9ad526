#include "transfer/transfer.h"

void transfer_abort(struct transfer *t)
{
	t->ops->abort(t);
}

void transfer_pause(struct transfer *t)
{
	t->ops->pause(t);
}

void transfer_resume(struct transfer *t)
{
	t->ops->resume(t);
}

bool transfer_is_connected(const struct transfer *t)
{
	return !t->ops->is_connected || t->ops->is_connected(t);
}

bool transfer_is_sent(const struct transfer *t)
{
	return !t->ops->is_sent || t->ops->is_sent(t);
}

const char *transfer_end_name(enum transfer_end end)
{
	static const char *const names[] = {
		"ok", "dns failure", "connection failed", "tls failure", "timeout",
		"connection closed early", "invalid http",
	};

	return names[end];
}
