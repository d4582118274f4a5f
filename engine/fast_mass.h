/*
 * Points spread over a lattice by quadratic splines; private to engine.
 *
 * The lattice is `refine` times finer than the cells and has a node on every cell centre. Node
 * (refine * column + a, refine * row + b) is kept in plane b * refine + a at (column, row), so that
 * every plane has the cells' own spacing.
 */
#ifndef HG_ENGINE_FAST_MASS_H
#define HG_ENGINE_FAST_MASS_H

#include "engine/fast_points.h"

enum { HG_FAST_REFINE_MOST = 4, HG_FAST_PLANES_MOST = 16 };

/** Some rows of the padded lattice, all columns. */
typedef struct hg_fast_mass {
    int refine;
    int64_t row0, rows, columns;
    double *at; /**< [plane][row][column] */
} hg_fast_mass;

/** Bytes of memory for rows of a lattice, what is needed while filling included. */
double hg_fast_mass_bytes(const hg_fast_points *p, int refine, int64_t rows);

/** Room for `rows` rows. */
hg_status hg_fast_mass_init(hg_fast_mass *m, const hg_fast_points *p, int refine, int64_t rows, hg_error *err);
void hg_fast_mass_dispose(hg_fast_mass *m);

/** Spreads all points that reach rows row0 … row0+rows-1 (cut where the lattice ends). */
hg_status hg_fast_mass_fill(hg_fast_mass *m, const hg_fast_points *p, int64_t row0, int64_t rows,
                            hg_control *control, hg_error *err);

static inline const double *hg_fast_mass_row(const hg_fast_mass *m, int plane, int64_t row)
{
    return m->at + ((int64_t)plane * m->rows + row - m->row0) * m->columns;
}

/** Sum over planes of sums[plane] times the mass in rows row … end-1 of the lattice. */
hg_status hg_fast_mass_held(const hg_fast_mass *m, const double *sums, int64_t row, int64_t end, hg_control *control,
                            double *held, hg_error *err);

/**
 * Sum over the points beyond the reach of the grid of w * sums[plane] of every node they are spread over: with
 * sums[plane] the sum of a plane's weights on the whole lattice, what these points hold there.
 */
hg_status hg_fast_mass_apart(const hg_fast_points *p, int refine, const double *sums, hg_control *control,
                             double *mass, hg_error *err);

#endif
