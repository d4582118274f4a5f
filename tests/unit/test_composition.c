/* Composition of cells, and the tails it rests on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/random.h"
#include "engine/composition.h"
#include "engine/tails.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdlib.h>

static void expect_relative(const char *what, double expected, double obtained, double tolerance)
{
    double difference = fabs(obtained - expected) / (expected != 0 ? fabs(expected) : 1);
    if (!(difference <= tolerance))
        print_message(
            "%s: expected %.17g, obtained %.17g, relative difference %.3g, tolerance %.3g\n", what,
            expected, obtained, difference, tolerance);
    assert_true(difference <= tolerance);
}

/* Sum of the masses from the top down, in long double, each from the one before. */
static long double exact_tail(uint64_t k, uint64_t n, long double p)
{
    long double mass = expl((long double)n * logl(p)), sum = 0;
    for (uint64_t i = n;; i--) {
        if (i >= k)
            sum += mass;
        if (i <= k || i == 0)
            return sum;
        mass *= (long double)i / (long double)(n - i + 1) * (1 - p) / p;
    }
}

static void test_binomial_tail(void **state)
{
    (void)state;
    const double p[] = {1e-6, 0.001, 0.1, 0.3, 0.5, 0.77, 0.999};
    for (uint64_t n = 1; n <= 400; n += 1 + n / 3)
        for (size_t j = 0; j < sizeof p / sizeof *p; j++)
            for (uint64_t k = 0; k <= n; k++) {
                long double exact = exact_tail(k, n, p[j]);
                if (exact < 1e-300L)
                    continue;
                /* exp() of a logarithm: its own size times the precision is lost. */
                double tolerance = 1e-13 + 5e-16 * -(double)logl(exact);
                expect_relative("tail", (double)exact, hg_binomial_tail(k, n, p[j]), tolerance);
            }
}

static void test_binomial_tail_large(void **state)
{
    (void)state;
    /* Beyond the reach of powers: the sum upward from the mass by long double log-gamma. */
    const struct {
        uint64_t k, n;
        double p;
    } cases[] = {{1200, 1000000, 0.001}, {501000, 1000000, 0.5}, {40, 35000, 1e-4}, {30, 10, 0.5}};
    for (int c = 0; c < 3; c++) {
        long double n = (long double)cases[c].n, k = (long double)cases[c].k, p = cases[c].p;
        long double term = expl(lgammal(n + 1) - lgammal(k + 1) - lgammal(n - k + 1) + k * logl(p) +
                                (n - k) * log1pl(-p));
        long double sum = 0;
        for (long double i = k; i <= n && term > sum * 1e-22L; i++) {
            sum += term;
            term *= (n - i) / (i + 1) * p / (1 - p);
        }
        expect_relative("tail", (double)sum, hg_binomial_tail(cases[c].k, cases[c].n, cases[c].p),
                        2e-12);
    }
    assert_true(hg_binomial_tail(30, 10, 0.5) == 0);
    assert_true(hg_binomial_tail(0, 10, 0.5) == 1);
    assert_true(hg_binomial_tail(3, 10, 0) == 0);
    assert_true(hg_binomial_tail(10, 10, 1) == 1);
    expect_relative("log of a tail below any double", 3000 * log(0.01),
                    hg_log_binomial_tail(3000, 3000, 0.01), 1e-14);
}

static void test_other_tails(void **state)
{
    (void)state;
    for (double mean = 1; mean < 60; mean *= 1.7)
        for (uint64_t k = 1; k < 80; k++) {
            long double mass = expl(-(long double)mean), above = 0, poisson = 0;
            for (uint64_t i = 0; i < 900; i++) {
                poisson += i >= k ? mass : 0;
                mass *= (long double)mean / (long double)(i + 1);
            }
            expect_relative("Poisson", (double)poisson, hg_poisson_tail(k, mean), 1e-12);
            long double variance = 3.5L * (long double)mean, p = 1 / 3.5L;
            long double size =
                (long double)mean * (long double)mean / (variance - (long double)mean);
            mass = powl(p, size);
            for (uint64_t i = 0; i < 4000; i++) {
                above += i >= k ? mass : 0;
                mass *= (size + (long double)i) / (long double)(i + 1) * (1 - p);
            }
            expect_relative("negative binomial", (double)above,
                            hg_negative_binomial_tail(k, mean, (double)variance), 1e-11);
        }
}

/* Group 0: 12 of stream 1 among 20; group 1: two incidents; group 2: none. */
static void test_streams(void **state)
{
    (void)state;
    enum { N = 103 };
    double w[N];
    uint16_t stream[N];
    uint32_t group[N];
    uint8_t flags[N] = {0};
    for (int i = 0; i < N; i++) {
        stream[i] = i < 12 || i == 20;
        group[i] = i < 20 ? 0 : i < 22 ? 1 : UINT32_MAX;
        w[i] = 0.5;
    }
    for (int i = 100; i < N; i++) /* halo counts nowhere */
        group[i] = 1, stream[i] = 1, flags[i] = HG_FLAG_HALO;
    hg_incidents in = {.n = N, .w = w, .stream = stream, .flags = flags, .streams = 3};
    hg_compositions c;
    assert_int_equal(hg_compose(&in, group, 3, NULL, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].count, 20);
    expect_relative("weight", 10, c.groups[0].weight, 0);
    assert_int_equal(c.groups[0].by_stream[0], 8);
    assert_int_equal(c.groups[0].by_stream[1], 12);
    assert_int_equal(c.groups[0].top_stream, 1);
    expect_relative("lq", (12 + 10 * 0.13) / 30 / 0.13, c.groups[0].top_stream_lq, 1e-15);
    assert_int_equal(c.groups[0].peak_hour, -1);
    assert_int_equal(c.groups[1].count, 2);
    assert_int_equal(c.groups[1].top_stream, -1); /* fewer than 3 */
    assert_true(isnan(c.groups[1].top_stream_lq));
    assert_int_equal(c.groups[2].count, 0);
    hg_compositions_dispose(&c);

    in.stream = NULL;
    in.streams = 1;
    assert_int_equal(hg_compose(&in, group, 3, NULL, &c, NULL), HG_OK);
    for (int g = 0; g < 3; g++) { /* the one stream there is stands out nowhere */
        assert_int_equal(c.groups[g].top_stream, -1);
        assert_true(isnan(c.groups[g].top_stream_lq));
    }
    hg_compositions_dispose(&c);
}

/* Both streams are so frequent in group 0 that neither tail is a double: the logarithms decide. */
static void test_top_stream_underflow(void **state)
{
    (void)state;
    enum { N = 200000 };
    uint16_t *stream = malloc(N * sizeof *stream);
    uint32_t *group = malloc(N * sizeof *group);
    for (int i = 0; i < N; i++) {
        stream[i] = i < 1000 ? 1 : i < 2500 ? 2 : 0;
        group[i] = i < 2500 ? 0 : UINT32_MAX;
    }
    hg_incidents in = {.n = N, .stream = stream, .streams = 3};
    hg_compositions c;
    assert_true(hg_binomial_tail(1000, 2500, 0.005) == 0);
    assert_int_equal(hg_compose(&in, group, 1, NULL, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].top_stream, 2);
    hg_compositions_dispose(&c);
    free(stream);
    free(group);
}

enum { HOUR = 3600, DAY = 86400 };

static void test_clock(void **state)
{
    (void)state;
    /* 30 at midnight and 25 spread over 17:05 … on Fridays, 2 at 03:10 on a Saturday of 1969. */
    enum { N = 60 };
    int64_t t[N];
    uint32_t group[N];
    for (int i = 0; i < N; i++) {
        group[i] = 0;
        t[i] = i < 30   ? 4 * DAY + i * 7 * DAY                        /* Mondays, 00:00 */
               : i < 55 ? DAY + (i % 4) * 7 * DAY + 17 * HOUR + i * 60 /* Fridays */
               : i < 57 ? -5 * DAY + 3 * HOUR + 600                    /* Saturday 1969-12-27 */
                        : HG_NO_TIME;
    }
    hg_incidents in = {.n = N, .t_start = t, .streams = 1};
    hg_default_times d = hg_find_default_times(&in);
    assert_true(d.midnight && !d.minute_past && !d.noon);
    assert_int_equal(d.count, 30);
    hg_compositions c;
    assert_int_equal(hg_compose(&in, group, 1, &d, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].peak_hour, 17);
    assert_int_equal(c.groups[0].peak_weekday, 1);
    hg_compositions_dispose(&c);
    assert_int_equal(hg_compose(&in, group, 1, NULL, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].peak_hour, 0);
    hg_compositions_dispose(&c);

    in.n = 48; /* 18 with a clock time that is no default */
    assert_int_equal(hg_compose(&in, group, 1, &d, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].peak_hour, -1);
    assert_int_equal(c.groups[0].peak_weekday, 1);
    hg_compositions_dispose(&c);
}

/* 20 cars parked at 19:30 and missed at 05:30, and 19 robbed at 14:00: the hours from 20 on hold 2 each. */
static void test_peaks_of_intervals(void **state)
{
    (void)state;
    enum { N = 39 };
    int64_t start[N], end[N];
    uint32_t group[N] = {0};
    for (int i = 0; i < N; i++) {
        bool car = i < 20;
        start[i] = 4 * DAY + i * 7 * DAY + (car ? 19 * HOUR + HOUR / 2 : 14 * HOUR);
        end[i] = car ? start[i] + 10 * HOUR : HG_NO_TIME;
    }
    hg_incidents in = {.n = N, .t_start = start, .t_end = end, .streams = 1};
    hg_compositions c;
    assert_int_equal(hg_compose(&in, group, 1, NULL, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].peak_hour, 14); /* 19 against 2 */
    hg_compositions_dispose(&c);
    in.n = 20; /* the cars alone: of nine full hours, 20 to 23 and 0 to 4, the earliest of the day */
    assert_int_equal(hg_compose(&in, group, 1, NULL, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].peak_hour, 0);
    assert_int_equal(c.groups[0].peak_weekday, 2); /* 5.5 of 10 hours lie after midnight */
    hg_compositions_dispose(&c);
    end[0] = start[0] + DAY; /* one of them says nothing of the hour any more */
    assert_int_equal(hg_compose(&in, group, 1, NULL, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].peak_hour, -1);
    assert_int_equal(c.groups[0].peak_weekday, 2);
    hg_compositions_dispose(&c);
}

static void test_hours_that_are_known(void **state)
{
    (void)state;
    int64_t start[] = {12 * HOUR, 13 * HOUR, 13 * HOUR, HG_NO_TIME, 13 * HOUR};
    int64_t end[] = {HG_NO_TIME, 36 * HOUR, 14 * HOUR, HG_NO_TIME, HG_NO_TIME};
    uint8_t flags[] = {0, 0, 0, 0, HG_FLAG_HALO};
    hg_incidents in = {.n = 5, .t_start = start, .t_end = end, .flags = flags, .streams = 1};
    const hg_default_times noon = {.noon = true};
    const bool expected[] = {false, false, true, false, false};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(hg_hour_is_known(&in, i, &noon), expected[i]);
    assert_true(hg_hour_is_known(&in, 0, NULL));
}

static void test_spike_threshold(void **state)
{
    (void)state;
    /* Noon against 10:00, 11:00, 13:00, 14:00 with 5 each: more than 25 is a spike. */
    int64_t t[46];
    hg_incidents in = {.t_start = t, .streams = 1};
    for (size_t spike = 24; spike <= 26; spike++) {
        in.n = 0;
        for (size_t i = 0; i < spike; i++)
            t[in.n++] = 12 * HOUR + (int64_t)(i % 60);
        for (int i = 0; i < 20; i++)
            t[in.n++] = (int64_t[]){10, 11, 13, 14}[i % 4] * HOUR;
        assert_int_equal(hg_find_default_times(&in).noon, spike > 25);
    }
    in.n = 19;
    assert_false(hg_find_default_times(&in).noon);
    in.n = 20;
    assert_true(hg_find_default_times(&in).noon);
}

/* Peaks: ties go to the earlier hour, and weekdays count 1 = Monday. */
static void test_peak_ties(void **state)
{
    (void)state;
    int64_t t[20];
    uint32_t group[20] = {0};
    for (int i = 0; i < 20; i++)
        t[i] = (i % 2 ? 22 : 6) * HOUR + (i % 2 ? 3 : 0) * DAY + 120; /* Thursday, Sunday */
    hg_incidents in = {.n = 20, .t_start = t, .streams = 1};
    hg_compositions c;
    assert_int_equal(hg_compose(&in, group, 1, NULL, &c, NULL), HG_OK);
    assert_int_equal(c.groups[0].peak_hour, 6);
    assert_int_equal(c.groups[0].peak_weekday, 4);
    hg_compositions_dispose(&c);
}

static hg_status compose_once(void *context, hg_error *err)
{
    hg_compositions c = {0};
    uint32_t group[] = {0, 0, 1};
    hg_status s = hg_compose(context, group, 2, NULL, &c, err);
    hg_compositions_dispose(&c);
    return s;
}

static void test_allocation_failures(void **state)
{
    (void)state;
    uint16_t stream[] = {0, 1, 1};
    hg_incidents in = {.n = 3, .stream = stream, .streams = 2};
    sweep_allocations(compose_once, &in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binomial_tail),        cmocka_unit_test(test_binomial_tail_large),
        cmocka_unit_test(test_other_tails),          cmocka_unit_test(test_streams),
        cmocka_unit_test(test_top_stream_underflow), cmocka_unit_test(test_clock),
        cmocka_unit_test(test_peaks_of_intervals),
        cmocka_unit_test(test_hours_that_are_known),
        cmocka_unit_test(test_spike_threshold),      cmocka_unit_test(test_peak_ties),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
