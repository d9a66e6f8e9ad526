#include "formats/stop_scan.h"

#include <string.h>

#include "base/limits.h"

void stop_scan_init(struct stop_scan *s, const struct hub_name *stops)
{
	*s = (struct stop_scan){ .stops = stops };
	buf_init(&s->held, MAX_SSE_EVENT_BYTES);
}

void stop_scan_release(struct stop_scan *s)
{
	buf_release(&s->held);
}

/* Where `stop` begins in the text, or SIZE_MAX. */
static size_t find(struct slice text, struct slice stop)
{
	for (size_t i = 0; i + stop.len <= text.len; i++) {
		const char *hit = memchr(text.ptr + i, stop.ptr[0], text.len - stop.len - i + 1);

		if (!hit) {
			break;
		}
		i = (size_t)(hit - text.ptr);
		if (memcmp(hit, stop.ptr, stop.len) == 0) {
			return i;
		}
	}
	return SIZE_MAX;
}

/* Length of the longest end of `text` that a stop text begins with. */
static size_t held_back(struct slice text, struct slice stop)
{
	size_t most = stop.len - 1 < text.len ? stop.len - 1 : text.len;

	for (size_t len = most; len > 0; len--) {
		if (memcmp(text.ptr + text.len - len, stop.ptr, len) == 0) {
			return len;
		}
	}
	return 0;
}

const struct hub_name *stop_scan_feed(struct stop_scan *s, struct slice text)
{
	const struct hub_name *hit = NULL;
	size_t first = SIZE_MAX;
	size_t keep = 0;

	buf_add(&s->held, text.ptr, text.len);
	for (const struct hub_name *stop = s->stops; stop; stop = stop->next) {
		size_t at = find(buf_slice(&s->held), stop->text);
		size_t tail = held_back(buf_slice(&s->held), stop->text);

		if (at < first) {
			first = at;
			hit = stop;
		}
		keep = tail > keep ? tail : keep;
	}
	s->ready = hit ? first : s->held.len - keep;
	return hit;
}

struct slice stop_scan_ready(const struct stop_scan *s)
{
	return (struct slice){ buf_text(&s->held), s->ready };
}

void stop_scan_drop(struct stop_scan *s)
{
	buf_drop(&s->held, s->ready);
	s->ready = 0;
}

void stop_scan_flush(struct stop_scan *s)
{
	s->ready = s->held.len;
}
