/*
 * Is a cell hotter than the expected surface explains? Conditional on N incidents in A, the count S of a
 * cell's neighbourhood is Bin(N, pi) with pi its part of the expected surface; p = P(Bin(N, pi) >= S),
 * Benjamini-Hochberg over all cells that expect anything.
 */
#ifndef HG_ENGINE_SIGNIFICANCE_H
#define HG_ENGINE_SIGNIFICANCE_H

#include "engine/incidents.h"
#include "engine/neighbourhood.h"

/** What fills p_value, q_value and level. */
typedef enum hg_significance { HG_SIGNIFICANCE_EXACT, HG_SIGNIFICANCE_GISTAR, HG_SIGNIFICANCE_NONE } hg_significance;

/**
 * The test of every cell of A. S and E are sums over the part of the neighbourhood in A, and pi = E over the
 * sum of `expected` over A. p is good to a relative 1e-13 + 5e-16 |ln p|, and 0 where it is below 5e-324.
 * Memory: 8 bytes a cell, then 24 a cell that is not p = 1. Threaded; the answer does not depend on the number of
 * threads.
 * @param share     of each cell inside A, raster order; 0 = not a cell of A
 * @param counts    incidents of the cells of A
 * @param expected  the expected surface, raster order, any scale; what it says outside A is not looked at; NULL =
 *                  uniform, as share
 * @param p, q      [out] raster order; NaN outside A and where the neighbourhood expects nothing
 * @param tests     [out] m
 * Errors: HG_EDATA where nothing is expected in all of A; HG_EUSAGE for a value that is negative or not finite.
 */
hg_status hg_exact_test(const hg_grid *grid, const float *share, const hg_cell_counts *counts,
                        const double *expected, const hg_neighbourhood *around, hg_control *control, double *p,
                        double *q, size_t *tests, hg_error *err);

/** 99, 95, 90 for q <= 0.01, 0.05, 0.10; 0 else and for NaN. */
int hg_significance_level(double q);

#endif
