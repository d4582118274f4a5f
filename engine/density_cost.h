/*
 * What a density costs, exact and fast, before it is computed: `--method auto` takes the cheaper one.
 *
 * Costs are counts of operations times seconds for each, fitted on one machine (docs/methods/fast.md). The choice
 * rests on these alone, so that the same task is done the same way everywhere, every time and with any number of
 * threads; a measurement of the machine at hand only scales the seconds told to people.
 */
#ifndef HG_ENGINE_DENSITY_COST_H
#define HG_ENGINE_DENSITY_COST_H

#include "engine/density.h"

typedef struct hg_density_cost {
    double exact_s, fast_s; /**< seconds, expected; fast infinite where refine is 0 */
    int refine;             /**< nodes along a cell's side that fast is likely to need; 0 = none keeps max_error, or
                                 exact is cheaper whatever it needs */
    bool fast;              /**< take it; it may still refuse where points lie badly */
} hg_density_cost;

/**
 * Costs for n points, by the reference machine's clock with one thread. Only counts and sizes matter, not where
 * points lie. max_error as for hg_fast_plan_new. Errors: those of hg_density_plan_new; HG_ENOMEM; cancelled.
 */
hg_status hg_density_cost_of(size_t n, const hg_grid *grid, const hg_kernel *kernel, double max_error,
                             hg_control *control, hg_density_cost *out, hg_error *err);

/**
 * Measures for some 10 ms how much slower this machine is than the reference, and divides by the threads in use: what to
 * multiply both costs by when telling them. Never to be chosen by.
 */
hg_status hg_density_cost_scale(hg_control *control, double *scale, hg_error *err);

#endif
