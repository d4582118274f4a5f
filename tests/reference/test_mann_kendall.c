/*
 * Mann-Kendall against R 4.2's cor.test(x, seq_along(x), method = "kendall", exact = FALSE, continuity = TRUE), and
 * Hamed and Rao's variance against a few lines of R from their paper (rank, acf, median of slopes), on series that
 * come with R and two short ones.
 */
#include "engine/mann_kendall.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const double nile[] = {
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958,
    1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050,
    969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759,
    781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744,
    749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740};
static const double lake_huron[] = {
    580.38, 581.86, 580.97, 580.8, 579.79, 580.39, 580.42, 580.82, 581.4, 581.32, 581.44, 581.68, 581.17, 580.53,
    580.01, 579.91, 579.14, 579.16, 579.55, 579.67, 578.44, 578.24, 579.1, 579.09, 579.35, 578.82, 579.32, 579.01,
    579, 579.8, 579.83, 579.72, 579.89, 580.01, 579.37, 578.69, 578.19, 578.67, 579.55, 578.92, 578.09, 579.37,
    580.13, 580.14, 579.51, 579.24, 578.66, 578.86, 578.05, 577.79, 576.75, 576.75, 577.82, 578.64, 580.58,
    579.48, 577.38, 576.9, 576.94, 576.24, 576.84, 576.85, 576.9, 577.79, 578.18, 577.51, 577.23, 578.42, 579.61,
    579.05, 579.26, 579.22, 579.38, 579.1, 577.95, 578.12, 579.75, 580.85, 580.41, 579.96, 579.61, 578.76, 578.18,
    577.21, 577.13, 579.1, 578.25, 577.91, 576.89, 575.96, 576.8, 577.68, 578.38, 578.52, 579.74, 579.31, 579.89,
    579.96};
static const double sunspots[] = {
    5, 11, 16, 23, 36, 58, 29, 20, 10, 8, 3, 0, 0, 2, 11, 27, 47, 63, 60, 39, 28, 26, 22, 11, 21, 40, 78, 122,
    103, 73, 47, 35, 11, 5, 16, 34, 70, 81, 111, 101, 73, 40, 20, 16, 5, 11, 22, 40, 60, 80.9, 83.4, 47.7, 47.8,
    30.7, 12.2, 9.6, 10.2, 32.4, 47.6, 54};
static const double new_haven[] = {
    49.9, 52.3, 49.4, 51.1, 49.4, 47.9, 49.8, 50.9, 49.3, 51.9, 50.8, 49.6, 49.3, 50.6, 48.4, 50.7, 50.9, 50.6,
    51.5, 52.8, 51.8, 51.1, 49.8, 50.2, 50.4, 51.6, 51.8, 50.9, 48.8, 51.7, 51, 50.6, 51.7, 51.5, 52.1, 51.3, 51,
    54, 51.4, 52.7, 53.1, 54.6, 52, 52, 50.9, 52.6, 50.2, 52.6, 51.6, 51.9, 50.5, 50.9, 51.7, 51.4, 51.7, 50.8,
    51.9, 51.8, 51.9, 53};
static const double digits[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
static const double saw[] = {1, 5, 2, 6, 3, 7, 4, 8, 5, 9, 6, 10};
static const double constant[] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4};

typedef struct sample {
    const double *value;
    size_t n;
    int64_t s;
    double tau, p;             /* cor.test */
    double z, z_corrected, p_corrected;
} sample;

#define SERIES(x) (x), sizeof(x) / sizeof *(x)

static const sample samples[] = {
    {SERIES(nile), -1387, -0.280741334724613, 3.65826292166434e-05,
     -4.1280665228441, -2.81997919564514, 0.00480267631018274},
    {SERIES(lake_huron), -1682, -0.354366707502826, 2.47180483772577e-07,
     -5.15982522603039, -2.8461892597019, 0.00442458891547618},
    {SERIES(digits), 48, 0.417786374293675, 0.0321714906635013,
     2.14227336725624, 2.14227336725624, 0.0321714906635013},
    {SERIES(sunspots), 337, 0.191754494478033, 0.0319966291095966,
     2.14445272992815, 2.15358960099749, 0.0312723705026536},
    {SERIES(new_haven), 624, 0.35659471715016, 6.95656705505018e-05,
     3.97776637784399, 3.97776637784399, 6.95656705505018e-05},
    {SERIES(saw), 40, 0.615457454896664, 0.00720982497268993,
     2.68699399122156, 7.9182984514618, 2.40782850645853e-15},
};

static void assert_near(double got, double expected)
{
    assert_true(fabs(got - expected) <= 1e-9 * fmax(1, fabs(expected)));
}

static void test_against_r(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const sample *e = &samples[i];
        hg_mann_kendall r;
        assert_int_equal(hg_mann_kendall_test(e->value, e->n, &r, NULL), HG_OK);
        assert_int_equal(r.s, e->s);
        assert_near(r.tau, e->tau);
        assert_near(r.z, e->z);
        assert_true(fabs(r.p_value - e->p) <= 1e-9 * e->p);
    }
}

static void test_hamed_rao(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const sample *e = &samples[i];
        hg_mann_kendall r;
        assert_int_equal(hg_mann_kendall_hamed_rao(e->value, e->n, &r, NULL), HG_OK);
        assert_int_equal(r.s, e->s);
        assert_near(r.tau, e->tau);
        assert_near(r.z, e->z_corrected);
        assert_true(fabs(r.p_value - e->p_corrected) <= 1e-8 * e->p_corrected);
    }
}

static void test_no_trend_in_equal_values(void **state)
{
    (void)state;
    hg_mann_kendall r;
    assert_int_equal(hg_mann_kendall_hamed_rao(SERIES(constant), &r, NULL), HG_OK);
    assert_true(r.s == 0 && r.z == 0 && r.p_value == 1 && r.tau == 0);
    assert_int_equal(hg_mann_kendall_hamed_rao(constant, 9, &r, NULL), HG_EUSAGE);
    assert_int_equal(hg_mann_kendall_hamed_rao(constant, HG_HAMED_RAO_MAX + 1, &r, NULL), HG_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_r),
        cmocka_unit_test(test_hamed_rao),
        cmocka_unit_test(test_no_trend_in_equal_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
