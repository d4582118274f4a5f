/*
 * Points of a density plan, sorted into buckets; private to engine.
 *
 * A bucket is a block of columns crossed with a strip of rows. Inside it points are sorted by row,
 * column and weight and coincident ones are merged, so that the order of the input leaves no trace.
 */
#ifndef HG_ENGINE_DENSITY_POINTS_H
#define HG_ENGINE_DENSITY_POINTS_H

#include "engine/density.h"
#include "engine/density_rows.h"

typedef struct hg_bucket {
    size_t start;  /**< first double of the bucket in the store: y[n], b[n], then w[n] */
    size_t n;      /**< points, coincident ones merged */
    bool weighted; /**< w is there; else every point weighs 1 */
} hg_bucket;

/** Lengths in cells; columns and rows (downwards) count from the centre of the grid's first cell.
 */
typedef struct hg_bucket_set {
    double radius;         /**< of the support */
    int64_t first_column;  /**< where the first block begins */
    int64_t block_columns; /**< even, so that the middle of a block is a column */
    size_t blocks, strips; /**< buckets lie block by block, strips downwards */
    double first_row, strip_rows;
    hg_bucket *buckets;
    double *store;
} hg_bucket_set;

/**
 * Lays out blocks and strips for a grid and a support, and sorts the points into them. Points whose
 * support cannot reach a cell centre of the grid are handed back in *beyond, moved by whole cells
 * into the cell whose corner is the origin (metres; owned by the caller, one block at beyond->x).
 * Points without positive weight are dropped.
 */
hg_status hg_buckets_fill(hg_bucket_set *set, const hg_points *points, const hg_grid *grid,
                          double support_m, hg_control *control, hg_points *beyond, hg_error *err);
void hg_buckets_dispose(hg_bucket_set *set);

/** Column of a block's origin. */
int64_t hg_buckets_origin(const hg_bucket_set *set, size_t block);

/**
 * The points of a block with row - radius < y < row + radius, as one run for each strip they lie
 * in, topmost first. *strip starts at 0 and is moved on; false when there are no more.
 */
bool hg_buckets_next_run(const hg_bucket_set *set, size_t block, double row, size_t *strip,
                         hg_run *run);

#endif
