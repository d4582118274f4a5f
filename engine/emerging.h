/*
 * The 17 patterns of emerging hot spots: what a series of hot, cold and other steps at one place amounts to
 * (the classes of Emerging Hot Spot Analysis; one of none, eight hot, eight the same of cold).
 */
#ifndef HG_ENGINE_EMERGING_H
#define HG_ENGINE_EMERGING_H

#include <stddef.h>
#include <stdint.h>

/** The cold patterns stand HG_PATTERN_SIDE behind their hot ones. */
typedef enum hg_pattern {
    HG_PATTERN_NONE,
    HG_PATTERN_NEW_HOT,
    HG_PATTERN_CONSECUTIVE_HOT,
    HG_PATTERN_INTENSIFYING_HOT,
    HG_PATTERN_PERSISTENT_HOT,
    HG_PATTERN_DIMINISHING_HOT,
    HG_PATTERN_SPORADIC_HOT,
    HG_PATTERN_OSCILLATING_HOT,
    HG_PATTERN_HISTORICAL_HOT,
    HG_PATTERN_SIDE = HG_PATTERN_HISTORICAL_HOT,
    HG_PATTERN_END = 2 * HG_PATTERN_SIDE + 1
} hg_pattern;

/** "no_pattern", "new_hot", ... "historical_cold". */
const char *hg_pattern_name(hg_pattern pattern);

/**
 * The one pattern of a series; a series with hot and cold exchanged and the trend reversed has the mirrored one.
 * "Nine tenths" is exact: 10 x steps of the kind >= 9 x all steps.
 *   nine tenths hot, last step not hot: historical; last step hot: intensifying, persistent or diminishing, after
 *     the trend (up, none, down); whatever the few others are
 *   else, last step hot:  never hot before: new;  all hot steps in one run at the end: consecutive;
 *     ever cold: oscillating;  else sporadic
 *   else none. Cold likewise, where down is the direction that intensifies.
 * @param state  of each step in order of time: 1 hot, -1 cold, 0 neither
 * @param trend  1, 0, -1: a significant trend upwards, none, a significant one downwards
 */
hg_pattern hg_emerging_pattern(const int8_t *state, size_t steps, int trend);

#endif
