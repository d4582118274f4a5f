#include "engine/significance.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/fdr.h"
#include "engine/tails.h"

#include <math.h>
#include <string.h>

enum { CELLS_A_TASK = 1 << 16, KNOWN_BITS = 12, PLAIN_MOST = 64 };

int hg_significance_level(double q)
{
    return q <= 0.01 ? 99 : q <= 0.05 ? 95 : q <= 0.10 ? 90 : 0;
}

typedef struct testing {
    const float *share;
    const hg_cell_counts *counts;
    size_t cells;
    double whole;          /* E_A */
    double *seen, *around; /* S and E of each neighbourhood; p replaces S */
    hg_control *control;
} testing;

/* A tail that was worked out before: cells far from the boundary share E, and many S. */
typedef struct known_tail {
    double seen, around, p;
} known_tail;

static known_tail *slot_of(known_tail *known, double seen, double around)
{
    uint64_t a, b;
    memcpy(&a, &seen, sizeof a);
    memcpy(&b, &around, sizeof b);
    return &known[(a * 0x9e3779b97f4a7c15u ^ b * 0xbf58476d1ce4e5b9u) >> (64 - KNOWN_BITS)];
}

/*
 * Most cells are nothing special: 1 less the masses below, of few incidents. NaN where another way is better: that
 * keeps the digits of small tails.
 */
static double plain_tail(uint64_t seen, uint64_t n, double part)
{
    if (seen > PLAIN_MOST || seen > n || !(part * (double)n < PLAIN_MOST))
        return NAN;
    double mass = exp((double)n * log1p(-part)), below = mass, odds = part / (1 - part);
    for (uint64_t k = 1; k < seen; k++)
        below += mass *= (double)(n - k + 1) / (double)k * odds;
    return 1 - below >= 0.1 ? 1 - below : NAN;
}

static double binomial_tail(uint64_t seen, uint64_t n, double part)
{
    double p = part < 0.5 ? plain_tail(seen, n, part) : NAN;
    return isnan(p) ? exp(hg_log_binomial_tail(seen, n, part)) : p;
}

static double tail(const testing *t, known_tail *known, double seen, double around)
{
    if (seen < 1)
        return 1;
    known_tail *slot = slot_of(known, seen, around);
    if (slot->seen != seen || slot->around != around)
        *slot = (known_tail){seen, around,
                             binomial_tail((uint64_t)seen, t->counts->total, around / t->whole)};
    return slot->p;
}

static hg_status test_task(void *context, size_t task, hg_error *err)
{
    const testing *t = context;
    size_t begin = task * CELLS_A_TASK, end = begin + CELLS_A_TASK < t->cells ? begin + CELLS_A_TASK : t->cells;
    known_tail *known = hg_calloc((size_t)1 << KNOWN_BITS, sizeof *known);
    if (!known)
        return hg_fail_memory(err);
    for (size_t i = begin; i < end; i++) {
        bool tested = t->share[i] > 0 && t->around[i] > 0;
        t->seen[i] = tested ? tail(t, known, t->seen[i], t->around[i]) : NAN;
    }
    hg_free(known);
    return hg_check_cancel(t->control, err);
}

/* The surface cut to A, and its sum: rows apart, then together. */
static hg_status cut(const hg_grid *g, const float *share, const double *expected, double *inside, double *whole,
                     hg_error *err)
{
    *whole = 0;
    for (int64_t row = 0; row < g->rows; row++) {
        double sum = 0;
        for (int64_t i = row * g->columns; i < (row + 1) * g->columns; i++) {
            double own = expected ? expected[i] : (double)share[i];
            inside[i] = share[i] > 0 ? own : 0;
            sum += inside[i];
            if (!(inside[i] >= 0 && inside[i] <= 1e300))
                return hg_fail(err, HG_EUSAGE, "%g expected in a cell: a finite number from 0 was expected", inside[i]);
        }
        *whole += sum;
    }
    return *whole > 0 ? HG_OK : hg_fail(err, HG_EDATA, "nothing is expected in the study area");
}

/* p and q serve as room for what is summed and for the sums. */
static hg_status sum_around(testing *t, const hg_grid *g, const double *expected, const hg_neighbourhood *around,
                            hg_error *err)
{
    double *room = hg_malloc(t->cells, sizeof *room);
    hg_status status = room ? cut(g, t->share, expected, room, &t->whole, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_neighbourhood_sums(around, g->columns, g->rows, room, t->control, t->around, err);
    for (size_t i = 0; i < t->cells && status == HG_OK; i++)
        room[i] = t->share[i] > 0 ? t->counts->count[i] : 0;
    if (status == HG_OK)
        status = hg_neighbourhood_sums(around, g->columns, g->rows, room, t->control, t->seen, err);
    hg_free(room);
    return status;
}

hg_status hg_exact_test(const hg_grid *grid, const float *share, const hg_cell_counts *counts,
                        const double *expected, const hg_neighbourhood *around, hg_control *control, double *p,
                        double *q, size_t *tests, hg_error *err)
{
    testing t = {.share = share, .counts = counts, .cells = hg_grid_cells(grid), .seen = p, .around = q,
                 .control = control};
    hg_status status = sum_around(&t, grid, expected, around, err);
    size_t tasks = (t.cells + CELLS_A_TASK - 1) / CELLS_A_TASK;
    if (status == HG_OK)
        status = hg_parallel(tasks, control ? control->threads : 0, test_task, &t, err);
    return status == HG_OK ? hg_fdr_q_values(p, t.cells, q, tests, err) : status;
}
