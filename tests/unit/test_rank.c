/* Counting and ranking: small grids whose answers can be read off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "engine/rank.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void expect_near(const char *what, double expected, double obtained, double tolerance)
{
    if (!(fabs(expected - obtained) <= tolerance))
        print_message("%s: expected %.17g, obtained %.17g, difference %.3g, tolerance %.3g\n", what,
                      expected, obtained, obtained - expected, tolerance);
    assert_true(fabs(expected - obtained) <= tolerance);
}

/* 3 columns x 2 rows of 10 m; lattice columns 5 … 7, rows 9 (top) and 8. Raster indexes:
 *   0 1 2
 *   3 4 5   */
static const hg_grid small = {10, 5, 9, 3, 2};

static void test_counts_and_boundary(void **state)
{
    (void)state;
    float share[6] = {1, 1, 1, 1, 0, 0.5f};
    /* inside 0; west side of 1 belongs to 1; cell 4 has share 0: nearest neighbour of (61, 81) is 3
     * at 1 m, that of (69.5, 85) is 5 at 0.5 m; the north side and the east side of the grid belong
     * to it; off the grid; halo. */
    double x[] = {52, 60, 61, 69.5, 55, 80, 49, 55};
    double y[] = {95, 95, 81, 85, 100, 85, 95, 95};
    double w[] = {1, 2, 4, 8, 16, 32, 64, 128};
    uint8_t flags[] = {0, 0, 0, 0, 0, 0, 0, HG_FLAG_HALO};
    hg_incidents in = {.n = 8, .x = x, .y = y, .w = w, .flags = flags, .streams = 1};
    hg_cell_counts c;
    uint32_t group[8];
    const uint64_t cells[] = {5, 3, 0}; /* cell 1 is not listed */
    const uint32_t expected[] = {2, UINT32_MAX, 1, 0, 2, 0, UINT32_MAX, UINT32_MAX};
    assert_int_equal(hg_incident_groups(&in, &small, share, cells, 3, NULL, group, NULL), HG_OK);
    for (int i = 0; i < 8; i++)
        assert_true(group[i] == expected[i]);
    assert_int_equal(hg_count_cells(&in, &small, share, NULL, &c, NULL), HG_OK);
    const uint32_t counts[] = {2, 1, 0, 1, 0, 2};
    const double weights[] = {17, 2, 0, 4, 0, 40};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(c.count[i], counts[i]);
        expect_near("weight", weights[i], c.weight[i], 0);
    }
    assert_int_equal(c.total, 6);
    expect_near("total weight", 63, c.total_weight, 0);
    hg_cell_counts_dispose(&c);
}

static void test_corner_without_area_beside(void **state)
{
    (void)state;
    float share[6] = {1, 0, 0, 0, 0, 0};
    assert_true(hg_incident_cell(&small, share, 79, 81) == UINT64_MAX);
    assert_true(hg_incident_cell(&small, share, 61, 89) == 0); /* over the corner */
    assert_true(hg_incident_cell(&small, share, 80.001, 95) == UINT64_MAX);
}

/* One million incidents with weights that round: any thread count gives the same bits. */
static void test_threads_do_not_matter(void **state)
{
    (void)state;
    enum { N = 1200000, SIDE = 64 };
    hg_grid g = {0.3, -20, 40, SIDE, SIDE};
    float *share = malloc(sizeof *share * SIDE * SIDE);
    double *x = malloc(sizeof *x * N), *y = malloc(sizeof *y * N), *w = malloc(sizeof *w * N);
    hg_random r = hg_random_seed(3, 0);
    for (int i = 0; i < SIDE * SIDE; i++)
        share[i] = i % 7 ? 1 : 0;
    for (int i = 0; i < N; i++) {
        x[i] = hg_grid_column_west(&g, 0) + hg_random_unit(&r) * SIDE * 0.3;
        y[i] = hg_grid_row_north(&g, SIDE) + hg_random_unit(&r) * SIDE * 0.3;
        w[i] = hg_random_unit(&r);
    }
    hg_incidents in = {.n = N, .x = x, .y = y, .w = w, .streams = 1};
    hg_control one = {.threads = 1}, three = {.threads = 3};
    hg_cell_counts a, b;
    assert_int_equal(hg_count_cells(&in, &g, share, &one, &a, NULL), HG_OK);
    assert_int_equal(hg_count_cells(&in, &g, share, &three, &b, NULL), HG_OK);
    assert_memory_equal(a.count, b.count, sizeof *a.count * SIDE * SIDE);
    assert_memory_equal(a.weight, b.weight, sizeof *a.weight * SIDE * SIDE);
    assert_true(a.total == N && b.total == N && a.total_weight == b.total_weight);
    double sums[SIDE * SIDE] = {0};
    for (int i = 0; i < N; i++)
        sums[hg_incident_cell(&g, share, x[i], y[i])] += w[i];
    for (int i = 0; i < SIDE * SIDE; i++)
        expect_near("weight", sums[i], a.weight[i], 1e-12 * sums[i]);
    hg_cell_counts_dispose(&a);
    hg_cell_counts_dispose(&b);
    free(share);
    free(x);
    free(y);
    free(w);
}

static hg_ranking rank_ok(const hg_rank_input *in, hg_budget budget)
{
    hg_ranking r = {0};
    hg_error err = {HG_OK, ""};
    hg_status s = hg_rank(in, &budget, NULL, &r, &err);
    if (s != HG_OK)
        print_message("%s\n", err.message);
    assert_int_equal(s, HG_OK);
    return r;
}

static void expect_cells(const hg_ranking *r, const uint64_t *cells, size_t n)
{
    assert_int_equal(r->listed, n);
    for (size_t i = 0; i < n; i++)
        assert_true(r->cells[i] == cells[i]);
}

static void test_order_and_ties(void **state)
{
    (void)state;
    /* 5 best; then 0, 2, 4 tie in score, 2 has the higher count; of 0 and 4 the southern row first;
     * 1 is NaN = 0; 3 is negative. */
    float score[] = {2, NAN, 2, -1, 2, 3}, share[] = {1, 1, 1, 1, 1, 1};
    uint32_t count[] = {1, 9, 4, 9, 1, 0};
    hg_cell_counts counts = {.count = count, .total = 24};
    hg_rank_input in = {&small, score, share, &counts, true};
    hg_ranking r = rank_ok(&in, (hg_budget){HG_BUDGET_TOP, 100});
    expect_cells(&r, (uint64_t[]){5, 2, 4, 0, 1, 3}, 6);
    assert_int_equal(r.selected, 4); /* never score 0 */
    expect_near("A", 600, r.area_m2, 0);
    expect_near("selected area", 400, r.selected_area_m2, 0);
    hg_ranking_dispose(&r);

    in.all_cells = false;
    r = rank_ok(&in, (hg_budget){HG_BUDGET_TOP, 3});
    expect_cells(&r, (uint64_t[]){5, 2, 4}, 3);
    hg_ranking_dispose(&r);

    for (int i = 0; i < 6; i++)
        score[i] = 1, count[i] = 0;
    r = rank_ok(&in, (hg_budget){HG_BUDGET_TOP, 6});
    expect_cells(&r, (uint64_t[]){3, 4, 5, 0, 1, 2}, 6); /* south first, then west */
    hg_ranking_dispose(&r);
}

static void test_budget(void **state)
{
    (void)state;
    float score[] = {6, 5, 4, 3, 2, 1}, share[] = {0.5f, 0, 1, 0.25f, 1, 1};
    uint32_t count[6] = {0};
    hg_cell_counts counts = {.count = count};
    hg_rank_input in = {&small, score, share, &counts, false};
    hg_ranking r = rank_ok(&in, (hg_budget){HG_BUDGET_AREA, 175}); /* 50 + 100 + 25 exactly */
    expect_cells(&r, (uint64_t[]){0, 2, 3}, 3);
    expect_near("A", 375, r.area_m2, 0);
    hg_ranking_dispose(&r);
    r = rank_ok(
        &in, (hg_budget){HG_BUDGET_AREA, 149}); /* a prefix: 3 would still fit, but comes after 2 */
    expect_cells(&r, (uint64_t[]){0}, 1);
    hg_ranking_dispose(&r);
    r = rank_ok(&in, (hg_budget){HG_BUDGET_SHARE, 1e-9}); /* at least one */
    expect_cells(&r, (uint64_t[]){0}, 1);
    hg_ranking_dispose(&r);
    r = rank_ok(&in, (hg_budget){HG_BUDGET_SHARE, 1});
    expect_cells(&r, (uint64_t[]){0, 2, 3, 4, 5}, 5);
    hg_ranking_dispose(&r);
}

/* 0.29 * 100 is 28.999999999999996 in doubles; 29 cells are meant. */
static void test_share_rounding(void **state)
{
    (void)state;
    hg_grid g = {10, 0, 9, 10, 10};
    float score[100], share[100];
    uint32_t count[100] = {0};
    for (int i = 0; i < 100; i++)
        score[i] = (float)(i + 1), share[i] = 1;
    hg_cell_counts counts = {.count = count};
    hg_rank_input in = {&g, score, share, &counts, false};
    for (int percent = 1; percent <= 100; percent++) {
        hg_ranking r = rank_ok(&in, (hg_budget){HG_BUDGET_SHARE, percent / 100.0});
        assert_int_equal(r.selected, percent);
        hg_ranking_dispose(&r);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    float score[6] = {0}, share[] = {1, 1, 1, 1, 1, 1};
    uint32_t count[6] = {0};
    hg_cell_counts counts = {.count = count};
    hg_rank_input in = {&small, score, share, &counts, true};
    hg_ranking r;
    hg_error err;
    assert_int_equal(hg_rank(&in, &(hg_budget){HG_BUDGET_SHARE, 0.01}, NULL, &r, &err), HG_EDATA);
    score[0] = 1;
    const double bad[] = {0, -1, NAN};
    for (int i = 0; i < 3; i++)
        for (int kind = HG_BUDGET_AREA; kind <= HG_BUDGET_TOP; kind++) {
            hg_budget b = {(hg_budget_kind)kind, bad[i]};
            assert_int_equal(hg_rank(&in, &b, NULL, &r, &err), HG_EUSAGE);
        }
    hg_control stopped = {.threads = 1};
    atomic_store(&stopped.cancelled, true);
    hg_budget ok = {HG_BUDGET_TOP, 1};
    assert_int_equal(hg_rank(&in, &ok, &stopped, &r, &err), HG_ECANCELLED);
}

/* The rule spelled out, for a comparison sort. */
typedef struct naive {
    float score;
    uint32_t count;
    int64_t row, column; /* lattice */
    uint64_t cell;
} naive;

static int compare_naive(const void *pa, const void *pb)
{
    const naive *a = pa, *b = pb;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return (a->column > b->column) - (a->column < b->column);
}

/* Random maps with many ties, against a comparison sort of all cells and a plain prefix. */
static void test_against_comparison_sort(void **state)
{
    (void)state;
    enum { W = 37, H = 23, N = W * H };
    hg_grid g = {25, -4, 11, W, H};
    static float score[N], share[N];
    static uint32_t count[N];
    static naive all[N];
    hg_cell_counts counts = {.count = count};
    hg_random r = hg_random_seed(11, 0);
    for (int round = 0; round < 300; round++) {
        size_t n = 0;
        uint64_t levels = 1 + hg_random_below(&r, round % 2 ? 6 : 100000);
        for (int i = 0; i < N; i++) {
            score[i] = (float)hg_random_below(&r, levels) * 0.1f;
            count[i] = (uint32_t)hg_random_below(&r, 4);
            share[i] = (float)hg_random_below(&r, 5) / 4;
            if (share[i] > 0)
                all[n++] = (naive){score[i], count[i], g.top - i / W, g.west + i % W, (uint64_t)i};
        }
        qsort(all, n, sizeof *all, compare_naive);
        if (n == 0 || !(all[0].score > 0))
            continue;
        double area = 0, sum = 0, budget = 0;
        for (size_t i = 0; i < n; i++)
            area += (double)share[all[i].cell] * 625;
        budget = area * hg_random_unit(&r) * (round % 3 ? 0.1 : 1.0);
        size_t selected = 0;
        while (selected < n && all[selected].score > 0 &&
               (selected == 0 || sum + (double)share[all[selected].cell] * 625 <= budget))
            sum += (double)share[all[selected++].cell] * 625;
        hg_rank_input in = {&g, score, share, &counts, round % 2 == 0};
        hg_ranking got = rank_ok(&in, (hg_budget){HG_BUDGET_AREA, budget});
        assert_int_equal(got.selected, selected);
        assert_int_equal(got.listed, in.all_cells ? n : selected);
        expect_near("selected area", sum, got.selected_area_m2, 0);
        for (size_t i = 0; i < got.listed; i++)
            assert_true(got.cells[i] == all[i].cell);
        hg_ranking_dispose(&got);
    }
}

typedef struct fixture {
    hg_incidents in;
    float score[6], share[6];
    const double *expected;
} fixture;

static hg_status count_and_rank(void *context, hg_error *err)
{
    fixture *f = context;
    hg_control one = {.threads = 1, .seed = 1};
    hg_cell_counts counts = {0};
    hg_ranking r = {0};
    double chance[6];
    hg_status s = hg_count_cells(&f->in, &small, f->share, &one, &counts, err);
    hg_rank_input in = {&small, f->score, f->share, &counts, true};
    if (s == HG_OK)
        s = hg_rank(&in, &(hg_budget){HG_BUDGET_TOP, 2}, &one, &r, err);
    if (s == HG_OK)
        s = hg_concentration_chance(&in, f->expected, &r, 3, &one, chance, err);
    hg_ranking_dispose(&r);
    hg_cell_counts_dispose(&counts);
    return s;
}

static void test_allocation_failures(void **state)
{
    (void)state;
    double x[] = {55, 65, 75}, y[] = {95, 85, 85}, w[] = {1, 2, 3};
    fixture f = {.in = {.n = 3, .x = x, .y = y, .w = w, .streams = 1},
                 .score = {1, 2, 3, 4, 5, 6},
                 .share = {1, 1, 1, 1, 1, 1}};
    sweep_allocations(count_and_rank, &f);
    f.expected = (const double[]){0, 1, 2, 3, 4, 5};
    sweep_allocations(count_and_rank, &f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_and_boundary),
        cmocka_unit_test(test_corner_without_area_beside),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_order_and_ties),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_share_rounding),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_against_comparison_sort),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
