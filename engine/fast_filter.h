/*
 * Convolution of spread mass with a table of offsets, tile by tile in Fourier space; private to
 * engine.
 *
 * A tile is a window of nodes that reaches so far beyond its inner cells that these do not see
 * the transform's wrapping (overlap and save). All tiles have one size, which depends on the
 * grid and the reach alone.
 */
#ifndef HG_ENGINE_FAST_FILTER_H
#define HG_ENGINE_FAST_FILTER_H

#include "engine/fast_kernel.h"
#include "engine/fast_mass.h"

#include <fftw3.h>

typedef struct hg_fast_tiling {
    int64_t reach;
    int64_t rows, columns;             /**< of the window */
    int64_t inner_rows, inner_columns; /**< that a tile yields */
    int64_t down, across;              /**< tiles */
    double work;                       /**< of one transform of all tiles, in floating-point operations, about */
} hg_fast_tiling;

/** The tiling of a grid that costs least. */
hg_fast_tiling hg_fast_tiling_of(const hg_grid *grid, int64_t reach);

enum { HG_FAST_VALUE, HG_FAST_ERROR, HG_FAST_TABLES };

typedef struct hg_fast_filter {
    hg_fast_tiling tiling;
    int planes;
    fftw_plan forward, backward;
    fftw_complex *spectra; /**< [plane][table][window row][window column / 2 + 1] */
    double norm[HG_FAST_TABLES]; /**< Euclidean, of the tables */
} hg_fast_filter;

/** Prepares transforms and the spectra of the kernel's two tables. */
hg_status hg_fast_filter_init(hg_fast_filter *f, const hg_fast_tiling *tiling, const hg_fast_kernel *kernel,
                              hg_error *err);
void hg_fast_filter_dispose(hg_fast_filter *f);
/** Bytes of a filter, and of a workspace. */
double hg_fast_filter_bytes(const hg_fast_tiling *t, int planes);
double hg_fast_workspace_bytes(const hg_fast_tiling *t);

/** What one thread needs to work on tiles. */
typedef struct hg_fast_workspace {
    double *window, *sum[HG_FAST_TABLES];
} hg_fast_workspace;

hg_status hg_fast_workspace_init(hg_fast_workspace *w, const hg_fast_filter *f, hg_error *err);
void hg_fast_workspace_dispose(hg_fast_workspace *w);

/** Inner cells of a tile. */
typedef struct hg_fast_tile {
    const double *at[HG_FAST_TABLES]; /**< inner row 0, column 0; in the workspace */
    size_t stride;                    /**< doubles to a row */
    double rounding[HG_FAST_TABLES];  /**< largest error of a cell by rounding */
} hg_fast_tile;

/**
 * Convolves the tile whose inner cells begin at (row, column) of the padded lattice with both tables; its window must
 * lie in the rows of the mass, or beyond the lattice's end. False where the window holds no mass: all is 0.
 */
bool hg_fast_filter_tile(const hg_fast_filter *f, const hg_fast_mass *mass, int64_t row, int64_t column,
                         hg_fast_workspace *w, hg_fast_tile *tile);

#endif
