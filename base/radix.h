/*
 * Stable radix sort and partition of 64-bit keys that carry a 32-bit number each. Being stable, the
 * outcome does not depend on the number of threads.
 */
#ifndef HG_BASE_RADIX_H
#define HG_BASE_RADIX_H

#include "base/error.h"

/** One stable partition by the digit (key >> shift) & (2^bits - 1). */
typedef struct hg_radix_pass {
    const uint64_t *key;
    const uint32_t *with; /**< NULL: the position itself where with_out is wanted */
    uint64_t *key_out;
    uint32_t *with_out;   /**< NULL: not wanted */
    size_t n;             /**< at most 2^32 */
    unsigned shift, bits; /**< bits at most 12 */
} hg_radix_pass;

/**
 * Turns counts into places, for who scatters stretch by stretch into digits: place[stretch * digits + digit], in numbers
 * of items, becomes where that stretch writes its first of that digit. start[d] is where digit d begins, start[digits]
 * how many there are.
 */
void hg_radix_places(size_t *place, size_t stretches, size_t digits, size_t *start);

/** Moves the keys to key_out; start[d] is where digit d begins, start[2^bits] = n. */
hg_status hg_radix_partition(const hg_radix_pass *pass, int threads, size_t *start, hg_error *err);

/**
 * Sorts n keys ascending, each with its number (with NULL: none). Needs as much scratch memory as
 * the arrays themselves. Digits in which all keys agree cost one reading of the keys.
 */
hg_status hg_radix_sort(uint64_t *key, uint32_t *with, size_t n, int threads, hg_error *err);

#endif
