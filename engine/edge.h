/*
 * Edge correction: e(x) = kernel mass around x that falls inside the study area, 0 … 1.
 *
 * Both are taken on the lattice as the ratio  sum_j a_j K(x - c_j) / sum_j c^2 K(x - c_j)  over all
 * lattice cells j (centre c_j, area c^2, a_j of it inside the area), so that e is exactly 1 wherever the
 * support lies inside, and the corrected density of an interior event equals the uncorrected.
 * Diggle 1985 (e at the event), Jones 1993 (e at the cell).
 */
#ifndef HG_ENGINE_EDGE_H
#define HG_ENGINE_EDGE_H

#include "engine/density.h"

typedef enum hg_edge { HG_EDGE_NONE, HG_EDGE_UNIFORM, HG_EDGE_DIGGLE } hg_edge;

const char *hg_edge_name(hg_edge edge);
bool hg_edge_by_name(const char *name, hg_edge *out);

/** Share of each grid cell inside the area, 0 … 1, raster order, the whole grid; cells beyond are 0. */
typedef struct hg_coverage {
    const hg_grid *grid;
    const float *share;
} hg_coverage;

/** e at n points. Threaded; points whose support lies in full cells cost a table look-up. */
hg_status hg_edge_at_points(const hg_coverage *coverage, const hg_kernel *kernel,
                            const hg_points *points, hg_control *control, double *e,
                            hg_error *err);

/** e at the centres of all cells of the grid, raster order; 0 where no area is within the support. */
hg_status hg_edge_at_cells(const hg_coverage *coverage, const hg_kernel *kernel,
                           hg_control *control, double *e, hg_error *err);

#endif
