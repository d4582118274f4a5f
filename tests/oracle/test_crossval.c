/* Cross-validation against its definition as a double sum over points, with ties and weights. */
#include "base/random.h"
#include "engine/bandwidth.h"
#include "engine/crossval.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct town {
    double *x, *y, *w;
    hg_points points;
} town;

static void town_dispose(town *t)
{
    free(t->x);
    free(t->y);
    free(t->w);
}

/* A third uniform over 8 km, a third in five clusters, a third on a lattice of 100 m with many ties. */
static town town_new(size_t n, bool weighted, uint64_t seed)
{
    town t = {malloc(n * sizeof(double)), malloc(n * sizeof(double)),
              weighted ? malloc(n * sizeof(double)) : NULL, {0}};
    hg_random r = hg_random_seed(seed, 0);
    for (size_t i = 0; i < n; i++) {
        double u = hg_random_unit(&r), v = hg_random_unit(&r);
        double centre = 1000.0 * (double)(1 + hg_random_below(&r, 5));
        double lattice_x = 100.0 * (double)hg_random_below(&r, 20);
        double lattice_y = 100.0 * (double)hg_random_below(&r, 20);
        t.x[i] = 412345.0 + (i % 3 == 0 ? 8000 * u : i % 3 == 1 ? centre + 150 * u * u : lattice_x);
        t.y[i] = 2498765.5 + (i % 3 == 0 ? 8000 * v : i % 3 == 1 ? 2 * centre + 150 * v : lattice_y);
        if (weighted)
            t.w[i] = hg_random_below(&r, 10) == 0 ? 0.0 : 0.1 + 5.0 * hg_random_unit(&r);
    }
    t.points = (hg_points){n, t.x, t.y, t.w};
    return t;
}

static double weight(const hg_points *p, size_t i)
{
    return p->w ? p->w[i] : 1.0;
}

static double brute(const hg_points *p, const hg_kernel *k, double area_m2)
{
    double total = 0.0, cv = 0.0, h2 = k->bandwidth_m * k->bandwidth_m;
    for (size_t i = 0; i < p->n; i++)
        total += weight(p, i);
    for (size_t i = 0; i < p->n; i++) {
        double sum = 0.0, own = 0.0;
        if (!(weight(p, i) > 0.0))
            continue;
        for (size_t j = 0; j < p->n; j++) {
            double dx = p->x[i] - p->x[j], dy = p->y[i] - p->y[j];
            if (dx == 0.0 && dy == 0.0)
                own += weight(p, j);
            else
                sum += weight(p, j) * hg_kernel_value(k, sqrt(dx * dx + dy * dy) / k->bandwidth_m) / h2;
        }
        cv += weight(p, i) * log(0.95 * sum / (total - own) + 0.05 / area_m2);
    }
    return cv;
}

/* Area of the hull by turning from corner to corner (Jarvis 1973), about the first point. */
static double brute_hull(const hg_points *p)
{
    size_t from = p->n;
    for (size_t i = 0; i < p->n; i++)
        if (weight(p, i) > 0.0 && (from == p->n || p->x[i] < p->x[from] ||
                                   (p->x[i] == p->x[from] && p->y[i] < p->y[from])))
            from = i;
    double area = 0.0;
    size_t at = from, steps = 0;
    do {
        size_t next = p->n;
        for (size_t i = 0; i < p->n; i++) {
            double ax = p->x[i] - p->x[at], ay = p->y[i] - p->y[at];
            if (!(weight(p, i) > 0.0) || (ax == 0.0 && ay == 0.0))
                continue;
            double bx = next < p->n ? p->x[next] - p->x[at] : 0.0;
            double by = next < p->n ? p->y[next] - p->y[at] : 0.0;
            double side = bx * ay - by * ax;
            if (next == p->n || side < 0.0 || (side == 0.0 && hypot(ax, ay) > hypot(bx, by)))
                next = i;
        }
        area += 0.5 * ((p->x[at] - p->x[from]) * (p->y[next] - p->y[from]) -
                       (p->x[next] - p->x[from]) * (p->y[at] - p->y[from]));
        at = next;
    } while ((p->x[at] != p->x[from] || p->y[at] != p->y[from]) && ++steps < p->n);
    return fabs(area);
}

static hg_crossval run(const hg_points *p, hg_crossval_spec spec, int threads)
{
    hg_control control = {.threads = threads, .seed = 7};
    hg_crossval c;
    hg_error err = {0};
    if (hg_crossval_run(p, &spec, &control, &c, &err) != HG_OK)
        fail_msg("%s", err.message);
    return c;
}

static void expect_near(const char *what, double want, double got, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s: expected %.17g, obtained %.17g, difference %.3g, tolerance %.3g", what, want, got,
                 got - want, tolerance * fabs(want));
}

static void compare(const hg_points *p, hg_kernel_shape shape, double cutoff, size_t step)
{
    hg_crossval c = run(p, (hg_crossval_spec){shape, cutoff, 10.0, 0.0}, 2);
    double silverman, best = -INFINITY, at = 0.0, area = brute_hull(p);
    assert_int_equal(hg_bandwidth_by_rule(HG_RULE_SILVERMAN, shape, p, &silverman, NULL), HG_OK);
    assert_int_equal(c.n, HG_CROSSVAL_STEPS);
    assert_int_equal(c.evaluated, c.locations);
    expect_near("hull", area, c.hull_m2, 1e-12);
    for (size_t k = 0; k < c.n; k += step) {
        double low = fmax(10.0, 0.25 * silverman), ratio = 1.5 * silverman / low;
        const hg_kernel kernel = {shape, low * pow(ratio, (double)k / 31.0), cutoff};
        double want = brute(p, &kernel, area);
        expect_near("h", kernel.bandwidth_m, c.h_m[k], 1e-14);
        expect_near(hg_kernel_name(shape), want, c.cv[k], 1e-9);
        if (want > best) {
            best = want;
            at = c.h_m[k];
        }
    }
    if (step == 1)
        expect_near("chosen", at, c.h_m[c.best], 1e-14);
}

static void test_all_kernels(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        town t = town_new(2000, weighted, 11);
        for (hg_kernel_shape s = HG_UNIFORM; s < HG_KERNEL_END; s++)
            compare(&t.points, s, 4.0, s == HG_QUARTIC && !weighted ? 1 : 7);
        compare(&t.points, HG_GAUSSIAN, 1.5, 10);
        compare(&t.points, HG_GAUSSIAN, 9.0, 10);
        town_dispose(&t);
    }
}

/* The oracle bites: leaving out single points instead of locations is another curve. */
static void test_ties_matter(void **state)
{
    (void)state;
    town t = town_new(900, false, 3);
    hg_crossval tied = run(&t.points, (hg_crossval_spec){HG_QUARTIC, 4.0, 10.0, 0.0}, 1);
    for (size_t i = 0; i < t.points.n; i++)
        t.x[i] += 1e-6 * (double)i;
    hg_crossval apart = run(&t.points, (hg_crossval_spec){HG_QUARTIC, 4.0, 10.0, 0.0}, 1);
    assert_true(tied.locations < 850 && apart.locations == 900);
    assert_true(apart.cv[0] - tied.cv[0] > 1e-4 * fabs(tied.cv[0]));
    assert_true(apart.h_m[apart.best] < tied.h_m[tied.best]);
    town_dispose(&t);
}

static void test_threads_and_order(void **state)
{
    (void)state;
    town t = town_new(3000, true, 5);
    for (hg_kernel_shape s = HG_TRIANGULAR; s < HG_KERNEL_END; s++) {
        hg_crossval_spec all = {s, 4.0, 10.0, 0.0}, part = {s, 4.0, 10.0, 2e5};
        hg_crossval one = run(&t.points, all, 1), sampled = run(&t.points, part, 1);
        assert_true(sampled.evaluated < sampled.locations);
        for (int threads = 2; threads < 6; threads++) {
            hg_crossval more = run(&t.points, all, threads), again = run(&t.points, part, threads);
            assert_memory_equal(one.cv, more.cv, sizeof one.cv);
            assert_memory_equal(sampled.cv, again.cv, sizeof sampled.cv);
            assert_memory_equal(sampled.error, again.error, sizeof sampled.error);
        }
    }
    hg_crossval_spec spec = {HG_QUARTIC, 4.0, 10.0, 0.0};
    hg_crossval forth = run(&t.points, spec, 2);
    for (size_t i = 0, j = t.points.n - 1; i < j; i++, j--) {
        double x = t.x[i], y = t.y[i], w = t.w[i];
        t.x[i] = t.x[j], t.y[i] = t.y[j], t.w[i] = t.w[j];
        t.x[j] = x, t.y[j] = y, t.w[j] = w;
    }
    hg_crossval back = run(&t.points, spec, 2);
    for (size_t k = 0; k < forth.n; k++)
        expect_near("other order", forth.cv[k], back.cv[k], 1e-12);
    town_dispose(&t);
}

/* A sample's curve differs from the whole one by no more than its own errors allow. */
static void test_sample(void **state)
{
    (void)state;
    town t = town_new(20000, true, 9);
    hg_crossval whole = run(&t.points, (hg_crossval_spec){HG_QUARTIC, 4.0, 10.0, 1e12}, 2);
    hg_crossval part = run(&t.points, (hg_crossval_spec){HG_QUARTIC, 4.0, 10.0, 2e6}, 2);
    assert_int_equal(whole.evaluated, whole.locations);
    assert_true(part.evaluated < part.locations / 2 && part.evaluated >= 500);
    assert_true(part.low <= whole.best && whole.best <= part.high);
    for (size_t k = 0; k < whole.n; k++) {
        double want = whole.cv[part.best] - whole.cv[k], got = part.cv[part.best] - part.cv[k];
        assert_true(whole.error[k] == 0.0);
        if (!(fabs(got - want) <= 4.0 * part.error[k]))
            fail_msg("h = %.4g: expected %.6g, obtained %.6g, error %.3g", whole.h_m[k], want, got,
                     part.error[k]);
    }
    town_dispose(&t);
}

static void test_edges(void **state)
{
    (void)state;
    double x[] = {0, 100, 250, 250, 400}, y[5] = {0}, w[] = {1, 1, 1, 0, 1}, h;
    hg_points line = {5, x, y, w}, two = {4, x, y, (double[]){1, 1, 0, 0}};
    hg_crossval c = run(&line, (hg_crossval_spec){HG_QUARTIC, 4.0, 10.0, 0.0}, 1);
    assert_int_equal(c.locations, 4);
    expect_near("line", 400.0 * c.h_m[0], c.hull_m2, 1e-14);
    const hg_kernel kernel = {HG_QUARTIC, c.h_m[20], 4.0};
    expect_near("on a line", brute(&line, &kernel, c.hull_m2), c.cv[20], 1e-12);
    assert_int_equal(hg_bandwidth_by_rule(HG_RULE_SILVERMAN, HG_QUARTIC, &line, &h, NULL), HG_OK);
    c = run(&line, (hg_crossval_spec){HG_QUARTIC, 4.0, 2.0 * h, 0.0}, 1); /* the least is beyond the range */
    assert_true(c.n == 1 && c.h_m[0] == 2.0 * h && c.best == 0);
    hg_error err = {0};
    hg_crossval_spec spec = {HG_QUARTIC, 4.0, 10.0, 0.0};
    assert_int_equal(hg_crossval_run(&two, &spec, NULL, &c, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "length"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_kernels), cmocka_unit_test(test_ties_matter),
        cmocka_unit_test(test_threads_and_order), cmocka_unit_test(test_sample),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
