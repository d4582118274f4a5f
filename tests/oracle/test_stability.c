/*
 * rank_stability against a twin that makes every run from nothing: the moved lattice by its corners, areas by
 * overlapping rectangles, density and counts by double sums, one full sort; and against answers found by hand.
 */
#include "base/control.h"
#include "engine/stability.h"
#include "tests/oracle/density_brute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What a run is scored by. */
typedef enum scoring { BY_DENSITY, BY_COUNT, BY_ADAPTIVE, BY_SHRUNK, BY_SHRUNK_ADAPTIVE } scoring;

static const char *const way_names[] = {"density", "count", "adaptive", "shrunk", "shrunk adaptive"};
static const double SHRINKAGE = 0.3;

enum { COLUMNS = 23, ROWS = 17, CELLS = COLUMNS * ROWS, MOST = 400 };

static const hg_grid grid = {50, 300, -40, COLUMNS, ROWS};

typedef struct scene {
    hg_incidents inc;
    double x[MOST], y[MOST], w[MOST];
    uint8_t flags[MOST];
    float share[CELLS], score[CELLS];
    uint32_t count[CELLS];
    hg_cell_counts counts;
    hg_ranking ranking;
} scene;

static hg_control control_of(int threads, uint64_t seed)
{
    return (hg_control){.threads = threads, .seed = seed};
}

/* A rounded study area, a cluster, single incidents, some twice at a place, a few in the halo. */
static void make(scene *s, uint64_t seed, bool weighted)
{
    hg_random r = hg_random_seed(seed, 99);
    memset(s, 0, sizeof *s);
    s->inc = (hg_incidents){.x = s->x, .y = s->y, .w = weighted ? s->w : NULL, .flags = s->flags, .streams = 1};
    for (int i = 0; i < CELLS; i++) {
        double dx = (i % COLUMNS - 11) / 11.5, dy = (i / COLUMNS - 8) / 8.5, d = dx * dx + dy * dy;
        s->share[i] = d < 0.7 ? 1 : d > 1.2 ? 0 : (float)(0.05 + 0.9 * hg_random_unit(&r));
    }
    double west = hg_grid_column_west(&grid, 0), north = hg_grid_row_north(&grid, 0), c = grid.cell_m;
    while (s->inc.n < MOST) {
        size_t n = s->inc.n;
        bool cluster = hg_random_below(&r, 3) == 0;
        double u = hg_random_unit(&r), v = hg_random_unit(&r);
        s->x[n] = west + c * (cluster ? 8 + 3 * u : -1 + (COLUMNS + 2) * u);
        s->y[n] = north - c * (cluster ? 6 + 2 * v : -1 + (ROWS + 2) * v);
        if (n % 10 == 9) {
            s->x[n] = s->x[n - 1];
            s->y[n] = s->y[n - 1];
        }
        int64_t column = hg_grid_column_of(&grid, s->x[n]), row = hg_grid_row_of(&grid, s->y[n]);
        bool on = column >= 0 && column < COLUMNS && row >= 0 && row < ROWS;
        s->flags[n] = on && s->share[row * COLUMNS + column] > 0 ? 0 : HG_FLAG_HALO;
        s->w[n] = 0.25 * (double)(1 + hg_random_below(&r, 8));
        s->inc.n++;
    }
}

static hg_kernel kernel_of(hg_kernel_shape shape)
{
    return (hg_kernel){shape, shape == HG_GAUSSIAN ? 71.0 : 173.0, 3.0};
}

/* The main ranking, by the engine: it has its own tests. */
static void rank(scene *s, const hg_kernel *kernel, double share_of_area)
{
    assert_int_equal(hg_count_cells(&s->inc, &grid, s->share, NULL, &s->counts, NULL), HG_OK);
    const hg_points points = {s->inc.n, s->x, s->y, s->inc.w};
    for (int i = 0; i < CELLS; i++)
        s->score[i] = kernel ? (float)(1e6 * brute_density(&points, kernel, hg_grid_column_centre(&grid, i % COLUMNS),
                                                           hg_grid_row_centre(&grid, i / COLUMNS), NULL))
                             : (float)s->counts.count[i];
    const hg_rank_input in = {&grid, s->score, s->share, &s->counts, true};
    const hg_budget budget = {HG_BUDGET_SHARE, share_of_area};
    assert_int_equal(hg_rank(&in, &budget, NULL, &s->ranking, NULL), HG_OK);
}

static void dispose(scene *s)
{
    hg_cell_counts_dispose(&s->counts);
    hg_ranking_dispose(&s->ranking);
}

/* ------------------------------------------------------------------ the twin ------------------- */

typedef struct placed {
    double x, y, w;
    int halo;
} placed;

static double corner_x, corner_y;

/* Which of two places the quadtree from the corner has first: the highest differing bit, y before x. */
static int compare_places(const void *pa, const void *pb)
{
    const placed *a = pa, *b = pb;
    uint32_t ax = (uint32_t)((a->x - corner_x) / 0.002), bx = (uint32_t)((b->x - corner_x) / 0.002);
    uint32_t ay = (uint32_t)((a->y - corner_y) / 0.002), by = (uint32_t)((b->y - corner_y) / 0.002);
    for (int bit = 31; bit >= 0; bit--) {
        int dy = (int)(ay >> bit & 1) - (int)(by >> bit & 1), dx = (int)(ax >> bit & 1) - (int)(bx >> bit & 1);
        if (dy || dx)
            return dy ? dy : dx;
    }
    double d = a->x != b->x ? a->x - b->x : a->y != b->y ? a->y - b->y : a->w - b->w;
    return d < 0 ? -1 : d > 0 ? 1 : a->halo - b->halo;
}

typedef struct moved {
    double west, south, area, weight;
    float score;
    uint32_t count;
    int row, column; /* lattice order: southward first */
} moved;

static int compare_moved(const void *pa, const void *pb)
{
    const moved *a = pa, *b = pb;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->row != b->row ? a->row - b->row : a->column - b->column;
}

static double overlap(double a, double b, double side)
{
    return fmax(0, side - fabs(a - b));
}

static double lap(const moved *m, int base)
{
    double west = hg_grid_column_west(&grid, base % COLUMNS), south = hg_grid_row_north(&grid, base / COLUMNS + 1);
    return overlap(m->west, west, grid.cell_m) * overlap(m->south, south, grid.cell_m);
}

/* Abramson's law as it is written: a bandwidth for each drawn incident, one drawn twice has two. */
static void own_bandwidths(const hg_points *p, const hg_kernel *k, double *h)
{
    double mean = 0, weight = 0, pilot[MOST];
    for (size_t i = 0; i < p->n; i++) {
        pilot[i] = brute_density(p, k, p->x[i], p->y[i], NULL);
        mean += p->w[i] * log(pilot[i]);
        weight += p->w[i];
    }
    for (size_t i = 0; i < p->n; i++)
        h[i] = fmax(grid.cell_m, k->bandwidth_m * fmin(5, sqrt(exp(mean / weight) / pilot[i])));
}

static double surface(const hg_points *p, const hg_kernel *k, const double *h, double x, double y)
{
    double sum = h ? 0 : brute_density(p, k, x, y, NULL);
    for (size_t i = 0; h && i < p->n; i++) {
        const hg_points one = {1, p->x + i, p->y + i, p->w + i};
        const hg_kernel own = {k->shape, h[i], k->cutoff};
        sum += brute_density(&one, &own, x, y, NULL);
    }
    return 1e6 * sum;
}

static void shrink(moved *cells, int m)
{
    double weights = 0, mass = 0;
    for (int i = 0; i < m; i++) {
        weights += cells[i].weight;
        mass += (double)cells[i].score * cells[i].area;
    }
    for (int i = 0; i < m; i++)
        cells[i].score = (float)((1 - SHRINKAGE) * cells[i].weight / weights +
                                 SHRINKAGE * (double)cells[i].score * cells[i].area / mass);
}

static void twin_run(const scene *s, const placed *deck, scoring way, const hg_kernel *k, uint64_t seed, int run,
                     double *sum)
{
    static moved cells[(COLUMNS + 1) * (ROWS + 1)];
    static double x[MOST], y[MOST], w[MOST], own[MOST];
    static uint32_t times[MOST];
    double c = grid.cell_m;
    hg_random r = hg_random_seed(seed, (uint64_t)run);
    double east = c * (double)(hg_random_u64(&r) >> 48) / 65536, north = c * (double)(hg_random_u64(&r) >> 48) / 65536;
    double factor = pow(1.2, 2 * hg_random_unit(&r) - 1);
    memset(times, 0, sizeof times);
    for (size_t i = 0; i < s->inc.n; i++)
        times[hg_random_below(&r, s->inc.n)]++;
    size_t n = 0;
    for (size_t i = 0; i < s->inc.n; i++)
        for (uint32_t t = 0; t < times[i]; t++, n++) {
            x[n] = deck[i].x;
            y[n] = deck[i].y;
            w[n] = deck[i].w;
        }
    const hg_points points = {n, x, y, w};
    const hg_kernel wide = {k->shape, k->bandwidth_m * factor, k->cutoff};
    bool adaptive = way == BY_ADAPTIVE || way == BY_SHRUNK_ADAPTIVE;
    if (adaptive)
        own_bandwidths(&points, &wide, own);
    int m = 0;
    for (int row = -1; row < ROWS; row++)
        for (int column = -1; column < COLUMNS; column++) {
            moved cell = {.west = hg_grid_column_west(&grid, column) + east,
                          .south = hg_grid_row_north(&grid, ROWS - row) + north, .row = row, .column = column};
            for (int base = 0; base < CELLS; base++)
                cell.area += lap(&cell, base) * (double)s->share[base];
            for (size_t i = 0; i < s->inc.n; i++)
                if (!deck[i].halo && deck[i].x >= cell.west && deck[i].x < cell.west + c &&
                    deck[i].y >= cell.south && deck[i].y < cell.south + c) {
                    cell.count += times[i];
                    cell.weight += times[i] * deck[i].w;
                }
            cell.score = way == BY_COUNT ? (float)cell.count
                                         : (float)surface(&points, &wide, adaptive ? own : NULL, cell.west + c / 2,
                                                          cell.south + c / 2);
            if (cell.area > 0)
                cells[m++] = cell;
        }
    if (way == BY_SHRUNK || way == BY_SHRUNK_ADAPTIVE)
        shrink(cells, m);
    qsort(cells, (size_t)m, sizeof *cells, compare_moved);
    double area = 0;
    for (int i = 0; i < m && cells[i].score > 0; i++) {
        if (i > 0 && area + cells[i].area > s->ranking.selected_area_m2 * (1 + 1e-7))
            break;
        area += cells[i].area;
        for (int base = 0; base < CELLS; base++)
            sum[base] += lap(&cells[i], base) / (c * c);
    }
}

static void twin(const scene *s, scoring way, const hg_kernel *k, uint64_t seed, int runs, double *sum)
{
    placed deck[MOST];
    corner_x = corner_y = INFINITY;
    for (size_t i = 0; i < s->inc.n; i++) {
        deck[i] = (placed){s->x[i], s->y[i], s->inc.w ? s->w[i] : 1, s->flags[i] & HG_FLAG_HALO};
        corner_x = fmin(corner_x, s->x[i]);
        corner_y = fmin(corner_y, s->y[i]);
    }
    qsort(deck, s->inc.n, sizeof *deck, compare_places);
    memset(sum, 0, CELLS * sizeof *sum);
    for (int run = 0; run < runs; run++)
        twin_run(s, deck, way, k, seed, run, sum);
    for (int i = 0; i < CELLS; i++)
        sum[i] /= runs;
}

static hg_status judge(const scene *s, scoring way, const hg_kernel *k, int threads, uint64_t seed, int runs,
                       double *stability)
{
    static const hg_stability_score scores[] = {hg_stability_density, hg_stability_count, hg_stability_adaptive,
                                                hg_stability_shrunk, hg_stability_shrunk};
    const hg_stability_kernel kernel = {k ? *k : (hg_kernel){0}, HG_EDGE_NONE, NULL};
    const hg_stability_shrinkage shrinkage = {way == BY_SHRUNK_ADAPTIVE ? hg_stability_adaptive : hg_stability_density,
                                              &kernel, &s->inc, SHRINKAGE};
    bool shrunk = scores[way] == hg_stability_shrunk;
    const hg_stability_input in = {.incidents = &s->inc, .grid = &grid, .share = s->share, .ranking = &s->ranking,
                                   .score = scores[way], .context = shrunk ? (const void *)&shrinkage : &kernel};
    hg_control control = control_of(threads, seed);
    return hg_rank_stability(&in, runs, &control, stability, NULL);
}

static void compare(scoring way, const hg_kernel *k, bool weighted, double budget, uint64_t seed)
{
    enum { RUNS = 6 };
    static scene s;
    double want[CELLS], got[CELLS];
    make(&s, seed, weighted);
    rank(&s, way == BY_COUNT ? NULL : k, budget);
    twin(&s, way, k, seed, RUNS, want);
    assert_int_equal(judge(&s, way, k, 2, seed, RUNS, got), HG_OK);
    size_t between = 0;
    for (size_t i = 0; i < s.ranking.listed; i++) {
        double expected = want[s.ranking.cells[i]];
        between += expected > 0 && expected < 1;
        if (!(fabs(expected - got[i]) <= 1e-9))
            fail_msg("%s, %s, seed %llu, rank %zu: expected %.12g, obtained %.12g", way_names[way],
                     hg_kernel_name(k->shape), (unsigned long long)seed, i + 1, expected, got[i]);
    }
    assert_true(between > 3);
    dispose(&s);
}

static void test_density(void **state)
{
    (void)state;
    for (int shape = 0; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = kernel_of((hg_kernel_shape)shape);
        compare(BY_DENSITY, &k, shape % 2, 0.06, 40 + (uint64_t)shape);
        compare(BY_DENSITY, &k, shape % 2 == 0, 0.01, 50 + (uint64_t)shape);
    }
}

/* Counts are full of ties: which cells of equal count are taken is by place. */
static void test_count(void **state)
{
    (void)state;
    const hg_kernel k = kernel_of(HG_QUARTIC);
    compare(BY_COUNT, &k, false, 0.10, 7);
    compare(BY_COUNT, &k, true, 0.02, 8);
}

static void test_adaptive(void **state)
{
    (void)state;
    const hg_kernel quartic = kernel_of(HG_QUARTIC), gaussian = kernel_of(HG_GAUSSIAN);
    compare(BY_ADAPTIVE, &quartic, false, 0.05, 60);
    compare(BY_ADAPTIVE, &gaussian, true, 0.03, 61);
}

/* Weights count in the cells, too; the halo feeds the surface alone. */
static void test_shrunk(void **state)
{
    (void)state;
    const hg_kernel k = kernel_of(HG_QUARTIC);
    compare(BY_SHRUNK, &k, false, 0.05, 70);
    compare(BY_SHRUNK, &k, true, 0.03, 71);
    compare(BY_SHRUNK_ADAPTIVE, &k, true, 0.05, 72);
}

/* ------------------------------------------------------------------ by hand -------------------- */

/* 30 incidents at the part (u, v) of the cell in column 11 and row 8, in an area that is all full. */
static void pile(scene *s, double u, double v)
{
    memset(s, 0, sizeof *s);
    s->inc = (hg_incidents){.n = 30, .x = s->x, .y = s->y, .flags = s->flags, .streams = 1};
    for (int i = 0; i < CELLS; i++)
        s->share[i] = 1;
    for (size_t i = 0; i < s->inc.n; i++) {
        s->x[i] = hg_grid_column_west(&grid, 11) + u * grid.cell_m;
        s->y[i] = hg_grid_row_north(&grid, 9) + v * grid.cell_m;
    }
}

static double at(const scene *s, const double *stability, int column, int row)
{
    for (size_t i = 0; i < s->ranking.listed; i++)
        if (s->ranking.cells[i] == (uint64_t)(row * COLUMNS + column))
            return stability[i];
    return NAN;
}

/*
 * However the lattice is moved, the one cell of T is the one that holds the pile (its centre is the nearest).
 * Moved by f < u it covers 1 - f of the pile's own cell on an axis and f of the next; else f of it and 1 - f of the
 * one before. On the mean: 1/2 + u - u^2, u^2 / 2, (1 - u)^2 / 2.
 */
static void expect_pile(double u, double v, const hg_kernel *k)
{
    enum { RUNS = 4000 };
    static scene s;
    double got[CELLS], total = 0;
    const double across[3] = {(1 - u) * (1 - u) / 2, 0.5 + u - u * u, u * u / 2};
    const double up[3] = {(1 - v) * (1 - v) / 2, 0.5 + v - v * v, v * v / 2};
    pile(&s, u, v);
    rank(&s, k, 1.0 / CELLS);
    assert_int_equal(s.ranking.selected, 1);
    assert_int_equal(judge(&s, k ? BY_DENSITY : BY_COUNT, k, 2, 3, RUNS, got), HG_OK);
    for (int i = -1; i <= 1; i++)
        for (int j = -1; j <= 1; j++) {
            double want = across[i + 1] * up[j + 1], stability = at(&s, got, 11 + i, 8 - j);
            total += stability;
            /* a quantity from 0 to 1: its variance is at most m (1 - m) */
            if (!(fabs(stability - want) <= 4 * sqrt(want * (1 - want) / RUNS)))
                fail_msg("pile at %g, %g, cell %+d, %+d: expected %.6g, obtained %.6g", u, v, i, j, want, stability);
        }
    assert_true(fabs(total - 1) <= 1e-14); /* T is one whole cell in every run, and overlaps are exact */
    dispose(&s);
}

static void test_pile(void **state)
{
    (void)state;
    const hg_kernel quartic = {HG_QUARTIC, 120, 0};
    expect_pile(0.5, 0.5, NULL);
    expect_pile(0.5, 0.5, &quartic);
    expect_pile(0.25, 0.9, NULL);
    expect_pile(0.25, 0.9, &quartic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_density),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_adaptive),
        cmocka_unit_test(test_shrunk),
        cmocka_unit_test(test_pile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
