/* Neighbourhoods and sums over them, against counting cell by cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/random.h"
#include "engine/neighbourhood.h"
#include "support/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t cells_of(const hg_neighbourhood *n)
{
    size_t cells = 0;
    for (int64_t k = 0; k <= 2 * n->reach; k++)
        cells += (size_t)(2 * n->half[k] + 1);
    return cells;
}

static void test_queen(void **state)
{
    (void)state;
    hg_neighbourhood n = {0};
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    assert_int_equal(n.reach, 1);
    assert_int_equal(cells_of(&n), 9);
    hg_neighbourhood_dispose(&n);
    assert_null(n.half);
}

/* Cells with centres within 1, sqrt 2, 2, 3, 5 cells: 5, 9, 13, 29, 81 (lattice points in a circle, OEIS A000328). */
static void test_within(void **state)
{
    (void)state;
    static const struct {
        double cells;
        size_t expected;
    } cases[] = {{0.5, 1}, {0.999, 1}, {1, 5}, {1.41, 5}, {M_SQRT2, 9}, {2, 13}, {3, 29}, {5, 81}, {20, 1257}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (double cell_m = 0.03; cell_m < 500; cell_m *= 7.3) {
            hg_neighbourhood n = {0};
            assert_int_equal(hg_neighbourhood_within(cases[c].cells * cell_m, cell_m, &n, NULL), HG_OK);
            assert_int_equal(cells_of(&n), cases[c].expected);
            hg_neighbourhood_dispose(&n);
        }
}

static void test_refuses(void **state)
{
    (void)state;
    hg_neighbourhood n = {0};
    const double bad[] = {0, -1, NAN, INFINITY, 4096 * 50.0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hg_neighbourhood_within(bad[i], 50, &n, NULL), HG_EUSAGE);
    assert_int_equal(hg_neighbourhood_within(4095 * 50.0, 50, &n, NULL), HG_OK);
    assert_int_equal(n.reach, 4095);
    hg_neighbourhood_dispose(&n);
}

static void brute(double distance, int64_t columns, int64_t rows, const double *value, double *sum)
{
    for (int64_t i = 0; i < columns * rows; i++) {
        sum[i] = 0;
        for (int64_t j = 0; j < columns * rows; j++) {
            double dx = (double)(j % columns - i % columns), dy = (double)(j / columns - i / columns);
            if (dx * dx + dy * dy <= distance * distance + 1e-6)
                sum[i] += value[j];
        }
    }
}

/* Whole numbers, so that the sums are exact; distances up to far beyond the grid, grids of one row and column. */
static void test_equals_counting(void **state)
{
    (void)state;
    static const int64_t sizes[][2] = {{1, 1}, {1, 70}, {70, 1}, {2, 3}, {37, 11}, {40, 70}};
    static const double distances[] = {0.5, 1, 1.5, 4, 5, 5.5, 8, 13, 60, 300};
    static double value[4096], expected[4096], one[4096], three[4096];
    hg_random r = hg_random_seed(11, 0);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t d = 0; d < sizeof distances / sizeof *distances; d++) {
            int64_t columns = sizes[s][0], rows = sizes[s][1];
            size_t bytes = (size_t)(columns * rows) * sizeof(double);
            hg_neighbourhood n = {0};
            hg_control threads[2] = {{.threads = 1}, {.threads = 3}};
            for (int64_t i = 0; i < columns * rows; i++)
                value[i] = (double)hg_random_below(&r, 1000) - 300;
            assert_int_equal(hg_neighbourhood_within(distances[d] * 25, 25, &n, NULL), HG_OK);
            brute(distances[d], columns, rows, value, expected);
            assert_int_equal(hg_neighbourhood_sums(&n, columns, rows, value, &threads[0], one, NULL), HG_OK);
            assert_int_equal(hg_neighbourhood_sums(&n, columns, rows, value, &threads[1], three, NULL), HG_OK);
            assert_memory_equal(expected, one, bytes);
            assert_memory_equal(expected, three, bytes);
            hg_neighbourhood_dispose(&n);
        }
}

static void test_queen_at_the_sides(void **state)
{
    (void)state;
    double value[12], sum[12];
    const double expected[] = {4, 6, 6, 4, 6, 9, 9, 6, 4, 6, 6, 4};
    hg_neighbourhood n = {0};
    for (int i = 0; i < 12; i++)
        value[i] = 1;
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    assert_int_equal(hg_neighbourhood_sums(&n, 4, 3, value, NULL, sum, NULL), HG_OK);
    assert_memory_equal(sum, expected, sizeof sum);
    hg_neighbourhood_dispose(&n);
}

/* A sum of tiny values keeps its digits though huge ones stand in the same row, and so does a sum of none. */
static void test_small_beside_large(void **state)
{
    (void)state;
    enum { COLUMNS = 64 };
    double value[COLUMNS], sum[COLUMNS];
    for (double reach = 2; reach <= 12; reach += 5) {
        hg_neighbourhood n = {0};
        for (int c = 0; c < COLUMNS; c++)
            value[c] = c < 20 ? 1e20 : c < 50 ? 1e-20 : 0;
        assert_int_equal(hg_neighbourhood_within(reach, 1, &n, NULL), HG_OK);
        assert_int_equal(hg_neighbourhood_sums(&n, COLUMNS, 1, value, NULL, sum, NULL), HG_OK);
        for (int c = 20 + (int)reach; c < COLUMNS; c++) {
            int with = 50 - c + (int)reach;
            with = with < 0 ? 0 : with > 2 * (int)reach + 1 ? 2 * (int)reach + 1 : with;
            assert_true(fabs(sum[c] - with * 1e-20) <= 1e-34);
        }
        hg_neighbourhood_dispose(&n);
    }
}

/* A value that is no number spoils the sums it is part of and no other. */
static void test_nan_stays_local(void **state)
{
    (void)state;
    double value[40], sum[40];
    for (double reach = 3; reach <= 7; reach += 4) {
        hg_neighbourhood n = {0};
        for (int c = 0; c < 40; c++)
            value[c] = c == 17 ? NAN : 1;
        assert_int_equal(hg_neighbourhood_within(reach, 1, &n, NULL), HG_OK);
        assert_int_equal(hg_neighbourhood_sums(&n, 40, 1, value, NULL, sum, NULL), HG_OK);
        for (int c = 0; c < 40; c++)
            assert_int_equal(isnan(sum[c]), abs(c - 17) <= (int)reach);
        hg_neighbourhood_dispose(&n);
    }
}

static hg_status sum_all(void *context, hg_error *err)
{
    (void)context;
    double value[60] = {0}, sum[60];
    hg_control control = {.threads = 1};
    hg_neighbourhood queen = {0}, wide = {0};
    hg_status status = hg_neighbourhood_queen(&queen, err);
    if (status == HG_OK)
        status = hg_neighbourhood_within(6, 1, &wide, err);
    if (status == HG_OK)
        status = hg_neighbourhood_sums(&wide, 10, 6, value, &control, sum, err);
    hg_neighbourhood_dispose(&queen);
    hg_neighbourhood_dispose(&wide);
    return status;
}

static void test_allocation_failures(void **state)
{
    (void)state;
    sweep_allocations(sum_all, NULL);
}

static void test_cancelled(void **state)
{
    (void)state;
    double value[4] = {0}, sum[4];
    hg_control control = {.threads = 1};
    hg_neighbourhood n = {0};
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    assert_int_equal(hg_neighbourhood_sums(&n, 2, 2, value, &control, sum, NULL), HG_ECANCELLED);
    hg_neighbourhood_dispose(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queen),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_equals_counting),
        cmocka_unit_test(test_queen_at_the_sides),
        cmocka_unit_test(test_small_beside_large),
        cmocka_unit_test(test_nan_stays_local),
        cmocka_unit_test(test_allocation_failures),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
