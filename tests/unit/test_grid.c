/* The lattice on numbers that can be checked by hand. */
#include "engine/grid.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static hg_grid grid_over(double xmin, double ymin, double xmax, double ymax, double cell)
{
    hg_grid g = {0};
    hg_error err = {0};
    if (hg_grid_over(xmin, ymin, xmax, ymax, cell, &g, &err) != HG_OK)
        fail_msg("%s", err.message);
    return g;
}

static void test_snaps_outward(void **state)
{
    (void)state;
    hg_grid g = grid_over(1234.5, 990.0, 1300.0, 1001.0, 10);
    assert_int_equal(g.west, 123);
    assert_int_equal(g.columns, 7); /* 1230 … 1300: the box ends on a corner */
    assert_int_equal(g.top, 100);
    assert_int_equal(g.rows, 2); /* 990 … 1010 */
    assert_true(hg_grid_column_west(&g, 0) == 1230.0);
    assert_true(hg_grid_column_centre(&g, 6) == 1295.0);
    assert_true(hg_grid_row_north(&g, 0) == 1010.0);
    assert_true(hg_grid_row_centre(&g, 1) == 995.0);
    assert_int_equal(hg_grid_cells(&g), 14);
}

static void test_negative_and_degenerate_boxes(void **state)
{
    (void)state;
    hg_grid g = grid_over(-25, -25, -5, -5, 10);
    assert_int_equal(g.west, -3);
    assert_int_equal(g.columns, 3);
    assert_int_equal(g.top, -1);
    assert_int_equal(g.rows, 3);
    g = grid_over(100, 100, 100, 100,
                  10); /* one point on a corner belongs to the cell north-east */
    assert_int_equal(g.west, 10);
    assert_int_equal(g.top, 10);
    assert_int_equal(hg_grid_cells(&g), 1);
    assert_int_equal(hg_grid_column_of(&g, 100), 0);
    assert_int_equal(hg_grid_row_of(&g, 100), 0);
}

static void test_west_and_south_sides_belong(void **state)
{
    (void)state;
    hg_grid g = grid_over(0, 0, 100, 100, 10);
    assert_int_equal(hg_grid_column_of(&g, 10.0), 1);
    assert_int_equal(hg_grid_column_of(&g, nextafter(10.0, 0)), 0);
    assert_int_equal(hg_grid_row_of(&g, 10.0), 8);
    assert_int_equal(hg_grid_row_of(&g, nextafter(10.0, 0)), 9);
    assert_int_equal(hg_grid_column_of(&g, -0.5), -1);
    assert_int_equal(hg_grid_row_of(&g, 100.0), -1);
}

/* 0.3 / 0.1 rounds below 3, and 4200000.29 / 0.29 is no friendlier: corners must still be corners.
 */
static void test_no_drift(void **state)
{
    (void)state;
    static const double cells[] = {0.01, 0.1, 0.29, 0.3, 1.1, 10, 33.33, 250};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        hg_grid g = grid_over(-1000, 4200000, -999, 4200001, cells[i]);
        for (int64_t k = -20000; k < 20000; k += 7) {
            double x = hg_grid_column_west(&g, k), y = hg_grid_row_north(&g, k + 1);
            if (hg_grid_column_of(&g, x) != k || hg_grid_row_of(&g, y) != k)
                fail_msg("cell %g, index %d: column %d, row %d", cells[i], (int)k,
                         (int)hg_grid_column_of(&g, x), (int)hg_grid_row_of(&g, y));
        }
    }
    hg_grid g = grid_over(0, 0, 1, 1, 0.1);
    assert_int_equal(g.columns, 10);
    assert_int_equal(hg_grid_column_of(&g, 0.3), 3);
}

static void test_ids(void **state)
{
    (void)state;
    char id[HG_CELL_ID_SIZE];
    hg_grid g = {250, 2000, 9999, 10, 10};
    assert_string_equal(hg_grid_cell_id(&g, 3, 2, id), "c250E2003N9997");
    hg_grid s = {0.5, -7, -1, 10, 10};
    assert_string_equal(hg_grid_cell_id(&s, 0, 4, id), "c0.5E-7N-5");
}

static void expect_refusal(double xmin, double xmax, double cell, hg_status status,
                           const char *words)
{
    hg_error err = {0};
    hg_grid g = {.cell_m = -1};
    assert_int_equal(hg_grid_over(xmin, 0, xmax, 1, cell, &g, &err), status);
    assert_true(g.cell_m == -1);
    if (!strstr(err.message, words))
        fail_msg("expected \"%s\" in: %s", words, err.message);
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refusal(0, 1, 0, HG_EUSAGE, "centimetres");
    expect_refusal(0, 1, -10, HG_EUSAGE, "centimetres");
    expect_refusal(0, 1, NAN, HG_EUSAGE, "centimetres");
    expect_refusal(0, 1, 10.001, HG_EUSAGE, "centimetres");
    expect_refusal(1, 0, 10, HG_EUSAGE, "extent");
    expect_refusal(0, INFINITY, 10, HG_EUSAGE, "extent");
    expect_refusal(0, 3e8, 0.1, HG_EIO, "3000000000");
    hg_grid g = grid_over(0, 0, 580, 1, 0.29 * 1000); /* 0.29 km, as an option might be read */
    assert_true(g.cell_m == 290.0);
    assert_int_equal(g.columns, 2);
}

static void test_auto_cell(void **state)
{
    (void)state;
    assert_true(hg_grid_auto_cell(400, 20000) == 50);
    assert_true(hg_grid_auto_cell(1000, 20000) == 200);
    assert_true(hg_grid_auto_cell(1000, 5000) == 100);
    assert_true(hg_grid_auto_cell(124.9, 1e9) == 20);
    assert_true(hg_grid_auto_cell(125, 1e9) == 25);
    assert_true(hg_grid_auto_cell(1e6, 1e9) == 1000);
    assert_true(hg_grid_auto_cell(1, 1) == 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snaps_outward),
        cmocka_unit_test(test_negative_and_degenerate_boxes),
        cmocka_unit_test(test_west_and_south_sides_belong),
        cmocka_unit_test(test_no_drift),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_auto_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
