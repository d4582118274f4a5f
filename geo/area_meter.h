/* Areas on the plane, on the ellipsoid, and by the formula of the Chinese national survey's notice of 2008. */
#ifndef HG_GEO_AREA_METER_H
#define HG_GEO_AREA_METER_H

#include "geo/crs.h"
#include "geo/polygon_mm.h"

typedef enum hg_area_mode {
    HG_AREA_ELLIPSOID,  /**< edges are geodesics of the CRS's ellipsoid */
    HG_AREA_PLANAR,     /**< as projected */
    HG_AREA_NOTICE2008, /**< trapezoids between edge and meridian, series to e^8 (国土调查办发〔2008〕32号) */
} hg_area_mode;

/** "ellipsoid", "planar", "notice2008". */
bool hg_area_mode_by_name(const char *name, hg_area_mode *mode);
const char *hg_area_mode_name(hg_area_mode mode);

typedef struct hg_area_meter hg_area_meter;

/**
 * A meter for polygons of a projected CRS in metres. An engineering CRS has no ellipsoid: HG_EUSAGE but for
 * HG_AREA_PLANAR. One meter serves one thread; make one a thread.
 */
hg_status hg_area_meter_new(const hg_crs *crs, hg_area_mode mode, hg_area_meter **out, hg_error *err);
void hg_area_meter_free(hg_area_meter *meter);
hg_area_mode hg_area_meter_mode(const hg_area_meter *meter);

/**
 * Longitude and latitude in degrees (lonlat[2n], untouched in planar mode) of n lattice points.
 * Errors: HG_EDATA for a point that has none.
 */
hg_status hg_area_meter_place(hg_area_meter *meter, const int64_t *xy_mm, size_t n, double *lonlat,
                              hg_error *err);
/**
 * What the directed edge a-b adds to the area on its left, so that a counter-clockwise ring sums to its area.
 * Exactly antisymmetric: edge(b, a) = -edge(a, b). Points as lattice coordinates and as placed by the above.
 * An edge runs the short way round the globe, across the antimeridian where that is shorter. A ring round a pole
 * is not measured: its sum lacks half the ellipsoid, as the edges do not tell which side the pole is on.
 */
hg_exact hg_area_meter_edge(const hg_area_meter *meter, const int64_t a_mm[2], const int64_t b_mm[2],
                            const double a_deg[2], const double b_deg[2]);
/** Area of a polygon: the sum over its edges. Errors: HG_EDATA as for hg_area_meter_place. */
hg_status hg_area_meter_polygon(hg_area_meter *meter, const hg_polygon_mm *p, hg_exact *area,
                                hg_error *err);

#endif
