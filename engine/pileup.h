/*
 * Pile-ups: coordinates that hold far more incidents than their neighbourhood explains, such as the
 * default geocode of a police station.
 *
 * Incidents are located by their coordinates rounded to 0.1 m. The count of a location is compared with the
 * counts of the other locations within `radius_m` (at least the 8 nearest, at most 200): negative
 * binomial with their mean and variance (Poisson where the variance does not exceed the mean), mean at
 * least 1, the location itself left out. A pile-up has at least 5 incidents and a tail probability of at
 * most 0.001 divided by the number of locations. Halo incidents are left out.
 */
#ifndef HG_ENGINE_PILEUP_H
#define HG_ENGINE_PILEUP_H

#include "engine/rank.h"

typedef struct hg_pile_up {
    double x, y; /**< metres, analysis CRS: mean of its incidents */
    uint64_t count;
    double weight;
    double share;    /**< of the incidents that are not halo */
    double expected; /**< mean count of its neighbours */
    double p_value;
    int64_t cells_changed; /**< ranked cells that leave the selection when it is left out; -1 = not computed */
} hg_pile_up;

typedef struct hg_pile_ups {
    hg_pile_up *items; /**< most incidents first; ties by x, then y */
    size_t n;
} hg_pile_ups;

/**
 * Errors: HG_EUSAGE for a radius that is not positive; HG_EDATA for incidents more than 429,000 km apart.
 */
hg_status hg_find_pile_ups(const hg_incidents *incidents, double radius_m, hg_control *control,
                           hg_pile_ups *out, hg_error *err);

/** What a score is made of: units for an incident in the cell, for its weight, and for kernel density at its centre. */
typedef struct hg_score_units {
    double per_incident, per_weight;
    double per_m2; /**< for a density of 1 per m2: 1e6 where the score is a density per km2 */
    bool by_share; /**< the density counts by the cell's share inside A */
} hg_score_units;

/**
 * Fills cells_changed of the first 20 pile-ups, and *all_changed with the number of selected cells that leave
 * when all pile-ups are left out together: their kernels are taken from the scores and the ranking
 * is done again under the same budget. What is left of a score below 1e-5 of it counts as 0.
 */
hg_status hg_pile_up_effect(const hg_rank_input *input, const hg_budget *budget,
                            const hg_ranking *ranking, const hg_kernel *kernel,
                            const hg_score_units *units, hg_control *control, hg_pile_ups *pile_ups,
                            int64_t *all_changed, hg_error *err);
void hg_pile_ups_dispose(hg_pile_ups *pile_ups);

/**
 * Flags HG_FLAG_DUPLICATE on every incident whose row hash and coordinates equal those of an earlier one
 * (by index); returns their number. The hash must cover every column of the source row. flags NULL is replaced by
 * an array from hg_calloc.
 */
hg_status hg_flag_duplicates(hg_incidents *incidents, const uint64_t *row_hash, uint64_t *count,
                             hg_error *err);

/** The same, for tests: in turns of about so many rows, which bound the memory and nothing else. */
hg_status hg_flag_duplicates_by_turns(hg_incidents *incidents, const uint64_t *row_hash, size_t turn_rows,
                                      uint64_t *count, hg_error *err);

#endif
