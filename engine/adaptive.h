/*
 * Kernel density with a bandwidth of its own for every event, on a grid, by bands of rows.
 *
 * Abramson's square-root law (1982): h_i = h0 (f(x_i) / g)^(-1/2), f the fixed kernel density with h0 at the
 * event, itself included, g the weighted geometric mean of f over the events. h_i is at most 5 h0, which keeps a
 * remote event from being spread over everything (the factor is that of spatstat's bw.abram, Davies and
 * Baddeley 2018), and at least one cell, so that the lattice still samples every kernel.
 *
 * Accuracy: within 1e-9 of the peak of a brute-force sum; never negative; exactly zero where no event's
 * support reaches; bit for bit the same for every thread count and every split into bands.
 */
#ifndef HG_ENGINE_ADAPTIVE_H
#define HG_ENGINE_ADAPTIVE_H

#include "engine/density.h"

#define HG_ADAPTIVE_TRIM 5.0

/** What bandwidths there are. */
typedef struct hg_bandwidth_spread {
    size_t locations;
    double low_m, median_m, high_m; /**< median by weight */
    size_t raised, trimmed;         /**< locations held at one cell, and at 5 h0 */
} hg_bandwidth_spread;

/** Events with coincident ones merged, and their bandwidths. */
typedef struct hg_adaptive {
    hg_points points; /**< owned, weights always there */
    double *h_m;      /**< of each: support radius, sigma of the Gaussian */
    hg_bandwidth_spread spread;
} hg_adaptive;

/**
 * Bandwidths by Abramson's law; kernel->bandwidth_m is h0. Points without positive weight are left out.
 * Errors: HG_EDATA without any; HG_ENOMEM; cancelled.
 */
hg_status hg_adaptive_init(hg_adaptive *a, const hg_points *points, const hg_kernel *kernel, double cell_m,
                           hg_control *control, hg_error *err);
void hg_adaptive_dispose(hg_adaptive *a);

typedef struct hg_adaptive_plan hg_adaptive_plan;

/**
 * Prepares the sum of w_i K(d / h_i) / h_i^2 with h_m[points->n]; kernel gives shape and cutoff. Nothing is
 * borrowed but the control. Errors: HG_EUSAGE for a bandwidth that is not finite or under one cell.
 */
hg_status hg_adaptive_plan_new(const hg_points *points, const double *h_m, const hg_kernel *kernel,
                               const hg_grid *grid, hg_control *control, hg_adaptive_plan **out,
                               hg_error *err);
void hg_adaptive_plan_free(hg_adaptive_plan *plan);

/** As hg_density_band, for rows 0 … rows-1 of the grid. */
hg_status hg_adaptive_band(const hg_adaptive_plan *plan, int64_t row0, int64_t n, double *out, hg_error *err);
int64_t hg_adaptive_band_rows(const hg_adaptive_plan *plan);
/** As hg_density_mass_beyond. */
hg_status hg_adaptive_mass_beyond(const hg_adaptive_plan *plan, double *mass, hg_error *err);

/** The whole grid at once, per square metre, raster order: bandwidths by Abramson's law, then the sums. */
hg_status hg_adaptive_density(const hg_points *points, const hg_kernel *kernel, const hg_grid *grid,
                              hg_control *control, double *out, hg_error *err);

#endif
