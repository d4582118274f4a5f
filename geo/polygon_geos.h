/* Lattice polygons to and from GEOS. */
#ifndef HG_GEO_POLYGON_GEOS_H
#define HG_GEO_POLYGON_GEOS_H

#include "geo/geos.h"
#include "geo/polygon_mm.h"

/** The polygons of a geometry whose unit is per_unit millimetres, counted from the origin (mm). */
hg_status hg_polygon_from_geos(GEOSContextHandle_t geos, const GEOSGeometry *g, double per_unit,
                               const int64_t origin[2], hg_polygon_mm *out, hg_error *err);

/**
 * A valid multipolygon in millimetres less the origin; what rounding made touch or cross is repaired.
 * Errors: HG_EFAIL where GEOS cannot.
 */
hg_status hg_polygon_to_geos(GEOSContextHandle_t geos, const hg_polygon_mm *p, const int64_t origin[2],
                             GEOSGeometry **out, hg_error *err);

#endif
