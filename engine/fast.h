/*
 * Kernel density with a proved bound on its error, in time that hardly depends on the bandwidth: points are spread
 * over a lattice by quadratic splines, and the lattice is convolved with the kernel in Fourier space.
 *
 * The bound holds at every cell: it is the sum over the points of the largest error that a point can make at that
 * distance, with what rounding adds, and is checked against exact values at a few cells. Values are never negative.
 * Bit for bit the same for every thread count and every split into bands; the order of the points shows in the last
 * digits of a double, rarely in those of the single precision that values are kept in.
 * Formulas and figures: docs/methods/fast.md.
 */
#ifndef HG_ENGINE_FAST_H
#define HG_ENGINE_FAST_H

#include "engine/density.h"

typedef struct hg_fast_plan hg_fast_plan;

/** How a plan came out; of a plan refused, how near the finest lattice tried came. */
typedef struct hg_fast_report {
    char scheme[64];   /**< "quadratic splines on 2 x 2 nodes a cell" */
    int refine;        /**< nodes along a cell's side; 0 = no points, nothing to do */
    double max_error;  /**< asked for */
    double bound;      /**< proved: |value - exact| <= bound * peak at every cell; infinite where nothing was tried */
    double found;      /**< the largest |value - exact| / peak at the cells checked */
    size_t checked;    /**< cells checked */
    double peak;       /**< largest value, per square metre */
    int64_t window_rows, window_columns, windows; /**< transforms: their size in cells, and how many */
    char reason[160];  /**< why there is no plan: one clause; "" where there is one */
} hg_fast_report;

/** 0.001: what is kept where nobody asks for less or more. */
extern const double hg_fast_default_error;

/**
 * Makes the surface with an error of at most max_error times its peak. *plan stays NULL, with HG_OK and the reason in
 * the report, where no lattice keeps that, or where memory for it would be out of proportion: the caller then computes
 * exactly and says so. Of `points` the weights are borrowed until the plan is freed. control may be NULL; its cancel flag ends later calls too.
 * Errors: those of hg_density_plan_new; HG_EUSAGE if max_error is not a positive number.
 */
hg_status hg_fast_plan_new(const hg_points *points, const hg_grid *grid, const hg_kernel *kernel, double max_error,
                           hg_control *control, hg_fast_plan **plan, hg_fast_report *report, hg_error *err);
void hg_fast_plan_free(hg_fast_plan *plan);

/**
 * Density (weight per square metre) at the centres of rows row0 … row0+n-1, all of the grid, in raster order, into
 * out[n * columns]. A surface of up to 256 MB is kept from the plan; of a larger one stretches of rows are computed
 * again, so ask for rows in ascending order.
 */
hg_status hg_fast_band(hg_fast_plan *plan, int64_t row0, int64_t n, double *out, hg_error *err);

/** Rows that make a band of good size. */
int64_t hg_fast_band_rows(const hg_fast_plan *plan);

/**
 * As hg_density_mass_beyond, of the surface as shown: what all points hold on the infinite lattice, less the sum over
 * the grid. Exactly 0 where no point reaches a cell outside the grid.
 */
hg_status hg_fast_mass_beyond(const hg_fast_plan *plan, double *mass, hg_error *err);

/** For tests: bytes up to which a surface is kept whole, and of the nodes in memory; 0 = as usual. */
void hg_fast_set_memory(double surface_bytes, double mass_bytes);

#endif
