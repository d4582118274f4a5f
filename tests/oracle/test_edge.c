/* Edge factors against their definition, and the balance that Diggle's correction keeps. */
#include "engine/edge.h"
#include "tests/oracle/density_brute.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const double TOLERANCE = 1e-12;

static double share_at(const hg_coverage *c, int64_t row, int64_t column)
{
    bool in = row >= 0 && row < c->grid->rows && column >= 0 && column < c->grid->columns;
    return in ? (double)c->share[row * c->grid->columns + column] : 0.0;
}

/* The ratio of the two sums as edge.h states it; *all = the lower one (c^2 K / h^2 summed). */
static double brute_edge(const hg_coverage *c, const hg_kernel *k, double x, double y, double *all)
{
    const hg_grid *g = c->grid;
    int64_t m = (int64_t)ceil(hg_kernel_support_m(k) / g->cell_m) + 1;
    int64_t column = hg_grid_column_of(g, x), row = hg_grid_row_of(g, y);
    double inside = 0.0, sum = 0.0;
    for (int64_t i = row - m; i <= row + m; i++)
        for (int64_t j = column - m; j <= column + m; j++) {
            double d = hypot(hg_grid_column_centre(g, j) - x, hg_grid_row_centre(g, i) - y);
            double v = hg_kernel_value(k, d / k->bandwidth_m);
            sum += v;
            inside += v * share_at(c, i, j);
        }
    if (all)
        *all = sum * g->cell_m * g->cell_m / (k->bandwidth_m * k->bandwidth_m);
    return inside / sum;
}

/* A disc with a hole and a ragged rim, in a grid it does not fill. */
static float *ragged_share(const hg_grid *g, uint64_t seed)
{
    hg_random r = hg_random_seed(seed, 1);
    float *share = malloc((size_t)hg_grid_cells(g) * sizeof *share);
    double cx = 0.45 * (double)g->columns, cy = 0.5 * (double)g->rows,
           radius = 0.42 * cx + 0.4 * cy;
    for (int64_t i = 0; i < g->rows; i++)
        for (int64_t j = 0; j < g->columns; j++) {
            double d = hypot((double)j - cx, (double)i - cy);
            double part = (double)hg_random_below(&r, 1000) / 1000.0;
            bool in = d < radius && !(i == g->rows / 2 && j == 3 * g->columns / 4);
            share[i * g->columns + j] = fabs(d - radius) < 1.0 ? (float)part : in ? 1.0f : 0.0f;
        }
    return share;
}

static const hg_grid grids[] = {
    {10, -20, 30, 41, 37}, {25, 52000, 249000, 7, 60}, {1, 0, 0, 1, 1}, {10, 0, 69, 70, 70}};
static const double radii[] = {1.0, 3.7, 9.2};

static void test_at_points(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
        const hg_grid *g = &grids[i];
        float *share = ragged_share(g, i);
        hg_coverage coverage = {g, share};
        for (int shape = 0; shape < HG_KERNEL_END; shape++) {
            hg_kernel k = {(hg_kernel_shape)shape, radii[i % 3] * g->cell_m, 2.5};
            sample s = sample_random(g, 150, 3 * k.bandwidth_m, false, i);
            double e[150];
            assert_int_equal(hg_edge_at_points(&coverage, &k, &s.points, NULL, e, NULL), HG_OK);
            for (size_t p = 0; p < s.points.n; p++) {
                double want = brute_edge(&coverage, &k, s.x[p], s.y[p], NULL);
                if (!(fabs(e[p] - want) <= TOLERANCE))
                    fail_msg("%s at (%.3f, %.3f): expected %.17g, obtained %.17g, tolerance %g",
                             hg_kernel_name(k.shape), s.x[p], s.y[p], want, e[p], TOLERANCE);
            }
            sample_dispose(&s);
        }
        free(share);
    }
}

static void test_at_cells(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
        const hg_grid *g = &grids[i];
        float *share = ragged_share(g, i);
        double *e = malloc((size_t)hg_grid_cells(g) * sizeof *e);
        hg_coverage coverage = {g, share};
        for (int shape = 0; shape < HG_KERNEL_END; shape++) {
            hg_kernel k = {(hg_kernel_shape)shape, (radii[i % 3] + 0.01) * g->cell_m, 2.5};
            assert_int_equal(hg_edge_at_cells(&coverage, &k, NULL, e, NULL), HG_OK);
            for (int64_t row = 0; row < g->rows; row++)
                for (int64_t column = 0; column < g->columns; column++) {
                    double want = brute_edge(&coverage, &k, hg_grid_column_centre(g, column),
                                             hg_grid_row_centre(g, row), NULL);
                    double got = e[row * g->columns + column];
                    if (!(fabs(got - want) <= TOLERANCE) || (want == 0.0) != (got == 0.0))
                        fail_msg(
                            "%s at cell (%d, %d): expected %.17g, obtained %.17g, tolerance %g",
                            hg_kernel_name(k.shape), (int)column, (int)row, want, got, TOLERANCE);
                }
        }
        free(e);
        free(share);
    }
}

/* Where every cell of the support is full, e is 1 to the last bit, short cut or not. */
static void test_inside_is_exactly_one(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 40, 41, 41};
    float share[41 * 41];
    for (int shape = 0; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = {(hg_kernel_shape)shape, shape == HG_GAUSSIAN ? 25 : 75, 3.0};
        for (int i = 0; i < 41 * 41; i++) {
            double d = hypot(i % 41 - 20, i / 41 - 20);
            share[i] = d < 9.0 ? 1.0f : 0.0f; /* full in the disc of the support, not in its box */
        }
        hg_coverage coverage = {&g, share};
        double x = 205.3, y = 204.1, e, cells[41 * 41];
        hg_points p = {1, &x, &y, NULL};
        assert_int_equal(hg_edge_at_points(&coverage, &k, &p, NULL, &e, NULL), HG_OK);
        assert_true(e == 1.0);
        assert_int_equal(hg_edge_at_cells(&coverage, &k, NULL, cells, NULL), HG_OK);
        assert_true(cells[20 * 41 + 20] == 1.0);
        assert_true(cells[0] == 0.0);
    }
}

/* sum_j a_j sum_i w_i K / (h^2 e_i) is the lattice mass of the events: Diggle's correction keeps
 * it. */
static void test_diggle_keeps_mass(void **state)
{
    (void)state;
    hg_grid g = {10, 300, 800, 53, 47};
    float *share = ragged_share(&g, 9);
    hg_coverage coverage = {&g, share};
    for (int shape = 0; shape < HG_KERNEL_END; shape++) {
        hg_kernel k = {(hg_kernel_shape)shape, shape == HG_GAUSSIAN ? 33 : 88, 3.0};
        sample s = sample_random(&g, 300, 20, true, 5);
        double e[300], expected = 0.0, obtained = 0.0, all;
        assert_int_equal(hg_edge_at_points(&coverage, &k, &s.points, NULL, e, NULL), HG_OK);
        for (size_t i = 0; i < s.points.n; i++) {
            brute_edge(&coverage, &k, s.x[i], s.y[i], &all);
            expected += e[i] > 0.0 ? s.w[i] * all : 0.0;
            s.w[i] = e[i] > 0.0 ? s.w[i] / e[i] : 0.0;
        }
        double *d = density_of(&s.points, &g, &k, 2, 0);
        assert_non_null(d);
        for (size_t i = 0; i < (size_t)hg_grid_cells(&g); i++)
            obtained += d[i] * (double)share[i] * g.cell_m * g.cell_m;
        if (!(fabs(obtained - expected) <= 1e-9 * expected))
            fail_msg("%s: expected %.12g, obtained %.12g, tolerance 1e-9", hg_kernel_name(k.shape),
                     expected, obtained);
        free(d);
        sample_dispose(&s);
    }
    free(share);
}

static void test_refusals_and_names(void **state)
{
    (void)state;
    hg_error err;
    hg_grid g = {10, 0, 0, 1, 1};
    float share = 1.0f;
    double e = -1.0;
    hg_coverage coverage = {&g, &share};
    hg_kernel narrow = {HG_QUARTIC, 9.0, 4.0};
    assert_int_equal(hg_edge_at_cells(&coverage, &narrow, NULL, &e, &err), HG_EUSAGE);
    assert_true(e == -1.0);
    hg_edge edge;
    assert_true(hg_edge_by_name("Diggle", &edge) && edge == HG_EDGE_DIGGLE);
    assert_false(hg_edge_by_name("torus", &edge));
    assert_string_equal(hg_edge_name(HG_EDGE_UNIFORM), "uniform");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_at_points),
        cmocka_unit_test(test_at_cells),
        cmocka_unit_test(test_inside_is_exactly_one),
        cmocka_unit_test(test_diggle_keeps_mass),
        cmocka_unit_test(test_refusals_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
