#include "gateway/limit_headers.h"

#include <strings.h>

#include "base/clock.h"
#include "routing/quota.h"

struct target {
	struct arena *arena;
	struct header *out;
	size_t count;
	bool is_anthropic;
};

static void add(struct target *t, const char *name, const char *value)
{
	t->out[t->count++] = (struct header){ name, value };
}

static bool is_openai(enum format_id format)
{
	return format == FORMAT_CHAT || format == FORMAT_RESPONSES;
}

static void forward(struct target *t, const struct pair_list *from)
{
	static const char *const prefixes[] = { "x-ratelimit-", "retry-after",
						"x-should-retry" };

	for (size_t i = 0; i < from->count; i++) {
		for (size_t k = 0; k < ARRAY_LEN(prefixes); k++) {
			if (strncasecmp(from->items[i].name, prefixes[k],
					strlen(prefixes[k])) == 0) {
				add(t, from->items[i].name, from->items[i].value);
				break;
			}
		}
	}
}

/* "88ms", "6m0s", "1h2m3s": as OpenAI's clients read it. */
static const char *duration(struct arena *a, int64_t ms)
{
	long long s = (ms + 999) / 1000;

	if (ms < 1000) {
		return arena_printf(a, "%lldms", (long long)ms);
	}
	if (s < 60) {
		return arena_printf(a, "%llds", s);
	}
	if (s < 3600) {
		return arena_printf(a, "%lldm%llds", s / 60, s % 60);
	}
	return arena_printf(a, "%lldh%lldm%llds", s / 3600, s / 60 % 60, s % 60);
}

static const char *date(struct arena *a, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format(wall_ms, text);
	return arena_strdup(a, text);
}

static void add_field(struct target *t, const char *kind, const char *field, const char *value)
{
	const char *name = t->is_anthropic
		? arena_printf(t->arena, "anthropic-ratelimit-%s-%s", kind, field)
		: arena_printf(t->arena, "x-ratelimit-%s-%s", field, kind);

	add(t, name, value);
}

static void add_count(struct target *t, const char *kind, const char *field, int64_t count)
{
	if (count >= 0) {
		add_field(t, kind, field, arena_printf(t->arena, "%lld", (long long)count));
	}
}

static void translate(struct target *t, const struct quota_reading *reading, int64_t now_wall_ms)
{
	const char *kind = reading->name;

	if (!str_eq(kind, "requests") && !str_eq(kind, "tokens")) {
		return;
	}
	add_count(t, kind, "limit", reading->limit);
	add_count(t, kind, "remaining", reading->remaining);
	if (reading->reset_ms >= 0) {
		add_field(t, kind, "reset", t->is_anthropic
			  ? date(t->arena, now_wall_ms + reading->reset_ms)
			  : duration(t->arena, reading->reset_ms));
	}
}

static void add_retry(struct target *t, int64_t ms)
{
	if (ms > 0) {
		add(t, "retry-after", arena_printf(t->arena, "%lld",
						   (long long)((ms + 999) / 1000)));
		add(t, "retry-after-ms", arena_printf(t->arena, "%lld", (long long)ms));
	}
}

int64_t limit_headers_retry_ms(const struct pair_list *from, int64_t now_wall_ms)
{
	struct quota_readings r;

	quota_read(from, now_wall_ms, &r);
	return r.retry_after_ms > 0 ? r.retry_after_ms : 0;
}

size_t limit_headers_write(enum format_id upstream, enum format_id client,
			   const struct pair_list *from, int64_t retry_ms,
			   struct arena *a, struct header *out)
{
	struct target t = { .arena = a, .out = out,
			    .is_anthropic = client == FORMAT_ANTHROPIC };
	int64_t now_wall_ms = clock_wall_ms();
	struct quota_readings r;

	if (is_openai(upstream) && is_openai(client)) {
		forward(&t, from);
		return t.count;
	}
	if (client == FORMAT_GEMINI) {
		add_retry(&t, retry_ms);
		return t.count;
	}
	quota_read(from, now_wall_ms, &r);
	for (size_t i = 0; i < r.count; i++) {
		translate(&t, &r.items[i], now_wall_ms);
	}
	add_retry(&t, retry_ms);
	return t.count;
}
