/* What the files that use GEOS share. A context is made per call and dies with it. */
#ifndef HG_GEO_GEOS_H
#define HG_GEO_GEOS_H

#include "geo/shapes.h"

#include <geos_c.h>

/** A context whose messages go nowhere: callers state their own facts. */
hg_status hg_geos_open(GEOSContextHandle_t *out, hg_error *err);
void hg_geos_close(GEOSContextHandle_t geos);

/**
 * Reads shape i; rings that do not end where they began are closed. Errors: HG_EDATA for broken WKB
 * and for coordinates that are not finite.
 */
hg_status hg_geos_read(GEOSContextHandle_t geos, const hg_shapes *shapes, size_t i,
                       GEOSGeometry **out, hg_error *err);

/**
 * Replaces an invalid geometry by MakeValid's, structure method (linework method where that gives up); *repaired
 * says whether it was.
 */
hg_status hg_geos_repair(GEOSContextHandle_t geos, GEOSGeometry **geometry, bool *repaired,
                         hg_error *err);

/**
 * Called with a polygon that is not empty; with the n points x0 y0 x1 y1 … of a ring, the last = the first, a
 * copy that may be changed.
 */
typedef hg_status (*hg_geos_polygon_fn)(void *payload, const GEOSGeometry *polygon, hg_error *err);
typedef hg_status (*hg_geos_ring_fn)(void *payload, double *xy, unsigned n, bool hole, hg_error *err);

/** The polygons in g, collections of whatever depth included; points and lines are passed over. */
hg_status hg_geos_each_polygon(GEOSContextHandle_t geos, const GEOSGeometry *g, hg_geos_polygon_fn visit,
                               void *payload, hg_error *err);
/** The shell of a polygon, then its holes; n = 0 for an empty ring. */
hg_status hg_geos_each_ring(GEOSContextHandle_t geos, const GEOSGeometry *polygon, hg_geos_ring_fn visit,
                            void *payload, hg_error *err);

/** Geometries on their way into a collection; starts as {0}. */
typedef struct hg_geos_list {
    GEOSGeometry **items;
    size_t count, capacity;
} hg_geos_list;

/** Adds a geometry and owns it, whatever happens. */
hg_status hg_geos_list_add(GEOSContextHandle_t geos, hg_geos_list *list, GEOSGeometry *g, hg_error *err);
/** Adds copies of the polygons in g that are not empty. */
hg_status hg_geos_list_polygons(GEOSContextHandle_t geos, hg_geos_list *list, const GEOSGeometry *g,
                                hg_error *err);
/** One collection of the given type that owns them all; the list is empty afterwards, whatever happens. */
hg_status hg_geos_list_join(GEOSContextHandle_t geos, hg_geos_list *list, int type, GEOSGeometry **out,
                            hg_error *err);
void hg_geos_list_dispose(GEOSContextHandle_t geos, hg_geos_list *list);

/** A polygon from a box. */
hg_status hg_geos_box(GEOSContextHandle_t geos, const double box[4], GEOSGeometry **out,
                      hg_error *err);

#endif
