/*
 * Near repeats: are incidents that are close in space also close in time more often than their places and times
 * alone would bring about? The test of Knox (1964, The detection of space-time interactions, Applied Statistics
 * 13, 25-30), in bands of distance and time as in Johnson et al. (2007, Space-time patterns of risk, Journal of
 * Quantitative Criminology 23, 201-219).
 */
#ifndef HG_ENGINE_KNOX_H
#define HG_ENGINE_KNOX_H

#include "base/control.h"

/** n incidents: metres, and seconds of any clock. Borrowed. */
typedef struct hg_knox_events {
    size_t n;
    const double *x, *y;
    const int64_t *t;
} hg_knox_events;

/** Bands of equal width; a pair on the upper bound of a band belongs to it. */
typedef struct hg_knox_bands {
    double distance_m, duration_s; /**< width of a band, above 0; a second at least */
    size_t distances, durations;   /**< how many, 1 … 254 */
    size_t draws;                  /**< relabellings behind p_value; 0 = none */
} hg_knox_bands;

/** Pairs of one band of distance and one of time. */
typedef struct hg_knox_cell {
    uint64_t observed;
    double expected;  /**< pairs of the distance band times pairs of the time band over all pairs */
    double p_value;   /**< (1 + relabellings with at least as many) / (1 + draws); NaN without any */
    double p_poisson; /**< P(X >= observed), X Poisson with the mean `expected` */
} hg_knox_cell;

/**
 * The table, cell [row * durations + band]. Rows 0 … distances-1 are the bands of distance; two rows after them
 * divide the first band: `distances` = pairs at the very same place, `distances` + 1 = the others of that band.
 */
typedef struct hg_knox {
    size_t distances, durations;
    hg_knox_cell *cells;
    uint64_t *near; /**< pairs of each row, whatever their time */
    uint64_t *soon; /**< pairs of each band of time, wherever they are */
    uint64_t pairs; /**< n (n - 1) / 2 */
} hg_knox;

/** Pairs within the largest distance that are held at once, at 5 bytes each. */
#define HG_KNOX_PAIRS ((uint64_t)200000000)

/**
 * Counts every unordered pair once. A distance within a micrometre above a bound is on it, so that the rounding of
 * coordinates does not decide. Relabelling gives the times to the places at random, each draw from a stream of
 * its own of control->seed; the outcome depends neither on the order of the incidents nor on the threads.
 *
 * Errors: HG_EUSAGE for bands that are none, and for more than HG_KNOX_PAIRS pairs within the largest distance;
 * HG_EDATA for fewer than two incidents; HG_ENOMEM; HG_ECANCELLED.
 */
hg_status hg_knox_count(const hg_knox_events *events, const hg_knox_bands *bands, hg_control *control,
                        hg_knox *out, hg_error *err);
void hg_knox_dispose(hg_knox *knox);

#endif
