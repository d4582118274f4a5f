/* concentration_chance against plain simulations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "engine/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 2500 };

typedef struct map {
    hg_grid grid;
    float score[MOST], share[MOST];
    uint32_t count[MOST];
    hg_cell_counts counts;
    double expected[MOST];
    bool follow; /* the expected surface, not the shares */
} map;

static void map_make(map *m, int64_t columns, int64_t rows, uint64_t incidents, bool even)
{
    hg_random r = hg_random_seed(5, 1);
    m->grid = (hg_grid){50, 3, 7, columns, rows};
    for (int64_t i = 0; i < columns * rows; i++) {
        m->score[i] = 1;
        m->share[i] = even ? 1.0f : (float)hg_random_below(&r, 6) / 8;
        m->count[i] = 0;
    }
    m->counts = (hg_cell_counts){.count = m->count, .total = incidents};
    m->follow = false;
}

typedef struct cell {
    uint32_t count;
    int64_t place;
    double share, expected;
} cell;

static int compare_cells(const void *pa, const void *pb)
{
    const cell *a = pa, *b = pb;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* The cells of the area from south to north and west to east; returns how many. */
static size_t lattice_cells(const map *m, cell *out)
{
    size_t n = 0;
    for (int64_t r = m->grid.rows - 1; r >= 0; r--)
        for (int64_t c = 0; c < m->grid.columns; c++) {
            double share = (double)m->share[r * m->grid.columns + c];
            if (share > 0) {
                double expected = m->follow ? m->expected[r * m->grid.columns + c] : share;
                out[n] = (cell){0, (int64_t)n, share, expected};
                n++;
            }
        }
    return n;
}

/*
 * A draw, a full sort, a running sum. `same` throws as the engine does, from the same stream; else
 * by searching the cumulative area, from other streams. *variance (of one draw at the last k) may
 * be NULL.
 */
static void simulate(const map *m, size_t listed, int draws, uint64_t seed, bool same,
                     double *chance, double *variance)
{
    cell cells[MOST], sorted[MOST];
    size_t n = lattice_cells(m, cells);
    double total = 0, mass = 0, largest = 0, last = 0, last_squares = 0;
    for (size_t i = 0; i < n; i++) {
        total += cells[i].share;
        mass += cells[i].expected;
        largest = fmax(largest, cells[i].share);
    }
    bool even = true;
    for (size_t i = 0; i < n; i++)
        even = even && cells[i].share == largest;
    memset(chance, 0, listed * sizeof *chance);
    for (int d = 0; d < draws; d++) {
        hg_random r = hg_random_seed(seed, (uint64_t)d + (same ? 0 : 1000000));
        memcpy(sorted, cells, n * sizeof *cells);
        for (uint64_t i = 0; i < m->counts.total; i++) {
            size_t p;
            if (same) {
                do
                    p = hg_random_below(&r, n);
                while (!even && cells[p].share < largest &&
                       !(hg_random_unit(&r) * largest < cells[p].share));
            } else {
                double at = hg_random_unit(&r) * mass;
                for (p = 0; p + 1 < n && at >= cells[p].expected; p++)
                    at -= cells[p].expected;
            }
            sorted[p].count++;
        }
        qsort(sorted, n, sizeof *sorted, compare_cells);
        double incidents = 0, area = 0, value = 0;
        for (size_t k = 0; k < listed; k++) {
            incidents += sorted[k].count;
            area += sorted[k].share;
            value = incidents / (double)m->counts.total / (area / total);
            chance[k] += value / draws;
        }
        last += value / draws;
        last_squares += value * value / draws;
    }
    if (variance)
        *variance = last_squares - last * last;
}

static hg_ranking rank_top(const map *m, size_t listed)
{
    hg_rank_input in = {&m->grid, m->score, m->share, &m->counts, false};
    hg_ranking r = {0};
    hg_budget top = {HG_BUDGET_TOP, (double)listed};
    assert_int_equal(hg_rank(&in, &top, NULL, &r, NULL), HG_OK);
    return r;
}

static void run_engine(const map *m, const hg_ranking *r, int draws, int threads, double *chance)
{
    hg_rank_input in = {&m->grid, m->score, m->share, &m->counts, false};
    hg_control control = {.threads = threads, .seed = 42};
    hg_error err = {HG_OK, ""};
    hg_status s = hg_concentration_chance(&in, m->follow ? m->expected : NULL, r, draws, &control,
                                          chance, &err);
    if (s != HG_OK)
        print_message("%s\n", err.message);
    assert_int_equal(s, HG_OK);
}

static void expect_near(const char *what, double expected, double obtained, double tolerance)
{
    if (!(fabs(expected - obtained) <= tolerance))
        print_message("%s: expected %.15g, obtained %.15g, difference %.3g, tolerance %.3g\n", what,
                      expected, obtained, obtained - expected, tolerance);
    assert_true(fabs(expected - obtained) <= tolerance);
}

static void test_equals_plain_loop(void **state)
{
    (void)state;
    static const struct {
        int64_t columns, rows;
        uint64_t incidents;
        bool even;
        int draws;
    } cases[] = {{50, 50, 300, true, 40}, {50, 50, 300, false, 40}, {50, 50, 20000, false, 10},
                 {50, 50, 7, false, 33},  {3, 3, 5000, false, 20},  {1, 1, 3, true, 5},
                 {46, 45, 2049, true, 7}, {50, 41, 2048, true, 7}};
    static map m;
    static double expected[MOST], obtained[MOST], again[MOST];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        map_make(&m, cases[c].columns, cases[c].rows, cases[c].incidents, cases[c].even);
        hg_ranking r = rank_top(&m, MOST); /* every cell, those without incidents too */
        simulate(&m, r.listed, cases[c].draws, 42, true, expected, NULL);
        run_engine(&m, &r, cases[c].draws, 1, obtained);
        run_engine(&m, &r, cases[c].draws, 3, again);
        assert_memory_equal(obtained, again, r.listed * sizeof *again);
        for (size_t k = 0; k < r.listed; k++)
            expect_near("chance", expected[k], obtained[k], 1e-12 * expected[k]);
        expect_near("whole area", 1, obtained[r.listed - 1], 1e-12);
        hg_ranking_dispose(&r);
    }
}

static void test_agrees_with_other_sampler(void **state)
{
    (void)state;
    enum { DRAWS = 400 };
    static map m;
    static double expected[MOST], obtained[MOST];
    for (int even = 0; even < 2; even++) {
        map_make(&m, 50, 50, 500, even);
        hg_ranking r = rank_top(&m, 25);
        double variance;
        simulate(&m, r.listed, DRAWS, 9, false, expected, &variance);
        run_engine(&m, &r, DRAWS, 2, obtained);
        expect_near("chance at the last rank", expected[24], obtained[24],
                    5 * sqrt(2 * variance / DRAWS));
        hg_ranking_dispose(&r);
    }
}

/* A spiky surface with cells that expect nothing, by any thread count alike. */
static void test_follows_the_expected_surface(void **state)
{
    (void)state;
    enum { DRAWS = 400 };
    static map m;
    static double expected[MOST], obtained[MOST], again[MOST];
    for (int even = 0; even < 2; even++) {
        map_make(&m, 50, 50, 500, even);
        hg_random random = hg_random_seed(8, (uint64_t)even);
        m.follow = true;
        for (size_t i = 0; i < MOST; i++)
            m.expected[i] = i % 3 ? 1e9 * exp(6 * hg_random_unit(&random)) : 0;
        hg_ranking r = rank_top(&m, 25);
        double variance;
        simulate(&m, r.listed, DRAWS, 9, false, expected, &variance);
        run_engine(&m, &r, DRAWS, 2, obtained);
        run_engine(&m, &r, DRAWS, 1, again);
        assert_memory_equal(obtained, again, r.listed * sizeof *again);
        expect_near("chance at the last rank", expected[24], obtained[24], 5 * sqrt(2 * variance / DRAWS));
        hg_ranking_dispose(&r);
    }
}

/* All of it in two of four cells, 1 to 3: of many incidents they hold all, and the better one three quarters. */
static void test_nothing_where_nothing_is_expected(void **state)
{
    (void)state;
    static map m;
    double chance[4];
    map_make(&m, 2, 2, 100000, true);
    m.follow = true;
    memcpy(m.expected, (double[]){0, 3, 1, 0}, 4 * sizeof(double));
    hg_ranking r = rank_top(&m, 4);
    run_engine(&m, &r, 20, 1, chance);
    expect_near("the better cell", 3, chance[0], 0.01);
    expect_near("both", 2, chance[1], 1e-15);
    expect_near("all", 1, chance[3], 1e-15);
    memcpy(m.expected, (double[]){0, 0, 7, 0}, 4 * sizeof(double));
    run_engine(&m, &r, 2, 1, chance);
    expect_near("one cell", 4, chance[0], 1e-15);
    hg_rank_input in = {&m.grid, m.score, m.share, &m.counts, false};
    assert_int_equal(hg_concentration_chance(&in, (double[]){0, 0, 0, 0}, &r, 2, NULL, chance, NULL), HG_EDATA);
    assert_int_equal(hg_concentration_chance(&in, (double[]){1, -1, 1, 1}, &r, 2, NULL, chance, NULL), HG_EUSAGE);
    assert_int_equal(hg_concentration_chance(&in, (double[]){1, NAN, 1, 1}, &r, 2, NULL, chance, NULL), HG_EUSAGE);
    assert_int_equal(hg_concentration_chance(&in, (double[]){1, INFINITY, 1, 1}, &r, 2, NULL, chance, NULL), HG_EDATA);
    hg_ranking_dispose(&r);
}

/* 300 uniform incidents show a concentration of about 35 in the best 1 % of 10,000 cells. */
static void test_known_figure(void **state)
{
    (void)state;
    enum { SIDE = 100, CELLS = SIDE * SIDE, TOP = CELLS / 100 };
    hg_grid g = {100, 0, 0, SIDE, SIDE};
    float *ones = malloc(CELLS * sizeof *ones);
    uint32_t *count = calloc(CELLS, sizeof *count);
    double chance[TOP];
    for (int i = 0; i < CELLS; i++)
        ones[i] = 1;
    hg_cell_counts counts = {.count = count, .total = 300};
    hg_rank_input in = {&g, ones, ones, &counts, false};
    hg_ranking r = {0};
    hg_budget budget = {HG_BUDGET_SHARE, 0.01};
    hg_control control = {.threads = 2, .seed = 1};
    assert_int_equal(hg_rank(&in, &budget, &control, &r, NULL), HG_OK);
    assert_int_equal(r.listed, TOP);
    assert_int_equal(hg_concentration_chance(&in, NULL, &r, 199, &control, chance, NULL), HG_OK);
    expect_near("concentration of chance", 35, chance[TOP - 1], 0.5);
    hg_ranking_dispose(&r);
    free(ones);
    free(count);
}

static void test_edges(void **state)
{
    (void)state;
    static map m;
    double chance[4];
    map_make(&m, 2, 2, 0, true);
    hg_ranking r = rank_top(&m, 4);
    run_engine(&m, &r, 3, 1, chance);
    for (int k = 0; k < 4; k++)
        assert_true(isnan(chance[k]));
    hg_rank_input in = {&m.grid, m.score, m.share, &m.counts, false};
    assert_int_equal(hg_concentration_chance(&in, NULL, &r, 0, NULL, chance, NULL), HG_EUSAGE);
    m.counts.total = 1; /* one incident: the first cell holds all on a quarter of the area */
    run_engine(&m, &r, 3, 1, chance);
    for (int k = 0; k < 4; k++)
        expect_near("one incident", 4.0 / (k + 1), chance[k], 1e-15);
    hg_ranking_dispose(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_plain_loop),
        cmocka_unit_test(test_agrees_with_other_sampler),
        cmocka_unit_test(test_follows_the_expected_surface),
        cmocka_unit_test(test_nothing_where_nothing_is_expected),
        cmocka_unit_test(test_known_figure),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
