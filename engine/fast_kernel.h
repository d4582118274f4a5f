/*
 * A kernel as quadratic splines on a lattice can show it, and how far that is from the kernel;
 * private to engine.
 *
 * A point weighs on its three by three nearest nodes; a cell's density is the sum over nodes of
 * mass times `value` at the node's offset. Offsets count nodes; the kernel's peak is 1.
 */
#ifndef HG_ENGINE_FAST_KERNEL_H
#define HG_ENGINE_FAST_KERNEL_H

#include "base/control.h"
#include "engine/kernel.h"

typedef struct hg_fast_kernel {
    int refine;       /**< nodes per cell side */
    int64_t side;     /**< tables hold offsets 0 … side-1, column by row; the rest is symmetry */
    int64_t reach;    /**< cells: beyond, value and error are 0 */
    double *value;    /**< what a node's mass adds */
    double *error;    /**< at least the kernel's error for any point that weighs on the node */
    double worst;     /**< the largest error */
    double even;      /**< error of evenly spread points, as a share of their density */
    double sums[16];  /**< by plane of hg_fast_mass: sum of value over the whole lattice */
} hg_fast_kernel;

/** Whether the tables for a support of `radius` cells stay within 1 GiB. */
bool hg_fast_kernel_fits(double radius, int refine);

/**
 * Tables for a support of `radius` cells. `moved`: how far from where it is a point may have been
 * put, in cells. The error is proved: samples of every square between nodes, and what second
 * derivatives allow in between.
 */
hg_status hg_fast_kernel_init(hg_fast_kernel *k, const hg_kernel *kernel, double radius, int refine, double moved,
                              hg_control *control, hg_error *err);
void hg_fast_kernel_dispose(hg_fast_kernel *k);

/** Entry of a table at any offset; 0 beyond its side. */
static inline double hg_fast_kernel_at(const hg_fast_kernel *k, const double *table, int64_t column, int64_t row)
{
    column = column < 0 ? -column : column;
    row = row < 0 ? -row : row;
    return column < k->side && row < k->side ? table[row * k->side + column] : 0.0;
}

#endif
