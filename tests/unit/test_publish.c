/* The public's surface: by hand, and from published counts alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/publish.h"

#include <math.h>

#define PI 3.14159265358979323846

/* 20 events in the middle of 7 x 7 cells of 250 m, two cells as bandwidth. */
static void test_one_cell(void **state)
{
    (void)state;
    double count[49] = {[24] = 20}, density[49], peak = 20 * 3 / (PI * 0.25);
    const hg_publish_grid grid = {7, 7, 250, count};
    assert_true(fabs(hg_publish_bandwidth(250) - (500)) <= 0);
    assert_int_equal(hg_publish_surface(&grid, 500, 10, density, NULL), HG_OK);
    assert_true(fabs(density[24] - (peak)) <= 1e-9);
    assert_true(fabs(density[25] - (peak * 0.75 * 0.75)) <= 1e-9);
    assert_true(fabs(density[32] - (peak * 0.5 * 0.5)) <= 1e-9);
    assert_true(fabs(density[26] - (0)) <= 0); /* at the edge of the kernel */
    assert_true(isnan(density[27]) && isnan(density[33]) && isnan(density[0]));
}

/* Nine events are too few, wherever they lie; ten in two cells are not where both are near. */
static void test_too_few(void **state)
{
    (void)state;
    double count[5] = {9, 0, 0, 0, 0}, density[5];
    const hg_publish_grid grid = {5, 1, 250, count};
    assert_int_equal(hg_publish_surface(&grid, 500, 10, density, NULL), HG_OK);
    for (int i = 0; i < 5; i++)
        assert_true(isnan(density[i]));
    count[3] = 6;
    assert_int_equal(hg_publish_surface(&grid, 500, 10, density, NULL), HG_OK);
    assert_true(isnan(density[0]) && density[1] > 0 && density[2] > 0 && isnan(density[3]));
}

static void test_nothing_published(void **state)
{
    (void)state;
    double count[4] = {0}, density[4], edges[HG_PUBLISH_CLASSES];
    const hg_publish_grid grid = {2, 2, 250, count};
    assert_int_equal(hg_publish_surface(&grid, 500, 0, density, NULL), HG_OK);
    hg_publish_edges(density, 4, edges);
    for (int i = 0; i < 4; i++) {
        assert_true(isnan(density[i]));
        assert_int_equal(hg_publish_class(density[i], edges), HG_PUBLISH_NO_CLASS);
    }
}

static void test_classes(void **state)
{
    (void)state;
    const double density[] = {NAN, 0, 12.3, 123, 60};
    double edges[HG_PUBLISH_CLASSES];
    hg_publish_edges(density, 5, edges);
    assert_true(fabs(edges[0] - (0)) <= 0);
    assert_true(fabs(edges[1] - (12)) <= 0);
    assert_true(fabs(edges[4] - (92)) <= 0);
    const int expected[] = {HG_PUBLISH_NO_CLASS, 1, 2, 5, 3};
    for (int i = 0; i < 5; i++)
        assert_int_equal(hg_publish_class(density[i], edges), expected[i]);
}

static void test_refused(void **state)
{
    (void)state;
    double count[1] = {10}, density[1];
    hg_publish_grid grid = {1, 1, 250, count};
    assert_int_equal(hg_publish_surface(&grid, 0, 10, density, NULL), HG_EUSAGE);
    grid.columns = 0;
    assert_int_equal(hg_publish_surface(&grid, 500, 10, density, NULL), HG_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_cell), cmocka_unit_test(test_too_few), cmocka_unit_test(test_nothing_published),
        cmocka_unit_test(test_classes),  cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
