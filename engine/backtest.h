/*
 * A trial of forecasts: at each of a row of origins every method scores the cells from what is known by then, the
 * best cells under budgets of area are flagged, and the incidents of the time that follows are counted in them.
 *
 * With n the incidents in the flagged cells, N all in A, a the area the budget buys, summed over the windows:
 * hit rate n / N and PAI (n / N) / (a / A) of Chainey, Tompson and Uhlig 2008; PEI* n / n* of Hunt 2016 with n* the
 * most incidents that cells of the same area could hold; search efficiency, n per area flagged; and the mean of the
 * windows' clumpiness (McGarigal's FRAGSTATS; Adepeju, Rosser and Cheng 2016).
 *
 * a is the flagged area. Where a method has too few cells of a positive score to use the budget, it is the area of as
 * many whole cells as the budget has room for: a smaller area always has a higher PAI, and methods would be ahead of
 * each other by what they leave undone.
 */
#ifndef HG_ENGINE_BACKTEST_H
#define HG_ENGINE_BACKTEST_H

#include "engine/forecast.h"

enum { HG_TRIAL_BUDGETS_MAX = 250 };

/** How forecasts follow each other: from first + train every step, as long as origin + horizon <= end. */
typedef struct hg_rolling {
    int64_t first; /**< midnight of the first day */
    int64_t end;   /**< nothing is known from here on */
    double train_s, horizon_s, step_s;
} hg_rolling;

/** How many windows fit; 0 where none does. */
size_t hg_rolling_windows(const hg_rolling *r);
/** Origin of window i. */
int64_t hg_rolling_origin(const hg_rolling *r, size_t i);

/** What is tried; everything is borrowed. */
typedef struct hg_trial {
    const hg_forecast_events *events;
    const hg_grid *grid;
    const float *share;
    const hg_rolling *rolling;
    const hg_forecast *forecasts; /**< by method and window: [method * windows + window] */
    size_t methods;
    const double *budgets;        /**< shares of A, ascending, above 0 */
    size_t budget_count;          /**< at most HG_TRIAL_BUDGETS_MAX */
} hg_trial;

/** One method in one window under one budget. */
typedef struct hg_tally {
    uint64_t hits;     /**< n */
    double best;       /**< n* within bought_m2 */
    double area_m2;    /**< flagged; less than the budget where cells of a positive score run out */
    double bought_m2;  /**< a; the flagged area unless these run out */
    double clumpiness; /**< -1 ... 1; NaN where not defined */
} hg_tally;

typedef struct hg_trial_result {
    size_t methods, windows, budgets;
    double area_m2;      /**< A */
    uint64_t outside;    /**< incidents of the windows that lie in no cell of A and are left out of N */
    size_t *start;       /**< judged incidents of window w: start[w] ... start[w + 1] - 1 */
    hg_tally *tallies;   /**< [(method * windows + window) * budgets + budget] */
    uint8_t *reached;    /**< [incident * methods + method]: the first budget that flags its cell; budgets = none */
} hg_trial_result;

/**
 * Runs the trial, windows and methods shared among threads. Cells are flagged by the rule of engine/rank.h (score and
 * count of the method's training incidents descending, row, column), each budget the longest prefix within it.
 *
 * n* fills the area a with cells by incidents per area, the last in part and rounded down: never below what a
 * selection of that area can hold, above it by less than one cell's incidents, and exact where all cells are whole.
 *
 * Clumpiness: with g the sides of flagged cells that touch flagged cells (each pair counted twice), m flagged cells
 * of M in A, e the fewest outer sides m cells can have, G = g / (4 m - e), P = m / M: (G - P) / P where G < P < 1/2,
 * else (G - P) / (1 - P).
 *
 * Errors: HG_EUSAGE for a budget or method that is none; HG_ENOMEM; HG_ECANCELLED.
 */
hg_status hg_trial_run(const hg_trial *trial, hg_control *control, hg_trial_result *out, hg_error *err);
void hg_trial_result_dispose(hg_trial_result *result);

const hg_tally *hg_trial_tally(const hg_trial_result *result, size_t method, size_t window, size_t budget);

/** A method under a budget over all windows; NaN where nothing is defined. */
typedef struct hg_trial_score {
    double hit_rate, pai, pei_star, ser_per_km2, clumpiness;
    double pai_flagged; /**< (n / N) over the share of A that was flagged, which no two methods need have in common */
    uint64_t hits, incidents;
    double area_m2; /**< mean flagged area of a window */
} hg_trial_score;

void hg_trial_pool(const hg_trial_result *result, size_t method, size_t budget, hg_trial_score *out);

/** 95 % percentile intervals. */
typedef struct hg_trial_interval {
    double hits[2];       /**< of the sum of n; others are in proportion, as N, a and n* stay */
    double clumpiness[2]; /**< over resampled windows */
    double ahead;         /**< share of resamples in which no other method has more hits under this budget */
} hg_trial_interval;

/**
 * Resamples the incidents of each window with replacement, `draws` times, the same draw for all methods, and the
 * windows for the clumpiness. Stream d of control->seed makes draw d. out[method * count + k] is for
 * budgets[k] (positions among the trial's). Without draws all is NaN.
 */
hg_status hg_trial_bootstrap(const hg_trial_result *result, const size_t *budgets, size_t count, int draws,
                             hg_control *control, hg_trial_interval *out, hg_error *err);

#endif
