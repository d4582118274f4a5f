/* q-values: a hand example, R's p.adjust, ties, what is no test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/random.h"
#include "engine/fdr.h"
#include "support/sweep.h"

#include <math.h>
#include <string.h>

static void expect(const double *p, size_t n, const double *q, size_t tests)
{
    double obtained[64];
    size_t m = 99;
    assert_int_equal(hg_fdr_q_values(p, n, obtained, &m, NULL), HG_OK);
    assert_int_equal(m, tests);
    for (size_t i = 0; i < n; i++) {
        bool same = isnan(q[i]) ? isnan(obtained[i]) : fabs(q[i] - obtained[i]) <= 1e-15 * q[i];
        if (!same)
            print_message("q of p[%zu] = %.17g: expected %.17g, obtained %.17g\n", i, p[i], q[i], obtained[i]);
        assert_true(same);
    }
}

/* Four tests: 0.01 x 4/1, 0.02 x 4/2, 0.03 x 4/3 are all 0.04; the last keeps its 0.5. */
static void test_by_hand(void **state)
{
    (void)state;
    expect((double[]){0.03, 0.5, 0.01, 0.02}, 4, (double[]){0.04, 0.5, 0.04, 0.04}, 4);
}

/* A smaller p never has a larger q: 0.04 x 3/2 = 0.06 is more than 0.045 x 3/3. */
static void test_steps_down(void **state)
{
    (void)state;
    expect((double[]){0.04, 0.045, 0.001}, 3, (double[]){0.045, 0.045, 0.003}, 3);
}

/* R 4.2.2: p.adjust(p, "BH"). */
static void test_equals_r(void **state)
{
    (void)state;
    expect((double[]){0.01, 0.04, 0.03, 0.005, 0.5, 1, 0.04, 0, 1e-300, 0.97}, 10,
           (double[]){0.025000000000000001, 0.057142857142857148, 0.057142857142857148, 0.016666666666666666,
                      0.625, 1, 0.057142857142857148, 0, 5e-300, 1}, 10);
}

static void test_what_is_no_test(void **state)
{
    (void)state;
    expect((double[]){NAN, 0.01, NAN, 0.02}, 4, (double[]){NAN, 0.02, NAN, 0.02}, 2);
    expect((double[]){NAN, NAN}, 2, (double[]){NAN, NAN}, 0);
    expect(NULL, 0, NULL, 0);
    expect((double[]){1, 1, 1}, 3, (double[]){1, 1, 1}, 3);
    expect((double[]){1, 0.04, 1, 1}, 4, (double[]){1, 0.16, 1, 1}, 4);
    expect((double[]){0, -0.0, 0.9}, 3, (double[]){0, 0, 0.9}, 3);
}

static void test_refuses(void **state)
{
    (void)state;
    hg_error err;
    double q[2];
    assert_int_equal(hg_fdr_q_values((double[]){0.5, 1.5}, 2, q, NULL, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "1.5"));
    assert_int_equal(hg_fdr_q_values((double[]){-0.1, 0.5}, 2, q, NULL, &err), HG_EUSAGE);
    assert_int_equal(hg_fdr_q_values((double[]){INFINITY, 0.5}, 2, q, NULL, &err), HG_EUSAGE);
}

/* The definition, pair by pair: min over p[j] >= p[i] of p[j] m / #{p <= p[j]}. */
static void test_equals_the_definition(void **state)
{
    (void)state;
    double p[64], q[64];
    for (uint64_t round = 0; round < 50; round++) {
        hg_random r = hg_random_seed(3, round);
        for (size_t i = 0; i < 64; i++) {
            p[i] = (double)hg_random_below(&r, 20) / 19; /* ties */
            if (hg_random_below(&r, 9) == 0)
                p[i] = NAN;
        }
        size_t m = 0;
        assert_int_equal(hg_fdr_q_values(p, 64, q, &m, NULL), HG_OK);
        for (size_t i = 0; i < 64; i++) {
            double least = 1;
            for (size_t j = 0; j < 64; j++) {
                size_t rank = 0;
                for (size_t k = 0; k < 64; k++)
                    rank += p[k] <= p[j];
                if (p[j] >= p[i])
                    least = fmin(least, p[j] * (double)m / (double)rank);
            }
            assert_true(isnan(p[i]) ? isnan(q[i]) : fabs(q[i] - least) <= 1e-15);
        }
    }
}

static hg_status adjust(void *context, hg_error *err)
{
    double q[4];
    return hg_fdr_q_values(context, 4, q, NULL, err);
}

static void test_allocation_failures(void **state)
{
    (void)state;
    double p[] = {0.03, 0.5, NAN, 0.02};
    sweep_allocations(adjust, p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),       cmocka_unit_test(test_steps_down),
        cmocka_unit_test(test_equals_r),      cmocka_unit_test(test_what_is_no_test),
        cmocka_unit_test(test_refuses),       cmocka_unit_test(test_equals_the_definition),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
