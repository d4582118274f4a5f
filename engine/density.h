/*
 * Exact kernel density of weighted points on a grid, computed by bands of rows so that a grid
 * larger than memory can stream.
 *
 * Accuracy: within 1e-9 of the peak of a brute-force sum in double precision; never negative;
 * exactly zero where no point is within the support; bit for bit the same for every thread count
 * and every split into bands; to 1e-12 for every order of the points and every instruction set.
 */
#ifndef HG_ENGINE_DENSITY_H
#define HG_ENGINE_DENSITY_H

#include "base/control.h"
#include "engine/grid.h"
#include "engine/kernel.h"

/** Points in the analysis CRS, metres; borrowed. w NULL = all 1; w >= 0 and finite. */
typedef struct hg_points {
    size_t n;
    const double *x, *y, *w;
} hg_points;

typedef struct hg_density_plan hg_density_plan;

/** HG_EUSAGE if the bandwidth is not positive and finite or under one cell, or the cutoff not positive. */
hg_status hg_density_check(const hg_kernel *kernel, const hg_grid *grid, hg_error *err);

/**
 * Sorts the points (those that reach no cell of the grid are dropped) and prepares the computation.
 * Nothing of `points` is kept. control may be NULL; its cancel flag ends later calls too.
 * Errors: HG_EUSAGE if the bandwidth is not positive and finite or under one cell; HG_ENOMEM.
 */
hg_status hg_density_plan_new(const hg_points *points, const hg_grid *grid, const hg_kernel *kernel,
                              hg_control *control, hg_density_plan **out, hg_error *err);
void hg_density_plan_free(hg_density_plan *plan);

/**
 * Density (weight per square metre) at the centres of rows row0 … row0+n-1, in raster order, into
 * out[n * columns]. Rows outside 0 … rows-1 are allowed: the lattice goes on beyond the grid.
 * Rows are shared among control->threads threads.
 */
hg_status hg_density_band(hg_density_plan *plan, int64_t row0, int64_t n, double *out,
                          hg_error *err);

/**
 * Weight that falls on lattice cells outside the grid's rows and columns, over all points given to
 * hg_density_plan_new, those that reach no cell of the grid included: the sum of cell area times
 * density over the infinite lattice without the grid. It makes the balance sum w = mass on the grid
 * + this + sum w * hg_kernel_truncated + sampling residual. Rows that hg_density_band has computed
 * cost nothing more; the others are computed now.
 */
hg_status hg_density_mass_beyond(hg_density_plan *plan, double *mass, hg_error *err);

/**
 * The same for those who compute rows row0 … row0+n-1 of the grid alone: what these hold beyond its columns, and
 * the points that reach no cell. With `above`, also the rows above the grid, with `below` those beneath it.
 */
hg_status hg_density_mass_beyond_rows(hg_density_plan *plan, int64_t row0, int64_t n, bool above, bool below,
                                      double *mass, hg_error *err);

/** Rows that make a band of good size for this plan (bounded memory, enough work per thread). */
int64_t hg_density_band_rows(const hg_density_plan *plan);

/** Name of the instruction set in use: "avx512", "avx2", "baseline". */
const char *hg_density_simd(void);
/** For tests and benchmarks: use this one ("auto" = the best); false if the processor lacks it. */
bool hg_density_set_simd(const char *name);

#endif
