/*
 * Change between two periods (year on year, period on period) with an interval that can be trusted,
 * and what a printed change can mean.
 *
 * Counts: change = (n1/t1)/(n0/t0) - 1; given n0 + n1, n1 is binomial, so the Clopper-Pearson
 * interval (L, U) of its share becomes the change's by (L/(1-L)) t0/t1 - 1, likewise U. Amounts
 * that come several to an event: bootstrap of whole events.
 */
#ifndef HG_ENGINE_CHANGE_H
#define HG_ENGINE_CHANGE_H

#include "base/error.h"

typedef enum hg_change_note {
    HG_CHANGE_CLEAR,        /**< the interval excludes no change */
    HG_CHANGE_NOT_DISTINCT, /**< the interval spans no change: not distinguishable from chance */
    HG_CHANGE_BASE_ZERO,    /**< nothing in the base period: no percentage */
    HG_CHANGE_BOTH_ZERO,    /**< nothing in either: no percentage */
    /** A percentage without interval: amounts from fewer than 5 events in a period. */
    HG_CHANGE_TOO_FEW
} hg_change_note;

typedef struct hg_change {
    double base, current;     /**< totals as they were given */
    double change_pct;        /**< per day of each period; NaN where there is none */
    double low_pct, high_pct; /**< 95 %; NaN where there is none; high may be INFINITY */
    hg_change_note note;
} hg_change;

/** A period of days, half-open, days since 1970-01-01. */
typedef struct hg_period {
    int32_t from, until;
} hg_period;

/**
 * The same calendar span `years` earlier: both bounds keep month and day, 29 February becomes 1
 * March. The spans may differ by the leap day, which the rates per day take care of; 29 February
 * alone is put beside 28 February.
 */
hg_period hg_period_years_before(hg_period period, int years);
/** The span before it: as many months earlier if it is whole calendar months, else as many days. */
hg_period hg_period_before(hg_period period);

/**
 * Counts with exact interval.
 * @param days0, days1  lengths, above 0 (days without feed may be left out of count and length)
 * Errors: HG_EUSAGE for a length that is not positive.
 */
hg_status hg_change_counts(uint64_t n0, double days0, uint64_t n1, double days1, hg_change *out,
                           hg_error *err);

/** Lower exact bound (one-sided 2.5 %) of the share that `part` of n events have; what the intervals rest on. */
double hg_change_share_bound(uint64_t part, uint64_t n);
/**
 * hg_change_counts for callers that keep bounds: `low` is that of n1 and `rest` that of n0 among n0 + n1; neither is
 * looked at where n0 is 0.
 */
hg_status hg_change_of_bounds(uint64_t n0, double days0, uint64_t n1, double days1, double low, double rest,
                              hg_change *out, hg_error *err);

/** Amounts of the events of one period. */
typedef struct hg_amounts {
    const double *value; /**< one an event, finite and >= 0 */
    size_t n;
    double days;
} hg_amounts;

/**
 * Totals of amounts. Where all amounts above 0 in both periods are equal (each death an event of
 * its own) the exact interval of their number holds and is given. Else percentile interval of
 * `draws` resamples of the pooled events of both periods, each keeping its period, seeded, so that
 * the number of events varies with their amounts; from fewer than 5 events with an amount in either
 * period no interval is given (HG_CHANGE_TOO_FEW). Time: draws x events.
 * Errors: HG_EUSAGE for draws below 100 or a length that is not positive; HG_EDATA for an amount
 * that is negative or not finite (by its position); HG_ENOMEM.
 */
hg_status hg_change_amounts(hg_amounts base, hg_amounts current, int draws, uint64_t seed,
                            hg_change *out, hg_error *err);

/** Trend over several periods. */
typedef struct hg_rate_trend {
    double ratio;     /**< rate ratio for one year later; NaN with no event or a single period */
    double low, high; /**< 95 %, exact; 0 and INFINITY where open */
    double p_value;   /**< of ratio 1: twice the smaller exact tail, at most 1 */
} hg_rate_trend;

/**
 * Log-linear Poisson rates, n_k ~ Poisson(days_k exp(a + b year_k)): ratio = exp(b) by maximum
 * likelihood; its interval inverts the exact distribution of sum year_k n_k given sum n_k (for two
 * periods: Clopper-Pearson, as for a change).
 * @param year  whole years, ascending, each once, spanning at most 1000
 * Errors: HG_EUSAGE for years or lengths that are none; HG_EFAIL where a bound does not converge;
 * HG_ENOMEM.
 */
hg_status hg_rate_trend_fit(const int32_t *year, const uint64_t *n, const double *days,
                            size_t periods, hg_rate_trend *out, hg_error *err);

typedef enum hg_change_claim_kind {
    HG_CHANGE_CLAIM_POSSIBLE,
    HG_CHANGE_CLAIM_IMPOSSIBLE_FALL /**< beyond -100 %: more than everything cannot go away */
} hg_change_claim_kind;

/** Which reading of two values gives the claimed figure; the first that fits, in this order. */
typedef enum hg_change_claim_reading {
    HG_CHANGE_CLAIM_UNCHECKED, /**< no values given, or a base of zero */
    HG_CHANGE_CLAIM_MATCHES,   /**< (current - base) / base */
    HG_CHANGE_CLAIM_BY_LATER,  /**< (current - base) / current: divided by the later value */
    HG_CHANGE_CLAIM_SIGN,      /**< right size, wrong sign */
    HG_CHANGE_CLAIM_RATIO,     /**< current / base as a percentage, not its change */
    HG_CHANGE_CLAIM_SWAPPED,   /**< (base - current) / current: earlier and later swapped */
    HG_CHANGE_CLAIM_NO_READING /**< none of these */
} hg_change_claim_reading;

typedef struct hg_change_claim {
    double claimed_pct;
    double tolerance_pct; /**< half of the last printed decimal: 0.005 for -21.21 */
    bool has_values;
    double base, current;
} hg_change_claim;

typedef struct hg_change_claim_result {
    hg_change_claim_kind kind;
    /** base : current in the smallest whole numbers that print as the claim; 0 : 0 = none found. */
    uint64_t ratio_base, ratio_current;
    /** Of an impossible fall, had it been divided by the later value: the true one (-75 for -300) … */
    double if_by_later_pct;
    /** … and base : current of it, in the smallest whole numbers (4 : 1). */
    uint64_t later_base, later_current;
    double actual_pct; /**< from the values; NaN without them or from a base of 0 */
    hg_change_claim_reading reading;
} hg_change_claim_result;

/** Errors: HG_EUSAGE for a claim, tolerance or value that is not finite or wrongly negative. */
hg_status hg_change_claim_check(const hg_change_claim *claim, hg_change_claim_result *out,
                                hg_error *err);

#endif
