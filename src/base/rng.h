/*
 * Fast random numbers for identifiers and jitter: a generator per thread,
 * seeded from the system. Not for secrets (base/crypto.h).
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

uint64_t rng_u64(void);
void rng_fill(void *out, size_t len);

#endif
