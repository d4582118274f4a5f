/* What must hold of every density: threads, bands, point order, mass, scale and shift. */
#include "base/memory.h"
#include "tests/oracle/density_brute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const hg_grid grid = {10, 40000, 300000, 91, 67};

static hg_kernel kernel_of(int shape)
{
    return (hg_kernel){(hg_kernel_shape)shape, shape == HG_GAUSSIAN ? 31.0 : 93.0, 3.0};
}

static double largest(const double *d, size_t n)
{
    double peak = 0.0;
    for (size_t i = 0; i < n; i++)
        peak = fmax(peak, d[i]);
    return peak;
}

static void expect_same_bits(const char *what, int shape, const double *a, const double *b)
{
    size_t n = (size_t)hg_grid_cells(&grid);
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0)
            fail_msg("%s, %s, cell %zu: %.17g and %.17g", what,
                     hg_kernel_name((hg_kernel_shape)shape), i, a[i], b[i]);
}

static void test_threads_and_bands(void **state)
{
    (void)state;
    static const struct {
        int threads;
        int64_t step;
    } ways[] = {{2, 0}, {7, 0}, {1, 1}, {2, 7}, {7, 16}, {3, 33}, {2, 66}};
    for (int shape = 0; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = kernel_of(shape);
        sample s = sample_random(&grid, 3000, 120, shape % 2 == 0, 11);
        double *one = density_of(&s.points, &grid, &k, 1, 0);
        assert_non_null(one);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            double *d = density_of(&s.points, &grid, &k, ways[i].threads, ways[i].step);
            assert_non_null(d);
            expect_same_bits("threads or bands", shape, one, d);
            free(d);
        }
        free(one);
        sample_dispose(&s);
    }
}

/* Enough points for several slices and strips; order, pile-ups and splits must leave no trace. */
static void test_point_order(void **state)
{
    (void)state;
    enum { N = 300000 };
    for (int weighted = 0; weighted < 2; weighted++) {
        hg_kernel k = kernel_of(HG_QUARTIC);
        sample s = sample_random(&grid, N, 200, weighted, 23);
        double *before = density_of(&s.points, &grid, &k, 2, 0);
        hg_random r = hg_random_seed(99, 0);
        for (size_t i = N - 1; i > 0; i--) {
            size_t j = (size_t)hg_random_below(&r, i + 1);
            double x = s.x[i], y = s.y[i], w = weighted ? s.w[i] : 0.0;
            s.x[i] = s.x[j], s.y[i] = s.y[j];
            s.x[j] = x, s.y[j] = y;
            if (weighted)
                s.w[i] = s.w[j], s.w[j] = w;
        }
        double *after = density_of(&s.points, &grid, &k, 1, 0);
        assert_true(before && after);
        expect_same_bits("order of points", HG_QUARTIC, before, after);
        free(before);
        free(after);
        sample_dispose(&s);
    }
}

static void test_instruction_sets_agree(void **state)
{
    (void)state;
    static const char *sets[] = {"avx2", "avx512"};
    size_t n = (size_t)hg_grid_cells(&grid);
    for (int shape = 0; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = kernel_of(shape);
        sample s = sample_random(&grid, 20000, 120, shape % 2 == 0, 31);
        assert_true(hg_density_set_simd("baseline"));
        double *base = density_of(&s.points, &grid, &k, 2, 0), peak = largest(base, n);
        for (size_t i = 0; i < 2; i++) {
            if (!hg_density_set_simd(sets[i]))
                continue;
            double *d = density_of(&s.points, &grid, &k, 2, 0);
            for (size_t c = 0; c < n; c++)
                if (!(fabs(d[c] - base[c]) <= 1e-12 * peak) ||
                    (d[c] == 0.0 && base[c] > 1e-12 * peak))
                    fail_msg("%s, %s, cell %zu: %.17g, baseline %.17g, tolerance %.3g", sets[i],
                             hg_kernel_name(k.shape), c, d[c], base[c], 1e-12 * peak);
            free(d);
        }
        assert_true(hg_density_set_simd("auto"));
        free(base);
        sample_dispose(&s);
    }
}

/* The lattice sum of one point, over all cells there are. */
static double lattice_mass(const hg_kernel *k, double x, double y, double w)
{
    double c = grid.cell_m, support = hg_kernel_support_m(k), sum = 0.0;
    hg_points p = {1, &x, &y, NULL};
    int64_t m = (int64_t)ceil(support / c) + 1;
    int64_t column = hg_grid_column_of(&grid, x), row = hg_grid_row_of(&grid, y);
    for (int64_t i = row - m; i <= row + m; i++)
        for (int64_t j = column - m; j <= column + m; j++)
            sum += brute_density(&p, k, hg_grid_column_centre(&grid, j),
                                 hg_grid_row_centre(&grid, i), NULL);
    return w * sum * c * c;
}

/* Grid and beyond together hold the lattice sum of every point, however far out it lies. */
static void test_mass_balance(void **state)
{
    (void)state;
    for (int shape = 0; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = kernel_of(shape);
        sample s = sample_random(&grid, 500, 900, true, 41);
        double expected = 0.0, on_grid = 0.0, beyond = -1.0, again = -1.0;
        for (size_t i = 0; i < s.points.n; i++)
            expected += s.w[i] > 0.0 ? lattice_mass(&k, s.x[i], s.y[i], s.w[i]) : 0.0;
        hg_control control = {.threads = 2};
        hg_density_plan *plan = NULL;
        double *d = malloc((size_t)hg_grid_cells(&grid) * sizeof *d);
        assert_int_equal(hg_density_plan_new(&s.points, &grid, &k, &control, &plan, NULL), HG_OK);
        assert_int_equal(hg_density_mass_beyond(plan, &beyond, NULL), HG_OK);
        assert_int_equal(hg_density_band(plan, 0, grid.rows, d, NULL), HG_OK);
        assert_int_equal(hg_density_mass_beyond(plan, &again, NULL), HG_OK);
        assert_true(beyond == again && beyond > 0.0);
        for (size_t i = 0; i < (size_t)hg_grid_cells(&grid); i++)
            on_grid += d[i] * grid.cell_m * grid.cell_m;
        if (!(fabs(on_grid + beyond - expected) <= 1e-9 * expected))
            fail_msg("%s: grid %.12g + beyond %.12g, expected %.12g, tolerance 1e-9",
                     hg_kernel_name(k.shape), on_grid, beyond, expected);
        hg_density_plan_free(plan);
        free(d);
        sample_dispose(&s);
    }
}

/* The lattice goes on: rows asked for outside the grid are those of a taller grid. */
static void test_rows_outside(void **state)
{
    (void)state;
    hg_kernel k = kernel_of(HG_TRIWEIGHT);
    sample s = sample_random(&grid, 400, 0, false, 51);
    hg_grid tall = grid;
    tall.top += 20;
    tall.rows += 40;
    double *want = density_of(&s.points, &tall, &k, 1, 0);
    double *got = malloc((size_t)hg_grid_cells(&tall) * sizeof *got);
    hg_density_plan *plan = NULL;
    assert_int_equal(hg_density_plan_new(&s.points, &grid, &k, NULL, &plan, NULL), HG_OK);
    assert_int_equal(hg_density_band(plan, -20, tall.rows, got, NULL), HG_OK);
    size_t n = (size_t)hg_grid_cells(&tall);
    double peak = largest(want, n);
    for (size_t i = 0; i < n; i++)
        if (!(fabs(got[i] - want[i]) <= 1e-12 * peak))
            fail_msg("cell %zu: expected %.17g, obtained %.17g", i, want[i], got[i]);
    hg_density_plan_free(plan);
    free(want);
    free(got);
    sample_dispose(&s);
}

static void test_weights_are_multiplicities(void **state)
{
    (void)state;
    hg_kernel k = kernel_of(HG_QUARTIC);
    double x[] = {400100, 400100, 400100, 400333}, y[] = {2999700, 2999700, 2999700, 2999650};
    double w[] = {3, 1};
    double wx[] = {x[0], x[3]}, wy[] = {y[0], y[3]};
    hg_points many = {4, x, y, NULL}, few = {2, wx, wy, w};
    double *a = density_of(&many, &grid, &k, 1, 0), *b = density_of(&few, &grid, &k, 1, 0);
    assert_true(a && b);
    expect_same_bits("weights", HG_QUARTIC, a, b);
    assert_true(largest(a, (size_t)hg_grid_cells(&grid)) > 0.0);
    free(a);
    free(b);
}

static void test_no_points(void **state)
{
    (void)state;
    hg_kernel k = kernel_of(HG_QUARTIC);
    double x[] = {NAN, 9e9, 400100}, y[] = {2999700, 9e9, 2999700}, w[] = {1, 1, 0};
    hg_points none = {0}, useless = {3, x, y, w};
    const hg_points *all[] = {&none, &useless};
    for (size_t i = 0; i < 2; i++) {
        double *d = density_of(all[i], &grid, &k, 2, 0);
        assert_non_null(d);
        assert_true(largest(d, (size_t)hg_grid_cells(&grid)) == 0.0);
        free(d);
    }
}

static void test_refusals_and_cancel(void **state)
{
    (void)state;
    static const double bad[] = {0, -5, NAN, INFINITY, 9.99};
    hg_points none = {0};
    hg_density_plan *plan = NULL;
    hg_error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg_kernel k = {HG_QUARTIC, bad[i], 4.0};
        assert_int_equal(hg_density_plan_new(&none, &grid, &k, NULL, &plan, &err), HG_EUSAGE);
        assert_null(plan);
    }
    hg_control control = {.threads = 2};
    hg_kernel k = kernel_of(HG_QUARTIC);
    double row[91];
    assert_int_equal(hg_density_plan_new(&none, &grid, &k, &control, &plan, &err), HG_OK);
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_density_band(plan, 0, 1, row, &err), HG_ECANCELLED);
    hg_density_plan_free(plan);
}

/* Every allocation refused in turn: HG_ENOMEM each time, nothing leaked (run under a leak checker).
 */
static void test_allocation_failures(void **state)
{
    (void)state;
    hg_kernel k = kernel_of(HG_QUARTIC);
    sample s = sample_random(&grid, 200, 500, true, 61);
    hg_control control = {.threads = 1};
    double *d = malloc((size_t)hg_grid_cells(&grid) * sizeof *d), mass;
    bool through = false;
    for (uint64_t n = 1; !through; n++) {
        hg_density_plan *plan = NULL;
        hg_memory_fail_at(n);
        hg_status status = hg_density_plan_new(&s.points, &grid, &k, &control, &plan, NULL);
        if (status == HG_OK)
            status = hg_density_band(plan, 0, 1, d, NULL);
        if (status == HG_OK)
            status = hg_density_mass_beyond(plan, &mass, NULL);
        through = status == HG_OK;
        hg_memory_fail_at(0);
        hg_density_plan_free(plan);
        assert_true(status == HG_OK || status == HG_ENOMEM);
        assert_true(n < 10000);
    }
    free(d);
    sample_dispose(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_and_bands),
        cmocka_unit_test(test_point_order),
        cmocka_unit_test(test_instruction_sets_agree),
        cmocka_unit_test(test_mass_balance),
        cmocka_unit_test(test_rows_outside),
        cmocka_unit_test(test_weights_are_multiplicities),
        cmocka_unit_test(test_no_points),
        cmocka_unit_test(test_refusals_and_cancel),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
