/*
 * Locations in Morton order: sorted by the interleaved bits of their coordinates, so that every
 * square of a quadtree is one stretch of the list.
 */
#ifndef HG_ENGINE_MORTON_H
#define HG_ENGINE_MORTON_H

#include "base/error.h"

/** Distinct locations, keys ascending; x and y are whole steps from a common corner. */
typedef struct hg_locations {
    uint64_t *key;
    uint32_t *count; /**< incidents at each */
    size_t n;
} hg_locations;

uint64_t hg_morton_key(uint32_t x, uint32_t y);
void hg_morton_split(uint64_t key, uint32_t *x, uint32_t *y);

/**
 * The other locations within `radius` steps of location i: at least the `least` nearest, at most
 * the `most` nearest (ties in distance by key); writes their numbers into out[most], nearest first,
 * and returns how many. most <= HG_NEAREST_MAX.
 */
#define HG_NEAREST_MAX 256
size_t hg_morton_nearest(const hg_locations *l, size_t i, double radius, size_t least, size_t most,
                         size_t *out);

#endif
