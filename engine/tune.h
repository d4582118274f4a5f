/*
 * Choosing the shrunk forecast of each origin on what lies before it.
 *
 * Candidates: 6 half-lives (30, 90, 180, 365, 730 days, none) x 10 strengths of the surface (0 to infinity) x 4 to 9
 * bandwidths, in a geometric row from one cell to 2.4 times Silverman's rule, all on the whole history. A strength
 * kappa is kept in incidents, as multiples of those of the first training window, and makes a shrinkage of
 * kappa / (W + kappa) where the history weighs W: what is learnt from a short history holds for a longer one, in
 * which the counts say more. Each candidate forecasts inner windows:
 * within the first training window T, of length w = min(horizon, T/4) but at least T/12, back to back from its end as
 * long as T/4 lies before them; after it, of the horizon (at least T/12), back to back. An origin is served by the
 * inner windows that are over by then; of more than 36 after T every second, third … is left out.
 *
 * Objective: the mean over budgets of 0.5, 1, 2, 5 and 10 % of A of log(1 + hits), hits summed over the windows;
 * scores that agree in their leading 7 bits count as tied and are taken in part. With some hundred hits the largest of
 * many objectives is luck; so it is first smoothed over the grid of candidates, by (1/4, 1/2, 1/4) along each axis,
 * and the largest of what is left wins.
 *
 * The time it takes: windows x half-lives x bandwidths densities, and as many times 10 passes over the cells.
 */
#ifndef HG_ENGINE_TUNE_H
#define HG_ENGINE_TUNE_H

#include "engine/forecast.h"

/** What is tuned on; everything is borrowed. */
typedef struct hg_tuning {
    const hg_forecast_events *events;
    const hg_grid *grid;
    const float *share;
    int64_t first;  /**< where the history begins */
    double train_s; /**< T: bandwidths come from what lies before first + T */
    double horizon_s;
    hg_kernel kernel; /**< shape and cutoff; its bandwidth is not looked at */
} hg_tuning;

typedef struct hg_tuned {
    hg_forecast forecast;
    size_t windows;    /**< inner windows it was chosen on; with 0 it is the default: 730 days, 1/2, cross-validation */
    uint64_t judged;   /**< incidents in them */
    double hits;       /**< of these under 1 % of A by the chosen */
} hg_tuned;

/**
 * The forecast for each of n origins (at or after first + T), chosen on incidents before it only. No random numbers;
 * the same bit for bit whatever the thread count. Memory: 28 bytes a cell and thread.
 * Errors: HG_EUSAGE for times that are none; HG_ENOMEM; HG_ECANCELLED.
 */
hg_status hg_tune(const hg_tuning *tuning, const int64_t *origins, size_t n, hg_control *control, hg_tuned *chosen,
                  hg_error *err);

#endif
