/*
 * The ranking rule as integers: entries in ascending (key, place) are cells in rank order. The key
 * holds score descending and count descending, the place lattice row ascending and lattice column
 * ascending.
 */
#ifndef HG_ENGINE_ORDER_H
#define HG_ENGINE_ORDER_H

#include "engine/rank.h"

typedef struct hg_rank_entry {
    uint64_t key, place;
} hg_rank_entry;

/** Key of a score (NaN counts as 0) and a count. */
uint64_t hg_order_key(float score, uint32_t count);
/** Whether a key's score is above 0. */
bool hg_order_positive(uint64_t key);
/** Place of a grid index, and the reverse (the two are the same map). */
uint64_t hg_order_place(const hg_grid *grid, uint64_t cell);
/** Whether a ranks before b. */
bool hg_order_before(hg_rank_entry a, hg_rank_entry b);
/** The entry of one cell. */
hg_rank_entry hg_order_entry(const hg_rank_input *input, uint64_t cell);

/** The cells taken so far, best first, and how far they may go. */
typedef struct hg_prefix {
    double limit_m2; /**< INFINITY for HG_BUDGET_TOP */
    double top;      /**< INFINITY otherwise */
    double area_m2;
    size_t cells;
} hg_prefix;

/** Errors: HG_EUSAGE for a budget that is not positive. */
hg_status hg_prefix_start(const hg_budget *budget, double study_area_m2, hg_prefix *out,
                          hg_error *err);
/** Takes the next cell if it fits; the first always does. False = the prefix is complete. */
bool hg_prefix_take(hg_prefix *prefix, double area_m2);

/** A: the sum of the cells' areas. */
double hg_study_area_m2(const hg_grid *grid, const float *share);

#endif
