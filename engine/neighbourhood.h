/*
 * The cells around a cell, itself included: the queen's eight and itself, or all cells whose centres lie
 * within a distance. Local statistics and the exact test sum over the part of it that lies in A.
 */
#ifndef HG_ENGINE_NEIGHBOURHOOD_H
#define HG_ENGINE_NEIGHBOURHOOD_H

#include "base/control.h"

/** For each row offset -reach … reach the cells -half … half of that row, at [offset + reach]. */
typedef struct hg_neighbourhood {
    int64_t reach;
    int64_t *half;
} hg_neighbourhood;

/** The cell and the eight that share a side or corner with it. */
hg_status hg_neighbourhood_queen(hg_neighbourhood *out, hg_error *err);
/**
 * All cells with centres at most distance_m away (to a relative 1e-9).
 * Errors: HG_EUSAGE for a distance that is not positive and finite, or of more than 4096 cells.
 */
hg_status hg_neighbourhood_within(double distance_m, double cell_m, hg_neighbourhood *out, hg_error *err);
/** As --window says: within `window_m`, or the queen's where it is 0. */
hg_status hg_neighbourhood_of_window(double window_m, double cell_m, hg_neighbourhood *out, hg_error *err);
void hg_neighbourhood_dispose(hg_neighbourhood *n);

/**
 * sum[i] = sum of value over the neighbourhood of cell i, raster order, the neighbourhood cut at the grid's
 * sides. Whole numbers are summed exactly below 2^53, and values of one sign to a relative 2e-16 times their
 * number, however small beside those elsewhere in the row. Rows are shared among threads.
 */
hg_status hg_neighbourhood_sums(const hg_neighbourhood *n, int64_t columns, int64_t rows, const double *value,
                                hg_control *control, double *sum, hg_error *err);

#endif
