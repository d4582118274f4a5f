/* Bandwidth rules on points whose spread can be worked by hand, and the median against a sort. */
#include "base/random.h"
#include "engine/bandwidth.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect_rule(hg_bandwidth_rule rule, hg_kernel_shape shape, const hg_points *p,
                        double want)
{
    double got = -1;
    hg_error err = {0};
    if (hg_bandwidth_by_rule(rule, shape, p, &got, &err) != HG_OK)
        fail_msg("%s", err.message);
    if (!(fabs(got - want) <= 1e-12 * want))
        fail_msg("%s: expected %.17g, obtained %.17g", hg_kernel_name(shape), want, got);
}

static void test_by_hand(void **state)
{
    (void)state;
    /* mean centre (1000, 2000); distances 30, 30, 40, 40; SD^2 = 1250; median 35 */
    double x[] = {970, 1030, 1000, 1000}, y[] = {2000, 2000, 1960, 2040};
    hg_points p = {4, x, y, NULL};
    double sd = sqrt(1250), dm = 35 * sqrt(1 / M_LN2);
    double quartic = 0.9 * fmin(sd, dm) * pow(4, -0.2);
    expect_rule(HG_RULE_SILVERMAN, HG_QUARTIC, &p, quartic);
    expect_rule(HG_RULE_SILVERMAN, HG_GAUSSIAN, &p, quartic / sqrt(8));
    expect_rule(HG_RULE_SILVERMAN, HG_TRIWEIGHT, &p, quartic * sqrt(10.0 / 8.0));
    double sigma = sqrt(625) * pow(4, -1.0 / 6);
    expect_rule(HG_RULE_SCOTT, HG_GAUSSIAN, &p, sigma);
    expect_rule(HG_RULE_SCOTT, HG_UNIFORM, &p, 2 * sigma);
    expect_rule(HG_RULE_SCOTT, HG_TRIANGULAR, &p, sqrt(20.0 / 3.0) * sigma);
}

static void test_weights(void **state)
{
    (void)state;
    /* weights 3 and 1: mean centre 0, distances 10 and 30, SD^2 = 300, n = 16/10, median 20 */
    double x[] = {-10, 30, 1e6}, y[] = {0, 0, 1e6}, w[] = {3, 1, 0};
    hg_points p = {3, x, y, w};
    double dm = 20 * sqrt(1 / M_LN2);
    expect_rule(HG_RULE_SILVERMAN, HG_QUARTIC, &p, 0.9 * fmin(sqrt(300), dm) * pow(1.6, -0.2));
    expect_rule(HG_RULE_SCOTT, HG_GAUSSIAN, &p, sqrt(150) * pow(1.6, -1.0 / 6));
}

/* More than half at the mean centre: the median is 0 and the standard distance alone decides. */
static void test_median_of_zero(void **state)
{
    (void)state;
    double x[] = {0, 0, 0, -10, 10}, y[5] = {0};
    hg_points p = {5, x, y, NULL};
    expect_rule(HG_RULE_SILVERMAN, HG_QUARTIC, &p, 0.9 * sqrt(40) * pow(5, -0.2));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Clustered with far outliers, so that the median, not the standard distance, is the smaller. */
static void test_median_against_sort(void **state)
{
    (void)state;
    for (size_t n = 50; n < 4000; n = n * 3 + 1) {
        double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y), *d = malloc(n * sizeof *d);
        hg_random r = hg_random_seed(n, 0);
        double mx = 0, my = 0;
        for (size_t i = 0; i < n; i++) {
            double far = i % 10 == 0 ? 1e5 : 1e2;
            x[i] = 4e5 + far * (hg_random_unit(&r) - 0.5);
            y[i] = 2.5e6 + far * (hg_random_unit(&r) - 0.5);
            mx += x[i] / (double)n;
            my += y[i] / (double)n;
        }
        for (size_t i = 0; i < n; i++)
            d[i] = hypot(x[i] - mx, y[i] - my);
        qsort(d, n, sizeof *d, ascending);
        double median = 0.5 * (d[(n - 1) / 2] + d[n / 2]), got;
        hg_points p = {n, x, y, NULL};
        assert_int_equal(hg_bandwidth_by_rule(HG_RULE_SILVERMAN, HG_QUARTIC, &p, &got, NULL),
                         HG_OK);
        double want = 0.9 * median * sqrt(1 / M_LN2) * pow((double)n, -0.2);
        if (!(fabs(got - want) <= 1e-9 * want))
            fail_msg("n = %zu: expected %.15g, obtained %.15g, tolerance 1e-9", n, want, got);
        free(x);
        free(y);
        free(d);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    double x[] = {5, 5, 5}, y[] = {7, 7, 7}, w[] = {1, 0, 0}, h = -1;
    hg_points none = {0}, one = {1, x, y, NULL}, same = {3, x, y, NULL}, weightless = {3, x, y, w};
    const hg_points *all[] = {&none, &one, &same, &weightless};
    for (size_t i = 0; i < 4; i++) {
        hg_error err = {0};
        assert_int_equal(hg_bandwidth_by_rule(HG_RULE_SCOTT, HG_QUARTIC, all[i], &h, &err),
                         HG_EDATA);
        assert_true(h == -1 && err.message[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_median_of_zero), cmocka_unit_test(test_median_against_sort),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
