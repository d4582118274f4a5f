/* Seeded random numbers that do not depend on threads: every stream is keyed by (seed, stream). */
#ifndef HG_BASE_RANDOM_H
#define HG_BASE_RANDOM_H

#include <stdint.h>

/** State of xoshiro256** (Blackman and Vigna 2018), seeded through SplitMix64. */
typedef struct hg_random {
    uint64_t s[4];
} hg_random;

/** Starts stream number `stream` of `seed`; equal keys give equal sequences on every machine. */
hg_random hg_random_seed(uint64_t seed, uint64_t stream);
uint64_t hg_random_u64(hg_random *r);
/** Uniform in [0, 1), 53 bits. */
double hg_random_unit(hg_random *r);
/** Uniform in 0 … n-1 without bias (Lemire 2019); n > 0. */
uint64_t hg_random_below(hg_random *r, uint64_t n);

#endif
