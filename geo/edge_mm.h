/* Exact questions about one edge x0 y0 x1 y1 on the millimetre lattice. */
#ifndef HG_GEO_EDGE_MM_H
#define HG_GEO_EDGE_MM_H

#include "geo/exact.h"

#include <stdbool.h>
#include <stdint.h>

/** Twice the area of edge and point in mm2: positive where the point is left of the edge. */
static inline hg_exact hg_edge_mm_side(const int64_t *e, int64_t x, int64_t y)
{
    return (hg_exact)(e[2] - e[0]) * (y - e[1]) - (hg_exact)(e[3] - e[1]) * (x - e[0]);
}

/** Does the edge lie, as far as its own box tells, apart from the box xmin, ymin, xmax, ymax? */
static inline bool hg_edge_mm_apart(const int64_t *e, const int64_t box[4])
{
    return (e[0] < box[0] && e[2] < box[0]) || (e[0] > box[2] && e[2] > box[2]) ||
           (e[1] < box[1] && e[3] < box[1]) || (e[1] > box[3] && e[3] > box[3]);
}

/** Does it share a point with the box? Either they are apart, or the box has corners on both sides of it. */
static inline bool hg_edge_mm_meets(const int64_t *e, const int64_t box[4])
{
    if (hg_edge_mm_apart(e, box))
        return false;
    bool east = e[2] > e[0], north = e[3] > e[1];
    return hg_edge_mm_side(e, box[north ? 0 : 2], box[east ? 3 : 1]) >= 0 &&
           hg_edge_mm_side(e, box[north ? 2 : 0], box[east ? 1 : 3]) <= 0;
}

/** Is the point on it? */
static inline bool hg_edge_mm_holds(const int64_t *e, int64_t x, int64_t y)
{
    const int64_t box[4] = {x, y, x, y};
    return !hg_edge_mm_apart(e, box) && hg_edge_mm_side(e, x, y) == 0;
}

/**
 * What it adds to the winding number of a point that is not on it: +1 if it crosses the ray from the point to
 * the east upwards, -1 downwards. Ends count as above the ray where they are, not where they touch it.
 */
static inline int hg_edge_mm_winding(const int64_t *e, int64_t x, int64_t y)
{
    int rise = (e[3] > y) - (e[1] > y);
    if (rise == 0 || (e[0] < x && e[2] < x))
        return 0;
    if (e[0] > x && e[2] > x)
        return rise;
    return (hg_edge_mm_side(e, x, y) > 0) == (rise > 0) ? rise : 0;
}

#endif
