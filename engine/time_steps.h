/* Equal steps of time behind each other: the third axis of a space-time cube. */
#ifndef HG_ENGINE_TIME_STEPS_H
#define HG_ENGINE_TIME_STEPS_H

#include "base/error.h"

enum { HG_TIME_STEPS_MIN = 10, HG_TIME_STEPS_MAX = 999 };

/** Step k is [origin + k step_s, origin + (k + 1) step_s) in civil seconds. */
typedef struct hg_time_steps {
    int64_t origin, step_s;
    size_t count;
    int64_t left_out_s; /**< at the beginning of the span, too short for a step */
} hg_time_steps;

/**
 * Cuts the span from `since` (HG_NO_TIME: the midnight before `first`) to `until` (HG_NO_TIME: the midnight after
 * `last`) into whole steps that end where the span ends; what is left at its beginning is in no step.
 * @param first   the earliest moment by which an incident had happened: the least end of an interval
 * @param last    the latest moment from which on one could have happened: the greatest start
 * @param step_s  0 = the longest of 91 d, 30 d, 14 d, 7 d and 1 d that makes at least 12 steps, else 1 d
 * Errors: HG_EDATA for fewer than 10 steps, HG_EUSAGE for more than 999.
 */
hg_status hg_time_steps_cut(int64_t first, int64_t last, int64_t since, int64_t until, int64_t step_s,
                            hg_time_steps *out, hg_error *err);

/** Start of step k, which may be count: the end. */
int64_t hg_time_step_start(const hg_time_steps *steps, size_t k);

/** "30 d", "6 h", "90 s" into buf of at least 32 bytes. */
const char *hg_duration_text(int64_t seconds, char *buf);

#endif
