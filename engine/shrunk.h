/*
 * The count of a cell drawn towards the kernel surface, for forecasts.
 *
 *   s_i = (1 - shrinkage) n_i / sum n + shrinkage m_i / sum m
 *
 * n_i the weighted count of cell i, m_i the density at its centre times its share inside A, both sums over A: the
 * part of the next incidents that is expected in the cell. With W the sum of weights and kappa = W shrinkage /
 * (1 - shrinkage) it is (n_i + kappa p_i) / (W + kappa), the posterior mean of a cell's probability under a Dirichlet
 * prior of strength kappa around the surface p (Good, The Estimation of Probabilities, 1965).
 */
#ifndef HG_ENGINE_SHRUNK_H
#define HG_ENGINE_SHRUNK_H

#include <stdint.h>

/** Weighted count and density of the cells, raster order, 0 outside A; borrowed. */
typedef struct hg_shrunk {
    const float *count, *density, *share;
    double counts, mass; /**< sum n and sum m */
} hg_shrunk;

/** Adds up the sums, in raster order. */
hg_shrunk hg_shrunk_of(const float *count, const float *density, const float *share, uint64_t cells);

/** What a unit of count and of density adds to a score. Where one part sums to 0 the other stands alone. */
typedef struct hg_shrunk_mix {
    double per_count, per_density;
} hg_shrunk_mix;

hg_shrunk_mix hg_shrunk_mix_of(const hg_shrunk *parts, double shrinkage);
float hg_shrunk_score(const hg_shrunk *parts, const hg_shrunk_mix *mix, uint64_t cell);

#endif
