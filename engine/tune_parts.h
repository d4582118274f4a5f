/* Between the files of tuning. */
#ifndef HG_ENGINE_TUNE_PARTS_H
#define HG_ENGINE_TUNE_PARTS_H

#include "engine/shrunk.h"
#include "engine/tune.h"

enum {
    HG_TUNE_LIVES = 6,
    HG_TUNE_STRENGTHS = 10,
    HG_TUNE_BANDWIDTHS_MAX = 9,
    HG_TUNE_BUDGETS = 5,
    HG_TUNE_WINDOWS_MAX = 9 + 36,
};

extern const double hg_tune_lives_s[HG_TUNE_LIVES]; /**< 0 = none */
extern const double hg_tune_strengths[HG_TUNE_STRENGTHS]; /**< in weights of the first training window */
extern const double hg_tune_budgets[HG_TUNE_BUDGETS];

/** Incidents from origin on and before until. */
typedef struct hg_tune_window {
    int64_t origin, until;
} hg_tune_window;

typedef struct hg_tune_plan {
    hg_tune_window windows[HG_TUNE_WINDOWS_MAX]; /**< by time */
    size_t window_count;
    double bandwidths_m[HG_TUNE_BANDWIDTHS_MAX];
    size_t bandwidth_count;
    double first_weight;  /**< of the first training window's incidents in A */
    hg_forecast standard; /**< the default, where there is no window */
} hg_tune_plan;

/** Inner windows that are over by `last`, and the candidates' bandwidths. */
hg_status hg_tune_plan_make(const hg_tuning *tuning, int64_t last, hg_control *control, hg_tune_plan *plan,
                            hg_error *err);

/** Shrinkage that strength s makes where the history weighs `weight`. */
double hg_tune_shrinkage(const hg_tune_plan *plan, size_t s, double weight);
/** Weight of what a forecast sees in A. */
double hg_tune_weight(const hg_tuning *tuning, const hg_forecast *forecast, int64_t as_of);

/** Candidate of half-life l, strength s, bandwidth b. */
static inline size_t hg_tune_candidate(const hg_tune_plan *plan, size_t l, size_t s, size_t b)
{
    return (l * HG_TUNE_STRENGTHS + s) * plan->bandwidth_count + b;
}

/** Room for the sums of cells by the leading bits of their scores. */
typedef struct hg_tune_bins hg_tune_bins;
hg_tune_bins *hg_tune_bins_new(void);
void hg_tune_bins_free(hg_tune_bins *bins);

/**
 * Hits under each budget of the shrunk score: `judged` incidents per cell, raster order. Cells of score 0 are never
 * flagged; the tied cells on a budget's edge give a part of their hits in proportion to area.
 */
void hg_tune_hits(hg_tune_bins *bins, const hg_shrunk *parts, double shrinkage, const uint32_t *judged, uint64_t cells,
                  double hits[HG_TUNE_BUDGETS]);

#endif
