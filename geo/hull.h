/* Convex hulls of very many points. */
#ifndef HG_GEO_HULL_H
#define HG_GEO_HULL_H

#include "geo/geos.h"

typedef struct hg_points {
    double *x, *y; /**< owned */
    size_t count, capacity;
} hg_points;

/** Convex hull of n >= 1 finite points: a point, a line or a polygon. */
hg_status hg_geos_hull(GEOSContextHandle_t geos, const double *x, const double *y, size_t n,
                       GEOSGeometry **out, hg_error *err);

/**
 * Few of the n points, all corners of their convex hull among them. Points that are not finite are
 * left out. Errors: HG_EDATA when no point is finite.
 */
hg_status hg_hull_candidates(GEOSContextHandle_t geos, const double *x, const double *y, size_t n,
                             hg_points *out, hg_error *err);

#endif
