#include "gateway/silence.h"

int64_t silence_limit_ms(const struct proxy_config *p, bool has_content)
{
	if (has_content) {
		return p->stream_timeout_ms;
	}
	return p->first_token_timeout_ms ? p->first_token_timeout_ms : p->response_timeout_ms;
}

int64_t silence_look(const struct silence *s, bool *sign)
{
	int64_t left_ms = s->limit_ms - s->silent_ms;
	int64_t next_ms;

	*sign = false;
	if (left_ms <= 0) {
		return 0;
	}
	if (!s->every_ms) {
		return left_ms;
	}
	*sign = s->unsigned_ms >= s->every_ms;
	next_ms = *sign ? s->every_ms : s->every_ms - s->unsigned_ms;
	return next_ms < left_ms ? next_ms : left_ms;
}
