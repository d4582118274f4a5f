/* What the history of one unit and stream expects of each day (the model of engine/index.h). */
#ifndef HG_ENGINE_INDEX_MODEL_H
#define HG_ENGINE_INDEX_MODEL_H

#include "engine/index_calendar.h"

/** A stream in a unit, by days of the calendar. Weights are whole multiples of 1/scale, so sums are
 * exact. */
typedef struct hg_index_daily {
    uint32_t *count;  /**< n_d */
    int64_t *weight;  /**< y_d x scale */
    int64_t *square;  /**< sum of w^2 x square_scale */
    uint8_t *missing; /**< such a day has no score and is no history */
    double scale, square_scale;
    bool plain; /**< all weights are 1: weight equals count, square is NULL */
} hg_index_daily;

typedef struct hg_index_expectation {
    double mean; /**< M */
    double days; /**< D */
    double phi;
    uint8_t flags; /**< HG_INDEX_SHORT_HISTORY (all else 0), …_UNKNOWN, …_USED */
} hg_index_expectation;

/** Working memory for series of one calendar, used again and again. */
typedef struct hg_index_window hg_index_window;

hg_status hg_index_window_new(const hg_index_calendar *calendar, hg_index_window **out,
                              hg_error *err);
void hg_index_window_free(hg_index_window *window);

/** Expectations of the published days (calendar->days - calendar->first of them), missing ones
 * included. */
void hg_index_expect(hg_index_window *window, const hg_index_daily *daily, int32_t history_days,
                     hg_index_expectation *out);

#endif
