/* Exact densities at a few cells, to see what a fast density is worth; private to engine. */
#ifndef HG_ENGINE_FAST_CHECK_H
#define HG_ENGINE_FAST_CHECK_H

#include "engine/fast_points.h"

enum { HG_FAST_CHECKS = 64 };

typedef struct hg_fast_cell {
    int64_t row, column; /**< of the grid */
    double shown, exact; /**< sums of weight times kernel, the kernel's peak being 1 */
} hg_fast_cell;

/**
 * Fills in `exact` of the first cells, as many as can be summed within a fixed number of points visited, at least
 * one. The sum is over the packed points. Returns through *checked how many.
 */
hg_status hg_fast_check(const hg_fast_points *p, const hg_kernel *kernel, hg_fast_cell *cells, size_t n,
                        hg_control *control, size_t *checked, hg_error *err);

#endif
