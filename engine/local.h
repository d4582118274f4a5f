/*
 * Local statistics of values on the cells of A: Getis-Ord Gi* (binary weights, self included) and local
 * Moran's I (binary weights, self left out), with normal p and p by relabelling the whole map.
 *
 * Gi*: Ord and Getis 1995; z = (S - xbar W) / (s sqrt((n W - W^2)/(n - 1))) with S the sum over the
 * neighbourhood, W its cells in A, n the cells of A, xbar and s their mean and population standard deviation.
 * Local Moran: Anselin 1995.
 */
#ifndef HG_ENGINE_LOCAL_H
#define HG_ENGINE_LOCAL_H

#include "engine/grid.h"
#include "engine/neighbourhood.h"

typedef struct hg_local_plan hg_local_plan;

/**
 * Prepares A and the neighbourhoods in it, once for any number of maps on the same cells.
 * @param share  raster order; 0 = not a cell of A
 * Errors: HG_EUSAGE with fewer than 3 cells in A.
 */
hg_status hg_local_plan_new(int64_t columns, int64_t rows, const float *share, const hg_neighbourhood *around,
                            hg_control *control, hg_local_plan **out, hg_error *err);
void hg_local_plan_free(hg_local_plan *plan);

/** z of every cell in raster order; NaN outside A, and where the variance is 0 (all equal, W = n). */
hg_status hg_local_gi_star(const hg_local_plan *plan, const double *value, double *z, hg_error *err);
/** I and its z (mean and variance under relabelling); NaN as above and for cells without neighbours. */
hg_status hg_local_moran(const hg_local_plan *plan, const double *value, double *moran, double *z, hg_error *err);

/**
 * One-sided p = (1 + draws at least as large) / (1 + draws) of both, over `draws` relabellings of the whole
 * map; stream d of control->seed makes draw d, so the answer does not depend on threads. NaN as above.
 */
hg_status hg_local_relabel(const hg_local_plan *plan, const double *value, int draws, hg_control *control,
                           double *gi_p, double *moran_p, hg_error *err);

/** 1 - Phi(z), accurate in the tail. */
double hg_normal_tail(double z);

#endif
