/* The study area: one valid multipolygon in the analysis CRS, ready for three questions. */
#ifndef HG_GEO_REGION_H
#define HG_GEO_REGION_H

#include "geo/shapes.h"

typedef struct hg_region hg_region;

/**
 * The union of all polygons among the shapes (metres). Invalid polygons are repaired by GEOS's
 * MakeValid structure method; *repaired (may be NULL) counts them.
 * Errors: HG_EDATA when no polygon with area is left.
 */
hg_status hg_region_new(const hg_shapes *shapes, size_t *repaired, hg_region **out, hg_error *err);
/** Convex hull of n >= 1 points, buffered by buffer_m > 0 (quarter circles of 16 segments). */
hg_status hg_region_hull(const double *x, const double *y, size_t n, double buffer_m,
                         hg_region **out, hg_error *err);
hg_status hg_region_box(const double box[4], hg_region **out, hg_error *err);
void hg_region_free(hg_region *region);

double hg_region_area_m2(const hg_region *region); /**< planar */
void hg_region_bounds(const hg_region *region, double box[4]);

enum { HG_INSIDE = 0, HG_HALO = 1, HG_OUTSIDE = 2 };

/**
 * For each point: HG_INSIDE (boundary included), HG_HALO (outside by at most halo_m) or HG_OUTSIDE.
 * Points with NaN are HG_OUTSIDE. Threaded; the answer does not depend on the number of threads.
 */
hg_status hg_region_classify(const hg_region *region, const double *x, const double *y, size_t n,
                             double halo_m, int threads, uint8_t *where, hg_error *err);

/**
 * Exact share (0 … 1) of each cell inside the region: rows of cells whose north side starts at
 * north_m and which are cell_m high, columns from west_m eastward; out[rows * columns], raster order.
 * Rows are independent: any split into bands gives the same numbers bit for bit, as long as north_m
 * is a multiple of cell_m. Cells wholly inside are exactly 1, wholly outside exactly 0, and shares
 * within 1e-9 of either are set to it.
 */
hg_status hg_region_coverage(const hg_region *region, double west_m, double north_m, double cell_m,
                             int64_t columns, int64_t rows, float *out, hg_error *err);

#endif
