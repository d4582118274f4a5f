/* For tests of the audit's geometry: lattice polygons from WKT and from boxes. */
#ifndef HG_TESTS_POLYGON_HELPERS_H
#define HG_TESTS_POLYGON_HELPERS_H

#include "tests/geo_helpers.h"
#include "geo/polygon_mm.h"

/* Metres in WKT to a polygon on the lattice. */
static inline hg_polygon_mm polygon_from(const char *text, hg_repair *repair)
{
    hg_shapes shapes = {0};
    hg_polygon_mm p = {0};
    hg_repair r;
    add_text(&shapes, text, NULL);
    expect_ok(hg_polygon_mm_read(&shapes, 0, &p, repair ? repair : &r, err));
    hg_shapes_dispose(&shapes);
    return p;
}

static inline double area_m2(const hg_polygon_mm *p)
{
    return hg_exact_m2(hg_polygon_mm_area(p));
}

/* The same rings in the same order, point for point. */
static inline bool same_polygon(const hg_polygon_mm *a, const hg_polygon_mm *b)
{
    if (a->rings != b->rings)
        return false;
    if (a->rings == 0)
        return true;
    return memcmp(a->ring_start, b->ring_start, (a->rings + 1) * sizeof *a->ring_start) == 0 &&
           memcmp(a->xy, b->xy, 2 * a->ring_start[a->rings] * sizeof *a->xy) == 0 &&
           memcmp(a->box, b->box, sizeof a->box) == 0;
}

#endif
