/*
 * Aoristic weights: an incident known to have happened between two moments is spread evenly over the
 * interval, so that every hour or step gets the share of the interval that lies in it (Ratcliffe 2002,
 * Aoristic signatures and the spatio-temporal analysis of high volume crime patterns, Journal of
 * Quantitative Criminology 18, 23-43). All in closed form: a minute and ten years cost the same. Civil
 * time, in which every day has 24 hours.
 */
#ifndef HG_ENGINE_AORISTIC_H
#define HG_ENGINE_AORISTIC_H

#include <stddef.h>
#include <stdint.h>

/** The interval of one incident, in civil seconds; zero length for a moment. */
typedef struct hg_interval {
    int64_t start, end; /**< start <= end; what lies at `end` itself is outside, unless both are equal */
} hg_interval;

/**
 * Interval of incident i: t_start alone where t_end (may be NULL) is unknown or earlier. t_start[i] must be known.
 */
hg_interval hg_interval_of(const int64_t *t_start, const int64_t *t_end, size_t i);

/** Parts of an interval in equal steps, first … last; steps between the two are filled whole. */
typedef struct hg_aoristic_steps {
    int64_t first, last;                        /**< numbers of the first and the last step that have a part */
    double first_share, inner_share, last_share; /**< sum 1; first_share alone where first == last */
} hg_aoristic_steps;

/**
 * Spreads an interval over the steps [origin + k step_s, origin + (k + 1) step_s), k any whole number. A moment lies
 * whole in its step. Steps outside the span studied simply are not asked for: their share is lost.
 * @param step_s  seconds, at least 1
 */
hg_aoristic_steps hg_aoristic_spread(hg_interval interval, int64_t origin, int64_t step_s);
/** Share of the interval in step k; 0 outside first … last. */
double hg_aoristic_share(const hg_aoristic_steps *steps, int64_t k);

/** Steps that come round again: hours of the week, hours of the day, days of the week. */
typedef struct hg_cycle {
    int64_t origin, step_s;
    int steps;
} hg_cycle;

extern const hg_cycle hg_week_hours; /**< 168; 0 = Monday 00:00 to 01:00 */
extern const hg_cycle hg_day_hours;  /**< 24 */
extern const hg_cycle hg_week_days;  /**< 7; 0 = Monday */

/**
 * One incident in a profile, which is in whole numbers so that sums do not depend on the order of incidents:
 * 2^19 3^3 5^3 7 11, of which the shares of most intervals are whole.
 */
#define HG_AORISTIC_ONE ((uint64_t)136249344000)

/**
 * Adds one incident to a profile of cycle->steps: HG_AORISTIC_ONE times the share of its interval in each
 * step, rounded (to 4e-12 of an incident). A step holds up to 135 million incidents.
 */
void hg_aoristic_add(const hg_cycle *cycle, hg_interval interval, uint64_t *profile);

#endif
