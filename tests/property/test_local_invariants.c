/* Local statistics: what offset, scale, reflection and the number of threads must not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "engine/fdr.h"
#include "engine/local.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 70, ROWS = 200, CELLS = COLUMNS * ROWS, DRAWS = 60 };

typedef struct answer {
    double z[CELLS], moran[CELLS], moran_z[CELLS], gi_p[CELLS], moran_p[CELLS];
} answer;

static float share[CELLS];
static double counts[CELLS];

static int set_up(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(3, 1);
    for (size_t i = 0; i < CELLS; i++) {
        share[i] = hg_random_below(&r, 7) ? 1 : 0;
        counts[i] = hg_random_below(&r, 3) ? 0 : (double)hg_random_below(&r, 9);
    }
    return 0;
}

static void run(const double *value, double window, int threads, uint64_t seed, answer *a)
{
    hg_control control = {.threads = threads, .seed = seed};
    hg_neighbourhood n;
    hg_local_plan *plan = NULL;
    assert_int_equal(hg_neighbourhood_of_window(window, 1, &n, NULL), HG_OK);
    assert_int_equal(hg_local_plan_new(COLUMNS, ROWS, share, &n, &control, &plan, NULL), HG_OK);
    assert_int_equal(hg_local_gi_star(plan, value, a->z, NULL), HG_OK);
    assert_int_equal(hg_local_moran(plan, value, a->moran, a->moran_z, NULL), HG_OK);
    assert_int_equal(hg_local_relabel(plan, value, DRAWS, (hg_local_cells){0}, a->gi_p, a->moran_p, NULL), HG_OK);
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&n);
}

static void test_threads(void **state)
{
    (void)state;
    static const int threads[] = {2, 5};
    static answer one, more;
    static double real[CELLS];
    for (size_t i = 0; i < CELLS; i++)
        real[i] = sqrt(counts[i]);
    const double *maps[] = {counts, real};
    for (size_t m = 0; m < 2; m++) {
        run(maps[m], m ? 2.5 : 0, 1, 9, &one);
        for (size_t t = 0; t < 2; t++) {
            run(maps[m], m ? 2.5 : 0, threads[t], 9, &more);
            assert_memory_equal(&one, &more, sizeof one);
        }
    }
    /* and another seed is another answer */
    run(counts, 0, 1, 10, &more);
    run(counts, 0, 1, 9, &one);
    assert_memory_equal(one.z, more.z, sizeof one.z);
    assert_memory_not_equal(one.gi_p, more.gi_p, sizeof one.gi_p);
}

static void same_z(const double *a, const double *b, double sign)
{
    for (size_t i = 0; i < CELLS; i++) {
        assert_int_equal(isnan(a[i]), isnan(b[i]));
        assert_true(isnan(a[i]) || fabs(a[i] - sign * b[i]) <= 1e-9);
    }
}

static void test_offset_and_scale(void **state)
{
    (void)state;
    static answer plain, changed;
    static double value[CELLS];
    static const double change[][2] = {{1, 1000}, {3, 0}, {0.1, -0.7}, {1e-6, 1e3}, {1e9, -1e10}};
    run(counts, 2, 2, 9, &plain);
    for (size_t c = 0; c < sizeof change / sizeof *change; c++) {
        for (size_t i = 0; i < CELLS; i++)
            value[i] = change[c][0] * counts[i] + change[c][1];
        run(value, 2, 2, 9, &changed);
        same_z(plain.z, changed.z, 1);
        same_z(plain.moran, changed.moran, 1);
        same_z(plain.moran_z, changed.moran_z, 1);
        assert_memory_equal(plain.gi_p, changed.gi_p, sizeof plain.gi_p);
        assert_memory_equal(plain.moran_p, changed.moran_p, sizeof plain.moran_p);
    }
    /* upside down: hot is cold, like beside like stays so */
    for (size_t i = 0; i < CELLS; i++)
        value[i] = -counts[i];
    run(value, 2, 2, 9, &changed);
    same_z(plain.z, changed.z, -1);
    same_z(plain.moran, changed.moran, 1);
}

/* Mean and variance of z over relabelled maps are 0 and 1: of Gi* over all, of Moran's beside the cell's own value. */
static void test_standardised(void **state)
{
    (void)state;
    enum { SIDE = 40, SIZE = SIDE * SIDE, MAPS = 400 };
    static float all[SIZE];
    static double value[SIZE], z[SIZE];
    hg_control control = {.threads = 2};
    hg_neighbourhood n;
    hg_local_plan *plan = NULL;
    hg_random r = hg_random_seed(21, 0);
    for (size_t i = 0; i < SIZE; i++) {
        all[i] = 1;
        value[i] = hg_random_unit(&r);
    }
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    assert_int_equal(hg_local_plan_new(SIDE, SIDE, all, &n, &control, &plan, NULL), HG_OK);
    double sum[2] = {0}, squares[2] = {0};
    for (size_t m = 0; m < MAPS; m++) {
        for (size_t i = SIZE - 1; i > 0; i--) {
            size_t j = hg_random_below(&r, i + 1);
            double kept = value[i];
            value[i] = value[j];
            value[j] = kept;
        }
        for (size_t s = 0; s < 2; s++) {
            assert_int_equal(s ? hg_local_moran(plan, value, NULL, z, NULL) : hg_local_gi_star(plan, value, z, NULL),
                             HG_OK);
            for (size_t i = 0; i < SIZE; i += 41) { /* far enough apart to be all but independent */
                sum[s] += z[i];
                squares[s] += z[i] * z[i];
            }
        }
    }
    double number = MAPS * 40.0;
    for (size_t s = 0; s < 2; s++) {
        assert_true(fabs(sum[s] / number) < 4 / sqrt(number));
        assert_true(fabs(squares[s] / number - 1) < 4 * sqrt(2 / number));
    }
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&n);
}

/*
 * Why no level comes from normal Gi*: with Benjamini-Hochberg at 0.05 it finds hot cells on nearly every random map
 * of rare events, for its tail is far heavier than the normal one. (Over 2,000 maps: 100 %, 100 %, 88 %.)
 */
static void test_random_maps(void **state)
{
    (void)state;
    enum { SIDE = 100, SIZE = SIDE * SIDE, MAPS = 100 };
    static const struct {
        size_t events;
        double at_least, at_most;
    } known[] = {{300, 0.99, 1}, {1000, 0.99, 1}, {5000, 0.6, 0.92}};
    static float all[SIZE];
    static double value[SIZE], z[SIZE], q[SIZE];
    hg_control control = {.threads = 2};
    hg_neighbourhood n;
    hg_local_plan *plan = NULL;
    for (size_t i = 0; i < SIZE; i++)
        all[i] = 1;
    assert_int_equal(hg_neighbourhood_queen(&n, NULL), HG_OK);
    assert_int_equal(hg_local_plan_new(SIDE, SIDE, all, &n, &control, &plan, NULL), HG_OK);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        size_t hot_maps = 0;
        for (size_t m = 0; m < MAPS; m++) {
            hg_random r = hg_random_seed(known[k].events, m);
            memset(value, 0, sizeof value);
            for (size_t e = 0; e < known[k].events; e++)
                value[hg_random_below(&r, SIZE)]++;
            assert_int_equal(hg_local_gi_star(plan, value, z, NULL), HG_OK);
            for (size_t i = 0; i < SIZE; i++)
                z[i] = hg_normal_tail(z[i]);
            assert_int_equal(hg_fdr_q_values(z, SIZE, q, NULL, NULL), HG_OK);
            size_t hot = 0;
            for (size_t i = 0; i < SIZE; i++)
                hot += q[i] < 0.05;
            hot_maps += hot > 0;
        }
        print_message("%zu events on %d cells: Gi* is hot somewhere on %zu of %d random maps\n", known[k].events, SIZE,
                      hot_maps, MAPS);
        double part = (double)hot_maps / MAPS;
        assert_true(part >= known[k].at_least && part <= known[k].at_most);
    }
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads), cmocka_unit_test(test_offset_and_scale),
                                       cmocka_unit_test(test_standardised), cmocka_unit_test(test_random_maps)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
