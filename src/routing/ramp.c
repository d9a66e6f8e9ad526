#include "routing/ramp.h"

#define CROWD 8                 /* arrivals within a second */
#define STEP_MS 250
#define LENGTH_MS 30000

static bool is_on(const struct ramp *r, int64_t now_mono_ms)
{
	return r->since_ms && now_mono_ms - r->since_ms < LENGTH_MS;
}

bool ramp_admits(const struct ramp *r, int64_t now_mono_ms, int64_t *wait_ms)
{
	int64_t elapsed = now_mono_ms - r->since_ms;

	if (!is_on(r, now_mono_ms) ||
	    r->moved_in_flight < 1 + elapsed / STEP_MS + r->successes) {
		return true;
	}
	*wait_ms = STEP_MS - elapsed % STEP_MS;
	return false;
}

void ramp_begin(struct ramp *r, int64_t now_mono_ms)
{
	r->moved_in_flight++;
	if (now_mono_ms - r->recent_ms >= 1000) {
		r->recent_ms = now_mono_ms;
		r->recent = 0;
	}
	r->recent++;
	if (r->recent >= CROWD && !is_on(r, now_mono_ms)) {
		r->since_ms = now_mono_ms;
		r->successes = 0;
	}
}

void ramp_succeeded(struct ramp *r)
{
	r->successes++;
}

void ramp_end(struct ramp *r)
{
	r->moved_in_flight--;
}
