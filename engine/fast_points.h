/*
 * Points of a fast density, packed to eight bytes each and sorted by strips of rows; private to
 * engine.
 *
 * Coordinates count cells from the west and north of a grid that is `pad` cells larger on every
 * side, measured so that cell centres are whole numbers, and are kept as fixed-point numbers.
 */
#ifndef HG_ENGINE_FAST_POINTS_H
#define HG_ENGINE_FAST_POINTS_H

#include "engine/density.h"

/** The padded lattice. */
typedef struct hg_fast_lattice {
    hg_grid grid;
    double radius;         /**< of the support, in cells */
    int64_t pad;           /**< cells added on every side */
    int64_t columns, rows; /**< of the padded grid */
    unsigned bits;         /**< of a packed coordinate that are its fraction */
} hg_fast_lattice;

typedef struct hg_fast_points {
    hg_fast_lattice lattice;
    size_t n, slices;    /**< of the input; a slice is a stretch of it */
    size_t strips;       /**< the strip after the last holds the points that reach no cell */
    unsigned strip_bits; /**< a strip is 2^strip_bits rows high */
    size_t rooms;        /**< blocks of memory */
    uint64_t **at;       /**< [room]: row << 32 | column, by slice and strip */
    uint16_t **of;       /**< beside `at`: a point's number in its slice; NULL where all weigh 1 */
    const double *w;     /**< of the input, borrowed; NULL = all 1 */
    uint16_t *place;     /**< [slice][strips + 2]: where a strip begins within the slice */
    unsigned char *edge; /**< [slice]: a point reaches cells outside the grid */
} hg_fast_points;

/** Points of one strip from one slice. */
typedef struct hg_fast_run {
    size_t n;
    const uint64_t *at;
    const double *w; /**< of the slice in its input's order; NULL = all 1 */
    const uint16_t *of;
} hg_fast_run;

static inline double hg_fast_weight(const hg_fast_run *run, size_t i)
{
    return run->w ? run->w[run->of[i]] : 1.0;
}

/** Column and row of a packed coordinate, in cells. */
static inline uint32_t hg_fast_column(uint64_t at)
{
    return (uint32_t)at;
}

static inline uint32_t hg_fast_row(uint64_t at)
{
    return (uint32_t)(at >> 32);
}

/**
 * Packs the points. Those that reach no cell centre of the grid are moved by whole cells to the
 * lattice's first cells, and those without positive weight are dropped.
 */
hg_status hg_fast_points_fill(hg_fast_points *p, const hg_points *points, const hg_grid *grid,
                              double support_m, hg_control *control, hg_error *err);
void hg_fast_points_dispose(hg_fast_points *p);

hg_fast_run hg_fast_points_run(const hg_fast_points *p, size_t slice, size_t strip);

/** Farthest that packing moves a point, in cells. */
double hg_fast_points_moved(const hg_fast_lattice *lattice);
/** Whether any point reaches a cell outside the grid. */
bool hg_fast_points_over_edge(const hg_fast_points *p);

#endif
