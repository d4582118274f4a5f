/*
 * The anchored lattice. With cell size c, cell corners lie on integer multiples of c in the analysis
 * CRS, so a place has the same cell in every run. Lattice column E = floor(x / c) grows eastward and
 * lattice row N = floor(y / c) northward. Arrays over a grid are in raster order: row 0 is the
 * northernmost, index = row * columns + column.
 */
#ifndef HG_ENGINE_GRID_H
#define HG_ENGINE_GRID_H

#include "base/error.h"

typedef struct hg_grid {
    double cell_m;     /**< side of a cell, a whole number of centimetres */
    int64_t west, top; /**< lattice column of the first column, lattice row of the first (top) row */
    int64_t columns, rows;
} hg_grid;

/** Longest "c<size>E<col>N<row>" with its terminator. */
#define HG_CELL_ID_SIZE 80

/** Corner and centre coordinates, computed from the lattice index so that they carry no drift. */
double hg_grid_column_west(const hg_grid *g, int64_t column);   /**< x of a column's west side */
double hg_grid_column_centre(const hg_grid *g, int64_t column); /**< x of a column's centre */
double hg_grid_row_north(const hg_grid *g, int64_t row);        /**< y of a row's north side */
double hg_grid_row_centre(const hg_grid *g, int64_t row);       /**< y of a row's centre */

/**
 * The smallest grid of whole lattice cells over a box (metres, analysis CRS).
 * Errors: HG_EUSAGE if the cell is not a positive whole number of centimetres; HG_EIO if the grid
 * would have more than 2^31-1 columns or rows.
 */
hg_status hg_grid_over(double xmin, double ymin, double xmax, double ymax, double cell_m,
                       hg_grid *out, hg_error *err);

/** Column / row of the cell that holds x / y (west and south sides belong to it); may lie outside. */
int64_t hg_grid_column_of(const hg_grid *g, double x);
int64_t hg_grid_row_of(const hg_grid *g, double y);

/** columns * rows, which fits because both are below 2^31. */
uint64_t hg_grid_cells(const hg_grid *g);

/** Writes "c<size in metres, shortest decimal>E<col>N<row>" of a cell. */
const char *hg_grid_cell_id(const hg_grid *g, int64_t column, int64_t row,
                            char id[HG_CELL_ID_SIZE]);

/**
 * `--cell auto`: the largest of 10, 20, 25, 50, 100, 200, 250, 500, 1000 m that is at most
 * min(support / 5, short side / 50); at least 10 m.
 */
double hg_grid_auto_cell(double support_m, double short_side_m);

#endif
