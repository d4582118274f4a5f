/* What must hold of every rank_stability. */
#include "base/control.h"
#include "engine/stability.h"
#include "tests/oracle/density_brute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/sweep.h"

enum { SIDE = 50, CELLS = SIDE * SIDE, MOST = 1200 };

static const hg_grid grid = {100, 10, 900, SIDE, SIDE};
static const hg_kernel quartic = {HG_QUARTIC, 500, 0};

typedef struct scene {
    hg_incidents inc;
    double x[MOST], y[MOST], w[MOST];
    uint8_t flags[MOST];
    float share[CELLS], score[CELLS];
    hg_cell_counts counts;
    hg_ranking ranking;
    hg_stability_kernel kernel;
    hg_coverage coverage;
    hg_stability_input in;
} scene;

static void fill(scene *s, const hg_kernel *k, hg_edge edge)
{
    s->coverage = (hg_coverage){&grid, s->share};
    s->kernel = (hg_stability_kernel){*k, edge, &s->coverage};
    s->in = (hg_stability_input){.incidents = &s->inc, .grid = &grid, .share = s->share, .ranking = &s->ranking,
                                 .inside_only = edge != HG_EDGE_NONE, .score = hg_stability_density,
                                 .context = &s->kernel};
}

/* n incidents anywhere, `planted` of them within sigma 150 m of one place; all of the grid is A. */
static void make(scene *s, size_t n, size_t planted, uint64_t seed)
{
    hg_random r = hg_random_seed(seed, 5);
    memset(s, 0, sizeof *s);
    s->inc = (hg_incidents){.n = n, .x = s->x, .y = s->y, .w = s->w, .flags = s->flags, .streams = 1};
    for (int i = 0; i < CELLS; i++)
        s->share[i] = 1;
    double west = hg_grid_column_west(&grid, 0), south = hg_grid_row_north(&grid, SIDE);
    for (size_t i = 0; i < n; i++) {
        double size = sqrt(-2 * log(1 - hg_random_unit(&r))) * 150, turn = 6.283185307179586 * hg_random_unit(&r);
        s->x[i] = i < planted ? west + 2100 + size * cos(turn) : west + 5000 * hg_random_unit(&r);
        s->y[i] = i < planted ? south + 2600 + size * sin(turn) : south + 5000 * hg_random_unit(&r);
        s->w[i] = 1;
    }
    fill(s, &quartic, HG_EDGE_NONE);
}

static void rank(scene *s, double budget)
{
    const hg_points points = {s->inc.n, s->x, s->y, s->w};
    double *density = density_of(&points, &grid, &s->kernel.kernel, 1, 0);
    for (int i = 0; i < CELLS; i++)
        s->score[i] = (float)(density[i] * 1e6);
    free(density);
    assert_int_equal(hg_count_cells(&s->inc, &grid, s->share, NULL, &s->counts, NULL), HG_OK);
    const hg_rank_input in = {&grid, s->score, s->share, &s->counts, true};
    assert_int_equal(hg_rank(&in, &(hg_budget){HG_BUDGET_SHARE, budget}, NULL, &s->ranking, NULL), HG_OK);
}

static void dispose(scene *s)
{
    hg_cell_counts_dispose(&s->counts);
    hg_ranking_dispose(&s->ranking);
}

static void judge(const scene *s, int threads, uint64_t seed, int runs, double *out)
{
    hg_control control = {.threads = threads, .seed = seed};
    hg_error err = {0};
    if (hg_rank_stability(&s->in, runs, &control, out, &err) != HG_OK)
        fail_msg("%s", err.message);
}

static double mean_of_selected(const scene *s, const double *stability)
{
    double sum = 0;
    for (size_t i = 0; i < s->ranking.selected; i++)
        sum += stability[i];
    return sum / (double)s->ranking.selected;
}

static void expect_same(const scene *s, const double *a, const double *b)
{
    assert_memory_equal(a, b, s->ranking.listed * sizeof *a);
}

/* A part of the cells, as a river or a boundary leaves them, and a halo. */
static void cut(scene *s)
{
    for (int i = 0; i < CELLS; i++)
        s->share[i] = i % SIDE < 4 ? 0 : i % SIDE == 4 ? 0.375f : 1;
    for (size_t i = 0; i < s->inc.n; i++)
        s->flags[i] = s->x[i] < hg_grid_column_west(&grid, 4) ? HG_FLAG_HALO : 0;
}

static void test_threads_and_seed(void **state)
{
    (void)state;
    static scene s;
    static double one[CELLS], more[CELLS];
    for (int edge = HG_EDGE_NONE; edge <= HG_EDGE_DIGGLE; edge++) {
        make(&s, 800, 60, 4);
        cut(&s);
        fill(&s, &quartic, (hg_edge)edge);
        rank(&s, 0.02);
        judge(&s, 1, 11, 13, one);
        for (int threads = 2; threads <= 5; threads += 3) {
            judge(&s, threads, 11, 13, more);
            expect_same(&s, one, more);
        }
        judge(&s, 2, 12, 13, more);
        assert_true(memcmp(one, more, s.ranking.listed * sizeof *one) != 0);
        dispose(&s);
    }
}

/* Reversed rows with twins of unlike weight among them. */
static void test_order(void **state)
{
    (void)state;
    static scene s;
    static double one[CELLS], other[CELLS];
    make(&s, 600, 50, 6);
    cut(&s);
    for (size_t i = 0; i < s.inc.n; i++) {
        s.w[i] = 1 + (double)(i % 5);
        if (i % 7 == 6) {
            s.x[i] = s.x[i - 1];
            s.y[i] = s.y[i - 1];
            s.flags[i] = s.flags[i - 1];
        }
    }
    rank(&s, 0.02);
    judge(&s, 2, 1, 10, one);
    for (size_t i = 0, j = s.inc.n - 1; i < j; i++, j--) {
        double x = s.x[i], y = s.y[i], w = s.w[i];
        uint8_t flags = s.flags[i];
        s.x[i] = s.x[j], s.y[i] = s.y[j], s.w[i] = s.w[j], s.flags[i] = s.flags[j];
        s.x[j] = x, s.y[j] = y, s.w[j] = w, s.flags[j] = flags;
    }
    judge(&s, 2, 1, 10, other);
    expect_same(&s, one, other);
    dispose(&s);
}

/* An incident that is one part at its own place is a point; two halves of it are nearly so. */
static void test_parts(void **state)
{
    (void)state;
    static scene s;
    static double one[CELLS], parts[CELLS];
    static uint32_t owner[2 * MOST];
    static double x[2 * MOST], y[2 * MOST], w[2 * MOST];
    make(&s, 500, 50, 9);
    rank(&s, 0.02);
    judge(&s, 2, 1, 10, one);
    size_t n = 0;
    for (uint32_t i = 100; i < 400; i++, n++) {
        owner[n] = i;
        x[n] = s.x[i];
        y[n] = s.y[i];
        w[n] = s.w[i];
    }
    hg_stability_parts heat = {{n, x, y, w}, owner};
    s.in.parts = &heat;
    judge(&s, 2, 1, 10, parts);
    /* the weight of the parts takes part in the order among incidents of one place only */
    expect_same(&s, one, parts);
    for (size_t i = 0; i < n; i++)
        w[i] = 0;
    judge(&s, 2, 1, 10, parts);
    assert_true(memcmp(one, parts, s.ranking.listed * sizeof *one) != 0);
    owner[0] = 450;
    assert_int_equal(hg_rank_stability(&s.in, 2, NULL, parts, NULL), HG_EFAIL);
    dispose(&s);
}

/* Where all cells are full and all are listed, no run gives away more cells than were selected. */
static void test_sum(void **state)
{
    (void)state;
    static scene s;
    static double stability[CELLS];
    make(&s, 1000, 150, 2);
    rank(&s, 0.02);
    judge(&s, 2, 5, 16, stability);
    double sum = 0;
    for (size_t i = 0; i < s.ranking.listed; i++) {
        assert_true(stability[i] >= 0 && stability[i] <= 1);
        sum += stability[i];
    }
    assert_int_equal(s.ranking.listed, CELLS);
    /* cells at the rim are parts; where one of them no longer fits, a little less is given */
    assert_true(sum <= (double)s.ranking.selected + 1e-9);
    assert_true(sum >= 0.95 * (double)s.ranking.selected);
    dispose(&s);
}

static void test_chance_and_cluster(void **state)
{
    (void)state;
    static scene s;
    static double stability[CELLS];
    make(&s, 1000, 0, 2);
    rank(&s, 0.01);
    judge(&s, 2, 5, 60, stability);
    double chance = mean_of_selected(&s, stability);
    dispose(&s);
    make(&s, 1000, 150, 2);
    rank(&s, 0.01);
    judge(&s, 2, 5, 60, stability);
    double cluster = mean_of_selected(&s, stability);
    dispose(&s);
    print_message("mean stability of 1 %%: %.3f by chance, %.3f with a cluster\n", chance, cluster);
    assert_true(chance < 0.5);
    assert_true(cluster > 0.8);
}

/* The worst difference from the density of each cell, as a share of the peak. */
static double worst_of(const scene *s, size_t n, const hg_kernel *kernel)
{
    static float score[CELLS];
    hg_control control = {.threads = 1};
    const hg_points points = {n, s->x, s->y, s->w};
    const hg_stability_kernel k = {*kernel, HG_EDGE_NONE, NULL};
    const hg_stability_run run = {&grid, s->share, &points, NULL, NULL, 0, 0, 1.1, &control};
    hg_kernel wide = *kernel;
    wide.bandwidth_m *= 1.1;
    assert_int_equal(hg_stability_density(&k, &run, score, NULL), HG_OK);
    double *exact = density_of(&points, &grid, &wide, 1, 0), peak = 0, worst = 0;
    for (int i = 0; i < CELLS; i++) {
        peak = fmax(peak, exact[i] * 1e6);
        worst = fmax(worst, fabs((double)score[i] - exact[i] * 1e6));
    }
    free(exact);
    return worst / peak;
}

/* Fine cells: nodes with cubics between them, for kernels without edges and kinks. */
static void test_interpolation(void **state)
{
    (void)state;
    static scene s;
    make(&s, 300, 0, 31);
    for (int shape = 0; shape < HG_KERNEL_END; shape++) {
        const hg_kernel k = {(hg_kernel_shape)shape, 1950, 4};
        double one = worst_of(&s, 1, &k), many = worst_of(&s, s.inc.n, &k);
        bool smooth = shape == HG_QUARTIC || shape == HG_TRIWEIGHT || shape == HG_GAUSSIAN;
        print_message("%s: worst difference of one incident %.2g, of many %.2g of the peak\n",
                      hg_kernel_name((hg_kernel_shape)shape), one, many);
        assert_true(one <= (smooth ? 0.005 : 1e-6));
        assert_true(many <= (smooth ? 0.002 : 1e-6));
        assert_true(!smooth || one > 1e-6); /* else nothing was interpolated */
    }
}

static hg_status sweep_run(void *context, hg_error *err)
{
    const scene *s = context;
    static double out[CELLS];
    hg_control control = {.threads = 1};
    return hg_rank_stability(&s->in, 2, &control, out, err);
}

static void test_errors(void **state)
{
    (void)state;
    static scene s;
    static double out[CELLS];
    make(&s, 100, 20, 2);
    cut(&s);
    fill(&s, &quartic, HG_EDGE_UNIFORM);
    rank(&s, 0.02);
    sweep_allocations(sweep_run, &s);
    assert_int_equal(hg_rank_stability(&s.in, 0, NULL, out, NULL), HG_EUSAGE);
    hg_control control = {.threads = 2};
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_rank_stability(&s.in, 5, &control, out, NULL), HG_ECANCELLED);
    dispose(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_and_seed), cmocka_unit_test(test_order),
        cmocka_unit_test(test_parts),            cmocka_unit_test(test_sum),
        cmocka_unit_test(test_chance_and_cluster), cmocka_unit_test(test_interpolation),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
