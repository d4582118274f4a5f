/* The row sums against the double sum that defines a density, and against planted faults. */
#include "tests/oracle/density_brute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const double TOLERANCE = 1e-9; /* of the peak */

static void expect_equal(const char *what, const hg_points *p, const hg_grid *g, const hg_kernel *k)
{
    double *density = density_of(p, g, k, 2, 0);
    assert_non_null(density);
    comparison c = compare_with_brute(p, g, k, density);
    if (!(c.worst <= TOLERANCE) || c.residues || c.negatives)
        fail_msg("%s, %s, h = %g m: worst %.3g of the peak %.6g (tolerance %g), %zu residues, %zu "
                 "negative, on %zu cells",
                 what, hg_kernel_name(k->shape), k->bandwidth_m, c.worst, c.peak, TOLERANCE,
                 c.residues, c.negatives, c.cells);
    free(density);
}

static void test_random_points(void **state)
{
    (void)state;
    static const struct {
        int64_t west, top, columns, rows;
        double cell, h_cells;
        size_t n;
    } t[] = {
        {0, 16, 17, 17, 10, 3.3, 200},      {52000, 249000, 61, 43, 10, 9.7, 400},
        {-40, 20, 1, 37, 25, 1.0, 60},      {5000, 41000, 45, 1, 100, 6.0, 120},
        {-7, 3, 9, 11, 0.29, 40.0, 50},     {400000, 2500000, 73, 29, 1, 2.5, 300},
        {100, 100, 130, 64, 50, 17.3, 300}, {3, 3, 1, 1, 10, 5.0, 40},
        {0, 99, 100, 100, 10, 4.999, 400},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        hg_grid g = {t[i].cell, t[i].west, t[i].top, t[i].columns, t[i].rows};
        for (int shape = 0; shape < HG_KERNEL_END; shape++)
            for (int weighted = 0; weighted < 2; weighted++) {
                hg_kernel k = {(hg_kernel_shape)shape, t[i].h_cells * t[i].cell, 3.0};
                double margin = 1.5 * hg_kernel_support_m(&k);
                sample s = sample_random(&g, t[i].n, margin, weighted, 7 + i);
                expect_equal("random", &s.points, &g, &k);
                sample_dispose(&s);
            }
    }
}

static void test_every_instruction_set(void **state)
{
    (void)state;
    static const char *sets[] = {"baseline", "avx2", "avx512"};
    hg_grid g = {10, 40000, 300000, 83, 51};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (!hg_density_set_simd(sets[i])) {
            printf("not on this processor: %s\n", sets[i]);
            continue;
        }
        assert_string_equal(hg_density_simd(), sets[i]);
        for (int shape = 0; shape < HG_KERNEL_END; shape++) {
            hg_kernel k = {(hg_kernel_shape)shape, 77.7, 4.0};
            sample s = sample_random(&g, 700, 150, i % 2 == 0, 3);
            expect_equal(sets[i], &s.points, &g, &k);
            sample_dispose(&s);
        }
    }
    assert_false(hg_density_set_simd("abacus"));
    assert_true(hg_density_set_simd("auto"));
}

/* Centres exactly on rims are left out of the comparison above; where all is exact they are zero.
 */
static void test_exact_rim_is_outside(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 20, 21, 21};
    double x = 105, y = 105;
    hg_points p = {1, &x, &y, NULL};
    for (int shape = 0; shape < HG_GAUSSIAN; shape++) {
        hg_kernel k = {(hg_kernel_shape)shape, 50, 4.0};
        double *d = density_of(&p, &g, &k, 1, 0);
        assert_non_null(d);
        for (int64_t row = 0; row < 21; row++)
            for (int64_t column = 0; column < 21; column++) {
                int64_t d2 = (row - 10) * (row - 10) + (column - 10) * (column - 10);
                double got = d[row * 21 + column];
                if ((got > 0.0) != (d2 < 25))
                    fail_msg("%s at offset (%d, %d): %g, support is 5 cells",
                             hg_kernel_name(k.shape), (int)column - 10, (int)row - 10, got);
            }
        free(d);
    }
}

/* A million incidents at one address, and one far away: the one must be as exact as if alone. */
static void test_heavy_pile_up(void **state)
{
    (void)state;
    enum { N = 1000000 };
    hg_grid g = {10, 0, 79, 80, 80};
    sample s = sample_new(N + 2, true);
    for (int weighted = 0; weighted < 2; weighted++) {
        for (size_t i = 0; i < N; i++) {
            s.x[i] = 203.7;
            s.y[i] = 391.3;
            s.w[i] = 1.0 + (double)(i % 3);
        }
        s.x[N] = 566.1, s.y[N] = 388.8, s.w[N] = 1.0;             /* no support in common */
        s.x[N + 1] = 251.9, s.y[N + 1] = 391.3, s.w[N + 1] = 1.0; /* within the pile's support */
        hg_points all = {N + 2, s.x, s.y, weighted ? s.w : NULL};
        double pile = weighted ? 0.0 : N;
        for (size_t i = 0; weighted && i < N; i++)
            pile += s.w[i];
        double mx[3] = {203.7, 566.1, 251.9}, my[3] = {391.3, 388.8, 391.3}, mw[3] = {pile, 1, 1};
        hg_points merged = {3, mx, my, mw}, alone = {1, mx + 1, my + 1, mw + 1};
        for (int shape = 0; shape < HG_KERNEL_END; shape++) {
            hg_kernel k = {(hg_kernel_shape)shape, shape == HG_GAUSSIAN ? 50 : 150, 3.0};
            double *d = density_of(&all, &g, &k, 2, 0);
            assert_non_null(d);
            comparison c = compare_with_brute(&merged, &g, &k, d);
            if (!(c.worst <= TOLERANCE) || c.residues || c.negatives)
                fail_msg("%s: %.3g of the peak, %zu residues", hg_kernel_name(k.shape), c.worst,
                         c.residues);
            for (int64_t row = 0; row < g.rows; row++)
                for (int64_t column = 41; column < g.columns; column++) {
                    bool rim;
                    double want = brute_density(&alone, &k, hg_grid_column_centre(&g, column),
                                                hg_grid_row_centre(&g, row), &rim);
                    double got = d[row * 80 + column],
                           peak = hg_kernel_value(&k, 0) / (k.bandwidth_m * k.bandwidth_m);
                    if (!rim && fabs(got - want) > TOLERANCE * peak)
                        fail_msg("%s beside the pile: expected %.17g, obtained %.17g, tolerance %g",
                                 hg_kernel_name(k.shape), want, got, TOLERANCE * peak);
                }
            free(d);
        }
    }
    sample_dispose(&s);
}

static void test_real_points(void **state)
{
    (void)state;
    const char *folder = getenv("HOTGRID_SHARED_DATA");
    char path[1024], line[1024];
    snprintf(path, sizeof path, "%s/clm_fires/clmfires.csv", folder ? folder : "");
    FILE *f = folder ? fopen(path, "r") : NULL;
    if (!f) {
        printf("skipped: no clm_fires/clmfires.csv under HOTGRID_SHARED_DATA\n");
        skip();
    }
    sample s = sample_new(10000, false);
    size_t n = 0;
    while (n < 10000 && fgets(line, sizeof line, f))
        if (sscanf(line, "%lf,%lf", &s.x[n], &s.y[n]) == 2) {
            s.x[n] *= 1000.0;
            s.y[n] *= 1000.0;
            n++;
        }
    fclose(f);
    assert_int_equal(n, 8488);
    s.points.n = n;
    hg_grid g;
    assert_int_equal(hg_grid_over(0, 0, 400000, 400000, 10000, &g, NULL), HG_OK);
    for (int shape = 0; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = {(hg_kernel_shape)shape, 20000, 4.0};
        expect_equal("forest fires", &s.points, &g, &k);
    }
    sample_dispose(&s);
}

/* The comparison must see a fault of 1e-8 of the peak, a residue and a shift by a cell. */
static void test_comparison_bites(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 29, 31, 30};
    hg_kernel k = {HG_QUARTIC, 45, 4.0};
    sample s = sample_random(&g, 20, 0, false, 1);
    double *d = density_of(&s.points, &g, &k, 1, 0);
    assert_non_null(d);
    comparison right = compare_with_brute(&s.points, &g, &k, d);
    assert_true(right.worst <= TOLERANCE && right.residues == 0);

    size_t empty = 0, cells = (size_t)hg_grid_cells(&g);
    while (empty < cells && d[empty] != 0.0)
        empty++;
    assert_true(empty < cells);
    d[empty] = 1e-300;
    assert_int_equal(compare_with_brute(&s.points, &g, &k, d).residues, 1);
    d[empty] = 1e-8 * right.peak;
    assert_true(compare_with_brute(&s.points, &g, &k, d).worst > TOLERANCE);
    memmove(d, d + 1, (cells - 1) * sizeof *d);
    assert_true(compare_with_brute(&s.points, &g, &k, d).worst > 1e-3);
    free(d);
    sample_dispose(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_points),        cmocka_unit_test(test_every_instruction_set),
        cmocka_unit_test(test_exact_rim_is_outside), cmocka_unit_test(test_heavy_pile_up),
        cmocka_unit_test(test_real_points),          cmocka_unit_test(test_comparison_bites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
