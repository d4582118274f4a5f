/* Kernels: values at hand-checkable distances, mass one, standard deviation one. */
#include "engine/kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void expect_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: expected %.17g, obtained %.17g, difference %.3g, tolerance %.3g", what, want,
                 got, got - want, tolerance);
}

static void test_values(void **state)
{
    (void)state;
    static const double at_half[HG_KERNEL_END] = {[HG_UNIFORM] = 1 / M_PI,
                                                  [HG_TRIANGULAR] = 1.5 / M_PI,
                                                  [HG_EPANECHNIKOV] = 1.5 / M_PI,
                                                  [HG_QUARTIC] = 3 * 0.5625 / M_PI,
                                                  [HG_TRIWEIGHT] = 4 * 0.421875 / M_PI,
                                                  [HG_GAUSSIAN] = 0.1404537443096252};
    for (int i = 0; i < HG_KERNEL_END; i++) {
        hg_kernel k = {(hg_kernel_shape)i, 1.0, 4.0};
        expect_near(hg_kernel_name(k.shape), hg_kernel_value(&k, 0.5), at_half[i], 1e-15);
        double rim = k.shape == HG_GAUSSIAN ? 4.0 : 1.0;
        assert_true(hg_kernel_value(&k, rim) == 0.0);
        assert_true(hg_kernel_value(&k, rim + 1e9) == 0.0);
        assert_true(hg_kernel_value(&k, nextafter(rim, 0)) >= 0.0);
    }
}

/* By Simpson's rule over the radius: mass 2 pi u K, variance of one axis pi u^3 K. */
static void test_mass_and_deviation(void **state)
{
    (void)state;
    enum { STEPS = 20000 };
    for (int i = 0; i < HG_KERNEL_END; i++) {
        hg_kernel k = {(hg_kernel_shape)i, 1.0, 12.0};
        double end = nextafter(hg_kernel_support_m(&k), 0), mass = 0, variance = 0;
        for (int s = 0; s <= STEPS; s++) {
            double u = s == STEPS ? end : end * s / STEPS;
            double factor = (s == 0 || s == STEPS ? 1.0 : s % 2 ? 4.0 : 2.0) * end / STEPS / 3.0;
            mass += factor * 2.0 * M_PI * u * hg_kernel_value(&k, u);
            variance += factor * M_PI * u * u * u * hg_kernel_value(&k, u);
        }
        expect_near(hg_kernel_name(k.shape), mass, 1.0, 1e-9);
        expect_near(hg_kernel_name(k.shape), 1.0 / sqrt(variance), hg_kernel_sigma_ratio(k.shape),
                    1e-8);
    }
}

static void test_gaussian_cut(void **state)
{
    (void)state;
    hg_kernel k = {HG_GAUSSIAN, 50.0, 4.0}, q = {HG_QUARTIC, 50.0, 4.0};
    expect_near("support", hg_kernel_support_m(&k), 200.0, 0);
    expect_near("truncated", hg_kernel_truncated(&k), 3.3546262790251185e-4, 1e-18);
    expect_near("support", hg_kernel_support_m(&q), 50.0, 0);
    expect_near("truncated", hg_kernel_truncated(&q), 0.0, 0);
}

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < HG_KERNEL_END; i++) {
        hg_kernel_shape shape;
        assert_true(hg_kernel_by_name(hg_kernel_name((hg_kernel_shape)i), &shape));
        assert_int_equal(shape, i);
    }
    hg_kernel_shape shape = HG_UNIFORM;
    assert_true(hg_kernel_by_name("Quartic", &shape) && shape == HG_QUARTIC);
    assert_false(hg_kernel_by_name("biweight", &shape));
    assert_false(hg_kernel_by_name(NULL, &shape));
    assert_int_equal(shape, HG_QUARTIC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_mass_and_deviation),
        cmocka_unit_test(test_gaussian_cut),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
