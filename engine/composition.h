/*
 * What the incidents of a set of cells consist of: per-stream counts, the stabilised location
 * quotient with its binomial test, peak hour and weekday.
 */
#ifndef HG_ENGINE_COMPOSITION_H
#define HG_ENGINE_COMPOSITION_H

#include "engine/incidents.h"

typedef struct hg_composition {
    uint64_t count;
    double weight;
    const uint32_t *by_stream; /**< `streams` counts, borrowed from the result */
    int top_stream;            /**< index, or -1 = mixed */
    double top_stream_lq;      /**< its location quotient; NaN when mixed */
    int peak_hour;             /**< 0 … 23; -1 with fewer than 20 incidents that say something of it */
    int peak_weekday;          /**< 1 = Monday … 7; -1 likewise */
} hg_composition;

typedef struct hg_compositions {
    hg_composition *groups;
    size_t n;
    uint32_t *counts; /* backing of by_stream */
} hg_compositions;

/** Clock times that stand for "unknown": a spike far above its neighbours at 00:00, 00:01 or 12:00. */
typedef struct hg_default_times {
    bool midnight, minute_past, noon; /**< which of the three are spikes */
    uint64_t count;                   /**< incidents with such a time */
} hg_default_times;

/**
 * A minute is a spike if it holds at least 20 incidents and more than 5 times the mean of the same
 * minute of the hour one and two hours before and after (at least 1). Of t_start, halo left out.
 */
hg_default_times hg_find_default_times(const hg_incidents *incidents);

/**
 * lq = ((n_sc + 10 pi_s)/(n_c + 10)) / pi_s; top_stream has the smallest P(Bin(n_c, pi_s) >= n_sc), if
 * that is at most 0.05 / streams and n_sc >= 3, else -1 with lq NaN (so always with one stream, of which
 * the probability is 1). Halo incidents count nowhere.
 *
 * Peaks are those of the aoristic profile: an incident known within t_start … t_end is spread over its hours and
 * weekdays (engine/aoristic.h), one without an end stands at its start. Hours leave default times out; weekdays keep
 * them; ties go to the earlier. An interval of a day or more does not count towards the 20 incidents that a peak hour
 * needs, nor one of a week or more towards those of a peak weekday.
 *
 * @param group   group of each incident (cell or area), UINT32_MAX = none
 * @param groups  number of groups
 * @param defaults  NULL: no time is a default
 * pi_s is the share of stream s among all incidents that are not halo.
 */
hg_status hg_compose(const hg_incidents *incidents, const uint32_t *group, size_t groups,
                     const hg_default_times *defaults, hg_compositions *out, hg_error *err);
void hg_compositions_dispose(hg_compositions *c);

/** Whether incident i is not halo and has a time whose clock, at both ends of an interval, is no default value. */
bool hg_hour_is_known(const hg_incidents *incidents, size_t i, const hg_default_times *defaults);

/** P(Bin(n, p) >= k), accurate in the tail (regularised incomplete beta; Numerical Recipes 6.4). */
double hg_binomial_tail(uint64_t k, uint64_t n, double p);

#endif
