#include "gateway/sealed_memory.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

/* A page holds the marks of one minute of requests' own time, so that a whole
 * page is forgotten at once. Twice the window touches eleven minutes. */
#define PAGE_MS (60 * 1000)
#define PAGES 16
#define FIRST_CAPACITY 256      /* a power of two */
#define MARK_BYTES 16
#define SEED_BYTES 16

struct mark {
	unsigned char bytes[MARK_BYTES];        /* all zero: free */
};

struct page {
	uint64_t minute;
	struct mark *marks;
	size_t count;
	size_t capacity;
};

struct sealed_memory {
	pthread_mutex_t lock;
	uint64_t start_ms;
	uint64_t forgotten_ms;          /* nothing is known of what is older */
	size_t count;
	size_t max_count;
	unsigned char seed[SEED_BYTES];
	struct page pages[PAGES];
};

struct sealed_memory *sealed_memory_create(uint64_t start_ms, size_t max_count)
{
	struct sealed_memory *m = xcalloc(1, sizeof *m);

	pthread_mutex_init(&m->lock, NULL);
	m->start_ms = start_ms;
	m->max_count = max_count;
	crypto_random(m->seed, sizeof m->seed);
	return m;
}

void sealed_memory_destroy(struct sealed_memory *m)
{
	if (!m) {
		return;
	}
	for (size_t i = 0; i < PAGES; i++) {
		free(m->pages[i].marks);
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* Seeded, so that nobody who has a key can choose where his marks go. */
static struct mark mark_of(const struct sealed_memory *m, const char *kid,
			   const struct sealed_stamp *stamp)
{
	unsigned char text[SEED_BYTES + SEALED_NONCE_BYTES + SEALED_KID_BYTES] = { 0 };
	unsigned char hash[SHA256_BYTES];
	struct mark mark;

	memcpy(text, m->seed, SEED_BYTES);
	memcpy(text + SEED_BYTES, stamp->nonce, SEALED_NONCE_BYTES);
	str_copy((char *)text + SEED_BYTES + SEALED_NONCE_BYTES, SEALED_KID_BYTES, kid);
	crypto_sha256((struct slice){ (char *)text, sizeof text }, hash);
	memcpy(mark.bytes, hash, sizeof mark.bytes);
	mark.bytes[0] |= 1;             /* never free */
	return mark;
}

/* Its place, or the free one where it belongs. */
static struct mark *place_of(struct mark *marks, size_t capacity, const struct mark *mark)
{
	uint64_t at;

	memcpy(&at, mark->bytes + MARK_BYTES - sizeof at, sizeof at);
	for (;; at++) {
		struct mark *place = &marks[at & (capacity - 1)];

		if (!place->bytes[0] || memcmp(place, mark, sizeof *mark) == 0) {
			return place;
		}
	}
}

static void grow(struct page *p)
{
	size_t capacity = p->capacity ? 2 * p->capacity : FIRST_CAPACITY;
	struct mark *marks = xcalloc(capacity, sizeof *marks);

	for (size_t i = 0; i < p->capacity; i++) {
		if (p->marks[i].bytes[0]) {
			*place_of(marks, capacity, &p->marks[i]) = p->marks[i];
		}
	}
	free(p->marks);
	p->marks = marks;
	p->capacity = capacity;
}

static void forget_old(struct sealed_memory *m, uint64_t now_ms)
{
	uint64_t oldest = now_ms > SEALED_WINDOW_MS ? (now_ms - SEALED_WINDOW_MS) / PAGE_MS : 0;

	if (oldest * PAGE_MS <= m->forgotten_ms) {
		return;
	}
	m->forgotten_ms = oldest * PAGE_MS;
	for (size_t i = 0; i < PAGES; i++) {
		struct page *p = &m->pages[i];

		if (p->marks && p->minute < oldest) {
			m->count -= p->count;
			free(p->marks);
			*p = (struct page){ .minute = 0 };
		}
	}
}

static enum sealed_verdict take(struct sealed_memory *m, const struct mark *mark,
				uint64_t minute)
{
	struct page *p = &m->pages[minute % PAGES];
	struct mark *place;

	if (p->marks && p->minute != minute) {
		return SEALED_SKEWED;           /* our clock went back a long way */
	}
	if (4 * (p->count + 1) > 3 * p->capacity) {
		grow(p);
	}
	p->minute = minute;
	place = place_of(p->marks, p->capacity, mark);
	if (place->bytes[0]) {
		return SEALED_REPLAYED;
	}
	if (m->count == m->max_count) {
		return SEALED_FULL;
	}
	*place = *mark;
	p->count++;
	m->count++;
	return SEALED_FRESH;
}

enum sealed_verdict sealed_memory_take(struct sealed_memory *m, const char *kid,
				       const struct sealed_stamp *stamp, uint64_t now_ms)
{
	uint64_t ts_ms = stamp->ts_ms;
	struct mark mark;
	enum sealed_verdict verdict;

	if ((ts_ms > now_ms ? ts_ms - now_ms : now_ms - ts_ms) > SEALED_WINDOW_MS) {
		return SEALED_SKEWED;
	}
	if (ts_ms < m->start_ms) {
		return SEALED_EARLY;
	}
	mark = mark_of(m, kid, stamp);
	pthread_mutex_lock(&m->lock);
	forget_old(m, now_ms);
	/* Our clock may have been set back since. */
	verdict = ts_ms < m->forgotten_ms ? SEALED_SKEWED : take(m, &mark, ts_ms / PAGE_MS);
	pthread_mutex_unlock(&m->lock);
	return verdict;
}
