/* Abramson's bandwidths and the density with them, against double sums over points and cells. */
#include "engine/adaptive.h"
#include "tests/oracle/density_brute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const hg_grid GRID = {10.0, 40000, 244080, 97, 83};

static double weight(const hg_points *p, size_t i)
{
    return p->w ? p->w[i] : 1.0;
}

/* Every second point is drawn together into one corner, so that bandwidths differ. */
static sample crowded(const hg_grid *g, size_t n, bool weighted, uint64_t seed)
{
    sample s = sample_random(g, n, 150.0, weighted, seed);
    double west = hg_grid_column_west(g, 0), north = hg_grid_row_north(g, 0);
    for (size_t i = 0; i < n; i += 2) {
        s.x[i] = west + 300.0 + 0.05 * (s.x[i] - west);
        s.y[i] = north - 200.0 - 0.05 * (north - s.y[i]);
    }
    s.x[0] = west - 5000.0; /* one remote, beyond the grid */
    return s;
}

/* The law as it is written, point by point. */
static void brute_bandwidths(const hg_points *p, const hg_kernel *k, double cell_m, double *h)
{
    double sum = 0.0, mean_log = 0.0;
    for (size_t i = 0; i < p->n; i++) {
        h[i] = brute_density(p, k, p->x[i], p->y[i], NULL);
        sum += weight(p, i);
        if (weight(p, i) > 0.0)
            mean_log += weight(p, i) * log(h[i]);
    }
    double g = exp(mean_log / sum);
    for (size_t i = 0; i < p->n; i++)
        h[i] = fmax(cell_m, fmin(5.0 * k->bandwidth_m, k->bandwidth_m * pow(h[i] / g, -0.5)));
}

static double brute_at(const hg_points *p, const double *h, const hg_kernel *k, double x, double y)
{
    double sum = 0.0;
    for (size_t i = 0; i < p->n; i++) {
        const hg_kernel own = {k->shape, h[i], k->cutoff};
        double d = hypot(x - p->x[i], y - p->y[i]);
        sum += weight(p, i) * hg_kernel_value(&own, d / h[i]) / (h[i] * h[i]);
    }
    return sum;
}

static void fail_at(const hg_kernel *k, const char *what, double want, double got)
{
    fail_msg("%s: %s: expected %.17g, obtained %.17g, difference %.3g", hg_kernel_name(k->shape), what, want, got,
             got - want);
}

static double *whole(const hg_points *p, const hg_kernel *k, const hg_grid *g, int threads)
{
    hg_control control = {.threads = threads};
    hg_error err = {0};
    double *out = malloc((size_t)hg_grid_cells(g) * sizeof *out);
    if (hg_adaptive_density(p, k, g, &control, out, &err) != HG_OK)
        fail_msg("%s", err.message);
    return out;
}

static void compare(const hg_points *p, const hg_kernel *k)
{
    double *h = malloc(p->n * sizeof *h), *got = whole(p, k, &GRID, 2), peak = 0.0, worst = 0.0;
    brute_bandwidths(p, k, GRID.cell_m, h);
    for (int64_t row = 0; row < GRID.rows; row++)
        for (int64_t column = 0; column < GRID.columns; column++) {
            double want = brute_at(p, h, k, hg_grid_column_centre(&GRID, column), hg_grid_row_centre(&GRID, row));
            double v = got[row * GRID.columns + column];
            assert_true(v >= 0.0 && (want > 0.0 || v == 0.0));
            peak = fmax(peak, want);
            worst = fmax(worst, fabs(v - want));
        }
    if (!(worst <= 1e-9 * peak))
        fail_at(k, "worst cell", 0.0, worst / peak);
    free(h);
    free(got);
}

static void test_density(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        sample s = crowded(&GRID, 150, weighted, 3 + (uint64_t)weighted);
        for (hg_kernel_shape shape = HG_UNIFORM; shape < HG_KERNEL_END; shape++)
            compare(&s.points, &(hg_kernel){shape, shape == HG_GAUSSIAN ? 21.0 : 60.0, 4.0});
        compare(&s.points, &(hg_kernel){HG_GAUSSIAN, 33.0, 2.5});
        compare(&s.points, &(hg_kernel){HG_QUARTIC, 11.0, 4.0}); /* many held at one cell */
        sample_dispose(&s);
    }
}

/* Merged events against the law, one location at a time. */
static void test_bandwidths(void **state)
{
    (void)state;
    sample s = crowded(&GRID, 700, true, 9);
    const hg_kernel k = {HG_TRIWEIGHT, 24.0, 4.0};
    hg_adaptive a;
    double *h = malloc(s.points.n * sizeof *h), low = INFINITY, high = 0.0;
    brute_bandwidths(&s.points, &k, GRID.cell_m, h);
    assert_int_equal(hg_adaptive_init(&a, &s.points, &k, GRID.cell_m, NULL, NULL), HG_OK);
    assert_true(a.points.n < s.points.n);
    size_t found = 0, trimmed = 0, raised = 0;
    for (size_t j = 0; j < a.points.n; j++) {
        double w = 0.0, want = 0.0;
        for (size_t i = 0; i < s.points.n; i++)
            if (s.x[i] == a.points.x[j] && s.y[i] == a.points.y[j]) {
                w += s.w[i];
                want = h[i];
            }
        found += fabs(w - a.points.w[j]) <= 1e-12 * w;
        if (!(fabs(a.h_m[j] - want) <= 1e-10 * want))
            fail_at(&k, "bandwidth", want, a.h_m[j]);
        trimmed += want == 120.0;
        raised += want == 10.0;
        low = fmin(low, want);
        high = fmax(high, want);
    }
    assert_int_equal(found, a.points.n);
    if (a.spread.trimmed != trimmed || a.spread.raised != raised || !trimmed || !raised)
        fail_msg("trimmed %zu of %zu, raised %zu of %zu", a.spread.trimmed, trimmed, a.spread.raised,
                 raised);
    assert_true(a.spread.low_m == low && a.spread.high_m == high);
    assert_true(a.spread.median_m > low && a.spread.median_m < high);
    hg_adaptive_dispose(&a);
    free(h);
    sample_dispose(&s);
}

static void test_threads_and_bands(void **state)
{
    (void)state;
    sample s = crowded(&GRID, 3000, true, 5);
    for (hg_kernel_shape shape = HG_TRIANGULAR; shape < HG_KERNEL_END; shape++) {
        const hg_kernel k = {shape, 30.0, 4.0};
        size_t bytes = (size_t)hg_grid_cells(&GRID) * sizeof(double);
        double *one = whole(&s.points, &k, &GRID, 1), *three = whole(&s.points, &k, &GRID, 3), mass[2];
        assert_memory_equal(one, three, bytes);
        hg_adaptive a;
        hg_adaptive_plan *plan = NULL;
        assert_int_equal(hg_adaptive_init(&a, &s.points, &k, GRID.cell_m, NULL, NULL), HG_OK);
        for (int t = 0; t < 2; t++) {
            hg_control control = {.threads = 1 + 2 * t};
            assert_int_equal(hg_adaptive_plan_new(&a.points, a.h_m, &k, &GRID, &control, &plan, NULL), HG_OK);
            for (int64_t row = 0; row < GRID.rows; row += 7) {
                int64_t n = GRID.rows - row < 7 ? GRID.rows - row : 7;
                assert_int_equal(hg_adaptive_band(plan, row, n, three + row * GRID.columns, NULL), HG_OK);
            }
            assert_memory_equal(one, three, bytes);
            assert_int_equal(hg_adaptive_mass_beyond(plan, &mass[t], NULL), HG_OK);
            hg_adaptive_plan_free(plan);
        }
        assert_memory_equal(&mass[0], &mass[1], sizeof mass[0]);
        hg_adaptive_dispose(&a);
        free(one);
        free(three);
    }
    sample_dispose(&s);
}

/* On the grid and beyond it together there is what a grid around everything holds. */
static void test_mass(void **state)
{
    (void)state;
    sample s = crowded(&GRID, 400, true, 21);
    hg_grid wide = GRID;
    wide.west -= 700, wide.columns += 1000, wide.top += 200, wide.rows += 400;
    for (hg_kernel_shape shape = HG_UNIFORM; shape < HG_KERNEL_END; shape++) {
        const hg_kernel k = {shape, shape == HG_GAUSSIAN ? 30.0 : 80.0, 4.0};
        double *inner = whole(&s.points, &k, &GRID, 2), *outer = whole(&s.points, &k, &wide, 2);
        double in = 0.0, all = 0.0, beyond = -1.0, none = -1.0, weights = 0.0;
        hg_adaptive a;
        hg_adaptive_plan *plan = NULL;
        for (uint64_t i = 0; i < hg_grid_cells(&GRID); i++)
            in += 100.0 * inner[i];
        for (uint64_t i = 0; i < hg_grid_cells(&wide); i++)
            all += 100.0 * outer[i];
        for (size_t i = 0; i < s.points.n; i++)
            weights += s.w[i];
        assert_int_equal(hg_adaptive_init(&a, &s.points, &k, GRID.cell_m, NULL, NULL), HG_OK);
        assert_int_equal(hg_adaptive_plan_new(&a.points, a.h_m, &k, &GRID, NULL, &plan, NULL), HG_OK);
        assert_int_equal(hg_adaptive_mass_beyond(plan, &beyond, NULL), HG_OK);
        hg_adaptive_plan_free(plan);
        assert_int_equal(hg_adaptive_plan_new(&a.points, a.h_m, &k, &wide, NULL, &plan, NULL), HG_OK);
        assert_int_equal(hg_adaptive_mass_beyond(plan, &none, NULL), HG_OK);
        hg_adaptive_plan_free(plan);
        if (!(fabs(in + beyond - all) <= 1e-9 * all) || none != 0.0)
            fail_at(&k, "mass", all, in + beyond);
        assert_true(beyond > 0.01 * weights && fabs(all - weights) < 0.05 * weights);
        hg_adaptive_dispose(&a);
        free(inner);
        free(outer);
    }
    sample_dispose(&s);
}

static void test_refusals(void **state)
{
    (void)state;
    double x[] = {400100, 400200}, y[] = {2440100, 2440200}, w[] = {0, 0}, h[] = {50, 9};
    hg_points p = {2, x, y, NULL}, none = {2, x, y, w};
    const hg_kernel k = {HG_QUARTIC, 50.0, 4.0};
    hg_adaptive a;
    hg_adaptive_plan *plan = NULL;
    hg_error err = {0};
    assert_int_equal(hg_adaptive_init(&a, &none, &k, 10.0, NULL, &err), HG_EDATA);
    assert_int_equal(hg_adaptive_plan_new(&p, h, &k, &GRID, NULL, &plan, &err), HG_EUSAGE);
    assert_true(plan == NULL && strstr(err.message, "event 1") && strstr(err.message, "one cell"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_density), cmocka_unit_test(test_bandwidths), cmocka_unit_test(test_threads_and_bands),
        cmocka_unit_test(test_mass),    cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
