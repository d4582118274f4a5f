/* The exact test against two loops over all cells and a binomial tail summed mass by mass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/random.h"
#include "engine/significance.h"
#include "support/binomial.h"
#include "support/sweep.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 34, ROWS = 27, CELLS = COLUMNS * ROWS };

typedef struct map {
    hg_grid grid;
    float share[CELLS];
    uint32_t count[CELLS];
    hg_cell_counts counts;
    double expected[CELLS];
} map;

/* A ragged area; surfaces that vary by ten orders of magnitude, with holes; incidents in clumps. */
static void map_make(map *m, uint64_t round)
{
    hg_random r = hg_random_seed(21, round);
    *m = (map){.grid = {50, 0, 0, COLUMNS, ROWS}};
    for (size_t i = 0; i < CELLS; i++) {
        m->share[i] = hg_random_below(&r, 4) ? 1.0f : (float)hg_random_below(&r, 3) / 2;
        m->expected[i] = hg_random_below(&r, 3) ? pow(10, 10 * hg_random_unit(&r)) : 0;
        if (m->share[i] > 0 && hg_random_below(&r, 5) == 0)
            m->count[i] = (uint32_t)hg_random_below(&r, round % 2 ? 4 : 40);
        m->counts.total += m->count[i];
    }
    m->counts.count = m->count;
}

static void naive(const map *m, const double *expected, double distance, double *p)
{
    double whole = 0;
    for (size_t i = 0; i < CELLS; i++)
        whole += m->share[i] > 0 ? (expected ? expected[i] : (double)m->share[i]) : 0;
    for (int i = 0; i < CELLS; i++) {
        uint64_t seen = 0;
        double around = 0;
        for (int j = 0; j < CELLS; j++) {
            int dx = j % COLUMNS - i % COLUMNS, dy = j / COLUMNS - i / COLUMNS;
            bool near = distance > 0 ? dx * dx + dy * dy <= distance * distance
                                     : dx >= -1 && dx <= 1 && dy >= -1 && dy <= 1;
            if (!near || !(m->share[j] > 0))
                continue;
            seen += m->count[j];
            around += expected ? expected[j] : (double)m->share[j];
        }
        p[i] = m->share[i] > 0 && around > 0 ? plain_binomial_tail(seen, m->counts.total, around / whole) : NAN;
    }
}

static void q_by_definition(const double *p, double *q, size_t *tests)
{
    *tests = 0;
    for (size_t i = 0; i < CELLS; i++)
        *tests += isnan(p[i]) ? 0 : 1;
    for (size_t i = 0; i < CELLS; i++) {
        q[i] = isnan(p[i]) ? NAN : 1;
        for (size_t j = 0; j < CELLS && !isnan(p[i]); j++) {
            size_t rank = 0;
            for (size_t k = 0; p[j] >= p[i] && k < CELLS; k++)
                rank += p[k] <= p[j];
            if (rank)
                q[i] = fmin(q[i], p[j] * (double)*tests / (double)rank);
        }
    }
}

static void expect_same(const char *what, const double *expected, const double *obtained, double relative)
{
    for (size_t i = 0; i < CELLS; i++) {
        bool same = isnan(expected[i]) ? isnan(obtained[i])
                                       : fabs(obtained[i] - expected[i]) <= relative * expected[i];
        if (!same)
            print_message("%s of cell %zu: expected %.17g, obtained %.17g\n", what, i, expected[i], obtained[i]);
        assert_true(same);
    }
}

static void test_equals_two_loops(void **state)
{
    (void)state;
    static const double windows[] = {0, 1, 2.9, 5, 60};
    static map m;
    static double p[CELLS], q[CELLS], p3[CELLS], q3[CELLS], expected_p[CELLS], expected_q[CELLS];
    for (uint64_t round = 0; round < 15; round++) {
        double window = windows[round % 5];
        const double *expected = round < 8 ? m.expected : NULL;
        map_make(&m, round);
        hg_control one = {.threads = 1}, three = {.threads = 3};
        hg_neighbourhood n = {0};
        size_t tests = 0, expected_tests = 0;
        assert_int_equal(hg_neighbourhood_of_window(window * 50, 50, &n, NULL), HG_OK);
        assert_int_equal(
            hg_exact_test(&m.grid, m.share, &m.counts, expected, &n, &one, p, q, &tests, NULL), HG_OK);
        assert_int_equal(
            hg_exact_test(&m.grid, m.share, &m.counts, expected, &n, &three, p3, q3, NULL, NULL), HG_OK);
        assert_memory_equal(p, p3, sizeof p);
        assert_memory_equal(q, q3, sizeof q);
        naive(&m, expected, window, expected_p);
        expect_same("p", expected_p, p, 2e-12);
        if (round % 7 == 0) { /* slow */
            q_by_definition(p, expected_q, &expected_tests);
            expect_same("q", expected_q, q, 1e-14);
            assert_int_equal(tests, expected_tests);
        }
        hg_neighbourhood_dispose(&n);
    }
}

/* Three cells of a row, all in A, one incident in the first, two in the last; N = 3. Window of a queen: cells 1-2,
 * 1-3, 2-3, so pi = 2/3, 1, 2/3 and S = 1, 3, 2: P(X >= 1) = 26/27, 1, P(X >= 2) = 20/27. */
static void test_by_hand(void **state)
{
    (void)state;
    hg_grid grid = {50, 0, 0, 3, 1};
    float share[] = {1, 1, 1};
    uint32_t count[] = {1, 0, 2};
    hg_cell_counts counts = {.count = count, .total = 3};
    hg_neighbourhood n = {0};
    double p[3], q[3];
    size_t tests;
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    assert_int_equal(hg_exact_test(&grid, share, &counts, NULL, &n, NULL, p, q, &tests, NULL), HG_OK);
    assert_true(fabs(p[0] - 26.0 / 27) < 1e-14 && p[1] == 1 && fabs(p[2] - 20.0 / 27) < 1e-14);
    assert_true(q[0] == 1 && q[1] == 1 && q[2] == 1);
    assert_int_equal(tests, 3);
    /* twice as much expected in the first cell: pi = 3/4, 1, 1/2 */
    assert_int_equal(
        hg_exact_test(&grid, share, &counts, (double[]){2, 1, 1}, &n, NULL, p, q, &tests, NULL), HG_OK);
    assert_true(fabs(p[0] - 63.0 / 64) < 1e-14 && fabs(p[2] - 0.5) < 1e-14);
    hg_neighbourhood_dispose(&n);
}

/* What lies outside A is no test and in no window; a cell that expects nothing is one if its neighbours do. */
static void test_area_and_holes(void **state)
{
    (void)state;
    hg_grid grid = {50, 0, 0, 6, 1};
    float share[] = {0, 1, 1, 1, 1, 1};
    uint32_t count[] = {0, 3, 0, 0, 0, 1};
    double expected[] = {1e9, 1, 0, 0, 0, 0};
    hg_cell_counts counts = {.count = count, .total = 4};
    hg_neighbourhood n = {0};
    double p[6], q[6];
    size_t tests;
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    assert_int_equal(hg_exact_test(&grid, share, &counts, expected, &n, NULL, p, q, &tests, NULL), HG_OK);
    assert_true(isnan(p[0]) && p[1] == 1 && p[2] == 1 && isnan(p[3]) && isnan(p[4]) && isnan(p[5]));
    assert_int_equal(tests, 2);
    counts.total = 0;
    memset(count, 0, sizeof count);
    assert_int_equal(hg_exact_test(&grid, share, &counts, NULL, &n, NULL, p, q, &tests, NULL), HG_OK);
    assert_true(isnan(p[0]) && p[1] == 1 && q[5] == 1);
    assert_int_equal(tests, 5);
    const double bad[][6] = {{1, 0, 0, 0, 0, 0}, {0, 1, -1, 0, 0, 0}, {0, NAN, 1, 1, 1, 1}, {0, INFINITY, 1, 1, 1, 1}};
    const hg_status status[] = {HG_EDATA, HG_EUSAGE, HG_EUSAGE, HG_EUSAGE};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(hg_exact_test(&grid, share, &counts, bad[i], &n, NULL, p, q, &tests, NULL), status[i]);
    hg_neighbourhood_dispose(&n);
}

/* R 4.2.2: pbinom(2, 300, 0.0009, lower.tail = FALSE), pbinom(6, ...), pbinom(28, 300, 0.01, ...). */
static void test_tails_equal_r(void **state)
{
    (void)state;
    static const struct {
        uint32_t seen;
        double part, p;
    } cases[] = {{3, 0.0009, 0.0026612128536440587}, {8, 0.0009, 5.0486036885508882e-10},
                 {1, 0.0009, 0.23671330631852586}, {30, 0.01, 1.2586021207605839e-20}};
    hg_neighbourhood n = {0};
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    for (size_t c = 0; c < 4; c++) {
        hg_grid grid = {50, 0, 0, 3, 1}; /* the middle cell is not in A, so that windows are single cells */
        float share[] = {1, 0, 1};
        uint32_t count[] = {cases[c].seen, 0, 300 - cases[c].seen};
        double expected[] = {cases[c].part, 0, 1 - cases[c].part}, p[3], q[3];
        hg_cell_counts counts = {.count = count, .total = 300};
        assert_int_equal(hg_exact_test(&grid, share, &counts, expected, &n, NULL, p, q, NULL, NULL), HG_OK);
        assert_true(fabs(p[0] - cases[c].p) <= 1e-12 * cases[c].p);
        assert_true(fabs(q[0] - fmin(1, 2 * cases[c].p)) <= 1e-12);
    }
    hg_neighbourhood_dispose(&n);
}

static void test_levels(void **state)
{
    (void)state;
    const double q[] = {0, 0.01, 0.010000001, 0.05, 0.050000001, 0.1, 0.100000001, 1, NAN};
    const int level[] = {99, 99, 95, 95, 90, 90, 0, 0, 0};
    for (size_t i = 0; i < sizeof q / sizeof *q; i++)
        assert_int_equal(hg_significance_level(q[i]), level[i]);
}

static hg_status run_once(void *context, hg_error *err)
{
    const map *m = context;
    static double p[CELLS], q[CELLS];
    hg_control one = {.threads = 1};
    hg_neighbourhood n = {0};
    hg_status status = hg_neighbourhood_queen(&n, err);
    if (status == HG_OK)
        status = hg_exact_test(&m->grid, m->share, &m->counts, m->expected, &n, &one, p, q, NULL, err);
    hg_neighbourhood_dispose(&n);
    return status;
}

static void test_failures(void **state)
{
    (void)state;
    static map m;
    static double p[CELLS], q[CELLS];
    hg_control control = {.threads = 2};
    hg_neighbourhood n = {0};
    map_make(&m, 1);
    sweep_allocations(run_once, &m);
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    assert_int_equal(hg_exact_test(&m.grid, m.share, &m.counts, NULL, &n, &control, p, q, NULL, NULL), HG_ECANCELLED);
    hg_neighbourhood_dispose(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_two_loops), cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_area_and_holes),   cmocka_unit_test(test_tails_equal_r),
        cmocka_unit_test(test_levels),           cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
