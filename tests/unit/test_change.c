/* Changes between periods, trends over years, claims: published examples and hand-worked numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/civil.h"
#include "base/random.h"
#include "engine/change.h"
#include "engine/mann_kendall.h"
#include "engine/tails.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdlib.h>

static void expect_near(const char *what, double expected, double obtained, double tolerance)
{
    bool ok = isnan(expected) ? isnan(obtained)
                              : expected == obtained || fabs(expected - obtained) <= tolerance;
    if (!ok)
        print_message("%s: expected %.12g, obtained %.12g, tolerance %.3g\n", what, expected,
                      obtained, tolerance);
    assert_true(ok);
}

static hg_change counts(uint64_t n0, double days0, uint64_t n1, double days1)
{
    hg_change c = {0};
    assert_int_equal(hg_change_counts(n0, days0, n1, days1, &c, NULL), HG_OK);
    return c;
}

static void test_published_changes(void **state)
{
    (void)state;
    static const struct {
        uint64_t base, current;
        double change, low, high;
    } rows[] = {
        {33, 26, -21.21, -54.7, 35.8}, {14, 13, -7.14, -59.8, 113.0}, {4, 1, -75, -99.5, 152.6}};
    for (size_t i = 0; i < 3; i++) {
        hg_change c = counts(rows[i].base, 304, rows[i].current, 304);
        expect_near("change", rows[i].change, c.change_pct, 0.005);
        expect_near("low", rows[i].low, c.low_pct, 0.05);
        expect_near("high", rows[i].high, c.high_pct, 0.05);
        assert_int_equal(c.note, HG_CHANGE_NOT_DISTINCT);
    }
}

static void test_zero_counts(void **state)
{
    (void)state;
    hg_change c = counts(0, 365, 3, 365);
    assert_true(isnan(c.change_pct) && isnan(c.low_pct) && isnan(c.high_pct));
    assert_int_equal(c.note, HG_CHANGE_BASE_ZERO);
    assert_int_equal(counts(0, 1, 0, 1).note, HG_CHANGE_BOTH_ZERO);
    /* 10 -> 0: U/(1-U) with (1-U)^10 = 0.025: U = 0.308497, +44.6 %. */
    c = counts(10, 365, 0, 365);
    expect_near("change", -100, c.change_pct, 0);
    expect_near("low", -100, c.low_pct, 0);
    double share = 1 - pow(0.025, 0.1);
    expect_near("high", 100 * (share / (1 - share) - 1), c.high_pct, 1e-9);
    c = counts(100, 365, 200, 365);
    assert_int_equal(c.note, HG_CHANGE_CLEAR);
    assert_true(c.low_pct > 50 && c.high_pct < 160);
    assert_int_equal(hg_change_counts(1, 0, 1, 1, &c, NULL), HG_EUSAGE);
}

/* 366 days with 366 events against 365 with 365: no change, and the interval is around none. */
static void test_leap_year(void **state)
{
    (void)state;
    hg_change c = counts(365, 365, 366, 366);
    expect_near("change", 0, c.change_pct, 1e-12);
    hg_change even = counts(365, 365, 366, 365);
    expect_near("low", (even.low_pct + 100) * 365 / 366 - 100, c.low_pct, 1e-9);
}

static int32_t day(int64_t year, int month, int number)
{
    return (int32_t)(hg_civil_from(year, month, number, 0, 0, 0) / 86400);
}

static void expect_period(hg_period p, int32_t from, int32_t until)
{
    assert_int_equal(p.from, from);
    assert_int_equal(p.until, until);
}

static void test_periods(void **state)
{
    (void)state;
    hg_period p = {day(2019, 1, 1), day(2019, 11, 1)};
    expect_period(hg_period_years_before(p, 1), day(2018, 1, 1), day(2018, 11, 1));
    p = (hg_period){day(2020, 1, 1), day(2020, 2, 29)};
    expect_period(hg_period_years_before(p, 1), day(2019, 1, 1), day(2019, 3, 1));
    p = (hg_period){day(2020, 2, 29), day(2020, 3, 10)};
    expect_period(hg_period_years_before(p, 1), day(2019, 3, 1), day(2019, 3, 10));
    expect_period(hg_period_years_before(p, 4), day(2016, 2, 29), day(2016, 3, 10));
    p = (hg_period){day(2020, 2, 29), day(2020, 3, 1)};
    expect_period(hg_period_years_before(p, 1), day(2019, 2, 28), day(2019, 3, 1));
    expect_period(hg_period_years_before(p, 4), day(2016, 2, 29), day(2016, 3, 1));
    p = (hg_period){day(2020, 12, 1), day(2021, 1, 1)};
    expect_period(hg_period_years_before(p, 1), day(2019, 12, 1), day(2020, 1, 1));
    expect_period(hg_period_before(p), day(2020, 11, 1), day(2020, 12, 1));
    p = (hg_period){day(2020, 1, 1), day(2020, 4, 1)};
    expect_period(hg_period_before(p), day(2019, 10, 1), day(2020, 1, 1));
    p = (hg_period){day(2020, 3, 3), day(2020, 3, 13)};
    expect_period(hg_period_before(p), day(2020, 2, 22), day(2020, 3, 3));
    p = (hg_period){day(1, 1, 1), day(1, 2, 1)};
    expect_period(hg_period_before(p), day(0, 12, 1), day(1, 1, 1));
}

/* Deaths that come one to an event are counts: 4 -> 1 has the exact interval. */
static void test_equal_amounts(void **state)
{
    (void)state;
    const double base[] = {0, 1, 1, 0, 1, 1}, current[] = {0, 0, 1};
    hg_change c = {0};
    assert_int_equal(hg_change_amounts((hg_amounts){base, 6, 304}, (hg_amounts){current, 3, 304},
                                       2000, 1, &c, NULL),
                     HG_OK);
    expect_near("change", -75, c.change_pct, 1e-12);
    expect_near("low", -99.5, c.low_pct, 0.05);
    expect_near("high", 152.6, c.high_pct, 0.05);
    assert_int_equal(c.note, HG_CHANGE_NOT_DISTINCT);
}

static void test_few_amounts(void **state)
{
    (void)state;
    const double base[] = {1000, 20, 5, 3}, current[] = {10, 20, 30, 40, 50};
    hg_change c = {0};
    assert_int_equal(hg_change_amounts((hg_amounts){base, 4, 10}, (hg_amounts){current, 5, 10},
                                       2000, 1, &c, NULL),
                     HG_OK);
    expect_near("change", 100 * (150.0 / 1028 - 1), c.change_pct, 1e-9);
    assert_true(isnan(c.low_pct) && isnan(c.high_pct));
    assert_int_equal(c.note, HG_CHANGE_TOO_FEW);
    assert_int_equal(hg_change_amounts((hg_amounts){base, 0, 10}, (hg_amounts){current, 5, 10},
                                       2000, 1, &c, NULL),
                     HG_OK);
    assert_int_equal(c.note, HG_CHANGE_BASE_ZERO);
    assert_int_equal(
        hg_change_amounts((hg_amounts){base, 4, 10}, (hg_amounts){current, 5, 10}, 10, 1, &c, NULL),
        HG_EUSAGE);
    const double bad[] = {1, -1};
    hg_error err;
    assert_int_equal(
        hg_change_amounts((hg_amounts){base, 4, 10}, (hg_amounts){bad, 2, 10}, 2000, 1, &c, &err),
        HG_EDATA);
}

/*
 * Coverage: losses of two periods of the same law (lognormal, Poisson numbers around 60); the
 * interval should hold 0 in about 95 % of 300 cases (4 standard errors: 90 %).
 */
static void test_bootstrap_coverage(void **state)
{
    (void)state;
    enum { CASES = 300, MOST = 400 };
    hg_random r = hg_random_seed(3, 3);
    int held = 0;
    for (int i = 0; i < CASES; i++) {
        double loss[2][MOST];
        size_t n[2] = {0, 0};
        for (int period = 0; period < 2; period++)
            for (int k = 0; k < 3000; k++)
                if (hg_random_below(&r, 50) == 0 && n[period] < MOST) {
                    double u = 1 - hg_random_unit(&r), v = hg_random_unit(&r);
                    loss[period][n[period]++] = exp(0.8 * sqrt(-2 * log(u)) * cos(2 * M_PI * v));
                }
        hg_change c = {0};
        assert_int_equal(hg_change_amounts((hg_amounts){loss[0], n[0], 100},
                                           (hg_amounts){loss[1], n[1], 100}, 400, (uint64_t)i, &c,
                                           NULL),
                         HG_OK);
        assert_true(c.low_pct <= c.change_pct && c.change_pct <= c.high_pct);
        held += c.note == HG_CHANGE_NOT_DISTINCT;
    }
    if (held < 0.9 * CASES)
        print_message("interval held no change in %d of %d cases\n", held, CASES);
    assert_true(held >= 0.9 * CASES && held < CASES);
}

/* The order of the events is nothing to the interval; the seed is. */
static void test_bootstrap_order(void **state)
{
    (void)state;
    const double base[] = {5, 3, 8, 1, 9, 2}, turned[] = {2, 9, 1, 8, 3, 5};
    const double current[] = {4, 4, 7, 6, 1};
    hg_change a = {0}, b = {0}, c = {0};
    hg_amounts now = {current, 5, 10};
    assert_int_equal(hg_change_amounts((hg_amounts){base, 6, 10}, now, 2000, 1, &a, NULL), HG_OK);
    assert_int_equal(hg_change_amounts((hg_amounts){turned, 6, 10}, now, 2000, 1, &b, NULL), HG_OK);
    assert_int_equal(hg_change_amounts((hg_amounts){base, 6, 10}, now, 2000, 2, &c, NULL), HG_OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(a.low_pct != c.low_pct || a.high_pct != c.high_pct);
}

/* Two years are a change: the ratio and its interval are those of Clopper and Pearson. */
static void test_trend_of_two_years(void **state)
{
    (void)state;
    const int32_t year[] = {2018, 2019};
    const uint64_t n[] = {33, 26};
    const double days[] = {365, 365};
    hg_rate_trend t = {0};
    assert_int_equal(hg_rate_trend_fit(year, n, days, 2, &t, NULL), HG_OK);
    hg_change c = counts(33, 365, 26, 365);
    expect_near("ratio", 1 + c.change_pct / 100, t.ratio, 1e-9);
    expect_near("low", 1 + c.low_pct / 100, t.low, 1e-7);
    expect_near("high", 1 + c.high_pct / 100, t.high, 1e-7);
    expect_near("p", 2 * exp(hg_log_binomial_tail(33, 59, 0.5)), t.p_value, 1e-12);
}

/* P(T = t) by adding the events one by one. */
static void convolve(const double *p, const int32_t *x, size_t periods, uint64_t events,
                     double *mass, size_t size)
{
    double *next = calloc(size, sizeof *next);
    for (size_t i = 0; i < size; i++)
        mass[i] = i == 0;
    for (uint64_t e = 0; e < events; e++) {
        for (size_t i = 0; i < size; i++)
            next[i] = 0;
        for (size_t i = 0; i < size; i++)
            for (size_t k = 0; k < periods; k++)
                if (mass[i] > 0 && i + (size_t)x[k] < size)
                    next[i + (size_t)x[k]] += mass[i] * p[k];
        for (size_t i = 0; i < size; i++)
            mass[i] = next[i];
    }
    free(next);
}

static double trend_tail(double slope, const int32_t *year, const uint64_t *n, const double *days,
                         size_t periods, bool upper)
{
    double p[16], norm = 0, sum = 0;
    int32_t x[16];
    uint64_t events = 0, t = 0;
    for (size_t k = 0; k < periods; k++) {
        x[k] = year[k] - year[0];
        p[k] = days[k] * exp(slope * x[k]);
        norm += p[k];
        events += n[k];
        t += n[k] * (uint64_t)x[k];
    }
    for (size_t k = 0; k < periods; k++)
        p[k] /= norm;
    size_t size = events * (size_t)x[periods - 1] + 1;
    double *mass = malloc(size * sizeof *mass);
    convolve(p, x, periods, events, mass, size);
    for (size_t i = 0; i < size; i++)
        sum += (upper ? i >= t : i <= t) ? mass[i] : 0;
    free(mass);
    return sum;
}

/* At the bounds the tails, summed naively, are 2.5 %; gaps between years and unequal lengths
 * included. */
static void test_trend_bounds(void **state)
{
    (void)state;
    static const int32_t year[] = {2013, 2014, 2015, 2018, 2019};
    static const double days[] = {365, 365, 304, 365, 100};
    static const uint64_t n[][5] = {
        {20, 18, 15, 9, 4}, {1, 0, 0, 2, 1}, {0, 0, 0, 0, 3}, {5, 0, 0, 0, 0}, {3, 9, 2, 40, 70}};
    for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
        hg_rate_trend t = {0};
        assert_int_equal(hg_rate_trend_fit(year, n[i], days, 5, &t, NULL), HG_OK);
        if (t.low > 0)
            expect_near("upper tail", 0.025, trend_tail(log(t.low), year, n[i], days, 5, true),
                        1e-7);
        if (t.high < INFINITY)
            expect_near("lower tail", 0.025, trend_tail(log(t.high), year, n[i], days, 5, false),
                        1e-7);
        double both = 2 * fmin(trend_tail(0, year, n[i], days, 5, true),
                               trend_tail(0, year, n[i], days, 5, false));
        expect_near("p", fmin(1, both), t.p_value, 1e-10);
        assert_true(t.low <= t.ratio && t.ratio <= t.high);
    }
    hg_rate_trend t = {0};
    assert_int_equal(hg_rate_trend_fit(year, n[2], days, 5, &t, NULL), HG_OK);
    assert_true(isinf(t.ratio) && isinf(t.high) && t.low > 0);
}

/* 100,000 events falling by 10 % a year: the bounds are where the normal approximation has them. */
static void test_trend_of_many(void **state)
{
    (void)state;
    int32_t year[6];
    uint64_t n[6];
    double days[6], information = 0, mean = 0, total = 0;
    for (int k = 0; k < 6; k++) {
        year[k] = 2010 + k;
        n[k] = (uint64_t)llround(21343 * pow(0.9, k));
        days[k] = 365;
        total += (double)n[k];
        mean += k * (double)n[k];
    }
    for (int k = 0; k < 6; k++)
        information += (double)n[k] * pow(k - mean / total, 2);
    hg_rate_trend t = {0};
    assert_int_equal(hg_rate_trend_fit(year, n, days, 6, &t, NULL), HG_OK);
    expect_near("ratio", 0.9, t.ratio, 1e-4);
    expect_near("low", log(t.ratio) - 1.959964 / sqrt(information), log(t.low), 1e-5);
    expect_near("high", log(t.ratio) + 1.959964 / sqrt(information), log(t.high), 1e-5);
    assert_true(t.p_value < 1e-12);
}

static void test_trend_refused(void **state)
{
    (void)state;
    const int32_t year[] = {2018, 2018, 4000};
    const uint64_t n[] = {0, 0, 0};
    const double days[] = {365, 365, 0};
    hg_rate_trend t = {0};
    assert_int_equal(hg_rate_trend_fit(year, n, days, 2, &t, NULL), HG_EUSAGE);
    assert_int_equal(hg_rate_trend_fit(year + 1, n, days, 2, &t, NULL), HG_EUSAGE);
    assert_int_equal(hg_rate_trend_fit(year + 1, n, days + 1, 2, &t, NULL), HG_EUSAGE);
    assert_int_equal(hg_rate_trend_fit(year, n, days, 1, &t, NULL), HG_OK);
    assert_true(isnan(t.ratio));
}

static hg_change_claim_result claim(double pct, double tolerance, double base, double current)
{
    hg_change_claim c = {pct, tolerance, base >= 0, base, current};
    hg_change_claim_result r = {0};
    assert_int_equal(hg_change_claim_check(&c, &r, NULL), HG_OK);
    return r;
}

/* The town's "-300 %": no fall can be; divided by the later value it is 4 : 1, in truth -75 %. */
static void test_impossible_claim(void **state)
{
    (void)state;
    hg_change_claim_result r = claim(-300, 0.5, -1, 0);
    assert_int_equal(r.kind, HG_CHANGE_CLAIM_IMPOSSIBLE_FALL);
    expect_near("if by later", -75, r.if_by_later_pct, 1e-12);
    assert_int_equal(r.later_base, 4);
    assert_int_equal(r.later_current, 1);
    assert_int_equal(r.reading, HG_CHANGE_CLAIM_UNCHECKED);
    r = claim(-300, 0.5, 8, 2);
    assert_int_equal(r.reading, HG_CHANGE_CLAIM_BY_LATER);
    expect_near("actual", -75, r.actual_pct, 1e-12);
    r = claim(-150, 0, -1, 0); /* 5 : 2 */
    assert_int_equal(r.later_base, 5);
    assert_int_equal(r.later_current, 2);
    expect_near("if by later", -60, r.if_by_later_pct, 1e-12);
}

static void test_possible_claims(void **state)
{
    (void)state;
    hg_change_claim_result r = claim(-21.21, 0.005, 33, 26);
    assert_int_equal(r.kind, HG_CHANGE_CLAIM_POSSIBLE);
    assert_int_equal(r.ratio_base, 33);
    assert_int_equal(r.ratio_current, 26);
    assert_int_equal(r.reading, HG_CHANGE_CLAIM_MATCHES);
    r = claim(-7.14, 0.005, 14, 13);
    assert_int_equal(r.ratio_base, 14);
    assert_int_equal(r.reading, HG_CHANGE_CLAIM_MATCHES);
    assert_int_equal(claim(21.21, 0.005, 33, 26).reading, HG_CHANGE_CLAIM_SIGN);
    assert_int_equal(claim(78.79, 0.005, 33, 26).reading, HG_CHANGE_CLAIM_RATIO);
    assert_int_equal(claim(26.92, 0.005, 33, 26).reading, HG_CHANGE_CLAIM_SWAPPED);
    assert_int_equal(claim(-26.92, 0.005, 33, 26).reading, HG_CHANGE_CLAIM_BY_LATER);
    assert_int_equal(claim(-50, 0.005, 33, 26).reading, HG_CHANGE_CLAIM_NO_READING);
    assert_int_equal(claim(-50, 0.005, 0, 26).reading, HG_CHANGE_CLAIM_UNCHECKED);
    r = claim(-100, 0, 5, 0);
    assert_int_equal(r.kind, HG_CHANGE_CLAIM_POSSIBLE);
    assert_int_equal(r.reading, HG_CHANGE_CLAIM_MATCHES);
    assert_int_equal(r.ratio_current, 0);
    hg_change_claim bad = {NAN, 0, false, 0, 0};
    assert_int_equal(hg_change_claim_check(&bad, &r, NULL), HG_EUSAGE);
}

/*
 * 1 … 10: S = 45, Var = 10 x 9 x 25 / 18 = 125, Z = 44 / sqrt(125) = 3.935479.
 * 1 1 2 3 3 3 4 5 6 7: ties of 2 and 3 take 2 x 1 x 9 + 3 x 2 x 11 = 84 from 2250: Var = 2166 / 18
 * = 120.333; S = 45 - 1 - 3 = 41, Z = 40 / 10.969655 = 3.646423; tau = 41 / sqrt(45 x 41) =
 * 0.954521.
 */
static void test_mann_kendall(void **state)
{
    (void)state;
    const double rising[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
                 tied[] = {1, 1, 2, 3, 3, 3, 4, 5, 6, 7};
    const double equal[10] = {0};
    double falling[10];
    hg_mann_kendall r = {0};
    assert_int_equal(hg_mann_kendall_test(rising, 10, &r, NULL), HG_OK);
    assert_int_equal(r.s, 45);
    expect_near("variance", 125, r.variance, 0);
    expect_near("z", 3.9354796, r.z, 1e-6);
    expect_near("p", 8.303e-5, r.p_value, 1e-7);
    expect_near("tau", 1, r.tau, 1e-15);
    assert_int_equal(hg_mann_kendall_test(tied, 10, &r, NULL), HG_OK);
    assert_int_equal(r.s, 41);
    expect_near("variance", 2166.0 / 18, r.variance, 1e-12);
    expect_near("z", 3.646423, r.z, 1e-6);
    expect_near("tau", 0.954521, r.tau, 1e-6);
    for (int i = 0; i < 10; i++)
        falling[i] = -tied[i];
    hg_mann_kendall mirrored = {0};
    assert_int_equal(hg_mann_kendall_test(falling, 10, &mirrored, NULL), HG_OK);
    expect_near("mirrored z", -r.z, mirrored.z, 0);
    assert_int_equal(hg_mann_kendall_test(equal, 10, &r, NULL), HG_OK);
    expect_near("p of equal values", 1, r.p_value, 0);
    assert_int_equal(hg_mann_kendall_test(rising, 9, &r, NULL), HG_EUSAGE);
    falling[3] = NAN;
    assert_int_equal(hg_mann_kendall_test(falling, 10, &r, NULL), HG_EDATA);
}

static hg_status run_all(void *context, hg_error *err)
{
    (void)context;
    const double base[] = {5, 3, 8, 1, 9, 2}, current[] = {4, 4, 7, 6, 1};
    const double rising[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, days[] = {365, 365};
    const int32_t year[] = {2018, 2019};
    const uint64_t n[] = {3, 2};
    hg_change c;
    hg_mann_kendall m;
    hg_rate_trend t;
    hg_status s =
        hg_change_amounts((hg_amounts){base, 6, 10}, (hg_amounts){current, 5, 10}, 100, 1, &c, err);
    if (s == HG_OK)
        s = hg_mann_kendall_test(rising, 10, &m, err);
    return s == HG_OK ? hg_rate_trend_fit(year, n, days, 2, &t, err) : s;
}

static void test_allocations(void **state)
{
    (void)state;
    sweep_allocations(run_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_changes),  cmocka_unit_test(test_zero_counts),
        cmocka_unit_test(test_leap_year),          cmocka_unit_test(test_periods),
        cmocka_unit_test(test_equal_amounts),      cmocka_unit_test(test_few_amounts),
        cmocka_unit_test(test_bootstrap_coverage), cmocka_unit_test(test_bootstrap_order),
        cmocka_unit_test(test_trend_of_two_years), cmocka_unit_test(test_trend_bounds),
        cmocka_unit_test(test_trend_of_many),      cmocka_unit_test(test_trend_refused),
        cmocka_unit_test(test_impossible_claim),   cmocka_unit_test(test_possible_claims),
        cmocka_unit_test(test_mann_kendall),       cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
