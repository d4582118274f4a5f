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
 * @param counts    incidents of the cells of A
 * @param expected  the expected surface, raster order, any scale, 0 outside A
 * @param p, q      [out] raster order; NaN where nothing is expected
 * @param tests     [out] m
 */
hg_status hg_exact_test(const hg_grid *grid, const hg_cell_counts *counts, const double *expected,
                        const hg_neighbourhood *around, hg_control *control, double *p, double *q, size_t *tests,
                        hg_error *err);

/** 99, 95, 90 for q <= 0.01, 0.05, 0.10; 0 else and for NaN. */
int hg_significance_level(double q);

#endif
