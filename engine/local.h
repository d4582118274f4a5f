/*
 * Local statistics of values on the cells of A: Getis-Ord Gi* (binary weights, self included) and local
 * Moran's I (weights 1 / number of neighbours, self left out), with normal p and p by relabelling the whole map.
 *
 * Gi*: Ord and Getis 1995; z = (S - xbar W) / (s sqrt((n W - W^2)/(n - 1))) with S the sum over the
 * neighbourhood, W its cells in A, n the cells of A, xbar and s their mean and population standard deviation.
 * Local Moran: Anselin 1995; I = (x - xbar) / s^2 times the mean of (x_j - xbar) over the neighbours. Its z takes
 * mean and variance over all ways to give the other n - 1 values to the other cells, the cell keeping its own
 * (Sokal, Oden and Thomson 1998).
 */
#ifndef HG_ENGINE_LOCAL_H
#define HG_ENGINE_LOCAL_H

#include "engine/grid.h"
#include "engine/neighbourhood.h"

typedef struct hg_local_plan hg_local_plan;

/**
 * Prepares A and the neighbourhoods in it, once for any number of maps on the same cells. `around` is
 * copied; share and control are borrowed until the plan is freed.
 * @param share  raster order; 0 = not a cell of A
 * Errors: HG_EUSAGE with fewer than 3 cells in A.
 */
hg_status hg_local_plan_new(int64_t columns, int64_t rows, const float *share, const hg_neighbourhood *around,
                            hg_control *control, hg_local_plan **out, hg_error *err);
void hg_local_plan_free(hg_local_plan *plan);

/**
 * z of every cell in raster order; NaN outside A, and where the variance is 0 (all equal, W = n).
 * Values outside A are not looked at. Plans may be used by several threads at once if made with one thread.
 * Errors: HG_EDATA for a value in A that is not finite.
 */
hg_status hg_local_gi_star(const hg_local_plan *plan, const double *value, double *z, hg_error *err);
/**
 * I and its z, either of which may be NULL. NaN as above and for cells without neighbours; z also for a cell
 * that lies on the mean, where I is 0 whatever its neighbours.
 */
hg_status hg_local_moran(const hg_local_plan *plan, const double *value, double *moran, double *z, hg_error *err);

/** Cells that are asked for, raster indexes in any order; NULL = every cell, in raster order. */
typedef struct hg_local_cells {
    const uint64_t *cell;
    size_t n; /**< of the list */
} hg_local_cells;

/** gi_z, gi_p, moran, moran_z, moran_p of some cells; what of `out` is NULL or _sim is left alone. Errors as above. */
hg_status hg_local_at(const hg_local_plan *plan, const double *value, hg_local_cells cells,
                      const hg_local_columns *out, hg_error *err);

/**
 * One-sided p = (1 + draws at least as large) / (1 + draws) of both, over `draws` relabellings of the whole
 * map; stream d of control->seed makes draw d, so the answer depends neither on threads nor on which cells are
 * asked for. NaN as above. Whole numbers are compared exactly (Moran's I: to 14
 * digits of its largest), other values to 12 digits of their range on grids of up to 1,000 columns; what is equal
 * so far counts as at least as large.
 * @param gi_p, moran_p  [out] of the cells asked for; either may be NULL
 */
hg_status hg_local_relabel(const hg_local_plan *plan, const double *value, int draws, hg_local_cells cells,
                           double *gi_p, double *moran_p, hg_error *err);

/** 1 - Phi(z), to a relative 1e-12 down to 1e-300; NaN for NaN. */
double hg_normal_tail(double z);

#endif
