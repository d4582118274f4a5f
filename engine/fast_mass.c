/*
 * Each strip of rows is summed by one thread, in a buffer of its own that fits the cache, in the
 * order of the input: no thread waits for another, and their number leaves no trace. What a strip
 * spreads over its neighbours' rows is kept apart and added when all strips are done.
 */
#include "engine/fast_mass.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum {
    ABOVE = 1, /* fine rows outside its own that a strip's points are spread over */
    BELOW = 2,
    SPILL = ABOVE + BELOW,
    TOGETHER = 32, /* points */
};

typedef struct filling {
    hg_fast_mass *mass;
    const hg_fast_points *points;
    hg_control *control;
    size_t first, strips; /* that reach the rows wanted */
    size_t width;         /* of a fine row */
    double *spill;        /* [strip][SPILL][width]: the rows above, then those below */
} filling;

/* The three nodes nearest to some coordinates and their weights: several at once, so that the compiler can use
 * vectors. node is the middle one. */
typedef struct splines {
    uint32_t node[TOGETHER];
    double w[3][TOGETHER];
} splines;

static void spread_all(const uint32_t *at, int refine, unsigned bits, splines *s)
{
    const double unit = 1.0 / (double)((uint64_t)1 << bits);
    const uint64_t half = ((uint64_t)1 << bits) >> 1;
    int32_t offset[TOGETHER];
    for (int i = 0; i < TOGETHER; i++) {
        uint64_t fine = (uint64_t)at[i] * (uint32_t)refine, node = (fine + half) >> bits;
        s->node[i] = (uint32_t)node;
        offset[i] = (int32_t)(uint32_t)(fine - (node << bits));
    }
    for (int i = 0; i < TOGETHER; i++) {
        double d = unit * offset[i], a = 0.5 - d, b = 0.5 + d;
        s->w[0][i] = 0.5 * a * a;
        s->w[1][i] = 0.75 - d * d;
        s->w[2][i] = 0.5 * b * b;
    }
}

static void add_run(const filling *f, const hg_fast_run *run, int64_t first_row, double *sums)
{
    const unsigned bits = f->points->lattice.bits;
    const int refine = f->mass->refine;
    uint32_t column[TOGETHER] = {0}, row[TOGETHER] = {0};
    splines x, y;
    for (size_t from = 0; from < run->n; from += TOGETHER) {
        size_t n = run->n - from < TOGETHER ? run->n - from : TOGETHER;
        for (size_t i = 0; i < n; i++) {
            column[i] = hg_fast_column(run->at[from + i]);
            row[i] = hg_fast_row(run->at[from + i]);
        }
        spread_all(column, refine, bits, &x);
        spread_all(row, refine, bits, &y);
        for (size_t i = 0; i < n; i++) {
            double w = hg_fast_weight(run, from + i), wx[3] = {x.w[0][i], x.w[1][i], x.w[2][i]};
            double *to = sums + (size_t)((int64_t)y.node[i] - 1 - first_row + ABOVE) * f->width + (x.node[i] - 1);
            for (int j = 0; j < 3; j++, to += f->width) {
                double wy = w * y.w[j][i];
                to[0] += wy * wx[0];
                to[1] += wy * wx[1];
                to[2] += wy * wx[2];
            }
        }
    }
}

static double *plane_row(const hg_fast_mass *m, int64_t fine_row, int a)
{
    int64_t row = fine_row / m->refine - m->row0, plane = fine_row % m->refine * m->refine + a;
    return m->at + (plane * m->rows + row) * m->columns;
}

static bool holds(const hg_fast_mass *m, int64_t fine_row)
{
    return fine_row >= m->row0 * m->refine && fine_row < (m->row0 + m->rows) * m->refine;
}

/* Where a fine row's nodes go, set or added to what is there; NULL = nothing. */
static void put_row(const hg_fast_mass *m, int64_t fine_row, const double *from, bool add)
{
    for (int a = 0; a < m->refine; a++) {
        double *to = plane_row(m, fine_row, a);
        if (!from)
            memset(to, 0, (size_t)m->columns * sizeof *to);
        for (int64_t c = 0; from && c < m->columns; c++)
            to[c] = from[c * m->refine + a] + (add ? to[c] : 0.0);
    }
}

static hg_status fill_strip(void *context, size_t i, hg_error *err)
{
    const filling *f = context;
    const hg_fast_points *p = f->points;
    size_t strip = f->first + i, rows = (size_t)f->mass->refine << p->strip_bits, n = 0;
    int64_t first_row = (int64_t)(strip * rows);
    for (size_t s = 0; s < p->slices; s++)
        n += hg_fast_points_run(p, s, strip).n;
    double *sums = n > 0 ? hg_calloc((rows + SPILL) * f->width, sizeof *sums) : NULL;
    hg_status status = n > 0 && !sums ? hg_fail_memory(err) : hg_check_cancel(f->control, err);
    for (size_t s = 0; s < p->slices && n > 0 && status == HG_OK; s++) {
        hg_fast_run run = hg_fast_points_run(p, s, strip);
        add_run(f, &run, first_row, sums);
    }
    for (size_t r = 0; r < rows && status == HG_OK; r++)
        if (holds(f->mass, first_row + (int64_t)r))
            put_row(f->mass, first_row + (int64_t)r, sums ? sums + (r + ABOVE) * f->width : NULL, false);
    double *spill = f->spill + SPILL * i * f->width;
    memset(spill, 0, SPILL * f->width * sizeof *spill);
    if (sums && status == HG_OK) {
        memcpy(spill, sums, ABOVE * f->width * sizeof *spill);
        memcpy(spill + ABOVE * f->width, sums + (rows + ABOVE) * f->width, BELOW * f->width * sizeof *spill);
    }
    hg_free(sums);
    return status;
}

/* What strip i received from the one above it and from the one below. */
static hg_status add_spill(void *context, size_t i, hg_error *err)
{
    (void)err;
    const filling *f = context;
    int64_t rows = (int64_t)f->mass->refine << f->points->strip_bits;
    int64_t first_row = (int64_t)(f->first + i) * rows, last_row = first_row + rows - 1;
    for (size_t j = 0; j < BELOW && i > 0; j++)
        if (holds(f->mass, first_row + (int64_t)j))
            put_row(f->mass, first_row + (int64_t)j, f->spill + (SPILL * i - BELOW + j) * f->width, true);
    if (i + 1 < f->strips && holds(f->mass, last_row))
        put_row(f->mass, last_row, f->spill + SPILL * (i + 1) * f->width, true);
    return HG_OK;
}

double hg_fast_mass_bytes(const hg_fast_points *p, int refine, int64_t rows)
{
    double spill = (double)SPILL / (double)(refine << p->strip_bits);
    return (double)sizeof(double) * refine * refine * (double)rows * (double)p->lattice.columns * (1.0 + spill);
}

hg_status hg_fast_mass_init(hg_fast_mass *m, const hg_fast_points *p, int refine, int64_t rows, hg_error *err)
{
    *m = (hg_fast_mass){.refine = refine, .rows = rows, .columns = p->lattice.columns};
    m->at = hg_malloc_aligned((size_t)(refine * refine) * (size_t)rows * (size_t)m->columns, sizeof *m->at);
    return m->at ? HG_OK : hg_fail_memory(err);
}

void hg_fast_mass_dispose(hg_fast_mass *m)
{
    hg_free(m->at);
    *m = (hg_fast_mass){0};
}

hg_status hg_fast_mass_fill(hg_fast_mass *m, const hg_fast_points *p, int64_t row0, int64_t rows,
                            hg_control *control, hg_error *err)
{
    m->row0 = row0;
    m->rows = row0 + rows < p->lattice.rows ? rows : p->lattice.rows - row0;
    size_t first = (size_t)((row0 > BELOW ? row0 - BELOW : 0) >> p->strip_bits);
    size_t last = (size_t)((row0 + m->rows) >> p->strip_bits);
    filling f = {.mass = m,
                 .points = p,
                 .control = control,
                 .first = first,
                 .strips = (last < p->strips ? last + 1 : p->strips) - first,
                 .width = (size_t)m->refine * (size_t)m->columns};
    f.spill = hg_malloc(SPILL * f.strips * f.width, sizeof *f.spill);
    if (!f.spill)
        return hg_fail_memory(err);
    int threads = control ? control->threads : 0;
    hg_status status = hg_parallel(f.strips, threads, fill_strip, &f, err);
    if (status == HG_OK)
        status = hg_parallel(f.strips, threads, add_spill, &f, err);
    hg_free(f.spill);
    return status;
}

typedef struct holding {
    const hg_fast_mass *mass;
    const double *sums;
    int64_t row;
    double *held; /* [row] */
} holding;

static hg_status sum_held(void *context, size_t i, hg_error *err)
{
    (void)err;
    const holding *h = context;
    h->held[i] = 0.0;
    for (int plane = 0; plane < h->mass->refine * h->mass->refine; plane++) {
        const double *row = hg_fast_mass_row(h->mass, plane, h->row + (int64_t)i);
        double sum = 0.0;
        for (int64_t c = 0; c < h->mass->columns; c++)
            sum += row[c];
        h->held[i] += sum * h->sums[plane];
    }
    return HG_OK;
}

hg_status hg_fast_mass_held(const hg_fast_mass *m, const double *sums, int64_t row, int64_t end, hg_control *control,
                            double *held, hg_error *err)
{
    size_t rows = (size_t)(end - row);
    holding h = {m, sums, row, hg_malloc(rows, sizeof *h.held)};
    if (!h.held)
        return hg_fail_memory(err);
    double sum = 0.0;
    hg_status status = hg_parallel(rows, control ? control->threads : 0, sum_held, &h, err);
    for (size_t i = 0; i < rows && status == HG_OK; i++)
        sum += h.held[i];
    hg_free(h.held);
    if (status == HG_OK)
        *held = sum;
    return status;
}

typedef struct apart {
    const hg_fast_points *points;
    int refine;
    const double *sums;
    hg_control *control;
    double *mass; /* [slice] */
} apart;

static hg_status sum_apart(void *context, size_t slice, hg_error *err)
{
    const apart *a = context;
    hg_fast_run run = hg_fast_points_run(a->points, slice, a->points->strips);
    uint32_t column[TOGETHER] = {0}, row[TOGETHER] = {0};
    splines x, y;
    double sum = 0.0;
    for (size_t i = 0; i < run.n; i++) {
        column[0] = hg_fast_column(run.at[i]);
        row[0] = hg_fast_row(run.at[i]);
        spread_all(column, a->refine, a->points->lattice.bits, &x);
        spread_all(row, a->refine, a->points->lattice.bits, &y);
        double held = 0.0;
        for (uint32_t j = 0; j < 9; j++) {
            uint32_t across = (x.node[0] + j % 3 - 1) % (uint32_t)a->refine, down = (y.node[0] + j / 3 - 1) % (uint32_t)a->refine;
            held += x.w[j % 3][0] * y.w[j / 3][0] * a->sums[down * (uint32_t)a->refine + across];
        }
        sum += held * hg_fast_weight(&run, i);
    }
    a->mass[slice] = sum;
    return hg_check_cancel(a->control, err);
}

hg_status hg_fast_mass_apart(const hg_fast_points *p, int refine, const double *sums, hg_control *control,
                             double *mass, hg_error *err)
{
    apart a = {p, refine, sums, control, hg_malloc(p->slices, sizeof *a.mass)};
    if (!a.mass)
        return hg_fail_memory(err);
    hg_status status = hg_parallel(p->slices, control ? control->threads : 0, sum_apart, &a, err);
    double sum = 0.0;
    for (size_t s = 0; s < p->slices && status == HG_OK; s++)
        sum += a.mass[s];
    if (status == HG_OK)
        *mass = sum;
    hg_free(a.mass);
    return status;
}
