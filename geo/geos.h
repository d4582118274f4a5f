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

/** Replaces an invalid geometry by MakeValid's, structure method; *repaired says whether it was. */
hg_status hg_geos_repair(GEOSContextHandle_t geos, GEOSGeometry **geometry, bool *repaired,
                         hg_error *err);

/** A polygon from a box. */
hg_status hg_geos_box(GEOSContextHandle_t geos, const double box[4], GEOSGeometry **out,
                      hg_error *err);

#endif
