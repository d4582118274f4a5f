/* Local statistics and neighbourhoods on maps small enough to work by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "engine/local.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <string.h>

static void near_to(const char *what, double expected, double obtained, double tolerance)
{
    if (!(fabs(expected - obtained) <= tolerance))
        fail_msg("%s: expected %.17g, obtained %.17g, difference %.3g, tolerance %.3g", what, expected, obtained,
                 obtained - expected, tolerance);
}

/* The queen's plan of a map on one thread; fails the test where it cannot be made. */
static hg_local_plan *queen_plan(int64_t columns, int64_t rows, const float *share, hg_control *control)
{
    hg_neighbourhood around;
    hg_local_plan *plan = NULL;
    *control = (hg_control){.threads = 1, .seed = 7};
    assert_int_equal(hg_neighbourhood_queen(&around, NULL), HG_OK);
    assert_int_equal(hg_local_plan_new(columns, rows, share, &around, control, &plan, NULL), HG_OK);
    hg_neighbourhood_dispose(&around);
    return plan;
}

/*
 * 0 0 3 in a row: n = 3, mean 1, population variance 2.
 *   Gi*: (0 - 2) / (sqrt 2 sqrt((3*2 - 4) / 2)) = -sqrt 2; W = n: none; (3 - 2) / sqrt 2.
 *   Moran: -1/2 * -1, -1/2 * (-1 + 2) / 2, 2/2 * -1. At the left the others are -1 and 2: I is 1/2 or -1, so
 *   mean -1/4, sd 3/4, z = 1. In the middle both are neighbours whatever, at the right both are equal: no z.
 */
static const double three[3] = {0, 0, 3};
static const float all_in[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};

static void test_three_cells(void **state)
{
    (void)state;
    hg_control control;
    hg_local_plan *plan = queen_plan(3, 1, all_in, &control);
    double z[3], moran[3], moran_z[3];
    assert_int_equal(hg_local_gi_star(plan, three, z, NULL), HG_OK);
    assert_int_equal(hg_local_moran(plan, three, moran, moran_z, NULL), HG_OK);
    near_to("Gi*", -sqrt(2), z[0], 1e-15);
    assert_true(isnan(z[1]));
    near_to("Gi*", sqrt(0.5), z[2], 1e-15);
    near_to("Moran", 0.5, moran[0], 1e-15);
    near_to("Moran", -0.25, moran[1], 1e-15);
    near_to("Moran", -1, moran[2], 1e-15);
    near_to("Moran z", 1, moran_z[0], 1e-15);
    assert_true(isnan(moran_z[1]) && isnan(moran_z[2]));
    hg_local_plan_free(plan);
}

/*
 * Of the three ways to deal 0 0 3: the left pair sums to at least 0 in all, the right pair to 3 in two; I at the
 * left is at least 1/2 in one (0 0 3), in the middle at least -1/4 in two (the 3 at a side), at the right at
 * least -1 in all.
 */
static void test_relabelling(void **state)
{
    (void)state;
    enum { DRAWS = 29999 };
    hg_control control;
    hg_local_plan *plan = queen_plan(3, 1, all_in, &control);
    double gi[3], moran[3], tolerance = 4.5 * sqrt(0.25 / DRAWS);
    assert_int_equal(hg_local_relabel(plan, three, DRAWS, (hg_local_cells){0}, gi, moran, NULL), HG_OK);
    near_to("Gi* p", 1, gi[0], 0);
    assert_true(isnan(gi[1]));
    near_to("Gi* p", 2.0 / 3, gi[2], tolerance);
    near_to("Moran p", 1.0 / 3, moran[0], tolerance);
    near_to("Moran p", 2.0 / 3, moran[1], tolerance);
    near_to("Moran p", 1, moran[2], 0);
    assert_int_equal(hg_local_relabel(plan, three, 0, (hg_local_cells){0}, gi, moran, NULL), HG_EUSAGE);
    hg_local_plan_free(plan);
}

/* Cells outside A neither count nor are looked at; one without neighbours has Gi* alone. */
static void test_outside(void **state)
{
    (void)state;
    const float share[8] = {0.2f, 1, 0, 0, 0, 1, 0, 1};
    const double map[8] = {0, 0, NAN, INFINITY, -7, 1, 1e300, 3};
    /* n = 4, mean 1, variance 1.5; neighbours only 0 - 1 */
    hg_control control;
    hg_local_plan *plan = queen_plan(8, 1, share, &control);
    double z[8], moran[8], gi_p[8], moran_p[8];
    assert_int_equal(hg_local_gi_star(plan, map, z, NULL), HG_OK);
    assert_int_equal(hg_local_moran(plan, map, moran, NULL, NULL), HG_OK);
    near_to("Gi*", -2 / sqrt(1.5 * 4 / 3), z[0], 1e-15);
    near_to("Gi*", 0, z[5], 0);
    near_to("Gi*", 2 / sqrt(1.5), z[7], 1e-15);
    near_to("Moran", 1 / 1.5, moran[1], 1e-15);
    assert_true(isnan(moran[5]) && isnan(moran[7]));
    assert_int_equal(hg_local_relabel(plan, map, 99, (hg_local_cells){0}, gi_p, moran_p, NULL), HG_OK);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(isnan(z[i]), share[i] == 0);
        assert_int_equal(isnan(gi_p[i]), share[i] == 0);
        assert_int_equal(isnan(moran[i]), i > 1);
        assert_int_equal(isnan(moran_p[i]), i > 1);
    }
    hg_local_plan_free(plan);
}

static void test_nothing_to_tell(void **state)
{
    (void)state;
    const double equal[9] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    hg_control control;
    hg_local_plan *plan = queen_plan(3, 3, all_in, &control);
    double a[9], b[9];
    assert_int_equal(hg_local_gi_star(plan, equal, a, NULL), HG_OK);
    for (size_t i = 0; i < 9; i++)
        assert_true(isnan(a[i]));
    assert_int_equal(hg_local_moran(plan, equal, a, b, NULL), HG_OK);
    for (size_t i = 0; i < 9; i++)
        assert_true(isnan(a[i]) && isnan(b[i]));
    assert_int_equal(hg_local_relabel(plan, equal, 9, (hg_local_cells){0}, a, b, NULL), HG_OK);
    for (size_t i = 0; i < 9; i++)
        assert_true(isnan(a[i]) && isnan(b[i]));
    hg_local_plan_free(plan);
}

static void test_refusals(void **state)
{
    (void)state;
    const float two[4] = {1, 0, 0, 1};
    double bad[9] = {1, 2, 3, 4, NAN, 6, 7, 8, 9}, z[9];
    hg_control control;
    hg_neighbourhood around;
    hg_local_plan *plan = NULL;
    hg_error err;
    assert_int_equal(hg_neighbourhood_queen(&around, NULL), HG_OK);
    assert_int_equal(hg_local_plan_new(2, 2, two, &around, NULL, &plan, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "2 cells"));
    hg_neighbourhood_dispose(&around);
    plan = queen_plan(3, 3, all_in, &control);
    assert_int_equal(hg_local_gi_star(plan, bad, z, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "nan"));
    atomic_store(&control.cancelled, true);
    bad[4] = 5;
    assert_int_equal(hg_local_gi_star(plan, bad, z, NULL), HG_ECANCELLED);
    assert_int_equal(hg_local_relabel(plan, bad, 99, (hg_local_cells){0}, z, NULL, NULL), HG_ECANCELLED);
    hg_local_plan_free(plan);
}

static void test_windows(void **state)
{
    (void)state;
    hg_neighbourhood n;
    hg_error err;
    assert_int_equal(hg_neighbourhood_of_window(0, 50, &n, NULL), HG_OK);
    assert_int_equal(n.reach, 1);
    assert_true(n.half[0] == 1 && n.half[1] == 1 && n.half[2] == 1);
    hg_neighbourhood_dispose(&n);
    /* exactly two cells: the cell two away belongs */
    assert_int_equal(hg_neighbourhood_of_window(0.2, 0.1, &n, NULL), HG_OK);
    assert_int_equal(n.reach, 2);
    const int64_t disc[5] = {0, 1, 2, 1, 0};
    assert_memory_equal(n.half, disc, sizeof disc);
    hg_neighbourhood_dispose(&n);
    assert_int_equal(hg_neighbourhood_within(3, 10, &n, NULL), HG_OK);
    assert_true(n.reach == 0 && n.half[0] == 0);
    hg_neighbourhood_dispose(&n);
    assert_int_equal(hg_neighbourhood_within(-1, 10, &n, &err), HG_EUSAGE);
    assert_int_equal(hg_neighbourhood_within(NAN, 10, &n, &err), HG_EUSAGE);
    assert_int_equal(hg_neighbourhood_within(1e6, 10, &n, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "1e+06 m"));
}

/* erfc(z / sqrt 2) / 2 to 40 digits (mpmath). */
static void test_normal_tail(void **state)
{
    (void)state;
    static const double table[][2] = {{-2, 0.9772498680518207928},       {0, 0.5},
                                      {1, 0.15865525393145705141},       {5, 2.8665157187919391167e-7},
                                      {10, 7.619853024160526066e-24},    {20, 2.7536241186062336951e-89},
                                      {30, 4.9067139271481870595e-198}, {37, 5.7255712225245768227e-300}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        near_to("tail", table[i][1], hg_normal_tail(table[i][0]), 1e-12 * table[i][1]);
    assert_true(isnan(hg_normal_tail(NAN)));
}

/* The three cells as places with lists, and lists that are none. */
static void test_lists(void **state)
{
    (void)state;
    const size_t first[4] = {0, 1, 3, 4};
    const uint32_t good[4] = {1, 0, 2, 1}, self[4] = {0, 0, 2, 1}, twice[4] = {1, 2, 2, 1}, none[4] = {1, 0, 3, 1};
    const size_t backwards[4] = {0, 3, 1, 4};
    double z[3] = {9, 9, 9}, p[3], moran[3], moran_z[3], sim[3];
    const hg_local_columns out = {.gi_z = z, .gi_p = p, .moran = moran, .moran_z = moran_z, .gi_p_sim = sim};
    hg_error err;
    assert_int_equal(hg_local_statistics(three, 3, first, self, 0, 1, 1, &out, &err), HG_EUSAGE);
    assert_int_equal(hg_local_statistics(three, 3, first, twice, 0, 1, 1, &out, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "twice"));
    assert_int_equal(hg_local_statistics(three, 3, first, none, 0, 1, 1, &out, &err), HG_EUSAGE);
    assert_int_equal(hg_local_statistics(three, 3, backwards, good, 0, 1, 1, &out, &err), HG_EUSAGE);
    assert_int_equal(hg_local_statistics(three, 2, first, good, 0, 1, 1, &out, &err), HG_EUSAGE);
    assert_int_equal(hg_local_statistics(NULL, 0, first, NULL, 0, 1, 1, &out, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "at least 3"));
    assert_int_equal(hg_local_statistics(three, 3, first, good, -1, 1, 1, &out, &err), HG_EUSAGE);
    assert_true(z[0] == 9 && z[1] == 9 && z[2] == 9);
    assert_int_equal(hg_local_statistics(three, 3, first, good, 0, 1, 1, &out, NULL), HG_OK);
    near_to("Gi*", -sqrt(2), z[0], 1e-15);
    near_to("Gi* p", hg_normal_tail(-sqrt(2)), p[0], 1e-15);
    near_to("Moran", -1, moran[2], 1e-15);
    near_to("Moran z", 1, moran_z[0], 1e-15);
    assert_true(isnan(z[1]) && isnan(p[1]) && isnan(sim[0]));
}

static hg_status everything(void *context, hg_error *err)
{
    (void)context;
    const double map[9] = {0, 2, 0, 1, 0, 3, 0, 0, 1};
    const size_t first[4] = {0, 1, 3, 4};
    const uint32_t neighbour[4] = {1, 0, 2, 1};
    const uint64_t some[1] = {4};
    double a[9], b[9];
    const hg_local_columns out = {.gi_p_sim = a};
    hg_control control = {.threads = 1};
    hg_neighbourhood around = {0};
    hg_local_plan *plan = NULL;
    hg_status status = hg_neighbourhood_queen(&around, err);
    if (status == HG_OK)
        status = hg_local_plan_new(3, 3, all_in, &around, &control, &plan, err);
    if (status == HG_OK)
        status = hg_local_gi_star(plan, map, a, err);
    if (status == HG_OK)
        status = hg_local_moran(plan, map, a, b, err);
    if (status == HG_OK)
        status = hg_local_relabel(plan, map, 3, (hg_local_cells){0}, a, b, err);
    if (status == HG_OK)
        status = hg_local_relabel(plan, map, 3, (hg_local_cells){some, 1}, a, b, err);
    if (status == HG_OK)
        status = hg_local_at(plan, map, (hg_local_cells){some, 1}, &(const hg_local_columns){.gi_z = a}, err);
    if (status == HG_OK)
        status = hg_local_at(plan, map, (hg_local_cells){0}, &(const hg_local_columns){.gi_z = a}, err);
    if (status == HG_OK)
        status = hg_local_statistics(three, 3, first, neighbour, 3, 1, 1, &out, err);
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&around);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    sweep_allocations(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_cells),   cmocka_unit_test(test_relabelling), cmocka_unit_test(test_outside),
        cmocka_unit_test(test_nothing_to_tell), cmocka_unit_test(test_refusals),  cmocka_unit_test(test_windows),
        cmocka_unit_test(test_normal_tail),   cmocka_unit_test(test_lists),       cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
