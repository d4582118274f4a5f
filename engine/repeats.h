/* Suspected repeat calls: the same event reported more than once. They are counted and flagged, never dropped. */
#ifndef HG_ENGINE_REPEATS_H
#define HG_ENGINE_REPEATS_H

#include "engine/composition.h"

/**
 * An incident is a suspected repeat if another of the same stream lies within `distance_m` and began at most
 * `seconds` before it, both limits included; of two that began in the same second the later row is the repeat.
 * Times are t_start. Left out on both sides: halo incidents, those without a time, and those whose clock is a default
 * value (engine/composition.h), which says nothing of when they happened.
 *
 * @param defaults  NULL: no time is a default
 * @param repeat    of length n, set to 1 for repeats and 0 for all others; NULL = not wanted
 * Errors: HG_ENOMEM, HG_ECANCELLED. O(n log n) while few incidents share a place and half an hour.
 */
hg_status hg_find_repeats(const hg_incidents *incidents, const hg_default_times *defaults, double distance_m,
                          int64_t seconds, hg_control *control, uint8_t *repeat, uint64_t *count, hg_error *err);

#endif
