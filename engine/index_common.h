/* The baseline of all units together: what the history of everybody expects of each head. */
#ifndef HG_ENGINE_INDEX_COMMON_H
#define HG_ENGINE_INDEX_COMMON_H

#include "engine/index_events.h"
#include "engine/index_feed.h"

typedef struct hg_index_common {
    double population; /**< of all units */
    size_t streams, days;
    double *weight; /**< streams x (days + 1): sum before each day, days the feed was missing left
                       out */
    uint32_t *present; /**< likewise: days on which the feed was not missing */
} hg_index_common;

/** Sums all events in units by stream and day. */
hg_status hg_index_common_sum(const hg_index_events *events, const hg_index_feeds *feeds,
                              const hg_index_calendar *calendar, hg_index_common *out,
                              hg_error *err);
void hg_index_common_dispose(hg_index_common *common);

/** Expectation of the period that ends on calendar day `day`, for a unit of this population. */
hg_index_expectation hg_index_common_expect(const hg_index_common *common,
                                            const hg_index_config *config, size_t stream,
                                            size_t day, double population);

#endif
