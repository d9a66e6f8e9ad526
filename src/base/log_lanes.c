#include "base/log_lanes.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/mem.h"

/* Of one lane: what a busy worker logs in a few seconds. */
#define MAX_LANE_BYTES (8 * MIB)

/* A buffer that was mostly empty at the last flush is given back above this. */
#define KEEP_BYTES (64 * KIB)

struct lane {
	struct lane *next;              /* never changes: lanes stay for good */
	bool is_owned;                  /* a living thread writes to it; lanes.lock */

	pthread_mutex_t lock;           /* guards the two below; never held for long */
	struct buf lines;
	uint64_t lost;

	struct buf taken;               /* the taker's: what it works on */
	struct slice rest;              /* of it, not visited yet */
};

static struct {
	pthread_mutex_t lock;           /* guards who owns which lane */
	struct lane *first;             /* atomic */
	pthread_key_t key;              /* tells the end of a thread */
} lanes = { .lock = PTHREAD_MUTEX_INITIALIZER };

static __thread struct lane *own_lane;

/* ---- owners ---- */

static void leave_lane(void *ctx)
{
	struct lane *lane = ctx;

	own_lane = NULL;
	pthread_mutex_lock(&lanes.lock);
	lane->is_owned = false;
	pthread_mutex_unlock(&lanes.lock);
}

static void make_key(void)
{
	pthread_key_create(&lanes.key, leave_lane);
}

static struct lane *first_lane(void)
{
	return __atomic_load_n(&lanes.first, __ATOMIC_ACQUIRE);
}

static struct lane *create_lane(void)
{
	struct lane *lane = xcalloc(1, sizeof *lane);

	pthread_mutex_init(&lane->lock, NULL);
	buf_init(&lane->lines, MAX_LANE_BYTES);
	buf_init(&lane->taken, MAX_LANE_BYTES);
	lane->next = first_lane();
	__atomic_store_n(&lanes.first, lane, __ATOMIC_RELEASE);
	return lane;
}

static struct lane *take_lane(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct lane *lane;

	pthread_once(&once, make_key);
	pthread_mutex_lock(&lanes.lock);
	for (lane = first_lane(); lane && lane->is_owned; lane = lane->next) {
	}
	if (!lane) {
		lane = create_lane();
	}
	lane->is_owned = true;
	pthread_mutex_unlock(&lanes.lock);
	pthread_setspecific(lanes.key, lane);
	own_lane = lane;
	return lane;
}

void log_lanes_add(const struct log_line *line)
{
	struct lane *lane = own_lane ? own_lane : take_lane();

	pthread_mutex_lock(&lane->lock);
	if (!log_line_pack(&lane->lines, line)) {
		lane->lost++;
	}
	pthread_mutex_unlock(&lane->lock);
}

/* ---- the taker ---- */

static uint64_t swap_buffers(struct lane *lane)
{
	struct buf full;
	uint64_t lost;

	pthread_mutex_lock(&lane->lock);
	full = lane->lines;
	lane->lines = lane->taken;
	lane->taken = full;
	lost = lane->lost;
	lane->lost = 0;
	pthread_mutex_unlock(&lane->lock);
	lane->rest = buf_slice(&lane->taken);
	return lost;
}

static void empty_buffer(struct lane *lane)
{
	if (lane->taken.capacity > KEEP_BYTES && lane->taken.len < lane->taken.capacity / 4) {
		buf_release(&lane->taken);
	}
	buf_clear(&lane->taken);
}

static struct lane *oldest_lane(void)
{
	struct lane *oldest = NULL;

	for (struct lane *lane = first_lane(); lane; lane = lane->next) {
		if (lane->rest.len &&
		    (!oldest || log_line_time(lane->rest) < log_line_time(oldest->rest))) {
			oldest = lane;
		}
	}
	return oldest;
}

size_t log_lanes_take(log_lanes_visit visit, void *ctx, uint64_t *lost)
{
	struct log_field fields[MAX_LOG_FIELDS];
	struct log_line line;
	struct lane *lane;
	size_t count = 0;

	*lost = 0;
	for (lane = first_lane(); lane; lane = lane->next) {
		*lost += swap_buffers(lane);
	}
	while ((lane = oldest_lane()) && log_line_next(&lane->rest, &line, fields)) {
		visit(ctx, &line, fields);
		count++;
	}
	for (lane = first_lane(); lane; lane = lane->next) {
		empty_buffer(lane);
	}
	return count;
}

void log_lanes_peek(log_lanes_visit visit, void *ctx)
{
	struct log_field fields[MAX_LOG_FIELDS];
	struct log_line line;

	for (struct lane *lane = first_lane(); lane; lane = lane->next) {
		struct slice parts[] = { lane->rest, buf_slice(&lane->lines) };

		for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
			while (log_line_next(&parts[i], &line, fields)) {
				visit(ctx, &line, fields);
			}
		}
	}
}
