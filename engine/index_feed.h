/* Which streams were missing on which days: silence of a whole feed, and what the feed calendar
 * says. */
#ifndef HG_ENGINE_INDEX_FEED_H
#define HG_ENGINE_INDEX_FEED_H

#include "engine/index_calendar.h"

typedef struct hg_index_feeds {
    uint8_t *silent;  /**< streams x days of the calendar: by the gap rule alone */
    uint8_t *missing; /**< streams x days: with the entries for all units, and outside the data */
    bool by_unit;     /**< some entry is for one unit */
} hg_index_feeds;

/** @param streams  streams of the configuration; those of the events are below it */
hg_status hg_index_feeds_judge(const hg_index_input *input, size_t streams, int32_t history_days,
                               const hg_index_calendar *calendar, hg_index_feeds *out,
                               hg_error *err);
void hg_index_feeds_dispose(hg_index_feeds *feeds);

/** The days of one stream in one unit, into missing[days]. */
void hg_index_feed_of_unit(const hg_index_feeds *feeds, const hg_index_input *input,
                           const hg_index_calendar *calendar, uint32_t unit, uint32_t stream,
                           uint8_t *missing);

#endif
