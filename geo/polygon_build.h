/* Rings of doubles put on the millimetre lattice one after another. */
#ifndef HG_GEO_POLYGON_BUILD_H
#define HG_GEO_POLYGON_BUILD_H

#include "geo/polygon_mm.h"

static const double hg_lattice_farthest_m = 9e9;

/** Starts as {.per_unit = …, .origin = …}; hg_polygon_mm_dispose(&b.p) where it is not finished. */
typedef struct hg_polygon_builder {
    double per_unit;   /**< millimetres per unit of the doubles */
    int64_t origin[2]; /**< millimetres, added to every point */
    hg_polygon_mm p;
    size_t points, point_capacity, ring_capacity;
    bool in_shell; /**< the last shell was kept, so that holes may follow */
} hg_polygon_builder;

/**
 * Adds a ring, whichever way it runs; a hole belongs to the shell before it. Repeated points are dropped, and
 * so are rings without area and the holes of such shells. Errors: HG_EDATA beyond 9e12 mm.
 */
hg_status hg_polygon_builder_ring(hg_polygon_builder *b, const double *xy, size_t n, bool hole,
                                  hg_error *err);
/** Hands the polygon over. */
void hg_polygon_builder_finish(hg_polygon_builder *b, hg_polygon_mm *out);

#endif
