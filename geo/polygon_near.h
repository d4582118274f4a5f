/* Rings reduced to what matters in a box, one after another; see hg_polygon_mm_near in
 * geo/arrangement.h. */
#ifndef HG_GEO_POLYGON_NEAR_H
#define HG_GEO_POLYGON_NEAR_H

#include "geo/polygon_mm.h"
#include "geo/ring_runs.h"

typedef struct hg_near {
    int64_t box[4]; /**< the box and a margin: rings whose boxes are apart from it leave nothing */
    hg_polygon_mm p;
    size_t point_capacity, ring_capacity;
} hg_near;

hg_near hg_near_start(const int64_t box[4]);
/** Adds what is left of the ring xy of edges + 1 points. runs: its boxes as by hg_runs_cover, or
 * NULL. */
hg_status hg_near_add(hg_near *near, const int64_t *xy, size_t edges, const hg_extent *runs,
                      hg_error *err);
/** Hands the polygon over; with out NULL frees it. */
void hg_near_finish(hg_near *near, hg_polygon_mm *out);

#endif
