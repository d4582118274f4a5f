/* The events of an index: checked, sorted by unit and stream, summed by day. */
#ifndef HG_ENGINE_INDEX_EVENTS_H
#define HG_ENGINE_INDEX_EVENTS_H

#include "engine/index_model.h"

typedef struct hg_index_events {
    const hg_index_input *input;
    size_t streams;
    size_t *start;   /**< of each unit x stream in order: units x streams + 1 */
    uint32_t *order; /**< events by unit and stream */
    bool plain;      /**< every weight is 1 */
    double scale,
        square_scale; /**< powers of two that turn weights and their squares into whole numbers */
    uint64_t used, outside, ignored; /**< as in hg_index_result */
} hg_index_events;

/** Errors: as hg_index_compute's for its input. */
hg_status hg_index_events_sort(const hg_index_config *config, const hg_index_input *input,
                               hg_index_events *out, hg_error *err);
void hg_index_events_dispose(hg_index_events *events);

/** Sums one unit and stream into daily->count, weight and square (not missing), zeroed before. */
void hg_index_events_sum(const hg_index_events *events, const hg_index_calendar *calendar,
                         size_t unit, size_t stream, hg_index_daily *daily);

/** Adds the deaths of one unit and stream to deaths[days of the calendar]. */
void hg_index_events_deaths(const hg_index_events *events, const hg_index_calendar *calendar,
                            size_t unit, size_t stream, double *deaths);

#endif
