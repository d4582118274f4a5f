/* The shrunk score by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/shrunk.h"

#include <math.h>

enum { CELLS = 4 };

/* The last cell is not of A; of the second only half is. */
static const float share[CELLS] = {1, 0.5f, 1, 0};
static const float density[CELLS] = {1, 1, 2, 0};

static void near(float score, double expected)
{
    assert_true(fabs((double)score - expected) < 1e-7);
}

static void test_both_parts(void **state)
{
    (void)state;
    const float count[CELLS] = {2, 0, 1, 0};
    hg_shrunk p = hg_shrunk_of(count, density, share, CELLS);
    assert_true(p.counts == 3 && p.mass == 3.5);
    hg_shrunk_mix m = hg_shrunk_mix_of(&p, 0.25);
    near(hg_shrunk_score(&p, &m, 0), 0.75 * 2 / 3 + 0.25 * 1 / 3.5);
    near(hg_shrunk_score(&p, &m, 1), 0.25 * 0.5 / 3.5);
    near(hg_shrunk_score(&p, &m, 2), 0.75 * 1 / 3 + 0.25 * 2 / 3.5);
    near(hg_shrunk_score(&p, &m, 3), 0);
    double sum = 0;
    for (int i = 0; i < CELLS; i++)
        sum += (double)hg_shrunk_score(&p, &m, (uint64_t)i);
    assert_true(fabs(sum - 1) < 1e-6);
}

static void test_ends(void **state)
{
    (void)state;
    const float count[CELLS] = {2, 0, 1, 0};
    hg_shrunk p = hg_shrunk_of(count, density, share, CELLS);
    hg_shrunk_mix alone = hg_shrunk_mix_of(&p, 0), surface = hg_shrunk_mix_of(&p, 1);
    near(hg_shrunk_score(&p, &alone, 0), 2.0 / 3);
    near(hg_shrunk_score(&p, &alone, 1), 0);
    near(hg_shrunk_score(&p, &surface, 2), 2 / 3.5);
}

/* Incidents outside A reach it with their kernels only; none at all scores nothing. */
static void test_a_part_missing(void **state)
{
    (void)state;
    const float none[CELLS] = {0}, count[CELLS] = {1, 0, 3, 0};
    hg_shrunk kernels = hg_shrunk_of(none, density, share, CELLS), counts = hg_shrunk_of(count, none, share, CELLS),
              nothing = hg_shrunk_of(none, none, share, CELLS);
    hg_shrunk_mix a = hg_shrunk_mix_of(&kernels, 0.3), b = hg_shrunk_mix_of(&counts, 0.3),
                  c = hg_shrunk_mix_of(&nothing, 0.3);
    near(hg_shrunk_score(&kernels, &a, 0), 1 / 3.5);
    near(hg_shrunk_score(&counts, &b, 2), 0.75);
    near(hg_shrunk_score(&nothing, &c, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_parts),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_a_part_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
