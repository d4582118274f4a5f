/* Pile-ups: planted ones are found, their neighbours and effects are as a plain search says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "engine/morton.h"
#include "engine/pileup.h"
#include "engine/tails.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct data {
    hg_incidents in;
    size_t capacity;
} data;

static void data_make(data *d, size_t capacity)
{
    d->capacity = capacity;
    d->in = (hg_incidents){.streams = 1};
    d->in.x = malloc(capacity * sizeof(double));
    d->in.y = malloc(capacity * sizeof(double));
    d->in.w = malloc(capacity * sizeof(double));
    d->in.flags = calloc(capacity, 1);
}

static void data_add(data *d, size_t n, double x, double y)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(d->in.n < d->capacity);
        d->in.x[d->in.n] = x;
        d->in.y[d->in.n] = y;
        d->in.w[d->in.n++] = 1;
    }
}

static void data_free(data *d)
{
    free(d->in.x);
    free(d->in.y);
    free(d->in.w);
    free(d->in.flags);
}

static void expect_near(const char *what, double expected, double obtained, double tolerance)
{
    if (!(fabs(expected - obtained) <= tolerance))
        print_message("%s: expected %.15g, obtained %.15g, tolerance %.3g\n", what, expected,
                      obtained, tolerance);
    assert_true(fabs(expected - obtained) <= tolerance);
}

/* A street grid of single incidents, 10 m apart, with one default geocode of 40 and one busy spot.
 */
static void test_planted(void **state)
{
    (void)state;
    data d;
    data_make(&d, 4000);
    for (int i = 0; i < 2500; i++)
        data_add(&d, 1, 500000 + i % 50 * 10.0, 2450000 + i / 50 * 10.0);
    data_add(&d, 20, 500003.26, 2450003.3);
    data_add(&d, 20, 500003.34, 2450003.3); /* the same after rounding to 0.1 m */
    data_add(&d, 4, 500255, 2450255);       /* fewer than 5 */
    data_add(&d, 25, 500405, 2450405);
    data_add(&d, 30, 500105, 2450405);
    for (size_t i = d.in.n - 30; i < d.in.n; i++)
        d.in.flags[i] = HG_FLAG_HALO;
    d.in.w[2500] = 3;
    hg_control control = {.threads = 2};
    hg_pile_ups p;
    assert_int_equal(hg_find_pile_ups(&d.in, 60, &control, &p, NULL), HG_OK);
    assert_int_equal(p.n, 2);
    assert_int_equal(p.items[0].count, 40);
    expect_near("x", 500003.3, p.items[0].x, 1e-9);
    expect_near("y", 2450003.3, p.items[0].y, 1e-9);
    expect_near("weight", 42, p.items[0].weight, 0);
    expect_near("share", 40.0 / 2569, p.items[0].share, 1e-15);
    expect_near("expected", 1, p.items[0].expected, 0);
    expect_near("p", 0, p.items[0].p_value, hg_poisson_tail(40, 1) * (1 + 1e-9));
    assert_int_equal(p.items[1].count, 25);
    assert_int_equal(p.items[1].cells_changed, -1);
    hg_pile_ups_dispose(&p);
    data_free(&d);
}

/* Where every address holds about as many, nothing piles up. */
static void test_snapped_town(void **state)
{
    (void)state;
    data d;
    data_make(&d, 60000);
    hg_random r = hg_random_seed(4, 0);
    for (int i = 0; i < 900; i++)
        data_add(&d, 20 + hg_random_below(&r, 30), i % 30 * 25.0, i / 30 * 25.0);
    hg_pile_ups p;
    assert_int_equal(hg_find_pile_ups(&d.in, 200, NULL, &p, NULL), HG_OK);
    assert_int_equal(p.n, 0);
    hg_pile_ups_dispose(&p);
    data_add(&d, 400, 387, 387);
    assert_int_equal(hg_find_pile_ups(&d.in, 200, NULL, &p, NULL), HG_OK);
    assert_int_equal(p.n, 1);
    hg_pile_ups_dispose(&p);
    data_free(&d);
}

static void test_edges(void **state)
{
    (void)state;
    data d;
    hg_pile_ups p;
    hg_error err;
    data_make(&d, 100);
    assert_int_equal(hg_find_pile_ups(&d.in, 10, NULL, &p, &err), HG_OK);
    assert_int_equal(p.n, 0);
    hg_pile_ups_dispose(&p);
    data_add(&d, 7, -3.25, 0); /* alone: Poisson(1), P(X >= 7) = 8.3e-5 against 1e-3 */
    assert_int_equal(hg_find_pile_ups(&d.in, 10, NULL, &p, &err), HG_OK);
    assert_int_equal(p.n, 1);
    expect_near("p", 1 - exp(-1) * (1 + 1 + 1 / 2.0 + 1 / 6.0 + 1 / 24.0 + 1 / 120.0 + 1 / 720.0),
                p.items[0].p_value, 1e-15);
    hg_pile_ups_dispose(&p);
    assert_int_equal(hg_find_pile_ups(&d.in, 0, NULL, &p, &err), HG_EUSAGE);
    data_add(&d, 1, 1e9, 0);
    assert_int_equal(hg_find_pile_ups(&d.in, 10, NULL, &p, &err), HG_EDATA);
    data_free(&d);
}

typedef struct reached {
    double squared;
    uint64_t key;
    size_t at;
} reached;

static int compare_reached(const void *pa, const void *pb)
{
    const reached *a = pa, *b = pb;
    if (a->squared != b->squared)
        return a->squared < b->squared ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void check_nearest(const hg_locations *l, size_t i, double radius, size_t least, size_t most)
{
    static reached all[2000];
    uint32_t x0, y0, x, y;
    size_t n = 0, expected = 0, out[HG_NEAREST_MAX];
    hg_morton_split(l->key[i], &x0, &y0);
    for (size_t k = 0; k < l->n; k++)
        if (k != i) {
            hg_morton_split(l->key[k], &x, &y);
            double dx = (double)x - x0, dy = (double)y - y0;
            all[n++] = (reached){dx * dx + dy * dy, l->key[k], k};
        }
    qsort(all, n, sizeof *all, compare_reached);
    while (expected < n && expected < most &&
           (expected < least || all[expected].squared <= radius * radius))
        expected++;
    assert_int_equal(hg_morton_nearest(l, i, radius, least, most, out), expected);
    for (size_t k = 0; k < expected; k++)
        assert_int_equal(out[k], all[k].at);
}

/* Uniform, clustered and far-flung locations, the corners of the key space among them. */
static void test_nearest_against_all(void **state)
{
    (void)state;
    static uint64_t key[2000];
    hg_random r = hg_random_seed(8, 0);
    for (int round = 0; round < 12; round++) {
        size_t size = 1 + hg_random_below(&r, round < 4 ? 30 : 1500), n = 0;
        for (size_t i = 0; i < size; i++) {
            uint64_t span = round % 3 == 0 ? 300 : round % 3 == 1 ? UINT32_MAX : 20000;
            uint32_t x = (uint32_t)hg_random_below(&r, span),
                     y = (uint32_t)hg_random_below(&r, span);
            if (round % 3 == 2 && i % 2)
                x = 7000 + x % 40, y = 9000 + y % 40;
            key[i] = i == 0 ? hg_morton_key(0, 0) : hg_morton_key(x, y);
        }
        key[size / 2] = round % 2 ? hg_morton_key(UINT32_MAX - 1, UINT32_MAX - 1) : key[size / 2];
        qsort(key, size, sizeof *key, compare_keys);
        for (size_t i = 0; i < size; i++)
            if (n == 0 || key[n - 1] != key[i])
                key[n++] = key[i];
        hg_locations l = {key, NULL, n};
        for (size_t i = 0; i < n; i += 1 + n / 60) {
            check_nearest(&l, i, 50, 8, 200);
            check_nearest(&l, i, 5000, 8, 200);
            check_nearest(&l, i, 1e6, 3, 20);
        }
    }
}

enum { W = 40, H = 30, N = W * H };

typedef struct scene {
    hg_grid grid;
    float score[N], share[N];
    uint32_t count[N];
    hg_cell_counts counts;
    hg_kernel kernel;
    hg_score_units units;
} scene;

static const hg_score_units by_density = {.per_m2 = 1e6};

static double contribution(const scene *s, const hg_pile_up *p, int64_t cell)
{
    double dx = hg_grid_column_centre(&s->grid, cell % W) - p->x;
    double dy = hg_grid_row_centre(&s->grid, cell / W) - p->y, h = s->kernel.bandwidth_m;
    double own = 0, density = p->weight * hg_kernel_value(&s->kernel, hypot(dx, dy) / h) / (h * h);
    if (hg_incident_cell(&s->grid, s->share, p->x, p->y) == (uint64_t)cell)
        own = s->units.per_incident * (double)p->count + s->units.per_weight * p->weight;
    return own + density * s->units.per_m2 * (s->units.by_share ? (double)s->share[cell] : 1);
}

/* Selected cells of `before` that are not selected when the pile-ups are taken from a whole copy.
 */
static int64_t plain_effect(const scene *s, const hg_budget *budget, const hg_ranking *before,
                            const hg_pile_up *items, size_t n)
{
    static float score[N];
    static uint32_t count[N];
    memcpy(count, s->count, sizeof count);
    for (int64_t i = 0; i < N; i++) {
        double taken = 0;
        for (size_t k = 0; k < n; k++)
            taken += contribution(s, &items[k], i);
        double rest = (double)s->score[i] - taken;
        score[i] = taken == 0 ? s->score[i] : rest > 1e-5 * (double)s->score[i] ? (float)rest : 0;
    }
    for (size_t k = 0; k < n; k++) {
        uint64_t home = hg_incident_cell(&s->grid, s->share, items[k].x, items[k].y);
        if (home != UINT64_MAX)
            count[home] -= (uint32_t)items[k].count;
    }
    hg_cell_counts counts = {.count = count};
    hg_rank_input in = {&s->grid, score, s->share, &counts, false};
    hg_ranking after = {0};
    if (hg_rank(&in, budget, NULL, &after, NULL) != HG_OK)
        return (int64_t)before->selected;
    int64_t leaving = (int64_t)before->selected;
    for (size_t a = 0; a < before->selected; a++)
        for (size_t b = 0; b < after.selected; b++)
            leaving -= before->cells[a] == after.cells[b];
    hg_ranking_dispose(&after);
    return leaving;
}

static void scene_make(scene *s, hg_random *r, hg_score_units units, const hg_pile_ups *p)
{
    s->grid = (hg_grid){20, 5, 40, W, H};
    s->kernel = (hg_kernel){HG_QUARTIC, 70, 4};
    s->units = units;
    for (int i = 0; i < N; i++) {
        s->share[i] = (float)hg_random_below(r, 9) / 8;
        s->count[i] = (uint32_t)hg_random_below(r, 4);
    }
    s->counts = (hg_cell_counts){.count = s->count};
    for (size_t k = 0; k < p->n; k++) {
        hg_pile_up *u = &p->items[k];
        u->x = hg_grid_column_west(&s->grid, 0) + hg_random_unit(r) * W * 20;
        u->y = hg_grid_row_north(&s->grid, H) + hg_random_unit(r) * H * 20;
        u->count = 5 + hg_random_below(r, 30);
        u->weight = units.per_weight > 0 ? 0.75 * (double)u->count : (double)u->count;
        uint64_t home = hg_incident_cell(&s->grid, s->share, u->x, u->y);
        if (home != UINT64_MAX)
            s->count[home] += (uint32_t)u->count;
    }
    for (int i = 0; i < N; i++) {
        bool by_count = units.per_m2 == 0;
        double sum = by_count ? s->count[i] : (double)hg_random_below(r, 500);
        for (size_t k = 0; k < p->n && !by_count; k++)
            sum += contribution(s, &p->items[k], i);
        s->score[i] = (float)sum;
    }
}

static void test_effect_against_whole_ranking(void **state)
{
    (void)state;
    static scene s;
    static const hg_score_units counted = {.per_incident = 1},
                                drawn = {.per_weight = 11, .per_m2 = 6e5, .by_share = true};
    hg_pile_up items[25], seen[25];
    hg_random r = hg_random_seed(21, 0);
    int64_t any = 0;
    for (int round = 0; round < 60; round++) {
        hg_pile_ups p = {items, 1 + hg_random_below(&r, 25)};
        memset(items, 0, sizeof items);
        scene_make(&s, &r, round % 4 == 3 ? counted : round % 4 == 2 ? drawn : by_density, &p);
        hg_budget budget = {(hg_budget_kind)(round % 3), 0};
        budget.value = budget.kind == HG_BUDGET_AREA    ? 400 * hg_random_unit(&r) * 90
                       : budget.kind == HG_BUDGET_SHARE ? 0.2 * hg_random_unit(&r)
                                                        : 1 + (double)hg_random_below(&r, 200);
        hg_rank_input in = {&s.grid, s.score, s.share, &s.counts, round % 2 == 0};
        hg_ranking before = {0};
        assert_int_equal(hg_rank(&in, &budget, NULL, &before, NULL), HG_OK);
        for (size_t k = 0; k < p.n; k++)
            items[k].cells_changed = -1;
        memcpy(seen, items, sizeof seen);
        int64_t all = -7;
        assert_int_equal(hg_pile_up_effect(&in, &budget, &before, &s.kernel, &s.units, NULL, &p,
                                           &all, NULL),
                         HG_OK);
        assert_int_equal(all, plain_effect(&s, &budget, &before, items, p.n));
        for (size_t k = 0; k < p.n; k++) {
            int64_t expected = k < 20 ? plain_effect(&s, &budget, &before, &seen[k], 1) : -1;
            assert_int_equal(items[k].cells_changed, expected);
            any += expected > 0;
        }
        hg_ranking_dispose(&before);
    }
    assert_true(any > 100); /* the comparison had something to compare */
}

static void test_nothing_is_left(void **state)
{
    (void)state;
    static scene s;
    hg_pile_up item = {.x = 500, .y = 500, .count = 9, .weight = 9, .cells_changed = -1};
    hg_pile_ups p = {&item, 1};
    s.grid = (hg_grid){20, 5, 40, W, H};
    s.kernel = (hg_kernel){HG_QUARTIC, 70, 4};
    s.units = by_density;
    for (int i = 0; i < N; i++) {
        s.share[i] = 1;
        s.score[i] = (float)contribution(&s, &item, i);
    }
    s.count[hg_incident_cell(&s.grid, s.share, 500, 500)] = 9;
    s.counts = (hg_cell_counts){.count = s.count};
    hg_rank_input in = {&s.grid, s.score, s.share, &s.counts, false};
    hg_budget budget = {HG_BUDGET_TOP, 10};
    hg_ranking before = {0};
    int64_t all = 0;
    assert_int_equal(hg_rank(&in, &budget, NULL, &before, NULL), HG_OK);
    assert_int_equal(hg_pile_up_effect(&in, &budget, &before, &s.kernel, &by_density, NULL, &p, &all, NULL),
                     HG_OK);
    assert_int_equal(all, 10);
    assert_int_equal(item.cells_changed, 10);
    hg_ranking_dispose(&before);
}

static hg_status find_once(void *context, hg_error *err)
{
    hg_pile_ups p = {0};
    hg_control one = {.threads = 1};
    hg_status s = hg_find_pile_ups(context, 100, &one, &p, err);
    hg_pile_ups_dispose(&p);
    return s;
}

typedef struct effect_case {
    scene s;
    hg_pile_up item;
    hg_ranking before;
} effect_case;

static hg_status effect_once(void *context, hg_error *err)
{
    effect_case *e = context;
    hg_control one = {.threads = 1};
    hg_pile_ups p = {&e->item, 1};
    hg_rank_input in = {&e->s.grid, e->s.score, e->s.share, &e->s.counts, false};
    hg_budget budget = {HG_BUDGET_TOP, 10};
    int64_t all;
    return hg_pile_up_effect(&in, &budget, &e->before, &e->s.kernel, &by_density, &one, &p, &all, err);
}

static void test_allocation_failures(void **state)
{
    (void)state;
    data d;
    data_make(&d, 30);
    data_add(&d, 20, 5, 5);
    data_add(&d, 1, 9, 9);
    sweep_allocations(find_once, &d.in);
    data_free(&d);

    static effect_case e;
    hg_random r = hg_random_seed(2, 0);
    hg_pile_ups p = {&e.item, 1};
    scene_make(&e.s, &r, by_density, &p);
    hg_rank_input in = {&e.s.grid, e.s.score, e.s.share, &e.s.counts, false};
    assert_int_equal(hg_rank(&in, &(hg_budget){HG_BUDGET_TOP, 10}, NULL, &e.before, NULL), HG_OK);
    sweep_allocations(effect_once, &e);
    hg_ranking_dispose(&e.before);
}

/* So many that several stretches of rows and many pieces of the extent meet; every count is that of a plain search. */
static void test_many(void **state)
{
    (void)state;
    enum { ROWS = 600000, PLANTED = 6, EACH = 100 };
    data d;
    data_make(&d, ROWS);
    hg_random r = hg_random_seed(12, 0);
    for (size_t i = 0; i < ROWS; i++) {
        size_t k = i / 1000 % PLANTED;
        if (i % 1000 == 0)
            data_add(&d, 1, 400000.04 + 1900 * (double)k, 2430000.02 + 1500 * (double)(k * 5 % PLANTED));
        else
            data_add(&d, 1, 400000 + 10000 * hg_random_unit(&r), 2430000 + 10000 * hg_random_unit(&r));
        d.in.flags[i] = hg_random_below(&r, 5) == 0 ? HG_FLAG_HALO : 0;
    }
    hg_control control = {.threads = 3};
    hg_pile_ups p;
    assert_int_equal(hg_find_pile_ups(&d.in, 60, &control, &p, NULL), HG_OK);
    assert_int_equal(p.n, PLANTED);
    for (size_t k = 0; k < p.n; k++) {
        uint64_t count = 0;
        for (size_t i = 0; i < ROWS; i++)
            count += !d.in.flags[i] && fabs(d.in.x[i] - p.items[k].x) < 0.05 && fabs(d.in.y[i] - p.items[k].y) < 0.05;
        assert_true(count > EACH / 2 && count <= EACH);
        assert_int_equal(p.items[k].count, count);
    }
    hg_pile_ups_dispose(&p);
    data_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted),
        cmocka_unit_test(test_snapped_town),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_nearest_against_all),
        cmocka_unit_test(test_effect_against_whole_ranking),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
