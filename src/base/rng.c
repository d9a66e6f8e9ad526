#include "base/rng.h"

#include <string.h>

#include "base/crypto.h"

/* splitmix64 (Steele, Lea, Flood 2014): one word of state, full period. */
uint64_t rng_u64(void)
{
	static _Thread_local uint64_t state;
	uint64_t z;

	if (!state) {
		crypto_random(&state, sizeof state);
	}
	state += 0x9e3779b97f4a7c15u;
	z = state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void rng_fill(void *out, size_t len)
{
	unsigned char *at = out;

	while (len) {
		uint64_t word = rng_u64();
		size_t part = len < sizeof word ? len : sizeof word;

		memcpy(at, &word, part);
		at += part;
		len -= part;
	}
}
