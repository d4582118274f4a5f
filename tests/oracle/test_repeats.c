/* Suspected repeats against all pairs, and the limits by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/random.h"
#include "engine/repeats.h"

#include <string.h>

enum { MOST = 1200, HALF_HOUR = 1800 };

typedef struct rows {
    hg_incidents in;
    double x[MOST], y[MOST];
    int64_t t[MOST];
    uint16_t stream[MOST];
    uint8_t flags[MOST];
} rows;

static rows d;

/* Whole metres and whole minutes, so that many pairs lie on a limit. */
static void make(hg_random *r, size_t n, uint64_t side, uint64_t minutes)
{
    d.in = (hg_incidents){.n = n, .x = d.x, .y = d.y, .t_start = d.t, .stream = d.stream, .flags = d.flags, .streams = 3};
    for (size_t i = 0; i < n; i++) {
        d.x[i] = 500000 + 10 * (double)hg_random_below(r, side);
        d.y[i] = 2500000 - 10 * (double)hg_random_below(r, side);
        d.t[i] = hg_random_below(r, 20) ? 1500000000 + 60 * (int64_t)hg_random_below(r, minutes) : HG_NO_TIME;
        d.stream[i] = (uint16_t)hg_random_below(r, 3);
        d.flags[i] = hg_random_below(r, 10) ? 0 : HG_FLAG_HALO;
    }
}

static bool takes_part(size_t i, const hg_default_times *defaults)
{
    return hg_hour_is_known(&d.in, i, defaults);
}

static bool repeats(size_t i, size_t j, const hg_default_times *defaults)
{
    double dx = d.x[i] - d.x[j], dy = d.y[i] - d.y[j];
    return i != j && takes_part(i, defaults) && takes_part(j, defaults) && d.stream[i] == d.stream[j] &&
           dx * dx + dy * dy <= 2500 && d.t[i] - d.t[j] <= HALF_HOUR && (d.t[j] < d.t[i] || (d.t[j] == d.t[i] && j < i));
}

static void check(const hg_default_times *defaults)
{
    static uint8_t found[MOST], expected[MOST];
    uint64_t count = 99, again = 99, sum = 0;
    for (size_t i = 0; i < d.in.n; i++) {
        expected[i] = 0;
        for (size_t j = 0; j < d.in.n && !expected[i]; j++)
            expected[i] = repeats(i, j, defaults);
        sum += expected[i];
    }
    hg_control control = {.threads = 2};
    assert_int_equal(hg_find_repeats(&d.in, defaults, 50, HALF_HOUR, &control, found, &count, NULL), HG_OK);
    assert_int_equal(hg_find_repeats(&d.in, defaults, 50, HALF_HOUR, NULL, NULL, &again, NULL), HG_OK);
    assert_memory_equal(found, expected, d.in.n);
    assert_int_equal(count, sum);
    assert_int_equal(again, sum);
}

static void test_against_all_pairs(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(11, 0);
    const size_t sizes[] = {0, 1, 2, 60, MOST};
    const uint64_t sides[] = {1, 8, 60, 4000}, minutes[] = {1, 40, 3000};
    const hg_default_times noon = {.noon = true};
    for (size_t a = 0; a < 5; a++)
        for (size_t b = 0; b < 4; b++)
            for (size_t c = 0; c < 3; c++) {
                make(&r, sizes[a], sides[b], minutes[c]);
                check(NULL);
                check(&noon);
            }
}

static void put(size_t i, double x, double y, int64_t t, uint16_t stream)
{
    d.x[i] = x;
    d.y[i] = y;
    d.t[i] = t;
    d.stream[i] = stream;
}

static void test_limits(void **state)
{
    (void)state;
    uint8_t found[8];
    uint64_t count = 0;
    memset(d.flags, 0, sizeof d.flags);
    put(0, 0, 0, 1000, 0);
    put(1, 30, 40, 2800, 0);  /* exactly 50 m and 30 minutes after the first: a repeat */
    put(2, 0, 0, 2801, 1);    /* another stream */
    put(3, 0, 50.01, 1000, 0); /* too far from the first; the second came later */
    put(4, 0, 0, 4601, 0);    /* 30 minutes and a second after the second */
    put(5, 0, 0, 4601, 0);    /* in the same second as the row above */
    d.in = (hg_incidents){.n = 6, .x = d.x, .y = d.y, .t_start = d.t, .stream = d.stream, .flags = d.flags, .streams = 2};
    assert_int_equal(hg_find_repeats(&d.in, NULL, 50, HALF_HOUR, NULL, found, &count, NULL), HG_OK);
    const uint8_t expected[] = {0, 1, 0, 0, 0, 1};
    assert_memory_equal(found, expected, sizeof expected);
    assert_int_equal(count, 2);
    d.in.t_start = NULL;
    assert_int_equal(hg_find_repeats(&d.in, NULL, 50, HALF_HOUR, NULL, found, &count, NULL), HG_OK);
    assert_int_equal(count, 0);
}

/* A continent of incidents still has squares enough. */
static void test_far_apart(void **state)
{
    (void)state;
    uint64_t count = 0;
    put(0, -2e7, -2e7, 0, 0);
    put(1, 2e7, 2e7, 0, 0);
    put(2, 2e7 - 49, 2e7, 60, 0);
    d.in = (hg_incidents){.n = 3, .x = d.x, .y = d.y, .t_start = d.t, .streams = 1};
    assert_int_equal(hg_find_repeats(&d.in, NULL, 50, HALF_HOUR, NULL, NULL, &count, NULL), HG_OK);
    assert_int_equal(count, 1);
}

static void test_cancel(void **state)
{
    (void)state;
    hg_control control = {.threads = 1};
    uint64_t count;
    atomic_store(&control.cancelled, true);
    put(0, 0, 0, 0, 0);
    d.in = (hg_incidents){.n = 1, .x = d.x, .y = d.y, .t_start = d.t, .streams = 1};
    assert_int_equal(hg_find_repeats(&d.in, NULL, 50, HALF_HOUR, &control, NULL, &count, NULL), HG_ECANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_all_pairs),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_far_apart),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
