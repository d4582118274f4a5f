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

/** Cells of a neighbourhood that no side cuts. */
size_t hg_neighbourhood_cells(const hg_neighbourhood *n);
/** Sum of value over the neighbourhood of one cell (raster index), cut at the grid's sides. */
double hg_neighbourhood_sum(const hg_neighbourhood *n, int64_t columns, int64_t rows, const double *value,
                            uint64_t cell);

/**
 * sum[i] = sum of value over the neighbourhood of cell i, raster order, the neighbourhood cut at the grid's
 * sides. Whole numbers are summed exactly below 2^53, and values of one sign to a relative 2e-16 times their
 * number, however small beside those elsewhere in the row. Rows are shared among threads.
 */
hg_status hg_neighbourhood_sums(const hg_neighbourhood *n, int64_t columns, int64_t rows, const double *value,
                                hg_control *control, double *sum, hg_error *err);

/**
 * Sums for one row after another, top to bottom, with memory for the rows around one only: exact for whole numbers
 * below 2^53, else to what the largest sum along a row leaves of the digits. Start it on a map, then ask for rows
 * first, first + 1, …
 */
typedef struct hg_row_sums {
    const hg_neighbourhood *around;
    int64_t columns, rows;
    const double *value;
    double *prefix; /**< sums along rows, those of row r in line r mod (2 reach + 1) */
    int64_t ready;  /**< rows before this one have theirs */
} hg_row_sums;

hg_status hg_row_sums_init(hg_row_sums *s, const hg_neighbourhood *around, int64_t columns, int64_t rows,
                           hg_error *err);
void hg_row_sums_dispose(hg_row_sums *s);
void hg_row_sums_start(hg_row_sums *s, const double *value, int64_t first);
void hg_row_sums_next(hg_row_sums *s, int64_t row, double *sum);

#endif
