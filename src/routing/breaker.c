#include "routing/breaker.h"

#define WINDOW_MS 60000LL
#define SLOT_MS (WINDOW_MS / BREAKER_SLOTS)
#define ENOUGH_REQUESTS 10

static struct breaker_slot *slot_now(struct breaker *b, int64_t now_mono_ms)
{
	int64_t number = now_mono_ms / SLOT_MS + 1;     /* 0 is an empty slot */
	struct breaker_slot *slot = &b->slots[number % BREAKER_SLOTS];

	if (slot->number != number) {
		*slot = (struct breaker_slot){ .number = number };
	}
	return slot;
}

void breaker_good(struct breaker *b, int64_t now_mono_ms)
{
	slot_now(b, now_mono_ms)->good++;
	b->in_a_row = 0;
}

bool breaker_bad(struct breaker *b, int64_t now_mono_ms)
{
	struct breaker_slot *now = slot_now(b, now_mono_ms);
	uint64_t good = 0;
	uint64_t bad = 0;
	int64_t fifth_last;

	now->bad++;
	b->in_a_row++;
	/* The ring holds the newest five: what is next overwritten is the
	 * fifth last once this one is in. */
	b->last_failures[b->next] = now_mono_ms + 1;
	b->next = (b->next + 1) % BREAKER_FAILURES;
	fifth_last = b->last_failures[b->next];
	for (int i = 0; i < BREAKER_SLOTS; i++) {
		if (b->slots[i].number > now->number - BREAKER_SLOTS) {
			good += b->slots[i].good;
			bad += b->slots[i].bad;
		}
	}
	if ((fifth_last && now_mono_ms + 1 - fifth_last <= WINDOW_MS &&
	     (b->in_a_row >= BREAKER_FAILURES || bad * 10 >= good + bad)) ||
	    (good + bad >= ENOUGH_REQUESTS && bad * 2 >= good + bad)) {
		*b = (struct breaker){ .next = 0 };
		return true;
	}
	return false;
}
