/*
 * What the default test says of maps made by chance, and of maps with a planted cluster of known strength: 200
 * seeded maps each, on 100 x 100 cells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/random.h"
#include "engine/significance.h"
#include "support/binomial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 100, CELLS = SIDE * SIDE, MAPS = 200, MIDDLE = 50 * SIDE + 50, LEVEL_MOST = 400 };

typedef struct world {
    hg_grid grid;
    hg_neighbourhood queen;
    float share[CELLS];
    uint32_t count[CELLS];
    hg_cell_counts counts;
    double p[CELLS], q[CELLS];
} world;

static world w;

static int make_world(void **state)
{
    (void)state;
    w.grid = (hg_grid){100, 0, 0, SIDE, SIDE};
    for (size_t i = 0; i < CELLS; i++)
        w.share[i] = 1;
    return hg_neighbourhood_queen(&w.queen, NULL) == HG_OK ? 0 : -1;
}

static int end_world(void **state)
{
    (void)state;
    hg_neighbourhood_dispose(&w.queen);
    return 0;
}

/* n incidents, of which a part goes to the nine cells around the middle and the rest anywhere. */
static void throw_incidents(hg_random *r, uint64_t n, double part)
{
    memset(w.count, 0, sizeof w.count);
    for (uint64_t i = 0; i < n; i++) {
        bool planted = part > 0 && hg_random_unit(r) < part;
        uint64_t nine = planted ? hg_random_below(r, 9) : 0;
        w.count[planted ? MIDDLE + (nine / 3 - 1) * SIDE + nine % 3 - 1 : hg_random_below(r, CELLS)]++;
    }
    w.counts = (hg_cell_counts){.count = w.count, .total = n};
}

static void judge_map(void)
{
    hg_control control = {.threads = 2};
    size_t tests;
    assert_int_equal(
        hg_exact_test(&w.grid, w.share, &w.counts, NULL, &w.queen, &control, w.p, w.q, &tests, NULL), HG_OK);
    assert_int_equal(tests, CELLS);
}

static void test_random_maps(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {300, 1000, 5000};
    const double bound = 0.05 + 2 * sqrt(0.05 * 0.95 / MAPS);
    for (size_t k = 0; k < 3; k++) {
        int maps = 0;
        for (uint64_t i = 0; i < MAPS; i++) {
            hg_random r = hg_random_seed(2026 + k, i);
            bool any = false;
            throw_incidents(&r, numbers[k], 0);
            judge_map();
            for (size_t c = 0; c < CELLS; c++)
                any |= w.q[c] < 0.05;
            maps += any;
        }
        print_message("%llu incidents: q < 0.05 somewhere on %d of %d random maps\n", (unsigned long long)numbers[k],
                      maps, MAPS);
        assert_true((double)maps / MAPS <= bound);
    }
}

/* ---------------------------------- a plain twin, with its own draws -------------------------- */

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Tails by S for windows of 4, 6 and 9 cells; worked out when first asked for. */
static double plain_p(int64_t seen, int cells, uint64_t n)
{
    static double known[LEVEL_MOST][10];
    static uint64_t known_n;
    if (known_n != n) {
        memset(known, 0, sizeof known);
        known_n = n;
    }
    assert_true(seen < LEVEL_MOST);
    double *p = &known[seen][cells];
    if (*p == 0)
        *p = plain_binomial_tail((uint64_t)seen, n, (double)cells / CELLS);
    return *p;
}

/* Whether the middle cell is found by Benjamini and Hochberg's rule as they wrote it. */
static bool plain_finds_middle(uint64_t n)
{
    static double p[CELLS], sorted[CELLS];
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int64_t seen = 0;
            int cells = 0;
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++) {
                    bool in = y + dy >= 0 && y + dy < SIDE && x + dx >= 0 && x + dx < SIDE;
                    seen += in ? w.count[(y + dy) * SIDE + x + dx] : 0;
                    cells += in;
                }
            p[y * SIDE + x] = plain_p(seen, cells, n);
        }
    memcpy(sorted, p, sizeof p);
    qsort(sorted, CELLS, sizeof *sorted, by_value);
    for (size_t k = CELLS; k-- > 0;)
        if (sorted[k] <= 0.05 * (double)(k + 1) / CELLS)
            return p[MIDDLE] <= sorted[k];
    return false;
}

/* Power at the middle cell if p <= level were the rule: its window holds Bin(n, pi) incidents. */
static double power_at(uint64_t n, double part, double level)
{
    uint64_t least = 1;
    while (plain_binomial_tail(least, n, 9.0 / CELLS) > level)
        least++;
    return plain_binomial_tail(least, n, part + (1 - part) * 9.0 / CELLS);
}

/*
 * The rule rejects at 0.05 k/m with k >= 1 cells found, and k is hardly ever above the 25 cells whose windows meet
 * the cluster: so the power lies between two formulas, and where in between, the twin says.
 */
static void test_planted_clusters(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        double part;
    } plants[] = {{300, 0.012}, {300, 0.03}, {1000, 0.008}, {5000, 0.0025}, {5000, 0.006}};
    for (size_t k = 0; k < sizeof plants / sizeof *plants; k++) {
        uint64_t n = plants[k].n;
        double part = plants[k].part, found = 0, twin = 0;
        for (uint64_t i = 0; i < MAPS; i++) {
            hg_random r = hg_random_seed(77 + k, i), other = hg_random_seed(777 + k, i);
            throw_incidents(&r, n, part);
            judge_map();
            found += w.q[MIDDLE] <= 0.05;
            throw_incidents(&other, n, part);
            twin += plain_finds_middle(n);
        }
        found /= MAPS;
        twin /= MAPS;
        double low = power_at(n, part, 0.05 / CELLS), high = power_at(n, part, 0.05 * 25 / CELLS);
        double error = sqrt(fmax(twin * (1 - twin), 0.01) / MAPS);
        print_message("%llu incidents, %.2g planted: found on %.3f of the maps, twin %.3f, formulas %.3f to %.3f\n",
                      (unsigned long long)n, part, found, twin, low, high);
        assert_true(fabs(found - twin) <= 3 * sqrt(2) * error);
        assert_true(found >= low - 3 * error && found <= high + 3 * error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_maps),
        cmocka_unit_test(test_planted_clusters),
    };
    return cmocka_run_group_tests(tests, make_world, end_world);
}
