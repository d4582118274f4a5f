/*
 * Boxes over runs of a closed ring's edges, HG_RUN edges to a lowest box, HG_RUN_FAN boxes to one
 * above. Edges that follow one another lie together already, so nothing need be sorted.
 */
#ifndef HG_GEO_RING_RUNS_H
#define HG_GEO_RING_RUNS_H

#include <stddef.h>
#include <stdint.h>

enum { HG_RUN = 16, HG_RUN_FAN = 8, HG_RUN_LEVELS = 16 };

/** xmin, ymin, xmax, ymax. */
typedef int64_t hg_extent[4];

/** The box of n >= 1 points. */
void hg_extent_of_points(const int64_t *xy, size_t n, hg_extent out);

/** Where the levels begin among a ring's boxes, the lowest first, and how many boxes each has. */
typedef struct hg_run_levels {
    size_t start[HG_RUN_LEVELS], count[HG_RUN_LEVELS];
    int n;
    size_t total;
} hg_run_levels;

/** edges >= 1. */
hg_run_levels hg_run_levels_of(size_t edges);
/** Fills the boxes of the ring of edges + 1 points: as many as the levels have in total. */
void hg_runs_cover(const int64_t *xy, size_t edges, hg_extent *boxes);

#endif
