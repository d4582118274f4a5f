/*
 * Sums over neighbourhoods, Gi*, local Moran and relabelling against naive twins: every pair of cells by its
 * distance, long double, whole maps dealt out again by the same random numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "engine/local.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MAX = 600, DRAWS = 40 };

typedef enum kind { COUNTS, RARE, REAL, DECIMAL, NEGATIVE, OFFSET, KINDS } kind;

/* A random map with holes, and what belongs to it. */
typedef struct world {
    int64_t columns, rows;
    size_t cells, n;
    double window; /* in cells; 0 = queen */
    kind kind;
    float share[CELLS_MAX];
    double value[CELLS_MAX];
    size_t place[CELLS_MAX]; /* cells of A in raster order */
} world;

static double random_value(kind k, hg_random *r)
{
    double u = hg_random_unit(r);
    switch (k) {
    case COUNTS:
        return floor(4 * u * u * u * 3);
    case RARE:
        return u < 0.06 ? 1 + floor(u * 60) : 0;
    case REAL:
        return u;
    case DECIMAL: /* sums of tenths tie in decimals, hardly in binary */
        return floor(7 * u) / 10; /* sixths of the range */
    case NEGATIVE:
        return floor(9 * u) - 6;
    default:
        return 1e6 + floor(5 * u) / 4;
    }
}

static void make_world(world *w, uint64_t number)
{
    hg_random r = hg_random_seed(11, number);
    *w = (world){.columns = 3 + (int64_t)hg_random_below(&r, 22), .rows = 3 + (int64_t)hg_random_below(&r, 22)};
    w->cells = (size_t)(w->columns * w->rows);
    w->kind = (kind)(number % KINDS);
    w->window = number % 3 == 0 ? 0 : 0.8 + 5 * hg_random_unit(&r);
    double holes = hg_random_unit(&r) * 0.6;
    for (size_t i = 0; i < w->cells; i++) {
        w->share[i] = i < 3 || hg_random_unit(&r) >= holes ? 1 : 0;
        w->value[i] = w->share[i] > 0 ? random_value(w->kind, &r) : NAN;
        if (w->share[i] > 0)
            w->place[w->n++] = i;
    }
}

static bool around(const world *w, size_t i, size_t j)
{
    int64_t dx = (int64_t)i % w->columns - (int64_t)j % w->columns;
    int64_t dy = (int64_t)i / w->columns - (int64_t)j / w->columns;
    if (w->window == 0)
        return llabs(dx) <= 1 && llabs(dy) <= 1;
    return (double)(dx * dx + dy * dy) <= w->window * w->window;
}

/* S and W of a cell, itself included. */
static long double sum_around(const world *w, const double *map, size_t i, size_t *places)
{
    long double sum = 0;
    *places = 0;
    for (size_t k = 0; k < w->n; k++)
        if (around(w, i, w->place[k])) {
            sum += (long double)map[w->place[k]];
            ++*places;
        }
    return sum;
}

typedef struct moments {
    long double mean, variance;
} moments;

static moments moments_of(const world *w)
{
    moments m = {0, 0};
    for (size_t k = 0; k < w->n; k++)
        m.mean += (long double)w->value[w->place[k]];
    m.mean /= (long double)w->n;
    for (size_t k = 0; k < w->n; k++) {
        long double e = (long double)w->value[w->place[k]] - m.mean;
        m.variance += e * e;
    }
    m.variance /= (long double)w->n;
    return m;
}

static void near_or_nan(const char *what, uint64_t number, size_t cell, long double expected, double obtained)
{
    bool same = isnan(expected) ? isnan(obtained) : fabs((double)expected - obtained) <= 1e-9 * (1 + fabs(obtained));
    if (!same)
        fail_msg("map %llu, cell %zu: %s: expected %.15Lg, obtained %.15g", (unsigned long long)number, cell, what,
                 expected, obtained);
}

/* Moran's z by what the conditional moments are: mean and variance of I over all values the neighbours may get. */
static long double naive_moran_z(const world *w, const moments *m, size_t i, long double moran, size_t neighbours)
{
    long double e = (long double)w->value[i] - m->mean, n1 = (long double)(w->n - 1), k = (long double)neighbours;
    long double sum = 0, squares = 0, unit = e / m->variance;
    for (size_t p = 0; p < w->n; p++)
        if (w->place[p] != i) {
            long double other = (long double)w->value[w->place[p]] - m->mean;
            sum += other;
            squares += other * other;
        }
    long double mean = sum / n1, variance = squares / n1 - mean * mean;
    /* a mean of k out of n - 1 without replacement */
    long double spread = unit * unit * variance / k * (n1 - k) / (n1 - 1);
    return spread > 1e-12L * unit * unit * m->variance && fabsl(e) > 1e-13L ? (moran - unit * mean) / sqrtl(spread)
                                                                            : (long double)NAN;
}

/* A few cells, and as many as make it cheaper to sum around all. */
static void check_some(const world *w, uint64_t number, const hg_local_plan *plan, const double *z, const double *moran,
                       const double *moran_z)
{
    enum { TIMES = 8 };
    static uint64_t cell[CELLS_MAX * TIMES];
    static double a[CELLS_MAX * TIMES], b[CELLS_MAX * TIMES], c[CELLS_MAX * TIMES], d[CELLS_MAX * TIMES];
    const size_t asked[] = {1, w->cells * TIMES};
    const hg_local_columns out = {.gi_z = a, .gi_p = b, .moran = c, .moran_z = d};
    for (size_t k = 0; k < w->cells * TIMES; k++)
        cell[k] = (k * 7 + 3) % w->cells;
    for (size_t t = 0; t < 2; t++) {
        assert_int_equal(hg_local_at(plan, w->value, (hg_local_cells){cell, asked[t]}, &out, NULL), HG_OK);
        for (size_t k = 0; k < asked[t]; k++) {
            bool belongs = w->share[cell[k]] > 0;
            near_or_nan("Gi* at", number, cell[k], belongs ? (long double)z[cell[k]] : (long double)NAN, a[k]);
            near_or_nan("Gi* p at", number, cell[k], (long double)hg_normal_tail(z[cell[k]]), b[k]);
            near_or_nan("Moran at", number, cell[k], (long double)moran[cell[k]], c[k]);
            near_or_nan("Moran z at", number, cell[k], (long double)moran_z[cell[k]], d[k]);
        }
    }
}

static void check_statistics(const world *w, uint64_t number, const hg_local_plan *plan)
{
    double z[CELLS_MAX], moran[CELLS_MAX], moran_z[CELLS_MAX];
    assert_int_equal(hg_local_gi_star(plan, w->value, z, NULL), HG_OK);
    assert_int_equal(hg_local_moran(plan, w->value, moran, moran_z, NULL), HG_OK);
    const moments m = moments_of(w);
    for (size_t k = 0; k < w->n; k++) {
        size_t i = w->place[k], places;
        long double sum = sum_around(w, w->value, i, &places), p = (long double)places, n = (long double)w->n;
        long double s = sqrtl(m.variance), gi = NAN, expected = NAN, expected_z = NAN;
        if (places < w->n && m.variance > 0)
            gi = (sum - m.mean * p) / (s * sqrtl((n * p - p * p) / (n - 1)));
        near_or_nan("Gi*", number, i, gi, z[i]);
        if (places > 1 && m.variance > 0) {
            long double own = (long double)w->value[i];
            expected = (own - m.mean) / m.variance * ((sum - own) / (p - 1) - m.mean);
            expected_z = naive_moran_z(w, &m, i, expected, places - 1);
        }
        near_or_nan("Moran", number, i, expected, moran[i]);
        near_or_nan("Moran z", number, i, expected_z, moran_z[i]);
    }
    check_some(w, number, plan, z, moran, moran_z);
}

/* Draw d, dealt out as the engine says it does. */
static void deal(const world *w, uint64_t seed, size_t draw, double *map)
{
    hg_random r = hg_random_seed(seed, draw);
    double least = INFINITY;
    size_t raised = 0;
    for (size_t k = 0; k < w->n; k++)
        least = fmin(least, w->value[w->place[k]]);
    for (size_t k = 0; k < w->n; k++)
        raised += w->value[w->place[k]] > least;
    if (raised > w->n / 2) {
        for (size_t k = 0; k < w->n; k++) {
            size_t j = w->place[hg_random_below(&r, k + 1)];
            map[w->place[k]] = map[j];
            map[j] = w->value[w->place[k]];
        }
        return;
    }
    for (size_t k = 0; k < w->n; k++)
        map[w->place[k]] = least;
    for (size_t k = 0; k < w->n; k++) {
        if (w->value[w->place[k]] == least)
            continue;
        size_t to;
        do
            to = w->place[hg_random_below(&r, w->n)];
        while (map[to] > least);
        map[to] = w->value[w->place[k]];
    }
}

static long double moran_product(const world *w, const moments *m, const double *map, size_t i, long double *gi)
{
    size_t places;
    *gi = sum_around(w, map, i, &places);
    long double own = (long double)map[i] - m->mean;
    return own * (*gi - (long double)map[i] - (long double)(places - 1) * m->mean);
}

static void check_relabelling(const world *w, uint64_t number, const hg_local_plan *plan, uint64_t seed)
{
    double gi_p[CELLS_MAX], moran_p[CELLS_MAX], map[CELLS_MAX];
    size_t gi[CELLS_MAX], moran[CELLS_MAX];
    const moments m = moments_of(w);
    for (size_t i = 0; i < w->cells; i++)
        gi[i] = moran[i] = 1;
    for (size_t d = 0; d < DRAWS; d++) {
        deal(w, seed, d, map);
        for (size_t k = 0; k < w->n; k++) {
            size_t i = w->place[k];
            long double now_gi, true_gi, now, truly;
            now = moran_product(w, &m, map, i, &now_gi);
            truly = moran_product(w, &m, w->value, i, &true_gi);
            gi[i] += now_gi >= true_gi - 1e-9L;
            moran[i] += now >= truly - 1e-9L;
        }
    }
    assert_int_equal(hg_local_relabel(plan, w->value, DRAWS, (hg_local_cells){0}, gi_p, moran_p, NULL), HG_OK);
    for (size_t k = 0; k < w->n; k++) {
        size_t i = w->place[k], places;
        sum_around(w, w->value, i, &places);
        bool told = m.variance > 1e-20L;
        near_or_nan("Gi* p", number, i, told && places < w->n ? (double)gi[i] / (1 + DRAWS) : NAN, gi_p[i]);
        near_or_nan("Moran p", number, i, told && places > 1 ? (double)moran[i] / (1 + DRAWS) : NAN, moran_p[i]);
    }
    /* some cells alone, in any order: the same */
    const uint64_t some[3] = {w->place[w->n - 1], w->place[0], w->place[w->n / 2]};
    double some_gi[3], some_moran[3];
    assert_int_equal(hg_local_relabel(plan, w->value, DRAWS, (hg_local_cells){some, 3}, some_gi, some_moran, NULL),
                     HG_OK);
    for (size_t k = 0; k < 3; k++) {
        assert_memory_equal(&some_gi[k], &gi_p[some[k]], sizeof(double));
        assert_memory_equal(&some_moran[k], &moran_p[some[k]], sizeof(double));
    }
}

/* The same cells as places with lists of neighbours. */
static void check_lists(const world *w, uint64_t number, const hg_local_plan *plan, uint64_t seed)
{
    enum { LINKS_MAX = CELLS_MAX * 130 };
    static uint32_t neighbour[LINKS_MAX];
    size_t first[CELLS_MAX + 1] = {0}, links = 0;
    double value[CELLS_MAX], z[CELLS_MAX], moran[CELLS_MAX], moran_z[CELLS_MAX], gi_p[CELLS_MAX], moran_p[CELLS_MAX];
    double map_z[CELLS_MAX], map_moran[CELLS_MAX], map_moran_z[CELLS_MAX], map_gi_p[CELLS_MAX],
        map_moran_p[CELLS_MAX];
    for (size_t k = 0; k < w->n; k++) {
        value[k] = w->value[w->place[k]];
        for (size_t j = 0; j < w->n; j++)
            if (j != k && around(w, w->place[k], w->place[j])) {
                assert_true(links < LINKS_MAX);
                neighbour[links++] = (uint32_t)j;
            }
        first[k + 1] = links;
    }
    const hg_local_columns out = {.gi_z = z, .moran = moran, .moran_z = moran_z, .gi_p_sim = gi_p,
                                  .moran_p_sim = moran_p};
    assert_int_equal(hg_local_statistics(value, w->n, first, neighbour, DRAWS, seed, 1, &out, NULL), HG_OK);
    assert_int_equal(hg_local_gi_star(plan, w->value, map_z, NULL), HG_OK);
    assert_int_equal(hg_local_moran(plan, w->value, map_moran, map_moran_z, NULL), HG_OK);
    assert_int_equal(hg_local_relabel(plan, w->value, DRAWS, (hg_local_cells){0}, map_gi_p, map_moran_p, NULL), HG_OK);
    for (size_t k = 0; k < w->n; k++) {
        size_t i = w->place[k];
        near_or_nan("Gi* of lists", number, i, (long double)map_z[i], z[k]);
        near_or_nan("Moran of lists", number, i, (long double)map_moran[i], moran[k]);
        near_or_nan("Moran z of lists", number, i, (long double)map_moran_z[i], moran_z[k]);
        near_or_nan("Gi* p of lists", number, i, (long double)map_gi_p[i], gi_p[k]);
        near_or_nan("Moran p of lists", number, i, (long double)map_moran_p[i], moran_p[k]);
    }
}

static void test_maps(void **state)
{
    (void)state;
    enum { MAPS = 120 };
    for (uint64_t number = 0; number < MAPS; number++) {
        static world w;
        make_world(&w, number);
        hg_control control = {.threads = 2, .seed = 100 + number};
        hg_neighbourhood n;
        hg_local_plan *plan = NULL;
        assert_int_equal(hg_neighbourhood_of_window(w.window, 1, &n, NULL), HG_OK);
        assert_int_equal(hg_local_plan_new(w.columns, w.rows, w.share, &n, &control, &plan, NULL), HG_OK);
        hg_neighbourhood_dispose(&n);
        check_statistics(&w, number, plan);
        check_relabelling(&w, number, plan, control.seed);
        check_lists(&w, number, plan, control.seed);
        hg_local_plan_free(plan);
    }
}

/* Sums of whole numbers are exact, also where tasks meet and windows are wider than the grid. */
static void test_sums(void **state)
{
    (void)state;
    enum { COLUMNS = 7, ROWS = 150, SIZE = COLUMNS * ROWS };
    static const double windows[] = {0, 0.5, 1, 2.3, 6, 11, 40};
    double value[SIZE], sum[SIZE];
    hg_random r = hg_random_seed(5, 5);
    for (size_t i = 0; i < SIZE; i++)
        value[i] = (double)hg_random_below(&r, 1000) - 300;
    for (size_t k = 0; k < sizeof windows / sizeof *windows; k++) {
        hg_neighbourhood n;
        hg_control control = {.threads = 2};
        assert_int_equal(hg_neighbourhood_of_window(windows[k], 1, &n, NULL), HG_OK);
        assert_int_equal(hg_neighbourhood_sums(&n, COLUMNS, ROWS, value, &control, sum, NULL), HG_OK);
        const world shape = {.columns = COLUMNS, .window = windows[k]};
        for (size_t i = 0; i < SIZE; i++) {
            double expected = 0;
            for (size_t j = 0; j < SIZE; j++)
                expected += around(&shape, i, j) ? value[j] : 0;
            assert_true(expected == sum[i]);
        }
        hg_neighbourhood_dispose(&n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums), cmocka_unit_test(test_maps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
