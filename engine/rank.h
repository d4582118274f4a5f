/*
 * Ranking cells under a budget. Order: score descending, count descending, lattice row ascending
 * (south first), lattice column ascending; scores are Float32, so that ties fall the same way on every
 * machine. Selected: the longest prefix with sum of areas <= budget, at least one cell, never one of
 * score 0.
 */
#ifndef HG_ENGINE_RANK_H
#define HG_ENGINE_RANK_H

#include "engine/incidents.h"

typedef enum hg_budget_kind { HG_BUDGET_AREA, HG_BUDGET_SHARE, HG_BUDGET_TOP } hg_budget_kind;

typedef struct hg_budget {
    hg_budget_kind kind;
    double value; /**< m2, share of A (0.01 = 1 %), or number of cells */
} hg_budget;

typedef struct hg_rank_input {
    const hg_grid *grid;
    const float *score;  /**< raster order; anything where share is 0 */
    const float *share;  /**< share of the cell inside A; 0 = not a cell of A */
    const hg_cell_counts *counts;
    bool all_cells; /**< list every cell of A, not only the selected */
} hg_rank_input;

typedef struct hg_ranking {
    uint64_t *cells; /**< grid indexes in rank order; `listed` of them */
    size_t listed;   /**< selected, or all cells of A */
    size_t selected; /**< the prefix within the budget */
    double area_m2;  /**< A = sum of a_i */
    double selected_area_m2;
} hg_ranking;

/** Errors: HG_EUSAGE for a budget that is not positive; HG_EDATA when no cell has a positive score. */
hg_status hg_rank(const hg_rank_input *input, const hg_budget *budget, hg_control *control,
                  hg_ranking *out, hg_error *err);
void hg_ranking_dispose(hg_ranking *ranking);

/**
 * concentration_chance: the mean over `draws` multinomial draws of N = counts->total incidents from the
 * expected surface of [share of incidents / share of area of the
 * first k cells when re-ranked by count], for each k = 1 … ranking->listed, into chance[listed].
 * Stream d of `seed` makes draw d, so the answer does not depend on threads. Cells of a draw are
 * ordered by count descending, then as in the ranking rule (those without incidents last); draws cost
 * O(N), not O(cells), where N is smaller. NaN throughout when N is 0.
 * @param expected  the expected surface, raster order, any scale; what it says outside A is not looked at;
 *                  NULL = uniform over A, proportional to share
 * Errors: HG_EUSAGE for fewer than one draw; HG_EUSAGE, HG_EDATA for a surface that is negative, not finite or
 * 0 throughout.
 */
hg_status hg_concentration_chance(const hg_rank_input *input, const double *expected, const hg_ranking *ranking,
                                  int draws, hg_control *control, double *chance, hg_error *err);

#endif
