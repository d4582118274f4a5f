/* The fast density against the exact one: at every cell the difference must keep the bound, whatever the points. */
#include "engine/density_cost.h"
#include "engine/fast.h"
#include "base/memory.h"
#include "tests/oracle/density_brute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct outcome {
    hg_fast_report report;
    double *density, beyond; /* NULL where it was refused */
} outcome;

static outcome fast_density(const hg_points *p, const hg_grid *g, const hg_kernel *k, double max_error, int threads,
                            int64_t step)
{
    outcome o = {0};
    hg_control control = {.threads = threads};
    hg_fast_plan *plan = NULL;
    hg_error err = {0};
    if (hg_fast_plan_new(p, g, k, max_error, &control, &plan, &o.report, &err) != HG_OK)
        fail_msg("no plan: %s", err.message);
    if (!plan) {
        assert_true(o.report.reason[0] != '\0');
        return o;
    }
    assert_true(o.report.reason[0] == '\0');
    o.density = malloc((size_t)hg_grid_cells(g) * sizeof *o.density);
    step = step > 0 ? step : hg_fast_band_rows(plan);
    for (int64_t row = 0; row < g->rows; row += step) {
        int64_t n = g->rows - row < step ? g->rows - row : step;
        assert_int_equal(hg_fast_band(plan, row, n, o.density + row * g->columns, &err), HG_OK);
    }
    assert_int_equal(hg_fast_mass_beyond(plan, &o.beyond, &err), HG_OK);
    hg_fast_plan_free(plan);
    return o;
}

typedef struct difference {
    double peak, worst;
} difference;

static difference compare(const hg_grid *g, const double *got, const double *want)
{
    difference d = {0};
    for (size_t i = 0; i < (size_t)hg_grid_cells(g); i++) {
        if (!(got[i] >= 0.0 && isfinite(got[i])))
            fail_msg("cell %zu: %g", i, got[i]);
        d.peak = fmax(d.peak, want[i]);
        d.worst = fmax(d.worst, fabs(got[i] - want[i]));
    }
    return d;
}

/* Whether a surface was made; if so its bound held and was at most what was asked for. *tight: worst / bound. */
static bool expect_kept(const char *what, const hg_points *p, const hg_grid *g, const hg_kernel *k, double max_error,
                        double *tight)
{
    outcome o = fast_density(p, g, k, max_error, 2, 0);
    if (tight)
        *tight = 0.0;
    if (!o.density)
        return false;
    double *exact = density_of(p, g, k, 2, 0);
    assert_non_null(exact);
    difference d = compare(g, o.density, exact);
    if (!(d.worst <= o.report.bound * d.peak + 1e-9 * d.peak) || !(o.report.bound <= max_error) ||
        !(o.report.found <= o.report.bound))
        fail_msg("%s, %s with %g m on cells of %g m, %d nodes a cell side: off by %.3g of the peak, bound %.3g, asked "
                 "%.3g, found by its own check %.3g",
                 what, hg_kernel_name(k->shape), k->bandwidth_m, g->cell_m, o.report.refine, d.worst / d.peak,
                 o.report.bound, max_error, o.report.found);
    if (tight && d.peak > 0.0 && o.report.bound > 0.0)
        *tight = d.worst / d.peak / o.report.bound;
    free(exact);
    free(o.density);
    return true;
}

static hg_kernel kernel_with_radius(int shape, double radius_m, double cutoff)
{
    return (hg_kernel){(hg_kernel_shape)shape, shape == HG_GAUSSIAN ? radius_m / cutoff : radius_m, cutoff};
}

/* ------------------------------------------------------------------ scenes ---------------------
 */

static void test_random_points(void **state)
{
    (void)state;
    static const struct {
        int64_t west, top, columns, rows;
        double cell, radius_cells, max_error;
        size_t n;
    } t[] = {
        {0, 16, 17, 17, 10, 5.3, 0.1, 200},          {52000, 249000, 61, 43, 10, 9.7, 1e-2, 400},
        {-40, 20, 1, 37, 25, 6.0, 1e-2, 60},         {5000, 41000, 45, 1, 100, 12.0, 1e-2, 120},
        {-7, 3, 9, 11, 0.29, 40.0, 1e-3, 50},        {400000, 2500000, 173, 129, 1, 20.5, 1e-3, 900},
        {100, 100, 90, 164, 50, 41.0, 1e-4, 10000}, {3, 3, 1, 1, 10, 15.0, 1e-2, 40},
        {0, 99, 200, 100, 10, 81.92, 1e-4, 1000},    {0, 399, 60, 300, 10, 300.0, 1e-5, 200},
    };
    int kept[HG_KERNEL_END] = {0};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        hg_grid g = {t[i].cell, t[i].west, t[i].top, t[i].columns, t[i].rows};
        for (int shape = 0; shape < HG_KERNEL_END; shape++) {
            hg_kernel k = kernel_with_radius(shape, t[i].radius_cells * t[i].cell, 5.0);
            bool weighted = ((int)i + shape) % 2 == 0;
            sample s = sample_random(&g, t[i].n, 1.5 * hg_kernel_support_m(&k), weighted, 7 + i);
            kept[shape] += expect_kept("random", &s.points, &g, &k, t[i].max_error, NULL);
            sample_dispose(&s);
        }
    }
    for (int shape = HG_TRIANGULAR; shape < HG_KERNEL_END; shape++)
        if (kept[shape] < 3)
            fail_msg("%s: only %d of 10 were kept", hg_kernel_name((hg_kernel_shape)shape), kept[shape]);
}

/* For tests of accuracy that take minutes under the thread sanitizer; work is shared the same way in the others. */
static void skip_where_threads_are_watched(void)
{
    const char *sanitizer = getenv("HOTGRID_SANITIZE");
    if (sanitizer && strcmp(sanitizer, "thread") == 0)
        skip();
}

/* A single point anywhere in its cell shows the tables' own bound, which must not be far from the truth either. */
static void test_one_point(void **state)
{
    (void)state;
    skip_where_threads_are_watched();
    hg_grid g = {10, 4000, 3000, 80, 80};
    hg_random r = hg_random_seed(5, 0);
    for (int shape = HG_TRIANGULAR; shape < HG_KERNEL_END; shape++)
        for (int refine = 0; refine < 3; refine++) {
            double tightest = 0.0;
            for (int i = 0; i < 12; i++) {
                double radius = 10.0 * (5.0 + 32.0 * hg_random_unit(&r));
                hg_kernel k = kernel_with_radius(shape, radius, 4.5);
                double x = 40400 + 10 * hg_random_unit(&r), y = 29600 + 10 * hg_random_unit(&r), tight;
                if (i % 4 == 0)
                    x = 40400, y = 29600;
                hg_points p = {1, &x, &y, NULL};
                expect_kept("one point", &p, &g, &k, refine == 0 ? 0.5 : refine == 1 ? 3e-3 : 1e-3, &tight);
                tightest = fmax(tightest, tight);
            }
            if (refine == 0 && !(tightest > 0.5))
                fail_msg("%s: the bound is never below twice the error", hg_kernel_name((hg_kernel_shape)shape));
        }
}

/* All on a ring whose radius is the support: around the empty centre the error is large beside the density. */
static void make_ring(sample *s, double x, double y, double radius, double from, double to)
{
    for (size_t i = 0; i < s->points.n; i++) {
        double a = from + (to - from) * (double)i / (double)s->points.n;
        s->x[i] = x + radius * cos(a);
        s->y[i] = y + radius * sin(a);
    }
}

static void test_adversaries(void **state)
{
    (void)state;
    skip_where_threads_are_watched();
    enum { N = 1500, SCENES = 9 };
    static const char *names[SCENES] = {"one spot",      "cell corners", "cell centres",   "a line", "a ring at the support",
                                        "an arc beyond", "the edge",     "one giant weight", "outside"};
    hg_grid g = {10, 40000, 300000, 151, 137};
    double west = 400000, south = (300000 - 136) * 10.0, h = 410;
    int kept[SCENES] = {0};
    for (int scene = 0; scene < SCENES; scene++) {
        sample s = sample_new(N, true);
        hg_random r = hg_random_seed(17, (uint64_t)scene);
        for (size_t i = 0; i < N; i++) {
            double u = hg_random_unit(&r), v = hg_random_unit(&r);
            s.w[i] = 1.0;
            s.x[i] = west + 1510 * u;
            s.y[i] = south + 1370 * v;
            if (scene == 0)
                s.x[i] = west + 703.7, s.y[i] = south + 688.1;
            if (scene == 1)
                s.x[i] = floor(s.x[i] / 10) * 10, s.y[i] = floor(s.y[i] / 10) * 10;
            if (scene == 2)
                s.x[i] = floor(s.x[i] / 10) * 10 + 5, s.y[i] = floor(s.y[i] / 10) * 10 + 5;
            if (scene == 3)
                s.y[i] = south + 0.3 * (s.x[i] - west) + 300;
            if (scene == 6)
                s.x[i] = i % 2 ? west : west + 1510, s.y[i] = i % 3 ? s.y[i] : south;
            if (scene == 7)
                s.w[i] = i == 77 ? 1e12 : 1.0;
            if (scene == 8)
                s.x[i] = west - 5 - 400 * u;
        }
        if (scene == 4)
            make_ring(&s, west + 755, south + 685, h, 0, 2 * M_PI);
        if (scene == 5)
            make_ring(&s, west - 300, south + 685, h + 9, -0.5, 0.5);
        for (int shape = HG_TRIANGULAR; shape < HG_KERNEL_END; shape++) {
            hg_kernel k = kernel_with_radius(shape, h, 4.0);
            kept[scene] += expect_kept(names[scene], &s.points, &g, &k, 1e-3, NULL);
            if (shape == HG_QUARTIC)
                expect_kept(names[scene], &s.points, &g, &k, 1e-4, NULL);
        }
        sample_dispose(&s);
    }
    for (int scene = 0; scene < SCENES; scene++)
        if (kept[scene] < 2) /* quartic and triweight at least */
            fail_msg("%s: only %d kernels kept 1e-3", names[scene], kept[scene]);
}

/* A quartic 41 cells wide keeps 1e-4 even where all points share one spot. */
static void test_fine_lattice_keeps_more(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 199, 200, 200};
    hg_kernel k = {HG_QUARTIC, 410, 4.0};
    hg_random r = hg_random_seed(3, 0);
    for (int i = 0; i < 10; i++) {
        double x = 1000 + 10 * hg_random_unit(&r), y = 1000 + 10 * hg_random_unit(&r);
        hg_points p = {1, &x, &y, NULL};
        assert_true(expect_kept("one spot", &p, &g, &k, 1e-4, NULL));
    }
}

/* A comparison that lets a wrong kernel or a shifted surface pass would prove nothing. */
static void test_comparison_bites(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 119, 120, 120};
    hg_kernel k = {HG_QUARTIC, 300, 4.0}, wider = {HG_QUARTIC, 301, 4.0};
    sample s = sample_random(&g, 5000, 0, false, 1);
    outcome o = fast_density(&s.points, &g, &k, 1e-3, 1, 0);
    double *exact = density_of(&s.points, &g, &k, 1, 0), *other = density_of(&s.points, &g, &wider, 1, 0);
    assert_true(o.density && exact && other);
    difference right = compare(&g, o.density, exact), wrong = compare(&g, o.density, other);
    assert_true(right.worst <= o.report.bound * right.peak && wrong.worst > o.report.bound * wrong.peak);
    memmove(exact, exact + 1, (120 * 120 - 1) * sizeof *exact);
    assert_true(compare(&g, o.density, exact).worst > o.report.bound * right.peak);
    free(o.density);
    free(exact);
    free(other);
    sample_dispose(&s);
}

/* Every choice of the cost model that takes fast must be one that keeps the error on even and on piled-up points. */
static void test_cost(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 2047, 2048, 2048};
    hg_density_cost c;
    for (int shape = 0; shape < HG_KERNEL_END; shape++)
        for (int i = 0; i < 2; i++) {
            hg_kernel k = kernel_with_radius(shape, 410, 4.0);
            assert_int_equal(hg_density_cost_of(i ? 10000000 : 1000, &g, &k, 1e-3, NULL, &c, NULL), HG_OK);
            bool keeps = shape == HG_QUARTIC || shape == HG_TRIWEIGHT || shape == HG_GAUSSIAN;
            assert_true(c.exact_s > 0.0 && c.fast == (c.fast_s < c.exact_s) && c.fast == (c.refine > 0 && c.fast));
            assert_int_equal(c.fast, i == 1 && keeps);
        }
    hg_kernel k = {HG_QUARTIC, 410, 4.0}, bad = {HG_QUARTIC, 1, 4.0};
    assert_int_equal(hg_density_cost_of(10000000, &g, &k, 1e-9, NULL, &c, NULL), HG_OK);
    assert_true(!c.fast && c.refine == 0 && isinf(c.fast_s));
    assert_int_equal(hg_density_cost_of(1, &g, &bad, 1e-3, NULL, &c, NULL), HG_EUSAGE);
    double scale = 0.0;
    hg_control control = {.threads = 1};
    assert_int_equal(hg_density_cost_scale(&control, &scale, NULL), HG_OK);
    assert_true(scale > 0.0 && isfinite(scale));
}

/* ------------------------------------------------------------------ mass -----------------------
 */

static double sum_of(const hg_grid *g, const double *d)
{
    double sum = 0.0;
    for (size_t i = 0; i < (size_t)hg_grid_cells(g); i++)
        sum += d[i] * g->cell_m * g->cell_m;
    return sum;
}

static void test_mass_balance(void **state)
{
    (void)state;
    hg_grid g = {10, 40000, 300000, 91, 67};
    for (int shape = HG_EPANECHNIKOV; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = kernel_with_radius(shape, 205, 5.0);
        sample s = sample_random(&g, 3000, 900, true, 41);
        hg_control control = {.threads = 2};
        hg_density_plan *plan = NULL;
        double beyond = 0.0;
        assert_int_equal(hg_density_plan_new(&s.points, &g, &k, &control, &plan, NULL), HG_OK);
        assert_int_equal(hg_density_mass_beyond(plan, &beyond, NULL), HG_OK);
        hg_density_plan_free(plan);
        double *exact = density_of(&s.points, &g, &k, 2, 0);
        outcome o = fast_density(&s.points, &g, &k, 2e-2, 2, 0);
        assert_true(exact && o.density);
        double want = sum_of(&g, exact) + beyond, got = sum_of(&g, o.density) + o.beyond;
        /* The rim of a kernel that ends with a slope is moved by a part of a cell. */
        double tolerance = (shape == HG_EPANECHNIKOV ? 2e-3 : 2e-4) * want;
        if (!(fabs(got - want) <= tolerance) || !(fabs(o.beyond - beyond) <= tolerance))
            fail_msg("%s: %.9g on the grid and beyond, exact %.9g; beyond %.9g, exact %.9g", hg_kernel_name(k.shape), got,
                     want, o.beyond, beyond);
        free(exact);
        free(o.density);
        sample_dispose(&s);
    }
}

static void test_nothing_beyond(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 99, 100, 100};
    hg_kernel k = {HG_QUARTIC, 150, 4.0};
    double x[] = {155.1, 600}, y[] = {500, 844.9};
    hg_points p = {2, x, y, NULL};
    outcome o = fast_density(&p, &g, &k, 1e-2, 1, 0);
    assert_true(o.density && o.beyond == 0.0);
    free(o.density);
    x[0] = 153.9; /* reaches the centres of the first column outside */
    o = fast_density(&p, &g, &k, 1e-2, 1, 0);
    assert_true(o.density && o.beyond >= 0.0);
    free(o.density);
}

/* ------------------------------------------------------------------ how it is computed ---------
 */

static void expect_same(const char *what, const hg_grid *g, const outcome *a, const outcome *b)
{
    assert_true(a->density && b->density);
    for (size_t i = 0; i < (size_t)hg_grid_cells(g); i++)
        if (memcmp(&a->density[i], &b->density[i], sizeof *a->density) != 0)
            fail_msg("%s, cell %zu: %.17g and %.17g", what, i, a->density[i], b->density[i]);
    assert_true(a->beyond == b->beyond && a->report.bound == b->report.bound && a->report.found == b->report.found);
}

/* Threads and bands must not show; slabs neither, but for the last digits of the sums over all rows. */
static void test_threads_bands_slabs(void **state)
{
    (void)state;
    hg_grid g = {10, 40000, 300000, 331, 787};
    static const struct {
        int threads;
        int64_t step;
    } ways[] = {{2, 0}, {7, 0}, {1, 1}, {2, 7}, {7, 100}, {3, 786}};
    for (int weighted = 0; weighted < 2; weighted++) {
        hg_kernel k = kernel_with_radius(weighted ? HG_GAUSSIAN : HG_QUARTIC, 123, 5.0);
        sample s = sample_random(&g, 60000, 300, weighted, 11);
        outcome one = fast_density(&s.points, &g, &k, 1e-3, 1, 0);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            outcome o = fast_density(&s.points, &g, &k, 1e-3, ways[i].threads, ways[i].step);
            expect_same("threads or bands", &g, &one, &o);
            free(o.density);
            hg_fast_set_memory(1.0, 1.0);
            o = fast_density(&s.points, &g, &k, 1e-3, ways[i].threads, ways[i].step);
            hg_fast_set_memory(0.0, 0.0);
            assert_true(fabs(o.beyond - one.beyond) <= 1e-9 * (o.beyond + one.beyond));
            o.beyond = one.beyond;
            expect_same("slabs", &g, &one, &o);
            free(o.density);
        }
        free(one.density);
        sample_dispose(&s);
    }
}

/* Many slices, many points to a strip; another order may show in the last digits of single precision. */
static void test_point_order(void **state)
{
    (void)state;
    enum { N = 200000 };
    hg_grid g = {10, 40000, 300000, 91, 67};
    hg_kernel k = {HG_QUARTIC, 250, 4.0};
    sample s = sample_random(&g, N, 200, false, 23);
    outcome before = fast_density(&s.points, &g, &k, 1e-3, 2, 0);
    for (size_t i = 0; i < N / 2; i++) {
        double x = s.x[i], y = s.y[i];
        s.x[i] = s.x[N - 1 - i], s.y[i] = s.y[N - 1 - i];
        s.x[N - 1 - i] = x, s.y[N - 1 - i] = y;
    }
    outcome after = fast_density(&s.points, &g, &k, 1e-3, 2, 0);
    assert_true(before.density && after.density);
    difference d = compare(&g, before.density, after.density);
    assert_true(d.worst <= 1e-7 * d.peak);
    free(before.density);
    free(after.density);
    sample_dispose(&s);
}

/* ------------------------------------------------------------------ odd cases ------------------
 */

static void test_no_points(void **state)
{
    (void)state;
    hg_grid g = {10, 40000, 300000, 91, 67};
    hg_kernel k = {HG_QUARTIC, 300, 4.0};
    double x[] = {NAN, 9e9, 400100, INFINITY}, y[] = {2999700, 9e9, 2999700, 2999700}, w[] = {1, 1, 0, 1};
    hg_points none = {0}, useless = {4, x, y, w};
    const hg_points *all[] = {&none, &useless};
    for (size_t i = 0; i < 2; i++) {
        outcome o = fast_density(all[i], &g, &k, 1e-3, 2, 0);
        assert_true(o.density && o.report.bound == 0.0 && o.report.found == 0.0);
        assert_true(sum_of(&g, o.density) == 0.0);
        assert_true(fabs(o.beyond - (i == 0 ? 0.0 : 1.0)) < 0.01);
        free(o.density);
    }
}

/* Land that no point reaches, by more than a cell, stays empty. */
static void test_empty_land(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 599, 600, 600};
    for (int shape = HG_TRIANGULAR; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = kernel_with_radius(shape, 330, 4.0);
        double x[] = {1501.2, 4500}, y[] = {1498, 4503.3};
        hg_points p = {2, x, y, NULL};
        outcome o = fast_density(&p, &g, &k, 0.5, 2, 0);
        assert_non_null(o.density);
        for (int64_t i = 0; i < 600 * 600; i++) {
            double cx = hg_grid_column_centre(&g, i % 600), cy = hg_grid_row_centre(&g, i / 600);
            double d = fmin(hypot(cx - x[0], cy - y[0]), hypot(cx - x[1], cy - y[1]));
            if (d > 330 + 30 && o.density[i] != 0.0)
                fail_msg("%s: %g at %g m", hg_kernel_name(k.shape), o.density[i], d);
        }
        free(o.density);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    hg_grid g = {10, 40000, 300000, 91, 67};
    hg_points none = {0};
    hg_fast_plan *plan = NULL;
    hg_fast_report report;
    hg_error err = {0};
    static const double bad[] = {0, -5, NAN, INFINITY, 9.99};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg_kernel k = {HG_QUARTIC, bad[i], 4.0};
        assert_int_equal(hg_fast_plan_new(&none, &g, &k, 1e-3, NULL, &plan, &report, &err), HG_EUSAGE);
    }
    hg_kernel k = {HG_QUARTIC, 300, 4.0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(hg_fast_plan_new(&none, &g, &k, bad[i], NULL, &plan, &report, &err), HG_EUSAGE);
    double x = 400500, y = 2999700;
    hg_points p = {1, &x, &y, NULL};
    hg_kernel uniform = {HG_UNIFORM, 300, 4.0}, narrow = {HG_QUARTIC, 10, 4.0};
    assert_int_equal(hg_fast_plan_new(&p, &g, &uniform, 1e-3, NULL, &plan, &report, &err), HG_OK);
    assert_true(plan == NULL && report.bound > 1e-3 && report.reason[0]);
    assert_int_equal(hg_fast_plan_new(&p, &g, &narrow, 1e-3, NULL, &plan, &report, &err), HG_OK);
    assert_true(plan == NULL && report.reason[0]);
    assert_int_equal(hg_fast_plan_new(&p, &g, &k, 1e-9, NULL, &plan, &report, &err), HG_OK);
    assert_true(plan == NULL && report.reason[0]);
    hg_kernel wide = {HG_GAUSSIAN, 30000, 4.0};
    assert_int_equal(hg_fast_plan_new(&p, &g, &wide, 1e-3, NULL, &plan, &report, &err), HG_OK);
    assert_true(plan == NULL && report.reason[0]);
    hg_grid vast = {10, 0, INT32_MAX - 1, INT32_MAX, INT32_MAX};
    assert_int_equal(hg_fast_plan_new(&p, &vast, &k, 1e-3, NULL, &plan, &report, &err), HG_OK);
    assert_true(plan == NULL && report.reason[0]);
    hg_control control = {.threads = 2};
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_fast_plan_new(&p, &g, &k, 1e-3, &control, &plan, &report, &err), HG_ECANCELLED);
    assert_null(plan);
}

/* Weights far from 1 scale the surface and nothing else; beyond single precision it is refused, not wrong. */
static void test_scale(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 99, 100, 100};
    hg_kernel k = {HG_QUARTIC, 300, 4.0};
    double x[] = {500, 531.3}, y[] = {500, 444}, w[] = {1, 2};
    hg_points p = {2, x, y, w};
    static const double factors[] = {1e-300, 1e-15, 1, 1e15, 1e300};
    for (size_t i = 0; i < 5; i++) {
        w[0] = factors[i];
        w[1] = 2 * factors[i];
        outcome o = fast_density(&p, &g, &k, 1e-3, 1, 0);
        assert_int_equal(o.density != NULL, factors[i] > 1e-20 && factors[i] < 1e20);
        if (o.density)
            assert_true(expect_kept("scaled", &p, &g, &k, 1e-3, NULL));
        free(o.density);
    }
}

/* Every allocation refused in turn: HG_ENOMEM each time, nothing leaked (run under a leak checker). */
static void test_allocation_failures(void **state)
{
    (void)state;
    hg_grid g = {10, 40000, 300000, 91, 67};
    hg_kernel k = {HG_QUARTIC, 120, 4.0};
    sample s = sample_random(&g, 200, 500, true, 61);
    hg_control control = {.threads = 1};
    double *d = malloc((size_t)hg_grid_cells(&g) * sizeof *d), mass;
    for (int slabs = 0; slabs < 2; slabs++) {
        bool through = false;
        hg_fast_set_memory(slabs, slabs);
        for (uint64_t n = 1; !through; n++) {
            hg_fast_plan *plan = NULL;
            hg_fast_report report;
            hg_memory_fail_at(n);
            hg_status status = hg_fast_plan_new(&s.points, &g, &k, 5e-3, &control, &plan, &report, NULL);
            if (status == HG_OK)
                status = hg_fast_band(plan, 0, g.rows, d, NULL);
            if (status == HG_OK)
                status = hg_fast_mass_beyond(plan, &mass, NULL);
            through = status == HG_OK;
            hg_memory_fail_at(0);
            if (!through)
                assert_int_equal(status, HG_ENOMEM);
            assert_true(n < 10000);
            hg_fast_plan_free(plan);
        }
    }
    hg_fast_set_memory(0.0, 0.0);
    free(d);
    sample_dispose(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_points),
        cmocka_unit_test(test_one_point),
        cmocka_unit_test(test_adversaries),
        cmocka_unit_test(test_fine_lattice_keeps_more),
        cmocka_unit_test(test_comparison_bites),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_mass_balance),
        cmocka_unit_test(test_nothing_beyond),
        cmocka_unit_test(test_threads_bands_slabs),
        cmocka_unit_test(test_point_order),
        cmocka_unit_test(test_no_points),
        cmocka_unit_test(test_empty_land),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
