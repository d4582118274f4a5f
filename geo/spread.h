/*
 * Patches laid over a lattice: to every cell the exact planar area of each patch within it, one patch
 * at a time over its own box of cells. Areas of overlapping patches add up.
 */
#ifndef HG_GEO_SPREAD_H
#define HG_GEO_SPREAD_H

#include "geo/patches.h"

/**
 * Cells of an anchored lattice: column 0 has its west side at west * cell_m, row 0 (the northernmost)
 * its north side at (top + 1) * cell_m. cell_m is a whole number of centimetres.
 */
typedef struct hg_window {
    double cell_m;
    int64_t west, top, columns, rows;
} hg_window;

typedef struct hg_spreading {
    const hg_patches *patches;
    const uint32_t *which; /**< n numbers of good patches */
    const double *weight;  /**< mass of a square metre of each, n; NULL = 1 */
    size_t n;
    bool inside; /**< of each the part in the study area; else the whole */
    hg_window window;
    const float *share; /**< cells with 0 take nothing; raster order; NULL = all take */
} hg_spreading;

typedef struct hg_cell_mass {
    uint64_t cell; /**< row * columns + column */
    double mass;   /**< sum of weight times area */
} hg_cell_mass;

/** Where a spreading put a patch. */
typedef struct hg_patch_place {
    uint64_t cell;  /**< that holds the largest part; of parts equal to 1e-9 of a cell the southernmost, then
                       the westernmost; UINT64_MAX = it meets no cell that takes */
    double area_m2; /**< on cells that take */
} hg_patch_place;

typedef struct hg_spread {
    hg_cell_mass *cells; /**< with mass, in raster order */
    size_t n;
    hg_patch_place *places; /**< one for each of `which` */
} hg_spread;

/**
 * A part within one cell gives it its whole area. Where it spans several, pieces under 1e-12 of a cell
 * are rounding and left out, and a part under 1e-9 of a cell goes whole to the cell of its centre of
 * gravity. Pieces are within 1e-12 of a cell of the exact area (as far as the coordinates of far places
 * go) and sum to the part's area likewise. Threaded by bands of rows; the result does not depend on
 * the number of threads. Memory: the occupied cells, and one band a thread.
 */
hg_status hg_spread_patches(const hg_spreading *spreading, hg_control *control, hg_spread *out,
                            hg_error *err);
void hg_spread_dispose(hg_spread *spread);

#endif
